//! The CORS fields of a response: what an adapter sets, whatever the reasons for it were.

mod apply;
mod forms;
mod vary;

use http::{HeaderName, HeaderValue, header};

use crate::excerpt::Excerpt;
use crate::policy::CorsPolicy;
use crate::request::Value;
pub use apply::{is_cors_field, strip_cors_fields};
pub use vary::merged_vary_origin;

const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

/// The CORS fields of one response, and what it varies on.
///
/// This is as much of a [`CorsResult`](crate::CorsResult) as a response needs: an adapter carries
/// it to the response and [applies](Self::apply_to) it there. Two are equal where they set the same.
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
#[derive(Clone)]
pub struct CorsFields {
    policy: CorsPolicy,
    answer: Answer,
    /// Invariant: only in [`Answer::PreflightAllowed`].
    allow_private_network: bool,
    allow_origin: AllowOrigin,
    /// Invariant: only in [`Answer::PreflightAllowed`], under a policy with credentials.
    mirrored: Mirrored,
}

/// What the response answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An actual request, or one without `Origin`.
    Actual,
    PreflightAllowed,
    PreflightRefused,
}

/// The value of `Access-Control-Allow-Origin`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum AllowOrigin {
    Nothing,
    Any,
    Null,
    /// The policy's own text at this index.
    Listed(usize),
    /// The request's value.
    Value(HeaderValue),
    /// A copy of the request's bytes, where the server keeps no `HeaderValue`. Invariant: whole.
    Copied(Excerpt),
}

impl AllowOrigin {
    /// The request's own origin, once it has been matched, and so is well-formed.
    pub(crate) fn echo(origin: Value<'_>) -> Self {
        match origin {
            Value::Http(value) => Self::Value(value.clone()),
            Value::Raw(bytes) => {
                let excerpt = Excerpt::new(bytes);
                if excerpt.is_truncated() {
                    HeaderValue::from_bytes(bytes).map_or(Self::Nothing, Self::Value)
                } else {
                    Self::Copied(excerpt)
                }
            }
        }
    }
}

/// What preflights get back of what they asked for, where credentials rule out `*`.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Mirrored {
    pub(crate) method: Option<HeaderValue>,
    pub(crate) headers: Option<HeaderValue>,
}

