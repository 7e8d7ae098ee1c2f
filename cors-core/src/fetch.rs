//! The Fetch standard's lists and predicates over methods and field names.
//!
//! Everything here is a definition of the standard, named as the standard names it and linked to
//! its section. Both halves of the protocol, the engine and the browser's, read these lists and
//! share nothing else.

/// Is `bytes` a token: one or more of the bytes that methods and field names are made of?
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_len(bytes) == bytes.len()
}

/// How many bytes at the beginning of `bytes` could be those of a token.
pub(crate) fn token_len(bytes: &[u8]) -> usize {
    let mut len = 0;
    while bytes.get(len).is_some_and(|byte| is_token_byte(*byte)) {
        len += 1;
    }
    len
}

/// `tchar` of RFC 9110.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES.get(usize::from(byte)) == Some(&true)
}

/// Preflights are read byte by byte, and a table answers sooner than comparisons do.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
                | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+'
                | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        );
        byte += 1;
    }
    table
};

/// The CORS-safelisted methods, as a list on the wire.
pub(crate) const SAFELISTED_METHODS: &str = "GET, HEAD, POST";

/// CORS-safelisted methods need no listing: <https://fetch.spec.whatwg.org/#cors-safelisted-method>
pub(crate) fn is_safelisted_method(method: &[u8]) -> bool {
    matches!(method, b"GET" | b"HEAD" | b"POST")
}

/// Forbidden methods never leave a browser: <https://fetch.spec.whatwg.org/#forbidden-method>
pub(crate) fn is_forbidden_method(method: &[u8]) -> bool {
    contains_ignoring_case(&["CONNECT", "TRACE", "TRACK"], method)
}

/// The upper-case form in which a browser sends `method`, where it changes the spelling at all.
///
/// <https://fetch.spec.whatwg.org/#concept-method-normalize>
pub(crate) fn normalized_method(method: &[u8]) -> Option<&'static str> {
    find_ignoring_case(&["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"], method)
}

/// Request headers that scripts cannot set, whatever their value:
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
pub(crate) fn is_forbidden_request_header_name(name: &[u8]) -> bool {
    const NAMES: [&str; 21] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    contains_ignoring_case(&NAMES, name)
        || starts_with_ignoring_case(name, b"proxy-")
        || starts_with_ignoring_case(name, b"sec-")
}

/// Response headers that scripts can never read:
/// <https://fetch.spec.whatwg.org/#forbidden-response-header-name>
pub(crate) fn is_forbidden_response_header_name(name: &[u8]) -> bool {
    contains_ignoring_case(&["set-cookie", "set-cookie2"], name)
}

/// Response headers that scripts can always read:
/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
pub(crate) fn is_safelisted_response_header_name(name: &[u8]) -> bool {
    const NAMES: [&str; 7] = [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ];
    contains_ignoring_case(&NAMES, name)
}

/// The one request header that `*` does not cover:
/// <https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name>
pub(crate) const NON_WILDCARD_REQUEST_HEADER_NAME: &str = "authorization";

/// The port that a URL of `scheme` has when it names none, and that its origin therefore omits:
/// <https://url.spec.whatwg.org/#special-scheme>
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        "ftp" => Some(21),
        _ => None,
    }
}

