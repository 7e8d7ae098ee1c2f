//! Responses of a server, and the filters that scripts see them through: <https://fetch.spec.whatwg.org/#concept-filtered-response-cors>

use std::collections::BTreeSet;

use super::headers::HeaderList;
use super::url::Url;
use crate::fetch;

/// What a server answers, as far as CORS looks at it: a status and the header lines.
///
/// ```
/// use cors_core::browser::Response;
///
/// let response = Response::new(204, [("access-control-allow-origin", "*")]);
/// assert_eq!(response.status(), 204);
///
/// let response = http::Response::builder().header("vary", "origin").body("").unwrap();
/// assert_eq!(Response::from(&response).headers().combined("Vary").unwrap(), b"origin");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: HeaderList,
}

impl Response {
    /// A response with the header lines as the server sent them.
    ///
    /// ```
    /// let response = cors_core::browser::Response::new(404, [("x-a", b"\xFF")]);
    /// assert_eq!(response.headers().iter().count(), 1);
    /// ```
    pub fn new<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        status: u16,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self { status, headers: headers.into_iter().collect() }
    }

    /// The status; any number, since servers send any.
    ///
    /// ```
    /// let response = cors_core::browser::Response::new(999, [("", ""); 0]);
    /// assert_eq!(response.status(), 999);
    /// ```
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The header lines.
    ///
    /// ```
    /// let response = cors_core::browser::Response::new(200, [("x-a", "1"), ("x-a", "1")]);
    /// assert_eq!(response.headers().values("X-A").count(), 2);
    /// ```
    #[must_use]
    pub const fn headers(&self) -> &HeaderList {
        &self.headers
    }

    /// <https://fetch.spec.whatwg.org/#ok-status>
    pub(super) const fn has_ok_status(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// <https://fetch.spec.whatwg.org/#redirect-status>
    pub(super) const fn has_redirect_status(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }
}

impl<B> From<&http::Response<B>> for Response {
    fn from(response: &http::Response<B>) -> Self {
        Self { status: response.status().as_u16(), headers: response.headers().into() }
    }
}

/// How much of a response its filter shows to the script.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-filtered-response>.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response, ResponseType};
///
/// let page = Browser::at("https://app.example.com")?;
/// let answer = Response::new(200, [("access-control-allow-origin", "*")]);
/// let seen = page.judge(&Request::new("GET", "https://api.example.com/"), &answer, &answer)?;
/// assert_eq!(seen.response_type(), ResponseType::Cors);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseType {
    /// Same origin: everything but `Set-Cookie`.
    Basic,
    /// Another origin, and CORS allows it: the safelisted and the exposed headers.
    Cors,
    /// Another origin in mode `no-cors`: nothing.
    Opaque,
    /// A redirect that redirect mode `manual` did not follow: nothing.
    OpaqueRedirect,
}

/// What the script sees of a response.
///
/// Implements <https://fetch.spec.whatwg.org/#concept-filtered-response>.
///
/// ```
/// use cors_core::browser::{Browser, Request, Response};
///
/// let page = Browser::at("https://app.example.com")?;
/// let answer = Response::new(200, [
///     ("access-control-allow-origin", "*"),
///     ("access-control-expose-headers", "x-total"),
///     ("x-total", "7"),
///     ("x-other", "8"),
/// ]);
/// let seen = page.judge(&Request::new("GET", "https://api.example.com/"), &answer, &answer)?;
/// assert_eq!(seen.headers().combined("x-total").unwrap(), b"7");
/// assert_eq!(seen.headers().combined("x-other"), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilteredResponse {
    response_type: ResponseType,
    status: u16,
    headers: HeaderList,
    url: String,
    redirected: bool,
}

