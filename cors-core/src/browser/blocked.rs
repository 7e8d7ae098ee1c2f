//! A fetch that the browser blocks, with the words of its console.

use std::fmt;

use super::engine::{Engine, Quirk};
use super::failure::{Failure, Stage};
use super::message::{self, Words};
use super::request::InitiatorType;

/// A fetch that the script sees fail, with everything that a developer wants to know and the
/// script is not told.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-network-error>.
///
/// ```
/// use cors_core::browser::{Browser, Engine, Failure, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let not_found = Response::new(404, [("vary", "Origin")]);
/// let blocked = page
///     .judge(&Request::new("PUT", "https://api.example.com/"), &not_found, &not_found)
///     .unwrap_err();
/// assert_eq!(blocked.failure(), &Failure::AllowOriginMissing);
/// assert_eq!(
///     blocked.failures()[1..],
///     [Failure::PreflightStatus(404), Failure::MethodNotAllowed("PUT".into())]
/// );
/// assert_eq!(blocked.error_name(Engine::Chromium), Some("PreflightMissingAllowOriginHeader"));
/// assert_eq!(blocked.error_name(Engine::Firefox), Some("CORSMissingAllowOrigin2"));
/// assert!(blocked.message(Engine::WebKit).unwrap().contains("Status code: 404"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    // Boxed, for it travels in results.
    case: Box<Case>,
}

/// What the words of the engines are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) engine: Engine,
    pub(super) stage: Stage,
    /// In the order of the engine, at least one.
    pub(super) failures: Vec<Failure>,
    /// The serialised origin of the page, whatever the redirects made of it.
    pub(super) origin: String,
    pub(super) url: String,
    pub(super) redirected_from: Option<String>,
    pub(super) status: Option<u16>,
    /// Is it the answer to a request that a preflight had allowed, be it a cached one?
    pub(super) after_preflight: bool,
    pub(super) initiator: InitiatorType,
}

impl Blocked {
    /// Sorts the failures into the order in which the engine checks.
    pub(super) fn new(mut case: Case) -> Self {
        let engine = case.engine;
        case.failures.sort_by_key(|failure| rank(failure, engine));
        Self { case: Box::new(case) }
    }

    /// At which stage the fetch was blocked.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response, Stage};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("vary", "origin")]);
    /// let blocked = page.judge(&Request::new("TRACE", "/"), &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.stage(), Stage::Arguments);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.case.stage
    }

    /// The failure that the engine meets first.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Failure, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("vary", "origin")]);
    /// let request = Request::new("GET", "https://api.example.com/");
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.failure(), &Failure::AllowOriginMissing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn failure(&self) -> &Failure {
        // There is always one; the fallback only spares a panic.
        self.case.failures.first().unwrap_or(&Failure::AllowOriginMissing)
    }

    /// Everything that fails at this stage, in the order in which the engine checks: what would
    /// come up next after the first was mended.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Credentials, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/").credentials(Credentials::Include);
    /// let answer = Response::new(200, [("access-control-allow-origin", "*")]);
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.failures().len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.case.failures
    }

    /// The URL at which it happened.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("vary", "origin")]);
    /// let request = Request::new("GET", "https://API.example.com");
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.url(), "https://api.example.com/");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn url(&self) -> &str {
        &self.case.url
    }

    /// What `engine` writes to its console, without a line break at the end; `None` where it says
    /// nothing about CORS. Each engine names the failure that comes first in its own order.
    ///
    /// The wording is that of Chromium 156, and of the sources of Firefox and WebKit; the standard
    /// has none.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Engine, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("vary", "origin")]);
    /// let request = Request::new("GET", "https://api.example.com/");
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// assert_eq!(
    ///     blocked.message(Engine::Chromium).unwrap(),
    ///     "Access to fetch at 'https://api.example.com/' from origin 'https://app.example.com' \
    ///      has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present \
    ///      on the requested resource."
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn message(&self, engine: Engine) -> Option<String> {
        self.words(engine).map(|words| words.text)
    }

    /// The name under which `engine` knows the error: Chromium's enumerator as the developer tools
    /// show it, Firefox's message key. WebKit has none.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Engine, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("vary", "origin")]);
    /// let request = Request::new("GET", "https://api.example.com/");
    /// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.error_name(Engine::Chromium), Some("MissingAllowOriginHeader"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn error_name(&self, engine: Engine) -> Option<&'static str> {
        self.words(engine)?.name
    }

    /// What of the message does not depend on the URL.
    pub(crate) fn sentence(&self, engine: Engine) -> Option<String> {
        self.words(engine).map(|words| words.sentence)
    }

    /// The serialised origin of the page.
    pub(crate) fn page_origin(&self) -> &str {
        &self.case.origin
    }

    /// Had a preflight allowed the request whose answer was blocked?
    pub(crate) fn is_after_preflight(&self) -> bool {
        self.case.after_preflight
    }

    fn words(&self, engine: Engine) -> Option<Words> {
        let is_known = |failure: &&Failure| match failure {
            Failure::AuthorizationNotListed { wildcard: true } => {
                !engine.has(Quirk::AuthorizationCoveredByWildcard)
            }
            _ => true,
        };
        let failures = self.case.failures.iter().filter(is_known);
        let first = failures.min_by_key(|failure| rank(failure, engine))?;
        message::words(engine, first, &self.case)
    }
}

