//! What a result says to send: the fields of the `CorsResult` of ASP.NET Core, and all of them.

use std::time::Duration;

use http::HeaderName;

use super::{CorsOutcome, CorsResult};
use crate::fields::CorsField;
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
        self.outcome != CorsOutcome::NotCors && self.response_fields().allows_origin()
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
        self.text(CorsField::AllowOrigin)
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
        self.text(CorsField::AllowCredentials).is_some()
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
        !self.policy().allows_any_origin()
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
        elements(self.text(CorsField::AllowMethods))
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
        elements(self.text(CorsField::AllowHeaders))
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
        elements(self.text(CorsField::ExposeHeaders))
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
        self.text(CorsField::MaxAge).and_then(|_| self.policy().max_age())
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
        self.text(CorsField::AllowPrivateNetwork).is_some()
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
        let lines = self.response_fields().lines().into_iter().flatten();
        lines.map(|(field, value)| (field.name(), value))
    }

    /// The value of a field, which is text wherever a policy or a checked token is what it holds.
    fn text(&self, wanted: CorsField) -> Option<&str> {
        let mut found = None;
        self.response_fields().for_each(|field, value| {
            if field == wanted {
                found = str::from_utf8(value.as_bytes()).ok();
            }
        });
        found
    }
}

fn elements(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',').map(str::trim))
}
