//! The compiled matcher of a policy's origins.

use std::{
    borrow::{Borrow, Cow},
    fmt::{self, Write as _},
    hash::{Hash, Hasher},
    sync::Arc,
};

use bytes::Bytes;
use foldhash::fast::RandomState;
use http::HeaderValue;
use indexmap::IndexMap;

use super::entry::DangerousOptIns;
#[cfg(feature = "regex")]
use super::entry::OriginRegex;
use super::parse::{MAX_LENGTH, Origin};
use super::pattern::{OriginPattern, PatternKey, PortRule, Subdomains};

/// Up to how many exact origins a comparison with each is faster than a hash.
const FEW_ORIGINS: usize = 4;

/// The origins of a policy, in a form whose cost does not depend on how many there are.
///
/// Exact origins are found by one hash of the request's bytes, a few of them by a comparison with
/// each, before any parsing; patterns by one hash for each label of the origin's host. Regexes and predicates are tried one after the other.
#[derive(Clone, Default)]
pub(crate) struct OriginSet {
    exact: IndexMap<Exact, DangerousOptIns, RandomState>,
    patterns: IndexMap<OriginPattern, DangerousOptIns, RandomState>,
    /// What is among `patterns`, so that lookups that cannot succeed are not made.
    has_subdomains: bool,
    has_any_port: bool,
    #[cfg(feature = "regex")]
    regexes: Vec<(OriginRegex, regex::bytes::Regex)>,
    predicates: Vec<Predicate>,
    null: bool,
    /// Can an origin be admitted that is neither among `exact` nor `null`?
    looks_beyond_exact: bool,
}

/// What the set says of a request's origin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// The exact origin at this index.
    Listed(usize),
    /// `null`, which the policy allows.
    Null,
    /// Well-formed, and matched by a pattern, a regex or a predicate.
    Matched,
    /// Neither.
    NotAllowed,
    /// `null`, which the policy does not allow.
    NullNotAllowed,
    /// Matched by a regex or a predicate that does not admit insecure origins with credentials.
    Insecure,
    /// Longer than any origin is looked at.
    TooLong,
}

impl OriginSet {
    pub(crate) fn new(
        entries: Vec<(OriginPattern, DangerousOptIns)>,
        predicates: Vec<Predicate>,
        null: bool,
    ) -> Self {
        let mut set = Self { predicates, null, ..Self::default() };
        let mut exact = ExactTexts::default();
        for (pattern, opt_ins) in entries {
            if pattern.is_exact() {
                exact.push(&pattern, opt_ins);
            } else {
                set.has_subdomains |= pattern.wildcard_base().is_some();
                set.has_any_port |= pattern.key().port == PortRule::Any;
                set.patterns.insert(pattern, opt_ins);
            }
        }
        set.exact = exact.compile(Bytes::from);
        set.patterns.shrink_to_fit();
        set.looks_beyond_exact = !set.patterns.is_empty() || !set.predicates.is_empty();
        set
    }

    #[cfg(feature = "regex")]
    pub(crate) fn with_regexes(mut self, regexes: Vec<(OriginRegex, regex::bytes::Regex)>) -> Self {
        self.looks_beyond_exact |= !regexes.is_empty();
        self.regexes = regexes;
        self
    }

    /// Decides on the bytes of an `Origin` field value.
    #[inline]
    pub(crate) fn admit(&self, origin: &[u8], credentials: bool) -> Admission {
        match self.position(origin) {
            Some(index) => Admission::Listed(index),
            None => self.admit_unlisted(origin, credentials),
        }
    }

    fn admit_unlisted(&self, origin: &[u8], credentials: bool) -> Admission {
        if origin.len() > MAX_LENGTH {
            return Admission::TooLong;
        }
        if origin == b"null" {
            return if self.null { Admission::Null } else { Admission::NullNotAllowed };
        }
        if !self.looks_beyond_exact {
            return Admission::NotAllowed;
        }
        let Ok(origin) = Origin::from_bytes(origin) else {
            return Admission::NotAllowed;
        };
        if self.matches_pattern(&origin) {
            return Admission::Matched;
        }
        self.admit_dynamically(&origin, credentials)
    }

    /// The text of an exact origin, by its index.
    pub(crate) fn listed(&self, index: usize) -> Option<&HeaderValue> {
        self.exact.get_index(index).map(|(Exact(value), _)| value)
    }

