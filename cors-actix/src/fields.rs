//! From a result to the fields of an actix response.

use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use cors_core::{CorsResult, is_cors_field, merged_vary_origin};

const FIELD_COUNT: usize = 9;

/// Every field that a result sets.
static FIELDS: [HeaderName; FIELD_COUNT] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
    HeaderName::from_static("access-control-allow-private-network"),
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName::from_static("timing-allow-origin"),
    header::VARY,
];

/// The first value that was sent in each of [`FIELDS`] under a policy. Most fields hold the same
/// under a policy for ever; where one does not, its value is made anew.
#[derive(Default)]
struct Values([OnceLock<HeaderValue>; FIELD_COUNT]);

/// As [`CorsResult::apply_to`], with actix's header map. `origin` is the request's own line, whose
/// clone costs nothing.
pub(crate) fn apply(result: &CorsResult, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    strip(headers);
    let values = result.policy().prepared(|_| Values::default());
    for (name, value) in result.fields() {
        values.set(headers, name.as_str(), value, origin);
    }
    let lines = || headers.get_all(header::VARY).map(HeaderValue::as_bytes);
    if let Some(vary) = result.merged_vary(lines) {
        values.set(headers, header::VARY.as_str(), &vary, None);
    }
}

/// As [`cors_core::strip_cors_fields`], with actix's header map.
pub(crate) fn strip_and_vary(headers: &mut HeaderMap) {
    strip(headers);
    let lines = || headers.get_all(header::VARY).map(HeaderValue::as_bytes);
    // Members come out of field values, and go into one.
    if let Some(Ok(vary)) = merged_vary_origin(lines).map(|vary| HeaderValue::from_bytes(&vary)) {
        headers.insert(header::VARY, vary);
    }
}

fn strip(headers: &mut HeaderMap) {
    headers.retain(|name, _| !is_cors_field(name.as_str()));
}

impl Values {
    fn set(&self, headers: &mut HeaderMap, name: &str, value: &[u8], origin: Option<&HeaderValue>) {
        let Some((name, first)) = FIELDS.iter().zip(&self.0).find(|(own, _)| *own == name) else {
            return;
        };
        let known = origin.into_iter().chain(first.get()).find(|known| *known == value);
        let value = match known {
            Some(known) => known.clone(),
            // What a result holds comes out of field values, and so is one.
            None => match HeaderValue::from_bytes(value) {
                Ok(value) => {
                    let _ = first.set(value.clone());
                    value
                }
                Err(_) => return,
            },
        };
        headers.insert(name.clone(), value);
    }
}
