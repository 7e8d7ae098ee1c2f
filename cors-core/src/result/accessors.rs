//! What a result says to send: the fields of the `CorsResult` of ASP.NET Core, and all of them.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};

use super::{ALLOW_PRIVATE_NETWORK, AllowOrigin, CorsOutcome, CorsResult, TIMING_ALLOW_ORIGIN};
use crate::request::RequestKind;

impl CorsResult {
    /// Is the request a preflight?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.is_preflight_request());
    /// ```
    #[must_use]
    pub fn is_preflight_request(&self) -> bool {
        self.kind() == RequestKind::Preflight
    }

    /// Is there an origin, and does the policy allow it?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.is_origin_allowed());
    /// ```
    #[must_use]
    pub fn is_origin_allowed(&self) -> bool {
        self.outcome != CorsOutcome::NotCors && self.allow_origin != AllowOrigin::Nothing
    }

    /// The value of `Access-Control-Allow-Origin`: an origin, `null` or `*`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert_eq!(result.allowed_origin(), Some("*"));
    /// ```
    #[must_use]
    pub fn allowed_origin(&self) -> Option<&str> {
        self.allow_origin.as_bytes().and_then(|bytes| str::from_utf8(bytes).ok())
    }

    /// Is `Access-Control-Allow-Credentials: true` sent?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.supports_credentials());
    /// ```
    #[must_use]
    pub fn supports_credentials(&self) -> bool {
        self.policy.supports_credentials() && self.is_origin_allowed()
    }

    /// Does `Vary` name `Origin`?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(result.vary_by_origin());
    /// ```
    #[must_use]
    pub fn vary_by_origin(&self) -> bool {
        !self.policy.allows_any_origin()
    }

    /// The methods in `Access-Control-Allow-Methods`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// // With credentials, any method is answered by the one asked for.
    /// assert!(result.allowed_methods().eq(["PUT"]));
    /// ```
    pub fn allowed_methods(&self) -> impl Iterator<Item = &str> {
        elements(self.allow_methods())
    }

    /// The names in `Access-Control-Allow-Headers`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert!(result.allowed_headers().eq(["*", "authorization"]));
    /// ```
    pub fn allowed_headers(&self) -> impl Iterator<Item = &str> {
        elements(self.allow_headers())
    }

    /// The names in `Access-Control-Expose-Headers`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// assert!(result.allowed_exposed_headers().eq(["*"]));
    /// ```
    pub fn allowed_exposed_headers(&self) -> impl Iterator<Item = &str> {
        elements(self.expose_headers())
    }

    /// The time in `Access-Control-Max-Age`.
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert_eq!(result.preflight_max_age(), None, "the policy leaves it to the browser");
    /// ```
    #[must_use]
    pub fn preflight_max_age(&self) -> Option<Duration> {
        self.max_age().and_then(|_| self.policy.max_age())
    }

    /// Is `Access-Control-Allow-Private-Network: true` sent?
    ///
    /// ```
    /// # use cors_core::{CorsPolicy, CorsRequest, CorsService};
    /// let lines = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    /// let request = CorsRequest::new("OPTIONS", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::local_development());
    /// assert!(!result.allows_private_network(), "nobody has asked");
    /// ```
    #[must_use]
    pub fn allows_private_network(&self) -> bool {
        self.allow_private_network
    }

    /// The response fields, `Vary` aside, for servers that do not use [`apply_to`](Self::apply_to).
    ///
    /// <https://fetch.spec.whatwg.org/#http-responses>
    ///
    /// ```
    /// use cors_core::{CorsPolicy, CorsRequest, CorsService};
    ///
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = CorsRequest::new("GET", &lines);
    /// let result = CorsService::new().evaluate_policy(&request, &CorsPolicy::permissive());
    /// let fields: Vec<_> = result.fields().map(|(name, value)| (name.to_string(), value)).collect();
    /// assert_eq!(
    ///     fields,
    ///     [
    ///         ("access-control-allow-origin".to_owned(), &b"*"[..]),
    ///         ("access-control-expose-headers".to_owned(), &b"*"[..]),
    ///     ],
    /// );
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, &[u8])> {
        let timing = self.sends_timing().then(|| self.allow_origin.as_bytes()).flatten();
        let of = |value: Option<&'static str>| value.map(str::as_bytes);
        [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, self.allow_origin.as_bytes()),
            (
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                of(self.supports_credentials().then_some("true")),
            ),
            (header::ACCESS_CONTROL_ALLOW_METHODS, self.allow_methods().map(HeaderValue::as_bytes)),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, self.allow_headers().map(HeaderValue::as_bytes)),
            (header::ACCESS_CONTROL_MAX_AGE, self.max_age().map(HeaderValue::as_bytes)),
            (ALLOW_PRIVATE_NETWORK, of(self.allow_private_network.then_some("true"))),
            (
                header::ACCESS_CONTROL_EXPOSE_HEADERS,
                self.expose_headers().map(HeaderValue::as_bytes),
            ),
            (TIMING_ALLOW_ORIGIN, timing),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

fn elements(value: Option<&HeaderValue>) -> impl Iterator<Item = &str> {
    let text = value.and_then(|value| value.to_str().ok());
    text.into_iter().flat_map(|text| text.split(',').map(str::trim))
}
