//! The lists of a policy, compiled: methods, request headers, exposed headers.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use http::HeaderValue;
use indexmap::{Equivalent, IndexSet};

use crate::shared::counted;

/// A setting that is either any or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnyOr<T> {
    Any,
    Listed(T),
}

impl<T> AnyOr<T> {
    pub(crate) fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }

    pub(crate) fn listed(&self) -> Option<&T> {
        match self {
            Self::Any => None,
            Self::Listed(list) => Some(list),
        }
    }
}

/// Methods, compared byte for byte: <https://fetch.spec.whatwg.org/#concept-method>
///
/// A policy lists a handful, over which a scan is the fastest search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Methods(Vec<Box<str>>);

impl Methods {
    /// Adds a method, unless it is there already.
    pub(crate) fn insert(&mut self, method: &str) -> bool {
        let new = !self.contains(method.as_bytes());
        if new {
            self.0.push(method.into());
        }
        new
    }

    pub(crate) fn contains(&self, method: &[u8]) -> bool {
        self.0.iter().any(|listed| listed.as_bytes() == method)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

/// Field names, compared without case and kept in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldNames {
    names: IndexSet<FieldName, RandomState>,
    /// The names again, in ascending order, where they are few.
    sorted: Vec<Box<str>>,
    longest: usize,
}

/// With at most this many names, one pass over all of them is faster than a look-up of each that is
/// asked for.
const FEW_NAMES: usize = 32;

/// Up to how many names a comparison with each is faster than a hash.
const VERY_FEW_NAMES: usize = 8;

impl FieldNames {
    /// Adds a name, unless it is there already.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        self.longest = self.longest.max(name.len());
        let new = self.names.insert(FieldName(name.to_ascii_lowercase().into()));
        if self.len() > FEW_NAMES {
            self.sorted = Vec::new();
        } else {
            self.sorted = self.iter().map(Box::from).collect();
            self.sorted.sort_unstable();
        }
        new
    }

    /// Is `line` a list of some of these names as browsers send it: in lower case and in ascending
    /// order, each once, with nothing but commas between them? Where it is not, the names may be
    /// allowed all the same.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
    pub(crate) fn cover_sorted(&self, line: &[u8]) -> bool {
        let mut rest = line;
        for name in &self.sorted {
            match rest.strip_prefix(name.as_bytes()) {
                Some([]) => return true,
                Some([b',', next @ ..]) => rest = next,
                _ => {}
            }
        }
        false
    }

    /// The index of `name`, in whatever case.
    #[inline]
    pub(crate) fn position(&self, name: &[u8]) -> Option<usize> {
        if name.len() > self.longest {
            None
        } else if self.len() <= VERY_FEW_NAMES {
            self.iter().position(|own| {
                let own = own.as_bytes();
                // Nearly every name comes in lower case.
                own.len() == name.len() && (own == name || own.eq_ignore_ascii_case(name))
            })
        } else {
            self.names.get_index_of(&AnyCase(name))
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The length of the longest name, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &*name.0)
    }
}

impl PartialEq for FieldNames {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for FieldNames {}

/// A name in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FieldName(Box<str>);

impl Hash for FieldName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        AnyCase(self.0.as_bytes()).hash(state);
    }
}

/// A name in whatever case. Invariant: hashes like the lower-case name that it equals.
struct AnyCase<'a>(&'a [u8]);

impl Hash for AnyCase<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for chunk in self.0.chunks(32) {
            let mut lower = [0; 32];
            for (lower, byte) in lower.iter_mut().zip(chunk) {
                *lower = byte.to_ascii_lowercase();
            }
            state.write(lower.get(..chunk.len()).unwrap_or_default());
        }
        state.write_usize(self.0.len());
    }
}

impl PartialEq for AnyCase<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for AnyCase<'_> {}

impl Equivalent<FieldName> for AnyCase<'_> {
    fn equivalent(&self, name: &FieldName) -> bool {
        self.0.eq_ignore_ascii_case(name.0.as_bytes())
    }
}

/// The field value of a list; none for an empty one, since an empty field says nothing.
pub(crate) fn joined<'a>(elements: impl Iterator<Item = &'a str>) -> Option<HeaderValue> {
    let elements: Vec<&str> = elements.collect();
    // Tokens and commas are what a field value may hold.
    if elements.is_empty() {
        None
    } else {
        HeaderValue::try_from(elements.join(", ")).ok().map(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_compared_with_case_and_names_without() {
        let mut methods = Methods::default();
        assert!(methods.insert("PUT"));
        assert!(!methods.insert("PUT"));
        assert!(methods.contains(b"PUT") && !methods.contains(b"put"));

        let long = "x".repeat(5_000);
        let mut names = FieldNames::default();
        for name in ["Content-Type", "x-a", &long, "y-a"] {
            assert!(names.insert(name), "{name}");
            assert!(!names.insert(&name.to_ascii_uppercase()), "{name}");
        }
        for more in [0, VERY_FEW_NAMES] {
            for number in 0..more {
                names.insert(&format!("y-{number}"));
            }
            assert_eq!(names.position(b"CONTENT-type"), Some(0));
            assert_eq!(names.position(long.to_uppercase().as_bytes()), Some(2));
            assert_eq!(names.position(b"content-typ"), None);
            assert_eq!(names.position(&[b'x'; 4_999]), None);
            assert_eq!(names.position(&[b'x'; 5_001]), None);
            assert_eq!(names.longest(), 5_000);
        }
    }

    #[test]
    fn sorted_lists_of_the_names_are_covered_and_no_other_lists() {
        let mut names = FieldNames::default();
        for name in ["x-b", "Content-Type", "x", "x-a"] {
            names.insert(name);
        }
        for (line, covered) in [
            ("x", true),
            ("content-type", true),
            ("content-type,x-b", true),
            ("content-type,x,x-a,x-b", true),
            ("", false),
            (",", false),
            ("x-c", false),
            ("x-", false),
            ("x,x", false),
            ("x-a,", false),
            (",x-a", false),
            ("x-b,x-a", false),
            ("x-a, x-b", false),
            ("X-a", false),
            ("content-type,x-a,z", false),
            ("a,content-type", false),
        ] {
            assert_eq!(names.cover_sorted(line.as_bytes()), covered, "{line:?}");
        }
        for number in 0..FEW_NAMES {
            names.insert(&format!("y-{number}"));
        }
        assert!(!names.cover_sorted(b"x"), "many names are looked up");
    }

    #[test]
    fn lists_are_joined_in_their_order() {
        assert_eq!(joined(["b", "a"].into_iter()).unwrap(), "b, a");
        assert_eq!(joined(std::iter::empty()), None);
    }
}
