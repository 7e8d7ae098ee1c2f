//! Entries of a policy that may accept a danger of their own.

/// An origin or pattern as it is configured, with what it is dangerously allowed.
///
/// ```
/// use cors_core::{DangerousOptIn, OriginEntry};
///
/// let entry = OriginEntry::new("http://kiosk.example").dangerously_allow(DangerousOptIn::Insecure);
/// assert_eq!(entry.text(), "http://kiosk.example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginEntry {
    text: String,
    opt_ins: DangerousOptIns,
}

impl OriginEntry {
    /// An entry without opt-ins.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), opt_ins: DangerousOptIns::default() }
    }

    /// Accepts a danger for this entry alone.
    #[must_use]
    pub fn dangerously_allow(mut self, opt_in: DangerousOptIn) -> Self {
        self.opt_ins.insert(opt_in);
        self
    }

    /// The origin or pattern.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the entry is dangerously allowed.
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
    #[must_use]
    pub fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), opt_ins: DangerousOptIns::default() }
    }

    /// Accepts a danger for this regex alone.
    #[must_use]
    pub fn dangerously_allow(mut self, opt_in: DangerousOptIn) -> Self {
        self.opt_ins.insert(opt_in);
        self
    }

    /// The regex as it is written, without the anchors that are always added.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the regex is dangerously allowed.
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

#[cfg(feature = "regex")]
impl From<&str> for OriginRegex {
    fn from(source: &str) -> Self {
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

    pub(crate) fn iter(self) -> impl Iterator<Item = DangerousOptIn> {
        let insecure = self.insecure.then_some(DangerousOptIn::Insecure);
        let public_suffix = self.public_suffix.then_some(DangerousOptIn::PublicSuffix);
        insecure.into_iter().chain(public_suffix)
    }
}
