//! From a decision to words: what was asked, which steps failed, what browsers print about it, and
//! what to change: [one that is printed](crate#explanations).

mod asked;
#[cfg(feature = "browser")]
mod blocked;
mod correction;
#[cfg(feature = "browser")]
mod messages;
mod remedy;
#[cfg(test)]
mod tests;

use std::fmt;

#[cfg(feature = "browser")]
use crate::browser::{Answer, Failure};
use crate::request::{CorsRequest, RequestKind};
use crate::result::{CorsOutcome, CorsResult, RefusalReason};
pub use asked::Asked;
use asked::Known;
pub use correction::{Change, Correction};
#[cfg(feature = "browser")]
pub use messages::BrowserMessage;

/// Why a request was decided as it was, and what would change that.
///
/// Prints as several lines: what was asked and what came of it, then each failing step, the first
/// one first, with its [`Correction`], then what browsers print (with the feature `browser`).
/// `{:#}` prints the same on one line, for logs, without what browsers print.
///
/// ```
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder()
///     .named("storefront")
///     .with_origins(["https://shop.example.com"])
///     .with_methods(["PUT"])
///     .build()?;
/// let lines = [
///     ("origin", "https://shop.example.com"),
///     ("access-control-request-method", "DELETE"),
/// ];
/// let request = CorsRequest::new("OPTIONS", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// let text = result.explain_request(&request).to_string();
/// assert!(text.starts_with(
///     "preflight from `https://shop.example.com` for `DELETE`: refused by policy `storefront`\n\
///      1. the method `DELETE` is not allowed\n\
///      \x20  in policy `storefront`, add `\"DELETE\"` to `methods`\n\
///      \x20  methods = [\"PUT\", \"DELETE\"]"
/// ));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    asked: Asked,
    policy: Option<String>,
    verdict: Verdict,
    steps: Vec<FailedStep>,
    #[cfg(feature = "browser")]
    messages: Vec<BrowserMessage>,
    /// What the messages are made of, until the URL is known.
    #[cfg(feature = "browser")]
    #[cfg_attr(feature = "serde", serde(skip))]
    answer: Option<Answer>,
}

/// What came of a request.
///
/// ```
/// use cors_core::explain::Verdict;
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let lines = [("host", "api.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
/// assert_eq!(result.explain().verdict(), Verdict::NotCors);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// It has no `Origin`, so that there is nothing to decide.
    NotCors,
    /// The policy allows it, with credentials or without.
    #[non_exhaustive]
    Allowed {
        /// May the page send credentials?
        credentials: bool,
    },
    /// The policy refuses it.
    Refused,
    /// A browser blocked it.
    Blocked,
}

/// A step that failed, and what to do about it.
///
/// ```
/// use cors_core::explain::Cause;
/// use cors_core::{CorsPolicy, CorsRequest, CorsService, RefusalReason};
///
/// let lines = [("origin", "null")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
/// let explanation = result.explain();
/// let step = &explanation.steps()[0];
/// assert_eq!(step.cause(), &Cause::Refusal(RefusalReason::NullOriginNotAllowed));
/// assert!(step.correction().danger().unwrap().starts_with("every site can send"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct FailedStep {
    cause: Cause,
    correction: Correction,
}

/// Why a step failed: a reason of a policy, or a failure in a browser.
///
/// Serialises as its text.
///
/// ```
/// use cors_core::explain::Cause;
/// use cors_core::RefusalReason;
///
/// let cause = Cause::Refusal(RefusalReason::NullOriginNotAllowed);
/// assert_eq!(cause.to_string(), "the origin `null` is not allowed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The policy refuses it.
    Refusal(RefusalReason),
    /// A browser blocks it.
    #[cfg(feature = "browser")]
    Failure(Failure),
}

impl CorsResult {
    /// Explains the result from what it knows: of the request, only what was refused and, of the
    /// names that are not allowed, the first. [`explain_request`](Self::explain_request) knows more.
    ///
    /// With the feature `browser` there are also the words of the browsers; give the URL by
    /// [`for_url`](Explanation::for_url) to have them whole.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "https://app.example.com")];
    /// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
    /// assert_eq!(
    ///     result.explain().to_string(),
    ///     "request from `https://app.example.com`: allowed without credentials; the page may read \
    ///      the answer",
    /// );
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn explain(&self) -> Explanation {
        Explanation::new(self, Asked::of_result(self), &Known::default()).worded()
    }

    /// Explains the result by the request that it is of, so that everything that was asked is named,
    /// and every header that has to be listed.
    ///
    /// ```
    /// use cors_core::explain::Change;
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [
    ///     ("origin", "https://app.example.com"),
    ///     ("access-control-request-method", "GET"),
    ///     ("access-control-request-headers", "x-id,x-token"),
    /// ];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    /// let explanation = result.explain_request(&request);
    /// let change = explanation.steps()[0].correction().change();
    /// assert_eq!(change, Some(&Change::AddHeaders(vec!["x-id".into(), "x-token".into()])));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn explain_request(&self, request: &CorsRequest<'_>) -> Explanation {
        let known = Known::of_request(request);
        Explanation::new(self, Asked::of_request(request, &known), &known).worded()
    }

    /// As `explain_request`, for logs: bounded, whatever somebody sends.
    #[cfg(feature = "tracing")]
    pub(crate) fn explain_for_log(&self, request: &CorsRequest<'_>) -> Explanation {
        let known = Known::for_log(request);
        Explanation::new(self, Asked::of_request(request, &known), &known)
    }

    /// As `explain`, where more is known from elsewhere.
    #[cfg(feature = "browser")]
    fn explain_known(&self, known: &Known) -> Explanation {
        Explanation::new(self, Asked::of_result(self), known)
    }
}

