//! Policies that are chosen for each request, by whatever the server knows.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Extensions;

use crate::options::{CorsOptions, PolicySelection};
use crate::policy::CorsPolicy;
use crate::request::CorsRequest;

/// Chooses the policy for a request: at once, or later, after asking a database.
///
/// One provider works with every adapter, since it sees a [`RequestContext`] and no framework.
/// A [`CorsPolicy`], [`CorsOptions`] and an `Arc` of a provider are providers, and so is a closure
/// that returns a policy, an optional policy, or a [`ProvidedPolicy`]:
///
/// ```
/// use cors_core::{CorsPolicy, CorsPolicyProvider, CorsProcessor, RequestContext};
///
/// let shop = CorsPolicy::builder().with_origins(["https://shop.example.com"]).build()?;
/// let by_host = move |request: &RequestContext<'_>| match request.host() {
///     Some("shop.api.example.com") => Some(shop.clone()),
///     _ => None,
/// };
/// let processor = CorsProcessor::with_provider(by_host);
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
///
/// A provider that has to wait clones what it needs, and answers with a future:
///
/// ```
/// use std::sync::Arc;
/// use cors_core::{CorsPolicy, CorsPolicyProvider, ProvidedPolicy, ProviderError, RequestContext};
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
///         let host = request.host().unwrap_or_default().to_owned();
///         ProvidedPolicy::later(async move { Ok(database.policy_of(&host).await?.into()) })
///     }
/// }
/// ```
pub trait CorsPolicyProvider: Send + Sync + 'static {
    /// Chooses the policy for `request`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsPolicyProvider, CorsRequest, ProvidedPolicy, RequestContext};
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
/// The request is then answered as if no origin were allowed: a preflight with status 500, any
/// other request by the application, without a CORS field.
///
/// ```
/// use cors_core::ProviderError;
///
/// let error = ProviderError::from(std::io::Error::other("connection lost"));
/// assert_eq!(error.to_string(), "no CORS policy could be chosen: connection lost");
/// ```
#[derive(Clone)]
pub struct ProviderError {
    cause: Arc<dyn Error + Send + Sync>,
}

/// What a provider sees of a request, whatever the framework.
///
/// ```
/// use cors_core::{CorsRequest, RequestContext};
///
/// let lines = [("Host", "API.example.com:8443"), ("Origin", "https://app.example.com")];
/// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
/// assert_eq!(request.path(), "/items");
/// assert_eq!(request.host(), Some("API.example.com:8443"));
/// assert_eq!(request.header("origin"), Some(&b"https://app.example.com"[..]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    request: CorsRequest<'a>,
    path: &'a str,
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    data: Option<&'a Extensions>,
}

impl<'a> RequestContext<'a> {
    /// A context of a request and its path: the whole path of its target, without the query, in the
    /// spelling in which the server's router matches it.
    ///
    /// Where the router decodes before it matches, the path has to be decoded alike (and what path
    /// rules hold percent-encoded, encoded again): otherwise `/%61dmin` would reach what is under
    /// `/admin`, and pass by its rule.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("/items?page=2").body(())?.into_parts();
    /// let request = RequestContext::new(CorsRequest::from_parts(&parts), parts.uri.path());
    /// assert_eq!(request.path(), "/items");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn new(request: CorsRequest<'a>, path: &'a str) -> Self {
        Self { request, path, scheme: None, authority: None, data: None }
    }

    /// Adds the scheme of the request's target, where the server knows it.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// # let lines = [("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/").with_scheme(Some("https"));
    /// assert_eq!(request.scheme(), Some("https"));
    /// ```
    #[must_use]
    pub fn with_scheme(self, scheme: Option<&'a str>) -> Self {
        Self { scheme, ..self }
    }

    /// Adds the authority of the request's target, which HTTP/2 sends in place of `Host`.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("host", "localhost:8080")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.with_authority(Some("api.example.com")).host(), Some("api.example.com"));
    /// ```
    #[must_use]
    pub fn with_authority(self, authority: Option<&'a str>) -> Self {
        Self { authority, ..self }
    }

    /// Adds what an earlier middleware stored with the request.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("/").extension("acme").body(())?.into_parts();
    /// let request = RequestContext::new(CorsRequest::from_parts(&parts), "/");
    /// assert_eq!(request.with_data(&parts.extensions).data(), Some(&"acme"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn with_data(self, data: &'a Extensions) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The view of the request that is evaluated.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext, RequestKind};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.request().kind(), RequestKind::Actual);
    /// ```
    #[must_use]
    pub fn request(&self) -> &CorsRequest<'a> {
        &self.request
    }

    /// The [effective method](CorsRequest::effective_method): for a preflight, the one asked for.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/");
    /// assert_eq!(request.method(), Some("PUT"));
    /// ```
    #[must_use]
    pub fn method(&self) -> Option<&'a str> {
        self.request.effective_method()
    }

    /// The whole path of the request's target.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// # let lines = [("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items/%61");
    /// assert_eq!(request.path(), "/items/%61");
    /// ```
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The scheme of the request's target, where the server knows it.
    #[must_use]
    pub fn scheme(&self) -> Option<&'a str> {
        self.scheme
    }

    /// The host that the request is for, with its port where it names one, as it came: the
    /// authority of the target, else `Host`. The client chooses it.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("host", "API.example.com:8443")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.host(), Some("API.example.com:8443"));
    /// ```
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        self.authority.or_else(|| self.header("host").and_then(|host| str::from_utf8(host).ok()))
    }

    /// The value of the first header line of a name, which is given in lower case.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("X-Tenant", "acme"), ("X-Tenant", "other")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.header("x-tenant"), Some(&b"acme"[..]));
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.request.first_line(name)
    }

    /// What an earlier middleware stored with the request, by its type: a tenant, a session.
    ///
    /// With `cors-axum`, these are the request's extensions; with `cors-actix`, what was declared
    /// there.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// #[derive(Clone)]
    /// struct Tenant(u32);
    ///
    /// # let lines = [("host", "api.example.com")];
    /// let mut data = http::Extensions::new();
    /// data.insert(Tenant(7));
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/").with_data(&data);
    /// assert!(request.data::<Tenant>().is_some_and(|tenant| tenant.0 == 7));
    /// ```
    #[must_use]
    pub fn data<T: Clone + Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.data.and_then(Extensions::get)
    }
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
        ProvidedPolicy::now(self.select(request.path(), request.method()))
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
