//! From a result to the fields of an actix response.

use std::borrow::Cow;
use std::slice::Iter;
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use cors_core::{CorsField, CorsFields, CorsPolicy, FieldValue, is_cors_field, merged_vary_origin};

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

/// What is a field value in one type is one in the other.
fn made(value: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(value).unwrap_or(NOTHING)
}

/// A value to be cloned again and again, which `lives` as long as the program.
fn made_to_keep(value: &[u8], lives: bool) -> HeaderValue {
    let value = made(value);
    match value.to_str() {
        Ok(text) if lives => HeaderValue::from_static(text.to_owned().leak()),
        _ => {
            // Behind a reference count from now on, rather than from its first clone on.
            drop(value.clone());
            value
        }
    }
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
    if fields.allows_origin() {
        set(fields, headers, origin);
    }
    match fields.vary() {
        [] => {}
        [_] if !varies => append(headers, header::VARY, ORIGIN),
        _ => merge_vary(headers, |lines| {
            fields.merged_vary(|| lines.clone().map(HeaderValue::as_bytes))
        }),
    }
}

/// Sets the fields, but for `Vary`.
#[inline(never)]
fn set(fields: CorsFields<'_>, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    let policy = fields.policy();
    fields.for_each(|field, value| {
        let value = match value {
            FieldValue::Any => ANY,
            FieldValue::Null => NULL,
            FieldValue::True => TRUE,
            FieldValue::OfPolicy(value) => kept_of_policy(policy, field, value),
            FieldValue::Listed { index, value } => listed(policy, index, value, origin),
            FieldValue::OfOrigin(text) => of_request(origin, text),
            FieldValue::Mirrored(value) => made(value.as_bytes()),
        };
        if field == CorsField::TimingAllowOrigin {
            // By its name it is no field of CORS, so that the application's is still there.
            headers.insert(name(field), value);
        } else {
            append(headers, name(field), value);
        }
    });
}

#[inline(never)]
fn kept_of_policy(policy: &CorsPolicy, field: CorsField, value: &http::HeaderValue) -> HeaderValue {
    kept(policy, value, |values| values.of_policy.get(field as usize))
        .unwrap_or_else(|| made(value.as_bytes()))
}

#[inline(never)]
fn listed(
    policy: &CorsPolicy,
    index: usize,
    value: &http::HeaderValue,
    origin: Option<&HeaderValue>,
) -> HeaderValue {
    kept(policy, value, |values| values.listed.get(index))
        .unwrap_or_else(|| of_request(origin, value.as_bytes()))
}

/// `value` in actix's type, where there is a place for it.
fn kept(
    policy: &CorsPolicy,
    value: &http::HeaderValue,
    place: impl FnOnce(&Values) -> Option<&OnceLock<HeaderValue>>,
) -> Option<HeaderValue> {
    let place = place(policy.prepared(|_| Values::default()))?;
    let made = || made_to_keep(value.as_bytes(), policy.is_leaked());
    Some(place.get_or_init(made).clone())
}

/// The request's value, where it is `text`.
#[inline(never)]
fn of_request(origin: Option<&HeaderValue>, text: &[u8]) -> HeaderValue {
    match origin {
        Some(origin) if origin == text => origin.clone(),
        _ => made(text),
    }
}

/// Sets a field that is not there: inserting would cost twice as much, for what it might replace.
///
/// Once for all fields, so that the rest of setting one is small enough to be made for each.
#[inline(never)]
fn append(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.append(name, value);
}

/// Puts what `merged` makes of the lines of `Vary` in their place.
#[inline(never)]
fn merge_vary(
    headers: &mut HeaderMap,
    merged: impl FnOnce(Iter<'_, HeaderValue>) -> Option<Cow<'static, [u8]>>,
) {
    let lines = headers.get_all(header::VARY);
    let is_one_line = lines.len() == 1;
    // Members come out of field values, and go into one.
    let merged = merged(lines).map(|merged| Bytes::from(merged.into_owned()));
    let Some(Ok(vary)) = merged.map(HeaderValue::from_maybe_shared) else { return };
    match headers.get_mut(header::VARY) {
        Some(line) if is_one_line => *line = vary,
        _ => {
            headers.insert(header::VARY, vary);
        }
    }
}

/// As [`cors_core::strip_cors_fields`], with actix's header map.
pub(crate) fn strip_and_vary(headers: &mut HeaderMap) {
    strip(headers);
    merge_vary(headers, |lines| merged_vary_origin(|| lines.clone().map(HeaderValue::as_bytes)));
}

#[inline(never)]
fn strip(headers: &mut HeaderMap) {
    headers.retain(|name, _| !is_cors_field(name.as_str()));
}