/// The console message of the engine, or, where it has none, the first failure.
impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message(self.case.engine) {
            Some(message) => f.write_str(&message),
            None => write!(f, "`{}` is blocked: {}", self.case.url, self.failure()),
        }
    }
}

impl std::error::Error for Blocked {}

/// The place of `failure` in the order in which `engine` checks a preflight response. Failures of
/// other stages come alone or in the order of the first two rows.
fn rank(failure: &Failure, engine: Engine) -> u8 {
    // Columns: standard, Chromium, Firefox, WebKit.
    let ranks: [u8; 4] = match failure {
        Failure::PreflightRedirect(_) => [3, 0, 0, 0],
        Failure::PreflightStatus(_) => [3, 3, 3, 0],
        Failure::AllowOriginMissing
        | Failure::AllowOriginWildcard
        | Failure::AllowOriginMismatch { .. } => [1, 1, 1, 1],
        Failure::AllowCredentialsNotTrue(_) => [2, 2, 2, 2],
        Failure::AllowMethodsUnparseable { .. } => [4, 4, 4, 4],
        Failure::AllowHeadersUnparseable { .. } => [5, 5, 6, 5],
        Failure::MethodNotAllowed(_) => [6, 6, 5, 6],
        Failure::AuthorizationNotListed { .. } => [7, 7, 7, 7],
        Failure::HeaderNotAllowed(_) => [8, 7, 7, 7],
        _ => [0; 4],
    };
    let [standard, chromium, firefox, webkit] = ranks;
    match engine {
        Engine::Standard => standard,
        Engine::Chromium => chromium,
        Engine::Firefox => firefox,
        Engine::WebKit => webkit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_checks_preflights_in_its_own_order() {
        let all = [
            Failure::HeaderNotAllowed("x-a".into()),
            Failure::MethodNotAllowed("PUT".into()),
            Failure::AllowHeadersUnparseable { value: vec![], element: vec![] },
            Failure::AllowMethodsUnparseable { value: vec![], element: vec![] },
            Failure::AllowCredentialsNotTrue(vec![]),
            Failure::AllowOriginMissing,
            Failure::PreflightStatus(404),
        ];
        for (engine, expected) in [
            (Engine::Standard, [5, 4, 6, 3, 2, 1, 0]),
            (Engine::Chromium, [5, 4, 6, 3, 2, 1, 0]),
            (Engine::Firefox, [5, 4, 6, 3, 1, 2, 0]),
            (Engine::WebKit, [6, 5, 4, 3, 2, 1, 0]),
        ] {
            let blocked = Blocked::new(case(engine, all.to_vec()));
            assert_eq!(blocked.failures(), expected.map(|index: usize| all[index].clone()));
        }
    }

    #[test]
    fn redirected_preflights_are_noticed_first_but_for_the_standard() {
        let failures = vec![Failure::AllowOriginMissing, Failure::PreflightRedirect(307)];
        for (engine, first) in [
            (Engine::Standard, 0),
            (Engine::Chromium, 1),
            (Engine::Firefox, 1),
            (Engine::WebKit, 1),
        ] {
            let blocked = Blocked::new(case(engine, failures.clone()));
            assert_eq!(blocked.failure(), &failures[first], "{engine:?}");
        }
    }

    #[test]
    fn engines_are_silent_about_what_they_allow() {
        let wildcard = Failure::AuthorizationNotListed { wildcard: true };
        let blocked = Blocked::new(case(Engine::Standard, vec![wildcard]));
        assert_eq!(blocked.message(Engine::Chromium), None);
        let both = vec![
            Failure::AuthorizationNotListed { wildcard: false },
            Failure::HeaderNotAllowed("x-a".into()),
        ];
        let blocked = Blocked::new(case(Engine::Standard, both));
        assert!(blocked.message(Engine::Chromium).unwrap().contains("authorization"));
    }

    #[test]
    fn display_speaks_like_the_engine() {
        let blocked = Blocked::new(case(Engine::WebKit, vec![Failure::PreflightStatus(404)]));
        assert_eq!(blocked.to_string(), blocked.message(Engine::WebKit).unwrap());
        let blocked = Blocked::new(case(Engine::Standard, vec![Failure::PreflightStatus(404)]));
        assert_eq!(
            blocked.to_string(),
            "`https://api.example.com/` is blocked: the preflight response has status `404`"
        );
    }

    fn case(engine: Engine, failures: Vec<Failure>) -> Case {
        Case {
            engine,
            stage: Stage::Preflight,
            failures,
            origin: "https://app.example.com".into(),
            url: "https://api.example.com/".into(),
            redirected_from: None,
            status: Some(404),
            after_preflight: false,
            initiator: InitiatorType::Fetch,
        }
    }
}
