//! How much work the engine has with a text, estimated before it is done.
//!
//! The engine is in each state of the regex at each spot of the text where it can be, and each counted
//! copy is a state of its own: on a label of letters, `(([a-z]{0,60}){0,60}){0,8}` is in thousands of
//! states at each spot, and `[a-z]*` in one.

use regex_syntax::hir::{Hir, HirKind, Repetition};

use super::shape::contains;
use crate::origin::MAX_ORIGIN_LENGTH;

/// What may be done for one regex, which takes half a second at most.
const MAX_EFFORT: usize = 1 << 24;
/// What the choice of one more copy costs, beside what is in it.
const CHOICE: usize = 4;

/// What may still be done for a regex: one for each byte that is looked at in a state.
pub(super) struct Effort {
    left: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { left: MAX_EFFORT }
    }
}

impl Effort {
    /// Accounts for a match of `hir` and `text`; none where that is too much.
    pub(super) fn spend_on_match(&mut self, hir: &Hir, text: &[u8]) -> Option<()> {
        self.spend(text.len())?;
        let mut start = Spots::default();
        start.insert(0);
        Walk { text, effort: self }.through(hir, start).map(|_| ())
    }

    pub(super) fn spend(&mut self, effort: usize) -> Option<()> {
        self.left = self.left.checked_sub(effort)?;
        Some(())
    }
}

struct Walk<'w> {
    text: &'w [u8],
    effort: &'w mut Effort,
}

impl Walk<'_> {
    /// The spots that `hir` leads to. Assertions count as true.
    fn through(&mut self, hir: &Hir, from: Spots) -> Option<Spots> {
        self.effort.spend(1)?;
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(from),
            HirKind::Literal(literal) => self.read(&literal.0, from),
            HirKind::Class(class) => {
                self.effort.spend(from.len())?;
                let is_next =
                    |spot: &usize| self.text.get(*spot).is_some_and(|byte| contains(class, *byte));
                Some(from.iter().filter(is_next).map(|spot| spot + 1).collect())
            }
            HirKind::Capture(capture) => self.through(&capture.sub, from),
            HirKind::Repetition(repetition) => self.repeated(repetition, from),
            HirKind::Alternation(branches) => {
                match branches.iter().map(literal).collect::<Option<Vec<_>>>() {
                    Some(literals) => self.one_of(&literals, from),
                    None => branches.iter().try_fold(Spots::default(), |all, branch| {
                        Some(all.or(self.through(branch, from)?))
                    }),
                }
            }
            HirKind::Concat(parts) => {
                let mut reached = from;
                for part in parts {
                    if reached.is_empty() {
                        break;
                    }
                    reached = self.through(part, reached)?;
                }
                Some(reached)
            }
        }
    }

    fn repeated(&mut self, repetition: &Repetition, from: Spots) -> Option<Spots> {
        let Repetition { min, max, .. } = *repetition;
        let mut all = if min == 0 { from } else { Spots::default() };
        let mut reached = from;
        let mut copies = 0;
        while !reached.is_empty() && max.is_none_or(|max| copies < max) {
            let before = self.effort.left;
            self.effort.spend(CHOICE.saturating_mul(reached.len()))?;
            let mut next = self.through(&repetition.sub, reached)?;
            copies += 1;
            if copies >= min && max.is_none() {
                // All further copies are the same states.
                next = next.without(all);
            }
            if copies >= min {
                all = all.or(next);
            }
            if next == reached {
                // All further copies cost the same.
                let further = max.unwrap_or(min).saturating_sub(copies);
                let copy = before - self.effort.left;
                self.effort.spend(copy.saturating_mul(usize::try_from(further).ok()?))?;
                return Some(all.or(next));
            }
            reached = next;
        }
        Some(all)
    }

    /// What literals have in common is read only once.
    fn one_of(&mut self, literals: &[&[u8]], from: Spots) -> Option<Spots> {
        self.effort.spend(literals.len().max(self.text.len()).saturating_mul(from.len()))?;
        let mut reached = Spots::default();
        for spot in from.iter() {
            let rest = self.text.get(spot..).unwrap_or_default();
            let read = literals.iter().filter(|literal| rest.starts_with(literal));
            read.for_each(|literal| reached.insert(spot + literal.len()));
        }
        Some(reached)
    }

    fn read(&mut self, literal: &[u8], from: Spots) -> Option<Spots> {
        let mut reached = Spots::default();
        for spot in from.iter() {
            let rest = self.text.get(spot..).unwrap_or_default();
            let equal = literal.iter().zip(rest).take_while(|(one, other)| one == other).count();
            self.effort.spend(equal + 1)?;
            if equal == literal.len() {
                reached.insert(spot + equal);
            }
        }
        Some(reached)
    }
}

/// The text of an alternative that is a literal.
fn literal(branch: &Hir) -> Option<&[u8]> {
    match branch.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Capture(capture) => literal(&capture.sub),
        _ => None,
    }
}

/// Spots of a text that is no longer than an origin: before its first byte, and after each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Spots([u64; MAX_ORIGIN_LENGTH / 64 + 1]);

impl Spots {
    fn insert(&mut self, spot: usize) {
        if let Some(word) = self.0.get_mut(spot / 64) {
            *word |= 1 << (spot % 64);
        }
    }

    fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().zip((0..).step_by(64)).flat_map(|(mut word, first)| {
            std::iter::from_fn(move || {
                let spot = usize::try_from(word.trailing_zeros()).ok().filter(|spot| *spot < 64)?;
                word &= word - 1;
                Some(first + spot)
            })
        })
    }

    fn len(self) -> usize {
        self.0.iter().map(|word| word.count_ones()).sum::<u32>() as usize
    }

    fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn or(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
        self
    }

    fn without(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own &= !other);
        self
    }
}

impl FromIterator<usize> for Spots {
    fn from_iter<I: IntoIterator<Item = usize>>(spots: I) -> Self {
        let mut all = Self::default();
        spots.into_iter().for_each(|spot| all.insert(spot));
        all
    }
}
