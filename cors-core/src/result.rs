//! The engine's answer, and what it does to a response.

mod accessors;
mod forms;
mod reasons;

use http::HeaderMap;

use crate::fields::{AllowOrigin, CorsFields, PreflightFields};
use crate::policy::CorsPolicy;
use crate::request::RequestKind;
pub use reasons::{RefusalReason, RefusalReasons};

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
    /// Invariant: as `outcome` says, where it is one of a preflight.
    preflight: PreflightFields,
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

impl CorsResult {
    #[inline]
    pub(crate) fn new(
        policy: &CorsPolicy,
        outcome: CorsOutcome,
        allow_origin: AllowOrigin,
        preflight: PreflightFields,
    ) -> Self {
        Self { policy: policy.clone(), outcome, allow_origin, preflight }
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

    /// What it does to a response.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert!(result.response_fields().allows_origin());
    /// ```
    #[must_use]
    pub fn response_fields(&self) -> CorsFields<'_> {
        match self.kind() {
            RequestKind::Preflight => {
                CorsFields::of_preflight(&self.policy, &self.allow_origin, &self.preflight)
            }
            RequestKind::NotCors | RequestKind::Actual => {
                CorsFields::of_actual(&self.policy, &self.allow_origin)
            }
        }
    }

    /// Makes the CORS fields of a response those of this result: see [`CorsFields::apply_to`].
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// let mut headers = http::HeaderMap::new();
    /// result.apply_to(&mut headers);
    /// assert_eq!(headers["access-control-allow-origin"], "*");
    /// ```
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        self.response_fields().apply_to(headers);
    }

    /// The names that `Vary` must hold: see [`CorsFields::vary`].
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.vary(), ["Origin"]);
    /// ```
    #[must_use]
    pub fn vary(&self) -> &'static [&'static str] {
        self.response_fields().vary()
    }
}
