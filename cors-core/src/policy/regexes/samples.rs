//! Texts that stand for what a regex matches: every alternative, and repeated parts in few copies.

use std::iter::repeat_n;

use regex_syntax::hir::{Class, Dot, Hir, HirKind, Repetition};

use super::shape::{can_be_part, contains};
use crate::origin::MAX_ORIGIN_LENGTH;

/// How many samples there may be of a regex, or of a part of it.
const MAX_SAMPLES: usize = 1024;
/// How many places may be written while samples are put together.
const MAX_WORK: usize = 1 << 19;
/// What a repeated class that holds colons or slashes may stand for, where it spans more of an
/// origin than a part of its host.
const SPANNING: [&str; 14] =
    ["a:", "a:/", "a://", "a://a", ":", ":/", "://", "://a", "/", "//", "//a", "/a", ":1", "::1"];

/// A part of a text, place by place, that a part of a regex matches, assertions aside.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Sample<'h>(pub(super) Vec<Place<'h>>);

/// A character, and the class that it was taken from; none where the regex spells it out.
#[derive(Clone, Copy)]
pub(super) struct Place<'h> {
    pub(super) byte: u8,
    pub(super) class: Option<&'h Hir>,
}

/// Places of different classes are different, even if the classes have the same members.
impl PartialEq for Place<'_> {
    fn eq(&self, other: &Self) -> bool {
        let class = |place: &Self| place.class.map(std::ptr::from_ref);
        self.byte == other.byte && class(self) == class(other)
    }
}

impl<'h> Sample<'h> {
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|place| char::from(place.byte)).collect()
    }

    fn of_class(hir: &'h Hir, bytes: impl Iterator<Item = u8>) -> Self {
        Self(bytes.map(|byte| Place { byte, class: Some(hir) }).collect())
    }

    fn is_part_of_origin(&self) -> bool {
        self.0.len() <= MAX_ORIGIN_LENGTH && can_be_part(self.0.iter().map(|place| place.byte))
    }
}

impl Place<'_> {
    pub(super) fn is_literal(self) -> bool {
        self.class.is_none()
    }

    pub(super) fn is_dot(self) -> bool {
        self.class.is_some_and(is_dot)
    }

    /// Other members of the class, one of each kind.
    pub(super) fn others(self) -> impl Iterator<Item = u8> {
        let own = self.byte;
        let has = move |byte: &u8| {
            *byte != own
                && matches!(self.class.map(Hir::kind), Some(HirKind::Class(c)) if contains(c, *byte))
        };
        let letter = (b'a'..=b'z').find(has);
        let digit = (b'1'..=b'9').chain([b'0']).find(has);
        letter.into_iter().chain(digit).chain([b'-', b'.', b'_'].into_iter().filter(has))
    }
}

/// What a class that is not repeated and holds a dot stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Single {
    Dot,
    Letter,
}

/// The samples of `hir`; none where there are too many to be written.
pub(super) fn samples(hir: &Hir, single: Single) -> Option<Vec<Sample<'_>>> {
    Samples { single, work: MAX_WORK }.of(hir, false)
}

struct Samples {
    single: Single,
    /// The places that may still be written.
    work: usize,
}

