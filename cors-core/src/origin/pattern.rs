//! Entries of an origin list: exact origins, `*.` subdomains and `:*` ports.

use std::{fmt, hash::Hash};

use super::error::OriginError;
use super::host::ends_in_a_number;
use super::parse::{Origin, check_scheme};

/// The longest base of a `*.` pattern, so that a name below it still fits into 253 bytes.
const MAX_BASE_LENGTH: usize = 251;

/// One entry of an origin list: an exact origin, or a set of origins that differ in subdomain or
/// port only.
///
/// | pattern | origin | matches |
/// |---|---|---|
/// | `https://example.com` | `https://example.com` | yes |
/// | `https://example.com` | `https://example.com:8443`, `http://example.com` | no |
/// | `https://*.example.com` | `https://a.example.com`, `https://b.a.example.com` | yes |
/// | `https://*.example.com` | `https://example.com`, `https://evilexample.com` | no |
/// | `http://localhost:*` | `http://localhost`, `http://localhost:3000` | yes |
/// | `https://*.example.com:*` | `https://a.example.com:8443` | yes |
///
/// ```
/// use cors_core::{Origin, OriginPattern};
///
/// let pattern = OriginPattern::parse("https://*.example.com")?;
/// assert!(pattern.matches(&Origin::parse("https://shop.example.com").unwrap()));
/// assert!(!pattern.matches(&Origin::parse("https://example.com").unwrap()));
/// # Ok::<(), cors_core::OriginPatternError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct OriginPattern {
    scheme: Box<str>,
    subdomains: Subdomains,
    /// The whole host, or what follows `*.`.
    host: Box<str>,
    port: PortRule,
}

/// Does a pattern stand for the names below its host?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subdomains {
    None,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PortRule {
    /// This port, or the scheme's default where there is none.
    Exactly(Option<u16>),
    /// Any port, the scheme's default included.
    Any,
}

