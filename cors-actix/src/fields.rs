//! From a result to the fields of an actix response.

use std::borrow::Cow;
use std::slice::Iter;
use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use cors_core::CorsPolicy;
use cors_core::adapter::{
    CorsField, CorsFields, FieldValue, KeptVary, is_cors_field, merged_vary_origin,
};

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

/// What comes again under a policy, in actix's types: each is made when it is first needed.
#[derive(Default)]
struct Kept {
    listed: [OnceLock<HeaderValue>; KEPT_ORIGINS],
    of_policy: [OnceLock<HeaderValue>; CorsField::COUNT],
    templates: [OnceLock<Template>; CorsFields::TEMPLATES],
    vary: KeptVary<HeaderValue>,
}

/// All fields of a response but for `Access-Control-Allow-Origin`, without a value where it is the
/// origin, too.
type Template = Box<[(CorsField, Option<HeaderValue>)]>;

impl Kept {
    /// A value in actix's type; where it is the origin and is not kept, it is that of `request`.
    #[inline]
    fn value(
        &self,
        policy: &CorsPolicy,
        field: CorsField,
        value: FieldValue<'_>,
        request: Option<&HeaderMap>,
    ) -> HeaderValue {
        let kept = |place: &OnceLock<HeaderValue>, value: &http::HeaderValue| {
            place.get_or_init(|| made_to_keep(value.as_bytes(), policy.is_leaked())).clone()
        };
        match value {
            FieldValue::Any => ANY,
            FieldValue::Null => NULL,
            FieldValue::True => TRUE,
            FieldValue::OfPolicy(value) => match self.of_policy.get(field as usize) {
                Some(place) => kept(place, value),
                None => made(value.as_bytes()),
            },
            FieldValue::Listed { index, value } => match self.listed.get(index) {
                Some(place) => kept(place, value),
                None => of_request(request, value.as_bytes()),
            },
            FieldValue::OfOrigin(text) => of_request(request, text),
            FieldValue::Mirrored(value) => made(value.as_bytes()),
        }
    }

    #[cold]
    fn template(&self, fields: CorsFields<'_>) -> Template {
        let mut template = Vec::new();
        let allow_origin = fields.allow_origin();
        fields.for_each(|field, value| {
            if field == CorsField::AllowOrigin {
                return;
            }
            let value = (Some(value) != allow_origin)
                .then(|| self.value(fields.policy(), field, value, None));
            template.push((field, value));
        });
        template.into()
    }
}

/// What is a field value in one type is one in the other.
fn made(value: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(value).unwrap_or(NOTHING)
}

/// A value to be cloned again and again, which `lives` as long as the program.
#[cold]
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

/// The request's own `Origin`, where it is `text`: its clone copies nothing.
#[inline(never)]
fn of_request(request: Option<&HeaderMap>, text: &[u8]) -> HeaderValue {
    match request.and_then(|request| request.get(header::ORIGIN)) {
        Some(origin) if origin == text => origin.clone(),
        _ => made(text),
    }
}

/// As [`CorsFields::apply_to`], with actix's header map, and with the fields of the `request`, whose
/// `Origin` a response may get; where they are gone, it is copied.
#[inline]
pub(crate) fn apply(fields: CorsFields<'_>, headers: &mut HeaderMap, request: Option<&HeaderMap>) {
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
        set(fields, headers, request);
    }
    match fields.vary() {
        [] => {}
        [_] if !varies => headers.append(header::VARY, ORIGIN),
        _ => merge_vary(headers, |lines| kept_vary(fields, lines)),
    }
}

#[inline(never)]
fn kept_vary(fields: CorsFields<'_>, lines: Iter<'_, HeaderValue>) -> Option<HeaderValue> {
    let merge = || owned(fields.merged_vary(|| lines.clone().map(HeaderValue::as_bytes))?);
    let ([_], [line]) = (fields.vary(), lines.as_slice()) else { return merge() };
    let policy = fields.policy();
    let keep = |value: &HeaderValue| made_to_keep(value.as_bytes(), policy.is_leaked());
    policy.prepared(|_| Kept::default()).vary.merged(line, keep, merge)
}

/// A value without a copy: members of `Vary` come out of field values, and go into one.
fn owned(value: Cow<'static, [u8]>) -> Option<HeaderValue> {
    HeaderValue::from_maybe_shared(Bytes::from(value.into_owned())).ok()
}

/// Sets the fields, but for `Vary`.
#[inline(never)]
fn set(fields: CorsFields<'_>, headers: &mut HeaderMap, request: Option<&HeaderMap>) {
    let Some(allow_origin) = fields.allow_origin() else { return };
    let policy = fields.policy();
    let kept = policy.prepared(|_| Kept::default());
    let Some(template) = fields.template().and_then(|template| kept.templates.get(template)) else {
        return set_each(fields, headers, kept, request);
    };
    let field = CorsField::AllowOrigin;
    set_one(headers, field, kept.value(policy, field, allow_origin, request));
    for (field, value) in template.get_or_init(|| kept.template(fields)) {
        let allow_origin = || headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        if let Some(value) = value.as_ref().or_else(allow_origin).cloned() {
            set_one(headers, *field, value);
        }
    }
}

/// As [`set`], where fields depend on what is asked.
#[inline(never)]
fn set_each(
    fields: CorsFields<'_>,
    headers: &mut HeaderMap,
    kept: &Kept,
    request: Option<&HeaderMap>,
) {
    fields.for_each(|field, value| {
        set_one(headers, field, kept.value(fields.policy(), field, value, request));
    });
}

