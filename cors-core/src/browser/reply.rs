//! The response of a driven fetch, as its script sees it.

use std::fmt;

use http::{Extensions, HeaderMap};

use super::exchange::SentRequest;
use super::response::{FilteredResponse, Response, ResponseType};
use crate::{CorsResult, ProviderError};

/// The response of a service as the script sees it.
///
/// ```
/// use cors_core::browser::{Browser, Drive, Request};
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let drive = page.drive::<()>(&Request::new("GET", "https://api.example.com/"));
/// let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
/// let response = http::Response::builder()
///     .header("access-control-allow-origin", "*")
///     .header("access-control-expose-headers", "x-total")
///     .header("x-total", "7")
///     .header("x-other", "8")
///     .body("[]");
/// let Drive::Done(reply) = awaiting.receive(response) else { panic!("has ended") };
/// let reply = reply?;
/// assert_eq!(reply.headers()["x-total"], "7");
/// assert_eq!(reply.headers().get("x-other"), None);
/// assert_eq!(reply.into_body(), "[]");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reply<B> {
    response_type: ResponseType,
    status: u16,
    headers: HeaderMap,
    url: String,
    body: B,
    traffic: Traffic,
}

impl<B> Reply<B> {
    pub(super) fn new(seen: &FilteredResponse, body: B, traffic: Traffic) -> Self {
        Self {
            response_type: seen.response_type(),
            status: seen.status(),
            // They come from a header map.
            headers: seen.headers().try_into().unwrap_or_default(),
            url: seen.url().to_owned(),
            body,
            traffic,
        }
    }

    /// Which filter was laid over the response.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// let reply = fetch(Request::new("GET", "/same-origin"));
    /// assert_eq!(reply.response_type(), ResponseType::Basic);
    /// ```
    #[must_use]
    pub const fn response_type(&self) -> ResponseType {
        self.response_type
    }

    /// The status; 0 where the filter hides it.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// assert_eq!(fetch(Request::new("GET", "/same-origin")).status(), 200);
    /// let opaque = Request::new("GET", "https://api.example.com/").mode(Mode::NoCors);
    /// assert_eq!(fetch(opaque).status(), 0);
    /// ```
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The headers that the script can read.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// assert!(fetch(Request::new("GET", "/same-origin")).headers().is_empty());
    /// ```
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The URL of the response, the last one of the redirects; empty where the filter hides it.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// let reply = fetch(Request::new("GET", "/items?page=2#top"));
    /// assert_eq!(reply.url(), "https://app.example.com/items?page=2");
    /// ```
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body that the service gave, also where the filter hides it
    /// ([`ResponseType::Opaque`]).
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// assert_eq!(*fetch(Request::new("GET", "/same-origin")).body(), "[]");
    /// ```
    #[must_use]
    pub const fn body(&self) -> &B {
        &self.body
    }

    /// As [`body`](Self::body), to be read.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// assert_eq!(fetch(Request::new("GET", "/same-origin")).into_body(), "[]");
    /// ```
    #[must_use]
    pub fn into_body(self) -> B {
        self.body
    }

    /// What went over the wire.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Mode, Request, ResponseType};
    /// # fn fetch(request: Request) -> cors_core::browser::Reply<&'static str> {
    /// #     let mut page = Browser::at("https://app.example.com").unwrap();
    /// #     let Drive::Send(_, awaiting) = page.drive::<()>(&request) else { panic!() };
    /// #     let Drive::Done(reply) = awaiting.receive(http::Response::builder().body("[]")) else { panic!() };
    /// #     reply.unwrap()
    /// # }
    /// let reply = fetch(Request::new("GET", "/same-origin"));
    /// assert!(!reply.traffic().sent_preflight());
    /// ```
    #[must_use]
    pub const fn traffic(&self) -> &Traffic {
        &self.traffic
    }
}

impl<B> fmt::Debug for Reply<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("response_type", &self.response_type)
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("url", &self.url)
            .field("traffic", &self.traffic)
            .finish_non_exhaustive()
    }
}

