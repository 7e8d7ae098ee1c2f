//! HTTP-redirect fetch: <https://fetch.spec.whatwg.org/#http-redirect-fetch>

use std::time::Duration;

use super::exchange::Step;
use super::failure::{Failure, Stage};
use super::main_fetch::Fetch;
use super::request::{Body, Mode};
use super::response::{Response, ResponseType};
use super::url::Url;
use crate::fetch;

/// A request is redirected no more often than this.
const MAX_REDIRECTS: u8 = 20;

impl<'browser> Fetch<'browser> {
    /// Follows a redirect, or takes a response without `Location` as it is.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-redirect-fetch>
    pub(super) fn redirect(self: Box<Self>, response: &Response, now: Duration) -> Step<'browser> {
        let status = Some(response.status());
        let location = match location_url(response, &self.request.url) {
            Ok(Some(location)) => location,
            Ok(None) => return self.done(response),
            Err(failure) => return self.blocked(Stage::Redirect, vec![failure], status),
        };
        if let Some(failure) = self.refusal(response, &location) {
            return self.blocked(Stage::Redirect, vec![failure], status);
        }
        self.follow(response.status(), location).main_fetch(now)
    }

    fn refusal(&self, response: &Response, location: &Url) -> Option<Failure> {
        if !location.has_http_scheme() {
            return Some(Failure::LocationSchemeNotHttp(location.to_string()));
        }
        if self.redirect_count == MAX_REDIRECTS {
            return Some(Failure::TooManyRedirects);
        }
        let crosses_origins =
            self.request.mode == Mode::Cors && !self.browser.is_same_origin(location);
        if location.includes_credentials()
            && (crosses_origins || self.tainting == ResponseType::Cors)
        {
            return Some(Failure::LocationIncludesCredentials(location.to_string()));
        }
        let is_stream = self.request.body == Body::Stream;
        (is_stream && response.status() != 303)
            .then(|| Failure::StreamCannotBeReplayed(response.status()))
    }

    /// Makes the request that goes to `location`.
    fn follow(mut self: Box<Self>, status: u16, location: Url) -> Box<Self> {
        let leaves_page = !self.browser.is_same_origin(&self.request.url);
        let request = &mut self.request;
        let changes_origin = location.origin() != request.url.origin();
        if matches!((status, request.method.as_str()), (301 | 302, "POST"))
            || status == 303 && !matches!(request.method.as_str(), "GET" | "HEAD")
        {
            request.method = "GET".to_owned();
            request.body = Body::None;
            REQUEST_BODY_HEADERS.iter().for_each(|name| request.headers.remove(name));
        }
        if changes_origin {
            request.headers.remove(fetch::NON_WILDCARD_REQUEST_HEADER_NAME);
        }
        let previous_url = std::mem::replace(&mut request.url, location);
        self.is_tainted |= changes_origin && leaves_page;
        self.redirect_count += 1;
        self.first_url.get_or_insert(previous_url);
        self
    }
}

/// <https://fetch.spec.whatwg.org/#request-body-header-name>
const REQUEST_BODY_HEADERS: [&str; 4] =
    ["content-encoding", "content-language", "content-location", "content-type"];

