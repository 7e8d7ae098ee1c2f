//! Policies with pages near and far, what these fetch, and an application.

use cors_conformance::fetches::{Fetch, OWN_ORIGIN};
use cors_conformance::{Application, Settings};
use cors_core::browser::{Body, Credentials};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use url::Url;

use crate::generate::{one_of, origin, settings};

/// How many fetches there are in a world.
pub const FETCHES: usize = 24;

/// A policy, the application behind it, and fetches of a few pages.
#[derive(Clone, Debug)]
pub struct World {
    pub settings: Settings,
    pub application: Application,
    pub fetches: Vec<Fetch>,
}

pub fn world() -> impl Strategy<Value = World> {
    settings().prop_flat_map(|settings| {
        let fetches = vec(page(&settings), 4).prop_flat_map({
            let settings = settings.clone();
            move |pages| vec(fetch(&settings, pages), FETCHES)
        });
        (Just(settings), application(), fetches)
            .prop_map(|(settings, application, fetches)| World { settings, application, fetches })
    })
}

/// The serialised origin of a page.
fn page(settings: &Settings) -> impl Strategy<Value = String> + use<> {
    let near = origin(settings).prop_map(|text| serialised(&String::from_utf8_lossy(&text)));
    let far = one_of([
        "http://api.example.com",
        "https://api.example.com.",
        "https://api.example.com:8443",
        "null",
        "https://[2001:db8::1]",
        "http://[::1]:3000",
        "http://10.0.0.1:80",
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://2c127fa4-62c7",
        "capacitor://localhost",
        "https://example.com",
    ]);
    prop_oneof![20 => near, 2 => far.prop_map(serialised), 1 => Just(OWN_ORIGIN.to_owned())]
}

/// The origin that a page of this URL has: web pages by the URL crate, those of other schemes only
/// where the text is one already.
fn serialised(text: &str) -> String {
    let web = text.replacen("wss://", "https://", 1).replacen("ws://", "http://", 1);
    let scheme = web.split(':').next().unwrap_or_default();
    match Url::parse(&web) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => url.origin().ascii_serialization(),
        Ok(url)
            if url.host_str().is_some_and(|host| !host.is_empty()) && url.scheme() == scheme =>
        {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            let origin = format!("{scheme}://{}{port}", url.host_str().unwrap_or_default());
            if scheme == "ftp" || scheme == "file" || origin != web {
                "null".to_owned()
            } else {
                web
            }
        }
        _ => "null".to_owned(),
    }
}

