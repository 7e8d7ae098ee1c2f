//! What the processor sees of an actix request.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::Authority;
use cors_core::{CorsRequest, HeaderLines, RequestContext};

const REQUEST_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// Calls `see` with the context of a request, which borrows all that it can from it.
pub(crate) fn with_context<R>(
    request: &ServiceRequest,
    data: Option<&http::Extensions>,
    see: impl FnOnce(&RequestContext<'_>) -> R,
) -> R {
    let head = request.head();
    let lines = Lines(&head.headers);
    let path = routed_path(request);
    // Without TLS of its own, the server does not know what a proxy in front of it speaks.
    let scheme = if request.app_config().secure() { Some("https") } else { head.uri.scheme_str() };
    let context = RequestContext::new(CorsRequest::new(head.method.as_str(), &lines), &path)
        .with_scheme(scheme)
        .with_authority(head.uri.authority().map(Authority::as_str));
    see(&match data {
        Some(data) => context.with_data(data),
        None => context,
    })
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

struct Lines<'a>(&'a HeaderMap);

impl HeaderLines for Lines<'_> {
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
        // A name that is not among the registered ones costs an allocation to look up; this one is
        // asked for with every preflight.
        let lines = if name == REQUEST_PRIVATE_NETWORK.as_str() {
            self.0.get_all(REQUEST_PRIVATE_NETWORK)
        } else {
            self.0.get_all(name)
        };
        let _ = lines.map(HeaderValue::as_bytes).try_for_each(visit);
    }
}
