//! Help for tests of servers: why a preflight did not reach the CORS layer.

use std::fmt;

use http::StatusCode;

use crate::provider::ProviderError;
use crate::result::CorsResult;

/// Judges the answer to a preflight for `asked` (a method and a path), as the adapters'
/// `assert_preflight_reaches` do: by its status, and by what the layer left in its extensions.
///
/// ```
/// use cors_core::adapter::judge_preflight;
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
/// use http::StatusCode;
///
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let preflight = CorsRequest::new("OPTIONS", &lines);
/// let result = CorsService::new().evaluate_policy(&preflight, &CorsPolicy::permissive());
/// assert!(judge_preflight("PUT /items", StatusCode::NO_CONTENT, Some(&result), None).is_ok());
/// assert!(judge_preflight("PUT /items", StatusCode::NOT_FOUND, None, None).is_err());
/// ```
///
/// # Errors
///
/// What keeps a page from sending its request: the provider failed, something else answered, or the
/// policy refuses; or the request was no preflight.
pub fn judge_preflight(
    asked: &str,
    status: StatusCode,
    result: Option<&CorsResult>,
    error: Option<&ProviderError>,
) -> Result<CorsResult, PreflightFailure> {
    let why = match (error, result) {
        (Some(error), _) => format!(" failed: {error}"),
        (None, None) => format!(": {}", UnansweredPreflight::new(status)),
        (None, Some(result)) if !result.is_preflight_request() => {
            format!(" is no preflight: {result:?}")
        }
        (None, Some(result)) => {
            let reasons: Vec<_> = result.reasons().map(ToString::to_string).collect();
            if reasons.is_empty() {
                return Ok(result.clone());
            }
            let name = result.policy().name();
            let policy = name.map(|name| format!(" `{name}`")).unwrap_or_default();
            format!(" is refused by the policy{policy}: {}", reasons.join("; "))
        }
    };
    Err(PreflightFailure { message: format!("the preflight for `{asked}`{why}") })
}

/// Why a preflight of a test was not answered and allowed by the CORS layer.
///
/// ```
/// use cors_core::adapter::judge_preflight;
/// use http::StatusCode;
///
/// let failure = judge_preflight("PUT /items", StatusCode::UNAUTHORIZED, None, None).unwrap_err();
/// assert!(failure.to_string().starts_with("the preflight for `PUT /items`: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightFailure {
    message: String,
}

impl fmt::Display for PreflightFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PreflightFailure {}

/// A preflight that something else answered before the CORS layer could, or behind it.
///
/// The adapters' `assert_preflight_reaches` report it; a status is all that it takes:
///
/// ```
/// use cors_core::adapter::UnansweredPreflight;
/// use http::StatusCode;
///
/// let unanswered = UnansweredPreflight::new(StatusCode::METHOD_NOT_ALLOWED);
/// assert!(unanswered.to_string().contains("the layer is on a route or a method"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnansweredPreflight {
    status: StatusCode,
}

impl UnansweredPreflight {
    /// A preflight that was answered with `status`, and not by the CORS layer.
    ///
    /// ```
    /// # use cors_core::adapter::UnansweredPreflight;
    /// # use http::StatusCode;
    /// let unanswered = UnansweredPreflight::new(StatusCode::NOT_FOUND);
    /// assert!(unanswered.to_string().starts_with("the preflight was answered with 404 Not Found"));
    /// ```
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self { status }
    }

    /// The status with which it was answered.
    ///
    /// ```
    /// # use cors_core::adapter::UnansweredPreflight;
    /// # use http::StatusCode;
    /// assert_eq!(UnansweredPreflight::new(StatusCode::FOUND).status(), StatusCode::FOUND);
    /// ```
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What probably answered it, and what to change.
    ///
    /// ```
    /// # use cors_core::adapter::UnansweredPreflight;
    /// # use http::StatusCode;
    /// let unanswered = UnansweredPreflight::new(StatusCode::UNAUTHORIZED);
    /// assert!(unanswered.explanation().ends_with("put the CORS layer outside of it"));
    /// ```
    #[must_use]
    pub fn explanation(&self) -> &'static str {
        match self.status.as_u16() {
            401 | 407 => {
                "an authentication layer outside answers first, and preflights carry no \
                 credentials: put the CORS layer outside of it"
            }
            403 => {
                "an authentication layer outside answers first, and preflights carry no \
                 credentials: put the CORS layer outside of it; or CORS is disabled for the path"
            }
            404 => {
                "the router knows no such path, or a guard turned OPTIONS away before the layer, or no \
                 policy governs the path, or there is no CORS layer around it: put the CORS layer \
                 around the whole router or application, and check default policy and path rules"
            }
            405 => {
                "the router turned OPTIONS away, because the layer is on a route or a method, or \
                 was added before the route, or no policy governs the path, or there is no CORS layer \
                 around it: put the CORS layer around the whole router or application, after its \
                 routes, and check default policy and path rules"
            }
            429 => {
                "a rate limit outside answers first: put the CORS layer outside of it, so that \
                 preflights do not count"
            }
            300..=399 => {
                "a redirect outside answers first (https, a trailing slash, a login), which no \
                 browser follows for a preflight: put the CORS layer outside of it"
            }
            200..=299 => {
                "the application answers OPTIONS by itself, or no policy governs the path: put the \
                 CORS layer around it, and check default policy and path rules"
            }
            _ => {
                "something outside of the CORS layer failed first: put the CORS layer outside of it"
            }
        }
    }
}

