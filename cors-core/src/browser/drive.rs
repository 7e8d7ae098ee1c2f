//! A fetch that is driven against a server at hand, step by step.

use std::error::Error;

use super::exchange::{Exchange, SentRequest, Step};
use super::fetch_error::{FetchError, Reason};
use super::metadata::{Relation, is_potentially_trustworthy};
use super::reply::{Reply, Traffic};
use super::request::{Mode, Request};
use super::response::Response;
use super::{Browser, Engine};

/// What a fetch from a server at hand needs next; [`Browser::drive`] begins one.
///
/// The adapters' `testing` modules have the loop around it for their services.
///
/// ```
/// use cors_core::browser::{Browser, Drive, Request};
///
/// fn server(request: http::Request<Vec<u8>>) -> Result<http::Response<String>, http::Error> {
///     http::Response::builder()
///         .header("access-control-allow-origin", "https://app.example.com")
///         .body(format!("{} {}", request.method(), request.uri()))
/// }
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let mut drive = page.drive(&Request::new("GET", "https://api.example.com/items?page=2"));
/// let reply = loop {
///     drive = match drive {
///         Drive::Send(request, awaiting) => awaiting.receive(server(request)),
///         Drive::Done(result) => break result?,
///     };
/// };
/// assert_eq!(reply.body(), "GET /items?page=2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a fetch ends only at `Drive::Done`"]
#[expect(clippy::exhaustive_enums, reason = "a driver has to handle every step")]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, in a loop")]
pub enum Drive<'browser, B> {
    /// Send the request, a preflight or an actual one, and hand in the response.
    Send(http::Request<Vec<u8>>, Awaiting<'browser>),
    /// The fetch has ended: what the script sees, or why it sees nothing.
    Done(Result<Reply<B>, FetchError>),
}

/// A fetch that waits for the response to its request.
///
/// Dropping it aborts the fetch.
///
/// ```
/// use cors_core::browser::{Browser, Drive, Request};
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let drive = page.drive::<()>(&Request::new("GET", "https://api.example.com/"));
/// let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
/// let drive = awaiting.receive::<(), _>(Err("connection reset"));
/// let Drive::Done(Err(error)) = drive else { panic!("has failed") };
/// assert_eq!(
///     error.to_string(),
///     "the service failed: connection reset\n  GET https://api.example.com/"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a fetch ends only at `Drive::Done`"]
pub struct Awaiting<'browser> {
    exchange: Exchange<'browser>,
    rest: Box<Rest>,
}

/// What a fetch carries from request to request.
#[derive(Debug)]
struct Rest {
    engine: Engine,
    content: Vec<u8>,
    traffic: Traffic,
}

impl<'browser, B> Drive<'browser, B> {
    pub(super) fn start(browser: &'browser mut Browser, request: &Request) -> Self {
        let (engine, now) = (browser.engine, browser.clock);
        let content = request.content.clone();
        let rest = Box::new(Rest { engine, content, traffic: Traffic::default() });
        let step = browser.start(request, now);
        Self::go_on(step, None, rest)
    }

    /// Sends the next request, or ends with the response that led here.
    fn go_on(
        step: Step<'browser>,
        response: Option<http::Response<B>>,
        mut rest: Box<Rest>,
    ) -> Self {
        let exchange = match step {
            Step::SendPreflight(exchange) | Step::SendActual(exchange) => exchange,
            Step::Done(result) => {
                let body = response.map(http::Response::into_body);
                return Self::Done(match (result, body) {
                    (Ok(seen), Some(body)) => Ok(Reply::new(&seen, body, rest.traffic)),
                    (Ok(_), None) => Err(rest.failed(Reason::NoResponse)),
                    (Err(blocked), _) => Err(rest.failed(Reason::Blocked(blocked))),
                });
            }
        };
        let sent = completed(&exchange, &rest);
        let request = wire_request(&sent, &rest.content);
        rest.traffic.sent(sent, exchange.is_preflight());
        match request {
            Ok(request) => Self::Send(request, Awaiting { exchange, rest }),
            Err(error) => Self::Done(Err(rest.failed(Reason::Unsendable(error)))),
        }
    }
}

