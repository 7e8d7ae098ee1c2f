//! As much of the URL standard as CORS needs: origins, relative references, redirect targets.
//!
//! An approximation of <https://url.spec.whatwg.org/>, chosen over a dependency: names outside
//! ASCII are not converted to Punycode (such a host is a failure; see [`parses`]), and hosts are
//! looked at only for forbidden code points and IP addresses.

use std::fmt;

use super::host::canonical_host;
use crate::fetch;

/// A URL, canonical in the parts that decide about origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    /// `None` for URLs without `//`, such as `data:` and `about:`.
    authority: Option<Authority>,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Authority {
    userinfo: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Url {
    /// Parses `input`, a relative reference only where there is a `base`.
    ///
    /// <https://url.spec.whatwg.org/#concept-url-parser>
    pub(super) fn parse(input: &str, base: Option<&Url>) -> Option<Self> {
        let input: String = input
            .trim_matches(|c: char| c <= ' ')
            .chars()
            .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
            .collect();
        let (input, fragment) = split_at_first(&input, '#');
        let fragment = fragment.map(|fragment| percent_encoded(fragment, " \"<>`"));
        let (input, query) = split_at_first(input, '?');
        let query = query.map(|query| percent_encoded(query, " \"'<>"));
        let url = match split_scheme(input) {
            Some((scheme, rest)) => Self::absolute(scheme, rest, base)?,
            None => Self::relative(input, base?)?,
        };
        Some(Self { query: query.or(url.query), fragment, ..url })
    }

    fn absolute(scheme: String, rest: &str, base: Option<&Url>) -> Option<Self> {
        let special = is_special(&scheme);
        let rest = slashed(rest, special);
        if !special {
            let Some(rest) = rest.strip_prefix("//") else {
                return Some(Self::without_authority(scheme, percent_encoded(&rest, "")));
            };
            return Self::with_authority(scheme, rest);
        }
        match base {
            // `http:path` is a relative reference to a base of the same scheme.
            Some(base) if base.scheme == scheme => Self::relative(&rest, base),
            _ if scheme == "file" => {
                Self::with_authority(scheme, rest.strip_prefix("//").unwrap_or(&rest))
            }
            _ => Self::with_authority(scheme, rest.trim_start_matches('/')),
        }
    }

    fn relative(reference: &str, base: &Url) -> Option<Self> {
        base.authority.as_ref()?;
        let reference = slashed(reference, is_special(&base.scheme));
        if let Some(rest) = reference.strip_prefix("//") {
            let is_lenient = is_special(&base.scheme) && base.scheme != "file";
            let rest = if is_lenient { rest.trim_start_matches('/') } else { rest };
            return Self::with_authority(base.scheme.clone(), rest);
        }
        if reference.is_empty() {
            return Some(base.clone());
        }
        let directory = base.path.rfind('/').and_then(|slash| base.path.get(..=slash));
        let path = match reference.starts_with('/') {
            true => canonical_path(&reference),
            false => canonical_path(&format!("{}{reference}", directory.unwrap_or("/"))),
        };
        Some(Self { path, query: None, ..base.clone() })
    }

    fn with_authority(scheme: String, rest: &str) -> Option<Self> {
        let authority = rest.split('/').next().unwrap_or_default();
        let path = match rest.get(authority.len()..).unwrap_or_default() {
            "" if !is_special(&scheme) => String::new(),
            path => canonical_path(path),
        };
        let authority = Authority::parse(&scheme, authority)?;
        Some(Self { authority: Some(authority), ..Self::without_authority(scheme, path) })
    }

    fn without_authority(scheme: String, path: String) -> Self {
        Self { scheme, authority: None, path, query: None, fragment: None }
    }

    pub(super) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// <https://fetch.spec.whatwg.org/#http-scheme>
    pub(super) fn has_http_scheme(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    pub(super) fn host(&self) -> Option<&str> {
        self.authority.as_ref().map(|authority| authority.host.as_str())
    }

    /// The value of `Host`: <https://www.rfc-editor.org/rfc/rfc9110#section-7.2>
    pub(super) fn host_and_port(&self) -> String {
        self.authority.as_ref().map(Authority::host_and_port).unwrap_or_default()
    }

    /// The target of a request to the URL's host, in origin form:
    /// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2.1>
    pub(super) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Does the URL carry a user name or a password?
    ///
    /// <https://url.spec.whatwg.org/#include-credentials>
    pub(super) fn includes_credentials(&self) -> bool {
        self.authority.as_ref().is_some_and(|authority| authority.userinfo.is_some())
    }

    /// The serialised tuple origin, or `None` for an opaque one. Schemes that the URL standard
    /// does not know but that have a host (`chrome-extension`, `capacitor`, ...) count as tuple
    /// origins: the browsers and shells that register them serialise them like that.
    ///
    /// <https://url.spec.whatwg.org/#concept-url-origin>
    pub(super) fn origin(&self) -> Option<String> {
        let authority = self.authority.as_ref().filter(|authority| !authority.host.is_empty())?;
        if self.scheme == "file" {
            return None;
        }
        Some(format!("{}://{}", self.scheme, authority.host_and_port()))
    }

    pub(super) fn without_fragment(&self) -> Self {
        Self { fragment: None, ..self.clone() }
    }

    pub(super) fn or_fragment_of(self, other: &Url) -> Self {
        Self { fragment: self.fragment.or_else(|| other.fragment.clone()), ..self }
    }
}

/// <https://url.spec.whatwg.org/#url-serializing>
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(authority) = &self.authority {
            f.write_str("//")?;
            authority.userinfo.iter().try_for_each(|userinfo| write!(f, "{userinfo}@"))?;
            f.write_str(&authority.host_and_port())?;
        }
        f.write_str(&self.path)?;
        self.query.iter().try_for_each(|query| write!(f, "?{query}"))?;
        self.fragment.iter().try_for_each(|fragment| write!(f, "#{fragment}"))
    }
}

