//! What a script asks its browser to fetch.

use super::headers::HeaderList;

/// What a script asks its browser to fetch.
///
/// Nothing is checked here: [`Browser::start`](super::Browser::start) blocks what the API would
/// throw at, and drops the headers that scripts cannot set.
///
/// Implements the parts of <https://fetch.spec.whatwg.org/#concept-request> that CORS looks at.
///
/// ```
/// use cors_core::browser::{Body, Credentials, Request};
///
/// let request = Request::new("PATCH", "https://api.example.com/items/1")
///     .header("content-type", "application/json")
///     .body(Body::Text)
///     .credentials(Credentials::Include);
/// # let _ = request;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: HeaderList,
    pub(super) body: Body,
    pub(super) content: Vec<u8>,
    pub(super) credentials: Credentials,
    pub(super) mode: Mode,
    pub(super) redirect: RedirectMode,
    pub(super) cache: CacheMode,
    pub(super) initiator: InitiatorType,
    pub(super) use_cors_preflight: bool,
}

impl Request {
    /// A request with the defaults of `fetch()`: mode `cors`, credentials mode `same-origin`, no
    /// body. The URL may be relative to the page.
    ///
    /// ```
    /// let request = cors_core::browser::Request::new("get", "/items?page=2");
    /// # let _ = request;
    /// ```
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: HeaderList::new(),
            body: Body::None,
            content: Vec::new(),
            credentials: Credentials::SameOrigin,
            mode: Mode::Cors,
            redirect: RedirectMode::Follow,
            cache: CacheMode::Default,
            initiator: InitiatorType::Fetch,
            use_cors_preflight: false,
        }
    }

    /// Adds a header, beside those of the same name.
    ///
    /// ```
    /// # use cors_core::browser::Request;
    /// let request = Request::new("GET", "/").header("x-a", "1").header("x-a", b"\xFF");
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the kind of body.
    ///
    /// ```
    /// # use cors_core::browser::{Body, Request};
    /// let request = Request::new("POST", "/").body(Body::Form);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// Sets the bytes of the body, which decide nothing, but which a
    /// [driver](super::Browser::drive) sends. Where there is no body yet, they become a string.
    ///
    /// ```
    /// # use cors_core::browser::{Body, Request};
    /// let text = Request::new("POST", "/").content("hello");
    /// assert_eq!(text, Request::new("POST", "/").content("hello").body(Body::Text));
    ///
    /// let form = Request::new("POST", "/").body(Body::Form).content("a=1&b=2");
    /// assert_ne!(form, Request::new("POST", "/").content("a=1&b=2"));
    /// ```
    #[must_use]
    pub fn content(self, content: impl Into<Vec<u8>>) -> Self {
        let body = if self.body == Body::None { Body::Text } else { self.body };
        Self { body, content: content.into(), ..self }
    }

    /// Sets the credentials mode.
    ///
    /// ```
    /// # use cors_core::browser::{Credentials, Request};
    /// let request = Request::new("GET", "/").credentials(Credentials::Omit);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn credentials(self, credentials: Credentials) -> Self {
        Self { credentials, ..self }
    }

    /// Sets the mode.
    ///
    /// ```
    /// # use cors_core::browser::{Mode, Request};
    /// let request = Request::new("GET", "/").mode(Mode::SameOrigin);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the redirect mode.
    ///
    /// ```
    /// # use cors_core::browser::{RedirectMode, Request};
    /// let request = Request::new("GET", "/").redirect(RedirectMode::Error);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn redirect(self, redirect: RedirectMode) -> Self {
        Self { redirect, ..self }
    }

    /// Sets the cache mode.
    ///
    /// ```
    /// # use cors_core::browser::{CacheMode, Request};
    /// let request = Request::new("GET", "/").cache(CacheMode::NoStore);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn cache(self, cache: CacheMode) -> Self {
        Self { cache, ..self }
    }

    /// Sets the API that makes the request.
    ///
    /// ```
    /// # use cors_core::browser::{InitiatorType, Request};
    /// let request = Request::new("GET", "/").initiator(InitiatorType::XmlHttpRequest);
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn initiator(self, initiator: InitiatorType) -> Self {
        Self { initiator, ..self }
    }

    /// Sets the use-CORS-preflight flag: the request is preflighted whatever its method and
    /// headers. A script sets it by listening to the events of `XMLHttpRequest.upload`; a body
    /// that is a stream sets it by itself.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#use-cors-preflight-flag>.
    ///
    /// ```
    /// # use cors_core::browser::Request;
    /// let request = Request::new("POST", "/").use_cors_preflight();
    /// # let _ = request;
    /// ```
    #[must_use]
    pub fn use_cors_preflight(self) -> Self {
        Self { use_cors_preflight: true, ..self }
    }
}

/// Method, URI and headers; everything else as in [`Request::new`].
impl<B> From<&http::Request<B>> for Request {
    fn from(request: &http::Request<B>) -> Self {
        let headers = request.headers().into();
        Self { headers, ..Self::new(request.method().as_str(), request.uri().to_string()) }
    }
}

