//! The CORS fields of a response: what an adapter sets, whatever the reasons for it were.

mod apply;
mod forms;
mod vary;

use http::{HeaderName, HeaderValue, header};

use crate::policy::CorsPolicy;
use crate::request::Value;
pub use apply::{is_cors_field, strip_cors_fields};
pub use vary::{KeptVary, merged_vary_origin};

const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// The CORS fields of one response, and what it varies on.
///
/// A view of a [`CorsResult`](crate::CorsResult), or of as much of one as an adapter carries to the
/// response. Two are equal where they set the same.
///
/// Implements <https://fetch.spec.whatwg.org/#http-responses>.
///
/// ```
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let lines = [("origin", "https://app.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
///
/// let mut headers = http::HeaderMap::new();
/// result.response_fields().apply_to(&mut headers);
/// assert_eq!(headers["access-control-allow-origin"], "*");
/// ```
#[derive(Clone, Copy)]
pub struct CorsFields<'a> {
    policy: &'a CorsPolicy,
    allow_origin: &'a AllowOrigin,
    preflight: Option<&'a PreflightFields>,
}

/// What a preflight's response holds beside the origin. By default, what a refused one holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PreflightFields {
    pub(crate) is_allowed: bool,
    /// Invariant: only where the preflight is allowed.
    pub(crate) allow_private_network: bool,
    /// Invariant: only under a policy with credentials.
    pub(crate) mirrored: Mirrored,
}

/// The value of `Access-Control-Allow-Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowOrigin {
    Nothing,
    Any,
    Null,
    /// The policy's own text at this index.
    Listed(usize),
    /// The request's value.
    Value(HeaderValue),
    /// A copy of the request's bytes, where the server keeps no `HeaderValue`.
    Copied(ShortText),
}

impl PreflightFields {
    /// Do the fields depend on more of the preflight than whether it is allowed?
    fn depends_on_what_is_asked(&self) -> bool {
        let Self { is_allowed: _, allow_private_network, mirrored } = self;
        *allow_private_network || *mirrored != Mirrored::default()
    }
}

impl AllowOrigin {
    /// The request's own origin, once it has been matched, and so is well-formed.
    pub(crate) fn echo(origin: Value<'_>) -> Self {
        match origin {
            Value::Http(value) => Self::Value(value.clone()),
            Value::Raw(bytes) => match ShortText::new(bytes) {
                Some(text) => Self::Copied(text),
                None => HeaderValue::from_bytes(bytes).map_or(Self::Nothing, Self::Value),
            },
        }
    }

    /// The same, to be kept with a policy.
    fn kept_with(&self, policy: &CorsPolicy) -> Self {
        match self {
            Self::Value(value) => Self::Value(policy.keep(value)),
            other => other.clone(),
        }
    }
}

/// A short text in place: fields are moved a few times for each request, and so are kept small, and
/// in whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(8))]
pub(crate) struct ShortText {
    len: u8,
    bytes: [u8; Self::CAPACITY],
}

impl ShortText {
    const CAPACITY: usize = 39;

    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::CAPACITY];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { len: u8::try_from(text.len()).ok()?, bytes })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// What preflights get back of what they asked for, where credentials rule out `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mirrored {
    pub(crate) method: Option<HeaderValue>,
    pub(crate) headers: Option<HeaderValue>,
}

/// A response field that CORS sets.
///
/// ```
/// assert_eq!(cors_core::adapter::CorsField::MaxAge.name(), "access-control-max-age");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an adapter must not compile when there is another")]
#[expect(missing_docs, reason = "each is the field of its name")]
pub enum CorsField {
    AllowOrigin,
    AllowCredentials,
    AllowMethods,
    AllowHeaders,
    MaxAge,
    AllowPrivateNetwork,
    ExposeHeaders,
    TimingAllowOrigin,
}

impl CorsField {
    /// How many there are: `field as usize` is less than that.
    ///
    /// ```
    /// use cors_core::adapter::CorsField;
    ///
    /// assert_eq!(CorsField::TimingAllowOrigin as usize, CorsField::COUNT - 1);
    /// ```
    pub const COUNT: usize = 8;

    /// All of them.
    ///
    /// ```
    /// use cors_core::adapter::CorsField;
    ///
    /// assert!(CorsField::ALL.iter().enumerate().all(|(index, field)| *field as usize == index));
    /// ```
    pub const ALL: [Self; Self::COUNT] = [
        Self::AllowOrigin,
        Self::AllowCredentials,
        Self::AllowMethods,
        Self::AllowHeaders,
        Self::MaxAge,
        Self::AllowPrivateNetwork,
        Self::ExposeHeaders,
        Self::TimingAllowOrigin,
    ];

