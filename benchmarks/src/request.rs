//! Requests whose fields lie in one shared buffer, as servers read them.

use bytes::{Bytes, BytesMut};

use crate::scenario::Scenario;

/// Every line of the request: its name, and its value as a part of one buffer.
///
/// A clone of such a value is a reference count. A value with memory of its own, as tests usually
/// make it, would allocate when it is cloned for the first time, and charge that to whoever does.
pub(crate) fn lines(scenario: Scenario) -> impl Iterator<Item = (&'static str, Bytes)> {
    let mut lines = Scenario::EVERY_REQUEST.map(|(name, value)| (name, value.to_owned())).to_vec();
    lines.extend(scenario.lines());
    let mut read = BytesMut::with_capacity(1024);
    lines.iter().for_each(|(_, value)| read.extend_from_slice(value.as_bytes()));
    lines.into_iter().map(move |(name, value)| (name, read.split_to(value.len()).freeze()))
}
