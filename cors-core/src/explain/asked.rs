//! What was asked.

use std::fmt;
use std::ops::ControlFlow;

#[cfg(feature = "tracing")]
use crate::excerpt::Excerpt;
use crate::fetch;
use crate::origin::MAX_ORIGIN_LENGTH;
use crate::request::{CorsRequest, MAX_METHOD_LENGTH, RequestKind};
use crate::result::{CorsResult, RefusalReason};
// What an evaluation reads is explained, and no more.
use crate::service::{MAX_BYTES, MAX_NAMES};

/// How many names and bytes of them a log is told.
#[cfg(feature = "tracing")]
const MAX_LOGGED_NAMES: usize = 16;
#[cfg(feature = "tracing")]
const MAX_LOGGED_BYTES: usize = 512;

/// What was asked, as far as it is known: text of the request, escaped.
///
/// ```
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
/// let request = CorsRequest::new("OPTIONS", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
/// let explanation = result.explain_request(&request);
/// assert_eq!(explanation.asked().to_string(), "preflight from `https://app.example.com` for `PUT`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Asked {
    pub(super) kind: RequestKind,
    pub(super) origin: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<String>,
    pub(super) url: Option<String>,
}

/// What is known of the request, in whole.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) origin: Option<String>,
    pub(super) method: Option<String>,
    /// In lower case, each once.
    pub(super) headers: Option<Vec<String>>,
}

impl Asked {
    pub(super) fn of_result(result: &CorsResult) -> Self {
        let allowed = result.allowed_origin().filter(|origin| *origin != "*");
        let mut asked = Self {
            kind: result.kind(),
            origin: allowed.map(str::to_owned),
            method: None,
            headers: Vec::new(),
            url: None,
        };
        for reason in result.reasons() {
            match reason {
                RefusalReason::OriginNotAllowed { origin }
                | RefusalReason::InsecureOriginNotAllowed { origin } => {
                    asked.origin = Some(origin.to_string());
                }
                RefusalReason::NullOriginNotAllowed => asked.origin = Some("null".to_owned()),
                RefusalReason::MethodNotAllowed { method } => {
                    asked.method = Some(method.to_string());
                }
                RefusalReason::HeaderNotAllowed { name } => {
                    asked.headers.push(name.to_string().to_ascii_lowercase());
                }
                _ => {}
            }
        }
        asked
    }

    pub(super) fn of_request(request: &CorsRequest<'_>, known: &Known) -> Self {
        let origin = request.origin_excerpt().map(|excerpt| excerpt.to_string());
        Self {
            kind: request.kind(),
            origin: known.origin.as_ref().map(escaped).or(origin),
            method: known.method.as_ref().map(escaped),
            headers: known.headers.clone().unwrap_or_default(),
            url: None,
        }
    }

    /// What the request is to the protocol.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService, RequestKind};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.explain().asked().kind(), RequestKind::Actual);
    /// ```
    #[must_use]
    pub const fn kind(&self) -> RequestKind {
        self.kind
    }

    /// The origin of the page.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// let explanation = result.explain_request(&request);
    /// assert_eq!(explanation.asked().origin(), Some("https://app.example.com"));
    /// ```
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// The method of the request that the page wants to make.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.explain_request(&request).asked().method(), Some("PUT"));
    /// ```
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The request headers that a preflight asks for, in lower case.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null"), ("access-control-request-method", "PUT"),
    ///     ("access-control-request-headers", "x-a,x-b")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.explain_request(&request).asked().headers(), ["x-a", "x-b"]);
    /// ```
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The URL, where it was [given](super::Explanation::for_url).
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "null")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// let explanation = result.explain().for_url("https://api.example.com/");
    /// assert_eq!(explanation.asked().url(), Some("https://api.example.com/"));
    /// ```
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

impl Known {
    /// As much as a log is told, however much somebody sends: no more of each text than an excerpt
    /// shows, and of names no more than a page asks for.
    #[cfg(feature = "tracing")]
    pub(super) fn for_log(request: &CorsRequest<'_>) -> Self {
        let Self { origin, method, headers } = Self::of_request(request);
        let short = |text: &String| text.len() <= Excerpt::CAPACITY;
        let few = |names: &Vec<String>| {
            let bytes: usize = names.iter().map(String::len).sum();
            names.len() <= MAX_LOGGED_NAMES && bytes <= MAX_LOGGED_BYTES
        };
        Self {
            origin: origin.filter(short),
            method: method.filter(short),
            headers: headers.filter(few),
        }
    }

    pub(super) fn of_request(request: &CorsRequest<'_>) -> Self {
        let text = |bytes: &[u8]| str::from_utf8(bytes).ok().map(str::to_owned);
        let origin =
            request.first_line("origin").filter(|origin| origin.len() <= MAX_ORIGIN_LENGTH);
        let method = request
            .effective_method()
            .filter(|method| (1..=MAX_METHOD_LENGTH).contains(&method.len()));
        let is_preflight = request.kind() == RequestKind::Preflight;
        Self {
            origin: origin.and_then(text),
            method: method.map(str::to_owned),
            headers: is_preflight.then(|| requested_names(request)).flatten(),
        }
    }
}

/// The requested names in lower case, each once; none where they are not a list of names, or more
/// than are explained.
fn requested_names(request: &CorsRequest<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let (mut elements, mut bytes) = (0, 0);
    let mut is_explained = true;
    request.visit_requested_headers(|line| {
        // However it is split: it is not looked at to its end.
        is_explained = line.as_bytes().len() <= MAX_BYTES + MAX_NAMES;
        if !is_explained {
            return ControlFlow::Break(());
        }
        for element in line.as_bytes().split(|byte| *byte == b',') {
            let name = fetch::trim_whitespace(element);
            elements += 1;
            bytes += element.len();
            is_explained = elements <= MAX_NAMES
                && bytes <= MAX_BYTES
                && (name.is_empty() || fetch::is_token(name));
            if !is_explained {
                return ControlFlow::Break(());
            }
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
        ControlFlow::Continue(())
    });
    is_explained.then_some(names)
}

fn escaped(text: &String) -> String {
    text.as_bytes().escape_ascii().to_string()
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            RequestKind::Preflight => "preflight",
            RequestKind::NotCors | RequestKind::Actual => "request",
        })?;
        if let Some(origin) = &self.origin {
            write!(f, " from `{origin}`")?;
        }
        if let Some(method) = &self.method {
            write!(f, " for `{method}`")?;
        }
        if let Some(url) = &self.url {
            let preposition = if self.method.is_some() { "of" } else { "for" };
            write!(f, " {preposition} `{url}`")?;
        }
        for (index, name) in self.headers.iter().enumerate() {
            let separator = if index == 0 { " with" } else { "," };
            write!(f, "{separator} `{name}`")?;
        }
        Ok(())
    }
}