fn fetch(settings: &Settings, pages: Vec<String>) -> impl Strategy<Value = Fetch> + use<> {
    let plain = one_of(["GET", "GET", "POST", "HEAD", "get", "Post"]);
    let listed = one_of(["PUT", "PUT", "put", "DELETE", "QUERY", "patch", "X-!"]);
    let other = one_of(["PATCH", "Patch", "OPTIONS", "*", "query", "TRACE", "connect", "", "P T"]);
    let method = prop_oneof![
        70 => plain.prop_map(str::to_owned),
        30 => listed.prop_map(str::to_owned),
        6 => other.prop_map(str::to_owned),
        1 => (200..300_usize).prop_map(|length| "M".repeat(length)),
    ];
    let crowd = prop_oneof![18..24_usize, 250..260_usize].prop_map(|count| {
        (0..count).map(|number| (format!("x-{number}"), b"1".to_vec())).collect()
    });
    let heavy = (120..=128_usize)
        .prop_map(|length| (0..8).map(|_| ("accept".to_owned(), vec![b'a'; length])).collect());
    let headers = prop_oneof![100 => vec(header(settings), 0..3), 1 => crowd, 2 => heavy];
    // Each policy is mostly asked for what it has to say.
    let include = if settings.credentials { 3 } else { 1 };
    let mut credentials = vec![Credentials::Omit, Credentials::SameOrigin];
    credentials.extend([Credentials::Include; 3].iter().take(include));
    let credentials = one_of(credentials);
    let listens = (0..16_u8).prop_map(|number| number == 0);
    (one_of(pages), method, headers, body(), credentials, listens).prop_map(
        |(page, method, headers, body, credentials, listens)| {
            let bodiless = ["GET", "HEAD"].contains(&&*method.to_ascii_uppercase());
            // A body there makes the call throw: a few are enough.
            let body = if bodiless && body != Body::Bytes { Body::None } else { body };
            Fetch { page, method, headers, body, credentials, listens }
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let blob = one_of(["application/json", "text/plain", "", "Text/HTML"]);
    let some = one_of([Body::Bytes, Body::Text, Body::Form, Body::Multipart, Body::Stream]);
    let blob = blob.prop_map(|content_type| Body::Blob(content_type.to_owned()));
    prop_oneof![8 => Just(Body::None), 3 => some, 1 => blob]
}

fn header(settings: &Settings) -> impl Strategy<Value = (String, Vec<u8>)> + use<> {
    let line = |name: &str, value: &str| {
        (name.to_owned(), value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect())
    };
    let own = match &*settings.headers {
        [] => vec!["accept".to_owned()],
        [any] if any == "*" => vec!["x-anything".to_owned(), "Authorization".to_owned()],
        names => names.to_vec(),
    };
    let own = (one_of(own), any::<bool>()).prop_map(move |(name, upper)| {
        line(&if upper { name.to_ascii_uppercase() } else { name }, "application/json")
    });
    let (longest, too_long) = ("a".repeat(128), "a".repeat(129));
    let safe = one_of([
        line("Accept", "text/html"),
        line("accept", &longest),
        line("Accept-Language", "de"),
        line("accept-language", "de"),
        line("content-language", "en-GB, *"),
        line("content-type", " Text/Plain ;charset=x"),
        line("content-type", "multipart/form-data"),
        line("Range", "bytes=0-"),
        line("range", "bytes=007-7"),
        line("Cookie", "a=1"),
        line("Sec-Fetch-Mode", "cors"),
        line("proxy-x", "1"),
        line("X-HTTP-Method-Override", "PUT, trace"),
    ]);
    let unsafe_value = one_of([
        line("accept", &too_long),
        line("accept", "\"a\""),
        line("accept", "a\u{1}"),
        line("accept-language", "nn_NO"),
        line("content-language", "\u{e9}"),
        line("content-type", "text/plain, text/plain"),
        line("content-type", "text/plain/x"),
        line("content-type", ""),
        line("range", "bytes=2-1"),
        line("range", "bytes=-5"),
    ]);
    let unsafe_name = one_of([
        line("authorization", "Bearer x"),
        line("AUTHORIZATION", "Basic x"),
        line("x-a", "1"),
        line("X-B", "2"),
        line("x-c", ""),
        line("*", "1"),
        line("x-longer-header", "1"),
        line("User-Agent", "mine"),
        line("X-HTTP-Method-Override", "PUT"),
        line("dpr", "2.0"),
        line("if-none-match", "\"1\""),
    ]);
    let invalid =
        one_of([line("x a", "1"), line("", "1"), line("x-a", "1\r\n2"), line("x-a", "\0")]);
    prop_oneof![20 => own, 16 => safe, 6 => unsafe_value, 10 => unsafe_name, 1 => invalid]
}

/// An application with fields that are always readable, often exposed, and never readable, and with
/// `Vary` and CORS fields of its own.
fn application() -> impl Strategy<Value = Application> {
    let line = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let lines = one_of([
        line("Content-Type", "text/plain"),
        line("Cache-Control", "max-age=60"),
        line("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
        line("ETag", "\"1\""),
        line("X-Total", "7"),
        line("x-total", "8"),
        line("location", "/elsewhere"),
        line("x-other", "9"),
        line("Set-Cookie", "a=1"),
        line("set-cookie2", "b=2"),
        line("Vary", "Accept"),
        line("vary", "Cookie, ORIGIN"),
        line("Access-Control-Allow-Origin", "*"),
        line("access-control-allow-credentials", "true"),
        line("access-control-expose-headers", "x-other"),
        line("timing-allow-origin", "*"),
    ]);
    let statuses = one_of([200, 200, 201, 401, 403, 404, 405, 500, 503]);
    let uncached = (0..20_u8).prop_map(move |number| (number == 0).then(|| line("vary", "*")));
    (statuses, vec(lines, 2..9), uncached).prop_map(|(status, mut headers, uncached)| {
        headers.extend(uncached);
        Application { status, headers }
    })
}
