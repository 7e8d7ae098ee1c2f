//! The engine's answer, and what it does to a response.

mod apply;
mod reasons;
mod vary;

use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue, header};

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
    #[must_use]
    pub fn outcome(&self) -> &CorsOutcome {
        &self.outcome
    }

    /// The policy that was evaluated.
    #[must_use]
    pub fn policy(&self) -> &CorsPolicy {
        &self.policy
    }

    /// What the request is to the protocol.
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

    /// Is the request a preflight?
    #[must_use]
    pub fn is_preflight_request(&self) -> bool {
        self.kind() == RequestKind::Preflight
    }

    /// Is there an origin, and does the policy allow it?
    #[must_use]
    pub fn is_origin_allowed(&self) -> bool {
        self.outcome != CorsOutcome::NotCors && self.allow_origin != AllowOrigin::Nothing
    }

    /// The value of `Access-Control-Allow-Origin`: an origin, `null` or `*`.
    #[must_use]
    pub fn allowed_origin(&self) -> Option<&str> {
        self.allow_origin.as_bytes().and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// Is `Access-Control-Allow-Credentials: true` sent?
    #[must_use]
    pub fn supports_credentials(&self) -> bool {
        self.policy.supports_credentials() && self.is_origin_allowed()
    }

    /// Does `Vary` name `Origin`?
    #[must_use]
    pub fn vary_by_origin(&self) -> bool {
        !self.policy.allows_any_origin()
    }

    /// The methods in `Access-Control-Allow-Methods`.
    pub fn allowed_methods(&self) -> impl Iterator<Item = &str> {
        elements(self.allow_methods())
    }

    /// The names in `Access-Control-Allow-Headers`.
    pub fn allowed_headers(&self) -> impl Iterator<Item = &str> {
        elements(self.allow_headers())
    }

    /// The names in `Access-Control-Expose-Headers`.
    pub fn allowed_exposed_headers(&self) -> impl Iterator<Item = &str> {
        elements(self.expose_headers())
    }

    /// The time in `Access-Control-Max-Age`.
    #[must_use]
    pub fn preflight_max_age(&self) -> Option<Duration> {
        self.max_age().and_then(|_| self.policy.max_age())
    }

    /// Is `Access-Control-Allow-Private-Network: true` sent?
    #[must_use]
    pub fn allows_private_network(&self) -> bool {
        self.allow_private_network
    }

    /// The response fields, `Vary` aside, for servers that do not use [`apply_to`](Self::apply_to).
    ///
    /// <https://fetch.spec.whatwg.org/#http-responses>
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// let fields: Vec<_> = result.fields().map(|(name, value)| (name.to_string(), value)).collect();
    /// assert_eq!(
    ///     fields,
    ///     [
    ///         ("access-control-allow-origin".to_owned(), &b"*"[..]),
    ///         ("access-control-expose-headers".to_owned(), &b"*"[..]),
    ///     ],
    /// );
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, &[u8])> {
        let timing = self.sends_timing().then(|| self.allow_origin.as_bytes()).flatten();
        let of = |value: Option<&'static str>| value.map(str::as_bytes);
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, self.allow_origin.as_bytes()),
            (
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                of(self.supports_credentials().then_some("true")),
            ),
            (header::ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods().map(HeaderValue::as_bytes)),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers().map(HeaderValue::as_bytes)),
            (header::ACCESS_CONTROL_MAX_AGE, self.max_age().map(HeaderValue::as_bytes)),
            (ALLOW_PRIVATE_NETWORK, of(self.allow_private_network.then_some("true"))),
            (
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                self.expose_headers().map(HeaderValue::as_bytes),
            ),
            (TIMING_ALLOW_ORIGIN, timing),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
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

fn elements(value: Option<&HeaderValue>) -> impl Iterator<Item = &str> {
    let text = value.and_then(|value| value.to_str().ok());
    text.into_iter().flat_map(|text| text.split(',').map(str::trim))
}

impl PartialEq for CorsResult {
    fn eq(&self, other: &Self) -> bool {
        self.outcome == other.outcome
            && self.varies_on() == other.varies_on()
            && self.fields().eq(other.fields())
    }
}

impl Eq for CorsResult {}

impl fmt::Debug for CorsResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = f.debug_struct("CorsResult");
        result.field("policy", &self.policy.name()).field("outcome", &self.outcome);
        for (name, value) in self.fields() {
            result.field(name.as_str(), &format_args!("`{}`", value.escape_ascii()));
        }
        result.field("vary", &self.vary()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for CorsResult {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let fields: indexmap::IndexMap<_, _> = self
            .fields()
            .map(|(name, value)| (name.as_str().to_owned(), value.escape_ascii().to_string()))
            .collect();
        let reasons: Vec<_> = self.reasons().collect();
        let mut result = serializer.serialize_struct("CorsResult", 6)?;
        result.serialize_field("policy", &self.policy.name())?;
        result.serialize_field("kind", &self.kind())?;
        result.serialize_field("allowed", &reasons.is_empty())?;
        result.serialize_field("reasons", &reasons)?;
        result.serialize_field("fields", &fields)?;
        result.serialize_field("vary", &self.vary())?;
        result.end()
    }
}