impl OriginPattern {
    /// Parses an entry of an origin list.
    ///
    /// ```
    /// use cors_core::{OriginError, OriginPattern, OriginPatternError};
    ///
    /// assert!(OriginPattern::parse("http://localhost:*").is_ok());
    /// assert_eq!(
    ///     OriginPattern::parse("https://example.com/"),
    ///     Err(OriginPatternError::Origin(OriginError::Path)),
    /// );
    /// assert_eq!(
    ///     OriginPattern::parse("https://*example.com"),
    ///     Err(OriginPatternError::MisplacedWildcard),
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// The rule that `text` breaks: a wildcard elsewhere than in `*.` before a domain or `:*` at
    /// the end, or what remains without wildcards is no serialised origin.
    pub fn parse(text: &str) -> Result<Self, OriginPatternError> {
        if !text.contains('*') {
            return Ok(Self::exactly(&Origin::parse(text)?));
        }
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::NoScheme)?;
        if scheme.contains('*') {
            return Err(OriginPatternError::MisplacedWildcard);
        }
        check_scheme(scheme)?;
        if !matches!(scheme, "http" | "https" | "ws" | "wss") {
            return Err(OriginPatternError::WildcardScheme);
        }
        // The slash is the fault, and not the wildcard before it.
        match rest.bytes().find(|byte| matches!(byte, b'/' | b'?' | b'#')) {
            Some(b'/') => return Err(OriginError::Path.into()),
            Some(b'?') => return Err(OriginError::Query.into()),
            Some(_) => return Err(OriginError::Fragment.into()),
            None => {}
        }
        let (subdomains, rest) = match rest.strip_prefix("*.") {
            Some(rest) => (Subdomains::All, rest),
            None => (Subdomains::None, rest),
        };
        let (any_port, authority) = match rest.strip_suffix(":*") {
            Some(host) => (true, host),
            None => (false, rest),
        };
        if authority.contains('*') {
            return Err(OriginPatternError::MisplacedWildcard);
        }
        let without_wildcards = format!("{scheme}://{authority}");
        let base = Origin::parse(&without_wildcards)?;
        if any_port && base.port().is_some() {
            return Err(OriginError::Port.into());
        }
        if subdomains == Subdomains::All {
            if base.host().starts_with('[') || ends_in_a_number(base.host()) {
                return Err(OriginPatternError::WildcardBeforeAddress);
            }
            if base.host().trim_end_matches('.').len() > MAX_BASE_LENGTH {
                return Err(OriginError::HostTooLong.into());
            }
        }
        let port = if any_port { PortRule::Any } else { PortRule::Exactly(base.port()) };
        Ok(Self { subdomains, port, ..Self::exactly(&base) })
    }

    /// Does the pattern stand for `origin`?
    ///
    /// ```
    /// # use cors_core::{Origin, OriginPattern};
    /// let pattern = OriginPattern::parse("http://localhost:*")?;
    /// assert!(pattern.matches(&Origin::parse("http://localhost:3000").unwrap()));
    /// assert!(!pattern.matches(&Origin::parse("https://localhost:3000").unwrap()));
    /// # Ok::<(), cors_core::OriginPatternError>(())
    /// ```
    #[must_use]
    pub fn matches(&self, origin: &Origin<'_>) -> bool {
        let host = match self.subdomains {
            Subdomains::None => origin.host() == &*self.host,
            Subdomains::All => origin
                .host()
                .strip_suffix(&*self.host)
                .is_some_and(|labels| labels.len() > 1 && labels.ends_with('.')),
        };
        let port = match self.port {
            PortRule::Exactly(port) => origin.port() == port,
            PortRule::Any => true,
        };
        host && port && origin.scheme() == &*self.scheme
    }

    /// Does the pattern stand for one origin only?
    ///
    /// ```
    /// # use cors_core::OriginPattern;
    /// assert!(OriginPattern::parse("https://example.com:8443")?.is_exact());
    /// assert!(!OriginPattern::parse("https://example.com:*")?.is_exact());
    /// # Ok::<(), cors_core::OriginPatternError>(())
    /// ```
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.subdomains == Subdomains::None && self.port != PortRule::Any
    }

    /// The host below which the pattern admits every name, where it does.
    pub(crate) fn wildcard_base(&self) -> Option<&str> {
        (self.subdomains == Subdomains::All).then_some(&*self.host)
    }

    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The wider patterns that stand for everything that this one stands for, and more.
    pub(crate) fn covers(&self) -> impl Iterator<Item = Self> + '_ {
        let any_port = |pattern: Self| Self { port: PortRule::Any, ..pattern };
        let own = (self.port != PortRule::Any).then(|| any_port(self.clone()));
        let parents = std::iter::successors(Some(&*self.host), |host| {
            host.split_once('.').map(|(_, parent)| parent)
        });
        own.into_iter().chain(parents.skip(1).flat_map(move |parent| {
            let above = Self { subdomains: Subdomains::All, host: parent.into(), ..self.clone() };
            let with_any_port = (self.port != PortRule::Any).then(|| any_port(above.clone()));
            std::iter::once(above).chain(with_any_port)
        }))
    }

    pub(super) fn key(&self) -> PatternKey<'_> {
        PatternKey {
            scheme: &self.scheme,
            subdomains: self.subdomains,
            host: &self.host,
            port: self.port,
        }
    }

    fn exactly(origin: &Origin<'_>) -> Self {
        Self {
            scheme: origin.scheme().into(),
            subdomains: Subdomains::None,
            host: origin.host().into(),
            port: PortRule::Exactly(origin.port()),
        }
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subdomains = if self.subdomains == Subdomains::All { "*." } else { "" };
        write!(f, "{}://{subdomains}{}", self.scheme, self.host)?;
        match self.port {
            PortRule::Exactly(Some(port)) => write!(f, ":{port}"),
            PortRule::Exactly(None) => Ok(()),
            PortRule::Any => f.write_str(":*"),
        }
    }
}

impl fmt::Debug for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginPattern(`{self}`)")
    }
}

impl std::str::FromStr for OriginPattern {
    type Err = OriginPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// What a set of patterns is looked up by. Invariant: hashes like the pattern it is the key of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PatternKey<'a> {
    pub(super) scheme: &'a str,
    pub(super) subdomains: Subdomains,
    pub(super) host: &'a str,
    pub(super) port: PortRule,
}

impl indexmap::Equivalent<OriginPattern> for PatternKey<'_> {
    fn equivalent(&self, pattern: &OriginPattern) -> bool {
        *self == pattern.key()
    }
}

