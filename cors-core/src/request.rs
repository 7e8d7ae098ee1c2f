//! The part of a request that CORS looks at.

mod lines;

use std::fmt;
use std::ops::ControlFlow;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::excerpt::Excerpt;
use crate::field_list::trimmed;
pub use lines::{FieldLine, HeaderLines, RequestField};

static ORIGIN: HeaderName = header::ORIGIN;
static REQUESTED_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;
static REQUESTED_HEADERS: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;
static REQUESTED_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-request-private-network");

/// The most bytes of a requested method that are looked at.
pub(crate) const MAX_METHOD_LENGTH: usize = 256;

/// With at most this many names, to compare each is faster than to hash one that is not a standard
/// name.
const FEW_NAMES: usize = 32;

/// What a request is to the CORS protocol.
///
/// <https://fetch.spec.whatwg.org/#http-requests>
///
/// ```
/// use cors_core::{CorsRequest, RequestKind};
///
/// let kind = |lines: &[(&str, &str)]| CorsRequest::new("OPTIONS", &lines).kind();
/// assert_eq!(kind(&[("host", "api.example.com")]), RequestKind::NotCors);
/// assert_eq!(kind(&[("origin", "https://app.example.com")]), RequestKind::Actual);
/// let preflight = [("origin", "null"), ("access-control-request-method", "PUT")];
/// assert_eq!(kind(&preflight), RequestKind::Preflight);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "the protocol knows these three")]
pub enum RequestKind {
    /// It has no `Origin`.
    NotCors,
    /// `OPTIONS`, in exactly this case, with `Origin` and `Access-Control-Request-Method`.
    Preflight,
    /// Everything else with `Origin`, other `OPTIONS` requests included.
    Actual,
}

/// A borrowed view of a request: its method and its CORS header lines.
///
/// ```
/// use cors_core::{CorsRequest, RequestKind};
///
/// // From the parts of an `http` request:
/// let (parts, _) = http::Request::put("/items/1")
///     .header("origin", "https://app.example.com")
///     .body(())?
///     .into_parts();
/// assert_eq!(CorsRequest::from_parts(&parts).kind(), RequestKind::Actual);
///
/// // From the header lines of any other server, in the order in which they came:
/// let lines = [
///     ("Origin", "https://app.example.com"),
///     ("Access-Control-Request-Method", "PUT"),
/// ];
/// assert_eq!(CorsRequest::new("OPTIONS", &lines).kind(), RequestKind::Preflight);
/// # Ok::<(), http::Error>(())
/// ```
///
/// A view looks fields up when it is asked, and keeps none of them. It borrows the request, and is
/// neither [`Send`] nor [`Sync`]: what awaits makes another one afterwards.
#[derive(Clone, Copy)]
pub struct CorsRequest<'a>(View<'a>);

/// In the form in which the server keeps the request.
#[derive(Clone, Copy)]
enum View<'a> {
    Http { method: &'a Method, headers: &'a HeaderMap },
    Lines { method: &'a str, headers: &'a dyn HeaderLines },
}

/// A request, by what it is to the CORS protocol, with the fields that make it so.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    NotCors,
    Actual { origin: Field<'a> },
    Preflight { origin: Field<'a>, method: Field<'a> },
}