#[inline]
fn set_one(headers: &mut HeaderMap, field: CorsField, value: HeaderValue) {
    if field == CorsField::TimingAllowOrigin {
        // By its name it is no field of CORS, so that the application's is still there.
        headers.insert(TIMING_ALLOW_ORIGIN, value);
    } else {
        // `apply` has taken every other off, and inserting costs twice as much, for what it replaces.
        headers.append(name(field), value);
    }
}

/// Puts what `merged` makes of the lines of `Vary` in their place.
#[inline(never)]
fn merge_vary(
    headers: &mut HeaderMap,
    merged: impl FnOnce(Iter<'_, HeaderValue>) -> Option<HeaderValue>,
) {
    let lines = headers.get_all(header::VARY);
    let is_one_line = lines.len() == 1;
    let Some(vary) = merged(lines) else { return };
    match headers.get_mut(header::VARY) {
        Some(line) if is_one_line => *line = vary,
        _ => {
            headers.insert(header::VARY, vary);
        }
    }
}

/// As [`cors_core::adapter::strip_cors_fields`], with actix's header map.
pub(crate) fn strip_and_vary(headers: &mut HeaderMap) {
    strip(headers);
    merge_vary(headers, |lines| {
        owned(merged_vary_origin(|| lines.clone().map(HeaderValue::as_bytes))?)
    });
}

#[inline(never)]
fn strip(headers: &mut HeaderMap) {
    headers.retain(|name, _| !is_cors_field(name.as_str()));
}

#[cfg(test)]
mod tests {
    use cors_core::{CorsRequest, CorsService};

    use super::*;

    #[test]
    fn every_field_that_is_appended_is_stripped_before() {
        for field in CorsField::ALL {
            assert_eq!(name(field).as_str(), field.name().as_str());
            let is_stripped = is_cors_field(name(field).as_str());
            assert_eq!(is_stripped, field != CorsField::TimingAllowOrigin);
        }
    }

    #[test]
    fn the_origin_that_was_evaluated_is_allowed_whatever_the_request_says_by_now() {
        let policy = CorsPolicy::builder().with_origins(["https://*.example.com"]).build().unwrap();
        let lines = [("origin", "https://a.example.com")];
        let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
        for origin in ["https://a.example.com", "https://evil.example"] {
            let mut request = HeaderMap::new();
            request.insert(header::ORIGIN, HeaderValue::from_static(origin));
            let mut headers = HeaderMap::new();
            apply(result.response_fields(), &mut headers, Some(&request));
            let allowed = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(allowed.map(HeaderValue::as_bytes), Some(&b"https://a.example.com"[..]));
        }
    }

    #[test]
    fn lines_of_vary_that_come_again_are_merged_as_if_they_never_had() {
        let settings = CorsPolicy::builder().with_origins(["https://a.example"]);
        for policy in [settings.clone().build().unwrap(), settings.build().unwrap().leak()] {
            let request = CorsRequest::new("GET", &[("origin", "https://a.example")]);
            let result = CorsService::new().evaluate_policy(&request, &policy);
            for (before, after) in [
                (vec!["Accept"], "Accept, Origin"),
                (vec!["Accept"], "Accept, Origin"),
                (vec!["accept"], "accept, Origin"),
                (vec!["Accept", "Cookie"], "Accept, Cookie, Origin"),
                (vec!["Accept", "Accept"], "Accept, Origin"),
                (vec!["Cookie"], "Cookie, Origin"),
                (vec!["*"], "*"),
                (vec!["Origin"], "Origin"),
                (vec!["Accept"], "Accept, Origin"),
            ] {
                let mut headers = HeaderMap::new();
                for line in &before {
                    headers.append(header::VARY, HeaderValue::from_static(line));
                }
                apply(result.response_fields(), &mut headers, None);
                assert!(headers.get_all(header::VARY).eq([after]), "{before:?}: {headers:?}");
            }
        }
    }

    #[test]
    fn what_is_kept_of_vary_is_not_that_of_a_preflight_that_varies_on_more() {
        let policy = CorsPolicy::builder().with_origins(["https://a.example"]);
        let policy = policy.allow_any_method().allow_credentials().build().unwrap();
        let preflight = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        let asked = "Accept, Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        for (method, expected) in [("GET", "Accept, Origin"), ("OPTIONS", asked)] {
            let request = CorsRequest::new(method, &preflight);
            let result = CorsService::new().evaluate_policy(&request, &policy);
            let mut headers = HeaderMap::new();
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
            apply(result.response_fields(), &mut headers, None);
            assert!(headers.get_all(header::VARY).eq([expected]), "{method}: {headers:?}");
        }
    }

    /// Policies that are replaced while requests run would fill the memory otherwise.
    #[test]
    fn what_is_kept_goes_with_the_policy_unless_that_was_leaked() {
        let answer = |leak: bool| {
            let policy = CorsPolicy::builder().with_origins(["https://a.example"]);
            let policy = policy.with_exposed_headers(["x-total"]).build().unwrap();
            let policy = if leak { policy.leak() } else { policy };
            let request = CorsRequest::new("GET", &[("origin", "https://a.example")]);
            let result = CorsService::new().evaluate_policy(&request, &policy);
            let mut headers = HeaderMap::new();
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
            apply(result.response_fields(), &mut headers, None);
        };
        answer(false);
        assert_eq!(allocation_counter::measure(|| answer(false)).count_current, 0);
        assert!(allocation_counter::measure(|| answer(true)).count_current > 0);
    }
}
