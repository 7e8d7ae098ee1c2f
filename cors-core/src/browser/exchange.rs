//! A fetch as a sequence of requests to send and responses to judge, without input or output.

use std::time::Duration;

use super::Browser;
use super::blocked::Blocked;
use super::headers::HeaderList;
use super::main_fetch::Fetch;
use super::request::Mode;
use super::response::{FilteredResponse, Response};
use super::url::Url;

/// What a fetch needs next: a thin loop around it is a browser.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response, SentRequest, Step};
/// use std::time::Duration;
///
/// fn server(request: &SentRequest) -> Response {
///     Response::new(if request.method() == "OPTIONS" { 204 } else { 200 }, [
///         ("access-control-allow-origin", "https://app.example.com"),
///         ("access-control-allow-methods", "PUT"),
///     ])
/// }
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let now = Duration::ZERO;
/// let mut step = page.start(&Request::new("PUT", "https://api.example.com/"), now);
/// let result = loop {
///     step = match step {
///         Step::SendPreflight(exchange) | Step::SendActual(exchange) => {
///             let response = server(exchange.request());
///             exchange.receive(&response, now)
///         }
///         Step::Done(result) => break result,
///     };
/// };
/// assert_eq!(result?.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a fetch ends only at `Step::Done`"]
#[expect(clippy::exhaustive_enums, reason = "a driver has to handle every step")]
pub enum Step<'browser> {
    /// Send the CORS-preflight request and hand in the response.
    SendPreflight(Exchange<'browser>),
    /// Send the actual request and hand in the response.
    SendActual(Exchange<'browser>),
    /// The fetch has ended: what the script sees, or why it sees nothing.
    Done(Result<FilteredResponse, Blocked>),
}

/// A request on the wire whose response is awaited.
///
/// Dropping it aborts the fetch.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response, Step};
/// use std::time::Duration;
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let step = page.start(&Request::new("GET", "https://api.example.com/"), Duration::ZERO);
/// let Step::SendActual(exchange) = step else { panic!("needs no preflight") };
/// assert_eq!(exchange.request().headers().combined("origin").unwrap(), b"https://app.example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Exchange<'browser> {
    fetch: Box<Fetch<'browser>>,
    is_preflight: bool,
    request: SentRequest,
}

impl<'browser> Exchange<'browser> {
    pub(super) const fn browser(&self) -> &Browser {
        self.fetch.browser
    }

    pub(super) fn browser_mut(&mut self) -> &mut Browser {
        self.fetch.browser
    }

    pub(super) const fn mode(&self) -> Mode {
        self.fetch.request.mode
    }

    pub(super) const fn is_preflight(&self) -> bool {
        self.is_preflight
    }

    pub(super) fn new(
        fetch: Box<Fetch<'browser>>,
        is_preflight: bool,
        request: SentRequest,
    ) -> Self {
        Self { fetch, is_preflight, request }
    }

    /// What the browser sends.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let step = page.start(&Request::new("PUT", "https://api.example.com/"), Default::default());
    /// let Step::SendPreflight(exchange) = step else { panic!("needs a preflight") };
    /// assert_eq!(exchange.request().method(), "OPTIONS");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn request(&self) -> &SentRequest {
        &self.request
    }

    /// Takes the response at the time `now`, counted from the same moment as in
    /// [`Browser::start`](super::Browser::start).
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// # let now = Default::default();
    /// let step = page.start(&Request::new("GET", "https://api.example.com/"), now);
    /// let Step::SendActual(exchange) = step else { panic!("needs no preflight") };
    /// let step = exchange.receive(&Response::new(200, [("vary", "origin")]), now);
    /// assert!(matches!(step, Step::Done(Err(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive(self, response: &Response, now: Duration) -> Step<'browser> {
        if self.is_preflight {
            self.fetch.receive_preflight(response, now)
        } else {
            self.fetch.receive_actual(response, now)
        }
    }
}

/// A request as the browser sends it.
///
/// Left out are the headers that have nothing to do with CORS (`User-Agent`, `Sec-Fetch-Mode`,
/// cookies, ...), of which a [driver](super::Browser::drive) adds some. It converts to an [`http::Request`], where the `http` crate can hold it.
///
/// ```
/// use cors_core::browser::{Browser, Request, Step};
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let request = Request::new("PUT", "https://api.example.com/").header("X-A", "1");
/// let Step::SendPreflight(exchange) = page.start(&request, Default::default()) else {
///     panic!("needs a preflight")
/// };
/// let preflight = http::Request::try_from(exchange.request())?;
/// assert_eq!(preflight.method(), http::Method::OPTIONS);
/// assert_eq!(preflight.headers()["access-control-request-headers"], "x-a");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRequest {
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: HeaderList,
    pub(super) includes_credentials: bool,
    pub(super) has_body: bool,
}

impl SentRequest {
    /// The method.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let step = page.start(&Request::new("get", "https://api.example.com/"), Default::default());
    /// let Step::SendActual(exchange) = step else { panic!("needs no preflight") };
    /// assert_eq!(exchange.request().method(), "GET");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL, without its fragment.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let step = page.start(&Request::new("GET", "items?a#b"), Default::default());
    /// let Step::SendActual(exchange) = step else { panic!("needs no preflight") };
    /// assert_eq!(exchange.request().url(), "https://app.example.com/items?a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn url(&self) -> String {
        self.url.without_fragment().to_string()
    }

    /// The headers.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let step = page.start(&Request::new("GET", "/same-origin"), Default::default());
    /// let Step::SendActual(exchange) = step else { panic!("needs no preflight") };
    /// assert_eq!(exchange.request().headers().combined("origin"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn headers(&self) -> &HeaderList {
        &self.headers
    }

    /// Would cookies, HTTP authentication and client certificates go with it? Never with a
    /// preflight.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Credentials, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/").credentials(Credentials::Include);
    /// let Step::SendActual(exchange) = page.start(&request, Default::default()) else {
    ///     panic!("needs no preflight")
    /// };
    /// assert!(exchange.request().includes_credentials());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn includes_credentials(&self) -> bool {
        self.includes_credentials
    }

    /// Does the body of the request go with it? Preflights have none, and redirects can drop it.
    ///
    /// ```
    /// # use cors_core::browser::{Body, Browser, Request, Step};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("POST", "https://api.example.com/").body(Body::Text);
    /// let Step::SendActual(exchange) = page.start(&request, Default::default()) else {
    ///     panic!("needs no preflight")
    /// };
    /// assert!(exchange.request().has_body());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn has_body(&self) -> bool {
        self.has_body
    }
}

/// Fails where the `http` crate cannot hold what a browser can send.
impl TryFrom<&SentRequest> for http::Request<()> {
    type Error = http::Error;

    fn try_from(sent: &SentRequest) -> Result<Self, http::Error> {
        let mut request = Self::builder().method(sent.method.as_str()).uri(sent.url()).body(())?;
        *request.headers_mut() = (&sent.headers).try_into()?;
        Ok(request)
    }
}
