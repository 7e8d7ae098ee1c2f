//! What every adapter does alike: choose the policy, evaluate it, and say what follows.

mod action;
mod answer;
mod same_origin;

use std::fmt;
use std::sync::Arc;

use http::StatusCode;

use crate::context::RequestContext;
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
use crate::fields::AllowOrigin;
use crate::nesting::LayerScope;
use crate::options::CorsOptions;
use crate::policy::CorsPolicy;
use crate::provider::{CorsPolicyProvider, PolicyChoice, ProvidedPolicy, ProviderError};
use crate::request::{Asked, CorsRequest, Field, RequestKind};
use crate::service::{
    CorsService, Unrecorded, answer_without_origin, evaluate_origin, evaluate_preflight,
};
pub use action::CorsAction;
pub use answer::{ActualAnswer, PreflightAnswer};

/// Tells an adapter what to do with a request.
///
/// An adapter builds a [`RequestContext`], has the processor [provide](Self::provide) the policy,
/// waits if it takes a while, has it [process](Self::process) the request, and carries the
/// [`CorsAction`] out; it never looks at an origin itself. Its clone is a reference count.
///
/// ```
/// use cors_core::{
///     CorsAction, CorsPolicy, CorsProcessor, CorsRequest, ProvidedPolicy, RequestContext,
/// };
///
/// let processor = CorsProcessor::new(CorsPolicy::permissive());
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
/// let ProvidedPolicy::Now(choice) = processor.provide(&request) else { panic!() };
/// let action = processor.process(&request, choice);
/// let CorsAction::Respond { status, answer: Some(answer) } = action else {
///     panic!("a preflight is answered")
/// };
/// assert_eq!(status, 204);
/// assert!(answer.fields().allows_origin());
/// ```
#[derive(Clone)]
pub struct CorsProcessor {
    policies: Policies,
    preflight_status: StatusCode,
    refused_preflight_status: StatusCode,
    blocking: Blocking,
    records_results: bool,
}

#[derive(Clone)]
enum Policies {
    Options(CorsOptions),
    Provider(Arc<dyn CorsPolicyProvider>),
}

/// What becomes of an actual request whose origin is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blocking {
    /// It runs, and the browser keeps its answer from the page.
    Off,
    /// It does not run, unless it is same-origin by its own headers.
    On { forwarded_headers_are_trusted: bool },
}

impl CorsProcessor {
    /// A processor for a policy or for options, with status 204 for answered and 403 for refused
    /// preflights.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, ProvidedPolicy, RequestContext};
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let ProvidedPolicy::Now(choice) = processor.provide(&request) else { panic!() };
    /// assert!(matches!(processor.process(&request, choice), CorsAction::Forward(_)));
    /// ```
    #[must_use]
    pub fn new(options: impl Into<CorsOptions>) -> Self {
        Self::of(Policies::Options(options.into()))
    }

    /// A processor that asks a provider for the policy of each request.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsProcessor, RequestContext};
    ///
    /// let processor = CorsProcessor::with_provider(|request: &RequestContext<'_>| {
    ///     (request.host() == Some("public.example.com")).then(CorsPolicy::permissive)
    /// });
    /// ```
    #[must_use]
    pub fn with_provider(provider: impl CorsPolicyProvider) -> Self {
        Self::of(Policies::Provider(Arc::new(provider)))
    }

    fn of(policies: Policies) -> Self {
        Self {
            policies,
            preflight_status: StatusCode::NO_CONTENT,
            refused_preflight_status: StatusCode::FORBIDDEN,
            blocking: Blocking::Off,
            records_results: false,
        }
    }

    /// Makes the policy of this name that of the paths that no rule names.
    ///
    /// ```
    /// # use cors_core::{CorsOptions, CorsPolicy, CorsProcessor};
    /// let options = CorsOptions::builder().add_policy("public", CorsPolicy::permissive()).build()?;
    /// let processor = CorsProcessor::new(options).named("public")?;
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// There is no policy of this name; a provider, which chooses by itself, has none.
    pub fn named(self, name: &str) -> Result<Self, ConfigErrors> {
        let options = match self.policies {
            Policies::Options(options) => options.with_default(name)?,
            Policies::Provider(_) => CorsOptions::builder().build()?.with_default(name)?,
        };
        Ok(Self { policies: Policies::Options(options), ..self })
    }

