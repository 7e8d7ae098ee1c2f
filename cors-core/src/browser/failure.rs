//! Every condition that a request or a response can fail.

/// One condition that a request or a response does not meet.
///
/// Header values are bytes as the server sent them, several lines joined by `, `.
///
/// ```
/// use cors_core::browser::{Browser, Failure, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let answer = Response::new(200, [("access-control-allow-origin", "https://other.example")]);
/// let blocked = page
///     .judge(&Request::new("GET", "https://api.example.com/"), &answer, &answer)
///     .unwrap_err();
/// assert!(matches!(blocked.failure(), Failure::AllowOriginMismatch { lines: 1, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The URL does not parse: <https://fetch.spec.whatwg.org/#dom-request>
    #[error("`{0}` is not a URL that this page can fetch")]
    InvalidUrl(String),
    /// The URL has a user name or a password: <https://fetch.spec.whatwg.org/#dom-request>
    #[error("the URL `{0}` includes credentials")]
    UrlIncludesCredentials(String),
    /// The method is not a token: <https://fetch.spec.whatwg.org/#concept-method>
    #[error("`{0}` is not a method")]
    InvalidMethod(String),
    /// <https://fetch.spec.whatwg.org/#forbidden-method>
    #[error("the method `{0}` is forbidden to scripts")]
    ForbiddenMethod(String),
    /// Mode `no-cors` knows the safelisted methods only:
    /// <https://fetch.spec.whatwg.org/#dom-request>
    #[error("the method `{0}` is not available in mode `no-cors`")]
    MethodUnavailableInNoCors(String),
    /// The name is not a token, or the value has a NUL or a line break:
    /// <https://fetch.spec.whatwg.org/#headers-validate>
    #[error("the request header `{0}` is not a valid header")]
    InvalidHeader(String),
    /// `GET` and `HEAD` have no body: <https://fetch.spec.whatwg.org/#dom-request>
    #[error("a `{0}` request cannot have a body")]
    BodyNotAllowed(String),
    /// A stream needs mode `cors` or `same-origin`: <https://fetch.spec.whatwg.org/#dom-request>
    #[error("a stream is not available in mode `no-cors`")]
    StreamUnavailableInNoCors,
    /// Mode `same-origin` does not leave the origin:
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>
    #[error("the URL is of another origin, and the mode is `same-origin`")]
    CrossOriginInSameOriginMode,
    /// Mode `no-cors` follows redirects or fails:
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>
    #[error("mode `no-cors` needs redirect mode `follow`")]
    RedirectModeInNoCors,
    /// Only `http` and `https` speak CORS: <https://fetch.spec.whatwg.org/#concept-main-fetch>
    ///
    /// What a browser answers by itself (`data:`, `blob:`, `about:`) is outside of this model, which
    /// fails it here, too.
    #[error("the URL scheme `{0}` is not `http` or `https`")]
    SchemeNotHttp(String),
    /// `Access-Control-Allow-Origin` is absent: <https://fetch.spec.whatwg.org/#cors-check>
    #[error("`Access-Control-Allow-Origin` is missing")]
    AllowOriginMissing,
    /// `*` does not go with credentials mode `include`: <https://fetch.spec.whatwg.org/#cors-check>
    #[error("`Access-Control-Allow-Origin` is `*`, and the credentials mode is `include`")]
    AllowOriginWildcard,
    /// `Access-Control-Allow-Origin` is not the origin that was sent, byte for byte:
    /// <https://fetch.spec.whatwg.org/#cors-check>
    #[error(
        "`Access-Control-Allow-Origin` is `{}`, not `{origin}`", value.escape_ascii()
    )]
    #[non_exhaustive]
    AllowOriginMismatch {
        /// The value of the response.
        value: Vec<u8>,
        /// How many lines it came in; more than one never match.
        lines: usize,
        /// The serialised origin of the request.
        origin: String,
    },
    /// `Access-Control-Allow-Credentials` is not `true`:
    /// <https://fetch.spec.whatwg.org/#cors-check>
    #[error(
        "`Access-Control-Allow-Credentials` is not `true`, and the credentials mode is `include`"
    )]
    AllowCredentialsNotTrue(
        /// The value of the response, empty where there is none.
        Vec<u8>,
    ),
    /// The preflight is redirected: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("the preflight response is a redirect with status `{0}`")]
    PreflightRedirect(u16),
    /// The status is not 200 to 299: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("the preflight response has status `{0}`")]
    PreflightStatus(u16),
    /// `Access-Control-Allow-Methods` has an element that is not a method, which voids the whole:
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("`Access-Control-Allow-Methods` has the invalid element `{}`", element.escape_ascii())]
    #[non_exhaustive]
    AllowMethodsUnparseable {
        /// The value of the response.
        value: Vec<u8>,
        /// The first element that is not a method.
        element: Vec<u8>,
    },
    /// `Access-Control-Allow-Headers` has an element that is not a field name, which voids the
    /// whole: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("`Access-Control-Allow-Headers` has the invalid element `{}`", element.escape_ascii())]
    #[non_exhaustive]
    AllowHeadersUnparseable {
        /// The value of the response.
        value: Vec<u8>,
        /// The first element that is not a field name.
        element: Vec<u8>,
    },
    /// `Access-Control-Allow-Methods` does not allow the method:
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("`Access-Control-Allow-Methods` does not allow `{0}`")]
    MethodNotAllowed(String),
    /// `Access-Control-Allow-Headers` does not name `Authorization`:
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("`Access-Control-Allow-Headers` does not list `authorization` by name")]
    #[non_exhaustive]
    AuthorizationNotListed {
        /// Would a `*` cover any other name here?
        wildcard: bool,
    },
    /// `Access-Control-Allow-Headers` does not allow the name:
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    #[error("`Access-Control-Allow-Headers` does not allow `{0}`")]
    HeaderNotAllowed(String),
    /// Redirect mode `error`: <https://fetch.spec.whatwg.org/#concept-http-fetch>
    #[error("the response is a redirect, and the redirect mode is `error`")]
    RedirectModeError,
    /// `Location` does not parse, or there are several:
    /// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    #[error("the redirect location `{}` is not a URL", .0.escape_ascii())]
    InvalidLocation(Vec<u8>),
    /// The redirect leaves HTTP: <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    #[error("the redirect location `{0}` is not an `http` or `https` URL")]
    LocationSchemeNotHttp(String),
    /// The redirect has a user name or a password:
    /// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    #[error("the redirect location `{0}` includes credentials")]
    LocationIncludesCredentials(String),
    /// More than 20 redirects: <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    #[error("there are more than 20 redirects")]
    TooManyRedirects,
    /// A stream cannot be sent twice: <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    #[error("the redirect with status `{0}` would send a stream a second time")]
    StreamCannotBeReplayed(u16),
}

/// Where a fetch was blocked.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response, Stage};
///
/// let page = Browser::at("https://app.example.com")?;
/// let allows = Response::new(200, [("access-control-allow-origin", "*")]);
/// let blocked = page
///     .judge(&Request::new("PUT", "https://api.example.com/"), &allows, &allows)
///     .unwrap_err();
/// assert_eq!(blocked.stage(), Stage::Preflight);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The arguments of the script: the call throws, nothing is sent.
    Arguments,
    /// The request: nothing is sent.
    Request,
    /// The preflight response; the actual request is not sent.
    Preflight,
    /// The response to the actual request.
    Actual,
    /// A redirect of the actual request, which is not followed.
    Redirect,
}
