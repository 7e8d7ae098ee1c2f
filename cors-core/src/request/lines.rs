//! Header lines of servers that do not use the types of `http`.

use std::ops::ControlFlow;

/// The header lines of a request, for servers that do not keep them in an `http::HeaderMap`.
///
/// Slices and vectors of name-value pairs have it; a server with a map of its own implements it:
///
/// ```
/// use std::{collections::BTreeMap, ops::ControlFlow};
/// use cors_core::adapter::HeaderLines;
/// use cors_core::{CorsRequest, RequestKind};
///
/// /// Lower-case names, each with its values in the order of the lines.
/// struct MyHeaders(BTreeMap<String, Vec<Vec<u8>>>);
///
/// impl HeaderLines for MyHeaders {
///     fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
///         let values = self.0.get(name).into_iter().flatten();
///         let _ = values.map(Vec::as_slice).try_for_each(visit);
///     }
/// }
///
/// let headers = MyHeaders([("origin".to_owned(), vec![b"https://a.example".to_vec()])].into());
/// assert_eq!(CorsRequest::new("GET", &headers).kind(), RequestKind::Actual);
/// ```
pub trait HeaderLines {
    /// Calls `visit` with the value of each line called `name`, in the order in which they came,
    /// until it breaks. `name` is in lower case; names are compared without case.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use cors_core::adapter::HeaderLines;
    ///
    /// let lines = [("Accept", "text/html"), ("origin", "null"), ("accept", "*/*")];
    /// let mut values = Vec::new();
    /// lines.visit("accept", &mut |value| {
    ///     values.push(value);
    ///     ControlFlow::Continue(())
    /// });
    /// assert_eq!(values, [&b"text/html"[..], b"*/*"]);
    /// ```
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>);

    /// The line of a field, as [`visit`](Self::visit) meets it: for implementations that find it in a
    /// shorter way, since every request is asked for some.
    ///
    /// ```
    /// use cors_core::adapter::{FieldLine, HeaderLines, RequestField};
    ///
    /// let lines = [("origin", "https://a.example")];
    /// assert_eq!(lines.field(RequestField::Origin), FieldLine::Only(b"https://a.example"));
    /// assert_eq!(lines.field(RequestField::RequestedMethod), FieldLine::None);
    /// ```
    fn field(&self, field: RequestField) -> FieldLine<'_> {
        let mut found = FieldLine::None;
        self.visit(field.name(), &mut |value| {
            if found == FieldLine::None {
                found = FieldLine::Only(value);
                return ControlFlow::Continue(());
            }
            found = FieldLine::Several;
            ControlFlow::Break(())
        });
        found
    }
}

/// A request field that CORS looks at, and of which a request should have one line.
///
/// <https://fetch.spec.whatwg.org/#http-requests>
///
/// ```
/// assert_eq!(cors_core::adapter::RequestField::RequestedMethod.name(), "access-control-request-method");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an adapter must not compile when there is another")]
pub enum RequestField {
    /// `Origin`.
    Origin,
    /// `Access-Control-Request-Method`.
    RequestedMethod,
    /// `Access-Control-Request-Headers`.
    RequestedHeaders,
    /// `Access-Control-Request-Private-Network`.
    RequestedPrivateNetwork,
}

impl RequestField {
    /// The name on the wire.
    ///
    /// ```
    /// assert_eq!(cors_core::adapter::RequestField::Origin.name(), "origin");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::RequestedMethod => "access-control-request-method",
            Self::RequestedHeaders => "access-control-request-headers",
            Self::RequestedPrivateNetwork => "access-control-request-private-network",
        }
    }
}

/// The line of a field.
///
/// ```
/// use cors_core::adapter::{FieldLine, HeaderLines, RequestField};
///
/// let lines = [("Origin", "https://a.example"), ("origin", "https://b.example")];
/// assert_eq!(lines.field(RequestField::Origin), FieldLine::Several);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is none, one, or more than one")]
pub enum FieldLine<'a> {
    /// There is none.
    None,
    /// The value of the only line.
    Only(&'a [u8]),
    /// There are several, which is as bad whatever they hold.
    Several,
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> HeaderLines for &[(N, V)] {
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
        visit_pairs(self, name, visit);
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> HeaderLines for Vec<(N, V)> {
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
        visit_pairs(self, name, visit);
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const LINES: usize> HeaderLines for [(N, V); LINES] {
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>) {
        visit_pairs(self, name, visit);
    }
}

fn visit_pairs<'a, N: AsRef<[u8]>, V: AsRef<[u8]>>(
    lines: &'a [(N, V)],
    name: &str,
    visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>,
) {
    let _ = lines
        .iter()
        .filter(|(line, _)| line.as_ref().eq_ignore_ascii_case(name.as_bytes()))
        .try_for_each(|(_, value)| visit(value.as_ref()));
}