    /// Answers preflights whose origin is allowed with another status than 204.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsProcessor};
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// assert!(processor.clone().preflight_status(StatusCode::OK).is_ok());
    /// assert!(processor.preflight_status(StatusCode::FOUND).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not [ok](https://fetch.spec.whatwg.org/#ok-status) (200 to 299), and so would
    /// fail every preflight.
    pub fn preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        if !status.is_success() {
            let place = Place::text(Setting::PreflightStatus, status.as_str());
            return Err(ConfigError::new(place, ConfigErrorReason::PreflightStatusNotOk).into());
        }
        Ok(Self { preflight_status: status, ..self })
    }

    /// Answers preflights that are refused for their origin, that no browser sends, or for whose
    /// path CORS is disabled, with another status than 403.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsProcessor};
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// assert!(processor.clone().refused_preflight_status(StatusCode::NO_CONTENT).is_ok());
    /// assert!(processor.refused_preflight_status(StatusCode::FOUND).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The status is not one of 200 to 299 or 400 to 599.
    pub fn refused_preflight_status(self, status: StatusCode) -> Result<Self, ConfigErrors> {
        if !status.is_success() && !status.is_client_error() && !status.is_server_error() {
            let place = Place::text(Setting::RefusedPreflightStatus, status.as_str());
            return Err(ConfigError::new(place, ConfigErrorReason::RefusedPreflightStatus).into());
        }
        Ok(Self { refused_preflight_status: status, ..self })
    }

    /// Keeps actual requests, WebSocket handshakes included, from running where the policy does not
    /// allow their origin; the default is to run them, since the browser keeps the answer from the
    /// page.
    ///
    /// Requests without `Origin` always run, and so do requests that the page makes to its own
    /// origin: where `Sec-Fetch-Site` says so, or where the origin is that of the request's target
    /// (its scheme, where the server knows it, and its host). This is no defence against cross-site
    /// request forgery by itself: navigations and old browsers send no `Origin` with GET.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, ProvidedPolicy, RequestContext};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let processor = CorsProcessor::new(policy).refuse_disallowed_origins();
    /// let lines = [("origin", "https://evil.example"), ("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
    /// let ProvidedPolicy::Now(choice) = processor.provide(&request) else { panic!() };
    /// assert!(matches!(processor.process(&request, choice), CorsAction::Block(_)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn refuse_disallowed_origins(self) -> Self {
        match self.blocking {
            Blocking::Off => {
                Self { blocking: Blocking::On { forwarded_headers_are_trusted: false }, ..self }
            }
            Blocking::On { .. } => self,
        }
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), behind a proxy: takes
    /// the scheme and host of the request's target from the first element of `X-Forwarded-Proto`
    /// and `X-Forwarded-Host`, where they are there.
    ///
    /// Only for servers that nobody reaches but through a proxy that sets or removes both fields:
    /// anyone else could make any origin look like the server's own.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, ProvidedPolicy, RequestContext};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let processor = CorsProcessor::new(policy).refuse_disallowed_origins_behind_trusted_proxy();
    /// let lines = [
    ///     ("origin", "https://shop.example.com"),
    ///     ("host", "10.0.0.7:8080"),
    ///     ("x-forwarded-proto", "https"),
    ///     ("x-forwarded-host", "shop.example.com"),
    /// ];
    /// let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
    /// let ProvidedPolicy::Now(choice) = processor.provide(&request) else { panic!() };
    /// assert!(matches!(processor.process(&request, choice), CorsAction::Forward(_)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn refuse_disallowed_origins_behind_trusted_proxy(self) -> Self {
        Self { blocking: Blocking::On { forwarded_headers_are_trusted: true }, ..self }
    }

    /// Records the [`CorsResult`](crate::CorsResult) of each request, for those around the layer who count or log it:
    /// [`ActualAnswer::result`] has it, and adapters put it into the extensions of the response.
    ///
    /// Otherwise it is recorded only where a layer stands [around](LayerScope) this one, or a
    /// subscriber of `tracing` listens. To record a result costs the allocations of an extension.
    ///
    /// ```
    /// use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, ProvidedPolicy, RequestContext};
    ///
    /// let processor = CorsProcessor::new(CorsPolicy::permissive()).record_results();
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let ProvidedPolicy::Now(choice) = processor.provide(&request) else { panic!() };
    /// let CorsAction::Forward(answer) = processor.process(&request, choice) else { panic!() };
    /// assert!(answer.result().is_some());
    /// ```
    #[must_use]
    pub fn record_results(self) -> Self {
        Self { records_results: true, ..self }
    }

    /// Chooses the policy for a request, as the options or the provider say.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsProcessor, CorsRequest, PolicyChoice, ProvidedPolicy, RequestContext};
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let provided = processor.provide(&request);
    /// assert!(matches!(provided, ProvidedPolicy::Now(Ok(PolicyChoice::Policy(_)))));
    /// ```
    #[must_use]
    #[inline(always)]
    pub fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        match &self.policies {
            Policies::Options(options) => options.provide(request),
            Policies::Provider(provider) => provider.provide(request),
        }
    }

    /// Decides what to do with a request, now that its policy is chosen.
    ///
    /// ```
    /// # use cors_core::{CorsAction, CorsPolicy, CorsProcessor, CorsRequest, PolicyChoice, ProviderError, RequestContext};
    /// let processor = CorsProcessor::new(CorsPolicy::permissive());
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let action = processor.process(&request, Ok(PolicyChoice::None));
    /// assert_eq!(action, CorsAction::PassThrough);
    /// let action = processor.process(&request, Err(ProviderError::new("no such tenant")));
    /// assert!(matches!(action, CorsAction::Fail { .. }));
    /// ```
    #[must_use]
    #[inline(always)]
    pub fn process(
        &self,
        request: &RequestContext<'_>,
        choice: Result<PolicyChoice, ProviderError>,
    ) -> CorsAction {
        match choice {
            Ok(PolicyChoice::Policy(policy)) if self.records() => self.record(request, policy),
            Ok(PolicyChoice::Policy(policy)) => self.evaluate(request, policy),
            Ok(PolicyChoice::None) => CorsAction::PassThrough,
            Ok(PolicyChoice::Disabled) => self.refuse_preflight(request),
            Err(error) => fail(request, error),
        }
    }

    /// What few requests come to stands apart, so that the rest is small enough to stand in adapters.
    #[inline(never)]
    fn refuse_preflight(&self, request: &RequestContext<'_>) -> CorsAction {
        match request.request().kind() {
            RequestKind::Preflight => {
                CorsAction::Respond { status: self.refused_preflight_status, answer: None }
            }
            RequestKind::NotCors | RequestKind::Actual => CorsAction::PassThrough,
        }
    }

    /// As [`Self::record`], without a result.
    #[inline(always)]
    fn evaluate(&self, request: &RequestContext<'_>, policy: CorsPolicy) -> CorsAction {
        let view = request.request();
        // The same for every `Origin`, and without one, so that it is not even looked up.
        if policy.allows_any_origin() && !view.is_options() {
            return CorsAction::Forward(ActualAnswer::of_fields(policy, AllowOrigin::Any));
        }
        let allow_origin = match view.asked() {
            Asked::NotCors => answer_without_origin(&policy),
            Asked::Actual { origin } => evaluate_origin(origin, &policy, &mut Unrecorded),
            Asked::Preflight { origin, method } => {
                return self.answer_preflight(view, origin, method, policy);
            }
        };
        if allow_origin == AllowOrigin::Nothing && self.blocks(request) {
            let result = CorsService::new().evaluate_policy(view, &policy);
            return CorsAction::Block(Box::new(result));
        }
        CorsAction::Forward(ActualAnswer::of_fields(policy, allow_origin))
    }

    #[inline(never)]
    fn answer_preflight(
        &self,
        view: &CorsRequest<'_>,
        origin: Field<'_>,
        method: Field<'_>,
        policy: CorsPolicy,
    ) -> CorsAction {
        let fields = evaluate_preflight(view, origin, method, &policy, &mut Unrecorded);
        self.respond(PreflightAnswer::of_fields(policy, fields))
    }

    #[inline(never)]
    fn record(&self, request: &RequestContext<'_>, policy: CorsPolicy) -> CorsAction {
        let result = CorsService::new().evaluate_policy(request.request(), &policy);
        if result.kind() == RequestKind::Preflight {
            self.respond(PreflightAnswer::of_result(result))
        } else if !result.response_fields().allows_origin() && self.blocks(request) {
            CorsAction::Block(Box::new(result))
        } else {
            CorsAction::Forward(ActualAnswer::of_result(result))
        }
    }

    #[inline]
    fn respond(&self, answer: PreflightAnswer) -> CorsAction {
        // An allowed origin gets the true lists, so that the browser itself names what fails.
        let status = if answer.fields().allows_origin() {
            self.preflight_status
        } else {
            self.refused_preflight_status
        };
        CorsAction::Respond { status, answer: Some(answer) }
    }

    /// Is somebody going to read the result?
    #[inline]
    fn records(&self) -> bool {
        #[cfg(feature = "tracing")]
        if crate::trace::is_enabled() {
            return true;
        }
        self.records_results || LayerScope::is_entered()
    }

    /// Does a request that the policy does not allow not run?
    #[inline]
    fn blocks(&self, request: &RequestContext<'_>) -> bool {
        let Blocking::On { forwarded_headers_are_trusted } = self.blocking else { return false };
        request.request().kind() == RequestKind::Actual
            && !same_origin::is_same_origin(request, forwarded_headers_are_trusted)
    }
}

#[inline(never)]
fn fail(request: &RequestContext<'_>, error: ProviderError) -> CorsAction {
    CorsAction::Fail { error, kind: request.request().kind() }
}

impl fmt::Debug for CorsProcessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut processor = f.debug_struct("CorsProcessor");
        match &self.policies {
            Policies::Options(options) => processor.field("options", options),
            Policies::Provider(_) => processor.field("provider", &format_args!("..")),
        };
        processor
            .field("preflight_status", &self.preflight_status)
            .field("refused_preflight_status", &self.refused_preflight_status)
            .field("blocking", &self.blocking)
            .field("records_results", &self.records_results)
            .finish()
    }
}

#[cfg(test)]
mod tests;
