//! The spellings of one path: no other spelling may escape a rule.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The spelling that paths are compared in: what may stand in a path is decoded, everything else is
/// percent-encoded, with digits in upper case. An application that decodes paths takes `/%61dmin` for
/// `/admin`, and a rule has to do so, too. A `%` without two digits is one that is not encoded.
///
/// <https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2>
pub(super) fn canonical(path: &str) -> Cow<'_, str> {
    spelled(path, is_of_path)
}

/// As [`canonical`], of a rule, in which braces are syntax.
pub(super) fn canonical_rule(path: &str) -> Cow<'_, str> {
    spelled(path, |byte| is_of_path(byte) || matches!(byte, b'{' | b'}'))
}

fn spelled(path: &str, is_plain: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if path.bytes().all(&is_plain) {
        return Cow::Borrowed(path);
    }
    let mut text = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match encoded(rest) {
            Some((byte, after)) => {
                push(&mut text, byte, is_of_path(byte) && byte != b'/');
                rest = after;
            }
            None => {
                push(&mut text, *byte, is_plain(*byte));
                rest = after;
            }
        }
    }
    if text == path { Cow::Borrowed(path) } else { Cow::Owned(text) }
}

/// The byte that is percent-encoded at the beginning, and what follows it.
fn encoded(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = text.strip_prefix(b"%")?.split_first_chunk::<2>()?;
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    let byte = u8::try_from(high? * 16 + low?).ok()?;
    Some((byte, after))
}

fn push(text: &mut String, byte: u8, is_plain: bool) {
    if is_plain {
        text.push(char::from(byte));
    } else {
        // Writing to a string cannot fail.
        let _ = write!(text, "%{byte:02X}");
    }
}

/// `pchar` and `/`: <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
fn is_of_path(byte: u8) -> bool {
    OF_PATHS.get(usize::from(byte)) == Some(&true)
}

#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
static OF_PATHS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = matches!(
            byte,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&'
                | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/'
        );
        byte += 1;
    }
    table
};

/// What a server of files makes of a path in its canonical spelling: without empty segments, without
/// `.` and `..`, and with separators that were encoded. None where that is how it stands.
pub(super) fn collapsed(path: &str) -> Option<String> {
    if !(path.contains("//") || path.contains("/.") || path.contains('%')) {
        return None;
    }
    let separated = path.replace("%2F", "/").replace("%5C", "/");
    let mut segments = Vec::new();
    let mut is_folder = false;
    for segment in separated.split('/') {
        is_folder = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    let mut text = String::with_capacity(separated.len());
    for segment in &segments {
        text.push('/');
        text.push_str(segment);
    }
    if is_folder {
        text.push('/');
    }
    (text != path).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for (path, expected) in [
            ("/a/b", "/a/b"),
            ("/%61/%7E", "/a/~"),
            ("/%c3%a9", "/%C3%A9"),
            ("/é", "/%C3%A9"),
            ("/%40%3A%2b%2A%3B", "/@:+*;"),
            ("/a%2fb%25%3f%23", "/a%2Fb%25%3F%23"),
            ("/\"<>^|{}[]\\", "/%22%3C%3E%5E%7C%7B%7D%5B%5D%5C"),
            ("/%22%7b", "/%22%7B"),
            ("/100%", "/100%25"),
            ("/%4", "/%254"),
            ("/%zz%+1%6%61", "/%25zz%25+1%256a"),
            ("", ""),
        ] {
            assert_eq!(canonical(path), expected, "{path}");
            assert_eq!(canonical(expected), expected);
        }
        assert_eq!(canonical_rule("/{id}/%7B|%61"), "/{id}/%7B%7Ca");
    }

    #[test]
    fn paths_collapse_as_in_a_file_system() {
        for (path, expected) in [
            ("/a/b", None),
            ("/a/", None),
            ("/", None),
            ("/.well-known/x", None),
            ("/a/..b", None),
            ("/a%25", None),
            ("//a", Some("/a")),
            ("/a//b", Some("/a/b")),
            ("/a//", Some("/a/")),
            ("/a/./b", Some("/a/b")),
            ("/a/.", Some("/a/")),
            ("/a/../b", Some("/b")),
            ("/a/b/..", Some("/a/")),
            ("/../../a", Some("/a")),
            ("/a%2Fb", Some("/a/b")),
            ("/a%5Cb", Some("/a/b")),
            ("/a%2F..%2Fb", Some("/b")),
            ("//", Some("/")),
        ] {
            assert_eq!(collapsed(path).as_deref(), expected, "{path}");
        }
    }
}