impl fmt::Display for UnansweredPreflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status } = self;
        write!(f, "the preflight was answered with {status}, not by CORS: {}", self.explanation())
    }
}

impl std::error::Error for UnansweredPreflight {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CorsPolicy, CorsRequest, CorsService};

    #[test]
    fn a_status_is_explained_by_what_usually_answers_with_it() {
        for (statuses, start, end) in [
            (&[200, 204, 299][..], "the application answers OPTIONS by itself", "path rules"),
            (&[300, 301, 308, 399], "a redirect outside answers first", "layer outside of it"),
            (&[401, 407], "an authentication layer outside", "layer outside of it"),
            (&[403], "an authentication layer outside", "CORS is disabled for the path"),
            (&[404], "the router knows no such path", "path rules"),
            (&[405], "the router turned OPTIONS away", "path rules"),
            (&[429], "a rate limit outside answers first", "preflights do not count"),
            (&[100, 199, 400, 402, 406, 428, 500, 503, 999], "something outside", "outside of it"),
        ] {
            for status in statuses {
                let unanswered = UnansweredPreflight::new(StatusCode::from_u16(*status).unwrap());
                let explained = unanswered.explanation();
                assert!(explained.starts_with(start) && explained.ends_with(end), "{explained}");
            }
        }
    }

    #[test]
    fn a_preflight_is_judged_by_the_error_then_by_the_result_then_by_the_status() {
        let policy = CorsPolicy::builder().with_origins(["https://a.example"]).build().unwrap();
        let result = |method, origin| {
            let lines = [("origin", origin), ("access-control-request-method", "PUT")];
            CorsService::new().evaluate_policy(&CorsRequest::new(method, &lines), &policy)
        };
        let error = ProviderError::new("the database is away");
        let refused = result("OPTIONS", "https://b.example");
        let actual = result("GET", "https://a.example");
        for (result, error, why) in [
            (None, None, ": the preflight was answered with 204 No Content, not by CORS: "),
            (None, Some(&error), " failed: no CORS policy could be chosen: the database is away"),
            (Some(&refused), Some(&error), " failed: no CORS policy could be chosen: "),
            (
                Some(&refused),
                None,
                " is refused by the policy: the origin `https://b.example` is not allowed; \
                 the method `PUT` is not allowed",
            ),
            (Some(&actual), None, " is no preflight: "),
        ] {
            let judged = judge_preflight("PUT /a", StatusCode::NO_CONTENT, result, error);
            let failure = judged.unwrap_err().to_string();
            assert!(failure.starts_with(&format!("the preflight for `PUT /a`{why}")), "{failure}");
        }
        let allowing = CorsPolicy::permissive();
        let lines = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        let preflight = CorsRequest::new("OPTIONS", &lines);
        let allowed = CorsService::new().evaluate_policy(&preflight, &allowing);
        let judged = judge_preflight("PUT /a", StatusCode::FORBIDDEN, Some(&allowed), None);
        assert_eq!(judged, Ok(allowed));
    }
}
