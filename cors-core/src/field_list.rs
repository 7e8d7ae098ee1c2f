//! Comma-separated lists of tokens, read with bounded work.

use crate::excerpt::Excerpt;
use crate::fetch::{is_whitespace, token_len};

/// Optional whitespace around an element, on each side, in bytes. Browsers send none and
/// intermediaries add one; the bound keeps a megabyte of spaces from being read.
const MAX_WHITESPACE: usize = 16;

/// One element of a list: <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.1>
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Element<'a> {
    /// Nothing between two commas, or an empty line.
    Empty,
    Token(&'a [u8]),
    /// The beginning of a token of more bytes than `longest`, which was not read to its end.
    TooLong(&'a [u8]),
    /// Something else, which was not read to its end.
    Malformed(&'a [u8]),
}

/// Reads the first element off `rest`, looking at no more than `longest` bytes of it. What is left
/// is `None` after the last element, and after one that was not read to its end.
#[inline]
pub(crate) fn next_element<'a>(rest: &mut Option<&'a [u8]>, longest: usize) -> Option<Element<'a>> {
    let start = skip_whitespace(rest.take()?);
    let len = token_len(beginning(start, longest.saturating_add(1)));
    let (token, after) = start.split_at_checked(len)?;
    if len > longest {
        // As much as an excerpt shows, however short the names are that it could have been.
        let shown = token_len(beginning(start, Excerpt::CAPACITY + 1));
        return Some(Element::TooLong(start.get(..shown).unwrap_or(token)));
    }
    match skip_whitespace(after) {
        [] => {}
        [b',', next @ ..] => *rest = Some(next),
        _ => return Some(Element::Malformed(start)),
    }
    Some(if token.is_empty() { Element::Empty } else { Element::Token(token) })
}

/// A raw field value without white space at its ends, of which no more is looked at than browsers
/// and intermediaries leave.
#[inline]
pub(crate) fn trimmed(value: &[u8]) -> &[u8] {
    match value {
        [] => value,
        // Most servers have trimmed what they read.
        [first, .., last] if !is_whitespace(*first) && !is_whitespace(*last) => value,
        _ => trimmed_at_ends(value),
    }
}

fn trimmed_at_ends(value: &[u8]) -> &[u8] {
    let value = skip_whitespace(value);
    let spaces = value.iter().rev().take(MAX_WHITESPACE).take_while(|byte| is_whitespace(**byte));
    value.get(..value.len() - spaces.count()).unwrap_or(value)
}

#[inline]
fn skip_whitespace(bytes: &[u8]) -> &[u8] {
    match bytes {
        // Nearly every byte comes after it.
        [first, ..] if *first <= b' ' => skip_some_whitespace(bytes),
        _ => bytes,
    }
}

fn skip_some_whitespace(bytes: &[u8]) -> &[u8] {
    let blanks = beginning(bytes, MAX_WHITESPACE);
    let len = blanks.iter().position(|byte| !is_whitespace(*byte)).unwrap_or(blanks.len());
    bytes.get(len..).unwrap_or_default()
}

/// `bytes`, but no more than this many of them.
fn beginning(bytes: &[u8], most: usize) -> &[u8] {
    bytes.get(..most).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(line: &str, longest: usize) -> Vec<Element<'_>> {
        let mut rest = Some(line.as_bytes());
        std::iter::from_fn(|| next_element(&mut rest, longest)).collect()
    }

    #[test]
    fn values_are_trimmed_of_a_bounded_amount_of_white_space() {
        assert_eq!(trimmed(b" \ta b\t "), b"a b");
        assert_eq!(trimmed(b" \t "), b"");
        assert_eq!(trimmed(b" a"), b"a");
        assert_eq!(trimmed(b"a "), b"a");
        assert_eq!(trimmed(b"a"), b"a");
        assert_eq!(trimmed(b""), b"");
        assert_eq!(trimmed(&[b' '; 100]).len(), 100 - 2 * MAX_WHITESPACE);
    }

    #[test]
    fn lists_are_read_element_by_element() {
        use Element::{Empty, Malformed, Token, TooLong};
        let long = "x".repeat(1000);
        let spaces = " ".repeat(MAX_WHITESPACE);
        let padded = format!("{spaces}a{spaces},b");
        let too_padded = format!("a {spaces},b");
        for (line, expected) in [
            ("", vec![Empty]),
            (" \t", vec![Empty]),
            ("a", vec![Token(b"a")]),
            ("a,b", vec![Token(b"a"), Token(b"b")]),
            ("\ta ,\t B ", vec![Token(b"a"), Token(b"B")]),
            (",a,,", vec![Empty, Token(b"a"), Empty, Empty]),
            (&padded, vec![Token(b"a"), Token(b"b")]),
            (&too_padded, vec![Malformed(too_padded.as_bytes())]),
            ("a,b c,d", vec![Token(b"a"), Malformed(b"b c,d")]),
            ("a;q=1", vec![Malformed(b"a;q=1")]),
            ("\"a\"", vec![Malformed(b"\"a\"")]),
            ("abcd,e", vec![Token(b"abcd"), Token(b"e")]),
            ("a,abcde,f", vec![Token(b"a"), TooLong(b"abcde")]),
            ("abcdefgh,i", vec![TooLong(b"abcdefgh")]),
            (&long, vec![TooLong(&long.as_bytes()[..=Excerpt::CAPACITY])]),
        ] {
            assert_eq!(elements(line, 4), expected, "{line:?}");
        }
    }
}