/// A response field that CORS sets.
///
/// ```
/// assert_eq!(cors_core::CorsField::MaxAge.name(), "access-control-max-age");
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
    /// assert_eq!(cors_core::CorsField::TimingAllowOrigin as usize, cors_core::CorsField::COUNT - 1);
    /// ```
    pub const COUNT: usize = 8;

    /// The name on the wire.
    ///
    /// ```
    /// use cors_core::CorsField;
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
/// use cors_core::{CorsField, CorsPolicy, CorsRequest, CorsService, FieldValue};
///
/// let policy = CorsPolicy::builder().with_origins(["https://app.example.com"]).build()?;
/// let lines = [("origin", "https://app.example.com")];
/// let request = CorsRequest::new("GET", &lines);
/// let result = CorsService::new().evaluate_policy(&request, &policy);
/// result.response_fields().for_each(|field, value| {
///     assert_eq!(field, CorsField::AllowOrigin);
///     assert_eq!(value, FieldValue::OfOrigin(b"https://app.example.com"));
/// });
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else that a value could depend on")]
pub enum FieldValue<'a> {
    /// On nothing: it is this text.
    Fixed(&'static str),
    /// On the policy: it is the same for every request that has the field.
    OfPolicy(&'a HeaderValue),
    /// On the origin: it has the bytes of the request's only `Origin`.
    OfOrigin(&'a [u8]),
    /// On what a preflight asks for.
    Mirrored(&'a HeaderValue),
}

impl<'a> FieldValue<'a> {
    /// The bytes of the value.
    ///
    /// ```
    /// assert_eq!(cors_core::FieldValue::Fixed("true").as_bytes(), b"true");
    /// ```
    #[must_use]
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Fixed(text) => text.as_bytes(),
            Self::OfPolicy(value) | Self::Mirrored(value) => value.as_bytes(),
            Self::OfOrigin(origin) => origin,
        }
    }
}

impl CorsFields {
    /// Of the response to an actual request, or to one without `Origin`.
    pub(crate) fn actual(policy: &CorsPolicy, allow_origin: AllowOrigin) -> Self {
        Self::new(policy, Answer::Actual, allow_origin)
    }

    pub(crate) fn preflight_allowed(
        policy: &CorsPolicy,
        allow_origin: AllowOrigin,
        mirrored: Mirrored,
        allow_private_network: bool,
    ) -> Self {
        let policy = policy.clone();
        let answer = Answer::PreflightAllowed;
        Self { policy, answer, allow_private_network, allow_origin, mirrored }
    }

    /// With [`AllowOrigin::Nothing`] where the origin is refused or no browser sends the preflight.
    pub(crate) fn preflight_refused(policy: &CorsPolicy, allow_origin: AllowOrigin) -> Self {
        Self::new(policy, Answer::PreflightRefused, allow_origin)
    }

    fn new(policy: &CorsPolicy, answer: Answer, allow_origin: AllowOrigin) -> Self {
        Self {
            policy: policy.clone(),
            answer,
            allow_private_network: false,
            allow_origin,
            mirrored: Mirrored::default(),
        }
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
    pub fn policy(&self) -> &CorsPolicy {
        &self.policy
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
    pub fn is_of_preflight(&self) -> bool {
        self.answer != Answer::Actual
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
    pub fn allows_origin(&self) -> bool {
        self.allow_origin != AllowOrigin::Nothing
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
    pub fn for_each<'a>(&'a self, mut set: impl FnMut(CorsField, FieldValue<'a>)) {
        let Some(origin) = self.origin() else { return };
        let compiled = self.policy.compiled();
        let values = &compiled.values;
        let of_policy = |value: &'a Option<HeaderValue>| value.as_ref().map(FieldValue::OfPolicy);
        let mut set = |field, value| {
            if let Some(value) = value {
                set(field, value);
            }
        };
        let allowed = |is_allowed: bool| is_allowed.then_some(FieldValue::Fixed("true"));
        set(CorsField::AllowOrigin, Some(origin));
        set(CorsField::AllowCredentials, allowed(compiled.credentials));
        if self.answer == Answer::Actual {
            set(CorsField::ExposeHeaders, of_policy(&values.expose_headers));
            set(
                CorsField::TimingAllowOrigin,
                Some(origin).filter(|_| compiled.timing_allow_origin),
            );
            return;
        }
        // What a policy lists is sent with refused preflights too, so that the browser itself
        // refuses, and its console names what it refuses.
        let list = |mirrors, mirrored: &'a Option<HeaderValue>, listed| {
            if mirrors { mirrored.as_ref().map(FieldValue::Mirrored) } else { of_policy(listed) }
        };
        let Mirrored { method, headers } = &self.mirrored;
        set(
            CorsField::AllowMethods,
            list(compiled.mirrors_method(), method, &values.allow_methods),
        );
        set(
            CorsField::AllowHeaders,
            list(compiled.mirrors_headers(), headers, &values.allow_headers),
        );
        if self.answer == Answer::PreflightAllowed {
            set(CorsField::MaxAge, of_policy(&values.max_age));
            set(CorsField::AllowPrivateNetwork, allowed(self.allow_private_network));
        }
    }

    fn origin(&self) -> Option<FieldValue<'_>> {
        Some(match &self.allow_origin {
            AllowOrigin::Nothing => return None,
            AllowOrigin::Any => FieldValue::Fixed("*"),
            AllowOrigin::Null => FieldValue::Fixed("null"),
            AllowOrigin::Listed(index) => {
                FieldValue::OfOrigin(self.policy.listed_origin(*index)?.as_bytes())
            }
            AllowOrigin::Value(value) => FieldValue::OfOrigin(value.as_bytes()),
            AllowOrigin::Copied(excerpt) => FieldValue::OfOrigin(excerpt.as_bytes()),
        })
    }
}
