//! CORS-unsafe request-headers: <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::engine::{Engine, Quirk};
use super::headers::{HeaderList, normalized};
use crate::fetch;

/// No safelisted value is longer, in bytes.
const MAX_VALUE: usize = 128;
/// Safelisted values that are longer together are all unsafe, in bytes.
const MAX_TOTAL: usize = 1_024;

/// The names that need a preflight: lower case, sorted by bytes, each once.
///
/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
pub(super) fn unsafe_request_header_names(headers: &HeaderList, engine: Engine) -> Vec<String> {
    let mut unsafe_names = BTreeSet::new();
    let mut safelisted_names = BTreeSet::new();
    let mut safelisted_bytes = 0;
    for (name, value) in headers.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if is_safelisted(&name, value, engine) {
            safelisted_names.insert(name);
            safelisted_bytes += value.len();
        } else {
            unsafe_names.insert(name);
        }
    }
    if safelisted_bytes > MAX_TOTAL {
        unsafe_names.append(&mut safelisted_names);
    }
    unsafe_names.into_iter().collect()
}

/// <https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header>
pub(super) fn is_no_cors_safelisted(name: &[u8], value: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    matches!(name.as_str(), "accept" | "accept-language" | "content-language" | "content-type")
        && is_safelisted(&name, value, Engine::Standard)
}

/// Headers that a script cannot set, by name or by value.
///
/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
pub(super) fn is_forbidden_request_header(name: &[u8], value: &[u8]) -> bool {
    const METHOD_OVERRIDES: [&str; 3] =
        ["x-http-method", "x-http-method-override", "x-method-override"];
    fetch::is_forbidden_request_header_name(name)
        || METHOD_OVERRIDES.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
            && split_outside_quotes(value)
                .any(|method| fetch::is_forbidden_method(fetch::trim_whitespace(method)))
}

/// Is the header, its name in lower case, sent without a preflight?
///
/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
fn is_safelisted(name: &str, value: &[u8], engine: Engine) -> bool {
    if value.len() > MAX_VALUE {
        return false;
    }
    match name {
        "accept" => !value.iter().any(|&byte| is_unsafe_byte(byte)),
        "accept-language" | "content-language" => value.iter().all(|&byte| is_language_byte(byte)),
        "content-type" => {
            !value.iter().any(|&byte| is_unsafe_byte(byte)) && has_safelisted_essence(value)
        }
        "range" => is_simple_range(value, engine),
        _ => engine.has(Quirk::ClientHintsSafelisted) && is_client_hint(name, value),
    }
}

/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte>
fn is_unsafe_byte(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || b"\"():<>?@[\\]{}\x7F".contains(&byte)
}

fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" *,-.;=".contains(&byte)
}

/// <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>, as far as the essence goes: parameters
/// cannot make it fail.
fn has_safelisted_essence(value: &[u8]) -> bool {
    const ESSENCES: [&str; 3] =
        ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
    let essence = normalized(essence);
    // The comparison leaves no room for a part that is not a token.
    ESSENCES.iter().any(|safelisted| essence.eq_ignore_ascii_case(safelisted.as_bytes()))
}

/// <https://fetch.spec.whatwg.org/#simple-range-header-value>
fn is_simple_range(value: &[u8], engine: Engine) -> bool {
    let Some(range) = value.strip_prefix(b"bytes=") else {
        return false;
    };
    let mut ends = range.splitn(2, |&byte| byte == b'-');
    let (Some(first), Some(last)) = (ends.next(), ends.next()) else {
        return false;
    };
    is_digits(first)
        && (last.is_empty() || is_digits(last) && compare_numbers(first, last).is_le())
        && (!engine.has(Quirk::RangeNumbersBounded)
            || [first, last].iter().all(|number| is_below_largest_i64(number)))
}

fn is_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

