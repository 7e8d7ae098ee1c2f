//! Policies that are chosen for each request, by whatever the server knows.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::context::RequestContext;
use crate::options::{CorsOptions, PolicySelection};
use crate::policy::CorsPolicy;

/// Chooses the policy for a request: at once, or later, after asking a database.
///
/// One provider works with every adapter, since it sees a [`RequestContext`] and no framework.
/// A [`CorsPolicy`], [`CorsOptions`] and an `Arc` of a provider are providers, and so is a closure
/// that returns a policy, an optional policy, or a [`ProvidedPolicy`]:
///
/// ```
/// use cors_core::{CorsPolicy, CorsPolicyProvider, RequestContext};
///
/// fn provider(_: impl CorsPolicyProvider) {}
///
/// let shop = CorsPolicy::builder().with_origins(["https://shop.example.com"]).build()?;
/// let by_host = move |request: &RequestContext<'_>| match request.host_name().as_deref() {
///     Some("shop.api.example.com") => Some(shop.clone()),
///     _ => None,
/// };
/// provider(by_host);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
///
/// A provider that has to wait clones what it needs, and answers with a future. Every request waits for it,
/// those without `Origin` too, since the policy decides about their `Vary`. So it needs a time limit, or a
/// database that hangs stalls the whole server; what is late becomes a [`ProviderError`]:
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use cors_core::{CorsPolicy, CorsPolicyProvider, ProvidedPolicy, RequestContext};
/// use tokio::time::timeout;
///
/// # struct Database;
/// # impl Database {
/// #     async fn policy_of(&self, _: &str) -> Result<Option<CorsPolicy>, std::io::Error> { Ok(None) }
/// # }
/// struct Tenants(Arc<Database>);
///
/// impl CorsPolicyProvider for Tenants {
///     fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
///         let database = self.0.clone();
///         let host = request.host_name().unwrap_or_default().into_owned();
///         ProvidedPolicy::later(async move {
///             let policy = timeout(Duration::from_secs(1), database.policy_of(&host)).await??;
///             Ok(policy.into())
///         })
///     }
/// }
/// ```
///
/// # What to choose by
///
/// **What preflights have.** A preflight carries no cookies, no `Authorization`, and none of the headers
/// that the page sets: a provider that chooses by these finds nothing for preflights, and then pages never
/// send the requests that need one. Choose by the [host](RequestContext::host), the
/// [path](RequestContext::path) or the origin.
///
/// **What caches know.** A shared cache keeps responses by their URL, and by what their `Vary` names. The
/// library adds to `Vary` what the *chosen* policy depends on, and not what the provider chose by. If
/// that is something other than the URL, the responses have to name it. For example, a provider that gives
/// [`CorsPolicy::permissive`] to strangers and a policy with credentials to known origins makes responses
/// that a shared cache confuses: those to strangers do not vary. Use one policy, or let the application
/// add `Vary: Origin` to its responses.
///
/// **What browsers remember.** A browser remembers the methods and the headers that the answer to a
/// preflight allows for a URL, whichever method it asked for. If a provider (or one of two routers) chooses
/// policies by method on one URL, what one policy allows is remembered for the other: give these policies
/// [`preflight_max_age(Duration::ZERO)`](crate::CorsPolicyBuilder::preflight_max_age).
pub trait CorsPolicyProvider: Send + Sync + 'static {
    /// Chooses the policy for `request`.
    ///
    /// ```
    /// # use cors_core::{
    /// #     CorsPolicy, CorsPolicyProvider, CorsRequest, ProvidedPolicy, RequestContext,
    /// # };
    /// # let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let provided = CorsPolicy::permissive().provide(&request);
    /// assert!(matches!(provided, ProvidedPolicy::Now(Ok(_))));
    /// ```
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy;
}

/// What a provider answers.
///
/// ```
/// use cors_core::{CorsPolicy, PolicyChoice, ProvidedPolicy};
///
/// let provided = ProvidedPolicy::from(CorsPolicy::permissive());
/// assert!(matches!(provided, ProvidedPolicy::Now(Ok(PolicyChoice::Policy(_)))));
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "an answer is there, or it is not there yet")]
pub enum ProvidedPolicy {
    /// The choice, or why there is none.
    Now(Result<PolicyChoice, ProviderError>),
    /// The choice, when the future is done.
    Later(PolicyFuture),
}

/// A choice that takes a while.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use cors_core::{PolicyChoice, ProvidedPolicy};
///
/// let provided = ProvidedPolicy::later(async { Ok(PolicyChoice::Disabled) });
/// let ProvidedPolicy::Later(future) = provided else { panic!("it takes a while") };
/// assert_eq!(future.await, Ok(PolicyChoice::Disabled));
/// # }
/// ```
#[must_use = "a future does nothing unless it is polled"]
pub struct PolicyFuture(Pin<Box<dyn Future<Output = Result<PolicyChoice, ProviderError>> + Send>>);

