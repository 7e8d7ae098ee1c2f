//! Header lines as servers keep them that do without `http`.

use std::ops::ControlFlow;

/// The header lines of a request, for servers that do not keep them in an `http::HeaderMap`.
///
/// Slices and vectors of name-value pairs have it; a server with a map of its own implements it:
///
/// ```
/// use std::{collections::BTreeMap, ops::ControlFlow};
/// use cors_core::{CorsRequest, HeaderLines, RequestKind};
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
    fn visit<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]) -> ControlFlow<()>);

    /// The first two values that [`visit`](Self::visit) meets, for implementations that find them in
    /// a shorter way: every request is asked for some.
    fn first_two<'a>(&'a self, name: &str) -> [Option<&'a [u8]>; 2] {
        let mut found = [None; 2];
        let mut places = found.iter_mut();
        self.visit(name, &mut |value| {
            if let Some(place) = places.next() {
                *place = Some(value);
            }
            if places.len() == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found
    }
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
