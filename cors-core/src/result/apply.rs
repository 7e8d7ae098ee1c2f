//! From a result to the fields of a response.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::vary::Vary;
use super::{ALLOW_PRIVATE_NETWORK, AllowOrigin, CorsResult, TIMING_ALLOW_ORIGIN};

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
        self.varies_on().merge_into(headers);
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
    name.starts_with(CORS_PREFIX)
}

#[cfg(test)]
mod tests {
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