/// Compares digits as numbers of any size.
fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let significant = |digits: &[u8]| {
        digits.iter().copied().skip_while(|&digit| digit == b'0').collect::<Vec<u8>>()
    };
    let (a, b) = (significant(a), significant(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
}

fn is_below_largest_i64(digits: &[u8]) -> bool {
    compare_numbers(digits, i64::MAX.to_string().as_bytes()).is_lt()
}

/// [`Quirk::ClientHintsSafelisted`]
fn is_client_hint(name: &str, value: &[u8]) -> bool {
    match name {
        "device-memory" | "downlink" | "dpr" => is_decimal(value),
        "rtt" | "viewport-width" | "width" => is_digits(value),
        "ect" => matches!(value, b"slow-2g" | b"2g" | b"3g" | b"4g"),
        "save-data" => value.eq_ignore_ascii_case(b"on"),
        "intervention" => true,
        _ => false,
    }
}

/// Digits, or digits, a point and digits.
fn is_decimal(value: &[u8]) -> bool {
    let mut parts = value.splitn(2, |&byte| byte == b'.');
    parts.all(is_digits)
}

/// The elements of a comma list, quoted strings kept whole.
///
/// <https://fetch.spec.whatwg.org/#header-value-get-decode-and-split>
fn split_outside_quotes(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    value.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
        byte == b',' && !quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safelisted_headers_are_those_of_the_standard() {
        let (longest, too_long) = ("a".repeat(128), "a".repeat(129));
        for (name, value, safelisted) in [
            ("accept", "text/html;q=0.5, */*", true),
            ("accept", "a\tb\u{80}", true),
            ("accept", "", true),
            ("accept", &longest, true),
            ("accept", &too_long, false),
            ("accept", "a\x01b", false),
            ("accept", "a\x7Fb", false),
            ("accept", "\"a\"", false),
            ("accept-language", "en-GB,de;q=0.5, *", true),
            ("accept-language", "nn_NO", false),
            ("accept-language", "en\tus", false),
            ("content-language", "\u{E9}", false),
            ("content-type", "text/plain", true),
            ("content-type", "Text/PLAIN ;garbage", true),
            ("content-type", "multipart/form-data; boundary=x", true),
            ("content-type", "application/x-www-form-urlencoded", true),
            ("content-type", "text/plain;charset=\"utf-8\"", false),
            ("content-type", "application/json", false),
            ("content-type", "text /plain", false),
            ("content-type", "text/plain,", false),
            ("content-type", "text/plain, text/plain", false),
            ("content-type", "text/plain/x", false),
            ("content-type", "", false),
            ("range", "bytes=0-", true),
            ("range", "bytes=007-7", true),
            ("range", "bytes=99999999999999999999-100000000000000000000", true),
            ("range", "bytes=2-1", false),
            ("range", "bytes=-5", false),
            ("range", "bytes=0", false),
            ("range", "Bytes=0-", false),
            ("range", "bytes=0- 1", false),
            ("range", "bytes=0-1,3-4", false),
            ("range", "bytes=+1-2", false),
            ("dpr", "2.0", false),
            ("x-custom", "", false),
        ] {
            assert_eq!(
                is_safelisted(name, value.as_bytes(), Engine::Standard),
                safelisted,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn bytes_of_safelisted_values_are_those_of_the_standard() {
        let all = |is_one: fn(u8) -> bool| -> Vec<u8> {
            (0..=u8::MAX).filter(|byte| is_one(*byte)).collect()
        };
        let controls: Vec<u8> = (0..0x20).filter(|byte| *byte != 0x09).collect();
        assert_eq!(all(is_unsafe_byte), [&controls[..], b"\"():<>?@[\\]{}\x7F"].concat());
        assert_eq!(
            all(is_language_byte),
            b" *,-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        );
    }

    #[test]
    fn chromium_safelists_client_hints_and_bounds_ranges() {
        for (name, value, safelisted) in [
            ("dpr", "2.0", true),
            ("downlink", "0", true),
            ("device-memory", "0.5", true),
            ("device-memory", "1.", false),
            ("device-memory", ".5", false),
            ("dpr", "-1", false),
            ("width", "100", true),
            ("viewport-width", "100", true),
            ("viewport-width", "1.5", false),
            ("rtt", "50", true),
            ("rtt", "", false),
            ("save-data", "ON", true),
            ("save-data", "off", false),
            ("ect", "slow-2g", true),
            ("ect", "2g", true),
            ("ect", "3g", true),
            ("ect", "4g", true),
            ("ect", "5g", false),
            ("intervention", "anything", true),
            ("last-event-id", "1", false),
            ("range", "bytes=9223372036854775806-", true),
            ("range", "bytes=9223372036854775807-", false),
            ("range", "bytes=0-9223372036854775807", false),
        ] {
            assert_eq!(
                is_safelisted(name, value.as_bytes(), Engine::Chromium),
                safelisted,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn unsafe_names_are_sorted_unique_and_lower_case() {
        let headers = HeaderList::from_iter([
            ("X-B", "1"),
            ("content-type", "application/json"),
            ("x-b", "2"),
            ("X-10", "1"),
            ("Accept", "a"),
            ("_", "1"),
        ]);
        assert_eq!(
            unsafe_request_header_names(&headers, Engine::Standard),
            ["_", "content-type", "x-10", "x-b"]
        );
    }

    #[test]
    fn more_than_1024_safelisted_bytes_make_all_names_unsafe() {
        let mut headers: HeaderList = (0..8).map(|_| ("Accept", "a".repeat(128))).collect();
        assert!(unsafe_request_header_names(&headers, Engine::Standard).is_empty());
        headers.append("X-A", "a".repeat(2_000));
        assert_eq!(unsafe_request_header_names(&headers, Engine::Standard), ["x-a"]);
        headers.append("Range", "bytes=0-");
        assert_eq!(
            unsafe_request_header_names(&headers, Engine::Standard),
            ["accept", "range", "x-a"]
        );
    }

    #[test]
    fn method_overrides_are_forbidden_by_value() {
        for (name, value, forbidden) in [
            ("Cookie", "", true),
            ("Sec-Foo", "", true),
            ("sec_foo", "", false),
            ("X-HTTP-Method", "GET", false),
            ("X-HTTP-Method", "trace", true),
            ("x-http-method-override", "GET, track ", true),
            ("X-Method-Override", "\"a,TRACE\"", false),
            ("X-Method-Override", "\"a\\\"b\",TRACE", true),
            ("X-Method-Override", "TRACES", false),
            ("X-Method", "TRACE", false),
        ] {
            let found = is_forbidden_request_header(name.as_bytes(), value.as_bytes());
            assert_eq!(found, forbidden, "{name}: {value}");
        }
    }

    #[test]
    fn no_cors_mode_safelists_four_names() {
        for name in ["Accept", "Accept-Language", "Content-Language"] {
            assert!(is_no_cors_safelisted(name.as_bytes(), b"a"), "{name}");
        }
        assert!(is_no_cors_safelisted(b"Content-Type", b"text/plain"));
        assert!(!is_no_cors_safelisted(b"Content-Type", b"text/html"));
        assert!(!is_no_cors_safelisted(b"Accept", b"a\"b"));
        assert!(!is_no_cors_safelisted(b"Range", b"bytes=0-"));
        assert!(!is_no_cors_safelisted(b"DPR", b"1"));
    }
}