/// Why a text is not an entry of an origin list.
///
/// ```
/// use cors_core::{OriginPattern, OriginPatternError};
///
/// let error = OriginPattern::parse("capacitor://*.example").unwrap_err();
/// assert_eq!(error, OriginPatternError::WildcardScheme);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OriginPatternError {
    /// Without its wildcards, the entry is no serialised origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A `*` that is neither the whole first label nor the whole port.
    #[error(
        "a `*` stands only as the first label (`https://*.example.com`) or as the port (`http://localhost:*`); for anything else use a regex or a predicate"
    )]
    MisplacedWildcard,
    /// A wildcard in an origin of another scheme than `http`, `https`, `ws` and `wss`.
    #[error("wildcards are for `http`, `https`, `ws` and `wss` only: list the exact origin")]
    WildcardScheme,
    /// `*.` before an IP address.
    #[error("an IP address has no subdomains")]
    WildcardBeforeAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_whole_labels_and_whole_ports() {
        for (pattern, origin, matches) in [
            ("https://example.com", "https://example.com", true),
            ("https://example.com", "http://example.com", false),
            ("https://example.com", "https://example.com:8443", false),
            ("https://example.com", "https://example.com.", false),
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://c.b-b.a_a.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "https://a.example.com:8443", false),
            ("https://*.example.com", "https://a.example.com.", false),
            ("https://*.example.com.", "https://a.example.com.", true),
            ("https://*.example.com:8443", "https://a.example.com:8443", true),
            ("https://*.example.com:8443", "https://a.example.com", false),
            ("http://localhost:*", "http://localhost", true),
            ("http://localhost:*", "http://localhost:1", true),
            ("http://localhost:*", "https://localhost:1", false),
            ("http://localhost:*", "http://a.localhost:1", false),
            ("http://[::1]:*", "http://[::1]:3000", true),
            ("http://127.0.0.1:*", "http://127.0.0.1:3000", true),
            ("wss://*.example.com:*", "wss://a.example.com:1", true),
            ("moz-extension://2c127fa4", "moz-extension://2c127fa4", true),
        ] {
            let parsed = OriginPattern::parse(pattern).unwrap();
            assert_eq!(
                parsed.matches(&Origin::parse(origin).unwrap()),
                matches,
                "{pattern} {origin}"
            );
            assert_eq!(parsed.to_string(), pattern);
            assert_eq!(parsed.is_exact(), !pattern.contains('*'), "{pattern}");
        }
    }

    #[test]
    fn wildcards_elsewhere_are_refused() {
        let long = format!("https://*.{}.example", "a".repeat(244));
        for (pattern, error) in [
            ("*://example.com", OriginPatternError::MisplacedWildcard),
            ("https://*", OriginPatternError::MisplacedWildcard),
            ("https://*:8080", OriginPatternError::MisplacedWildcard),
            ("https://**.example.com", OriginPatternError::MisplacedWildcard),
            ("https://*.*.example.com", OriginPatternError::MisplacedWildcard),
            ("https://a.*.example.com", OriginPatternError::MisplacedWildcard),
            ("https://*example.com", OriginPatternError::MisplacedWildcard),
            ("https://example.*", OriginPatternError::MisplacedWildcard),
            ("https://example.com:*0", OriginPatternError::MisplacedWildcard),
            ("https://[*]", OriginPatternError::MisplacedWildcard),
            ("chrome-extension://*", OriginPatternError::WildcardScheme),
            ("ftp://*.example.com", OriginPatternError::WildcardScheme),
            ("capacitor://localhost:*", OriginPatternError::WildcardScheme),
            ("https://*.0.0.1", OriginPatternError::Origin(OriginError::Ipv4)),
            ("https://*.127.0.0.1", OriginPatternError::WildcardBeforeAddress),
            ("https://*.[::1]", OriginPatternError::WildcardBeforeAddress),
            ("*", OriginPatternError::Origin(OriginError::NoScheme)),
            ("*.example.com", OriginPatternError::Origin(OriginError::NoScheme)),
            ("file://*.example.com", OriginPatternError::Origin(OriginError::FileScheme)),
            ("HTTPS://*.example.com", OriginPatternError::Origin(OriginError::UpperCase)),
            ("https://*.", OriginPatternError::Origin(OriginError::NoHost)),
            ("https://*..example.com", OriginPatternError::Origin(OriginError::EmptyLabel)),
            ("http://localhost:*/", OriginPatternError::Origin(OriginError::Path)),
            ("https://example.com/*", OriginPatternError::Origin(OriginError::Path)),
            ("https://*.example.com/", OriginPatternError::Origin(OriginError::Path)),
            ("https://*.example.com:443", OriginPatternError::Origin(OriginError::DefaultPort)),
            ("https://example.com:1:*", OriginPatternError::Origin(OriginError::Port)),
            (&long, OriginPatternError::Origin(OriginError::HostTooLong)),
        ] {
            assert_eq!(OriginPattern::parse(pattern), Err(error), "{pattern}");
        }
    }
}