impl<'a> CorsRequest<'a> {
    /// Views the parts of an `http` request.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestKind};
    /// let (parts, _) = http::Request::get("/items").body(())?.into_parts();
    /// assert_eq!(CorsRequest::from_parts(&parts).kind(), RequestKind::NotCors);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn from_parts(parts: &'a http::request::Parts) -> Self {
        Self::from_headers(&parts.method, &parts.headers)
    }

    /// Views a method and a header map of `http`.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestKind};
    /// use http::{HeaderMap, HeaderValue, Method, header};
    ///
    /// let origin = HeaderValue::from_static("https://app.example.com");
    /// let headers = HeaderMap::from_iter([(header::ORIGIN, origin)]);
    /// assert_eq!(CorsRequest::from_headers(&Method::GET, &headers).kind(), RequestKind::Actual);
    /// ```
    #[must_use]
    #[inline]
    pub fn from_headers(method: &'a Method, headers: &'a HeaderMap) -> Self {
        Self(View::Http { method, headers })
    }

    /// Views a method and header lines of any other kind, whatever bytes they hold.
    ///
    /// White space around a value is no part of it, as HTTP says; where a server leaves more than 16
    /// bytes on a side, the rest is, so that the value matches nothing.
    ///
    /// ```
    /// # use cors_core::CorsRequest;
    /// let lines = [("ORIGIN", b" https://app.example.com\t")];
    /// let origin = CorsRequest::new("GET", &lines).origin_excerpt().unwrap();
    /// assert_eq!(origin.as_bytes(), b"https://app.example.com");
    /// ```
    #[must_use]
    #[inline]
    pub fn new(method: &'a str, lines: &'a dyn HeaderLines) -> Self {
        Self(View::Lines { method, headers: lines })
    }

    /// What the request is to the CORS protocol.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestKind};
    /// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// assert_eq!(CorsRequest::new("OPTIONS", &lines).kind(), RequestKind::Preflight);
    /// assert_eq!(CorsRequest::new("options", &lines).kind(), RequestKind::Actual);
    /// ```
    #[must_use]
    #[inline]
    pub fn kind(&self) -> RequestKind {
        match self.asked() {
            Asked::NotCors => RequestKind::NotCors,
            Asked::Actual { .. } => RequestKind::Actual,
            Asked::Preflight { .. } => RequestKind::Preflight,
        }
    }

    /// The method of the request that the browser wants to make: for a preflight the one it asks
    /// for, otherwise the request's own. None for a preflight that asks for no method, or several, or
    /// for one of over 256 bytes.
    ///
    /// ```
    /// # use cors_core::CorsRequest;
    /// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// assert_eq!(CorsRequest::new("OPTIONS", &lines).effective_method(), Some("PUT"));
    /// assert_eq!(CorsRequest::new("GET", &lines).effective_method(), Some("GET"));
    /// ```
    #[must_use]
    pub fn effective_method(&self) -> Option<&'a str> {
        match self.asked() {
            Asked::NotCors | Asked::Actual { .. } => Some(match self.0 {
                View::Http { method, .. } => method.as_str(),
                View::Lines { method, .. } => method,
            }),
            Asked::Preflight { method: Field::Line(method), .. } => {
                let method = Some(method.as_bytes()).filter(|m| m.len() <= MAX_METHOD_LENGTH)?;
                str::from_utf8(method).ok()
            }
            Asked::Preflight { method: Field::Several, .. } => None,
        }
    }

    /// Sorts the request out: one look-up for each field that matters.
    #[inline(always)]
    pub(crate) fn asked(&self) -> Asked<'a> {
        let Some(origin) = self.origin() else { return Asked::NotCors };
        if self.is_options()
            && let Some(method) = self.0.field(RequestField::RequestedMethod)
        {
            return Asked::Preflight { origin, method };
        }
        Asked::Actual { origin }
    }

    #[inline(always)]
    pub(crate) fn origin(&self) -> Option<Field<'a>> {
        self.0.field(RequestField::Origin)
    }

    /// Is its own method `OPTIONS`, without which nothing is a preflight?
    #[inline]
    pub(crate) fn is_options(&self) -> bool {
        match self.0 {
            View::Http { method, .. } => *method == Method::OPTIONS,
            View::Lines { method, .. } => method == "OPTIONS",
        }
    }

    pub(crate) fn requested_headers(&self) -> Option<Field<'a>> {
        self.0.field(RequestField::RequestedHeaders)
    }

    /// Does the preflight ask for access to a private network? Only the exact value `true` asks.
    pub(crate) fn asks_for_private_network(&self) -> bool {
        if let View::Http { headers, .. } = self.0
            && headers.keys_len() <= FEW_NAMES
            && headers.keys().all(|name| *name != REQUESTED_PRIVATE_NETWORK)
        {
            return false;
        }
        let asked = self.0.field(RequestField::RequestedPrivateNetwork);
        matches!(asked, Some(Field::Line(value)) if value.as_bytes() == b"true")
    }

    /// The beginning of `Origin`, for logs; of the first line where there are several.
    ///
    /// ```
    /// # use cors_core::CorsRequest;
    /// let lines = [("origin", "https://a.example"), ("origin", "https://b.example")];
    /// let origin = CorsRequest::new("GET", &lines).origin_excerpt().unwrap();
    /// assert_eq!(origin.to_string(), "https://a.example");
    /// ```
    #[must_use]
    pub fn origin_excerpt(&self) -> Option<Excerpt> {
        self.first_line(ORIGIN.as_str()).map(Excerpt::new)
    }

    /// The value of the first line of a name.
    pub(crate) fn first_line(&self, name: &str) -> Option<&'a [u8]> {
        let mut first = None;
        self.0.visit_named(name, &mut |value| {
            first = Some(value.as_bytes());
            ControlFlow::Break(())
        });
        first
    }

    /// Calls `visit` with each line of `Access-Control-Request-Headers`, until it breaks.
    #[inline]
    pub(crate) fn visit_requested_headers(
        &self,
        mut visit: impl FnMut(Value<'a>) -> ControlFlow<()>,
    ) {
        match self.0 {
            View::Http { headers, .. } => {
                let _ =
                    headers.get_all(&REQUESTED_HEADERS).iter().map(Value::Http).try_for_each(visit);
            }
            View::Lines { .. } => self.0.visit_named(REQUESTED_HEADERS.as_str(), &mut visit),
        }
    }
}

