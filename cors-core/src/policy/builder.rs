//! The settings of a policy, gathered before any of them is checked.

use std::{sync::Arc, time::Duration};

use super::{CorsPolicy, validate};
use crate::error::ConfigErrors;
#[cfg(feature = "regex")]
use crate::origin::OriginRegex;
use crate::origin::{Origin, OriginEntry, Predicate};

/// Gathers the settings of a [`CorsPolicy`]; nothing fails before [`build`](Self::build), which
/// returns every error at once.
///
/// Settings that take a list add to it, so they can be called several times. `"*"` as the only
/// entry of a list means any.
///
/// ```
/// use std::time::Duration;
/// use cors_core::CorsPolicy;
/// use http::{Method, header};
///
/// let policy = CorsPolicy::builder()
///     .with_origins(["https://app.example.com", "https://*.example.com", "http://localhost:*"])
///     .with_methods([Method::PUT, Method::DELETE])
///     .with_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
///     .with_exposed_headers(["x-total-count"])
///     .allow_credentials()
///     .preflight_max_age(Duration::from_secs(600))
///     .build()?;
/// assert!(policy.is_origin_allowed("https://shop.example.com"));
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct CorsPolicyBuilder {
    pub(crate) name: Option<String>,
    pub(crate) origins: Vec<OriginEntry>,
    #[cfg(feature = "regex")]
    pub(crate) regexes: Vec<OriginRegex>,
    pub(crate) predicates: Vec<Predicate>,
    pub(crate) null_origin: NullOrigin,
    pub(crate) methods: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) exposed_headers: Vec<String>,
    pub(crate) credentials: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) private_network: bool,
    pub(crate) timing_allow_origin: bool,
}

/// What a policy says of the origin `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NullOrigin {
    #[default]
    Refused,
    Allowed,
    DangerouslyAllowedWithCredentials,
}

impl CorsPolicyBuilder {
    /// Allows exact origins and patterns: `https://example.com`, `https://*.example.com`,
    /// `http://localhost:*`, or `*` alone for any.
    ///
    /// A `*.` stands for one or more whole labels, `:*` for any port or none; see
    /// [`OriginPattern`](crate::OriginPattern).
    ///
    /// ```
    /// use cors_core::{CorsPolicy, DangerousOptIn, OriginEntry};
    ///
    /// const OURS: &[&str] = &["https://example.com", "https://*.example.com"];
    /// let kiosk = OriginEntry::new("http://kiosk.example")
    ///     .dangerously_allow(DangerousOptIn::Insecure);
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(OURS)
    ///     .with_origins([kiosk])
    ///     .allow_credentials()
    ///     .build()?;
    /// assert!(policy.is_origin_allowed("http://kiosk.example"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn with_origins<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator<Item: Into<OriginEntry>>,
    {
        self.origins.extend(origins.into_iter().map(Into::into));
        self
    }

