//! Why a text is not an origin.

/// Why a text is not a serialised tuple origin.
///
/// ```
/// use cors_core::{Origin, OriginError};
///
/// let error = Origin::parse("https://example.com:443").unwrap_err();
/// assert_eq!(error, OriginError::DefaultPort);
/// assert_eq!(error.to_string(), "browsers leave out the scheme's default port");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Nothing at all.
    #[error("an origin is not empty")]
    Empty,
    /// More than 512 bytes.
    #[error("an origin has at most 512 bytes")]
    TooLong,
    /// A byte outside ASCII.
    #[error("browsers send internationalised hosts in Punycode (`xn--...`)")]
    NotAscii,
    /// White space or a control character.
    #[error("an origin has no spaces or control characters")]
    Space,
    /// No `scheme://`.
    #[error("an origin starts with a scheme, such as `https://`")]
    NoScheme,
    /// A scheme outside RFC 3986, section 3.1, or of over 64 bytes.
    #[error(
        "a scheme is a lower-case letter and up to 63 lower-case letters, digits, `+`, `-` or `.`"
    )]
    Scheme,
    /// `file`, whose pages have the origin `null`.
    #[error("pages of the scheme `file` have the origin `null`")]
    FileScheme,
    /// An upper-case letter in the scheme, or in a host that is not opaque.
    #[error("browsers send origins in lower case")]
    UpperCase,
    /// A user name or password.
    #[error("an origin has no user name or password")]
    UserInfo,
    /// A path, be it only a slash.
    #[error("an origin has no path")]
    Path,
    /// A query.
    #[error("an origin has no query")]
    Query,
    /// A fragment.
    #[error("an origin has no fragment")]
    Fragment,
    /// Nothing between `://` and the port or the end.
    #[error("an origin has a host")]
    NoHost,
    /// A byte that no host of the scheme has.
    #[error("a host has no `{0}`")]
    HostByte(char),
    /// A domain label without a byte.
    #[error("a domain has no empty label")]
    EmptyLabel,
    /// A domain of over 253 bytes.
    #[error("a domain has at most 253 bytes")]
    HostTooLong,
    /// A host whose last label is a number, and which is not a dotted quad.
    #[error(
        "a host that ends in a number is an IPv4 address, which browsers send as a dotted quad"
    )]
    Ipv4,
    /// Brackets around something that is not the canonical form of an IPv6 address.
    #[error("browsers send IPv6 addresses in their shortest lower-case form, such as `[::1]`")]
    Ipv6,
    /// A port that is not a number from 1 to 65535 without leading zeros.
    #[error("a port is a number from 1 to 65535 without leading zeros")]
    Port,
    /// A port that the scheme implies.
    #[error("browsers leave out the scheme's default port")]
    DefaultPort,
}