/// <https://fetch.spec.whatwg.org/#concept-response-location-url>
fn location_url(response: &Response, current: &Url) -> Result<Option<Url>, Failure> {
    let Some(location) = response.headers().combined("location") else {
        return Ok(None);
    };
    if response.headers().values("location").count() > 1 {
        return Err(Failure::InvalidLocation(location));
    }
    match Url::parse(&String::from_utf8_lossy(&location), Some(current)) {
        Some(url) => Ok(Some(url.or_fragment_of(current))),
        None => Err(Failure::InvalidLocation(location)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Body, Browser, Failure, Mode, RedirectMode, Request, Response, ResponseType, SentRequest,
        Stage, Step,
    };
    use super::*;

    const PAGE: &str = "https://app.example.com";
    const API: &str = "https://api.example.com/";
    const ALLOW_ANY: (&str, &str) = ("Access-Control-Allow-Origin", "*");

    #[test]
    fn hosts_see_null_once_a_redirect_left_two_origins_behind() {
        let a = "https://app.example.com/x";
        let (b, c) = ("https://b.example/x", "https://c.example/x");
        for (urls, origins) in [
            (&[b, b][..], &[Some(PAGE), Some(PAGE)][..]),
            (&[b, "https://b.example/y", b], &[Some(PAGE), Some(PAGE), Some(PAGE)]),
            (&[a, b], &[None, Some(PAGE)]),
            (&[a, a, b, b], &[None, None, Some(PAGE), Some(PAGE)]),
            (&[b, c], &[Some(PAGE), Some("null")]),
            (&[b, a], &[Some(PAGE), Some("null")]),
            (&[b, a, b], &[Some(PAGE), Some("null"), Some("null")]),
            (&[a, b, c, a], &[None, Some(PAGE), Some("null"), Some("null")]),
        ] {
            let found: Vec<_> = follow(&Request::new("GET", urls[0]), 302, &urls[1..]);
            let origins: Vec<_> = origins.iter().map(|origin| origin.map(String::from)).collect();
            let found: Vec<_> = found.iter().map(|sent| header(sent, "origin")).collect();
            assert_eq!(found, origins, "{urls:?}");
        }
    }

    #[test]
    fn redirects_change_methods_bodies_and_headers() {
        let post = || {
            Request::new("POST", API)
                .body(Body::Text)
                .header("Authorization", "x")
                .header("Content-Encoding", "gzip")
                .header("Content-Language", "en")
                .header("Content-Location", "/")
                .header("X-A", "1")
        };
        let here = "https://api.example.com/there";
        for (request, status, target, expected) in [
            (post(), 301, here, "GET false authorization x-a"),
            (post(), 302, here, "GET false authorization x-a"),
            (post(), 303, here, "GET false authorization x-a"),
            (
                post(),
                307,
                here,
                "POST true authorization content-encoding content-language content-location content-type x-a",
            ),
            (
                post(),
                308,
                here,
                "POST true authorization content-encoding content-language content-location content-type x-a",
            ),
            (
                post(),
                307,
                "https://b.example",
                "POST true content-encoding content-language content-location content-type x-a",
            ),
            (Request::new("PUT", API).body(Body::Bytes), 302, here, "PUT true"),
            (Request::new("PUT", API).body(Body::Bytes), 303, here, "GET false"),
            (Request::new("HEAD", API), 303, here, "HEAD false"),
        ] {
            let sent = follow(&request, status, &[target]);
            let last = sent.last().unwrap();
            let mut names: Vec<_> = last
                .headers()
                .iter()
                .map(|(name, _)| String::from_utf8(name.to_ascii_lowercase()).unwrap())
                .filter(|name| !matches!(name.as_str(), "accept" | "origin"))
                .collect();
            names.sort();
            let found =
                [vec![last.method().to_owned(), last.has_body().to_string()], names].concat();
            assert_eq!(found.join(" "), expected, "{status}");
        }
    }

    #[test]
    fn some_redirects_are_not_followed() {
        let get = Request::new("GET", API);
        let stream = Request::new("POST", API).body(Body::Stream);
        let lines = |locations: &[&str]| Failure::InvalidLocation(locations.join(", ").into());
        for (request, status, locations, failure) in [
            (&get, 302, &["http://"][..], lines(&["http://"])),
            (&get, 302, &["/a", "/a"], lines(&["/a", "/a"])),
            (&get, 302, &["ftp://a/"], Failure::LocationSchemeNotHttp("ftp://a/".into())),
            (
                &get,
                302,
                &["//u@api.example.com"],
                Failure::LocationIncludesCredentials("https://u@api.example.com/".into()),
            ),
            (&get, 302, &["/again"], Failure::TooManyRedirects),
            (&stream, 307, &["/again"], Failure::StreamCannotBeReplayed(307)),
        ] {
            let locations = locations.iter().map(|location| ("Location", *location));
            let moved = Response::new(status, [ALLOW_ANY].into_iter().chain(locations));
            let page = Browser::at(PAGE).unwrap();
            let blocked = page.judge(request, &answer(&[ALLOW_ANY]), &moved).unwrap_err();
            assert_eq!((blocked.stage(), blocked.failures()), (Stage::Redirect, &[failure][..]));
        }
    }

    #[test]
    fn twenty_redirects_are_followed_and_no_more() {
        let mut page = Browser::at(PAGE).unwrap();
        let moved = Response::new(302, [ALLOW_ANY, ("Location", "/again")]);
        let mut step = page.start(&Request::new("GET", API), Duration::ZERO);
        let mut requests = 0;
        while let Step::SendActual(exchange) = step {
            requests += 1;
            step = exchange.receive(&moved, Duration::ZERO);
        }
        assert_eq!(requests, 21);
    }

    #[test]
    fn a_stream_is_followed_where_it_is_not_sent_again() {
        let sent = follow(&Request::new("POST", API).body(Body::Stream), 303, &["/there"]);
        assert_eq!(sent.last().map(|last| (last.method(), last.has_body())), Some(("GET", false)));
    }

    #[test]
    fn a_redirect_needs_its_own_permission_and_a_location() {
        let page = Browser::at(PAGE).unwrap();
        let get = Request::new("GET", API);
        let unmarked = Response::new(302, [("Location", "/elsewhere")]);
        let blocked = page.judge(&get, &unmarked, &unmarked).unwrap_err();
        assert_eq!(
            (blocked.stage(), blocked.failure()),
            (Stage::Actual, &Failure::AllowOriginMissing)
        );
        let nowhere = Response::new(302, [ALLOW_ANY]);
        assert_eq!(page.judge(&get, &nowhere, &nowhere).unwrap().status(), 302);
        let manual = get.redirect(RedirectMode::Manual);
        let moved = Response::new(302, [ALLOW_ANY, ("Location", "/elsewhere")]);
        let seen = page.judge(&manual, &moved, &moved).unwrap();
        assert_eq!((seen.response_type(), seen.status()), (ResponseType::OpaqueRedirect, 0));
    }

    #[test]
    fn userinfo_is_followed_within_the_page_only() {
        for (from, to, followed) in [
            ("/x", "//u@app.example.com/y", true),
            ("/x", "//u@api.example.com/y", false),
            (API, "//u@api.example.com/y", false),
            (API, "https://u@app.example.com/y", false),
        ] {
            let moved = Response::new(302, [ALLOW_ANY, ("Location", to)]);
            let mut page = Browser::at(PAGE).unwrap();
            let Step::SendActual(exchange) = page.start(&Request::new("GET", from), Duration::ZERO)
            else {
                panic!("needs no preflight")
            };
            let step = exchange.receive(&moved, Duration::ZERO);
            assert_eq!(matches!(step, Step::SendActual(_)), followed, "{from} {to}");
        }
    }

    #[test]
    fn same_origin_mode_is_not_led_elsewhere() {
        let moved = Response::new(302, [("Location", API)]);
        let request = Request::new("GET", "/x").mode(Mode::SameOrigin);
        let blocked = Browser::at(PAGE).unwrap().judge(&request, &moved, &moved).unwrap_err();
        assert_eq!(blocked.failure(), &Failure::CrossOriginInSameOriginMode);
        assert_eq!(blocked.url(), API);
    }

    #[test]
    fn fragments_survive_redirects_and_are_not_sent() {
        for (url, location, expected) in [
            ("https://api.example.com/#a", "/b", "https://api.example.com/b#a"),
            ("https://api.example.com/#a", "/b#c", "https://api.example.com/b#c"),
        ] {
            let moved = Response::new(302, [ALLOW_ANY, ("Location", location)]);
            let mut page = Browser::at(PAGE).unwrap();
            let Step::SendActual(exchange) = page.start(&Request::new("GET", url), Duration::ZERO)
            else {
                panic!("needs no preflight")
            };
            let Step::SendActual(exchange) = exchange.receive(&moved, Duration::ZERO) else {
                panic!("is followed")
            };
            assert_eq!(exchange.request().url(), "https://api.example.com/b");
            let Step::Done(Err(blocked)) = exchange.receive(&answer(&[]), Duration::ZERO) else {
                panic!("is blocked")
            };
            assert_eq!(blocked.url(), expected);
        }
    }

    /// The actual requests of a fetch that everybody allows and that is redirected from hop to hop.
    fn follow(request: &Request, status: u16, locations: &[&str]) -> Vec<SentRequest> {
        let mut page = Browser::at(PAGE).unwrap();
        let mut locations = locations.iter();
        let allows = answer(&[
            ALLOW_ANY,
            ("Access-Control-Allow-Methods", "*"),
            ("Access-Control-Allow-Headers", "*, Authorization"),
        ]);
        let mut sent = Vec::new();
        let mut step = page.start(request, Duration::ZERO);
        loop {
            step = match step {
                Step::SendPreflight(exchange) => exchange.receive(&allows, Duration::ZERO),
                Step::SendActual(exchange) => {
                    sent.push(exchange.request().clone());
                    let response = match locations.next() {
                        Some(location) => {
                            Response::new(status, [ALLOW_ANY, ("Location", location)])
                        }
                        None => allows.clone(),
                    };
                    exchange.receive(&response, Duration::ZERO)
                }
                Step::Done(result) => {
                    assert!(result.is_ok(), "{result:?}");
                    return sent;
                }
            };
        }
    }

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response::new(200, headers.iter().copied())
    }

    fn header(request: &SentRequest, name: &str) -> Option<String> {
        request.headers().combined(name).map(|value| String::from_utf8(value).unwrap())
    }
}
