//! Origins as a policy lists them: entries that may accept a danger of their own.

use super::parse::Origin;
use super::pattern::OriginPattern;

/// An origin or pattern as it is configured, with what it is dangerously allowed.
///
/// ```
/// use cors_core::{DangerousOptIn, OriginEntry};
///
/// let entry = OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure);
/// assert_eq!(entry.text(), "http://kiosk.example");
/// ```
///
/// Texts become entries, and so does what is parsed already: an [`Origin`] or an [`OriginPattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginEntry {
    text: String,
    opt_ins: DangerousOptIns,
}

impl OriginEntry {
    /// An entry without opt-ins.
    ///
    /// ```
    /// # use cors_core::OriginEntry;
    /// let entry = OriginEntry::new("https://*.example.com");
    /// assert_eq!(entry.opt_ins().count(), 0);
    /// ```
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), opt_ins: DangerousOptIns::default() }
    }

    /// Accepts a danger for this entry alone.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, DangerousOptIn, OriginEntry};
    /// let entry = OriginEntry::new("http://kiosk.example");
    /// let policy = |entry| CorsPolicy::builder().with_origins([entry]).allow_credentials().build();
    /// assert!(policy(entry.clone()).is_err());
    /// assert!(policy(entry.dangerously_allow(DangerousOptIn::Insecure)).is_ok());
    /// ```
    #[must_use]
    pub fn dangerously_allow(mut self, opt_in: DangerousOptIn) -> Self {
        self.opt_ins.insert(opt_in);
        self
    }

    /// The origin or pattern.
    ///
    /// ```
    /// # use cors_core::OriginEntry;
    /// assert_eq!(OriginEntry::from("http://localhost:*").text(), "http://localhost:*");
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the entry is dangerously allowed.
    ///
    /// ```
    /// # use cors_core::{DangerousOptIn, OriginEntry};
    /// let entry = OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure);
    /// assert!(entry.opt_ins().eq([DangerousOptIn::Insecure]));
    /// ```
    pub fn opt_ins(&self) -> impl Iterator<Item = DangerousOptIn> + use<> {
        self.opt_ins.iter()
    }

    pub(crate) fn with_opt_ins(mut self, opt_ins: DangerousOptIns) -> Self {
        self.opt_ins = opt_ins;
        self
    }

    pub(crate) fn dangerously_allowed(&self) -> DangerousOptIns {
        self.opt_ins
    }
}

impl From<&str> for OriginEntry {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<OriginPattern> for OriginEntry {
    fn from(pattern: OriginPattern) -> Self {
        Self::from(&pattern)
    }
}

impl From<&OriginPattern> for OriginEntry {
    fn from(pattern: &OriginPattern) -> Self {
        Self::new(pattern.to_string())
    }
}

impl From<Origin<'_>> for OriginEntry {
    fn from(origin: Origin<'_>) -> Self {
        Self::new(origin.as_str())
    }
}

/// As the items of a `&[&str]` are.
impl From<&&str> for OriginEntry {
    fn from(text: &&str) -> Self {
        Self::new(*text)
    }
}

impl From<&String> for OriginEntry {
    fn from(text: &String) -> Self {
        Self::new(text)
    }
}

impl From<String> for OriginEntry {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A regular expression over origins as it is configured, with what it is dangerously allowed.
///
/// ```
/// use cors_core::{DangerousOptIn, OriginRegex};
///
/// let regex = OriginRegex::new(r"http://till-[0-9]+\.shop\.example")
///     .dangerously_allow(DangerousOptIn::Insecure);
/// assert_eq!(regex.source(), r"http://till-[0-9]+\.shop\.example");
/// ```
#[cfg(feature = "regex")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRegex {
    source: String,
    opt_ins: DangerousOptIns,
}