    /// The name on the wire.
    ///
    /// ```
    /// use cors_core::adapter::CorsField;
    ///
    /// assert_eq!(CorsField::AllowOrigin.name(), http::header::ACCESS_CONTROL_ALLOW_ORIGIN);
    /// ```
    #[must_use]
    pub const fn name(self) -> HeaderName {
        match self {
            Self::AllowOrigin => header::ACCESS_CONTROL_ALLOW_ORIGIN,
            Self::AllowCredentials => header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            Self::AllowMethods => header::ACCESS_CONTROL_ALLOW_METHODS,
            Self::AllowHeaders => header::ACCESS_CONTROL_ALLOW_HEADERS,
            Self::MaxAge => header::ACCESS_CONTROL_MAX_AGE,
            Self::AllowPrivateNetwork => ALLOW_PRIVATE_NETWORK,
            Self::ExposeHeaders => header::ACCESS_CONTROL_EXPOSE_HEADERS,
            Self::TimingAllowOrigin => TIMING_ALLOW_ORIGIN,
        }
    }
}

/// The value of a response field, by what it depends on: an adapter that has a type of its own for
/// values can keep those that come again.
///
/// ```
/// use cors_core::adapter::{CorsField, FieldValue};
/// use cors_core::{CorsPolicy, CorsRequest, CorsService};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://app.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// result.response_fields().for_each(|field, value| {
///     assert_eq!(field, CorsField::AllowOrigin);
///     assert!(matches!(value, FieldValue::Listed { index: 0, .. }));
///     assert_eq!(value.as_bytes(), b"https://app.example.com");
/// });
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else that a value could depend on")]
pub enum FieldValue<'a> {
    /// On nothing: `*`, for any origin.
    Any,
    /// On nothing: `null`, the origin.
    Null,
    /// On nothing: `true`.
    True,
    /// On the policy: it is the same for every request that has the field.
    OfPolicy(&'a HeaderValue),
    /// On the origin, where the policy lists it: it is the same for every request of that origin.
    Listed {
        /// The place of the origin among those that the policy lists without a wildcard.
        index: usize,
        /// The policy's own text.
        value: &'a HeaderValue,
    },
    /// On the origin, where a pattern matches it: it has the bytes of the request's only `Origin`.
    OfOrigin(&'a [u8]),
    /// On what a preflight asks for.
    Mirrored(&'a HeaderValue),
}

impl<'a> FieldValue<'a> {
    /// The bytes of the value.
    ///
    /// ```
    /// assert_eq!(cors_core::adapter::FieldValue::True.as_bytes(), b"true");
    /// ```
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Any => b"*",
            Self::Null => b"null",
            Self::True => b"true",
            Self::OfPolicy(value) | Self::Listed { value, .. } | Self::Mirrored(value) => {
                value.as_bytes()
            }
            Self::OfOrigin(origin) => origin,
        }
    }
}

impl<'a> CorsFields<'a> {
    /// Of the response to an actual request, or to one without `Origin`.
    #[inline]
    pub(crate) fn of_actual(policy: &'a CorsPolicy, allow_origin: &'a AllowOrigin) -> Self {
        Self { policy, allow_origin, preflight: None }
    }

    #[inline]
    pub(crate) fn of_preflight(
        policy: &'a CorsPolicy,
        allow_origin: &'a AllowOrigin,
        preflight: &'a PreflightFields,
    ) -> Self {
        Self { policy, allow_origin, preflight: Some(preflight) }
    }

