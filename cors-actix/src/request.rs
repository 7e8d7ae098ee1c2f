//! What the processor sees of an actix request.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use cors_core::adapter::{FieldLine, HeaderLines, RequestField, RequestTarget};
use cors_core::{CorsRequest, RequestContext};

/// What the processor sees of a request, all of it borrowed that can be.
pub(crate) struct View<'a> {
    target: Target<'a>,
    lines: Lines<'a>,
}

impl<'a> View<'a> {
    #[inline]
    pub(crate) fn new(request: &'a ServiceRequest) -> Self {
        Self { target: Target { request, path: OnceCell::new() }, lines: Lines(request.headers()) }
    }

    #[inline]
    pub(crate) fn context(&self) -> RequestContext<'_> {
        let view = CorsRequest::new(self.target.request.method().as_str(), &self.lines);
        RequestContext::for_target(view, &self.target)
    }
}

struct Target<'a> {
    request: &'a ServiceRequest,
    /// Made when it is first asked for.
    path: OnceCell<Cow<'a, str>>,
}

impl RequestTarget for Target<'_> {
    fn path(&self) -> &str {
        self.path.get_or_init(|| routed_path(self.request))
    }

    fn scheme(&self) -> Option<&str> {
        // Without TLS of its own, the server does not know what a proxy in front of it speaks.
        let is_secure = self.request.app_config().secure();
        if is_secure { Some("https") } else { self.request.uri().scheme_str() }
    }

    fn authority(&self) -> Option<&str> {
        self.request.uri().authority().map(Authority::as_str)
    }
}

/// The whole path that actix's router matches, in the one spelling that path rules are written in.
///
/// The router decodes what needs no percent-encoding, so that `/%61dmin` reaches the resource
/// `/admin`: a rule has to see the same. Of what it decodes, rules hold all but printable ASCII
/// encoded.
fn routed_path(request: &ServiceRequest) -> Cow<'_, str> {
    let routed = request.match_info().as_str();
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#');
    if routed.bytes().all(is_plain) {
        return Cow::Borrowed(routed);
    }
    let mut path = String::with_capacity(routed.len() * 3);
    for byte in routed.bytes() {
        if is_plain(byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    Cow::Owned(path)
}

pub(crate) struct Lines<'a>(pub(crate) &'a HeaderMap);

static ORIGIN: HeaderName = header::ORIGIN;
static REQUESTED_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
static REQUESTED_HEADERS: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;
static REQUESTED_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// [`RequestField::name`] in actix's type: as text it would be parsed each time.
fn name_of(field: RequestField) -> &'static HeaderName {
    match field {
        RequestField::Origin => &ORIGIN,
        RequestField::RequestedMethod => &REQUESTED_METHOD,
        RequestField::RequestedHeaders => &REQUESTED_HEADERS,
        RequestField::RequestedPrivateNetwork => &REQUESTED_PRIVATE_NETWORK,
    }
}

impl HeaderLines for Lines<'_> {
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
        let values = if name == RequestField::RequestedHeaders.name() {
            self.0.get_all(&REQUESTED_HEADERS)
        } else {
            self.0.get_all(name)
        };
        let _ = values.map(HeaderValue::as_bytes).try_for_each(visit);
    }

    fn field(&self, field: RequestField) -> FieldLine<'_> {
        let mut values = self.0.get_all(name_of(field));
        match (values.next(), values.next()) {
            (None, _) => FieldLine::None,
            (Some(value), None) => FieldLine::Only(value.as_bytes()),
            (Some(_), Some(_)) => FieldLine::Several,
        }
    }
}
