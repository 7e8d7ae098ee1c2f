//! Origins: what is accepted is what the URL standard serialises, and the reverse.

use cors_core::Origin;
use cors_core::browser::Browser;
use url::Url;

use crate::reference;

pub(super) const WORDS: &[&str] = &[
    "https://",
    "http://",
    "wss://",
    "ftp://",
    "file://",
    "://",
    "xn--",
    "xn--p1ai",
    "[::1]",
    "[::ffff:1.2.3.4]",
    "0x7f",
    "127.0.0.1",
    "localhost",
    ":443",
    ":80",
    ":0",
    ":65536",
    ".",
    "..",
    "@",
    "/",
    "%2e",
    "\u{ff0e}",
    "\u{df}",
    "\u{ad}",
];

/// What no vector has: the forms of addresses, and other ways to write an origin.
pub(super) const SEEDS: &[&str] = &[
    "https://a.0x7f",
    "https://a.0x",
    "https://0x7f.0.0.1",
    "https://127.1",
    "https://1.2.3.4.",
    "https://1.2.3.256",
    "http://[::ffff:7f00:1]",
    "http://[1:0:0:2::3]:81",
    "ftp://xn--a-ecp.ru:2121",
    "wss://xn--a",
    "HTTPS:\\\\user:pw@EXAMPLE.com:0443/path?query#fragment",
    "http://%61.example",
    "http://stra\u{df}e.example",
    "vscode-webview://0a1B_c:8080",
];

const SPECIAL: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// The input is the value of an `Origin` field, and the text of a URL.
///
/// What is accepted is what `url` gives back as the origin, unchanged; and the origin that `url`
/// makes of any URL is accepted. They differ on purpose where
///
/// - a label begins with `xn--`: browsers decided long before, when they resolved the name, and
///   pass it on, so the engine takes it as it is written; `url` decodes it, and refuses some;
/// - the port is 0: browsers never send a request to it, so an entry with it never matches;
/// - the host has bytes beyond `a-z 0-9 - _`, an empty label or more than 253 bytes: `url` keeps
///   them, but no such name is in DNS;
/// - the origin has more than 512 bytes, or a scheme of more than 64: that bounds the work.
pub(super) fn check(data: &[u8]) {
    let parsed = Origin::from_bytes(data);
    let Ok(text) = str::from_utf8(data) else {
        assert!(parsed.is_err(), "bytes outside ASCII are no origin");
        return;
    };
    assert_eq!(parsed, Origin::parse(text), "bytes and text are one");
    assert_eq!(parsed.is_ok(), reference::is_well_formed(text), "`{text}`: {parsed:?}");

    if let Ok(origin) = parsed {
        let port = origin.port().map_or_else(String::new, |port| format!(":{port}"));
        assert_eq!(format!("{}://{}{port}", origin.scheme(), origin.host()), text);
        assert_eq!(origin.to_string(), text);
        if SPECIAL.contains(&origin.scheme()) {
            match Url::parse(text) {
                Ok(url) => assert_eq!(url.origin().ascii_serialization(), text),
                Err(error) => assert!(text.contains("xn--"), "`{text}`: {error}"),
            }
        }
    }

    let Ok(url) = Url::parse(text) else { return };
    let origin = url.origin();
    if origin.is_tuple() && SPECIAL.contains(&url.scheme()) {
        let serialized = origin.ascii_serialization();
        let again = Origin::parse(&serialized);
        assert_eq!(again.is_ok(), is_of_the_alphabet(&url), "`{serialized}`: {again:?}");
        if let Ok(again) = again {
            assert_eq!(
                (again.scheme(), again.host()),
                (url.scheme(), url.host_str().unwrap_or(""))
            );
            assert_eq!(again.port(), url.port());
        }
        is_that_of_the_browser(text, &serialized);
    }
}

/// Is the host one that entries can have?
fn is_of_the_alphabet(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let labels = host.strip_suffix('.').unwrap_or(host);
    let of_label = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    let domain = labels.len() <= 253
        && labels.split('.').all(|label| !label.is_empty() && label.bytes().all(of_label));
    let fits = url.origin().ascii_serialization().len() <= 512;
    (host.starts_with('[') || domain) && url.port() != Some(0) && fits
}

/// The oracle's own parser, which decodes no internationalised names, agrees where it reads a URL.
fn is_that_of_the_browser(text: &str, serialized: &str) {
    let decoded = !text.is_ascii() || text.contains('%') || serialized.contains("xn--");
    if let (false, Ok(page)) = (decoded, Browser::at(text)) {
        assert_eq!(page.origin(), serialized, "the oracle reads `{text}` otherwise");
    }
}