    /// The same set, whose texts live as long as the program.
    pub(crate) fn leak(mut self) -> Self {
        let mut exact = ExactTexts::default();
        for (text, opt_ins) in self.exact.iter().map(|(exact, opt_ins)| (exact.text(), opt_ins)) {
            exact.push(&text, *opt_ins);
        }
        self.exact = exact.compile(|buffer| Bytes::from_static(buffer.leak().as_bytes()));
        self
    }

    /// The index of an exact origin.
    #[inline]
    pub(crate) fn position(&self, origin: &[u8]) -> Option<usize> {
        if self.exact.len() <= FEW_ORIGINS {
            self.exact.keys().position(|Exact(value)| is_same(value.as_bytes(), origin))
        } else if origin.len() <= MAX_LENGTH {
            self.exact.get_index_of(origin)
        } else {
            None
        }
    }

    /// Exact entries first, then patterns, each in the order in which they were configured.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, DangerousOptIns)> + '_ {
        let exact = self.exact.iter().map(|(exact, opt_ins)| (exact.text().into_owned(), *opt_ins));
        exact.chain(self.patterns.iter().map(|(pattern, opt_ins)| (pattern.to_string(), *opt_ins)))
    }

    #[cfg(feature = "regex")]
    pub(crate) fn regexes(&self) -> impl Iterator<Item = &OriginRegex> {
        self.regexes.iter().map(|(source, _)| source)
    }

    pub(crate) fn predicates(&self) -> &[Predicate] {
        &self.predicates
    }

    /// Can an origin be admitted that is not listed?
    #[inline]
    pub(crate) fn admits_unlisted(&self) -> bool {
        self.looks_beyond_exact || self.null
    }

    /// Looks for a pattern of the host itself, then of each domain above it: `a.b.example` may be
    /// admitted by `a.b.example:*`, `*.b.example` and `*.example`.
    fn matches_pattern(&self, origin: &Origin<'_>) -> bool {
        let contains = |subdomains, host, port| {
            let key = PatternKey { scheme: origin.scheme(), subdomains, host, port };
            self.patterns.contains_key(&key)
        };
        if self.has_any_port && contains(Subdomains::None, origin.host(), PortRule::Any) {
            return true;
        }
        let mut rest = origin.host();
        while self.has_subdomains
            && let Some((_, parent)) = rest.split_once('.')
        {
            if contains(Subdomains::All, parent, PortRule::Exactly(origin.port()))
                || self.has_any_port && contains(Subdomains::All, parent, PortRule::Any)
            {
                return true;
            }
            rest = parent;
        }
        false
    }

    /// Asks regexes and predicates, whose answers no check of the configuration can foresee: an
    /// insecure origin is admitted with credentials only by one that carries the opt-in.
    fn admit_dynamically(&self, origin: &Origin<'_>, credentials: bool) -> Admission {
        let insecure = credentials && origin.is_insecure();
        let mut refused = Admission::NotAllowed;
        for admits_insecure in self.dynamic_matches(origin) {
            if admits_insecure || !insecure {
                return Admission::Matched;
            }
            refused = Admission::Insecure;
        }
        refused
    }

    /// For each regex and predicate that matches `origin`: does it admit insecure origins?
    fn dynamic_matches(&self, origin: &Origin<'_>) -> impl Iterator<Item = bool> {
        #[cfg(feature = "regex")]
        let regexes = self
            .regexes
            .iter()
            .filter(|(_, regex)| regex.is_match(origin.as_str().as_bytes()))
            .map(|(source, _)| source.dangerously_allowed().insecure);
        #[cfg(not(feature = "regex"))]
        let regexes = std::iter::empty();
        regexes.chain(
            self.predicates
                .iter()
                .filter(|predicate| (predicate.function)(origin))
                .map(|predicate| predicate.admits_insecure),
        )
    }
}

/// Origins of one length mostly differ where their hosts begin, in bytes 8 to 15; to compare these
/// first saves a call.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.get(8..16) == other.get(8..16) && one == other
}

impl PartialEq for OriginSet {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(feature = "regex")]
        if !self.regexes().eq(other.regexes()) {
            return false;
        }
        self.exact.iter().eq(other.exact.iter())
            && self.patterns.iter().eq(other.patterns.iter())
            && self.predicates == other.predicates
            && self.null == other.null
    }
}

