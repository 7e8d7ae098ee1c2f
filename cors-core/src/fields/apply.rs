//! From a result to the fields of a response.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::vary::{KeptVary, Vary};
use super::{AllowOrigin, CorsField, CorsFields, FieldValue};

const CORS_PREFIX: &str = "access-control-";
const ANY: HeaderValue = HeaderValue::from_static("*");
const NULL: HeaderValue = HeaderValue::from_static("null");
const TRUE: HeaderValue = HeaderValue::from_static("true");

impl CorsFields<'_> {
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
    #[inline]
    pub fn apply_to(&self, headers: &mut HeaderMap) {
        if self.is_of_preflight() {
            self.apply_to_preflight(headers);
        } else {
            self.apply_one_by_one(headers);
        }
    }

    fn apply_to_preflight(&self, headers: &mut HeaderMap) {
        if headers.is_empty()
            && let Some(prepared) = self.prepared()
        {
            *headers = self.with_origin(prepared);
        } else {
            self.apply_one_by_one(headers);
        }
    }

    #[inline(always)]
    fn apply_one_by_one(&self, headers: &mut HeaderMap) {
        if is_full(headers) {
            return strip(headers);
        }
        let mut varies = false;
        let mut has_cors_fields = false;
        for name in headers.keys() {
            varies |= name == header::VARY;
            has_cors_fields |= !is_common(name) && is_cors_field(name.as_str());
        }
        if has_cors_fields {
            strip(headers);
        }
        // First: a map makes room for a new name before it notices that the name is there, so that
        // `Vary` as the last field could grow a full map for nothing.
        if varies {
            self.merge_vary(headers);
        }
        self.for_each(|field, value| {
            let value = match value {
                FieldValue::Any => ANY,
                FieldValue::True => TRUE,
                FieldValue::OfPolicy(value)
                | FieldValue::Listed { value, .. }
                | FieldValue::Mirrored(value) => value.clone(),
                FieldValue::Null | FieldValue::OfOrigin(_) => match self.origin_value() {
                    Some(origin) => origin,
                    None => return,
                },
            };
            insert(headers, name_of(field), value);
        });
        if !varies {
            self.varies_on().insert_into(headers);
        }
    }

    /// The fields that every preflight with this outcome has under the policy, where they differ in
    /// the origin alone: to clone a map costs less than half of filling one. The first preflight
    /// fills it.
    fn prepared(&self) -> Option<&Preflight> {
        let template = self.template()?;
        let prepared = self.policy.prepared(|_| PreparedFields::default());
        Some(prepared.preflights.get(template)?.get_or_init(|| {
            let mut headers = HeaderMap::new();
            let allow_origin = self.allow_origin.kept_with(self.policy);
            CorsFields { allow_origin: &allow_origin, ..*self }.apply_one_by_one(&mut headers);
            Preflight { allow_origin, headers }
        }))
    }

    fn with_origin(&self, prepared: &Preflight) -> HeaderMap {
        let mut headers = prepared.headers.clone();
        if prepared.allow_origin == *self.allow_origin {
            return headers;
        }
        match (headers.iter_mut().next(), self.origin_value()) {
            (Some((name, place)), Some(origin)) if name == header::ACCESS_CONTROL_ALLOW_ORIGIN => {
                *place = origin;
            }
            // Not reached; but what would be left is the answer to another origin.
            _ => headers.clear(),
        }
        headers
    }

    #[inline(never)]
    fn merge_vary(&self, headers: &mut HeaderMap) {
        let vary = self.varies_on();
        let has_one_line_each = headers.len() == headers.keys_len();
        if vary == Vary::Origin
            && has_one_line_each
            && let Some(line) = headers.get_mut(header::VARY)
        {
            let kept = &self.policy.prepared(|_| PreparedFields::default()).vary;
            let keep = |value: &HeaderValue| self.policy.keep(value);
            let merge = || vary.merged_value(|| std::iter::once(&*line));
            if let Some(merged) = kept.merged(line, keep, merge) {
                *line = merged;
            }
        } else {
            vary.merge_into(headers);
        }
    }

    #[inline(never)]
    fn origin_value(&self) -> Option<HeaderValue> {
        Some(match self.allow_origin {
            AllowOrigin::Nothing => return None,
            AllowOrigin::Any => ANY,
            AllowOrigin::Null => NULL,
            AllowOrigin::Listed(index) => self.policy.listed_origin(*index)?.clone(),
            AllowOrigin::Value(value) => value.clone(),
            // An origin that was matched is printable ASCII, which every field value may hold.
            AllowOrigin::Copied(origin) => HeaderValue::from_bytes(origin.as_bytes()).ok()?,
        })
    }
}

/// What comes again under a policy: made when it is first needed.
#[derive(Default)]
struct PreparedFields {
    /// By template: the fields of preflights, of which only the origin depends on the request. The
    /// place of actual requests stays empty.
    preflights: [OnceLock<Preflight>; CorsFields::TEMPLATES],
    vary: KeptVary<HeaderValue>,
}

/// The fields of the first preflight, which are those of every other but for the origin.
struct Preflight {
    allow_origin: AllowOrigin,
    /// The origin is set first, and so found first.
    headers: HeaderMap,
}