    /// The policy that they come from.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert!(result.response_fields().policy().allows_any_origin());
    /// ```
    #[must_use]
    pub fn policy(&self) -> &'a CorsPolicy {
        self.policy
    }

    /// Is the response that of a preflight, which the application never sees?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.response_fields().is_of_preflight());
    /// ```
    #[must_use]
    #[inline]
    pub fn is_of_preflight(&self) -> bool {
        self.preflight.is_some()
    }

    /// Is there an `Access-Control-Allow-Origin`?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert!(result.response_fields().allows_origin());
    /// ```
    #[must_use]
    #[inline]
    pub fn allows_origin(&self) -> bool {
        *self.allow_origin != AllowOrigin::Nothing
    }

    /// The value of `Access-Control-Allow-Origin`, if there is one. An adapter that has a type of its
    /// own for values can take the request's, rather than make another.
    ///
    /// ```
    /// # use cors_core::adapter::FieldValue;
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let origin = result.response_fields().allow_origin();
    /// assert_eq!(origin, Some(FieldValue::OfOrigin(b"http://localhost:3000")));
    /// ```
    #[must_use]
    #[inline]
    pub fn allow_origin(&self) -> Option<FieldValue<'a>> {
        Some(match self.allow_origin {
            AllowOrigin::Nothing => return None,
            AllowOrigin::Any => FieldValue::Any,
            AllowOrigin::Null => FieldValue::Null,
            AllowOrigin::Listed(index) => {
                FieldValue::Listed { index: *index, value: self.policy.listed_origin(*index)? }
            }
            AllowOrigin::Value(value) => FieldValue::OfOrigin(value.as_bytes()),
            AllowOrigin::Copied(text) => FieldValue::OfOrigin(text.as_bytes()),
        })
    }

    /// How many [templates](Self::template) a policy has: of actual requests, of refused and of allowed
    /// preflights.
    ///
    /// ```
    /// use std::sync::OnceLock;
    /// use cors_core::adapter::{CorsField, CorsFields};
    ///
    /// /// Values in a framework's own type, or none for the origin.
    /// struct Templates([OnceLock<Vec<(CorsField, Option<String>)>>; CorsFields::TEMPLATES]);
    /// ```
    pub const TEMPLATES: usize = 3;

    /// The number, below [`TEMPLATES`](Self::TEMPLATES), of the set of fields that this response shares
    /// with others under its policy, apart from the origin. An adapter that has types of its own can
    /// make each set once, and copy it. None where the fields depend on what a preflight asks for, and
    /// where the origin is refused, since there are none.
    ///
    /// The origin is every value that equals [`allow_origin`](Self::allow_origin), which may be that of
    /// `Timing-Allow-Origin`, too.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://app.example.com", "https://*.example.org"])
    ///     .build()?;
    /// let template = |origin| {
    ///     let lines = [("origin", origin)];
    ///     let result = CorsService::new().evaluate_policy(&CorsRequest::new("GET", &lines), &policy);
    ///     result.response_fields().template()
    /// };
    /// assert!(template("https://app.example.com").is_some());
    /// assert_eq!(template("https://app.example.com"), template("https://shop.example.org"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn template(&self) -> Option<usize> {
        match self.preflight {
            _ if !self.allows_origin() => None,
            None => Some(0),
            Some(preflight) if preflight.depends_on_what_is_asked() => None,
            Some(preflight) => Some(1 + usize::from(preflight.is_allowed)),
        }
    }

    /// Calls `set` with each field and its value, in an order that is always the same; `Vary` is
    /// [another matter](Self::merged_vary).
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// let mut lines = Vec::new();
    /// result.response_fields().for_each(|field, value| lines.push((field.name(), value.as_bytes())));
    /// assert_eq!(
    ///     lines,
    ///     [
    ///         (http::header::ACCESS_CONTROL_ALLOW_ORIGIN, &b"http://localhost:3000"[..]),
    ///         (http::header::ACCESS_CONTROL_ALLOW_CREDENTIALS, &b"true"[..]),
    ///     ],
    /// );
    /// ```
    #[inline(always)]
    pub fn for_each(&self, mut set: impl FnMut(CorsField, FieldValue<'a>)) {
        let Some(origin) = self.allow_origin() else { return };
        let compiled = self.policy.compiled();
        let values = &compiled.values;
        let of_policy = |value: &'a Option<HeaderValue>| value.as_ref().map(FieldValue::OfPolicy);
        let mut set = |field, value| {
            if let Some(value) = value {
                set(field, value);
            }
        };
        let allowed = |is_allowed: bool| is_allowed.then_some(FieldValue::True);
        set(CorsField::AllowOrigin, Some(origin));
        set(CorsField::AllowCredentials, allowed(compiled.credentials));
        let Some(preflight) = self.preflight else {
            set(CorsField::ExposeHeaders, of_policy(&values.expose_headers));
            set(
                CorsField::TimingAllowOrigin,
                Some(origin).filter(|_| compiled.timing_allow_origin),
            );
            return;
        };
        // What a policy lists is sent with refused preflights too, so that the browser itself
        // refuses, and its console names what it refuses.
        let Mirrored { method, headers } = &preflight.mirrored;
        let methods = method.as_ref().map(FieldValue::Mirrored);
        set(CorsField::AllowMethods, methods.or_else(|| of_policy(&values.allow_methods)));
        let headers = headers.as_ref().map(FieldValue::Mirrored);
        set(CorsField::AllowHeaders, headers.or_else(|| of_policy(&values.allow_headers)));
        if preflight.is_allowed {
            set(CorsField::MaxAge, of_policy(&values.max_age));
            set(CorsField::AllowPrivateNetwork, allowed(preflight.allow_private_network));
        }
    }
}

#[cfg(test)]
mod tests;
