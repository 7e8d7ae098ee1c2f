//! From a result to the fields of a response.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{ALLOW_PRIVATE_NETWORK, AllowOrigin, CorsResult, TIMING_ALLOW_ORIGIN, Vary};
use crate::fetch;

const CORS_PREFIX: &str = "access-control-";
const TRUE: HeaderValue = HeaderValue::from_static("true");

impl CorsResult {
    /// Makes the CORS fields of a response those of this result.
    ///
    /// Every `access-control-*` field that is there already is removed, whoever set it; then the
    /// result's own are set, one line each, and `Vary` is merged with what the application varies
    /// on: over all its lines, without repeating a name, and never losing one. Nothing else is
    /// touched. Applying a result twice is as applying it once.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
    /// let lines = [("origin", "https://evil.example")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &policy);
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    /// headers.insert("vary", HeaderValue::from_static("Accept-Encoding"));
    /// result.apply_to(&mut headers);
    /// assert!(!headers.contains_key("access-control-allow-origin"));
    /// assert_eq!(headers["vary"], "Accept-Encoding, Origin");
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        strip(headers);
        self.insert_fields(headers);
        merge_vary(headers, self.varies_on());
    }

    fn insert_fields(&self, headers: &mut HeaderMap) {
        let origin = match &self.allow_origin {
            AllowOrigin::Nothing => return,
            AllowOrigin::Any => HeaderValue::from_static("*"),
            AllowOrigin::Value(value) => value.clone(),
            // An origin that was matched is printable ASCII, which every field value may hold.
            AllowOrigin::Copied(origin) => match HeaderValue::from_bytes(origin.as_bytes()) {
                Ok(value) => value,
                Err(_) => return,
            },
        };
        if self.sends_timing() {
            headers.insert(TIMING_ALLOW_ORIGIN, origin.clone());
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.supports_credentials() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        }
        let mut insert = |name: HeaderName, value: Option<&HeaderValue>| {
            if let Some(value) = value {
                headers.insert(name, value.clone());
            }
        };
        insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods());
        insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers());
        insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age());
        insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.expose_headers());
        insert(ALLOW_PRIVATE_NETWORK, self.allow_private_network.then_some(&TRUE));
    }
}

/// Removes every CORS field.
fn strip(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| name.as_str().starts_with(CORS_PREFIX)) {
        let name = name.clone();
        headers.remove(name);
    }
}

/// Adds names to the members of `Vary`: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5>
fn merge_vary(headers: &mut HeaderMap, vary: Vary) {
    let own = vary.names();
    if !headers.contains_key(header::VARY) {
        if let Some(value) = vary.value() {
            headers.insert(header::VARY, value);
        }
        return;
    }
    let set = || headers.get_all(header::VARY).iter().flat_map(vary_members);
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

fn vary_members(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
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
            merge_vary(&mut headers, names);
            let result: Vec<_> = headers.get_all(header::VARY).iter().collect();
            assert_eq!(result, merged, "{lines:?} and {names:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_survive_in_vary() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_bytes(b"a\xff").unwrap());
        merge_vary(&mut headers, Vary::Origin);
        assert_eq!(headers[header::VARY].as_bytes(), b"a\xff, Origin");
    }

    #[test]
    fn every_cors_field_is_stripped_and_nothing_else() {
        let mut headers = HeaderMap::new();
        for name in [
            "access-control-allow-origin",
            "access-control-allow-origin",
            "access-control-something-new",
            "access-contro",
            "x-access-control-allow-origin",
            "etag",
        ] {
            headers.append(name, HeaderValue::from_static("x"));
        }
        strip(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["access-contro", "etag", "x-access-control-allow-origin"]);
    }
}
