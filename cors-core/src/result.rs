//! The engine's answer, and what it does to a response.

mod accessors;
mod apply;
mod forms;
mod reasons;
mod vary;

use http::{HeaderName, HeaderValue};

use crate::excerpt::Excerpt;
use crate::policy::CorsPolicy;
use crate::request::{RequestKind, Value};
pub use apply::{is_cors_field, strip_cors_fields};
pub use reasons::{RefusalReason, RefusalReasons};
pub use vary::merged_vary_origin;

const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// What the CORS protocol says of one request under one policy.
///
/// An owned value that cannot contradict itself: the outcome decides which response fields there
/// are, and the policy and the request what they hold. Two results are equal where outcome and
/// fields are.
///
/// ```
/// use cors_core::{CorsOutcome, CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://app.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// assert_eq!(result.outcome(), &CorsOutcome::ActualAllowed);
/// assert_eq!(result.allowed_origin(), Some("https://app.example.com"));
///
/// let mut headers = http::HeaderMap::new();
/// result.apply_to(&mut headers);
/// assert_eq!(headers["access-control-allow-origin"], "https://app.example.com");
/// assert_eq!(headers["vary"], "Origin");
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone)]
pub struct CorsResult {
    policy: CorsPolicy,
    outcome: CorsOutcome,
    /// Invariant: `Nothing` exactly where `outcome` sends no `Access-Control-Allow-Origin`.
    allow_origin: AllowOrigin,
    /// Invariant: only in an allowed preflight under a policy with credentials.
    mirrored: Mirrored,
    /// Invariant: only in an allowed preflight that asked for it.
    allow_private_network: bool,
}

/// The five outcomes of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "kebab-case", tag = "outcome", content = "reasons")
)]
#[expect(
    clippy::exhaustive_enums,
    clippy::large_enum_variant,
    reason = "an adapter must not compile when a sixth outcome appears; a refusal is recorded in \
              place so that it allocates nothing"
)]
pub enum CorsOutcome {
    /// The request has no `Origin`.
    NotCors,
    /// An actual request whose origin is allowed.
    ActualAllowed,
    /// An actual request whose origin is refused: it runs, but the page cannot read the answer.
    ActualRefused(RefusalReason),
    /// A preflight after which the browser sends the actual request.
    PreflightAllowed,
    /// A preflight after which it does not, with every step that failed.
    PreflightRefused(RefusalReasons),
}

/// The value of `Access-Control-Allow-Origin`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum AllowOrigin {
    Nothing,
    Any,
    /// The policy's own text, or the request's value.
    Value(HeaderValue),
    /// A copy of the request's bytes, where the server keeps no `HeaderValue`. Invariant: whole.
    Copied(Excerpt),
}

impl AllowOrigin {
    /// The request's own origin, once it has been matched, and so is well-formed.
    pub(crate) fn echo(origin: Value<'_>) -> Self {
        match origin {
            Value::Http(value) => Self::Value(value.clone()),
            Value::Raw(bytes) => {
                let excerpt = Excerpt::new(bytes);
                if excerpt.is_truncated() {
                    HeaderValue::from_bytes(bytes).map_or(Self::Nothing, Self::Value)
                } else {
                    Self::Copied(excerpt)
                }
            }
        }
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Nothing => None,
            Self::Any => Some(b"*"),
            Self::Value(value) => Some(value.as_bytes()),
            Self::Copied(excerpt) => Some(excerpt.as_bytes()),
        }
    }
}

/// What an allowed preflight gets back of what it asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Mirrored {
    pub(crate) method: Option<HeaderValue>,
    pub(crate) headers: Option<HeaderValue>,
}

impl CorsResult {
    pub(crate) fn not_cors(policy: &CorsPolicy) -> Self {
        let any = policy.allows_any_origin();
        let allow_origin = if any { AllowOrigin::Any } else { AllowOrigin::Nothing };
        Self::new(policy, CorsOutcome::NotCors, allow_origin)
    }

    pub(crate) fn actual_allowed(policy: &CorsPolicy, allow_origin: AllowOrigin) -> Self {
        Self::new(policy, CorsOutcome::ActualAllowed, allow_origin)
    }

    pub(crate) fn actual_refused(policy: &CorsPolicy, reason: RefusalReason) -> Self {
        Self::new(policy, CorsOutcome::ActualRefused(reason), AllowOrigin::Nothing)
    }

    pub(crate) fn preflight_allowed(
        policy: &CorsPolicy,
        allow_origin: AllowOrigin,
        mirrored: Mirrored,
        allow_private_network: bool,
    ) -> Self {
        let result = Self::new(policy, CorsOutcome::PreflightAllowed, allow_origin);
        Self { mirrored, allow_private_network, ..result }
    }

