//! What every adapter does alike: evaluate the policy that governs a request, and say what follows.

mod action;
mod answer;
mod same_origin;

use http::StatusCode;

use crate::context::RequestContext;
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
use crate::fields::AllowOrigin;
use crate::nesting::LayerScope;
use crate::options::{CorsOptions, PolicySelection};
use crate::policy::{AnyOr, CorsPolicy};
use crate::provider::{PolicyChoice, ProviderError};
use crate::request::{Asked, CorsRequest, Field, RequestKind};
use crate::service::{
    CorsService, Unrecorded, answer_without_origin, evaluate_origin, evaluate_preflight,
};
pub use action::CorsAction;
pub use answer::{ActualAnswer, PreflightAnswer};

/// Tells an adapter what to do with a request.
///
/// An adapter builds a [`RequestContext`], asks [options](crate::CorsOptions::select_for) or a
/// [provider](crate::CorsPolicyProvider) what governs the request, has the processor
/// [process](Self::process) it, and carries the [`CorsAction`] out; it never looks at an origin
/// itself. A processor is a few settings, and no policy.
///
/// ```
/// use cors_core::adapter::{CorsAction, CorsProcessor};
/// use cors_core::{CorsOptions, CorsPolicy, CorsRequest, RequestContext};
///
/// let options = CorsOptions::from(CorsPolicy::permissive());
/// let processor = CorsProcessor::new();
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/items");
/// let action = processor.process(&request, options.select_for(&request));
/// let CorsAction::Respond { status, answer: Some(answer) } = action else {
///     panic!("a preflight is answered")
/// };
/// assert_eq!(status, 204);
/// assert!(answer.response_fields().allows_origin());
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct CorsProcessor {
    preflight_status: StatusCode,
    refused_preflight_status: StatusCode,
    refused_requests: RefusedRequests,
    records_results: bool,
}

/// What becomes of an actual request whose origin is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RefusedRequests {
    /// It runs, and the browser keeps its answer from the page.
    Run,
    /// It runs only where it is same-origin by its own headers.
    RunIfSameOrigin { forwarded_headers_are_trusted: bool },
    /// It does not run.
    DoNotRun,
}

impl CorsProcessor {
    /// A processor that answers preflights with status 204 and refused ones with 403, and keeps no
    /// request from running.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// let policy = CorsPolicy::permissive();
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let action = CorsProcessor::new().process(&request, PolicySelection::Policy(&policy));
    /// assert!(matches!(action, CorsAction::Forward(_)));
    /// ```
    pub const fn new() -> Self {
        Self {
            preflight_status: StatusCode::NO_CONTENT,
            refused_preflight_status: StatusCode::FORBIDDEN,
            refused_requests: RefusedRequests::Run,
            records_results: false,
        }
    }

