//! What became of the scenarios, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use crate::judges::Fate;

#[derive(Debug, Default)]
pub struct Tally {
    readable: usize,
    blocked: BTreeMap<String, usize>,
}

impl Tally {
    pub fn count(&mut self, fate: &Fate) {
        match fate {
            Fate::Readable { .. } => self.readable += 1,
            Fate::Blocked { error, .. } => *self.blocked.entry(error.clone()).or_default() += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blocked: usize = self.blocked.values().sum();
        let all = self.readable + blocked;
        write!(f, "{all} scenarios: {} readable, {blocked} blocked", self.readable)?;
        self.blocked.iter().try_for_each(|(error, count)| write!(f, "\n  {count:5} {error}"))
    }
}
