//! Is a request one that a page makes to its own origin?

use crate::context::RequestContext;
use crate::fetch;
use crate::origin::{Origin, parse_port};
use crate::request::{Asked, Field};

/// Does `Sec-Fetch-Site`, which no script can set, say so, or is the origin that of the request's
/// target?
///
/// <https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header>
pub(super) fn is_same_origin(
    request: &RequestContext<'_>,
    forwarded_headers_are_trusted: bool,
) -> bool {
    match request.header("sec-fetch-site") {
        Some(b"same-origin") => return true,
        Some(b"cross-site" | b"same-site") => return false,
        _ => {}
    }
    let Asked::Actual { origin: Field::Line(origin) } = request.request().asked() else {
        return false;
    };
    let Ok(origin) = Origin::from_bytes(origin.as_bytes()) else { return false };
    let forwarded = |name| {
        let value = request.header(name).filter(|_| forwarded_headers_are_trusted)?;
        let first = value.split(|byte| *byte == b',').next()?;
        str::from_utf8(fetch::trim_whitespace(first)).ok()
    };
    let scheme = forwarded("x-forwarded-proto").or(request.scheme());
    let Some(host) = forwarded("x-forwarded-host").or(request.host()) else { return false };
    scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case(origin.scheme()))
        && is_host_of(&origin, host)
}

/// Is `host`, which may name the default port and be in any case, the host and port of `origin`?
fn is_host_of(origin: &Origin<'_>, host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => match parse_port(port) {
            Ok(port) => (name, Some(port)),
            Err(_) => return false,
        },
        _ => (host, None),
    };
    let port = port.filter(|port| Some(*port) != fetch::default_port(origin.scheme()));
    name.eq_ignore_ascii_case(origin.host()) && port == origin.port()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::CorsRequest;

    #[test]
    fn a_request_is_same_origin_by_fetch_metadata_or_by_its_target() {
        let host = ("host", "a.example");
        let forwarded = ("x-forwarded-host", "b.example, c.example");
        let proto = ("x-forwarded-proto", "https");
        let spaced = ("x-forwarded-host", "B.example\t , c.example");
        let protos = ("x-forwarded-proto", "HTTPS ,http");
        for (origin, scheme, lines, same, same_if_trusted) in [
            ("https://a.example", None, vec![host], true, true),
            ("http://a.example", None, vec![host], true, true),
            ("http://a.example", Some("https"), vec![host], false, false),
            ("https://a.example", Some("https"), vec![host], true, true),
            ("https://a.example:8443", None, vec![("host", "A.Example:8443")], true, true),
            ("https://a.example", None, vec![("host", "a.example:443")], true, true),
            ("http://a.example", None, vec![("host", "a.example:443")], false, false),
            ("http://[::1]:3000", None, vec![("host", "[::1]:3000")], true, true),
            ("http://[::1]", None, vec![("host", "[::1]")], true, true),
            ("https://a.example", None, vec![], false, false),
            ("https://a.example", None, vec![("host", "a.example:x")], false, false),
            ("https://a.example", None, vec![("host", "a.example:+443")], false, false),
            ("https://a.example", None, vec![("host", "a.example:0443")], false, false),
            ("https://a.example:8443", None, vec![("host", "a.example:08443")], false, false),
            ("https://a.example", None, vec![("host", "a.example:")], false, false),
            ("https://evil.example", None, vec![host], false, false),
            ("https://evil-a.example", None, vec![host], false, false),
            ("null", None, vec![("host", "null")], false, false),
            ("https://a.example/", None, vec![host], false, false),
            (
                "https://evil.example",
                None,
                vec![host, ("sec-fetch-site", "same-origin")],
                true,
                true,
            ),
            ("https://b.example", None, vec![host, forwarded], false, true),
            ("https://c.example", None, vec![host, forwarded], false, false),
            ("https://a.example", None, vec![host, forwarded], true, false),
            ("http://a.example", None, vec![host, proto], true, false),
            ("https://b.example", None, vec![host, spaced, protos], false, true),
            ("http://b.example", None, vec![host, spaced, protos], false, false),
            ("https://b.example:8443", None, vec![host, spaced, protos], false, false),
            ("http://a.example", Some("https"), vec![host, proto], false, false),
            ("https://a.example", Some("http"), vec![host, proto], false, true),
            ("https://a.example", Some("HTTPS"), vec![host], true, true),
            ("ws://a.example", None, vec![("host", "a.example:80")], true, true),
            ("wss://a.example", None, vec![("host", "a.example:80")], false, false),
        ] {
            let mut all = vec![("origin", origin)];
            all.extend(lines);
            let request =
                RequestContext::new(CorsRequest::new("POST", &all), "/").with_scheme(scheme);
            assert_eq!(is_same_origin(&request, false), same, "{scheme:?} {all:?}");
            assert_eq!(is_same_origin(&request, true), same_if_trusted, "{scheme:?} {all:?}");
        }
    }

    #[test]
    fn fetch_metadata_decides_where_it_names_a_site_and_else_the_target_does() {
        let host = ("host", "a.example");
        let (yes, no, by_target) = ([true, true], [false, false], [true, false]);
        for (sites, expected) in [
            (vec![], by_target),
            (vec!["same-origin"], yes),
            (vec!["same-site"], no),
            (vec!["cross-site"], no),
            (vec!["none"], by_target),
            (vec![""], by_target),
            (vec!["Same-Origin"], by_target),
            (vec!["Cross-Site"], by_target),
            (vec!["same-origin-allow"], by_target),
            (vec!["same-origin, same-origin"], by_target),
            // Browsers send one line; of several, the first counts.
            (vec!["same-origin", "cross-site"], yes),
            (vec!["cross-site", "same-origin"], no),
            (vec!["none", "same-origin"], by_target),
        ] {
            for (origin, same) in ["https://a.example", "https://b.example"].iter().zip(expected) {
                let mut lines = vec![("origin", *origin), host];
                lines.extend(sites.iter().map(|site| ("sec-fetch-site", *site)));
                let request = RequestContext::new(CorsRequest::new("POST", &lines), "/");
                assert_eq!(is_same_origin(&request, false), same, "{lines:?}");
                assert_eq!(is_same_origin(&request, true), same, "{lines:?}");
            }
        }
    }
}