impl FilteredResponse {
    /// Which filter was laid over the response.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response, ResponseType};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("x-a", "1")]);
    /// let seen = page.judge(&Request::new("GET", "/same-origin"), &answer, &answer)?;
    /// assert_eq!(seen.response_type(), ResponseType::Basic);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn response_type(&self) -> ResponseType {
        self.response_type
    }

    /// The status; 0 where the filter hides it.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Mode, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let request = Request::new("GET", "https://api.example.com/").mode(Mode::NoCors);
    /// let answer = Response::new(200, [("x-a", "1")]);
    /// assert_eq!(page.judge(&request, &answer, &answer)?.status(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The headers that the script can read.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("set-cookie", "a=1"), ("x-a", "1")]);
    /// let seen = page.judge(&Request::new("GET", "/same-origin"), &answer, &answer)?;
    /// assert_eq!(seen.headers().iter().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn headers(&self) -> &HeaderList {
        &self.headers
    }

    /// The URL of the response, the last one of the redirects; empty where the filter hides it.
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("x-a", "1")]);
    /// let seen = page.judge(&Request::new("GET", "/a#b"), &answer, &answer)?;
    /// assert_eq!(seen.url(), "https://app.example.com/a");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Has the request been redirected on its way?
    ///
    /// ```
    /// # use cors_core::browser::{Browser, Request, Response};
    /// # let page = Browser::at("https://app.example.com")?;
    /// let answer = Response::new(200, [("x-a", "1")]);
    /// assert!(!page.judge(&Request::new("GET", "/"), &answer, &answer)?.redirected());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn redirected(&self) -> bool {
        self.redirected
    }

    /// `include` is whether the credentials mode is `include`.
    pub(super) fn of(
        response: &Response,
        response_type: ResponseType,
        include: bool,
        url: &Url,
        redirected: bool,
    ) -> Self {
        let exposed = match response_type {
            ResponseType::Opaque | ResponseType::OpaqueRedirect => {
                return Self::hidden(response_type);
            }
            ResponseType::Basic => None,
            ResponseType::Cors => Some(exposed_header_names(&response.headers, include)),
        };
        let is_visible = |name: &[u8]| match &exposed {
            _ if fetch::is_forbidden_response_header_name(name) => false,
            Some(exposed) => {
                fetch::is_safelisted_response_header_name(name)
                    || exposed.contains(&name.to_ascii_lowercase())
            }
            None => true,
        };
        Self {
            response_type,
            status: response.status,
            headers: response.headers.iter().filter(|(name, _)| is_visible(name)).collect(),
            url: url.without_fragment().to_string(),
            redirected,
        }
    }

    pub(super) fn hidden(response_type: ResponseType) -> Self {
        let (headers, url) = (HeaderList::new(), String::new());
        Self { response_type, status: 0, headers, url, redirected: false }
    }
}

/// The names, in lower case, that the response exposes beside the safelisted ones. An
/// unparseable list exposes nothing.
///
/// <https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list>
fn exposed_header_names(headers: &HeaderList, include: bool) -> BTreeSet<Vec<u8>> {
    let listed = headers.tokens("access-control-expose-headers").ok().flatten().unwrap_or_default();
    if !include && listed.iter().any(|name| name == b"*") {
        return headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    }
    listed.iter().map(|name| name.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_classified_as_the_standard_says() {
        let all = || (100..600).map(|status| Response::new(status, [("x", "y")]));
        let ok: Vec<u16> = all().filter(Response::has_ok_status).map(|one| one.status()).collect();
        assert_eq!(ok, (200..300).collect::<Vec<_>>());
        let redirects = all().filter(Response::has_redirect_status);
        assert!(redirects.map(|one| one.status()).eq([301, 302, 303, 307, 308]));
    }

    #[test]
    fn cors_filter_shows_safelisted_and_exposed_headers() {
        let include = true;
        for (expose, credentials_mode_include, visible) in [
            (&[][..], !include, "content-type"),
            (&["x-a, X-B"], !include, "content-type x-a x-b"),
            (&["x-a", "x-b"], include, "content-type x-a x-b"),
            (&["*"], !include, "* access-control-expose-headers content-type x-a x-b"),
            (&["*"], include, "* content-type"),
            (&["x-a, *"], include, "* content-type x-a"),
            (&["set-cookie, set-cookie2"], !include, "content-type"),
            (&["x-a x-b"], !include, "content-type"),
            (&["x-a", "\"x-b\""], !include, "content-type"),
            (&[""], !include, "content-type"),
        ] {
            let headers = [("X-A", "1"), ("x-b", "2"), ("*", "3"), ("Set-Cookie", "4")]
                .into_iter()
                .chain([("Set-Cookie2", "5"), ("Content-Type", "6")])
                .chain(expose.iter().map(|names| ("Access-Control-Expose-Headers", *names)));
            let seen = FilteredResponse::of(
                &Response::new(200, headers),
                ResponseType::Cors,
                credentials_mode_include,
                &url(),
                false,
            );
            let names: BTreeSet<String> = seen
                .headers()
                .iter()
                .map(|(name, _)| String::from_utf8(name.to_ascii_lowercase()).unwrap())
                .collect();
            let names = names.into_iter().collect::<Vec<_>>().join(" ");
            assert_eq!(names, visible, "{expose:?}");
        }
    }

    #[test]
    fn basic_filter_hides_cookies_and_opaque_filters_everything() {
        let response = Response::new(404, [("X-A", "1"), ("set-cookie", "2")]);
        let seen = FilteredResponse::of(&response, ResponseType::Basic, true, &url(), false);
        assert_eq!((seen.status(), seen.headers().iter().count()), (404, 1));
        for response_type in [ResponseType::Opaque, ResponseType::OpaqueRedirect] {
            let seen = FilteredResponse::of(&response, response_type, true, &url(), false);
            assert_eq!((seen.status(), seen.headers().iter().count()), (0, 0));
        }
    }

    fn url() -> Url {
        Url::parse("https://api.example.com/", None).unwrap()
    }
}
