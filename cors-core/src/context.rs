//! What policies are chosen by: a request, and where it goes.

use std::borrow::Cow;
use std::fmt;

use http::uri::Authority;
use http::{Extensions, Uri};

use crate::request::CorsRequest;

/// What a provider sees of a request, whatever the framework.
///
/// ```
/// use cors_core::{CorsRequest, RequestContext};
///
/// let lines = [("Host", "API.example.com:8443"), ("Origin", "https://app.example.com")];
/// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items");
/// assert_eq!(request.path(), "/items");
/// assert_eq!(request.host(), Some("API.example.com:8443"));
/// assert_eq!(request.header("origin"), Some(&b"https://app.example.com"[..]));
/// ```
///
/// It borrows the request, and is neither [`Send`] nor [`Sync`], as [`CorsRequest`].
#[derive(Clone, Copy, Debug)]
pub struct RequestContext<'a> {
    request: CorsRequest<'a>,
    target: Target<'a>,
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    data: Option<&'a Extensions>,
}

impl<'a> RequestContext<'a> {
    /// A context of a request and its path: the whole path of its target, without the query, in the
    /// spelling in which the server's router matches it.
    ///
    /// Path rules take every percent-encoding of a path for the same. A provider that compares paths
    /// itself has to do so, too.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("/items?page=2").body(())?.into_parts();
    /// let request = RequestContext::new(CorsRequest::from_parts(&parts), parts.uri.path());
    /// assert_eq!(request.path(), "/items");
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn new(request: CorsRequest<'a>, path: &'a str) -> Self {
        Self { request, target: Target::Path(path), scheme: None, authority: None, data: None }
    }

    /// A context of a request and its target, which is looked at only where the policies ask for
    /// it: most do not.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("https://api.example.com/items?page=2").body(())?.into_parts();
    /// let request = RequestContext::for_target(CorsRequest::from_parts(&parts), &parts.uri);
    /// assert_eq!(request.path(), "/items");
    /// assert_eq!(request.host(), Some("api.example.com"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn for_target(request: CorsRequest<'a>, target: &'a dyn RequestTarget) -> Self {
        let target = Target::Whole(target);
        Self { request, target, scheme: None, authority: None, data: None }
    }

    /// Adds the scheme of the request's target, where the server knows it.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// # let lines = [("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/").with_scheme(Some("https"));
    /// assert_eq!(request.scheme(), Some("https"));
    /// ```
    #[must_use]
    pub fn with_scheme(self, scheme: Option<&'a str>) -> Self {
        Self { scheme, ..self }
    }

    /// Adds the authority of the request's target, which HTTP/2 sends in place of `Host`.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("host", "localhost:8080")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.with_authority(Some("api.example.com")).host(), Some("api.example.com"));
    /// ```
    #[must_use]
    pub fn with_authority(self, authority: Option<&'a str>) -> Self {
        Self { authority, ..self }
    }

    /// Adds what an earlier middleware stored with the request.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("/").extension("acme").body(())?.into_parts();
    /// let request = RequestContext::new(CorsRequest::from_parts(&parts), "/");
    /// assert_eq!(request.with_data(&parts.extensions).data(), Some(&"acme"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn with_data(self, data: &'a Extensions) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The view of the request that is evaluated.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext, RequestKind};
    /// let lines = [("origin", "https://app.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.request().kind(), RequestKind::Actual);
    /// ```
    #[must_use]
    #[inline]
    pub fn request(&self) -> &CorsRequest<'a> {
        &self.request
    }

    /// The [effective method](CorsRequest::effective_method): for a preflight, the one asked for.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "PUT")];
    /// let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/");
    /// assert_eq!(request.method(), Some("PUT"));
    /// ```
    #[must_use]
    pub fn method(&self) -> Option<&'a str> {
        self.request.effective_method()
    }

    /// The whole path of the request's target.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// # let lines = [("host", "api.example.com")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/items/%61");
    /// assert_eq!(request.path(), "/items/%61");
    /// ```
    #[must_use]
    pub fn path(&self) -> &'a str {
        match self.target {
            Target::Path(path) => path,
            Target::Whole(target) => target.path(),
        }
    }

    /// The scheme of the request's target, where the server knows it.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let (parts, _) = http::Request::get("https://api.example.com/items").body(())?.into_parts();
    /// let request = RequestContext::for_target(CorsRequest::from_parts(&parts), &parts.uri);
    /// assert_eq!(request.scheme(), Some("https"));
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn scheme(&self) -> Option<&'a str> {
        self.scheme.or_else(|| self.target.whole().and_then(RequestTarget::scheme))
    }

    /// The host that the request is for, with its port where it names one, as it came: the
    /// authority of the target, else `Host`. The client chooses it.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("host", "API.example.com:8443")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.host(), Some("API.example.com:8443"));
    /// ```
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let authority = || self.target.whole().and_then(RequestTarget::authority);
        let authority = self.authority.or_else(authority);
        authority.or_else(|| self.header("host").and_then(|host| str::from_utf8(host).ok()))
    }

    /// The name or address of the [host](Self::host), in lower case and without the port. A copy is made
    /// only where the client wrote it in upper case.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// let lines = [("host", "API.example.com:8443")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.host_name().as_deref(), Some("api.example.com"));
    /// ```
    #[must_use]
    pub fn host_name(&self) -> Option<Cow<'a, str>> {
        let host = self.host()?;
        let name = match host.rsplit_once(':') {
            // Within brackets, what follows the last colon ends in one.
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        Some(if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(name)
        })
    }

    /// The value of the first header line of a name, which is given in lower case.
    ///
    /// A preflight has only the headers that browsers and proxies set, such as `Origin` and `Host`: no
    /// cookies, no `Authorization`, and none that the page sets. See [what to choose
    /// by](crate::CorsPolicyProvider#what-to-choose-by).
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// // A header that a proxy sets on every request, preflights included.
    /// let lines = [("X-Tenant", "acme"), ("X-Tenant", "other")];
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
    /// assert_eq!(request.header("x-tenant"), Some(&b"acme"[..]));
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.request.first_line(name)
    }

    /// What an earlier middleware stored with the request, by its type: a tenant, for example.
    ///
    /// With `cors-axum`, these are the request's extensions; with `cors-actix`, what was declared
    /// there. That middleware has to find it for preflights too, which carry no cookies, no
    /// `Authorization` and no headers of the page: a tenant by its host is there, a session is not.
    ///
    /// ```
    /// # use cors_core::{CorsRequest, RequestContext};
    /// #[derive(Clone)]
    /// struct Tenant(u32);
    ///
    /// # let lines = [("host", "api.example.com")];
    /// let mut data = http::Extensions::new();
    /// data.insert(Tenant(7));
    /// let request = RequestContext::new(CorsRequest::new("GET", &lines), "/").with_data(&data);
    /// assert!(request.data::<Tenant>().is_some_and(|tenant| tenant.0 == 7));
    /// ```
    #[must_use]
    pub fn data<T: Clone + Send + Sync + 'static>(&self) -> Option<&'a T> {
        self.data.and_then(Extensions::get)
    }
}

