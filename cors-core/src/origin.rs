//! Origins: what browsers send, what policies list, and how the two are compared.

mod entry;
mod error;
mod host;
mod ipv6;
mod parse;
mod pattern;
mod repair;
mod set;
mod suffix;

pub(crate) use entry::DangerousOptIns;
#[cfg(feature = "regex")]
pub use entry::OriginRegex;
pub use entry::{DangerousOptIn, OriginEntry};
pub use error::OriginError;
pub(crate) use host::{is_insecure, is_loopback_host};
pub use parse::Origin;
pub(crate) use parse::{MAX_LENGTH as MAX_ORIGIN_LENGTH, parse_port};
pub use pattern::{OriginPattern, OriginPatternError};
pub(crate) use repair::{corrected, repaired};
pub(crate) use set::{Admission, OriginSet, Predicate};
#[cfg(any(feature = "regex", feature = "browser"))]
pub(crate) use suffix::registrable_domain;
pub(crate) use suffix::spans_unrelated_registrants;