    /// Allows every origin, `null` included; never together with credentials.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder().allow_any_origin().build()?;
    /// assert!(policy.allows_any_origin());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_any_origin(self) -> Self {
        self.with_origins(["*"])
    }

    /// Allows origins that match a regular expression as a whole: it is always anchored.
    ///
    /// The regex sees well-formed origins only, in linear time. The syntax is that of the [`regex`]
    /// crate over ASCII, as origins are: without `\p` and letters of other scripts. Insecure origins
    /// (`http`, `ws`, not loopback) that it matches are admitted with credentials only if the regex
    /// [dangerously allows](OriginRegex::dangerously_allow) them.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .with_origin_regex(r"https://pr-[0-9]+\.preview\.example\.com")
    ///     .build()?;
    /// assert!(policy.is_origin_allowed("https://pr-7.preview.example.com"));
    /// assert!(!policy.is_origin_allowed("https://pr-7.preview.example.com.evil.example"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    #[cfg(feature = "regex")]
    pub fn with_origin_regex(mut self, regex: impl Into<OriginRegex>) -> Self {
        self.regexes.push(regex.into());
        self
    }

    /// Allows the origins for which `predicate` answers `true`.
    ///
    /// It sees parsed origins, never raw bytes, and has to answer quickly and alike for equal
    /// origins. Insecure origins (`http`, `ws`, not loopback) are not admitted with credentials,
    /// whatever it answers.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .with_origin_predicate(|origin| origin.scheme() == "https" && origin.port() == Some(8443))
    ///     .build()?;
    /// assert!(policy.is_origin_allowed("https://example.com:8443"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn with_origin_predicate(
        mut self,
        predicate: impl Fn(&Origin<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.predicates.push(Predicate { function: Arc::new(predicate), admits_insecure: false });
        self
    }

    /// As [`with_origin_predicate`](Self::with_origin_predicate), and admits insecure origins with
    /// credentials: anyone on the way between such a page and its user can act for the user.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .dangerously_with_insecure_origin_predicate(|origin| origin.host() == "kiosk.example")
    ///     .allow_credentials()
    ///     .build()?;
    /// assert!(policy.is_origin_allowed("http://kiosk.example"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn dangerously_with_insecure_origin_predicate(
        mut self,
        predicate: impl Fn(&Origin<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.predicates.push(Predicate { function: Arc::new(predicate), admits_insecure: true });
        self
    }

    /// Allows the origin `null`, which every site can send from a sandboxed frame; not together
    /// with credentials.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder().allow_null_origin().build()?;
    /// assert!(policy.is_origin_allowed("null"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_null_origin(mut self) -> Self {
        self.null_origin = NullOrigin::Allowed;
        self
    }

    /// Allows the origin `null` with credentials: every site can then act for your users.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .dangerously_allow_null_origin_with_credentials()
    ///     .allow_credentials()
    ///     .build()?;
    /// assert!(policy.is_origin_allowed("null"));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn dangerously_allow_null_origin_with_credentials(mut self) -> Self {
        self.null_origin = NullOrigin::DangerouslyAllowedWithCredentials;
        self
    }

    /// Allows methods, beside GET, HEAD and POST, which the protocol always allows.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    /// use http::Method;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .allow_any_origin()
    ///     .with_methods([Method::PUT, Method::DELETE])
    ///     .with_methods(["QUERY"])
    ///     .build()?;
    /// assert!(policy.methods().eq(["PUT", "DELETE", "QUERY"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn with_methods<I>(mut self, methods: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        extend(&mut self.methods, methods);
        self
    }

    /// Allows every method that a browser can send.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().allow_any_method().build()?;
    /// assert!(policy.allows_any_method());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_any_method(self) -> Self {
        self.with_methods(["*"])
    }

    /// Allows request headers, beside the CORS-safelisted ones.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    /// use http::header;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .allow_any_origin()
    ///     .with_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
    ///     .with_headers(["X-Request-Id"])
    ///     .build()?;
    /// assert!(policy.headers().eq(["content-type", "authorization", "x-request-id"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn with_headers<I>(mut self, headers: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        extend(&mut self.headers, headers);
        self
    }

    /// Allows every request header, `Authorization` included.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().allow_any_header().build()?;
    /// assert!(policy.allows_any_header());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_any_header(self) -> Self {
        self.with_headers(["*"])
    }

    /// Lets scripts read response headers, beside the CORS-safelisted ones.
    ///
    /// ```
    /// use cors_core::CorsPolicy;
    ///
    /// let policy = CorsPolicy::builder()
    ///     .allow_any_origin()
    ///     .with_exposed_headers(["ETag", "X-Total-Count"])
    ///     .build()?;
    /// assert!(policy.exposed_headers().eq(["etag", "x-total-count"]));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn with_exposed_headers<I>(mut self, headers: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        extend(&mut self.exposed_headers, headers);
        self
    }

    /// Lets scripts read every response header but `Set-Cookie`; not together with credentials.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder().allow_any_origin().expose_any_header().build()?;
    /// assert!(policy.exposes_any_header());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn expose_any_header(self) -> Self {
        self.with_exposed_headers(["*"])
    }

    /// Allows requests with cookies, HTTP authentication and client certificates.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://app.example.com"])
    ///     .allow_credentials()
    ///     .build()?;
    /// assert!(policy.supports_credentials());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// Takes [`allow_credentials`](Self::allow_credentials) back; this is the default.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::local_development().to_builder().disallow_credentials().build()?;
    /// assert!(!policy.supports_credentials());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn disallow_credentials(mut self) -> Self {
        self.credentials = false;
        self
    }

    /// How long browsers may remember an allowed preflight: whole seconds, at most 86,400.
    ///
    /// Unset, browsers remember it for 5 seconds; zero turns that off. Chromium stops at 7,200
    /// seconds and WebKit at 600.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder()
    ///     .allow_any_origin()
    ///     .preflight_max_age(Duration::from_secs(600))
    ///     .build()?;
    /// assert_eq!(policy.max_age(), Some(Duration::from_secs(600)));
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn preflight_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Answers `Access-Control-Request-Private-Network: true` on allowed preflights.
    ///
    /// Legacy: Chromium sent the question from version 98 until Local Network Access, a permission
    /// prompt without any header, took its place; no current browser asks. The specification is
    /// [Private Network Access](https://wicg.github.io/private-network-access/).
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://app.example.com"])
    ///     .allow_private_network()
    ///     .build()?;
    /// assert!(policy.allows_private_network());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn allow_private_network(mut self) -> Self {
        self.private_network = true;
        self
    }

    /// Sends `Timing-Allow-Origin` to the origins that the policy allows, so that their scripts see
    /// the [resource timing](https://www.w3.org/TR/resource-timing/#sec-timing-allow-origin) of
    /// responses.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let policy = CorsPolicy::builder()
    ///     .with_origins(["https://app.example.com"])
    ///     .timing_allow_origin()
    ///     .build()?;
    /// assert!(policy.sends_timing_allow_origin());
    /// # Ok::<(), cors_core::ConfigErrors>(())
    /// ```
    pub fn timing_allow_origin(mut self) -> Self {
        self.timing_allow_origin = true;
        self
    }

    /// Names the policy, for error messages and logs.
    ///
    /// ```
    /// # use cors_core::CorsPolicy;
    /// let errors = CorsPolicy::builder().named("storefront").build().unwrap_err();
    /// assert_eq!(
    ///     errors.to_string(),
    ///     "policy `storefront`: origins: no origin is allowed; list some, or allow any",
    /// );
    /// ```
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Checks all settings and compiles them.
    ///
    /// ```
    /// # use cors_core::{ConfigErrorReason, CorsPolicy};
    /// let errors = CorsPolicy::builder().allow_any_origin().allow_credentials().build().unwrap_err();
    /// let reasons: Vec<_> = errors.iter().map(|error| error.reason()).collect();
    /// assert_eq!(reasons, [&ConfigErrorReason::AnyOriginWithCredentials]);
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in the order in which a policy file lists them.
    pub fn build(self) -> Result<CorsPolicy, ConfigErrors> {
        validate::build(self)
    }
}

fn extend<I>(list: &mut Vec<String>, entries: I)
where
    I: IntoIterator<Item: AsRef<str>>,
{
    list.extend(entries.into_iter().map(|entry| entry.as_ref().to_owned()));
}
