//! What responses depend on, for caches.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::fetch;

/// What the answers under a policy depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vary {
    Nothing,
    Origin,
    OriginAndRequested,
}

impl Vary {
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Origin => &["Origin"],
            Self::OriginAndRequested => {
                &["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
            }
        }
    }

    /// Adds the names to what the application varies on, over all its lines, without repeating one
    /// and without losing any: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5>
    pub(super) fn merge_into(self, headers: &mut HeaderMap) {
        let own = self.names();
        if !headers.contains_key(header::VARY) {
            if let Some(value) = self.value() {
                headers.insert(header::VARY, value);
            }
            return;
        }
        let set = || headers.get_all(header::VARY).iter().flat_map(members_of);
        let is_set = |name: &str| set().any(|member| member.eq_ignore_ascii_case(name.as_bytes()));
        if set().any(|member| member == b"*") || own.iter().all(|name| is_set(name)) {
            return;
        }
        let members = || set().chain(own.iter().map(|name| name.as_bytes()));
        let len: usize = members().map(|member| member.len() + 2).sum();
        let mut merged = Vec::with_capacity(len.saturating_sub(2));
        for (index, member) in members().enumerate() {
            if members().take(index).any(|earlier| earlier.eq_ignore_ascii_case(member)) {
                continue;
            }
            if !merged.is_empty() {
                merged.extend_from_slice(b", ");
            }
            merged.extend_from_slice(member);
        }
        // Members come out of field values, and go into one.
        if let Ok(merged) = HeaderValue::from_maybe_shared(Bytes::from(merged)) {
            headers.insert(header::VARY, merged);
        }
    }

    /// The names, joined.
    fn value(self) -> Option<HeaderValue> {
        let joined = match self {
            Self::Nothing => return None,
            Self::Origin => "Origin",
            Self::OriginAndRequested => {
                "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
            }
        };
        Some(HeaderValue::from_static(joined))
    }
}

fn members_of(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    line.as_bytes()
        .split(|byte| *byte == b',')
        .map(fetch::trim_whitespace)
        .filter(|m| !m.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vary_is_merged_over_all_lines_without_loss_or_repetition() {
        const ORIGIN: Vary = Vary::Origin;
        const ALL: Vary = Vary::OriginAndRequested;
        for (lines, names, merged) in [
            (vec![], Vary::Nothing, vec![]),
            (vec!["Accept"], Vary::Nothing, vec!["Accept"]),
            (vec![], ORIGIN, vec!["Origin"]),
            (
                vec![],
                ALL,
                vec!["Origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
            ),
            (vec!["Accept-Encoding"], ORIGIN, vec!["Accept-Encoding, Origin"]),
            (vec!["a", "b,c"], ORIGIN, vec!["a, b, c, Origin"]),
            (vec!["a", "A, b", ","], ORIGIN, vec!["a, b, Origin"]),
            (vec![""], ORIGIN, vec!["Origin"]),
            (vec!["origin"], ORIGIN, vec!["origin"]),
            (vec!["a", "ORIGIN ,b"], ORIGIN, vec!["a", "ORIGIN ,b"]),
            (
                vec!["origin"],
                ALL,
                vec!["origin, Access-Control-Request-Method, Access-Control-Request-Headers"],
            ),
            (vec!["*"], ORIGIN, vec!["*"]),
            (vec!["a", "b, *"], ALL, vec!["a", "b, *"]),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(header::VARY, HeaderValue::from_static(line));
            }
            names.merge_into(&mut headers);
            let result: Vec<_> = headers.get_all(header::VARY).iter().collect();
            assert_eq!(result, merged, "{lines:?} and {names:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_survive_in_vary() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_bytes(b"a\xff").unwrap());
        Vary::Origin.merge_into(&mut headers);
        assert_eq!(headers[header::VARY].as_bytes(), b"a\xff, Origin");
    }
}
