//! What responses depend on, for caches.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use bytes::Bytes;
use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::CorsFields;
use super::apply::insert;
use crate::fetch;

impl CorsFields<'_> {
    /// The names that `Vary` must hold: what the answers under this policy depend on, whatever this
    /// one is.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches>
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.response_fields().vary(), ["Origin"]);
    /// ```
    #[must_use]
    #[inline]
    pub fn vary(&self) -> &'static [&'static str] {
        self.varies_on().names()
    }

    /// The one line that stands for these lines of `Vary` and for what [`vary`](Self::vary) adds to
    /// them, without repeating a name and without losing one; none where the lines say it all.
    ///
    /// `lines` is called several times. For servers that do not use [`apply_to`](Self::apply_to).
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    /// let fields = result.response_fields();
    /// let merged = |lines: &[&'static str]| {
    ///     let merged = fields.merged_vary(|| lines.iter().map(|line| line.as_bytes()))?;
    ///     String::from_utf8(merged.into_owned()).ok()
    /// };
    /// assert_eq!(merged(&["Accept", "Cookie, accept"]).as_deref(), Some("Accept, Cookie, Origin"));
    /// assert_eq!(merged(&[]).as_deref(), Some("Origin"));
    /// assert_eq!(merged(&["*"]), None);
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    pub fn merged_vary<'a, I: Iterator<Item = &'a [u8]>>(
        &self,
        lines: impl Fn() -> I,
    ) -> Option<Cow<'static, [u8]>> {
        self.varies_on().merged(lines)
    }

    /// From the policy and the kind of request alone, so that refusals vary as answers do.
    #[inline]
    pub(super) fn varies_on(&self) -> Vary {
        let compiled = self.policy.compiled();
        if self.is_of_preflight() && compiled.preflights_differ() {
            Vary::OriginAndRequested
        } else if compiled.origins.is_any() {
            Vary::Nothing
        } else {
            Vary::Origin
        }
    }
}

/// As [`CorsFields::merged_vary`], for a response that no policy governs because its provider
/// failed: another time, it may depend on the origin. For servers that do not use
/// [`strip_cors_fields`](crate::adapter::strip_cors_fields).
///
/// ```
/// let merged = cors_core::adapter::merged_vary_origin(|| [&b"Accept"[..]].into_iter());
/// assert_eq!(merged.as_deref(), Some(&b"Accept, Origin"[..]));
/// ```
#[must_use]
pub fn merged_vary_origin<'a, I: Iterator<Item = &'a [u8]>>(
    lines: impl Fn() -> I,
) -> Option<Cow<'static, [u8]>> {
    Vary::Origin.merged(lines)
}

/// What becomes of the first few lines of `Vary` under a policy, in a server's own type for values.
///
/// Applications that vary on something (they compress, or know their users) set the same lines for each
/// response, and to merge one allocates. For servers that do not use [`CorsFields::apply_to`], to be kept
/// with the [policy](crate::CorsPolicy::prepared), and only for responses that
/// [vary](CorsFields::vary) on `Origin` alone.
///
/// ```
/// use cors_core::adapter::KeptVary;
///
/// let kept = KeptVary::<String>::default();
/// let line = "Accept".to_owned();
/// let merged = kept.merged(&line, String::clone, || Some("Accept, Origin".to_owned()));
/// assert_eq!(merged.as_deref(), Some("Accept, Origin"));
/// assert_eq!(kept.merged(&line, String::clone, || unreachable!("it is known")), merged);
/// ```
#[derive(Debug)]
pub struct KeptVary<V>([OnceLock<(V, V)>; KEPT_LINES]);

/// How many lines are kept: an application that sets more than a few is not worth the memory.
const KEPT_LINES: usize = 4;

impl<V: Clone + PartialEq> KeptVary<V> {
    /// The line that stands for the only line of a response: one that is kept, or else the one that
    /// `merge` makes of it; none where that makes none, since the line says it all. `keep` makes of a
    /// value of a message one that may live as long as the policy.
    ///
    /// ```
    /// # use cors_core::adapter::KeptVary;
    /// let kept = KeptVary::<String>::default();
    /// assert_eq!(kept.merged(&"*".to_owned(), String::clone, || None), None);
    /// ```
    #[inline]
    pub fn merged(
        &self,
        line: &V,
        keep: impl Fn(&V) -> V,
        merge: impl FnOnce() -> Option<V>,
    ) -> Option<V> {
        for place in &self.0 {
            match place.get() {
                Some((kept, merged)) if kept == line => return Some(merged.clone()),
                Some(_) => {}
                None => {
                    let merged = merge()?;
                    place.get_or_init(|| (keep(line), keep(&merged)));
                    return Some(merged);
                }
            }
        }
        merge()
    }
}

impl<V> Default for KeptVary<V> {
    fn default() -> Self {
        Self([const { OnceLock::new() }; KEPT_LINES])
    }
}

const SEPARATOR: &[u8] = b", ";

