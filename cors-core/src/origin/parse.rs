//! The strict parser of serialised origins.

use std::fmt;

use super::error::OriginError;
use super::host::{check_opaque_host, check_special_host, is_insecure, is_loopback_host};
use crate::fetch;

/// The longest origin that is looked at, in bytes; no browser sends a longer one for a host that
/// DNS can resolve.
pub(crate) const MAX_LENGTH: usize = 512;
const MAX_SCHEME_LENGTH: usize = 64;

/// A well-formed serialised tuple origin: `scheme://host` or `scheme://host:port`, exactly as a
/// browser sends it.
///
/// Owning one proves that the text is in the form that
/// [the HTML standard's serialisation] yields: lower case, no default port, no path, user name or
/// space. Nothing is ever repaired: text in any other form is not an origin.
///
/// For `http`, `https`, `ws`, `wss` and `ftp` the host is a domain of `a-z 0-9 - _`, a dotted quad
/// or an IPv6 address in its one canonical form. For every other scheme (`chrome-extension`,
/// `capacitor`, `tauri`, ...) it is opaque printable ASCII. `null` is not a tuple origin.
///
/// ```
/// use cors_core::{Origin, OriginError};
///
/// let origin = Origin::parse("https://shop.example.com:8443")?;
/// assert_eq!(origin.scheme(), "https");
/// assert_eq!(origin.host(), "shop.example.com");
/// assert_eq!(origin.port(), Some(8443));
/// assert_eq!(origin.as_str(), "https://shop.example.com:8443");
///
/// assert_eq!(Origin::parse("https://shop.example.com/"), Err(OriginError::Path));
/// # Ok::<(), OriginError>(())
/// ```
///
/// [the HTML standard's serialisation]: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin<'a> {
    text: &'a str,
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// Parses the serialisation of a tuple origin.
    ///
    /// ```
    /// use cors_core::Origin;
    ///
    /// assert!(Origin::parse("http://[::1]:3000").is_ok());
    /// assert!(Origin::parse("HTTP://[::1]:3000").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The first rule that `text` breaks, read from left to right.
    pub fn parse(text: &'a str) -> Result<Self, OriginError> {
        Self::from_bytes(text.as_bytes())
    }

    /// Parses the bytes of an `Origin` field value.
    ///
    /// ```
    /// use cors_core::{Origin, OriginError};
    ///
    /// assert!(Origin::from_bytes(b"https://example.com").is_ok());
    /// assert_eq!(Origin::from_bytes(b"https://ex\xffample.com"), Err(OriginError::NotAscii));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Origin::parse`].
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, OriginError> {
        if bytes.len() > MAX_LENGTH {
            return Err(OriginError::TooLong);
        }
        if bytes.is_empty() {
            return Err(OriginError::Empty);
        }
        if !bytes.is_ascii() {
            return Err(OriginError::NotAscii);
        }
        let text = str::from_utf8(bytes).map_err(|_| OriginError::NotAscii)?;
        if bytes.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            return Err(OriginError::Space);
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::NoScheme)?;
        check_scheme(scheme)?;
        let (host, port) = if fetch::default_port(scheme).is_some() {
            let (host, port) = split_port(rest)?;
            check_special_host(host)?;
            (host, port)
        } else {
            let (host, port) = rest.split_once(':').map_or((rest, None), |(h, p)| (h, Some(p)));
            check_opaque_host(host)?;
            (host, port)
        };
        let port = port.map(parse_port).transpose()?;
        if port.is_some() && port == fetch::default_port(scheme) {
            return Err(OriginError::DefaultPort);
        }
        Ok(Self { text, scheme, host, port })
    }

    /// The whole serialisation.
    ///
    /// ```
    /// let origin = cors_core::Origin::parse("https://shop.example.com")?;
    /// assert_eq!(origin.as_str(), "https://shop.example.com");
    /// # Ok::<(), cors_core::OriginError>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// The scheme, such as `https`.
    ///
    /// ```
    /// let origin = cors_core::Origin::parse("capacitor://localhost")?;
    /// assert_eq!(origin.scheme(), "capacitor");
    /// # Ok::<(), cors_core::OriginError>(())
    /// ```
    #[must_use]
    pub fn scheme(&self) -> &'a str {
        self.scheme
    }

    /// The serialised host: a domain, a dotted quad, an IPv6 address in brackets, or (for schemes
    /// other than `http`, `https`, `ws`, `wss` and `ftp`) an opaque name.
    ///
    /// ```
    /// let origin = cors_core::Origin::parse("http://[::1]:3000")?;
    /// assert_eq!(origin.host(), "[::1]");
    /// # Ok::<(), cors_core::OriginError>(())
    /// ```
    #[must_use]
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The port, absent where it is the scheme's default.
    ///
    /// ```
    /// use cors_core::Origin;
    ///
    /// assert_eq!(Origin::parse("http://localhost:3000")?.port(), Some(3000));
    /// assert_eq!(Origin::parse("http://localhost")?.port(), None);
    /// # Ok::<(), cors_core::OriginError>(())
    /// ```
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Does the origin name this machine: `localhost`, a name under `.localhost`, 127.0.0.0/8 or
    /// `[::1]`?
    ///
    /// <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>
    ///
    /// ```
    /// use cors_core::Origin;
    ///
    /// assert!(Origin::parse("http://app.localhost:3000").is_ok_and(|origin| origin.is_loopback()));
    /// assert!(Origin::parse("http://localhost.example").is_ok_and(|origin| !origin.is_loopback()));
    /// ```
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(self.host)
    }

    pub(crate) fn is_insecure(&self) -> bool {
        is_insecure(self.scheme, self.host)
    }
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin(`{}`)", self.text)
    }
}

