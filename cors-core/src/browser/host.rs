//! The host parser, as far as origins need it: <https://url.spec.whatwg.org/#concept-host-parser>

use std::net::{Ipv4Addr, Ipv6Addr};

use super::url::is_special;

/// The host in the form that origins are compared in, or `None` where it is not one: an IP address,
/// or what is left of a name after a look for forbidden code points.
///
/// <https://url.spec.whatwg.org/#concept-host-parser>
pub(super) fn canonical_host(scheme: &str, host: &str) -> Option<String> {
    if let Some(address) = host.strip_prefix('[') {
        return Some(canonical_ipv6(address.strip_suffix(']')?.parse().ok()?));
    }
    let host = match is_special(scheme) {
        true => percent_decoded(host)?.to_ascii_lowercase(),
        false => host.to_owned(),
    };
    if host.is_empty() {
        return (scheme == "file" || !is_special(scheme)).then_some(host);
    }
    let forbidden = |byte: u8| byte <= b' ' || byte >= 0x7F || b"#/:<>?@[\\]^|".contains(&byte);
    if host.bytes().any(forbidden) || (is_special(scheme) && host.contains('%')) {
        return None;
    }
    if is_special(scheme) && ends_in_a_number(&host) {
        return ipv4(&host).map(|address| Ipv4Addr::from(address).to_string());
    }
    Some(host)
}

/// Never with a dotted tail, which the standard library writes for mapped addresses.
fn canonical_ipv6(address: Ipv6Addr) -> String {
    match address.to_ipv4_mapped() {
        Some(_) => {
            let [.., high, low] = address.segments();
            format!("[::ffff:{high:x}:{low:x}]")
        }
        None => format!("[{address}]"),
    }
}

/// <https://url.spec.whatwg.org/#ends-in-a-number-checker>
fn ends_in_a_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        || ipv4_number(last).is_some()
}

/// <https://url.spec.whatwg.org/#concept-ipv4-parser>
fn ipv4(host: &str) -> Option<u32> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let parts: Vec<u64> = host.split('.').map(ipv4_number).collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|&part| part > 255) {
        return None;
    }
    let leading_value = leading.iter().fold(0, |value, part| value << 8 | part);
    let remaining_bits = 8 * (4 - u32::try_from(leading.len()).ok()?);
    (*last < 1 << remaining_bits).then_some(())?;
    u32::try_from(leading_value << remaining_bits | last).ok()
}

/// <https://url.spec.whatwg.org/#ipv4-number-parser>
fn ipv4_number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (part, 8),
        None => (part, 10),
    };
    // The standard library also takes a sign.
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, radix).ok() }
}

/// `None` where the bytes are not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, tail @ ..] => hex(*high).zip(hex(*low)).map(|pair| (pair, tail)),
            _ => None,
        };
        let (byte, tail) =
            escape.map_or((*first, tail), |((high, low), tail)| (high << 4 | low, tail));
        decoded.push(byte);
        rest = tail;
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_canonical_or_refused() {
        for (host, canonical) in [
            ("A_b.Example", Some("a_b.example")),
            ("%61.example", Some("a.example")),
            ("a.example.", Some("a.example.")),
            ("*.example", Some("*.example")),
            ("127.1", Some("127.0.0.1")),
            ("0x7f.0.0.1", Some("127.0.0.1")),
            ("0177.0.0.1", Some("127.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("127.0.0.1.", Some("127.0.0.1")),
            ("0x", Some("0.0.0.0")),
            ("1.2.3.4.x", Some("1.2.3.4.x")),
            ("[0:0::1]", Some("[::1]")),
            ("[::ffff:127.0.0.1]", Some("[::ffff:7f00:1]")),
            ("", None),
            ("a b", None),
            ("a%20b", None),
            ("a%2", None),
            ("a^b", None),
            ("%FF", None),
            ("b\u{FC}cher.example", None),
            ("1.2.3.4.5", None),
            ("1.2.3.4.0", None),
            ("1.2.3.4.5.6.7", None),
            ("256.1.1.1", None),
            ("1.256", Some("1.0.1.0")),
            ("1.16777216", None),
            ("09", None),
            ("a.0x100000000", None),
            ("a.+1", Some("a.+1")),
            ("[::1", None),
            ("[::1%eth0]", None),
            ("[::g]", None),
        ] {
            assert_eq!(canonical_host("http", host).as_deref(), canonical, "{host}");
        }
    }

    #[test]
    fn hosts_of_unknown_schemes_are_kept() {
        for (host, canonical) in [
            ("AbC", Some("AbC")),
            ("%61", Some("%61")),
            ("127.1", Some("127.1")),
            ("", Some("")),
            ("[::1]", Some("[::1]")),
            ("a|b", None),
        ] {
            assert_eq!(canonical_host("x", host).as_deref(), canonical, "{host}");
        }
        assert_eq!(canonical_host("file", "").as_deref(), Some(""));
    }
}