impl fmt::Debug for CorsRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut request = f.debug_struct("CorsRequest");
        request.field("kind", &self.kind()).field("method", &self.effective_method());
        match self.0 {
            View::Http { headers, .. } => request.field("headers", headers).finish(),
            View::Lines { .. } => request.finish_non_exhaustive(),
        }
    }
}

/// A field that a request has, and of which it should have one line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Line(Value<'a>),
    Several,
}

/// A field value, in the form in which the server keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    /// Shared with the request at the cost of a reference count.
    Http(&'a HeaderValue),
    Raw(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Http(value) => value.as_bytes(),
            Self::Raw(bytes) => bytes,
        }
    }

    /// The value as `http` knows it; none for bytes that no field value may hold.
    pub(crate) fn to_header_value(self) -> Option<HeaderValue> {
        match self {
            Self::Http(value) => Some(value.clone()),
            Self::Raw(bytes) => HeaderValue::from_bytes(bytes).ok(),
        }
    }
}

#[inline]
fn name_of(field: RequestField) -> &'static HeaderName {
    match field {
        RequestField::Origin => &ORIGIN,
        RequestField::RequestedMethod => &REQUESTED_METHOD,
        RequestField::RequestedHeaders => &REQUESTED_HEADERS,
        RequestField::RequestedPrivateNetwork => &REQUESTED_PRIVATE_NETWORK,
    }
}

/// The first line of a name, and whether there is no other.
#[cold]
fn first_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> (Option<&'a HeaderValue>, bool) {
    let mut lines = headers.get_all(name).iter();
    (lines.next(), lines.next().is_none())
}