/// Is `byte` optional whitespace between list elements?
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3>
pub(crate) const fn is_whitespace(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without optional whitespace at both ends, as HTTP delivers a field value.
pub(crate) fn trim_whitespace(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_whitespace(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_whitespace(*last)
    {
        bytes = rest;
    }
    bytes
}

fn contains_ignoring_case(names: &[&'static str], name: &[u8]) -> bool {
    find_ignoring_case(names, name).is_some()
}

fn find_ignoring_case(names: &[&'static str], name: &[u8]) -> Option<&'static str> {
    names.iter().copied().find(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

fn starts_with_ignoring_case(name: &[u8], prefix: &[u8]) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_exactly_the_bytes_of_the_grammar() {
        let tokens: Vec<u8> = (0..=u8::MAX).filter(|&byte| is_token(&[byte])).collect();
        let grammar =
            b"!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
        assert_eq!(tokens, grammar);
        assert!(!is_token(b""));
        assert!(!is_token(b"a b"));
    }

    #[test]
    fn methods_are_classified_as_the_standard_says() {
        for (method, safelisted, forbidden, normalized) in [
            ("GET", true, false, Some("GET")),
            ("get", false, false, Some("GET")),
            ("Post", false, false, Some("POST")),
            ("HEAD", true, false, Some("HEAD")),
            ("put", false, false, Some("PUT")),
            ("delete", false, false, Some("DELETE")),
            ("options", false, false, Some("OPTIONS")),
            ("patch", false, false, None),
            ("PATCH", false, false, None),
            ("QUERY", false, false, None),
            ("trace", false, true, None),
            ("TRACK", false, true, None),
            ("Connect", false, true, None),
            ("*", false, false, None),
        ] {
            assert_eq!(is_safelisted_method(method.as_bytes()), safelisted, "{method}");
            assert_eq!(is_forbidden_method(method.as_bytes()), forbidden, "{method}");
            assert_eq!(normalized_method(method.as_bytes()), normalized, "{method}");
        }
    }

    #[test]
    fn header_names_are_classified_ignoring_case() {
        for name in ["Cookie", "HOST", "sec-fetch-mode", "Proxy-Authorization", "Sec-", "dnt"] {
            assert!(is_forbidden_request_header_name(name.as_bytes()), "{name}");
        }
        for name in ["authorization", "sec_foo", "user-agent", "x-cookie", "proxyx", ""] {
            assert!(!is_forbidden_request_header_name(name.as_bytes()), "{name}");
        }
        assert!(is_forbidden_response_header_name(b"Set-Cookie2"));
        assert!(!is_forbidden_response_header_name(b"cookie"));
        assert!(is_safelisted_response_header_name(b"Content-Length"));
        assert!(!is_safelisted_response_header_name(b"etag"));
    }

    /// Each list of the standard once more, in the standard's spelling.
    #[test]
    fn each_list_holds_the_standards_names_and_no_others() {
        type List = (fn(&[u8]) -> bool, &'static str);
        let lists: [List; 6] = [
            (is_safelisted_method, "GET HEAD POST"),
            (is_forbidden_method, "CONNECT TRACE TRACK"),
            (|method| normalized_method(method).is_some(), "DELETE GET HEAD OPTIONS POST PUT"),
            (
                is_forbidden_request_header_name,
                "Accept-Charset Accept-Encoding Access-Control-Request-Headers \
                 Access-Control-Request-Method Connection Content-Length Cookie Cookie2 Date DNT \
                 Expect Host Keep-Alive Origin Referer Set-Cookie TE Trailer Transfer-Encoding \
                 Upgrade Via Proxy-Connection Sec-WebSocket-Key",
            ),
            (is_forbidden_response_header_name, "Set-Cookie Set-Cookie2"),
            (
                is_safelisted_response_header_name,
                "Cache-Control Content-Language Content-Length Content-Type Expires Last-Modified \
                 Pragma",
            ),
        ];
        let names = || lists.iter().flat_map(|(_, names)| names.split(' '));
        for (index, (contains, own)) in lists.iter().enumerate() {
            for name in names().chain(["PATCH", "Accept", "Authorization", "ETag"]) {
                let expected = own.split(' ').any(|own| own == name);
                assert_eq!(contains(name.as_bytes()), expected, "list {index}: {name}");
            }
        }
        assert_eq!(SAFELISTED_METHODS, "GET, HEAD, POST");
        assert_eq!(NON_WILDCARD_REQUEST_HEADER_NAME, "authorization");
    }

    #[test]
    fn only_special_schemes_have_a_default_port() {
        for (scheme, port) in [
            ("ftp", Some(21)),
            ("file", None),
            ("http", Some(80)),
            ("https", Some(443)),
            ("ws", Some(80)),
            ("wss", Some(443)),
            ("chrome-extension", None),
        ] {
            assert_eq!(default_port(scheme), port, "{scheme}");
        }
    }

    #[test]
    fn whitespace_is_space_and_tab_only() {
        assert_eq!(trim_whitespace(b" \ta b\t "), b"a b");
        assert_eq!(trim_whitespace(b"\x0ba\r"), b"\x0ba\r");
        assert_eq!(trim_whitespace(b" \t "), b"");
    }
}
