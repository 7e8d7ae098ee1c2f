//! From a result to the fields of a response.

use http::{HeaderMap, HeaderValue, header};

use super::vary::Vary;
use super::{AllowOrigin, Answer, CorsFields, FieldValue};

const CORS_PREFIX: &str = "access-control-";

impl CorsFields {
    /// Makes the CORS fields of a response these.
    ///
    /// Every `access-control-*` field that is there already is removed, whoever set it; then these
    /// are set, one line each, and `Vary` is merged with what the application varies on: over all
    /// its lines, without repeating a name, and never losing one. Nothing else is touched. Applying
    /// them twice is as applying them once.
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
    /// result.response_fields().apply_to(&mut headers);
    /// assert!(!headers.contains_key("access-control-allow-origin"));
    /// assert_eq!(headers["vary"], "Accept-Encoding, Origin");
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        if self.is_prepared() && headers.is_empty() {
            *headers = self.prepared();
        } else {
            self.apply_one_by_one(headers);
        }
    }

    fn apply_one_by_one(&self, headers: &mut HeaderMap) {
        strip(headers);
        if let Some(origin) = self.origin_value() {
            self.for_each(|field, value| {
                let value = match value {
                    FieldValue::Fixed(text) => HeaderValue::from_static(text),
                    FieldValue::OfPolicy(value) | FieldValue::Mirrored(value) => value.clone(),
                    FieldValue::OfOrigin(_) => origin.clone(),
                };
                headers.insert(field.name(), value);
            });
        }
        self.varies_on().merge_into(headers);
    }

    /// Do the fields differ from those of other preflights under the policy in the origin alone?
    fn is_prepared(&self) -> bool {
        let compiled = self.policy.compiled();
        self.is_of_preflight()
            && self.allows_origin()
            && !self.allow_private_network
            && !compiled.mirrors_method()
            && !compiled.mirrors_headers()
    }

    /// All fields of a response that has no others yet. To clone a map costs less than half of
    /// filling one; the first preflight fills it.
    fn prepared(&self) -> HeaderMap {
        let preflights = &self.policy.compiled().preflights;
        let prepared = match self.answer {
            Answer::PreflightAllowed => &preflights.allowed,
            Answer::PreflightRefused | Answer::Actual => &preflights.refused,
        };
        let prepared = prepared.get_or_init(|| {
            let mut headers = HeaderMap::new();
            self.apply_one_by_one(&mut headers);
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers
        });
        let mut headers = prepared.clone();
        if self.allow_origin != AllowOrigin::Any
            && let Some(origin) = self.origin_value()
        {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        headers
    }

    fn origin_value(&self) -> Option<HeaderValue> {
        Some(match &self.allow_origin {
            AllowOrigin::Nothing => return None,
            AllowOrigin::Any => HeaderValue::from_static("*"),
            AllowOrigin::Null => HeaderValue::from_static("null"),
            AllowOrigin::Listed(index) => self.policy.listed_origin(*index)?.clone(),
            AllowOrigin::Value(value) => value.clone(),
            // An origin that was matched is printable ASCII, which every field value may hold.
            AllowOrigin::Copied(origin) => HeaderValue::from_bytes(origin.as_bytes()).ok()?,
        })
    }
}

/// Removes every CORS field, so that no page of another origin can read the response, and adds
/// `Origin` to `Vary`, since another time it may be told otherwise: for responses to requests whose
/// provider failed.
///
/// ```
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
/// cors_core::strip_cors_fields(&mut headers);
/// assert!(!headers.contains_key("access-control-allow-origin"));
/// assert_eq!(headers["vary"], "Origin");
/// ```
pub fn strip_cors_fields(headers: &mut HeaderMap) {
    strip(headers);
    Vary::Origin.merge_into(headers);
}

fn strip(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_cors_field(name.as_str())) {
        let name = name.clone();
        headers.remove(name);
    }
}

/// Is the field, whose name is given in lower case, one of CORS?
///
/// What [`strip_cors_fields`] removes; for servers with a header map of their own.
///
/// ```
/// use cors_core::is_cors_field;
///
/// assert!(is_cors_field("access-control-allow-origin"));
/// assert!(!is_cors_field("vary"));
/// ```
#[must_use]
pub fn is_cors_field(name: &str) -> bool {
    // Nearly every other name differs in the first byte.
    name.as_bytes().first() == Some(&b'a') && name.starts_with(CORS_PREFIX)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

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