/// Are there so many fields that the map might refuse another one, by a panic?
///
/// It holds 24,576 names, more than anyone sends. Without CORS fields no page of another origin can
/// read such a response.
#[inline]
fn is_full(headers: &HeaderMap) -> bool {
    headers.keys_len() > 24_000
}

/// Not inlined, so that what is inlined for each field stays small.
#[inline(never)]
pub(super) fn insert(headers: &mut HeaderMap, name: &'static HeaderName, value: HeaderValue) {
    headers.insert(name, value);
}

/// [`CorsField::name`], from where a name need not be moved to be passed.
#[inline]
fn name_of(field: CorsField) -> &'static HeaderName {
    macro_rules! name {
        ($field:ident) => {{
            static NAME: HeaderName = CorsField::$field.name();
            &NAME
        }};
    }
    match field {
        CorsField::AllowOrigin => name!(AllowOrigin),
        CorsField::AllowCredentials => name!(AllowCredentials),
        CorsField::AllowMethods => name!(AllowMethods),
        CorsField::AllowHeaders => name!(AllowHeaders),
        CorsField::MaxAge => name!(MaxAge),
        CorsField::AllowPrivateNetwork => name!(AllowPrivateNetwork),
        CorsField::ExposeHeaders => name!(ExposeHeaders),
        CorsField::TimingAllowOrigin => name!(TimingAllowOrigin),
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
/// cors_core::adapter::strip_cors_fields(&mut headers);
/// assert!(!headers.contains_key("access-control-allow-origin"));
/// assert_eq!(headers["vary"], "Origin");
/// ```
pub fn strip_cors_fields(headers: &mut HeaderMap) {
    strip(headers);
    if !is_full(headers) {
        Vary::Origin.merge_into(headers);
    }
}

#[inline(never)]
fn strip(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_cors_field(name.as_str())) {
        let name = name.clone();
        headers.remove(name);
    }
}

/// Is it one of those that most responses have? They are known by a number, and others by their text.
#[inline]
fn is_common(name: &HeaderName) -> bool {
    *name == header::CONTENT_TYPE
        || *name == header::CONTENT_LENGTH
        || *name == header::VARY
        || *name == header::DATE
        || *name == header::CACHE_CONTROL
        || *name == header::ETAG
        || *name == header::SET_COOKIE
}

/// Is the field one of CORS? Names of fields are compared without case.
///
/// What [`strip_cors_fields`] removes; for servers with a header map of their own.
///
/// ```
/// use cors_core::adapter::is_cors_field;
///
/// assert!(is_cors_field("access-control-allow-origin"));
/// assert!(is_cors_field("Access-Control-Allow-Origin"));
/// assert!(!is_cors_field("vary"));
/// ```
#[must_use]
#[inline]
pub fn is_cors_field(name: &str) -> bool {
    // Nearly every other name differs in the first byte.
    matches!(name.as_bytes(), [b'a' | b'A', ..])
        && name
            .get(..CORS_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(CORS_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CorsPolicy, CorsRequest, CorsService};

    #[test]
    fn every_field_is_set_by_its_name() {
        for field in CorsField::ALL {
            assert_eq!(*name_of(field), field.name());
        }
    }

    #[test]
    fn a_map_that_takes_no_more_loses_its_cors_fields_and_nothing_panics() {
        let policy = CorsPolicy::permissive();
        let request = CorsRequest::new("GET", &[("origin", "https://a.example")]);
        let result = CorsService::new().evaluate_policy(&request, &policy);
        let mut headers = HeaderMap::new();
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
        let mut number = 1;
        while headers.keys_len() < 24_576 {
            let name = HeaderName::from_bytes(format!("x-{number}").as_bytes()).unwrap();
            headers.insert(name, HeaderValue::from_static("x"));
            number += 1;
        }
        result.apply_to(&mut headers);
        assert_eq!(
            (headers.keys_len(), headers.get("access-control-allow-origin")),
            (24_575, None)
        );
        headers.insert("access-control-expose-headers", HeaderValue::from_static("*"));
        strip_cors_fields(&mut headers);
        assert_eq!((headers.keys_len(), headers.get("vary")), (24_575, None));
    }

    #[test]
    fn what_is_kept_of_vary_is_not_that_of_a_preflight_that_varies_on_more() {
        let policy = CorsPolicy::builder().with_origins(["https://a.example"]);
        let policy = policy.allow_any_method().allow_any_header().allow_credentials();
        let policy = policy.build().unwrap();
        let preflight = [("origin", "https://a.example"), ("access-control-request-method", "PUT")];
        let asked = "Accept, Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        for (method, lines, expected) in [
            ("GET", &preflight[..1], "Accept, Origin"),
            ("OPTIONS", &preflight[..], asked),
            ("GET", &preflight[..1], "Accept, Origin"),
        ] {
            let result =
                CorsService::new().evaluate_policy(&CorsRequest::new(method, &lines), &policy);
            let mut headers = HeaderMap::new();
            headers.insert(header::VARY, HeaderValue::from_static("Accept"));
            result.apply_to(&mut headers);
            assert_eq!(headers["vary"], expected, "{method}");
        }
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
