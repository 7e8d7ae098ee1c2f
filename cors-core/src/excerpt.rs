//! Bounded copies of request text, for reasons and logs.

use std::fmt;

/// The beginning of a piece of request text, escaped when it is shown.
///
/// What a client sends may be a megabyte long and hold any byte. A reason keeps at most
/// [`Excerpt::CAPACITY`] bytes of it, in place, so that recording a refusal allocates nothing.
///
/// ```
/// # use cors_core::{CorsPolicy, CorsRequest, CorsService, RefusalReason};
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://evil.example\u{7f}")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// let Some(RefusalReason::OriginNotAllowed { origin }) = result.reasons().next() else { panic!() };
/// assert_eq!(origin.to_string(), r"https://evil.example\x7f");
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Excerpt {
    /// Invariant: at most `CAPACITY`, except when the text was longer: then `TRUNCATED`.
    len: u8,
    bytes: [u8; Self::CAPACITY],
}

impl Excerpt {
    /// How many bytes an excerpt keeps.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, Excerpt};
    /// let lines = [("origin", "a".repeat(1000))];
    /// let excerpt = CorsRequest::new("GET", &lines).origin_excerpt().unwrap();
    /// assert_eq!(excerpt.as_bytes().len(), Excerpt::CAPACITY);
    /// ```
    pub const CAPACITY: usize = 63;

    const TRUNCATED: u8 = u8::MAX;

    pub(crate) fn new(text: &[u8]) -> Self {
        let mut bytes = [0; Self::CAPACITY];
        for (kept, byte) in bytes.iter_mut().zip(text) {
            *kept = *byte;
        }
        let len = match u8::try_from(text.len()) {
            Ok(len) if text.len() <= Self::CAPACITY => len,
            _ => Self::TRUNCATED,
        };
        Self { len, bytes }
    }

    /// The bytes kept.
    ///
    /// ```
    /// # use cors_core::CorsRequest;
    /// let lines = [("origin", b"https://\xff.example")];
    /// let excerpt = CorsRequest::new("GET", &lines).origin_excerpt().unwrap();
    /// assert_eq!(excerpt.as_bytes(), b"https://\xff.example");
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&self.bytes)
    }

    /// Was the text longer than what is kept?
    ///
    /// ```
    /// # use cors_core::CorsRequest;
    /// let lines = [("origin", format!("https://{}.example", "a".repeat(60)))];
    /// let excerpt = CorsRequest::new("GET", &lines).origin_excerpt().unwrap();
    /// assert!(excerpt.is_truncated());
    /// assert!(excerpt.to_string().ends_with("aaa..."));
    /// ```
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.len == Self::TRUNCATED
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_bytes().escape_ascii())?;
        if self.is_truncated() { f.write_str("...") } else { Ok(()) }
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Excerpt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_is_kept_whole_and_escaped_when_shown() {
        let excerpt = Excerpt::new(b"a\r\n\xff\"b");
        assert_eq!(excerpt.as_bytes(), b"a\r\n\xff\"b");
        assert!(!excerpt.is_truncated());
        assert_eq!(excerpt.to_string(), r#"a\r\n\xff\"b"#);
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        for len in [0, 1, Excerpt::CAPACITY, Excerpt::CAPACITY + 1, 255, 256, 1 << 20] {
            let excerpt = Excerpt::new(&vec![b'x'; len]);
            assert_eq!(excerpt.as_bytes().len(), len.min(Excerpt::CAPACITY), "{len}");
            assert_eq!(excerpt.is_truncated(), len > Excerpt::CAPACITY, "{len}");
            assert_eq!(excerpt.to_string().ends_with("..."), len > Excerpt::CAPACITY, "{len}");
        }
    }
}