/// What governs a request; the owned form of [`PolicySelection`].
///
/// ```
/// use cors_core::{CorsPolicy, PolicyChoice};
///
/// let policy = CorsPolicy::permissive();
/// assert_eq!(PolicyChoice::from(Some(policy.clone())), PolicyChoice::Policy(policy));
/// assert_eq!(PolicyChoice::from(None), PolicyChoice::None);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an adapter must not compile when there is another possibility"
)]
pub enum PolicyChoice {
    /// This policy does.
    Policy(CorsPolicy),
    /// CORS is disabled: preflights are refused, other requests pass untouched.
    Disabled,
    /// Nothing does: every request passes untouched.
    None,
}

/// Why a provider could not choose.
///
/// The request is then answered as if no origin were allowed. A preflight gets status 500 and an empty
/// body, and so does a cross-origin request where those of disallowed origins are
/// [kept from running](crate::adapter::CorsProcessor::refuse_disallowed_origins). Any other request is answered
/// by the application, without a CORS field.
///
/// ```
/// use cors_core::ProviderError;
///
/// let error = ProviderError::from(std::io::Error::other("connection lost"));
/// assert_eq!(error.to_string(), "no CORS policy could be chosen: connection lost");
/// ```
///
/// It is not an [`Error`] itself, so that `?` makes one of every error.
#[derive(Clone)]
pub struct ProviderError {
    cause: Arc<dyn Error + Send + Sync>,
}

impl ProvidedPolicy {
    /// A choice made at once.
    ///
    /// ```
    /// # use cors_core::{PolicyChoice, ProvidedPolicy};
    /// let provided = ProvidedPolicy::now(PolicyChoice::Disabled);
    /// assert!(matches!(provided, ProvidedPolicy::Now(Ok(PolicyChoice::Disabled))));
    /// ```
    pub fn now(choice: impl Into<PolicyChoice>) -> Self {
        Self::Now(Ok(choice.into()))
    }

    /// A choice that takes a while.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, ProvidedPolicy};
    /// let provided = ProvidedPolicy::later(async { Ok(CorsPolicy::permissive().into()) });
    /// assert!(matches!(provided, ProvidedPolicy::Later(_)));
    /// ```
    pub fn later(
        choice: impl Future<Output = Result<PolicyChoice, ProviderError>> + Send + 'static,
    ) -> Self {
        Self::Later(PolicyFuture(Box::pin(choice)))
    }
}

impl Future for PolicyFuture {
    type Output = Result<PolicyChoice, ProviderError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for PolicyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyFuture")
    }
}

impl PolicyChoice {
    /// The same, borrowed.
    ///
    /// ```
    /// # use cors_core::{PolicyChoice, PolicySelection};
    /// assert_eq!(PolicyChoice::Disabled.as_selection(), PolicySelection::Disabled);
    /// ```
    #[must_use]
    pub fn as_selection(&self) -> PolicySelection<'_> {
        match self {
            Self::Policy(policy) => PolicySelection::Policy(policy),
            Self::Disabled => PolicySelection::Disabled,
            Self::None => PolicySelection::None,
        }
    }
}

impl From<CorsPolicy> for PolicyChoice {
    fn from(policy: CorsPolicy) -> Self {
        Self::Policy(policy)
    }
}

impl From<Option<CorsPolicy>> for PolicyChoice {
    fn from(policy: Option<CorsPolicy>) -> Self {
        policy.map_or(Self::None, Self::Policy)
    }
}

impl From<PolicySelection<'_>> for PolicyChoice {
    fn from(selection: PolicySelection<'_>) -> Self {
        match selection {
            PolicySelection::Policy(policy) => Self::Policy(policy.clone()),
            PolicySelection::Disabled => Self::Disabled,
            PolicySelection::None => Self::None,
        }
    }
}

impl<T: Into<PolicyChoice>> From<T> for ProvidedPolicy {
    fn from(choice: T) -> Self {
        Self::now(choice)
    }
}

impl CorsPolicyProvider for CorsPolicy {
    fn provide(&self, _: &RequestContext<'_>) -> ProvidedPolicy {
        ProvidedPolicy::now(self.clone())
    }
}

impl CorsPolicyProvider for CorsOptions {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        ProvidedPolicy::now(self.select_for(request))
    }
}

impl<P: CorsPolicyProvider + ?Sized> CorsPolicyProvider for Arc<P> {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        (**self).provide(request)
    }
}

impl<F, R> CorsPolicyProvider for F
where
    F: Fn(&RequestContext<'_>) -> R + Send + Sync + 'static,
    R: Into<ProvidedPolicy>,
{
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        self(request).into()
    }
}

impl ProviderError {
    /// An error with its cause.
    ///
    /// ```
    /// # use cors_core::ProviderError;
    /// let error = ProviderError::new("no such tenant");
    /// assert_eq!(error.to_string(), "no CORS policy could be chosen: no such tenant");
    /// ```
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: cause.into().into() }
    }

    /// The cause.
    ///
    /// ```
    /// # use cors_core::ProviderError;
    /// let error = ProviderError::from(std::io::Error::other("connection lost"));
    /// assert!(error.cause().is::<std::io::Error>());
    /// ```
    #[must_use]
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.cause
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ProviderError {
    fn from(cause: E) -> Self {
        Self::new(cause)
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no CORS policy could be chosen: {}", self.cause)
    }
}

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProviderError").field(&self.cause).finish()
    }
}

/// Two are equal where they are the same error.
impl PartialEq for ProviderError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.cause, &other.cause)
    }
}
