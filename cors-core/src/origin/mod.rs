//! Origins: what browsers send, what policies list, and how the two are compared.

mod parse;
mod pattern;
mod set;
mod suffix;

pub use parse::{Origin, OriginError};
pub(crate) use parse::{is_loopback_host, repaired};
pub use pattern::{OriginPattern, OriginPatternError};
pub(crate) use set::{Admission, OriginSet, Predicate};
#[cfg(feature = "regex")]
pub(crate) use suffix::registrable_domain;
pub(crate) use suffix::spans_unrelated_registrants;
