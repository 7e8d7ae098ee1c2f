//! The browser's half of CORS: what a page sends, and whether its script sees the answer.
//!
//! A pure model of the client side of the [Fetch standard], and of how the engines differ from
//! it: when a preflight is needed and what it asks, the checks of both responses, the headers that
//! are exposed, the preflight cache and redirects. It does no I/O and reads no clock. Where it
//! judges, it shares nothing with the engine of this crate but the standard's lists, so that each can
//! check the other.
//!
//! ```
//! use cors_core::browser::{Browser, Credentials, Engine, Request, Response};
//!
//! let page = Browser::at("https://app.example.com")?.with_engine(Engine::Chromium);
//! let request = Request::new("PUT", "https://api.example.com/items/1")
//!     .header("Content-Type", "application/json")
//!     .credentials(Credentials::Include);
//!
//! // What the server answers, be it from a test or from the wire.
//! let preflight = Response::new(204, [
//!     ("Access-Control-Allow-Origin", "https://app.example.com"),
//!     ("Access-Control-Allow-Credentials", "true"),
//!     ("Access-Control-Allow-Methods", "PUT"),
//!     ("Access-Control-Allow-Headers", "*"),
//! ]);
//! let actual = Response::new(200, [("Access-Control-Allow-Origin", "https://app.example.com")]);
//!
//! let blocked = page.judge(&request, &preflight, &actual).unwrap_err();
//! assert_eq!(
//!     blocked.to_string(),
//!     "Access to fetch at 'https://api.example.com/items/1' from origin \
//!      'https://app.example.com' has been blocked by CORS policy: Request header field \
//!      content-type is not allowed by Access-Control-Allow-Headers in preflight response."
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Browser::judge`] asks about two given answers; [`Browser::start`] walks through a fetch step
//! by step, with the preflight cache and redirects. [`Browser::drive`] does the same with a server
//! at hand, whose requests and responses are those of [`http`]; the `testing` modules of the
//! adapters build `page.fetch(service, request)` on it. It adds what the standard says beside CORS:
//! cookies, `Host` and fetch metadata.
//!
//! Not modelled: service workers, HTTP caches, mixed content, Content Security Policy, bad ports,
//! `Cross-Origin-Resource-Policy`, local network access, navigations and sockets.
//!
//! [Fetch standard]: https://fetch.spec.whatwg.org/

mod answer;
mod blocked;
mod cache;
mod check;
mod construct;
mod cookies;
mod drive;
mod engine;
mod exchange;
mod failure;
mod fetch_error;
mod headers;
mod host;
mod main_fetch;
mod message;
mod metadata;
mod preflight;
mod redirect;
mod reply;
mod request;
mod response;
mod safelist;
mod url;

use std::time::Duration;

pub(crate) use self::answer::{Answer, is_origin_of_a_page};
pub use self::blocked::Blocked;
pub use self::drive::{Awaiting, Drive};
pub use self::engine::{Engine, Quirk};
pub use self::exchange::{Exchange, SentRequest, Step};
pub use self::failure::{Failure, Stage};
pub use self::fetch_error::FetchError;
pub use self::headers::HeaderList;
pub use self::reply::{Reply, Traffic};
pub use self::request::{Body, CacheMode, Credentials, InitiatorType, Mode, RedirectMode, Request};
pub use self::response::{FilteredResponse, Response, ResponseType};

use self::cache::PreflightCache;
use self::cookies::CookieJar;
use self::main_fetch::Fetch;
use self::url::Url;

/// A page in a browser: its origin, its engine and what its preflights have allowed.
///
/// Browsers partition their preflight caches by the site of the top-level page. One `Browser` is
/// one page, with a cache of its own.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response};
///
/// let page = Browser::at("https://app.example.com/cart")?;
/// assert_eq!(page.origin(), "https://app.example.com");
///
/// let answer = Response::new(200, [("access-control-allow-origin", "https://app.example.com")]);
/// assert!(page.judge(&Request::new("GET", "https://api.example.com/"), &answer, &answer).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Browser {
    url: Url,
    /// Serialised; `null` where it is opaque.
    origin: String,
    engine: Engine,
    cache: PreflightCache,
    /// What drivers need of time and cookies.
    clock: Duration,
    cookies: CookieJar,
}

impl Browser {
    /// A page at a URL, of which the origin is enough, or with the opaque origin `null` of
    /// sandboxed frames, `data:` documents and local files. It follows the standard.
    ///
    /// Schemes other than `http` and `https` (`chrome-extension://...`, `capacitor://...`) have the
    /// origin that the browser or shell that registers them gives them: scheme, host and port.
    /// Hosts outside ASCII are written in Punycode.
    ///
    /// Implements <https://url.spec.whatwg.org/#origin>.
    ///
    /// # Errors
    ///
    /// [`InvalidPage`] where `page` is neither `null` nor an absolute URL with a host.
    ///
    /// ```
    /// use cors_core::browser::Browser;
    ///
    /// assert_eq!(Browser::at("HTTPS://APP.example.com:443")?.origin(), "https://app.example.com");
    /// assert_eq!(Browser::at("null")?.origin(), "null");
    /// assert!(Browser::at("app.example.com").is_err());
    /// assert!(Browser::at("file:///index.html").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(page: &str) -> Result<Self, InvalidPage> {
        // Nothing is relative to a page without a host, nor of its origin.
        let url = if page == "null" { "about:blank" } else { page };
        let invalid = || InvalidPage { page: page.to_owned() };
        let url = Url::parse(url, None).ok_or_else(invalid)?;
        let origin = match url.origin() {
            Some(origin) => origin,
            None if page == "null" => page.to_owned(),
            None => return Err(invalid()),
        };
        Ok(Self {
            url,
            origin,
            engine: Engine::Standard,
            cache: PreflightCache::default(),
            clock: Duration::ZERO,
            cookies: CookieJar::default(),
        })
    }

    /// The same page in a browser of this engine.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Engine};
    ///
    /// let page = Browser::at("https://app.example.com")?.with_engine(Engine::Firefox);
    /// assert_eq!(page.engine(), Engine::Firefox);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// The origin of the page, serialised.
    ///
    /// Implements <https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>.
    ///
    /// ```
    /// let page = cors_core::browser::Browser::at("http://127.1:8080")?;
    /// assert_eq!(page.origin(), "http://127.0.0.1:8080");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The engine whose rules it follows.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Engine};
    ///
    /// assert_eq!(Browser::at("https://app.example.com")?.engine(), Engine::Standard);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Begins a fetch at the time `now`, counted from any moment and never backwards; it decides
    /// about the age of cached preflights.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#concept-main-fetch>, and what comes after it.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Request, Response, Step};
    /// use std::time::Duration;
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("DELETE", "https://api.example.com/items/1");
    /// let allows = Response::new(204, [
    ///     ("access-control-allow-origin", "*"),
    ///     ("access-control-allow-methods", "DELETE"),
    ///     ("access-control-max-age", "60"),
    /// ]);
    ///
    /// let Step::SendPreflight(exchange) = page.start(&request, Duration::ZERO) else {
    ///     panic!("needs a preflight")
    /// };
    /// let step = exchange.receive(&allows, Duration::ZERO);
    /// assert!(matches!(step, Step::SendActual(_)));
    ///
    /// // Within its 60 seconds, the preflight is not sent again.
    /// assert!(matches!(page.start(&request, Duration::from_secs(59)), Step::SendActual(_)));
    /// assert!(matches!(page.start(&request, Duration::from_secs(60)), Step::SendPreflight(_)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start(&mut self, request: &Request, now: Duration) -> Step<'_> {
        Fetch::start(self, request, now)
    }

    /// What the script gets if the server answers every preflight with `preflight` and every
    /// actual request with `actual`, with an empty preflight cache.
    ///
    /// # Errors
    ///
    /// [`Blocked`] where the script gets nothing.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Failure, Request, Response, Stage};
    ///
    /// let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("access-control-allow-origin", "*")]);
    /// let post = Request::new("POST", "https://api.example.com/");
    /// assert!(page.judge(&post, &answer, &answer).is_ok());
    ///
    /// let blocked = page.judge(&post.header("X-A", "1"), &answer, &answer).unwrap_err();
    /// assert_eq!(blocked.stage(), Stage::Preflight);
    /// assert_eq!(blocked.failure(), &Failure::HeaderNotAllowed("x-a".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn judge(
        &self,
        request: &Request,
        preflight: &Response,
        actual: &Response,
    ) -> Result<FilteredResponse, Blocked> {
        let mut page = Self { cache: PreflightCache::default(), ..self.clone() };
        let mut step = page.start(request, Duration::ZERO);
        // It ends: redirects are counted.
        loop {
            step = match step {
                Step::SendPreflight(exchange) => exchange.receive(preflight, Duration::ZERO),
                Step::SendActual(exchange) => exchange.receive(actual, Duration::ZERO),
                Step::Done(result) => return result,
            };
        }
    }

    /// Begins a fetch from a server at hand, with a clock that stands still and with cookies.
    ///
    /// Requests are what HTTP/1.1 brings to a server: beside the headers that CORS looks at they
    /// have `Host`, `Content-Length`, `Cookie` and the fetch metadata (`Sec-Fetch-Site`,
    /// `Sec-Fetch-Mode`, `Sec-Fetch-Dest`). Whatever the host, the same server gets them.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Drive, Request};
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// let post = Request::new("POST", "https://api.example.com/items").content("hello");
    /// let Drive::<()>::Send(request, _) = page.drive(&post) else { panic!("sends a request") };
    /// assert_eq!(request.uri(), "/items");
    /// assert_eq!(request.headers()["host"], "api.example.com");
    /// assert_eq!(request.headers()["sec-fetch-mode"], "cors");
    /// assert_eq!(request.body(), b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drive<B>(&mut self, request: &Request) -> Drive<'_, B> {
        Drive::start(self, request)
    }

    /// Lets time pass for [`drive`](Self::drive): preflights in the cache age.
    ///
    /// ```
    /// use cors_core::browser::Browser;
    /// use std::time::Duration;
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// page.advance(Duration::from_secs(600));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, time: Duration) {
        self.clock = self.clock.saturating_add(time);
    }

    /// Gives the page a cookie for a host, written as in `Set-Cookie`.
    ///
    /// [`drive`](Self::drive) sends it where the credentials mode says so, and keeps those that
    /// responses set. Of the attributes only a `Max-Age` of zero or less is read, which deletes the
    /// cookie: a cookie belongs to one host, on every port and path, and lasts. Not modelled are
    /// `SameSite` and the third-party cookies that browsers block: every cookie is as one with
    /// `SameSite=None; Secure` where nothing blocks it.
    ///
    /// ```
    /// use cors_core::browser::{Browser, Credentials, Drive, Request};
    ///
    /// let mut page = Browser::at("https://app.example.com")?;
    /// page.set_cookie("api.example.com", "session=1");
    /// assert_eq!(page.cookie("api.example.com", "session"), Some("1"));
    ///
    /// let get = Request::new("GET", "https://api.example.com/");
    /// let Drive::<()>::Send(request, _) = page.drive(&get) else { panic!("sends a request") };
    /// assert_eq!(request.headers().get("cookie"), None);
    ///
    /// let get = get.credentials(Credentials::Include);
    /// let Drive::<()>::Send(request, _) = page.drive(&get) else { panic!("sends a request") };
    /// assert_eq!(request.headers()["cookie"], "session=1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_cookie(&mut self, host: &str, cookie: &str) {
        self.cookies.set(host, cookie);
    }

    /// The value of a cookie for a host.
    ///
    /// ```
    /// let page = cors_core::browser::Browser::at("https://app.example.com")?;
    /// assert_eq!(page.cookie("api.example.com", "session"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.cookies.get(host, name)
    }

    fn has_opaque_origin(&self) -> bool {
        self.origin == "null"
    }

    /// <https://html.spec.whatwg.org/#same-origin>
    fn is_same_origin(&self, url: &Url) -> bool {
        // No URL has the origin `null`.
        url.origin().as_ref() == Some(&self.origin)
    }
}

/// The text is neither a URL with a host nor `null`.
///
/// ```
/// let error = cors_core::browser::Browser::at("app.example.com").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`app.example.com` is not the URL of a page with a host; an opaque origin is written `null`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{page}` is not the URL of a page with a host; an opaque origin is written `null`")]
pub struct InvalidPage {
    page: String,
}

#[cfg(test)]
mod tests;