impl Authority {
    fn host_and_port(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.host)
    }

    fn parse(scheme: &str, authority: &str) -> Option<Self> {
        if scheme == "file" {
            let host = canonical_host(scheme, authority)?;
            return Some(Self { userinfo: None, host, port: None });
        }
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        let port_colon =
            host.rfind(':').filter(|&colon| !host.get(colon..).unwrap_or("").contains(']'));
        let (host, port) = match port_colon {
            Some(colon) => (host.get(..colon)?, host.get(colon + 1..)?),
            None => (host, ""),
        };
        let lacks_host = host.is_empty() && !authority.is_empty();
        if lacks_host || !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let port = match port.trim_start_matches('0') {
            "" if port.is_empty() => None,
            "" => Some(0),
            digits => Some(digits.parse().ok()?),
        };
        Some(Self {
            userinfo: userinfo
                .filter(|userinfo| !matches!(*userinfo, "" | ":"))
                .map(|userinfo| percent_encoded(userinfo, " \"<>`{};=@[\\]^|")),
            host: canonical_host(scheme, host)?,
            port: port.filter(|&port| fetch::default_port(scheme) != Some(port)),
        })
    }
}

/// Would `value`, a field value, parse as an absolute URL? Names outside ASCII are taken to be
/// convertible; bytes that are not UTF-8 never parse.
pub(super) fn parses(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else {
        return false;
    };
    let value: String = value.chars().map(|c| if c.is_ascii() { c } else { 'x' }).collect();
    Url::parse(&value, None).is_some()
}

/// <https://url.spec.whatwg.org/#special-scheme>
pub(super) fn is_special(scheme: &str) -> bool {
    scheme == "file" || fetch::default_port(scheme).is_some()
}

/// The lower-cased scheme and what follows its colon.
fn split_scheme(input: &str) -> Option<(String, &str)> {
    let (scheme, rest) = input.split_once(':')?;
    let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

fn split_at_first(input: &str, separator: char) -> (&str, Option<&str>) {
    match input.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (input, None),
    }
}

/// In special URLs a backslash is a slash.
fn slashed(input: &str, special: bool) -> String {
    if special { input.replace('\\', "/") } else { input.to_owned() }
}

/// A path without dot segments: <https://url.spec.whatwg.org/#path-state>
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let path = path.strip_prefix('/').unwrap_or(path);
    let mut ends_in_directory = false;
    for segment in path.split('/') {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        ends_in_directory = matches!(dots.as_str(), "." | "..");
        match dots.as_str() {
            ".." => drop(segments.pop()),
            "." => {}
            _ => segments.push(segment),
        }
    }
    if ends_in_directory {
        segments.push("");
    }
    format!("/{}", percent_encoded(&segments.join("/"), " \"<>^`{}"))
}

