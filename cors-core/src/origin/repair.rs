//! What was probably meant by a text that is not an origin.

use std::net::Ipv6Addr;

use super::host::is_loopback_host;
use super::ipv6::Serialized;
use super::pattern::OriginPattern;
use crate::fetch;

/// The origin that was probably meant by `text`, for the correction in an error.
pub(crate) fn repaired(text: &str) -> Option<String> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let mut authority = rest.split(['/', '?', '#', '\\']).next()?.to_owned();
    if let Some(default) = fetch::default_port(&scheme) {
        authority.make_ascii_lowercase();
        if let Some((host, port)) = authority.rsplit_once(':')
            && let Ok(port) = port.parse::<u16>()
        {
            authority = if port == default { host.to_owned() } else { format!("{host}:{port}") };
        }
        if let Some((address, port)) = authority.strip_prefix('[').and_then(|a| a.split_once(']'))
            && let Ok(address) = address.parse::<Ipv6Addr>()
        {
            authority = format!("[{}]{port}", Serialized(address));
        }
    }
    let meant = format!("{scheme}://{authority}");
    (meant != text && OriginPattern::parse(&meant).is_ok()).then_some(meant)
}

/// What was probably meant by an entry of an origin list: also one without a scheme, or a list in one
/// string.
pub(crate) fn corrected(entry: &str) -> Option<String> {
    if let Some(parts) = several(entry) {
        return Some(parts.join("`, `"));
    }
    repaired(entry).or_else(|| with_scheme(entry))
}

/// The origins of an entry that holds several: at most eight, since more are no slip.
fn several(entry: &str) -> Option<Vec<String>> {
    let is_separator = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
    let parts: Vec<_> = entry.split(is_separator).filter(|part| !part.is_empty()).take(9).collect();
    if !(2..=8).contains(&parts.len()) {
        return None;
    }
    let meant = |part: &&str| match OriginPattern::parse(part) {
        Ok(_) => Some((*part).to_owned()),
        Err(_) => repaired(part).or_else(|| with_scheme(part)),
    };
    parts.iter().map(meant).collect()
}

/// A host with the scheme that its pages have: `https`, or on this machine `http`. A word without a
/// dot or a port is no host.
fn with_scheme(host: &str) -> Option<String> {
    let host = host.trim().trim_start_matches("//");
    let name = host.split([':', '/']).next().unwrap_or_default();
    let is_loopback = is_loopback_host(name);
    if host.contains("://") || !(is_loopback || name.contains('.')) {
        return None;
    }
    let text = format!("{}://{host}", if is_loopback { "http" } else { "https" });
    match OriginPattern::parse(&text) {
        Ok(_) => Some(text),
        Err(_) => repaired(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_proposed_where_it_is_clear() {
        for (text, meant) in [
            ("https://example.com/", Some("https://example.com")),
            (" HTTPS://Example.com:443/path?q#f", Some("https://example.com")),
            ("http://example.com:08080", Some("http://example.com:8080")),
            ("https://[0:0:0:0:0:0:0:1]:443/", Some("https://[::1]")),
            ("https://[::ffff:127.0.0.1]", Some("https://[::ffff:7f00:1]")),
            ("Safari-Web-Extension://AB/", Some("safari-web-extension://AB")),
            ("example.com", None),
            ("https://bücher.example", None),
            ("https://user@example.com", None),
            ("https://127.1", None),
        ] {
            assert_eq!(repaired(text).as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn entries_are_corrected_as_patterns() {
        for (text, meant) in [
            ("chrome-extension://*", None),
            ("https://*.example.com/", Some("https://*.example.com")),
            ("https://*.Example.com", Some("https://*.example.com")),
            ("HTTPS://*.example.com", Some("https://*.example.com")),
            ("https://*.example.com:443", Some("https://*.example.com")),
            ("https://*.example.com:08080", Some("https://*.example.com:8080")),
            ("http://localhost:*/", Some("http://localhost:*")),
            ("example.com", Some("https://example.com")),
            ("Example.com:443/", Some("https://example.com")),
            ("localhost:3000", Some("http://localhost:3000")),
            ("localhost:*", Some("http://localhost:*")),
            ("*.example.com", Some("https://*.example.com")),
            ("https://a,https://b", Some("https://a`, `https://b")),
            ("https://a.example/ b.example", Some("https://a.example`, `https://b.example")),
            ("https://a,b", None),
            ("all", None),
            ("*example.com", None),
            ("https://*example.com", None),
        ] {
            assert_eq!(corrected(text).as_deref(), meant, "{text}");
        }
    }
}