    /// Answers preflights whose origin is allowed with another status than 204.
    ///
    /// ```
    /// # use cors_core::adapter::CorsProcessor;
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new();
    /// assert!(processor.preflight_status(StatusCode::OK).is_ok());
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
    /// # use cors_core::adapter::CorsProcessor;
    /// use http::StatusCode;
    ///
    /// let processor = CorsProcessor::new();
    /// assert!(processor.refused_preflight_status(StatusCode::NO_CONTENT).is_ok());
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
    /// Requests for paths where CORS is disabled, or that no policy governs, always run, too.
    ///
    /// The exception goes by `Host`, and is no defence against DNS rebinding: once the name of
    /// `http://evil.example:3000` points at this server, its page is same-origin to it. Servers that
    /// trust whoever reaches them, as those on localhost do, want
    /// [`refuse_disallowed_origins_even_same_origin`](Self::refuse_disallowed_origins_even_same_origin).
    ///
    /// Where a provider fails, every origin counts as disallowed: see [`ProviderError`].
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let processor = CorsProcessor::new().refuse_disallowed_origins();
    /// let lines = [("origin", "https://evil.example"), ("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
    /// let action = processor.process(&request, PolicySelection::Policy(&policy));
    /// assert!(matches!(action, CorsAction::Refuse(_)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins(self) -> Self {
        match self.refused_requests {
            RefusedRequests::Run => Self {
                refused_requests: RefusedRequests::RunIfSameOrigin {
                    forwarded_headers_are_trusted: false,
                },
                ..self
            },
            RefusedRequests::RunIfSameOrigin { .. } | RefusedRequests::DoNotRun => self,
        }
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), behind a proxy: takes
    /// the scheme and host of the request's target from the first element of `X-Forwarded-Proto`
    /// and `X-Forwarded-Host`, where they are there.
    ///
    /// Only for servers that nobody reaches but through a proxy that sets or removes both fields:
    /// anyone else could make any origin look like the server's own. It is no defence against DNS
    /// rebinding either: the page of a name that points at the proxy is same-origin, unless the proxy
    /// knows its own names.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let processor = CorsProcessor::new().refuse_disallowed_origins_behind_trusted_proxy();
    /// let lines = [
    ///     ("origin", "https://shop.example.com"),
    ///     ("host", "10.0.0.7:8080"),
    ///     ("x-forwarded-proto", "https"),
    ///     ("x-forwarded-host", "shop.example.com"),
    /// ];
    /// let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
    /// let action = processor.process(&request, PolicySelection::Policy(&policy));
    /// assert!(matches!(action, CorsAction::Forward(_)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins_behind_trusted_proxy(self) -> Self {
        match self.refused_requests {
            RefusedRequests::Run | RefusedRequests::RunIfSameOrigin { .. } => Self {
                refused_requests: RefusedRequests::RunIfSameOrigin {
                    forwarded_headers_are_trusted: true,
                },
                ..self
            },
            RefusedRequests::DoNotRun => self,
        }
    }

    /// As [`refuse_disallowed_origins`](Self::refuse_disallowed_origins), without the exception: a
    /// request of the server's own pages that has an `Origin` does not run either, unless the policy
    /// allows their origin like any other.
    ///
    /// This is for DNS rebinding. The page of `http://evil.example:3000`, whose name has come to point at
    /// `127.0.0.1`, is same-origin by `Host` and by `Sec-Fetch-Site`; its `Origin` alone gives it away.
    /// With GET and HEAD browsers send none to the page's own origin, so that these always run: where
    /// they tell secrets or change something, check `Host`, too.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    /// let policy = CorsPolicy::mcp(["http://localhost:3000"])?;
    /// let processor = CorsProcessor::new().refuse_disallowed_origins_even_same_origin();
    /// let runs = |host, origin| {
    ///     let lines = [("host", host), ("origin", origin)];
    ///     let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
    ///     let action = processor.process(&request, PolicySelection::Policy(&policy));
    ///     matches!(action, CorsAction::Forward(_))
    /// };
    /// assert!(runs("localhost:3000", "http://localhost:3000"));
    /// assert!(!runs("evil.example:3000", "http://evil.example:3000"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn refuse_disallowed_origins_even_same_origin(self) -> Self {
        Self { refused_requests: RefusedRequests::DoNotRun, ..self }
    }

    /// Records the [`CorsResult`](crate::CorsResult) of each request, for those around the layer who count or log it:
    /// [`ActualAnswer::result`] has it, and adapters put it into the extensions of the response.
    ///
    /// Otherwise it is recorded only where a layer stands [around](LayerScope) this one, or a
    /// subscriber of `tracing` listens. To record a result costs the allocations of an extension.
    ///
    /// ```
    /// use cors_core::adapter::{CorsAction, CorsProcessor};
    /// use cors_core::{CorsPolicy, CorsRequest, PolicySelection, RequestContext};
    ///
    /// let processor = CorsProcessor::new().record_results();
    /// let policy = CorsPolicy::permissive();
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let action = processor.process(&request, PolicySelection::Policy(&policy));
    /// let CorsAction::Forward(answer) = action else { panic!() };
    /// assert!(answer.result().is_some());
    /// ```
    pub fn record_results(self) -> Self {
        Self { records_results: true, ..self }
    }

    /// Decides what to do with a request, by what governs it.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsRequest, PolicySelection, RequestContext};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let action = CorsProcessor::new().process(&request, PolicySelection::None);
    /// assert_eq!(action, CorsAction::PassThrough);
    /// ```
    #[must_use]
    #[inline]
    pub fn process(
        &self,
        request: &RequestContext<'_>,
        selection: PolicySelection<'_>,
    ) -> CorsAction {
        match selection {
            PolicySelection::Policy(policy) => self.evaluate(request, policy.clone()),
            PolicySelection::None => CorsAction::PassThrough,
            PolicySelection::Disabled => self.refuse_preflight(request),
        }
    }

    /// As [`process`](Self::process), by what a provider has answered.
    ///
    /// ```
    /// # use cors_core::adapter::{CorsAction, CorsProcessor};
    /// # use cors_core::{CorsRequest, PolicyChoice, ProviderError, RequestContext};
    /// let processor = CorsProcessor::new();
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
    /// let action = processor.process_choice(&request, Ok(PolicyChoice::None));
    /// assert_eq!(action, CorsAction::PassThrough);
    /// let action = processor.process_choice(&request, Err(ProviderError::new("no such tenant")));
    /// assert!(matches!(action, CorsAction::Fail { .. }));
    /// ```
    #[must_use]
    pub fn process_choice(
        &self,
        request: &RequestContext<'_>,
        choice: Result<PolicyChoice, ProviderError>,
    ) -> CorsAction {
        match choice {
            Ok(PolicyChoice::Policy(policy)) => self.evaluate(request, policy),
            Ok(choice) => self.process(request, choice.as_selection()),
            Err(error) => CorsAction::Fail { error, runs: self.runs_without_policy(request) },
        }
    }

    /// The answer to an actual request, or one without `Origin`, under options that are one policy:
    /// what [`process`](Self::process) would have [forwarded](CorsAction::Forward), at less cost. It is
    /// optional: an adapter that does without it is a little slower, and no less correct.
    ///
    /// None where there is more to look at, and the request has to be processed: where options have
    /// path rules or no default policy, for `OPTIONS`, where somebody reads the result, where an origin
    /// that is not listed may be allowed, and where a request that is not allowed is kept from running.
    ///
    /// ```
    /// use cors_core::adapter::CorsProcessor;
    /// use cors_core::{CorsOptions, CorsPolicy, CorsRequest};
    ///
    /// let options = CorsOptions::from(CorsPolicy::permissive());
    /// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// let settles = |method| {
    ///     let request = CorsRequest::new(method, &lines);
    ///     CorsProcessor::new().settle(&request, &options).is_some()
    /// };
    /// assert!(settles("GET") && !settles("OPTIONS"));
    /// ```
    #[must_use]
    #[inline(always)]
    pub fn settle(&self, request: &CorsRequest<'_>, options: &CorsOptions) -> Option<ActualAnswer> {
        let policy = options.only_policy()?;
        if request.is_options() || self.records() {
            return None;
        }
        let allow_origin = match &policy.compiled().origins {
            AnyOr::Any => AllowOrigin::Any,
            AnyOr::Listed(origins) => match request.origin() {
                Some(Field::Line(origin)) => match origins.position(origin.as_bytes()) {
                    Some(index) => AllowOrigin::Listed(index),
                    None if origins.admits_unlisted() => return None,
                    None => AllowOrigin::Nothing,
                },
                Some(Field::Several) | None => AllowOrigin::Nothing,
            },
        };
        if allow_origin == AllowOrigin::Nothing && self.refused_requests != RefusedRequests::Run {
            return None;
        }
        Some(ActualAnswer::of_fields(policy.clone(), allow_origin))
    }

    fn evaluate(&self, request: &RequestContext<'_>, policy: CorsPolicy) -> CorsAction {
        if self.records() {
            return self.record(request, &policy);
        }
        let view = request.request();
        // The same for every `Origin`, and without one, so that it is not even looked up.
        if policy.allows_any_origin() && !view.is_options() {
            return CorsAction::Forward(ActualAnswer::of_fields(policy, AllowOrigin::Any));
        }
        let allow_origin = match view.asked() {
            Asked::NotCors => answer_without_origin(&policy),
            Asked::Actual { origin } => evaluate_origin(origin, &policy, &mut Unrecorded),
            Asked::Preflight { origin, method } => {
                let fields = evaluate_preflight(view, origin, method, &policy, &mut Unrecorded);
                return self.respond(PreflightAnswer::of_fields(policy, fields));
            }
        };
        if allow_origin == AllowOrigin::Nothing && self.refuses(request) {
            let result = CorsService::new().evaluate_policy(view, &policy);
            return CorsAction::Refuse(Box::new(result));
        }
        CorsAction::Forward(ActualAnswer::of_fields(policy, allow_origin))
    }

    /// As [`Self::evaluate`], with a result.
    fn record(&self, request: &RequestContext<'_>, policy: &CorsPolicy) -> CorsAction {
        let result = CorsService::new().evaluate_policy(request.request(), policy);
        if result.kind() == RequestKind::Preflight {
            self.respond(PreflightAnswer::of_result(result))
        } else if !result.response_fields().allows_origin() && self.refuses(request) {
            CorsAction::Refuse(Box::new(result))
        } else {
            CorsAction::Forward(ActualAnswer::of_result(result))
        }
    }

    fn refuse_preflight(&self, request: &RequestContext<'_>) -> CorsAction {
        match request.request().kind() {
            RequestKind::Preflight => {
                CorsAction::Respond { status: self.refused_preflight_status, answer: None }
            }
            RequestKind::NotCors | RequestKind::Actual => CorsAction::PassThrough,
        }
    }

    fn respond(&self, answer: PreflightAnswer) -> CorsAction {
        // An allowed origin gets the true lists, so that the browser itself names what fails.
        let status = if answer.response_fields().allows_origin() {
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

    /// Does a request run of which nobody knows whether a policy allows it?
    fn runs_without_policy(&self, request: &RequestContext<'_>) -> bool {
        request.request().kind() != RequestKind::Preflight && !self.refuses(request)
    }

    /// Is this request, which no policy allows, kept from running?
    fn refuses(&self, request: &RequestContext<'_>) -> bool {
        let is_actual = request.request().kind() == RequestKind::Actual;
        match self.refused_requests {
            RefusedRequests::Run => false,
            RefusedRequests::RunIfSameOrigin { forwarded_headers_are_trusted } => {
                is_actual && !same_origin::is_same_origin(request, forwarded_headers_are_trusted)
            }
            RefusedRequests::DoNotRun => is_actual,
        }
    }
}

impl Default for CorsProcessor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