/// Encodes controls, bytes outside ASCII and the ASCII characters of `set`.
fn percent_encoded(text: &str, set: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b' '..=b'~' if !set.as_bytes().contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_serialised_as_browsers_send_them() {
        for (url, origin) in [
            ("http://app.example.com:8101/a?b#c", Some("http://app.example.com:8101")),
            ("HTTP://APP.Example.Com:80", Some("http://app.example.com")),
            ("https://user:pw@a.example:443/", Some("https://a.example")),
            ("https://a.example:08443", Some("https://a.example:8443")),
            ("https://a.example:", Some("https://a.example")),
            ("https://a.example.:8443", Some("https://a.example.:8443")),
            ("http:\\\\a_b.example\\x", Some("http://a_b.example")),
            ("http:a.example", Some("http://a.example")),
            ("http://%61.example", Some("http://a.example")),
            ("http://2130706433:81", Some("http://127.0.0.1:81")),
            ("http://[0:0::1]:81", Some("http://[::1]:81")),
            ("chrome-extension://abcdefgh/page.html", Some("chrome-extension://abcdefgh")),
            ("capacitor://localhost", Some("capacitor://localhost")),
            ("file:///etc/passwd", None),
            ("file://host/share", None),
            ("data:text/html,x", None),
            ("about:blank", None),
            ("blob:http://a.example/1", None),
        ] {
            assert_eq!(Url::parse(url, None).unwrap().origin().as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn what_is_not_a_url_is_refused() {
        for text in [
            "",
            "a.example",
            "//a.example",
            "/",
            "null",
            "*",
            "http://",
            "https:",
            "http://?",
            "http://a b.example",
            "http://a.example:8101.b",
            "http://a.example:x",
            "http://:80",
            "http://a.example:65536",
            "http://[::1",
            "http://b\u{FC}cher.example",
            "1http://a",
            "x://a b/",
            "x://:80",
            "x://u@",
        ] {
            assert_eq!(Url::parse(text, None), None, "{text}");
        }
    }

    #[test]
    fn references_resolve_against_the_base() {
        let base = Url::parse("http://a.example:81/b/c?d#e", None).unwrap();
        for (reference, resolved) in [
            ("", "http://a.example:81/b/c?d"),
            ("#x", "http://a.example:81/b/c?d#x"),
            ("?", "http://a.example:81/b/c?"),
            ("?x", "http://a.example:81/b/c?x"),
            ("x", "http://a.example:81/b/x"),
            ("./x/.", "http://a.example:81/b/x/"),
            ("../../x", "http://a.example:81/x"),
            ("/x/%2E%2e/y", "http://a.example:81/y"),
            ("\\x", "http://a.example:81/x"),
            ("//b.example", "http://b.example/"),
            ("\\/b.example/x", "http://b.example/x"),
            ("////b.example", "http://b.example/"),
            ("http:x", "http://a.example:81/b/x"),
            ("https:x", "https://x/"),
            ("http://b.example", "http://b.example/"),
            ("http://u:p@b.example/a b\u{E9}?c d'", "http://u:p@b.example/a%20b%C3%A9?c%20d%27"),
            ("ftp://b.example/", "ftp://b.example/"),
            ("x://b.example", "x://b.example"),
            ("javascript:1", "javascript:1"),
            ("data:text/plain,x", "data:text/plain,x"),
        ] {
            let url = Url::parse(reference, Some(&base)).unwrap();
            assert_eq!(url.to_string(), resolved, "{reference}");
        }
        let opaque = Url::parse("data:x", None).unwrap();
        assert_eq!(Url::parse("y", Some(&opaque)), None);
        assert_eq!(Url::parse("//b.example", Some(&opaque)), None);
    }

    #[test]
    fn userinfo_counts_only_where_there_is_some() {
        for (url, included) in [
            ("http://u@a.example", true),
            ("http://:p@a.example", true),
            ("http://u:p@w@a.example", true),
            ("http://@a.example", false),
            ("http://a.example/u@b", false),
        ] {
            assert_eq!(Url::parse(url, None).unwrap().includes_credentials(), included, "{url}");
        }
    }

    #[test]
    fn field_values_outside_utf_8_never_parse_as_urls() {
        assert!(parses(b"\x0Bhttp://a.example"));
        assert!(parses("http://b\u{FC}cher.example".as_bytes()));
        assert!(parses(b"a.example:8101"));
        assert!(parses(b"http://*.example.com"));
        assert!(!parses(b"http://b\xFCcher.example"));
        assert!(!parses(b"a.example"));
        assert!(!parses(b""));
    }
}
