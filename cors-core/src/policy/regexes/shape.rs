//! The shape that every origin has, as an automaton, and the regexes that no such text matches.

use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use crate::origin::{MAX_ORIGIN_LENGTH, Origin, is_loopback_host};

const STATES: [State; 10] = [
    State::Start,
    State::Scheme,
    State::Colon,
    State::Slash,
    State::Authority,
    State::Host,
    State::Address,
    State::AfterAddress,
    State::PortColon,
    State::Port,
];

/// What of an origin has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Scheme,
    Colon,
    Slash,
    Authority,
    Host,
    Address,
    AfterAddress,
    PortColon,
    Port,
}

impl State {
    /// Every origin passes, and much that is none: [`Origin::parse`](crate::origin::Origin::parse)
    /// knows the rest.
    fn after(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Start, b'a'..=b'z')
            | (Self::Scheme, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.') => Some(Self::Scheme),
            (Self::Scheme, b':') => Some(Self::Colon),
            (Self::Colon, b'/') => Some(Self::Slash),
            (Self::Slash, b'/') => Some(Self::Authority),
            (Self::Authority, b'[') => Some(Self::Address),
            (Self::Address, b'a'..=b'f' | b'0'..=b'9' | b':') => Some(Self::Address),
            (Self::Address, b']') => Some(Self::AfterAddress),
            (Self::Host | Self::AfterAddress, b':') => Some(Self::PortColon),
            (Self::PortColon, b'1'..=b'9') | (Self::Port, b'0'..=b'9') => Some(Self::Port),
            (Self::Authority | Self::Host, byte) if is_of_host(byte) => Some(Self::Host),
            _ => None,
        }
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Host | Self::AfterAddress | Self::Port)
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'#' | b'/' | b':' | b'<' | b'>' | b'?' | b'@' | b'[' | b'\\' | b']' | b'^' | b'|'
        )
}

/// Does `hir` match a text of the shape, and of the length, of an origin? Assertions such as `\b`
/// count as true: `false` is certain.
pub(super) fn can_be_origin(hir: &Hir) -> bool {
    let short = hir.properties().minimum_len().is_some_and(|len| len <= MAX_ORIGIN_LENGTH);
    let relation = Relation::of(hir);
    short && STATES.iter().any(|end| end.is_final() && relation.leads(State::Start, *end))
}

/// What counted repetitions, such as `{0,60}`, make of a regex.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) copies: usize,
    /// How deep they are nested.
    pub(super) depth: usize,
}

impl Counted {
    pub(super) fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Repetition(Repetition { min, max, sub, .. }) => {
                let of_sub = Self::of(sub);
                let count = usize::try_from(max.unwrap_or(*min)).unwrap_or(usize::MAX);
                if count < 2 {
                    return of_sub;
                }
                let copies = count.saturating_mul(of_sub.copies.saturating_add(1));
                Self { copies, depth: of_sub.depth + 1 }
            }
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Self::of).fold(Self::default(), |all, part| Self {
                    copies: all.copies.saturating_add(part.copies),
                    depth: all.depth.max(part.depth),
                })
            }
            _ => Self::default(),
        }
    }
}

/// Can an insecure origin match `hir`? `false` is certain: no text begins like one.
pub(super) fn can_be_insecure(hir: &Hir) -> bool {
    let starts = Extractor::new().extract(hir);
    starts.literals().is_none_or(|starts| starts.iter().any(can_begin_insecure))
}

fn can_begin_insecure(start: &Literal) -> bool {
    let Ok(text) = str::from_utf8(start.as_bytes()) else { return false };
    let schemes = ["http://", "ws://"];
    let Some(rest) = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) else {
        return schemes.iter().any(|scheme| scheme.starts_with(text));
    };
    if start.is_exact() {
        return Origin::parse(text).is_ok_and(|origin| origin.is_insecure());
    }
    // Where a port follows, the host is known as a whole.
    let host = match rest.find(']') {
        Some(end) => rest.get(..=end),
        None => rest.split_once(':').map(|(host, _)| host),
    };
    !host.is_some_and(is_loopback_host)
}

/// Can `text` be a part of an origin?
pub(super) fn can_be_part(mut text: impl Iterator<Item = u8> + Clone) -> bool {
    STATES.iter().any(|state| text.clone().try_fold(*state, State::after).is_some())
        || text.next().is_none()
}

/// From which state to which others the texts lead that a part of a regex matches.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Relation([u16; STATES.len()]);

impl Relation {
    const EMPTY: Self = Self([0; STATES.len()]);

    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::identity(),
            HirKind::Literal(literal) => {
                Self::by(|state| literal.0.iter().copied().try_fold(state, State::after))
            }
            HirKind::Class(class) => (0..=0x7F)
                .filter(|byte| contains(class, *byte))
                .fold(Self::EMPTY, |all, byte| all.or(Self::by(|state| state.after(byte)))),
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => Self::of_repetition(repetition),
            HirKind::Alternation(branches) => {
                branches.iter().fold(Self::EMPTY, |all, branch| all.or(Self::of(branch)))
            }
            HirKind::Concat(parts) => {
                parts.iter().fold(Self::identity(), |head, part| head.then(Self::of(part)))
            }
        }
    }

    fn of_repetition(repetition: &Repetition) -> Self {
        let once = Self::of(&repetition.sub);
        let optional = Self::identity().or(once);
        // More optional copies than there are states lead nowhere new.
        let further = repetition.max.map_or(u32::MAX, |max| max.saturating_sub(repetition.min));
        once.power(repetition.min).then(optional.power(further))
    }

    fn power(self, exponent: u32) -> Self {
        let (mut result, mut square) = (Self::identity(), self);
        for bit in 0..u32::BITS {
            if exponent >> bit & 1 == 1 {
                result = result.then(square);
            }
            square = square.then(square);
        }
        result
    }

    fn identity() -> Self {
        Self::by(Some)
    }

    fn by(step: impl Fn(State) -> Option<State>) -> Self {
        Self(STATES.map(|state| step(state).map_or(0, bit)))
    }

    fn or(self, other: Self) -> Self {
        let mut result = self;
        result.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
        result
    }

    fn then(self, next: Self) -> Self {
        Self(self.0.map(|reached| {
            let further =
                STATES.iter().zip(next.0).filter(|(state, _)| reached & bit(**state) != 0);
            further.fold(0, |all, (_, reached)| all | reached)
        }))
    }

    fn leads(self, from: State, to: State) -> bool {
        STATES.iter().zip(self.0).any(|(state, reached)| *state == from && reached & bit(to) != 0)
    }
}

fn bit(state: State) -> u16 {
    1 << state as u16
}

pub(super) fn contains(class: &Class, byte: u8) -> bool {
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| range.start() <= char::from(byte) && char::from(byte) <= range.end()),
        Class::Bytes(class) => {
            class.ranges().iter().any(|range| range.start() <= byte && byte <= range.end())
        }
    }
}
