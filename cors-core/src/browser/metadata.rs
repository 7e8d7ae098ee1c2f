//! The `Sec-Fetch-*` fields: <https://w3c.github.io/webappsec-fetch-metadata/>

use super::url::Url;
use crate::origin::{is_loopback_host, registrable_domain};

/// How far a URL is from the page that asks for it.
///
/// Without the feature `public-suffix` only URLs of the very same host are of the same site.
///
/// <https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    #[default]
    SameOrigin,
    SameSite,
    CrossSite,
}

impl Relation {
    pub(super) fn of(url: &Url, page: &Url) -> Self {
        match (url.origin(), page.origin()) {
            (Some(origin), Some(page)) if origin == page => Self::SameOrigin,
            _ if is_same_site(url, page) => Self::SameSite,
            _ => Self::CrossSite,
        }
    }

    pub(super) const fn value(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

/// <https://html.spec.whatwg.org/#same-site>
fn is_same_site(url: &Url, page: &Url) -> bool {
    let (Some(host), Some(page_host)) = (url.host(), page.host()) else {
        return false;
    };
    let domain = |host| if is_address(host) { None } else { registrable_domain(host) };
    let is_same_host = host == page_host;
    let is_same_domain = domain(host).is_some() && domain(host) == domain(page_host);
    url.scheme() == page.scheme() && (is_same_host || is_same_domain)
}

/// Are `Sec-Fetch-*` headers sent to this URL?
///
/// <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>
pub(super) fn is_potentially_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" || url.host().is_some_and(is_loopback_host)
}

/// Is the canonical `host` an IP address? Names do not end in a number.
fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_is_the_scheme_and_the_registrable_domain() {
        let url = |url| Url::parse(url, None).unwrap();
        for (target, page, with_list, site) in [
            ("https://a.example/x", "https://a.example/", true, Relation::SameOrigin),
            ("https://a.example:444", "https://a.example", false, Relation::SameSite),
            ("http://a.example", "https://a.example", false, Relation::CrossSite),
            ("https://api.a.example", "https://app.a.example", true, Relation::SameSite),
            ("https://b.example", "https://a.example", false, Relation::CrossSite),
            ("https://a.github.io", "https://b.github.io", false, Relation::CrossSite),
            ("http://127.0.0.1:1", "http://127.0.0.1:2", false, Relation::SameSite),
            ("http://127.0.0.1", "http://127.1.0.1", false, Relation::CrossSite),
            ("http://localhost:1", "http://localhost:2", false, Relation::SameSite),
            ("https://a.example", "about:blank", false, Relation::CrossSite),
        ] {
            if !with_list || cfg!(feature = "public-suffix") {
                assert_eq!(Relation::of(&url(target), &url(page)), site, "{target} from {page}");
            }
        }
    }

    #[test]
    fn https_and_loopback_are_trustworthy() {
        for (url, expected) in [
            ("https://a.example", true),
            ("http://a.example", false),
            ("http://localhost:3000", true),
            ("http://a.localhost", true),
            ("http://127.0.0.2", true),
            ("http://[::1]", true),
            ("http://127.0.0.example", false),
            ("http://localhost.example", false),
        ] {
            let url = Url::parse(url, None).unwrap();
            assert_eq!(is_potentially_trustworthy(&url), expected, "{url}");
        }
    }
}
