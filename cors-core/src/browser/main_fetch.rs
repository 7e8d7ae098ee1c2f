//! Main fetch and HTTP fetch: <https://fetch.spec.whatwg.org/#main-fetch>

use std::time::Duration;

use super::Browser;
use super::blocked::{Blocked, Case};
use super::cache::{CacheKey, max_age};
use super::check::cors_check;
use super::construct::{AcceptedRequest, construct};
use super::engine::Quirk;
use super::exchange::{Exchange, SentRequest, Step};
use super::failure::{Failure, Stage};
use super::headers::HeaderList;
use super::preflight::Preflight;
use super::request::{Body, Credentials, InitiatorType, Mode, RedirectMode, Request};
use super::response::{FilteredResponse, Response, ResponseType};
use super::safelist::unsafe_request_header_names;
use super::url::Url;
use crate::fetch;

/// One fetch under way, from hop to hop.
///
/// <https://fetch.spec.whatwg.org/#concept-main-fetch>
#[derive(Debug)]
pub(super) struct Fetch<'browser> {
    pub(super) browser: &'browser mut Browser,
    pub(super) request: AcceptedRequest,
    /// The response tainting, under the name of the filter that it leads to. It never goes back
    /// to basic.
    pub(super) tainting: ResponseType,
    /// Has a redirect tainted the request, so that its origin is serialised as `null`?
    pub(super) is_tainted: bool,
    /// The URL that the script asked for, once a redirect has led elsewhere.
    pub(super) first_url: Option<Url>,
    pub(super) redirect_count: u8,
    /// Has a hop taken the road with a preflight? Then failing clears the preflight cache.
    with_preflight: bool,
    /// Does this hop take that road?
    hop_has_preflight: bool,
    initiator: InitiatorType,
}