/// The target of a request, for contexts that look at it only where it is asked for.
///
/// Implemented for [`http::Uri`]; an adapter whose framework has a type of its own implements it
/// there.
///
/// ```
/// use cors_core::adapter::RequestTarget;
///
/// let uri = http::Uri::from_static("https://api.example.com/items");
/// assert_eq!(RequestTarget::path(&uri), "/items");
/// assert_eq!(RequestTarget::authority(&uri), Some("api.example.com"));
/// ```
pub trait RequestTarget {
    /// The whole path, as for [`RequestContext::new`].
    ///
    /// ```
    /// # use cors_core::adapter::RequestTarget;
    /// assert_eq!(RequestTarget::path(&http::Uri::from_static("/items?page=2")), "/items");
    /// ```
    fn path(&self) -> &str;

    /// The scheme, where the server knows it.
    ///
    /// ```
    /// # use cors_core::adapter::RequestTarget;
    /// assert_eq!(RequestTarget::scheme(&http::Uri::from_static("/items")), None);
    /// ```
    fn scheme(&self) -> Option<&str>;

    /// The authority, which HTTP/2 sends in place of `Host`.
    ///
    /// ```
    /// # use cors_core::adapter::RequestTarget;
    /// assert_eq!(RequestTarget::authority(&http::Uri::from_static("/items")), None);
    /// ```
    fn authority(&self) -> Option<&str>;
}

impl RequestTarget for Uri {
    fn path(&self) -> &str {
        self.path()
    }

    fn scheme(&self) -> Option<&str> {
        self.scheme_str()
    }

    fn authority(&self) -> Option<&str> {
        self.authority().map(Authority::as_str)
    }
}

#[derive(Clone, Copy)]
enum Target<'a> {
    Path(&'a str),
    Whole(&'a dyn RequestTarget),
}

impl<'a> Target<'a> {
    fn whole(self) -> Option<&'a dyn RequestTarget> {
        match self {
            Self::Path(_) => None,
            Self::Whole(target) => Some(target),
        }
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path(path) => path,
            Self::Whole(target) => target.path(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_host_has_no_port_and_no_upper_case() {
        for (host, name) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.com:8443", "api.example.com"),
            ("api.example.com:", "api.example.com"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[::1]:3000", "[::1]"),
            ("a.example:x", "a.example:x"),
            ("", ""),
        ] {
            let lines = [("host", host)];
            let request = RequestContext::new(CorsRequest::new("GET", &lines), "/");
            let is_copy = host.contains('A');
            assert_eq!(request.host_name().as_deref(), Some(name));
            assert_eq!(matches!(request.host_name(), Some(Cow::Owned(_))), is_copy);
        }
        let none: [(&str, &str); 0] = [];
        let request = RequestContext::new(CorsRequest::new("GET", &none), "/");
        assert_eq!(request.host_name(), None);
    }
}
