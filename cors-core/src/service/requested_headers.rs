//! The requested headers of a preflight:
//! <https://fetch.spec.whatwg.org/#http-access-control-request-headers>

use std::ops::ControlFlow;

use http::HeaderValue;
use indexmap::IndexSet;

use crate::excerpt::Excerpt;
use crate::fetch;
use crate::field_list::{Element, next_element};
use crate::policy::{AnyOr, CorsPolicy, FieldNames};
use crate::request::{CorsRequest, Field};
use crate::result::RefusalReason;

use super::{Ending, Record, Step};

/// How many empty and repeated elements are tolerated: intermediaries that split or join lines
/// leave some behind.
const MAX_NEEDLESS_ELEMENTS: usize = 16;
/// How many names are read where any header is allowed.
pub(crate) const MAX_NAMES: usize = 256;
/// How many bytes of names are read where any header is allowed.
pub(crate) const MAX_BYTES: usize = 16 * 1024;

/// The requested names, re-joined, where they have to be mirrored.
pub(super) fn evaluate(
    request: &CorsRequest<'_>,
    policy: &CorsPolicy,
    record: &mut impl Record,
) -> Ending {
    match read(request, policy) {
        Ok(mirrored) => Ending::Passed(mirrored),
        Err(reason) => {
            record.refuse(Step::Headers, || reason);
            if reason.is_malformed() { Ending::Malformed } else { Ending::NotAllowed }
        }
    }
}

fn read(
    request: &CorsRequest<'_>,
    policy: &CorsPolicy,
) -> Result<Option<HeaderValue>, RefusalReason> {
    let compiled = policy.compiled();
    match (request.requested_headers(), &compiled.headers) {
        (None, _) => Ok(None),
        (Some(Field::Line(line)), AnyOr::Listed(names)) if names.cover_sorted(line.as_bytes()) => {
            Ok(None)
        }
        (_, AnyOr::Listed(names)) => Listed::new(names).read(request).map(|()| None),
        (Some(Field::Line(line)), AnyOr::Any) if is_sorted_list(line.as_bytes()) => {
            let mirrored = compiled.mirrors_headers().then(|| line.to_header_value());
            Ok(mirrored.flatten())
        }
        (_, AnyOr::Any) => {
            let requested = Unlisted::default().read(request)?;
            if !compiled.mirrors_headers() {
                return Ok(None);
            }
            // With credentials it would be sent back as a name, beside `true`.
            if requested.names.contains(&b"*"[..]) {
                return Err(RefusalReason::HeaderNotAllowed { name: Excerpt::new(b"*") });
            }
            Ok(requested.joined())
        }
    }
}

/// Is it a list as browsers send it: lower-case names in ascending order, each once, with nothing
/// but commas between them, and within the limits? Nothing has to be re-joined or remembered then.
///
/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
fn is_sorted_list(line: &[u8]) -> bool {
    if line.len() > MAX_BYTES {
        return false;
    }
    let (mut previous, mut rest): (&[u8], _) = (b"", line);
    for _ in 0..MAX_NAMES {
        let (name, after) = rest.split_at(lower_case_token_len(rest));
        if name <= previous || name == b"*" {
            return false;
        }
        match after {
            [] => return true,
            [b',', next @ ..] => (previous, rest) = (name, next),
            _ => return false,
        }
    }
    false
}

fn lower_case_token_len(bytes: &[u8]) -> usize {
    let is_in_name = |byte: &u8| fetch::is_token_byte(*byte) && !byte.is_ascii_uppercase();
    bytes.iter().position(|byte| !is_in_name(byte)).unwrap_or(bytes.len())
}

/// Whether to read on; a break may carry what is wrong with the preflight.
type Flow = ControlFlow<Option<RefusalReason>>;

fn refused(reason: RefusalReason) -> Flow {
    ControlFlow::Break(Some(reason))
}

fn malformed(start: &[u8]) -> Flow {
    refused(RefusalReason::RequestedHeadersMalformed { element: Excerpt::new(start) })
}