impl<'browser> Fetch<'browser> {
    pub(super) fn start(
        browser: &'browser mut Browser,
        request: &Request,
        now: Duration,
    ) -> Step<'browser> {
        let initiator = request.initiator;
        let accepted = match construct(request, &browser.url, browser.engine) {
            Ok(accepted) => accepted,
            Err(failure) => {
                return Step::Done(Err(Blocked::new(Case {
                    engine: browser.engine,
                    stage: Stage::Arguments,
                    failures: vec![failure],
                    origin: browser.origin().to_owned(),
                    url: request.url.clone(),
                    redirected_from: None,
                    status: None,
                    after_preflight: false,
                    initiator,
                })));
            }
        };
        let fetch = Self {
            browser,
            request: accepted,
            tainting: ResponseType::Basic,
            is_tainted: false,
            first_url: None,
            redirect_count: 0,
            with_preflight: false,
            hop_has_preflight: false,
            initiator,
        };
        Box::new(fetch).main_fetch(now)
    }

    /// Chooses the road that the request takes to its current URL.
    ///
    /// <https://fetch.spec.whatwg.org/#concept-main-fetch>
    pub(super) fn main_fetch(mut self: Box<Self>, now: Duration) -> Step<'browser> {
        match self.road() {
            Ok(tainting) => self.tainting = tainting,
            Err(failure) => return self.blocked(Stage::Request, vec![failure], None),
        }
        if self.tainting != ResponseType::Cors {
            return self.send_actual();
        }
        let names = self.unsafe_names();
        self.hop_has_preflight = self.wants_preflight(&names);
        if self.hop_has_preflight {
            self.with_preflight = true;
            if !self.is_cached(&names, now) {
                return self.send_preflight();
            }
        }
        self.send_actual()
    }

    fn road(&self) -> Result<ResponseType, Failure> {
        let AcceptedRequest { mode, redirect, url, .. } = &self.request;
        let is_same_origin = self.browser.is_same_origin(url);
        if is_same_origin && self.tainting == ResponseType::Basic {
            return Ok(ResponseType::Basic);
        }
        if *mode == Mode::SameOrigin {
            return Err(Failure::CrossOriginInSameOriginMode);
        }
        if *mode == Mode::NoCors && *redirect != RedirectMode::Follow {
            return Err(Failure::RedirectModeInNoCors);
        }
        if !url.has_http_scheme() {
            return Err(Failure::SchemeNotHttp(url.scheme().to_owned()));
        }
        Ok(if *mode == Mode::NoCors { ResponseType::Opaque } else { ResponseType::Cors })
    }

    fn wants_preflight(&self, unsafe_names: &[String]) -> bool {
        self.request.use_cors_preflight
            || !fetch::is_safelisted_method(self.request.method.as_bytes())
            || !unsafe_names.is_empty()
    }

    /// Does the preflight cache spare the preflight?
    ///
    /// <https://fetch.spec.whatwg.org/#concept-http-fetch>
    fn is_cached(&self, unsafe_names: &[String], now: Duration) -> bool {
        let Browser { engine, cache, .. } = &*self.browser;
        let method = self.request.method.as_str();
        let key = self.cache_key();
        let is_exempt = fetch::is_safelisted_method(method.as_bytes())
            && !self.request.use_cors_preflight
            && !(method == "HEAD" && engine.has(Quirk::CachedHeadMustBeListed));
        self.uses_preflight_cache()
            && (is_exempt || cache.allows_method(&key, method, now, *engine))
            && unsafe_names.iter().all(|name| cache.allows_header(&key, name, now, *engine))
    }

    fn uses_preflight_cache(&self) -> bool {
        let Browser { engine, .. } = &*self.browser;
        let is_left_out =
            self.browser.has_opaque_origin() && engine.has(Quirk::OpaqueOriginNotCached);
        !self.request.bypasses_preflight_cache && !is_left_out
    }

    fn send_preflight(self: Box<Self>) -> Step<'browser> {
        let names = self.unsafe_names();
        let request = SentRequest {
            method: "OPTIONS".to_owned(),
            url: self.request.url.clone(),
            headers: self.preflight(&names).headers(),
            includes_credentials: false,
            has_body: false,
        };
        Step::SendPreflight(Exchange::new(self, true, request))
    }

    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    pub(super) fn receive_preflight(
        self: Box<Self>,
        response: &Response,
        now: Duration,
    ) -> Step<'browser> {
        let engine = self.browser.engine;
        let names = self.unsafe_names();
        let (allowed, failures) = self.preflight(&names).check(response, engine);
        let is_refusal = |failure: &Failure| {
            matches!(
                failure,
                Failure::MethodNotAllowed(_)
                    | Failure::AuthorizationNotListed { .. }
                    | Failure::HeaderNotAllowed(_)
            )
        };
        let is_stored = failures.is_empty()
            || engine.has(Quirk::RefusedPreflightCached) && failures.iter().all(is_refusal);
        if is_stored && self.uses_preflight_cache() {
            let max_age = max_age(response.headers(), engine);
            let key = self.cache_key();
            self.browser.cache.store(&key, allowed, max_age, now, engine);
        }
        if failures.is_empty() {
            self.send_actual()
        } else {
            self.blocked(Stage::Preflight, failures, Some(response.status()))
        }
    }

    fn send_actual(self: Box<Self>) -> Step<'browser> {
        let AcceptedRequest { method, url, headers, body, credentials, .. } = &self.request;
        let request = SentRequest {
            method: method.clone(),
            url: url.clone(),
            headers: self.with_origin(headers.clone()),
            includes_credentials: match credentials {
                Credentials::Omit => false,
                Credentials::SameOrigin => self.tainting == ResponseType::Basic,
                Credentials::Include => true,
            },
            has_body: *body != Body::None,
        };
        Step::SendActual(Exchange::new(self, false, request))
    }

    /// Adds `Origin`, as the default referrer policy, `strict-origin-when-cross-origin`, has it.
    ///
    /// <https://fetch.spec.whatwg.org/#append-a-request-origin-header>
    fn with_origin(&self, mut headers: HeaderList) -> HeaderList {
        let AcceptedRequest { method, url, .. } = &self.request;
        if self.tainting == ResponseType::Cors {
            headers.append("Origin", self.origin());
        } else if !matches!(method.as_str(), "GET" | "HEAD") {
            let is_downgrade = self.browser.url.scheme() == "https" && url.scheme() != "https";
            headers.append("Origin", if is_downgrade { "null" } else { self.origin() });
        }
        headers
    }

    /// <https://fetch.spec.whatwg.org/#concept-http-fetch>
    pub(super) fn receive_actual(
        self: Box<Self>,
        response: &Response,
        now: Duration,
    ) -> Step<'browser> {
        let status = Some(response.status());
        if self.tainting == ResponseType::Cors {
            let failures = cors_check(response.headers(), self.origin(), self.includes());
            if !failures.is_empty() {
                return self.blocked(Stage::Actual, failures, status);
            }
        }
        if response.has_redirect_status() {
            match self.request.redirect {
                RedirectMode::Follow => return self.redirect(response, now),
                RedirectMode::Manual => {
                    return Step::Done(Ok(FilteredResponse::hidden(ResponseType::OpaqueRedirect)));
                }
                RedirectMode::Error => {
                    return self.blocked(Stage::Redirect, vec![Failure::RedirectModeError], status);
                }
            }
        }
        self.done(response)
    }

    /// Ends the fetch with as much of the response as its filter shows.
    pub(super) fn done(self: Box<Self>, response: &Response) -> Step<'browser> {
        Step::Done(Ok(FilteredResponse::of(
            response,
            self.tainting,
            self.includes(),
            &self.request.url,
            self.first_url.is_some(),
        )))
    }

    /// Ends the fetch with a network error.
    pub(super) fn blocked(
        self: Box<Self>,
        stage: Stage,
        failures: Vec<Failure>,
        status: Option<u16>,
    ) -> Step<'browser> {
        let key = self.cache_key();
        let Browser { engine, cache, .. } = &mut *self.browser;
        if self.with_preflight && !engine.has(Quirk::PreflightCacheKeptOnFailure) {
            cache.clear(&key);
        }
        Step::Done(Err(Blocked::new(Case {
            engine: *engine,
            stage,
            failures,
            origin: self.browser.origin().to_owned(),
            url: self.request.url.to_string(),
            redirected_from: self.first_url.as_ref().map(Url::to_string),
            status,
            after_preflight: self.hop_has_preflight && stage == Stage::Actual,
            initiator: self.initiator,
        })))
    }

    fn preflight<'fetch>(&'fetch self, unsafe_names: &'fetch [String]) -> Preflight<'fetch> {
        Preflight {
            origin: self.origin(),
            include: self.includes(),
            method: &self.request.method,
            unsafe_names,
            use_cors_preflight: self.request.use_cors_preflight,
        }
    }

    fn unsafe_names(&self) -> Vec<String> {
        unsafe_request_header_names(&self.request.headers, self.browser.engine)
    }

    fn cache_key(&self) -> CacheKey {
        CacheKey {
            origin: self.origin().to_owned(),
            url: self.request.url.to_string(),
            include: self.includes(),
        }
    }

    /// <https://fetch.spec.whatwg.org/#byte-serializing-a-request-origin>
    fn origin(&self) -> &str {
        if self.is_tainted { "null" } else { self.browser.origin() }
    }

    fn includes(&self) -> bool {
        self.request.credentials == Credentials::Include
    }
}
