//! The words of the browsers, from the model of the browsers itself.

use std::fmt;

use super::Asked;
use super::asked::Known;
use super::remedy::is_exact;
use crate::browser::{Answer, Blocked, Engine, Response, is_origin_of_a_page};
use crate::fetch;
use crate::result::{CorsResult, RefusalReason};

const ENGINES: [Engine; 3] = [Engine::Chromium, Engine::Firefox, Engine::WebKit];

/// What a browser prints about a blocked fetch.
///
/// Needs the feature `browser`, whose model of the browsers finds the words.
///
/// ```
/// use cors_core::browser::Engine;
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://evil.example")];
/// let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
/// let explanation = result.explain().for_url("https://api.example.com/items");
/// let firefox = &explanation.messages()[1];
/// assert_eq!(firefox.engine(), Engine::Firefox);
/// assert_eq!(firefox.error_name(), Some("CORSMissingAllowOrigin2"));
/// assert!(firefox.text().starts_with("Cross-Origin Request Blocked"));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BrowserMessage {
    engine: Engine,
    error_name: Option<&'static str>,
    text: String,
}

impl BrowserMessage {
    /// Whose words they are.
    ///
    /// ```
    /// # use cors_core::{browser::Engine, CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.explain().messages()[0].engine(), Engine::Chromium);
    /// ```
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// The name under which the browser knows the error, as
    /// [`Blocked::error_name`](crate::browser::Blocked::error_name) gives it.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let explanation = result.explain();
    /// assert_eq!(explanation.messages()[0].error_name(), Some("MissingAllowOriginHeader"));
    /// ```
    #[must_use]
    pub const fn error_name(&self) -> Option<&'static str> {
        self.error_name
    }

    /// What it prints: the whole message where the URL is known, otherwise its sentence without the
    /// URL.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(
    ///     result.explain().messages()[0].text(),
    ///     "No 'Access-Control-Allow-Origin' header is present on the requested resource."
    /// );
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn new(engine: Engine, blocked: &Blocked, url_is_known: bool) -> Option<Self> {
        let text = if url_is_known { blocked.message(engine) } else { blocked.sentence(engine) }?;
        Some(Self { engine, error_name: blocked.error_name(engine), text })
    }
}

/// The engine, its name for the error, and the text on one line.
impl fmt::Display for BrowserMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.engine)?;
        if let Some(name) = self.error_name {
            write!(f, " ({name})")?;
        }
        write!(f, ": {}", self.text.replace('\n', " / "))
    }
}

pub(super) fn of_blocked(blocked: &Blocked) -> Vec<BrowserMessage> {
    ENGINES.iter().filter_map(|engine| BrowserMessage::new(*engine, blocked, true)).collect()
}

pub(super) fn of_answer(answer: &Answer, url: Option<&str>) -> Vec<BrowserMessage> {
    // No sentence says it.
    let unknown = "https://unknown.invalid/";
    let message = |engine: &Engine| {
        let blocked = answer.blocked(*engine, url.unwrap_or(unknown))?;
        BrowserMessage::new(*engine, &blocked, url.is_some())
    };
    ENGINES.iter().filter_map(message).collect()
}

/// What a browser gets of a refusal, if a browser can have caused it.
///
/// The statuses are those that adapters use unless told otherwise, and 200 of the application.
/// Credentials are sent where the policy supports them.
pub(super) fn answer(result: &CorsResult, asked: &Asked, known: &Known) -> Option<Answer> {
    let origin = known.origin.clone().or_else(|| asked.origin.clone());
    // To an answer for any origin they are all alike.
    let any = || result.policy().allows_any_origin().then(|| "https://page.invalid".to_owned());
    let origin = origin.or_else(any)?;
    let is_of_a_page = origin == "null" || is_exact(&origin) && is_origin_of_a_page(&origin);

    let method = known.method.as_ref().or(asked.method.as_ref()).map_or("GET", String::as_str);
    let names = known.headers.as_ref().unwrap_or(&asked.headers);
    let is_normal = fetch::normalized_method(method.as_bytes()).is_none_or(|it| it == method);
    let is_set_by_scripts =
        |name: &String| !fetch::is_forbidden_request_header_name(name.as_bytes());

    let is_refused = result.reasons().next().is_some();
    let is_of_a_browser = is_of_a_page
        && result.reasons().all(is_of_a_browser)
        && is_normal
        && names.iter().all(is_set_by_scripts);
    if !is_refused || !is_of_a_browser {
        return None;
    }
    let is_preflight = result.is_preflight_request();
    let status = match (is_preflight, result.is_origin_allowed()) {
        (false, _) => 200,
        (true, true) => 204,
        (true, false) => 403,
    };
    Some(Answer {
        origin,
        preflight: is_preflight.then(|| (method.to_owned(), names.clone())),
        include: result.policy().supports_credentials(),
        response: Response::new(status, result.fields()),
    })
}

/// Can a browser have caused the reason? Origin, method and names say the rest for themselves.
const fn is_of_a_browser(reason: &RefusalReason) -> bool {
    match reason {
        RefusalReason::OriginTooLong { .. }
        | RefusalReason::SeveralOrigins
        | RefusalReason::RequestedMethodEmpty
        | RefusalReason::RequestedMethodRepeated
        | RefusalReason::RequestedMethodNotAToken { .. }
        | RefusalReason::RequestedMethodForbidden { .. }
        | RefusalReason::RequestedHeadersMalformed { .. } => false,
        RefusalReason::OriginNotAllowed { .. }
        | RefusalReason::NullOriginNotAllowed
        | RefusalReason::InsecureOriginNotAllowed { .. }
        | RefusalReason::RequestedMethodTooLong { .. }
        | RefusalReason::TooManyRequestedHeaders
        | RefusalReason::MethodNotAllowed { .. }
        | RefusalReason::HeaderNotAllowed { .. }
        | RefusalReason::PrivateNetworkNotAllowed => true,
    }
}