/// Takes the elements of all lines, each of at most `longest` bytes, until a step breaks.
fn read_elements(
    request: &CorsRequest<'_>,
    longest: usize,
    mut take: impl FnMut(Element<'_>) -> Flow,
) -> Result<(), RefusalReason> {
    let mut reason = None;
    request.visit_requested_headers(|line| {
        // By value: behind its reference it would be read again for each element.
        let (mut rest, longest) = (Some(line.as_bytes()), longest);
        while let Some(element) = next_element(&mut rest, longest) {
            if let ControlFlow::Break(found) = take(element) {
                reason = found;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    reason.map_or(Ok(()), Err)
}

/// Reads a list of which the policy allows some names.
struct Listed<'a> {
    names: &'a FieldNames,
    seen: BitSet,
    elements: usize,
    needless: usize,
    not_allowed: Option<Excerpt>,
}

impl<'a> Listed<'a> {
    fn new(names: &'a FieldNames) -> Self {
        let seen = BitSet::with_capacity(names.len());
        Self { names, seen, elements: 0, needless: 0, not_allowed: None }
    }

    fn read(mut self, request: &CorsRequest<'_>) -> Result<(), RefusalReason> {
        read_elements(request, self.names.longest(), |element| self.take(&element))?;
        self.not_allowed.map_or(Ok(()), |name| Err(RefusalReason::HeaderNotAllowed { name }))
    }

    fn take(&mut self, element: &Element<'_>) -> Flow {
        self.elements += 1;
        match element {
            Element::Empty => self.needless += 1,
            Element::Token(name) => match self.names.position(name) {
                Some(position) if self.seen.insert(position) => {}
                Some(_) => self.needless += 1,
                None => self.refuse(name),
            },
            Element::TooLong(start) => {
                self.refuse(start);
                return ControlFlow::Break(None);
            }
            Element::Malformed(start) => return malformed(start),
        }
        if self.elements > self.names.len() + MAX_NEEDLESS_ELEMENTS
            || self.needless > MAX_NEEDLESS_ELEMENTS
        {
            return refused(RefusalReason::TooManyRequestedHeaders);
        }
        ControlFlow::Continue(())
    }

    fn refuse(&mut self, name: &[u8]) {
        self.not_allowed.get_or_insert_with(|| Excerpt::new(name));
    }
}

/// Reads a list where any name is allowed.
#[derive(Default)]
struct Unlisted {
    /// In lower case, each once, in the order in which they came.
    names: IndexSet<Vec<u8>>,
    bytes: usize,
    needless: usize,
}

impl Unlisted {
    fn read(mut self, request: &CorsRequest<'_>) -> Result<Self, RefusalReason> {
        read_elements(request, MAX_BYTES, |element| self.take(&element))?;
        Ok(self)
    }

    /// The names, re-joined; none where there are none.
    fn joined(&self) -> Option<HeaderValue> {
        let names: Vec<&[u8]> = self.names.iter().map(Vec::as_slice).collect();
        // Tokens and commas are what a field value may hold.
        if names.is_empty() { None } else { HeaderValue::try_from(names.join(&b","[..])).ok() }
    }

    fn take(&mut self, element: &Element<'_>) -> Flow {
        match element {
            Element::Empty => self.needless += 1,
            Element::Token(name) => {
                self.bytes += name.len();
                self.needless += usize::from(!self.names.insert(name.to_ascii_lowercase()));
            }
            Element::TooLong(_) => return refused(RefusalReason::TooManyRequestedHeaders),
            Element::Malformed(start) => return malformed(start),
        }
        if self.names.len() > MAX_NAMES
            || self.bytes > MAX_BYTES
            || self.needless > MAX_NEEDLESS_ELEMENTS
        {
            return refused(RefusalReason::TooManyRequestedHeaders);
        }
        ControlFlow::Continue(())
    }
}

/// Which names of a policy were seen; in place for up to 256 of them.
struct BitSet {
    first: [u64; 4],
    /// Bounded by the policy.
    more: Vec<u64>,
}

impl BitSet {
    fn with_capacity(bits: usize) -> Self {
        let words = bits.div_ceil(64).saturating_sub(4);
        Self { first: [0; 4], more: if words == 0 { Vec::new() } else { vec![0; words] } }
    }

    /// Sets a bit; was it unset?
    fn insert(&mut self, bit: usize) -> bool {
        let (word, mask) = (bit / 64, 1_u64 << (bit % 64));
        let in_place = self.first.len();
        let word = match self.first.get_mut(word) {
            Some(word) => Some(word),
            None => self.more.get_mut(word - in_place),
        };
        match word {
            Some(word) if *word & mask == 0 => {
                *word |= mask;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lists_as_browsers_send_them_are_taken_as_they_are() {
        let names: Vec<String> = (100..=356).map(|number| format!("x-{number}")).collect();
        for (lines, plain) in [
            (vec!["x-a"], true),
            (vec!["authorization,content-type,x-a"], true),
            (vec!["a,a-b,ab"], true),
            (vec![&*names[..256].join(",")], true),
            (vec![&*names.join(",")], false),
            (vec![&*"x".repeat(MAX_BYTES + 1)], false),
            (vec![""], false),
            (vec!["x-b,x-a"], false),
            (vec!["x-a,x-a"], false),
            (vec!["X-a"], false),
            (vec!["x-a, x-b"], false),
            (vec!["x-a,"], false),
            (vec!["*"], false),
            (vec!["x a"], false),
            (vec!["x-a", "x-b"], false),
        ] {
            let mut headers = vec![("origin", "null"), ("access-control-request-method", "GET")];
            headers.extend(lines.iter().map(|line| ("access-control-request-headers", *line)));
            let request = CorsRequest::new("OPTIONS", &headers);
            let Some(Field::Line(line)) = request.requested_headers() else {
                assert!(!plain, "{lines:?}");
                continue;
            };
            assert_eq!(is_sorted_list(line.as_bytes()), plain, "{lines:?}");
            if plain {
                let slowly = Unlisted::default().read(&request).unwrap().joined();
                assert_eq!(line.to_header_value(), slowly);
            }
        }
    }

    #[test]
    fn bits_are_told_apart_beyond_those_kept_in_place() {
        let mut set = BitSet::with_capacity(1000);
        for bit in 0..1000 {
            assert!(set.insert(bit), "{bit}");
            assert!(!set.insert(bit), "{bit}");
        }
    }
}
