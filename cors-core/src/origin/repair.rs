//! What was probably meant by a text that is not an origin.

use std::net::Ipv6Addr;

use super::ipv6::Serialized;
use super::parse::Origin;
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
    let text = format!("{scheme}://{authority}");
    Origin::parse(&text).is_ok().then_some(text)
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
}