impl<'browser> Awaiting<'browser> {
    /// Takes the response, or the error of a service that gives none.
    ///
    /// A [`CorsResult`](crate::CorsResult) or a [`ProviderError`](crate::ProviderError) in the
    /// extensions of the response is kept for the report.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// let drive = page.drive::<()>(&Request::new("GET", "/same-origin"));
    /// let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
    /// let drive = awaiting.receive(http::Response::builder().status(404).body(()));
    /// let Drive::Done(Ok(reply)) = drive else { panic!("has ended") };
    /// assert_eq!(reply.status(), 404);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn receive<B, E>(self, response: Result<http::Response<B>, E>) -> Drive<'browser, B>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { mut exchange, mut rest } = self;
        let response = match response {
            Ok(response) => response,
            Err(error) => return Drive::Done(Err(rest.failed(Reason::Service(error.into())))),
        };
        let received = Response::from(&response);
        rest.traffic.received(received.clone(), response.extensions());
        store_cookies(&mut exchange, &received);
        let now = exchange.browser().clock;
        Drive::go_on(exchange.receive(&received, now), Some(response), rest)
    }
}

impl Rest {
    fn failed(self, reason: Reason) -> FetchError {
        FetchError::new(reason, self.engine, self.traffic)
    }
}

/// The request with the headers that the browser adds and that are not about CORS.
fn completed(exchange: &Exchange<'_>, rest: &Rest) -> SentRequest {
    let mut sent = exchange.request().clone();
    let browser = exchange.browser();
    sent.headers.append("Host", sent.url.host_and_port());
    if sent.includes_credentials
        && let Some(cookies) = sent.url.host().and_then(|host| browser.cookies.field(host))
    {
        sent.headers.append("Cookie", cookies);
    }
    // <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>
    if sent.has_body {
        sent.headers.append("Content-Length", rest.content.len().to_string());
    } else if matches!(sent.method.as_str(), "POST" | "PUT") {
        sent.headers.append("Content-Length", "0");
    }
    if is_potentially_trustworthy(&sent.url) {
        let urls = rest.traffic.requests().iter().map(|earlier| &earlier.url);
        let site = urls.chain([&sent.url]).map(|url| Relation::of(url, &browser.url)).max();
        sent.headers.append("Sec-Fetch-Site", site.unwrap_or_default().value());
        sent.headers.append(
            "Sec-Fetch-Mode",
            match exchange.mode() {
                Mode::Cors => "cors",
                Mode::NoCors => "no-cors",
                Mode::SameOrigin => "same-origin",
            },
        );
        sent.headers.append("Sec-Fetch-Dest", "empty");
    }
    sent
}

/// As HTTP/1.1 brings it to a server: the target has no host.
fn wire_request(sent: &SentRequest, content: &[u8]) -> http::Result<http::Request<Vec<u8>>> {
    let body = if sent.has_body { content.to_vec() } else { Vec::new() };
    let target = sent.url.path_and_query();
    let mut request =
        http::Request::builder().method(sent.method.as_str()).uri(target).body(body)?;
    *request.headers_mut() = (&sent.headers).try_into()?;
    Ok(request)
}

/// The network keeps cookies whatever CORS says about the response.
///
/// <https://fetch.spec.whatwg.org/#http-network-or-cache-fetch>
fn store_cookies(exchange: &mut Exchange<'_>, response: &Response) {
    let sent = exchange.request();
    let Some(host) = sent.url.host().filter(|_| sent.includes_credentials).map(str::to_owned)
    else {
        return;
    };
    let cookies = &mut exchange.browser_mut().cookies;
    for cookie in response.headers().values("set-cookie") {
        cookies.set(&host, &String::from_utf8_lossy(cookie));
    }
}
