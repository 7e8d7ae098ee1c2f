//! From a result to the fields of an actix response.

use std::borrow::Cow;
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use cors_core::{CorsField, CorsFields, FieldValue, is_cors_field, merged_vary_origin};

/// The names in actix's type, in the order of [`CorsField`].
static NAMES: [HeaderName; CorsField::COUNT] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
    HeaderName::from_static("access-control-allow-private-network"),
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    HeaderName::from_static("timing-allow-origin"),
];

const ANY: HeaderValue = HeaderValue::from_static("*");
const NULL: HeaderValue = HeaderValue::from_static("null");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// The values in actix's type that are the same for every request under a policy.
#[derive(Default)]
struct Values([OnceLock<HeaderValue>; CorsField::COUNT]);

impl Values {
    fn get(&self, field: CorsField, value: &http::HeaderValue, lives: bool) -> Option<HeaderValue> {
        let value = || made(value.as_bytes(), lives).unwrap_or(HeaderValue::from_static(""));
        self.0.get(field as usize).map(|place| place.get_or_init(value).clone())
    }
}

/// What is a field value in one type is one in the other; `lives` as long as the program.
fn made(value: &[u8], lives: bool) -> Option<HeaderValue> {
    let value = HeaderValue::from_bytes(value).ok()?;
    if !lives {
        // Behind a reference count from now on, rather than from its first clone on.
        drop(value.clone());
        return Some(value);
    }
    let text = value.to_str().ok()?.to_owned();
    Some(HeaderValue::from_static(text.leak()))
}

/// As [`CorsFields::apply_to`], with actix's header map. `origin` is the request's own line, whose
/// clone costs nothing.
#[inline]
pub(crate) fn apply(fields: CorsFields<'_>, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    let mut varies = false;
    let mut has_cors_fields = false;
    for name in headers.keys() {
        varies |= name == header::VARY;
        has_cors_fields |= is_cors_field(name.as_str());
    }
    if has_cors_fields {
        strip(headers);
    }
    let policy = fields.policy();
    let mut values = None;
    fields.for_each(|field, value| {
        let value = match value {
            FieldValue::Any => Some(ANY),
            FieldValue::Null => Some(NULL),
            FieldValue::True => Some(TRUE),
            FieldValue::OfPolicy(value) => {
                let values = values.get_or_insert_with(|| policy.prepared(|_| Values::default()));
                values.get(field, value, policy.is_leaked())
            }
            FieldValue::OfOrigin(text) => match origin {
                Some(origin) if origin == text => Some(origin.clone()),
                _ => HeaderValue::from_bytes(text).ok(),
            },
            FieldValue::Mirrored(value) => HeaderValue::from_bytes(value.as_bytes()).ok(),
        };
        if let (Some(name), Some(value)) = (NAMES.get(field as usize), value) {
            headers.insert(name.clone(), value);
        }
    });
    if !varies && matches!(fields.vary(), [_]) {
        headers.insert(header::VARY, ORIGIN);
        return;
    }
    let lines = || headers.get_all(header::VARY).map(HeaderValue::as_bytes);
    if let Some(vary) = fields.merged_vary(lines) {
        set_vary(headers, vary);
    }
}

fn set_vary(headers: &mut HeaderMap, vary: Cow<'static, [u8]>) {
    // Members come out of field values, and go into one.
    if let Ok(vary) = HeaderValue::from_maybe_shared(Bytes::from(vary.into_owned())) {
        headers.insert(header::VARY, vary);
    }
}

/// As [`cors_core::strip_cors_fields`], with actix's header map.
pub(crate) fn strip_and_vary(headers: &mut HeaderMap) {
    strip(headers);
    let lines = || headers.get_all(header::VARY).map(HeaderValue::as_bytes);
    if let Some(vary) = merged_vary_origin(lines) {
        set_vary(headers, vary);
    }
}

fn strip(headers: &mut HeaderMap) {
    headers.retain(|name, _| !is_cors_field(name.as_str()));
}