/// What went over the wire for one fetch.
///
/// ```
/// use cors_core::browser::{Browser, Drive, Request};
///
/// let mut page = Browser::at("https://app.example.com")?;
/// let drive = page.drive::<()>(&Request::new("PUT", "https://api.example.com/"));
/// let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
/// let Drive::Done(Err(error)) = awaiting.receive(http::Response::builder().status(405).body(()))
/// else {
///     panic!("is blocked")
/// };
/// assert!(error.traffic().sent_preflight());
/// assert_eq!(error.traffic().requests()[0].method(), "OPTIONS");
/// assert_eq!(error.traffic().responses()[0].status(), 405);
/// assert_eq!(error.traffic().result(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    requests: Vec<SentRequest>,
    responses: Vec<Response>,
    preflights: usize,
    /// The last request is a preflight.
    ends_in_preflight: bool,
    /// Of the last response.
    result: Option<Box<CorsResult>>,
    provider_error: Option<ProviderError>,
}

impl Traffic {
    pub(super) fn sent(&mut self, request: SentRequest, is_preflight: bool) {
        self.requests.push(request);
        self.preflights += usize::from(is_preflight);
        self.ends_in_preflight = is_preflight;
    }

    pub(super) fn received(&mut self, response: Response, extensions: &Extensions) {
        self.responses.push(response);
        self.result = extensions.get::<CorsResult>().cloned().map(Box::new);
        self.provider_error = extensions.get::<ProviderError>().cloned();
    }

    /// The requests in the order in which they were sent.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// # let drive = page.drive::<()>(&Request::new("GET", "/items"));
    /// # let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
    /// # let drive = awaiting.receive(http::Response::builder().status(404).body(()));
    /// # let Drive::Done(Ok(reply)) = drive else { panic!("has ended") };
    /// assert_eq!(reply.traffic().requests()[0].url(), "https://app.example.com/items");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn requests(&self) -> &[SentRequest] {
        &self.requests
    }

    /// Their responses, whole; one less than requests where the service failed.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// # let drive = page.drive::<()>(&Request::new("GET", "/items"));
    /// # let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
    /// # let drive = awaiting.receive(http::Response::builder().status(404).body(()));
    /// # let Drive::Done(Ok(reply)) = drive else { panic!("has ended") };
    /// assert_eq!(reply.traffic().responses()[0].status(), 404);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn responses(&self) -> &[Response] {
        &self.responses
    }

    /// Was there a preflight among the requests?
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// # let drive = page.drive::<()>(&Request::new("GET", "/items"));
    /// # let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
    /// # let drive = awaiting.receive(http::Response::builder().status(404).body(()));
    /// # let Drive::Done(Ok(reply)) = drive else { panic!("has ended") };
    /// assert!(!reply.traffic().sent_preflight());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn sent_preflight(&self) -> bool {
        self.preflights > 0
    }

    /// What the CORS layer decided about the last request; `None` where another layer answered, or
    /// where the layer keeps its result to itself.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Drive, Request};
    /// # let mut page = Browser::at("https://app.example.com")?;
    /// # let drive = page.drive::<()>(&Request::new("GET", "/items"));
    /// # let Drive::Send(_, awaiting) = drive else { panic!("sends a request") };
    /// # let drive = awaiting.receive(http::Response::builder().status(404).body(()));
    /// # let Drive::Done(Ok(reply)) = drive else { panic!("has ended") };
    /// assert!(reply.traffic().result().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<&CorsResult> {
        self.result.as_deref()
    }

    pub(super) const fn provider_error(&self) -> Option<&ProviderError> {
        self.provider_error.as_ref()
    }

    /// The response to a preflight with which it all ended.
    pub(super) fn last_preflight_response(&self) -> Option<&Response> {
        self.responses.last().filter(|_| self.ends_in_preflight)
    }
}

/// One line for each request.
impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = self.responses.iter().map(|response| Some(response.status()));
        let statuses = statuses.chain(std::iter::repeat(None));
        for (index, (request, status)) in self.requests.iter().zip(statuses).enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}  {} {}", request.method(), request.url())?;
            status.iter().try_for_each(|status| write!(f, " -> {status}"))?;
        }
        Ok(())
    }
}
