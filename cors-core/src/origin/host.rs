//! The hosts of serialised origins.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::OriginError;
use super::ipv6::is_serialized;

/// The longest domain name, in bytes, a trailing dot aside: RFC 1035, section 2.3.4.
const MAX_DOMAIN_LENGTH: usize = 253;

/// The host rules of the URL standard for special schemes, restricted to what it serialises:
/// <https://url.spec.whatwg.org/#host-serializing>
pub(super) fn check_special_host(host: &str) -> Result<(), OriginError> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.parse::<Ipv6Addr>() {
            Ok(parsed) if is_serialized(parsed, address) => Ok(()),
            _ => Err(OriginError::Ipv6),
        };
    }
    check_domain(host)?;
    if ends_in_a_number(host) && host.parse::<Ipv4Addr>().is_err() {
        return Err(OriginError::Ipv4);
    }
    Ok(())
}

/// One or more labels of `a-z 0-9 - _`, and perhaps one trailing dot.
fn check_domain(host: &str) -> Result<(), OriginError> {
    for byte in host.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {}
            b'A'..=b'Z' => return Err(OriginError::UpperCase),
            _ => return Err(refused_host_byte(host, byte)),
        }
    }
    let labels = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() {
        Err(OriginError::NoHost)
    } else if labels.split('.').any(str::is_empty) {
        Err(OriginError::EmptyLabel)
    } else if labels.len() > MAX_DOMAIN_LENGTH {
        Err(OriginError::HostTooLong)
    } else {
        Ok(())
    }
}

/// Printable ASCII without the forbidden host code points:
/// <https://url.spec.whatwg.org/#forbidden-host-code-point>
pub(super) fn check_opaque_host(host: &str) -> Result<(), OriginError> {
    if host.is_empty() {
        return Err(OriginError::NoHost);
    }
    let forbidden = |byte: &u8| {
        matches!(
            byte,
            b'#' | b'/' | b':' | b'<' | b'>' | b'?' | b'@' | b'[' | b'\\' | b']' | b'^' | b'|'
        )
    };
    match host.bytes().find(forbidden) {
        Some(byte) => Err(refused_host_byte(host, byte)),
        None => Ok(()),
    }
}

/// Names the part of a URL that `byte` in place of a host byte announces.
fn refused_host_byte(host: &str, byte: u8) -> OriginError {
    if host.contains('@') {
        return OriginError::UserInfo;
    }
    match byte {
        b'/' | b'\\' => OriginError::Path,
        b'?' => OriginError::Query,
        b'#' => OriginError::Fragment,
        _ if host.contains(['[', ']']) => OriginError::Ipv6,
        _ => OriginError::HostByte(char::from(byte)),
    }
}

/// The URL standard's [ends-in-a-number checker], for lower-case domains.
///
/// [ends-in-a-number checker]: https://url.spec.whatwg.org/#ends-in-a-number-checker
pub(super) fn ends_in_a_number(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    let last = labels.rsplit('.').next().unwrap_or_default();
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Can anyone on the way read and change the pages of such an origin: `http` or `ws`, and not
/// loopback?
pub(crate) fn is_insecure(scheme: &str, host: &str) -> bool {
    matches!(scheme, "http" | "ws") && !is_loopback_host(host)
}

/// Is `host` a name or an address of this machine?
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost"
        || name.ends_with(".localhost")
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