    /// A refused origin, and a preflight that no browser sends, learn nothing.
    pub(crate) fn preflight_refused(
        policy: &CorsPolicy,
        reasons: RefusalReasons,
        allow_origin: AllowOrigin,
    ) -> Self {
        let silent = reasons.iter().any(|reason| reason.is_malformed() || reason.is_of_origin());
        let allow_origin = if silent { AllowOrigin::Nothing } else { allow_origin };
        Self::new(policy, CorsOutcome::PreflightRefused(reasons), allow_origin)
    }

    fn new(policy: &CorsPolicy, outcome: CorsOutcome, allow_origin: AllowOrigin) -> Self {
        Self {
            policy: policy.clone(),
            outcome,
            allow_origin,
            mirrored: Mirrored::default(),
            allow_private_network: false,
        }
    }

    /// What the evaluation came to.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService, CorsOutcome};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.outcome(), &CorsOutcome::ActualAllowed);
    /// ```
    #[must_use]
    pub fn outcome(&self) -> &CorsOutcome {
        &self.outcome
    }

    /// The policy that was evaluated.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.policy(), &CorsPolicy::permissive());
    /// ```
    #[must_use]
    pub fn policy(&self) -> &CorsPolicy {
        &self.policy
    }

    /// What the request is to the protocol.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService, RequestKind};
    /// let lines = [("host", "api.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.kind(), RequestKind::NotCors);
    /// ```
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        match self.outcome {
            CorsOutcome::NotCors => RequestKind::NotCors,
            CorsOutcome::ActualAllowed | CorsOutcome::ActualRefused(_) => RequestKind::Actual,
            CorsOutcome::PreflightAllowed | CorsOutcome::PreflightRefused(_) => {
                RequestKind::Preflight
            }
        }
    }

    /// Why the request is refused, in the order in which Chromium reports the steps; nothing where
    /// it is not.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let reasons: Vec<String> = result.reasons().map(ToString::to_string).collect();
    /// assert_eq!(reasons, ["the origin `null` is not allowed"]);
    /// ```
    pub fn reasons(&self) -> impl Iterator<Item = &RefusalReason> {
        let (one, several) = match &self.outcome {
            CorsOutcome::ActualRefused(reason) => (Some(reason), None),
            CorsOutcome::PreflightRefused(reasons) => (None, Some(reasons.iter())),
            _ => (None, None),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// Why the request is refused, in a line of text: what adapters answer with where such requests
    /// do not run.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "https://evil.example")];
    /// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
    /// assert_eq!(
    ///     result.refusal_text(),
    ///     "refused by the CORS policy: the origin `https://evil.example` is not allowed\n",
    /// );
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn refusal_text(&self) -> String {
        let reasons: Vec<_> = self.reasons().map(ToString::to_string).collect();
        format!("refused by the CORS policy: {}\n", reasons.join("; "))
    }

    fn allow_methods(&self) -> Option<&HeaderValue> {
        let compiled = self.policy.compiled();
        let listed = compiled.values.allow_methods.as_ref();
        self.preflight_list(listed, compiled.mirrors_method(), self.mirrored.method.as_ref())
    }

    fn allow_headers(&self) -> Option<&HeaderValue> {
        let compiled = self.policy.compiled();
        let listed = compiled.values.allow_headers.as_ref();
        self.preflight_list(listed, compiled.mirrors_headers(), self.mirrored.headers.as_ref())
    }

    /// What a policy lists is sent with every preflight whose origin is allowed, so that the browser
    /// itself refuses, and its console names what it refuses. What is mirrored is sent with allowed
    /// preflights only.
    fn preflight_list<'a>(
        &self,
        listed: Option<&'a HeaderValue>,
        mirrors: bool,
        mirrored: Option<&'a HeaderValue>,
    ) -> Option<&'a HeaderValue> {
        match &self.outcome {
            CorsOutcome::PreflightAllowed if mirrors => mirrored,
            CorsOutcome::PreflightAllowed => listed,
            CorsOutcome::PreflightRefused(_) if self.is_origin_allowed() && !mirrors => listed,
            _ => None,
        }
    }

    fn max_age(&self) -> Option<&HeaderValue> {
        match self.outcome {
            CorsOutcome::PreflightAllowed => self.policy.compiled().values.max_age.as_ref(),
            _ => None,
        }
    }

    fn expose_headers(&self) -> Option<&HeaderValue> {
        let exposes =
            self.kind() != RequestKind::Preflight && self.allow_origin != AllowOrigin::Nothing;
        self.policy.compiled().values.expose_headers.as_ref().filter(|_| exposes)
    }

    fn sends_timing(&self) -> bool {
        self.policy.sends_timing_allow_origin() && self.kind() != RequestKind::Preflight
    }
}
