//! What the constructor of requests accepts, and throws at: <https://fetch.spec.whatwg.org/#dom-request>

use super::engine::{Engine, Quirk};
use super::failure::Failure;
use super::headers::HeaderList;
use super::request::{Body, CacheMode, Credentials, InitiatorType, Mode, RedirectMode, Request};
use super::safelist::{is_forbidden_request_header, is_no_cors_safelisted};
use super::url::Url;
use crate::fetch;

/// A request that the API has accepted. Redirects change it on its way.
#[derive(Clone, Debug)]
pub(super) struct AcceptedRequest {
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: HeaderList,
    pub(super) body: Body,
    pub(super) credentials: Credentials,
    pub(super) mode: Mode,
    pub(super) redirect: RedirectMode,
    pub(super) use_cors_preflight: bool,
    pub(super) bypasses_preflight_cache: bool,
}

/// Does to a request what the API does, or says why it throws.
///
/// <https://fetch.spec.whatwg.org/#dom-request>
pub(super) fn construct(
    request: &Request,
    page: &Url,
    engine: Engine,
) -> Result<AcceptedRequest, Failure> {
    let url = Url::parse(&request.url, Some(page))
        .ok_or_else(|| Failure::InvalidUrl(request.url.clone()))?;
    if url.includes_credentials() && request.initiator == InitiatorType::Fetch {
        return Err(Failure::UrlIncludesCredentials(url.to_string()));
    }
    let method = method(&request.method, request.mode)?;
    let body = body(request, &method)?;
    let headers = headers(request, &body, engine)?;
    Ok(AcceptedRequest {
        bypasses_preflight_cache: engine.has(Quirk::CacheModeBypassesPreflightCache)
            && bypasses_http_cache(request.cache, &headers),
        use_cors_preflight: request.use_cors_preflight || body == Body::Stream,
        method,
        url,
        headers,
        body,
        credentials: request.credentials,
        mode: request.mode,
        redirect: request.redirect,
    })
}

fn method(method: &str, mode: Mode) -> Result<String, Failure> {
    if !fetch::is_token(method.as_bytes()) {
        return Err(Failure::InvalidMethod(method.to_owned()));
    }
    if fetch::is_forbidden_method(method.as_bytes()) {
        return Err(Failure::ForbiddenMethod(method.to_owned()));
    }
    let method = fetch::normalized_method(method.as_bytes()).unwrap_or(method);
    if mode == Mode::NoCors && !fetch::is_safelisted_method(method.as_bytes()) {
        return Err(Failure::MethodUnavailableInNoCors(method.to_owned()));
    }
    Ok(method.to_owned())
}

fn body(request: &Request, method: &str) -> Result<Body, Failure> {
    match (&request.body, method, request.initiator) {
        (Body::None, ..) => Ok(Body::None),
        (_, "GET" | "HEAD", InitiatorType::Fetch) => {
            Err(Failure::BodyNotAllowed(method.to_owned()))
        }
        (_, "GET" | "HEAD", InitiatorType::XmlHttpRequest) => Ok(Body::None),
        (Body::Stream, ..) if request.mode == Mode::NoCors => {
            Err(Failure::StreamUnavailableInNoCors)
        }
        (body, ..) => Ok(body.clone()),
    }
}

fn headers(request: &Request, body: &Body, engine: Engine) -> Result<HeaderList, Failure> {
    let mut headers = HeaderList::new();
    for (name, value) in request.headers.iter() {
        if !fetch::is_token(name) || value.iter().any(|byte| b"\0\n\r".contains(byte)) {
            return Err(Failure::InvalidHeader(name.escape_ascii().to_string()));
        }
        append(&mut headers, name, value, request.mode);
    }
    if engine.has(Quirk::UserAgentIgnored) {
        headers.remove("user-agent");
    }
    if let Some(content_type) = body.content_type()
        && !headers.contains("content-type")
    {
        append(&mut headers, b"Content-Type", content_type.as_bytes(), request.mode);
    }
    if !headers.contains("accept") {
        headers.append("Accept", "*/*");
    }
    Ok(if engine.has(Quirk::RepeatedHeadersJoined) { joined(&headers) } else { headers })
}

/// Drops without a word what a script cannot set.
///
/// <https://fetch.spec.whatwg.org/#concept-headers-append>
fn append(headers: &mut HeaderList, name: &[u8], value: &[u8], mode: Mode) {
    if is_forbidden_request_header(name, value) {
        return;
    }
    if mode == Mode::NoCors {
        let earlier = headers.combined(&String::from_utf8_lossy(name));
        let whole = earlier.map_or_else(
            || value.to_vec(),
            |earlier| [earlier.as_slice(), value].join(b", ".as_slice()),
        );
        if !is_no_cors_safelisted(name, &whole) {
            return;
        }
    }
    headers.append(name, value);
}

/// Headers of one name as one header, spelled like the first of them.
fn joined(headers: &HeaderList) -> HeaderList {
    let mut joined = HeaderList::new();
    for (name, _) in headers.iter() {
        let text = String::from_utf8_lossy(name);
        if !joined.contains(&text) {
            joined.append(name, headers.combined(&text).unwrap_or_default());
        }
    }
    joined
}