impl Explanation {
    fn new(result: &CorsResult, asked: Asked, known: &Known) -> Self {
        let policy = result.policy();
        let steps = result.reasons().map(|reason| FailedStep {
            cause: Cause::Refusal(*reason),
            correction: remedy::correction(reason, policy, known),
        });
        #[cfg(feature = "browser")]
        let answer = messages::answer(result, &asked, known);
        Self {
            policy: policy.name().map(str::to_owned),
            verdict: match result.outcome() {
                CorsOutcome::NotCors => Verdict::NotCors,
                CorsOutcome::ActualAllowed | CorsOutcome::PreflightAllowed => {
                    Verdict::Allowed { credentials: policy.supports_credentials() }
                }
                CorsOutcome::ActualRefused(_) | CorsOutcome::PreflightRefused(_) => {
                    Verdict::Refused
                }
            },
            steps: steps.collect(),
            asked,
            #[cfg(feature = "browser")]
            messages: Vec::new(),
            #[cfg(feature = "browser")]
            answer,
        }
    }

    /// The same explanation of a request for this URL, which browsers name in their messages.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let explanation = result.explain_request(&request).for_url("https://api.example.com/items");
    /// assert_eq!(
    ///     explanation.asked().to_string(),
    ///     "request from `https://evil.example` for `GET` of `https://api.example.com/items`",
    /// );
    /// ```
    #[must_use]
    pub fn for_url(mut self, url: &str) -> Self {
        self.asked.url = Some(url.chars().map(printable).collect());
        self.worded()
    }

    /// What was asked.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.explain_request(&request).asked().method(), Some("GET"));
    /// ```
    #[must_use]
    pub const fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The name of the policy, where it has one.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let policy = CorsPolicy::builder().allow_any_origin().named("public").build()?;
    /// let lines = [("origin", "https://app.example.com")];
    /// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
    /// assert_eq!(result.explain().policy(), Some("public"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// What came of it.
    ///
    /// ```
    /// # use cors_core::explain::Verdict;
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.explain().verdict(), Verdict::Refused);
    /// ```
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The steps that failed, in the order in which Chromium reports them: the first is the reason,
    /// the others would come up after it. None where nothing failed.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.explain().steps().len(), 1);
    /// ```
    #[must_use]
    pub fn steps(&self) -> &[FailedStep] {
        &self.steps
    }

    /// What Chromium, Firefox and WebKit print about the first step that fails in their order; none
    /// where nothing failed, where no browser can have sent the request, and from those that say
    /// nothing.
    ///
    /// Of a refusal, they are what the browsers make of the answer that the result gives: with the
    /// statuses that adapters send unless told otherwise, with 200 for what the application answers,
    /// and to a fetch with credentials where the policy supports them.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(
    ///     result.explain().for_url("https://api.example.com/").messages()[0].text(),
    ///     "Access to fetch at 'https://api.example.com/' from origin 'https://evil.example' has been \
    ///      blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the \
    ///      requested resource.",
    /// );
    /// ```
    #[cfg(feature = "browser")]
    #[must_use]
    pub fn messages(&self) -> &[BrowserMessage] {
        &self.messages
    }

    /// Finds the words of the browsers for what is known now.
    fn worded(self) -> Self {
        #[cfg(feature = "browser")]
        if let Some(answer) = &self.answer {
            let url = self.asked.url.as_deref().filter(|_| self.asked.origin.is_some());
            let messages = messages::of_answer(answer, url);
            return Self { messages, ..self };
        }
        self
    }
}

impl FailedStep {
    /// Why it failed.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let cause = result.explain().steps()[0].cause().to_string();
    /// assert_eq!(cause, "the origin `null` is not allowed");
    /// ```
    #[must_use]
    pub const fn cause(&self) -> &Cause {
        &self.cause
    }

    /// What to do about it.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let correction = result.explain().steps()[0].correction().to_string();
    /// assert_eq!(correction, "add `\"https://app.example.com\"` to `origins`");
    /// ```
    #[must_use]
    pub const fn correction(&self) -> &Correction {
        &self.correction
    }
}

fn printable(character: char) -> char {
    if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = |f: &mut fmt::Formatter<'_>| match &self.policy {
            Some(policy) => write!(f, " by policy `{policy}`"),
            None => Ok(()),
        };
        write!(f, "{}: ", self.asked)?;
        match self.verdict {
            Verdict::NotCors => f.write_str("not CORS, for it has no `Origin`")?,
            Verdict::Allowed { credentials } => {
                f.write_str("allowed")?;
                by(f)?;
                f.write_str(if credentials {
                    ", credentials included; "
                } else {
                    " without credentials; "
                })?;
                f.write_str(match self.asked.kind {
                    RequestKind::Preflight => "the browser sends the request",
                    RequestKind::NotCors | RequestKind::Actual => "the page may read the answer",
                })?;
            }
            Verdict::Refused => {
                f.write_str("refused")?;
                by(f)?;
            }
            Verdict::Blocked => f.write_str("blocked by the browser")?,
        }
        let separators = if f.alternate() { ["; ", ": "] } else { ["\n", "\n   "] };
        let [before_step, within] = separators;
        for (index, step) in self.steps.iter().enumerate() {
            let FailedStep { cause, correction } = step;
            write!(f, "{before_step}{}. {cause}{within}{correction}", index + 1)?;
            for line in &correction.lines {
                write!(f, "{within}{line}")?;
            }
        }
        #[cfg(feature = "browser")]
        if !f.alternate() {
            self.messages.iter().try_for_each(|message| write!(f, "\n{message}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusal(reason) => reason.fmt(f),
            #[cfg(feature = "browser")]
            Self::Failure(failure) => failure.fmt(f),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Cause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