impl<'a> View<'a> {
    #[inline(always)]
    fn field(self, field: RequestField) -> Option<Field<'a>> {
        match self {
            Self::Http { headers, .. } => {
                let name = name_of(field);
                // Nearly every map has one line for each of its names, and knows it.
                let (value, is_only) = if headers.len() == headers.keys_len() {
                    (headers.get(name), true)
                } else {
                    first_of(headers, name)
                };
                Some(if is_only { Field::Line(Value::Http(value?)) } else { Field::Several })
            }
            Self::Lines { headers, .. } => match headers.field(field) {
                FieldLine::None => None,
                FieldLine::Only(value) => Some(Field::Line(Value::Raw(trimmed(value)))),
                FieldLine::Several => Some(Field::Several),
            },
        }
    }

    #[inline]
    fn visit_named(&self, name: &str, visit: &mut dyn FnMut(Value<'a>) -> ControlFlow<()>) {
        match self {
            Self::Http { headers, .. } => {
                let _ = headers.get_all(name).iter().map(Value::Http).try_for_each(visit);
            }
            Self::Lines { headers, .. } => {
                headers.visit(name, &mut |bytes| visit(Value::Raw(trimmed(bytes))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_is_options_with_origin_and_requested_method() {
        let origin = ("origin", "https://a.example");
        const METHOD: &str = "access-control-request-method";
        let asked = (METHOD, "PUT");
        let (longest, too_long) = ("M".repeat(256), "M".repeat(257));
        for (method, lines, kind, effective) in [
            ("GET", vec![], RequestKind::NotCors, Some("GET")),
            ("OPTIONS", vec![asked], RequestKind::NotCors, Some("OPTIONS")),
            ("GET", vec![origin], RequestKind::Actual, Some("GET")),
            ("GET", vec![("ORIGIN", "")], RequestKind::Actual, Some("GET")),
            ("GET", vec![origin, asked], RequestKind::Actual, Some("GET")),
            ("OPTIONS", vec![origin], RequestKind::Actual, Some("OPTIONS")),
            ("options", vec![origin, asked], RequestKind::Actual, Some("options")),
            ("OPTIONS", vec![origin, asked], RequestKind::Preflight, Some("PUT")),
            ("OPTIONS", vec![asked, origin, origin], RequestKind::Preflight, Some("PUT")),
            ("OPTIONS", vec![origin, asked, asked], RequestKind::Preflight, None),
            ("OPTIONS", vec![origin, (METHOD, &longest)], RequestKind::Preflight, Some(&*longest)),
            ("OPTIONS", vec![origin, (METHOD, &too_long)], RequestKind::Preflight, None),
            (
                "OPTIONS",
                vec![origin, ("Access-Control-Request-Method", " ")],
                RequestKind::Preflight,
                Some(""),
            ),
        ] {
            let raw = CorsRequest::new(method, &lines);
            assert_eq!(
                (raw.kind(), raw.effective_method()),
                (kind, effective),
                "{method} {lines:?}"
            );

            let mut parts = http::Request::builder().method(method).uri("/");
            for (name, value) in &lines {
                parts = parts.header(*name, value.trim());
            }
            let (parts, ()) = parts.body(()).unwrap().into_parts();
            let http = CorsRequest::from_parts(&parts);
            assert_eq!(
                (http.kind(), http.effective_method()),
                (kind, effective),
                "{method} {lines:?}"
            );
        }
    }

    #[test]
    fn every_field_is_looked_up_by_its_name() {
        for field in [
            RequestField::Origin,
            RequestField::RequestedMethod,
            RequestField::RequestedHeaders,
            RequestField::RequestedPrivateNetwork,
        ] {
            assert_eq!(name_of(field).as_str(), field.name());
        }
    }

    #[test]
    fn only_true_asks_for_a_private_network() {
        const NAME: &str = "access-control-request-private-network";
        for (lines, asks) in [
            (vec![], false),
            (vec![(NAME, "true")], true),
            (vec![(NAME, " true\t")], true),
            (vec![(NAME, "True")], false),
            (vec![(NAME, "false")], false),
            (vec![(NAME, "true"), (NAME, "true")], false),
        ] {
            let request = CorsRequest::new("OPTIONS", &lines);
            assert_eq!(request.asks_for_private_network(), asks, "{lines:?}");
        }
    }
}