fn bypasses_http_cache(mode: CacheMode, headers: &HeaderList) -> bool {
    const CONDITIONAL: [&str; 5] =
        ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
    matches!(mode, CacheMode::NoStore | CacheMode::Reload | CacheMode::NoCache)
        || CONDITIONAL.iter().any(|name| headers.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_throws_at_what_it_cannot_send() {
        let get = || Request::new("GET", "/");
        for (request, failure) in [
            (Request::new("GET", "http://"), Failure::InvalidUrl("http://".into())),
            (
                Request::new("GET", "http://u@b.example"),
                Failure::UrlIncludesCredentials("http://u@b.example/".into()),
            ),
            (Request::new(" GET", "/"), Failure::InvalidMethod(" GET".into())),
            (Request::new("", "/"), Failure::InvalidMethod("".into())),
            (Request::new("Trace", "/"), Failure::ForbiddenMethod("Trace".into())),
            (
                Request::new("put", "/").mode(Mode::NoCors),
                Failure::MethodUnavailableInNoCors("PUT".into()),
            ),
            (get().header("x y", "1"), Failure::InvalidHeader("x y".into())),
            (get().header("x", "1\n2"), Failure::InvalidHeader("x".into())),
            (get().header("Cookie", "\0"), Failure::InvalidHeader("Cookie".into())),
            (get().body(Body::Text), Failure::BodyNotAllowed("GET".into())),
            (
                Request::new("POST", "/").mode(Mode::NoCors).body(Body::Stream),
                Failure::StreamUnavailableInNoCors,
            ),
        ] {
            assert_eq!(constructed(&request, Engine::Standard).unwrap_err(), failure);
        }
        let xhr = Request::new("GET", "http://u@b.example").body(Body::Text);
        let xhr = xhr.initiator(InitiatorType::XmlHttpRequest);
        assert_eq!(constructed(&xhr, Engine::Standard).unwrap().body, Body::None);
    }

    #[test]
    fn methods_are_normalised() {
        for (method, sent) in [("get", "GET"), ("Put", "PUT"), ("patch", "patch"), ("*", "*")] {
            let request = constructed(&Request::new(method, "/"), Engine::Standard).unwrap();
            assert_eq!(request.method, sent);
        }
    }

    #[test]
    fn headers_are_kept_dropped_or_joined() {
        let request = Request::new("GET", "/")
            .header("X-A", "1")
            .header("Cookie", "a=1")
            .header("Accept", "a")
            .header("User-Agent", "mine")
            .header("x-a", "2");
        let standard = constructed(&request, Engine::Standard).unwrap().headers;
        assert!(standard.iter().map(|(name, _)| name).eq([
            &b"X-A"[..],
            b"Accept",
            b"User-Agent",
            b"x-a"
        ]));
        let chromium = constructed(&request, Engine::Chromium).unwrap().headers;
        assert_eq!(chromium, HeaderList::from_iter([("X-A", "1, 2"), ("Accept", "a")]));
    }

    #[test]
    fn no_cors_keeps_safelisted_headers_as_they_add_up() {
        let request = Request::new("POST", "/")
            .mode(Mode::NoCors)
            .header("X-A", "1")
            .header("Range", "bytes=0-")
            .header("Accept-Language", "a".repeat(64))
            .header("Accept-Language", "b".repeat(62))
            .header("Accept-Language", "c")
            .body(Body::Blob("application/json".into()));
        let headers = constructed(&request, Engine::Standard).unwrap().headers;
        let expected = [("Accept-Language", "a".repeat(64)), ("Accept-Language", "b".repeat(62))];
        let accept = ("Accept", "*/*".to_owned());
        assert_eq!(headers, HeaderList::from_iter(expected.into_iter().chain([accept])));
    }

    #[test]
    fn bodies_bring_their_type_where_the_script_sets_none() {
        let content_type = |request: &Request| {
            constructed(request, Engine::Standard).unwrap().headers.combined("content-type")
        };
        let post = || Request::new("POST", "/");
        for (body, expected) in [
            (Body::None, None),
            (Body::Bytes, None),
            (Body::Stream, None),
            (Body::Blob(String::new()), None),
            (Body::Blob("a/b".into()), Some("a/b")),
            (Body::Text, Some("text/plain;charset=UTF-8")),
            (Body::Form, Some("application/x-www-form-urlencoded;charset=UTF-8")),
        ] {
            let found = content_type(&post().body(body));
            assert_eq!(found.as_deref(), expected.map(str::as_bytes));
        }
        let set = post().header("content-type", "c/d").body(Body::Text);
        assert_eq!(content_type(&set).unwrap(), b"c/d");
    }

    #[test]
    fn streams_and_listeners_set_the_flag() {
        for (request, expected) in [
            (Request::new("POST", "/").body(Body::Stream), true),
            (Request::new("POST", "/").use_cors_preflight(), true),
            (Request::new("POST", "/").body(Body::Bytes), false),
        ] {
            let found = constructed(&request, Engine::Standard).unwrap().use_cors_preflight;
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn chromium_bypasses_the_preflight_cache_as_the_http_cache() {
        let get = || Request::new("GET", "/");
        for (request, bypasses) in [
            (get(), false),
            (get().cache(CacheMode::ForceCache), false),
            (get().header("Cache-Control", "no-store"), false),
            (get().cache(CacheMode::NoStore), true),
            (get().cache(CacheMode::Reload), true),
            (get().cache(CacheMode::NoCache), true),
            (get().header("If-Match", "*"), true),
            (get().header("If-None-Match", "*"), true),
            (get().header("If-Modified-Since", "x"), true),
            (get().header("If-Unmodified-Since", "x"), true),
            (get().header("If-Range", "x"), true),
        ] {
            let found = constructed(&request, Engine::Chromium).unwrap().bypasses_preflight_cache;
            assert_eq!(found, bypasses, "{request:?}");
            assert!(!constructed(&request, Engine::Standard).unwrap().bypasses_preflight_cache);
        }
    }

    fn constructed(request: &Request, engine: Engine) -> Result<AcceptedRequest, Failure> {
        let page = Url::parse("https://app.example.com", None).unwrap();
        construct(request, &page, engine)
    }
}