/// Up to how many members a comparison with each that came before is faster than a set.
const FEW_MEMBERS: usize = 32;

/// What the answers under a policy depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vary {
    Nothing,
    Origin,
    OriginAndRequested,
}

impl Vary {
    #[inline]
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Origin => &["Origin"],
            Self::OriginAndRequested => {
                &["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
            }
        }
    }

    /// As [`Self::merged`], in a response's headers that have no such line.
    #[inline]
    pub(super) fn insert_into(self, headers: &mut HeaderMap) {
        if let Some(value) = self.value() {
            static NAME: HeaderName = header::VARY;
            insert(headers, &NAME, value);
        }
    }

    /// As [`Self::merged`], in a response's headers.
    pub(super) fn merge_into(self, headers: &mut HeaderMap) {
        let Entry::Occupied(mut lines) = headers.entry(header::VARY) else {
            return self.insert_into(headers);
        };
        if let Some(value) = self.merged_value(|| lines.iter()) {
            lines.insert(value);
        }
    }

    /// As [`Self::merged`].
    pub(super) fn merged_value<'a, I: Iterator<Item = &'a HeaderValue>>(
        self,
        lines: impl Fn() -> I,
    ) -> Option<HeaderValue> {
        match self.merged(|| lines().map(HeaderValue::as_bytes))? {
            Cow::Borrowed(_) => self.value(),
            // Members come out of field values, and go into one.
            Cow::Owned(merged) => HeaderValue::from_maybe_shared(Bytes::from(merged)).ok(),
        }
    }

    /// The names beside what the application varies on, over all its lines, without repeating one
    /// and without losing any; none where the lines say it all:
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5>
    pub(super) fn merged<'a, I: Iterator<Item = &'a [u8]>>(
        self,
        lines: impl Fn() -> I,
    ) -> Option<Cow<'static, [u8]>> {
        let joined = self.joined()?;
        if lines().next().is_none() {
            return Some(Cow::Borrowed(joined.as_bytes()));
        }
        let members = || lines().flat_map(members_of);
        let is_there = |name: &[u8]| members().any(|member| is_one(member, name));
        let missing = || self.names().iter().filter(|name| !is_there(name.as_bytes()));
        if is_there(b"*") || missing().next().is_none() {
            return None;
        }
        let capacity = members().map(|member| member.len() + SEPARATOR.len()).sum::<usize>();
        let mut merged = Vec::with_capacity(capacity + joined.len());
        let are_many = members().nth(FEW_MEMBERS).is_some();
        let mut seen = HashSet::new();
        for member in members() {
            let is_new = if are_many {
                seen.insert(member.to_ascii_lowercase())
            } else {
                !members_of(&merged).any(|earlier| is_one(earlier, member))
            };
            if is_new {
                push(&mut merged, member);
            }
        }
        missing().for_each(|name| push(&mut merged, name.as_bytes()));
        Some(Cow::Owned(merged))
    }

    /// The names, joined.
    const fn joined(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Origin => Some("Origin"),
            Self::OriginAndRequested => {
                Some("Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
            }
        }
    }

    /// The names, joined: made by the compiler, so that nothing is checked for each response.
    fn value(self) -> Option<HeaderValue> {
        const fn made(vary: Vary) -> HeaderValue {
            match vary.joined() {
                Some(joined) => HeaderValue::from_static(joined),
                None => HeaderValue::from_static(""),
            }
        }
        const ORIGIN: HeaderValue = made(Vary::Origin);
        const ORIGIN_AND_REQUESTED: HeaderValue = made(Vary::OriginAndRequested);
        match self {
            Self::Nothing => None,
            Self::Origin => Some(ORIGIN),
            Self::OriginAndRequested => Some(ORIGIN_AND_REQUESTED),
        }
    }
}

fn push(merged: &mut Vec<u8>, member: &[u8]) {
    if !merged.is_empty() {
        merged.extend_from_slice(SEPARATOR);
    }
    merged.extend_from_slice(member);
}

fn is_one(name: &[u8], other: &[u8]) -> bool {
    name.eq_ignore_ascii_case(other)
}

fn members_of(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b',').map(fetch::trim_whitespace).filter(|m| !m.is_empty())
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
    fn many_members_are_merged_as_few_are() {
        let lines: Vec<String> = (0..200).map(|number| format!("a-{number}, A-{number}")).collect();
        let merged = Vary::Origin.merged(|| lines.iter().map(String::as_bytes)).unwrap();
        let names: Vec<String> = (0..200).map(|number| format!("a-{number}")).collect();
        assert_eq!(str::from_utf8(&merged).unwrap(), format!("{}, Origin", names.join(", ")));
    }

    #[test]
    fn bytes_that_are_no_text_survive_in_vary() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_bytes(b"a\xff").unwrap());
        Vary::Origin.merge_into(&mut headers);
        assert_eq!(headers[header::VARY].as_bytes(), b"a\xff, Origin");
    }
}
