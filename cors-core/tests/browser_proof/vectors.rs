//! The vectors, in which a character up to U+00FF stands for a byte.

use cors_core::browser::{Body, CacheMode, Credentials, Mode, RedirectMode, Request, Response};
use serde_json::Value;

pub(crate) fn read(name: &str) -> Value {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn request_of(client: &Value, url: String) -> Request {
    let credentials = match text(&client["credentials"]) {
        "omit" => Credentials::Omit,
        "same-origin" => Credentials::SameOrigin,
        "include" => Credentials::Include,
        other => panic!("{other}"),
    };
    let mode = match client["mode"].as_str() {
        None | Some("cors") => Mode::Cors,
        Some("no-cors") => Mode::NoCors,
        Some("same-origin") => Mode::SameOrigin,
        Some(other) => panic!("{other}"),
    };
    let redirect = match client["redirect"].as_str() {
        None | Some("follow") => RedirectMode::Follow,
        Some("error") => RedirectMode::Error,
        Some("manual") => RedirectMode::Manual,
        Some(other) => panic!("{other}"),
    };
    let cache = match client["cache"].as_str() {
        None | Some("default") => CacheMode::Default,
        Some("no-store") => CacheMode::NoStore,
        Some("reload") => CacheMode::Reload,
        Some("no-cache") => CacheMode::NoCache,
        Some("force-cache") => CacheMode::ForceCache,
        Some(other) => panic!("{other}"),
    };
    let request = Request::new(text(&client["method"]), url)
        .credentials(credentials)
        .mode(mode)
        .redirect(redirect)
        .cache(cache)
        .body(body_of(client));
    let headers = pairs(&client["headers"]);
    headers.fold(request, |request, (name, value)| request.header(bytes(&name), bytes(&value)))
}

fn body_of(client: &Value) -> Body {
    if client["body"] != true {
        return Body::None;
    }
    match client["body_kind"].as_str() {
        None | Some("arraybuffer") => Body::Bytes,
        Some("string" | "empty-string") => Body::Text,
        Some("urlsearchparams") => Body::Form,
        Some("formdata") => Body::Multipart,
        Some("blob-empty-type") => Body::Blob(String::new()),
        Some("blob-text") => Body::Blob("text/plain".into()),
        Some("blob-json") => Body::Blob("application/json".into()),
        Some("blob-form") => Body::Blob("application/x-www-form-urlencoded".into()),
        Some(other) => panic!("{other}"),
    }
}

/// An absent response is one that nobody asks for.
pub(crate) fn response_of(response: &Value) -> Response {
    let status = response["status"].as_u64().map_or(0, |status| status.try_into().unwrap());
    Response::new(
        status,
        pairs(&response["headers"]).map(|(name, value)| (bytes(&name), bytes(&value))),
    )
}

pub(crate) fn pairs(list: &Value) -> impl Iterator<Item = (String, String)> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|pair| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned()))
}

pub(crate) fn strings(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(text).collect()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn isomorphic(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn bytes(isomorphic: &str) -> Vec<u8> {
    isomorphic.chars().map(|c| u8::try_from(c).unwrap()).collect()
}
