//! Requests whose fields lie in one shared buffer, as servers read them.

use bytes::{Bytes, BytesMut};

use crate::scenario::Scenario;

/// Every line of the request: its name, and its value as a part of one buffer.
///
/// A clone of such a value is a reference count. A value with memory of its own, as tests usually
/// make it, would allocate when it is cloned for the first time, and charge that to whoever does.
pub(crate) fn lines(scenario: Scenario) -> impl Iterator<Item = (&'static str, Bytes)> {
    let lines = || Scenario::ORDINARY.iter().chain(scenario.lines());
    let mut read = BytesMut::with_capacity(1024);
    lines().for_each(|(_, value)| read.extend_from_slice(value.as_bytes()));
    lines().map(move |(name, value)| (*name, read.split_to(value.len()).freeze()))
}