impl Samples {
    fn of<'h>(&mut self, hir: &'h Hir, repeated: bool) -> Option<Vec<Sample<'h>>> {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(vec![Sample::default()]),
            HirKind::Literal(literal) if literal.0.len() > MAX_ORIGIN_LENGTH => Some(Vec::new()),
            HirKind::Literal(literal) => {
                let places = literal.0.iter().map(|byte| Place { byte: *byte, class: None });
                self.kept(vec![Sample(places.collect())])
            }
            HirKind::Class(class) => self.kept(self.of_class(hir, class, repeated)),
            HirKind::Capture(capture) => self.of(&capture.sub, repeated),
            HirKind::Repetition(repetition) => self.of_repetition(repetition),
            HirKind::Alternation(branches) => {
                let mut result = Vec::new();
                for branch in branches {
                    result.append(&mut self.of(branch, repeated)?);
                    if result.len() > MAX_SAMPLES {
                        return None;
                    }
                }
                Some(result)
            }
            HirKind::Concat(parts) => {
                let mut heads = vec![Sample::default()];
                for part in parts {
                    let tails = self.of(part, repeated)?;
                    heads = self.joined(heads, &tails)?;
                }
                Some(heads)
            }
        }
    }

    fn of_class<'h>(&self, hir: &'h Hir, class: &Class, repeated: bool) -> Vec<Sample<'h>> {
        if let Some(only) = only_member(class) {
            return vec![Sample(vec![Place { byte: only, class: None }])];
        }
        let dot = !repeated && self.single == Single::Dot && contains(class, b'.');
        let first = if dot { Some(b'.') } else { members(class).next() };
        // A colon or a slash stands where an origin has one, and nowhere else.
        let separators = [b':', b'/'].into_iter().filter(|byte| contains(class, *byte));
        let bytes = first.into_iter().chain(separators.filter(|byte| first != Some(*byte)));
        bytes.map(|byte| Sample::of_class(hir, std::iter::once(byte))).collect()
    }

    /// No copy where that matches, the fewest copies, and of several samples one that differs from
    /// the others; the most copies of what is more than a class.
    fn of_repetition<'h>(&mut self, repetition: &'h Repetition) -> Option<Vec<Sample<'h>>> {
        let Repetition { min, max, .. } = *repetition;
        let mut result = Vec::new();
        if min == 0 {
            result.push(Sample::default());
        }
        let fewest = min.max(1);
        if max.is_some_and(|max| max < fewest) {
            return Some(result);
        }
        if let HirKind::Class(class) = repetition.sub.kind()
            && only_member(class).is_none()
        {
            result.append(&mut self.of_repeated_class(repetition, class)?);
            return Some(result);
        }
        let once = self.of(&repetition.sub, min > 1 || max.is_none_or(|max| max > 1))?;
        let mut counts = vec![fewest];
        if once.len() > 1 && max.is_none_or(|max| max > fewest) {
            counts.push(fewest + 1);
        }
        counts.extend(max.filter(|max| counts.iter().all(|count| max > count)));
        for count in counts {
            for first in &once {
                if count == 1 {
                    result.append(&mut self.kept(vec![first.clone()])?);
                    continue;
                }
                for other in &once {
                    let copies = usize::try_from(count - 1).ok()?;
                    let len = other.0.len().saturating_mul(copies).saturating_add(first.0.len());
                    if len <= MAX_ORIGIN_LENGTH {
                        let copies = if other.0.is_empty() { 0 } else { copies };
                        let places = [&*first.0, &*other.0.repeat(copies)].concat();
                        result.append(&mut self.kept(vec![Sample(places)])?);
                    }
                    self.spend(1)?;
                }
                if result.len() > MAX_SAMPLES {
                    return None;
                }
            }
        }
        Some(result)
    }

    fn of_repeated_class<'h>(
        &mut self,
        repetition: &'h Repetition,
        class: &Class,
    ) -> Option<Vec<Sample<'h>>> {
        let hir = &*repetition.sub;
        let fewest = usize::try_from(repetition.min.max(1)).ok()?;
        let most = repetition.max.and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
        if fewest > MAX_ORIGIN_LENGTH {
            return Some(Vec::new());
        }
        let mut result = Vec::new();
        if let Some(byte) = members(class).next() {
            result.push(Sample::of_class(hir, repeat_n(byte, fewest)));
        }
        let contained = |word: &&&str| word.bytes().all(|byte| contains(class, byte));
        for word in SPANNING.iter().filter(contained).filter(|word| word.len() <= most) {
            let missing = fewest.saturating_sub(word.len());
            let padded = |before, after| {
                let bytes = repeat_n(b'a', before).chain(word.bytes()).chain(repeat_n(b'a', after));
                Sample::of_class(hir, bytes)
            };
            result.extend(word.ends_with('a').then(|| padded(0, missing)));
            result.extend((!word.ends_with('a')).then(|| padded(missing, 0)));
        }
        self.kept(result)
    }

    fn joined<'h>(
        &mut self,
        heads: Vec<Sample<'h>>,
        tails: &[Sample<'h>],
    ) -> Option<Vec<Sample<'h>>> {
        let mut result = Vec::new();
        for mut head in heads {
            if let [tail] = tails {
                // Most parts have one sample, and most of a head is not written again.
                head.0.extend_from_slice(&tail.0);
                result.append(&mut self.kept(vec![head])?);
                continue;
            }
            for tail in tails {
                if head.0.len() + tail.0.len() <= MAX_ORIGIN_LENGTH {
                    let both = Sample([&*head.0, &*tail.0].concat());
                    result.append(&mut self.kept(vec![both])?);
                }
                self.spend(1)?;
            }
            if result.len() > MAX_SAMPLES {
                return None;
            }
        }
        Some(result)
    }

    /// Those that can be a part of an origin.
    fn kept<'h>(&mut self, mut written: Vec<Sample<'h>>) -> Option<Vec<Sample<'h>>> {
        self.spend(written.iter().map(|sample| sample.0.len()).sum())?;
        written.retain(Sample::is_part_of_origin);
        Some(written)
    }

    fn spend(&mut self, places: usize) -> Option<()> {
        self.work = self.work.checked_sub(places)?;
        Some(())
    }
}

/// The members of `class` that a host may hold, the plainest first.
fn members(class: &Class) -> impl Iterator<Item = u8> {
    let plain = (b'a'..=b'z').chain(b'1'..=b'9').chain([b'0', b'-', b'_', b'.']);
    // Hosts of apps and of extensions hold others.
    let others = (0x21..=0x7E_u8).filter(|byte| !b"-_.:/".contains(byte));
    plain.chain(others).filter(|byte| contains(class, *byte))
}

/// A class of one letter in both cases is that letter, written without case.
fn only_member(class: &Class) -> Option<u8> {
    let lower_case = (0x21..=0x7E).filter(|byte: &u8| !byte.is_ascii_uppercase());
    let mut contained = lower_case.filter(|byte| contains(class, *byte));
    contained.next().filter(|_| contained.next().is_none())
}

/// `(?u)` makes a dot one of characters.
pub(super) fn is_dot(hir: &Hir) -> bool {
    [
        Dot::AnyByte,
        Dot::AnyByteExceptLF,
        Dot::AnyByteExceptCRLF,
        Dot::AnyChar,
        Dot::AnyCharExceptLF,
        Dot::AnyCharExceptCRLF,
    ]
    .iter()
    .any(|dot| *hir == Hir::dot(*dot))
}