/// A user's decision over parsed origins. Two are equal where they are the same function.
#[derive(Clone)]
pub(crate) struct Predicate {
    pub(crate) function: Arc<dyn Fn(&Origin<'_>) -> bool + Send + Sync>,
    pub(crate) admits_insecure: bool,
}

impl PartialEq for Predicate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.function, &other.function)
            && self.admits_insecure == other.admits_insecure
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.admits_insecure { "predicate (insecure)" } else { "predicate" })
    }
}

/// An exact origin, found by its bytes and sent as it stands.
#[derive(Clone, PartialEq, Eq)]
struct Exact(HeaderValue);

impl Exact {
    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.0.as_bytes())
    }
}

impl Hash for Exact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for Exact {
    fn borrow(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Gathers the exact origins in one buffer, of which each value is a slice: a million origins are
/// a million small values, but not a million allocations.
#[derive(Default)]
struct ExactTexts {
    buffer: String,
    ends: Vec<(usize, DangerousOptIns)>,
}

impl ExactTexts {
    fn push(&mut self, text: &impl fmt::Display, opt_ins: DangerousOptIns) {
        // Writing to a string cannot fail.
        let _ = write!(self.buffer, "{text}");
        self.ends.push((self.buffer.len(), opt_ins));
    }

    fn compile(
        self,
        shared: impl FnOnce(String) -> Bytes,
    ) -> IndexMap<Exact, DangerousOptIns, RandomState> {
        let buffer = shared(self.buffer);
        let mut exact = IndexMap::with_capacity_and_hasher(self.ends.len(), RandomState::default());
        let mut start = 0;
        for (end, opt_ins) in self.ends {
            // An origin is printable ASCII, which every field value may hold.
            if let Ok(value) = HeaderValue::from_maybe_shared(buffer.slice(start..end)) {
                exact.insert(Exact(value), opt_ins);
            }
            start = end;
        }
        exact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(entries: &[&str]) -> OriginSet {
        let entries = entries
            .iter()
            .map(|text| (OriginPattern::parse(text).unwrap(), DangerousOptIns::default()))
            .collect();
        OriginSet::new(entries, Vec::new(), false)
    }

    #[test]
    fn exact_origins_are_echoed_from_the_policys_own_text() {
        let set = set(&["https://a.example", "https://b.example", "https://*.c.example"]);
        let admitted = set.admit(b"https://b.example", false);
        assert_eq!(admitted, Admission::Listed(1));
        assert_eq!(set.listed(1).unwrap(), "https://b.example");
        assert_eq!(set.admit(b"https://x.c.example", false), Admission::Matched);
    }

    #[test]
    fn null_is_no_entry_of_the_list() {
        assert_eq!(set(&["https://a.example"]).admit(b"null", false), Admission::NullNotAllowed);
        let set = OriginSet::new(Vec::new(), Vec::new(), true);
        assert_eq!(set.admit(b"null", true), Admission::Null);
        assert_eq!(set.admit(b"Null", true), Admission::NotAllowed);
    }

    #[test]
    fn over_long_origins_are_refused_before_hashing() {
        let set = set(&["https://a.example"]);
        assert_eq!(set.admit(&[b'a'; MAX_LENGTH + 1], false), Admission::TooLong);
        assert_eq!(set.admit(&[b'a'; MAX_LENGTH], false), Admission::NotAllowed);
    }

    #[test]
    fn predicates_see_well_formed_origins_only() {
        let everything = |admits_insecure| Predicate {
            function: Arc::new(|_: &Origin<'_>| true),
            admits_insecure,
        };
        let cautious = OriginSet::new(Vec::new(), vec![everything(false)], false);
        let careless = OriginSet::new(Vec::new(), vec![everything(false), everything(true)], false);
        for (origin, without_credentials, cautiously, carelessly) in [
            ("https://a.example", Admission::Matched, Admission::Matched, Admission::Matched),
            ("http://a.example", Admission::Matched, Admission::Insecure, Admission::Matched),
            ("http://localhost:1", Admission::Matched, Admission::Matched, Admission::Matched),
            (
                "https://a.example/",
                Admission::NotAllowed,
                Admission::NotAllowed,
                Admission::NotAllowed,
            ),
        ] {
            assert_eq!(cautious.admit(origin.as_bytes(), false), without_credentials, "{origin}");
            assert_eq!(cautious.admit(origin.as_bytes(), true), cautiously, "{origin}");
            assert_eq!(careless.admit(origin.as_bytes(), true), carelessly, "{origin}");
        }
    }
}