#[cfg(feature = "regex")]
impl OriginRegex {
    /// A regex without opt-ins.
    ///
    /// ```
    /// # use cors_core::OriginRegex;
    /// let regex = OriginRegex::new(r"https://pr-[0-9]+\.example\.com");
    /// assert_eq!(regex.opt_ins().count(), 0);
    /// ```
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), opt_ins: DangerousOptIns::default() }
    }

    /// Accepts a danger for this regex alone.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, DangerousOptIn, OriginRegex};
    /// let regex = OriginRegex::new(r"http://till-[0-9]+\.shop\.example")
    ///     .dangerously_allow(DangerousOptIn::Insecure);
    /// let policy = CorsPolicy::builder().with_origin_regex(regex).allow_credentials().build()?;
    /// assert!(policy.supports_credentials());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn dangerously_allow(mut self, opt_in: DangerousOptIn) -> Self {
        self.opt_ins.insert(opt_in);
        self
    }

    /// The regex as it is written, without the anchors that are always added.
    ///
    /// ```
    /// # use cors_core::OriginRegex;
    /// let regex = OriginRegex::from(r"https://pr-[0-9]+\.example\.com");
    /// assert_eq!(regex.source(), r"https://pr-[0-9]+\.example\.com");
    /// ```
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the regex is dangerously allowed.
    ///
    /// ```
    /// # use cors_core::{DangerousOptIn, OriginRegex};
    /// let regex = OriginRegex::new(r"https://pr-[0-9]+\.github\.io")
    ///     .dangerously_allow(DangerousOptIn::PublicSuffix);
    /// assert!(regex.opt_ins().eq([DangerousOptIn::PublicSuffix]));
    /// ```
    pub fn opt_ins(&self) -> impl Iterator<Item = DangerousOptIn> + use<> {
        self.opt_ins.iter()
    }

    #[cfg(feature = "serde")]
    pub(crate) fn with_opt_ins(mut self, opt_ins: DangerousOptIns) -> Self {
        self.opt_ins = opt_ins;
        self
    }

    pub(crate) fn dangerously_allowed(&self) -> DangerousOptIns {
        self.opt_ins
    }
}

/// As the items of a `&[&str]` are.
#[cfg(feature = "regex")]
impl From<&&str> for OriginRegex {
    fn from(source: &&str) -> Self {
        Self::new(*source)
    }
}

#[cfg(feature = "regex")]
impl From<&str> for OriginRegex {
    fn from(source: &str) -> Self {
        Self::new(source)
    }
}

#[cfg(feature = "regex")]
impl From<&String> for OriginRegex {
    fn from(source: &String) -> Self {
        Self::new(source)
    }
}

#[cfg(feature = "regex")]
impl From<String> for OriginRegex {
    fn from(source: String) -> Self {
        Self::new(source)
    }
}

/// A danger that one entry of a policy may accept; never a whole policy.
///
/// ```
/// use cors_core::{CorsPolicy, DangerousOptIn, OriginEntry};
///
/// let tenants =
///     OriginEntry::new("https://*.github.io").dangerously_allow(DangerousOptIn::PublicSuffix);
/// assert!(CorsPolicy::builder().with_origins([tenants]).allow_credentials().build().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DangerousOptIn {
    /// `insecure`: an `http` or `ws` origin gets credentials. Anyone on the way between such a page
    /// and its user can act for the user.
    Insecure,
    /// `public_suffix`: a wildcard, or a regex, gets credentials although strangers can register
    /// names that it matches, and then act for your users.
    PublicSuffix,
}

impl DangerousOptIn {
    /// The opt-in as a policy file spells it.
    ///
    /// ```
    /// # use cors_core::DangerousOptIn;
    /// assert_eq!(DangerousOptIn::PublicSuffix.as_str(), "public_suffix");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insecure => "insecure",
            Self::PublicSuffix => "public_suffix",
        }
    }
}

/// A set of [`DangerousOptIn`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DangerousOptIns {
    pub(crate) insecure: bool,
    pub(crate) public_suffix: bool,
}

impl DangerousOptIns {
    pub(crate) fn insert(&mut self, opt_in: DangerousOptIn) {
        match opt_in {
            DangerousOptIn::Insecure => self.insecure = true,
            DangerousOptIn::PublicSuffix => self.public_suffix = true,
        }
    }

    pub(crate) fn contains(self, opt_in: DangerousOptIn) -> bool {
        match opt_in {
            DangerousOptIn::Insecure => self.insecure,
            DangerousOptIn::PublicSuffix => self.public_suffix,
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = DangerousOptIn> {
        [DangerousOptIn::Insecure, DangerousOptIn::PublicSuffix]
            .into_iter()
            .filter(move |opt_in| self.contains(*opt_in))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_already_is_an_entry_as_it_was_written() {
        let origin = Origin::parse("https://app.example.com").unwrap();
        assert_eq!(OriginEntry::from(origin), OriginEntry::new("https://app.example.com"));
        for text in ["https://*.example.com:*", "http://[::1]:8080"] {
            let pattern: OriginPattern = text.parse().unwrap();
            assert_eq!(OriginEntry::from(&pattern), OriginEntry::new(text));
            assert_eq!(OriginEntry::from(pattern), OriginEntry::new(text));
        }
    }
}
