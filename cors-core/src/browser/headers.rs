//! Header lists: <https://fetch.spec.whatwg.org/#concept-header-list>

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::fetch;

/// A header list: names and values as bytes, in order, repeated names kept apart.
///
/// It holds what [`HeaderMap`] cannot: bytes that an HTTP library refuses but that a script may
/// set or a server may send, and the spelling of names. Values lose the whitespace at both ends,
/// as they do on their way through HTTP.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-header-list>.
///
/// ```
/// use cors_core::browser::HeaderList;
///
/// let headers = HeaderList::from_iter([("Vary", " Origin "), ("vary", "Accept")]);
/// assert_eq!(headers.combined("VARY").as_deref(), Some(&b"Origin, Accept"[..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderList {
    headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl HeaderList {
    /// An empty list.
    ///
    /// ```
    /// assert_eq!(cors_core::browser::HeaderList::new().iter().count(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header at the end, beside those of the same name.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#concept-header-list-append>, with the
    /// normalisation of <https://fetch.spec.whatwg.org/#concept-header-value-normalize>.
    ///
    /// ```
    /// let mut headers = cors_core::browser::HeaderList::new();
    /// headers.append("x-note", b"caf\xE9 ");
    /// assert_eq!(headers.iter().next(), Some((&b"x-note"[..], &b"caf\xE9"[..])));
    /// ```
    pub fn append(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let value = normalized(value.as_ref());
        self.headers.push((name.as_ref().to_vec(), value.to_vec()));
    }

    /// Names and values in order.
    ///
    /// ```
    /// let headers = cors_core::browser::HeaderList::from_iter([("a", "1"), ("b", "2")]);
    /// assert!(headers.iter().map(|(name, _)| name).eq([b"a", b"b"]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// The values of `name`, whatever its case, one per header.
    ///
    /// ```
    /// let headers = cors_core::browser::HeaderList::from_iter([("a", "1"), ("A", "2")]);
    /// assert!(headers.values("a").eq([b"1", b"2"]));
    /// ```
    pub fn values<'list>(&'list self, name: &str) -> impl Iterator<Item = &'list [u8]> {
        self.iter()
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// All values of `name` joined by `, `, or `None` where there is none.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#concept-header-list-get>: why two equal
    /// `Access-Control-Allow-Origin` lines never match.
    ///
    /// ```
    /// let headers = cors_core::browser::HeaderList::from_iter([("a", "1"), ("A", "")]);
    /// assert_eq!(headers.combined("a").as_deref(), Some(&b"1, "[..]));
    /// assert_eq!(headers.combined("b"), None);
    /// ```
    #[must_use]
    pub fn combined(&self, name: &str) -> Option<Vec<u8>> {
        let values: Vec<&[u8]> = self.values(name).collect();
        if values.is_empty() { None } else { Some(values.join(b", ".as_slice())) }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()));
    }

    /// The elements of the comma list `name` over all its lines; `None` where there is no line.
    /// The error is the first element that is not a token: one such element voids the whole list.
    ///
    /// Implements <https://fetch.spec.whatwg.org/#extract-header-list-values> for the lists of
    /// methods and of field names, which have the same grammar.
    pub(super) fn tokens(&self, name: &str) -> Result<Option<Vec<Vec<u8>>>, Vec<u8>> {
        if !self.contains(name) {
            return Ok(None);
        }
        self.values(name)
            .flat_map(|line| line.split(|&byte| byte == b','))
            .map(fetch::trim_whitespace)
            .filter(|element| !element.is_empty())
            .map(|element| match fetch::is_token(element) {
                true => Ok(element.to_vec()),
                false => Err(element.to_vec()),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut list = Self::new();
        for (name, value) in headers {
            list.append(name, value);
        }
        list
    }
}

impl From<&HeaderMap> for HeaderList {
    fn from(headers: &HeaderMap) -> Self {
        headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
    }
}

/// Fails where a name is not a token or a value has control bytes: what browsers can send is more
/// than the `http` crate can hold.
impl TryFrom<&HeaderList> for HeaderMap {
    type Error = http::Error;

    fn try_from(list: &HeaderList) -> Result<Self, http::Error> {
        let mut headers = Self::new();
        for (name, value) in list.iter() {
            headers.append(HeaderName::from_bytes(name)?, HeaderValue::from_bytes(value)?);
        }
        Ok(headers)
    }
}

/// `value` without HTTP whitespace (tab, line feed, carriage return, space) at both ends.
///
/// <https://fetch.spec.whatwg.org/#concept-header-value-normalize>
pub(super) fn normalized(mut value: &[u8]) -> &[u8] {
    while let [b'\t' | b'\n' | b'\r' | b' ', rest @ ..]
    | [rest @ .., b'\t' | b'\n' | b'\r' | b' '] = value
    {
        value = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_http_whitespace_at_both_ends_only() {
        for (value, expected) in
            [(" \t\r\n a\tb \n", "a\tb"), ("", ""), (" \t ", ""), ("\x0Ba", "\x0Ba")]
        {
            assert_eq!(normalized(value.as_bytes()), expected.as_bytes(), "{value:?}");
        }
    }

    #[test]
    fn names_match_ignoring_case_and_keep_their_spelling() {
        let mut headers = HeaderList::from_iter([("X-A", "1"), ("x-b", "2"), ("x-a", "3")]);
        assert_eq!(headers.combined("x-A").unwrap(), b"1, 3");
        assert_eq!(headers.iter().next().unwrap().0, b"X-A");
        headers.remove("X-a");
        assert!(!headers.contains("x-a"));
        assert!(headers.contains("X-B"));
    }

    #[test]
    fn one_element_that_is_not_a_token_voids_the_list() {
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&[""], Ok(Some(""))),
            (&["PUT"], Ok(Some("PUT"))),
            (&[" PUT ,\tDELETE,, "], Ok(Some("PUT|DELETE"))),
            (&["PUT", "", ",DELETE"], Ok(Some("PUT|DELETE"))),
            (&["'PUT'"], Ok(Some("'PUT'"))),
            (&["PUT", "A B"], Err("A B")),
            (&["PUT;DELETE"], Err("PUT;DELETE")),
            (&["\"PUT\""], Err("\"PUT\"")),
            (&["PUT\x0B"], Err("PUT\x0B")),
            (&["P\u{E9}"], Err("P\u{E9}")),
        ] {
            let headers: HeaderList = lines.iter().map(|line| ("Allow", line)).collect();
            let found = headers
                .tokens("allow")
                .map(|list| list.map(|elements| String::from_utf8(elements.join(&b'|')).unwrap()));
            let found = found.map_err(|element| String::from_utf8(element).unwrap());
            let expected = expected.map(|list| list.map(String::from)).map_err(String::from);
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn conversion_to_a_header_map_refuses_control_bytes() {
        let list = HeaderList::from_iter([("X-A", "1"), ("x-a", "2")]);
        let map = HeaderMap::try_from(&list).unwrap();
        assert_eq!(map.get_all("x-a").iter().count(), 2);
        assert_eq!(HeaderList::from(&map).combined("X-A").unwrap(), b"1, 2");
        let list = HeaderList::from_iter([("accept", "a\x01b")]);
        assert!(HeaderMap::try_from(&list).is_err());
    }
}
