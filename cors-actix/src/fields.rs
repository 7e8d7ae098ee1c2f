//! From a result to the fields of an actix response.

use std::borrow::Cow;
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use cors_core::{CorsField, CorsFields, FieldValue, is_cors_field, merged_vary_origin};

const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// [`CorsField::name`] in actix's type.
const fn name(field: CorsField) -> HeaderName {
    match field {
        CorsField::AllowOrigin => header::ACCESS_CONTROL_ALLOW_ORIGIN,
        CorsField::AllowCredentials => header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        CorsField::AllowMethods => header::ACCESS_CONTROL_ALLOW_METHODS,
        CorsField::AllowHeaders => header::ACCESS_CONTROL_ALLOW_HEADERS,
        CorsField::MaxAge => header::ACCESS_CONTROL_MAX_AGE,
        CorsField::AllowPrivateNetwork => ALLOW_PRIVATE_NETWORK,
        CorsField::ExposeHeaders => header::ACCESS_CONTROL_EXPOSE_HEADERS,
        CorsField::TimingAllowOrigin => TIMING_ALLOW_ORIGIN,
    }
}

const ANY: HeaderValue = HeaderValue::from_static("*");
const NULL: HeaderValue = HeaderValue::from_static("null");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const NOTHING: HeaderValue = HeaderValue::from_static("");

/// How many of a policy's origins are kept in actix's type; the others are taken from the request.
const KEPT_ORIGINS: usize = 16;

/// The values in actix's type that come again under a policy: each is made when it is first needed.
#[derive(Default)]
struct Values {
    of_policy: [OnceLock<HeaderValue>; CorsField::COUNT],
    listed: [OnceLock<HeaderValue>; KEPT_ORIGINS],
}

/// The request's own `Origin`, where the response gets it: its clone costs nothing.
#[inline]
pub(crate) fn origin_for(fields: CorsFields<'_>, request: &HeaderMap) -> Option<HeaderValue> {
    let is_taken = match fields.allow_origin()? {
        FieldValue::OfOrigin(_) => true,
        FieldValue::Listed { index, .. } => index >= KEPT_ORIGINS,
        _ => false,
    };
    if is_taken { request.get(header::ORIGIN).cloned() } else { None }
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

/// As [`CorsFields::apply_to`], with actix's header map, and with what [`origin_for`] found; where the
/// request is gone, its origin is copied.
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
    let mut values = || *values.get_or_insert_with(|| policy.prepared(|_| Values::default()));
    let kept = |place: Option<&OnceLock<HeaderValue>>, value: &http::HeaderValue| {
        let made = || made(value.as_bytes(), policy.is_leaked());
        place.map(|place| place.get_or_init(|| made().unwrap_or(NOTHING)).clone())
    };
    let of_request = |text| match origin {
        Some(origin) if origin == text => Some(origin.clone()),
        _ => HeaderValue::from_bytes(text).ok(),
    };
    fields.for_each(|field, value| {
        let value = match value {
            FieldValue::Any => Some(ANY),
            FieldValue::Null => Some(NULL),
            FieldValue::True => Some(TRUE),
            FieldValue::OfPolicy(value) => kept(values().of_policy.get(field as usize), value),
            FieldValue::Listed { index, value } => {
                let kept = kept(values().listed.get(index), value);
                kept.or_else(|| of_request(value.as_bytes()))
            }
            FieldValue::OfOrigin(text) => of_request(text),
            FieldValue::Mirrored(value) => HeaderValue::from_bytes(value.as_bytes()).ok(),
        };
        if let Some(value) = value {
            insert(headers, name(field), value);
        }
    });
    if !varies && matches!(fields.vary(), [_]) {
        insert(headers, header::VARY, ORIGIN);
        return;
    }
    let lines = || headers.get_all(header::VARY).map(HeaderValue::as_bytes);
    if let Some(vary) = fields.merged_vary(lines) {
        set_vary(headers, vary);
    }
}

/// Once for all fields, so that the rest of setting one is small enough to be made for each.
#[inline(never)]
fn insert(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}

fn set_vary(headers: &mut HeaderMap, vary: Cow<'static, [u8]>) {
    // Members come out of field values, and go into one.
    if let Ok(vary) = HeaderValue::from_maybe_shared(Bytes::from(vary.into_owned())) {
        insert(headers, header::VARY, vary);
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