/// What a body is made from, which decides its `Content-Type` where the script sets none.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-bodyinit-extract>.
///
/// ```
/// use cors_core::browser::{Body, Browser, Request, Response, Stage};
///
/// let page = Browser::at("https://app.example.com")?;
/// let answer = Response::new(200, [("vary", "origin")]);
/// let post = |body| {
///     let request = Request::new("POST", "https://api.example.com/").body(body);
///     page.judge(&request, &answer, &answer).unwrap_err().stage()
/// };
/// assert_eq!(post(Body::Text), Stage::Actual);
/// assert_eq!(post(Body::Blob("application/json".into())), Stage::Preflight);
/// assert_eq!(post(Body::Stream), Stage::Preflight);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// No body.
    #[default]
    None,
    /// An `ArrayBuffer` or a view of one: no type.
    Bytes,
    /// A string: `text/plain;charset=UTF-8`.
    Text,
    /// `URLSearchParams`: `application/x-www-form-urlencoded;charset=UTF-8`.
    Form,
    /// `FormData`: `multipart/form-data` with a boundary.
    Multipart,
    /// A `Blob` or a `File` with its type, which may be empty.
    Blob(String),
    /// A `ReadableStream`: no type; it sets the use-CORS-preflight flag and cannot follow a
    /// redirect that would send it a second time.
    Stream,
}

impl Body {
    pub(super) fn content_type(&self) -> Option<&str> {
        match self {
            Self::None | Self::Bytes | Self::Stream => None,
            Self::Text => Some("text/plain;charset=UTF-8"),
            Self::Form => Some("application/x-www-form-urlencoded;charset=UTF-8"),
            Self::Multipart => Some("multipart/form-data; boundary=----boundary"),
            Self::Blob(content_type) => Some(content_type.as_str()).filter(|name| !name.is_empty()),
        }
    }
}

/// Whether cookies and the like are sent, and how strict the CORS check is.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>.
///
/// ```
/// use cors_core::browser::{Browser, Credentials, Failure, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let answer = Response::new(200, [
///     ("access-control-allow-origin", "*"),
///     ("access-control-allow-credentials", "true"),
/// ]);
/// let request = Request::new("GET", "https://api.example.com/");
/// assert!(page.judge(&request, &answer, &answer).is_ok());
/// let request = request.credentials(Credentials::Include);
/// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
/// assert_eq!(blocked.failure(), &Failure::AllowOriginWildcard);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credentials {
    /// Never.
    Omit,
    /// To the page's own origin only; the default of `fetch()` and of `XMLHttpRequest`.
    #[default]
    SameOrigin,
    /// Always; `withCredentials` of `XMLHttpRequest`.
    Include,
}

/// What a request may do across origins.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-request-mode>, but for the modes of
/// navigations and sockets, which know no CORS.
///
/// ```
/// use cors_core::browser::{Browser, Mode, Request, Response, ResponseType};
///
/// let page = Browser::at("https://app.example.com")?;
/// let request = Request::new("GET", "https://api.example.com/").mode(Mode::NoCors);
/// let answer = Response::new(200, [("x-a", "1")]);
/// assert_eq!(page.judge(&request, &answer, &answer)?.response_type(), ResponseType::Opaque);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Across origins under the CORS protocol; the default.
    #[default]
    Cors,
    /// Across origins without CORS, with few methods and headers, and an opaque response.
    NoCors,
    /// Never across origins.
    SameOrigin,
}

/// What a request does with redirects.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-request-redirect-mode>.
///
/// ```
/// use cors_core::browser::{Browser, Failure, RedirectMode, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let request = Request::new("GET", "https://api.example.com/").redirect(RedirectMode::Error);
/// let moved =
///     Response::new(301, [("access-control-allow-origin", "*"), ("location", "/elsewhere")]);
/// let blocked = page.judge(&request, &moved, &moved).unwrap_err();
/// assert_eq!(blocked.failure(), &Failure::RedirectModeError);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedirectMode {
    /// Follows them; the default.
    #[default]
    Follow,
    /// Fails.
    Error,
    /// Shows the script an empty response.
    Manual,
}

/// How a request uses the HTTP cache, which in Chromium also decides about the preflight cache.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-request-cache-mode>.
///
/// ```
/// use cors_core::browser::{CacheMode, Engine, Quirk, Request};
///
/// let request = Request::new("PUT", "/").cache(CacheMode::Reload);
/// assert!(Engine::Chromium.has(Quirk::CacheModeBypassesPreflightCache));
/// # let _ = request;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheMode {
    /// As HTTP says; the default.
    #[default]
    Default,
    /// Neither reads nor writes it.
    NoStore,
    /// Writes it without reading.
    Reload,
    /// Revalidates what it finds.
    NoCache,
    /// Takes what it finds, stale or not.
    ForceCache,
}

/// The API that makes a request: it decides about Chromium's wording, and `XMLHttpRequest` drops
/// the body of `GET` and `HEAD` where `fetch()` throws.
///
/// Implements <https://fetch.spec.whatwg.org/#request-initiator-type>.
///
/// ```
/// use cors_core::browser::{Browser, Engine, InitiatorType, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let request =
///     Request::new("GET", "https://api.example.com/").initiator(InitiatorType::XmlHttpRequest);
/// let answer = Response::new(200, [("vary", "origin")]);
/// let blocked = page.judge(&request, &answer, &answer).unwrap_err();
/// assert!(blocked.message(Engine::Chromium).unwrap().starts_with("Access to XMLHttpRequest at"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InitiatorType {
    /// `fetch()`; the default.
    #[default]
    Fetch,
    /// `XMLHttpRequest`.
    XmlHttpRequest,
}