pub(crate) fn check_scheme(scheme: &str) -> Result<(), OriginError> {
    if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(OriginError::UpperCase);
    }
    let well_formed = scheme.len() <= MAX_SCHEME_LENGTH
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.'));
    match scheme {
        "file" => Err(OriginError::FileScheme),
        _ if well_formed => Ok(()),
        _ => Err(OriginError::Scheme),
    }
}

/// Splits `host[:port]`, where a host in brackets holds colons of its own.
pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<&str>), OriginError> {
    let after_brackets = authority.find(']').map_or(0, |end| end + 1);
    let (brackets, rest) = authority.split_at_checked(after_brackets).ok_or(OriginError::Ipv6)?;
    match rest.split_once(':') {
        None if brackets.is_empty() || rest.is_empty() => Ok((authority, None)),
        Some((host, port)) if brackets.is_empty() => Ok((host, Some(port))),
        Some(("", port)) => Ok((brackets, Some(port))),
        _ => Err(OriginError::Ipv6),
    }
}

pub(crate) fn parse_port(text: &str) -> Result<u16, OriginError> {
    match text.bytes().next() {
        _ if text.contains('@') => Err(OriginError::UserInfo),
        _ if text.contains('/') => Err(OriginError::Path),
        _ if text.contains('?') => Err(OriginError::Query),
        _ if text.contains('#') => Err(OriginError::Fragment),
        // `u16::from_str` would take a sign.
        Some(b'1'..=b'9') => text.parse().map_err(|_| OriginError::Port),
        _ => Err(OriginError::Port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_origins_are_taken_apart() {
        for (text, scheme, host, port) in [
            ("https://example.com", "https", "example.com", None),
            ("http://example.com:8080", "http", "example.com", Some(8080)),
            ("https://example.com.", "https", "example.com.", None),
            ("https://qa--site.netlify.app", "https", "qa--site.netlify.app", None),
            ("https://-a-.b_c.example", "https", "-a-.b_c.example", None),
            ("https://xn--bcher-kva.example", "https", "xn--bcher-kva.example", None),
            ("https://1.example", "https", "1.example", None),
            ("https://example.0xg", "https", "example.0xg", None),
            ("http://127.0.0.1:65535", "http", "127.0.0.1", Some(65535)),
            ("http://[::1]", "http", "[::1]", None),
            ("https://[2001:db8::1]:8443", "https", "[2001:db8::1]", Some(8443)),
            ("https://[::ffff:7f00:1]", "https", "[::ffff:7f00:1]", None),
            ("wss://example.com:80", "wss", "example.com", Some(80)),
            ("ftp://example.com:80", "ftp", "example.com", Some(80)),
            ("moz-extension://2c127fa4-62c7", "moz-extension", "2c127fa4-62c7", None),
            ("safari-web-extension://A1B2-C3", "safari-web-extension", "A1B2-C3", None),
            ("capacitor://localhost", "capacitor", "localhost", None),
            ("tauri://localhost:80", "tauri", "localhost", Some(80)),
            ("a+b-c.1://x!\"$%&'()*,;=`{}~", "a+b-c.1", "x!\"$%&'()*,;=`{}~", None),
        ] {
            let origin = Origin::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((origin.scheme(), origin.host(), origin.port()), (scheme, host, port));
            assert_eq!(origin.to_string(), text);
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_rule_it_breaks() {
        let long_label = format!("https://{}.example", "a".repeat(246));
        let long_scheme = format!("{}://a", "a".repeat(65));
        let long = format!("app://{}", "a".repeat(507));
        for (text, error) in [
            ("", OriginError::Empty),
            ("null", OriginError::NoScheme),
            ("*", OriginError::NoScheme),
            ("example.com", OriginError::NoScheme),
            ("//example.com", OriginError::NoScheme),
            ("https:/example.com", OriginError::NoScheme),
            ("https:\\\\example.com", OriginError::NoScheme),
            ("data:text/html,x", OriginError::NoScheme),
            ("://example.com", OriginError::Scheme),
            ("1https://example.com", OriginError::Scheme),
            ("ht_tp://example.com", OriginError::Scheme),
            (&long_scheme, OriginError::Scheme),
            ("view-source:https://example.com", OriginError::Scheme),
            ("HTTPS://example.com", OriginError::UpperCase),
            ("file://", OriginError::FileScheme),
            ("file://host", OriginError::FileScheme),
            ("https://Example.com", OriginError::UpperCase),
            ("https://bücher.example", OriginError::NotAscii),
            ("https://example.com ", OriginError::Space),
            ("https://example.com\t", OriginError::Space),
            ("https://example.com\r\nx: y", OriginError::Space),
            ("https://example.com\0", OriginError::Space),
            ("https://a@example.com", OriginError::UserInfo),
            ("https://a:b@example.com", OriginError::UserInfo),
            ("https://example.com/", OriginError::Path),
            ("https://example.com:8443/a", OriginError::Path),
            ("https://example.com\\", OriginError::Path),
            ("https:////.example.com", OriginError::Path),
            ("https://example.com?", OriginError::Query),
            ("https://example.com:1?", OriginError::Query),
            ("https://example.com#", OriginError::Fragment),
            ("https://", OriginError::NoHost),
            ("https://:8080", OriginError::NoHost),
            ("app://", OriginError::NoHost),
            ("https://a,b.example", OriginError::HostByte(',')),
            ("https://a%2eb.example", OriginError::HostByte('%')),
            ("https://*.example.com", OriginError::HostByte('*')),
            ("https://a..example", OriginError::EmptyLabel),
            ("https://.example", OriginError::EmptyLabel),
            ("https://example..", OriginError::EmptyLabel),
            ("https://.", OriginError::EmptyLabel),
            (&long_label, OriginError::HostTooLong),
            ("https://127.1", OriginError::Ipv4),
            ("https://0x7f.0.0.1", OriginError::Ipv4),
            ("https://1.2.3.04", OriginError::Ipv4),
            ("https://1.2.3.4.", OriginError::Ipv4),
            ("https://1.2.3.256", OriginError::Ipv4),
            ("https://example.0x", OriginError::Ipv4),
            ("https://example.09", OriginError::Ipv4),
            ("https://[]", OriginError::Ipv6),
            ("https://[example.com]", OriginError::Ipv6),
            ("https://[::1", OriginError::Ipv6),
            ("https://::1]", OriginError::Ipv6),
            ("https://[::1]x", OriginError::Ipv6),
            ("https://x[::1]", OriginError::Ipv6),
            ("https://[0:0:0:0:0:0:0:1]", OriginError::Ipv6),
            ("https://[2001:DB8::1]", OriginError::Ipv6),
            ("https://[::ffff:127.0.0.1]", OriginError::Ipv6),
            ("https://[::1%25eth0]", OriginError::Ipv6),
            ("https://[1::2::3]", OriginError::Ipv6),
            ("app://[::1]", OriginError::Ipv6),
            ("https://example.com:", OriginError::Port),
            ("https://example.com:0", OriginError::Port),
            ("https://example.com:08443", OriginError::Port),
            ("https://example.com:+1", OriginError::Port),
            ("https://example.com:65536", OriginError::Port),
            ("https://example.com:1:2", OriginError::Port),
            ("https://example.com:*", OriginError::Port),
            ("app://x:", OriginError::Port),
            ("https://example.com:443", OriginError::DefaultPort),
            ("http://[::1]:80", OriginError::DefaultPort),
            ("ws://example.com:80", OriginError::DefaultPort),
            ("ftp://example.com:21", OriginError::DefaultPort),
            ("app://a|b", OriginError::HostByte('|')),
            ("app://a/b", OriginError::Path),
            (&long, OriginError::TooLong),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
        assert!(Origin::parse(&format!("app://{}", "a".repeat(506))).is_ok());
        assert!(Origin::parse(&format!("https://{}.example.", "a".repeat(245))).is_ok());
    }

    #[test]
    fn loopback_is_a_name_or_an_address_of_this_machine() {
        for (host, loopback) in [
            ("localhost", true),
            ("localhost.", true),
            ("a.b.localhost", true),
            ("a.localhost.", true),
            ("127.0.0.1", true),
            ("127.255.0.3", true),
            ("[::1]", true),
            ("notlocalhost", false),
            ("localhost.example", false),
            ("128.0.0.1", false),
            ("[::2]", false),
            ("[::ffff:7f00:1]", false),
        ] {
            assert_eq!(is_loopback_host(host), loopback, "{host}");
        }
    }
}
