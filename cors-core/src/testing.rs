//! Help for tests of servers: why a preflight did not reach the CORS layer.

use http::StatusCode;

/// A preflight that something else answered before the CORS layer could, or behind it.
///
/// The adapters' `assert_preflight_reaches` report it; a status is all that it takes:
///
/// ```
/// use cors_core::UnansweredPreflight;
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
    /// # use cors_core::UnansweredPreflight;
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
    /// # use cors_core::UnansweredPreflight;
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
    /// # use cors_core::UnansweredPreflight;
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
                "the router knows no such path, or a guard turned OPTIONS away before the layer: \
                 put the CORS layer around the whole router or application"
            }
            405 => {
                "the router turned OPTIONS away, because the layer is on a route or a method, or \
                 was added before the route: put the CORS layer around the whole router or \
                 application, after its routes"
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

impl std::fmt::Display for UnansweredPreflight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status } = self;
        write!(f, "the preflight was answered with {status}, not by CORS: {}", self.explanation())
    }
}

impl std::error::Error for UnansweredPreflight {}
