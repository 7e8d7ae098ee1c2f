//! A server that answers under the policies of a file: to try them out with curl or a browser.
//!
//! `cargo run -p cors-axum --example policy_server` starts it with the sample next to this file.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use axum::extract::{Path, Request};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Json, Router};
use cors_axum::{CorsLayer, CorsOptions, CorsPolicy};
use http::{HeaderValue, StatusCode};
use lexopt::{Arg, ValueExt};
use serde::Serialize;
use tokio::net::TcpListener;

const USAGE: &str = "\
Answers under the CORS policies of a file.

Usage: policy_server [--config FILE] [--listen ADDR]

  --config FILE   a policy file that ends in .toml, .json, .yaml or .yml;
                  without it, the sample (cors-axum/examples/cors.toml)
  --listen ADDR   where to listen; without it, 127.0.0.1:8080
  --help          this text

For every policy NAME there are, for any method,
  /NAME/echo          a JSON object of the request's method, path and headers
  /NAME/status/CODE   an empty response with this status, 200 to 599";

const SAMPLE: &str = include_str!("cors.toml");
const REFUSED_ORIGIN: &str = "https://evil.example";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            errors.to_string().lines().for_each(|error| eprintln!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    config: Option<PathBuf>,
    listen: String,
}

impl Arguments {
    /// None where help is asked for.
    fn parse(mut parser: lexopt::Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut arguments = Self { config: None, listen: "127.0.0.1:8080".to_owned() };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("config") => arguments.config = Some(parser.value()?.into()),
                Arg::Long("listen") => arguments.listen = parser.value()?.string()?,
                Arg::Long("help") | Arg::Short('h') => return Ok(None),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(arguments))
    }
}

/// Runs until it is stopped, or returns what is wrong, one error a line.
async fn serve(Arguments { config, listen }: Arguments) -> Result<(), Box<dyn Error>> {
    let options = match &config {
        Some(file) => CorsOptions::from_file(file)?,
        None => CorsOptions::from_toml(SAMPLE)?,
    };
    let listener = TcpListener::bind(&listen)
        .await
        .map_err(|error| format!("cannot listen on `{listen}`: {error}"))?;

    let file = config.as_ref().map_or("the sample".into(), |file| file.to_string_lossy());
    let loaded = description(&options);
    let (options, notes) = with_own_rules(options);
    let to_try = suggestions(&options, listener.local_addr()?);
    write!(std::io::stdout(), "policies of {file}:\n{loaded}{notes}\n{to_try}\n")?;
    Ok(axum::serve(listener, app(options)).await?)
}

/// The whole application: the same routes for every policy, in one layer for all of them.
fn app(options: CorsOptions) -> Router {
    let mut index = String::new();
    let mut app = Router::new();
    for name in served_names(&options) {
        let [echo_path, status_path] = own_paths(name);
        index += &format!("{echo_path}\n{status_path}\n");
        app = app.route(&echo_path, any(echo)).route(&status_path, any(status));
    }
    app.route("/", get(|| async { index })).layer(CorsLayer::new(options))
}

#[derive(Serialize)]
struct Echo {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

async fn echo(request: Request) -> impl IntoResponse {
    // A field value is bytes: each of them becomes the character of its number.
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    let lines = request.headers().iter();
    let mut headers: Vec<_> = lines.map(|(name, value)| (name.to_string(), text(value))).collect();
    // Lines of one name keep their order; that of different names means nothing in HTTP, and not
    // every server keeps it.
    headers.sort_by(|(one, _), (other, _)| one.cmp(other));
    let echo = Echo {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        headers,
    };
    let fields = [("x-total-count", "42"), ("etag", "\"42\""), ("vary", "Accept-Encoding")];
    (fields, Json(echo))
}

async fn status(Path(code): Path<String>) -> Result<StatusCode, (StatusCode, &'static str)> {
    let code = code.parse().ok().filter(|code| (200..=599).contains(code));
    code.and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or((StatusCode::BAD_REQUEST, "a status is a number from 200 to 599\n"))
}

/// The policies whose names can stand in a path as they are.
fn served_names(options: &CorsOptions) -> impl Iterator<Item = &str> {
    options.policies().map(|(name, _)| name).filter(|name| is_path_segment(name))
}

fn is_path_segment(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

fn own_paths(name: &str) -> [String; 2] {
    [format!("/{name}/echo"), format!("/{name}/status/{{code}}")]
}

/// Puts the paths of each policy under it, and notes where the file has it otherwise.
fn with_own_rules(file: CorsOptions) -> (CorsOptions, String) {
    let mut options = file.clone();
    let mut notes = String::new();
    for (name, _) in file.policies() {
        if !is_path_segment(name) {
            notes += &format!("note: policy `{name}` has no paths: its name is no path segment\n");
            continue;
        }
        for path in own_paths(name) {
            // The rule is valid, so all that can be wrong is that the file has one for these paths.
            match options.to_builder().route(&path, name).build() {
                Ok(more) => options = more,
                Err(_) => notes += &format!("note: the file's own rule is for {path}\n"),
            }
        }
    }
    (options, notes)
}

/// What the file says, in short.
fn description(options: &CorsOptions) -> String {
    let default = options.default_policy().and_then(CorsPolicy::name);
    let mut text = String::new();
    for (name, policy) in options.policies() {
        let mut origins: Vec<_> = policy.origins().map(|entry| entry.text().to_owned()).collect();
        origins.extend(policy.origin_regexes().map(|regex| format!("/{}/", regex.source())));
        if origins.len() > 6 {
            origins.truncate(5);
            origins.push("...".to_owned());
        }
        let credentials = if policy.supports_credentials() { ", with credentials" } else { "" };
        let is_default = if default == Some(name) { " (default)" } else { "" };
        text += &format!("  {name}{is_default}: {}{credentials}\n", origins.join(" "));
    }
    options.warnings().for_each(|warning| text += &format!("warning: {warning}\n"));
    text
}

/// Commands to try, for the first policy that both allows and refuses an origin, else for the first
/// that allows one.
fn suggestions(options: &CorsOptions, address: SocketAddr) -> String {
    let mut text = format!("listening on http://{address}; to try:\n");
    let of = |name| Some((name, options.policy(name)?, allowed_origin(options.policy(name)?)?));
    let mut candidates: Vec<_> = served_names(options).filter_map(of).collect();
    candidates.sort_by_key(|(_, policy, _)| policy.is_origin_allowed(REFUSED_ORIGIN));
    let Some((name, policy, origin)) = candidates.first() else {
        return text + &format!("  curl -i http://{address}/\n");
    };
    let mut suggest = |what: &str, method: &str, origin: &str, more: &str| {
        let url = format!("http://{address}/{name}/echo");
        text += &format!("  # {what}\n  curl -i {method}{url} -H 'Origin: {origin}'{more}\n");
    };
    suggest("an allowed origin", "", origin, "");
    if !policy.is_origin_allowed(REFUSED_ORIGIN) {
        suggest("a refused origin", "", REFUSED_ORIGIN, "");
    }
    let any_method = policy.allows_any_method().then_some("PUT");
    let method = policy.methods().next().or(any_method).unwrap_or("GET");
    let mut asks = format!(" -H 'Access-Control-Request-Method: {method}'");
    let any_header = policy.allows_any_header().then_some("x-example");
    if let Some(header) = policy.headers().next().or(any_header) {
        asks += &format!(" -H 'Access-Control-Request-Headers: {header}'");
    }
    suggest("a preflight", "-X OPTIONS ", origin, &asks);
    text
}

/// An origin that the policy lists, with something in place of each `*`.
fn allowed_origin(policy: &CorsPolicy) -> Option<String> {
    if policy.allows_any_origin() {
        return Some("https://app.example.com".to_owned());
    }
    let filled = |text: &str| text.replace("://*.", "://www.").replace(":*", ":3000");
    let mut candidates = policy.origins().map(|entry| filled(entry.text()));
    candidates.find(|origin| policy.is_origin_allowed(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    /// The status, the allowed origin and the body of the answer to GET.
    async fn get(options: &CorsOptions, path: &str) -> (u16, String, String) {
        let request =
            Request::get(path).header("x", "2").header("origin", "https://shop.example.com");
        let request = request.header("x", "1").body(Body::empty()).unwrap();
        let response = app(options.clone()).oneshot(request).await.unwrap();
        let allowed = response.headers().get("access-control-allow-origin");
        let allowed = allowed.map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, allowed.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn each_policy_of_the_sample_governs_its_own_paths() {
        const ECHO: &str = r#"{"method":"GET","path":"/storefront/echo","headers":[["origin","https://shop.example.com"],["x","2"],["x","1"]]}"#;
        let (options, notes) = with_own_rules(CorsOptions::from_toml(SAMPLE).unwrap());
        assert_eq!(notes, "");
        let no_status = "a status is a number from 200 to 599\n";
        for (path, status, allowed, body) in [
            ("/storefront/echo", 200, "https://shop.example.com", ECHO),
            ("/storefront/status/503", 503, "https://shop.example.com", ""),
            ("/dashboard/status/204", 204, "", ""),
            ("/public-api/status/304", 304, "*", ""),
            ("/public-api/status/199", 400, "*", no_status),
            ("/public-api/status/600", 400, "*", no_status),
            ("/elsewhere", 404, "https://shop.example.com", ""),
            ("/api/x", 404, "*", ""),
            ("/internal/x", 404, "", ""),
        ] {
            let expected = (status, allowed.to_owned(), body.to_owned());
            assert_eq!(get(&options, path).await, expected, "{path}");
        }
    }

    #[tokio::test]
    async fn rules_of_the_file_stay_and_odd_names_have_no_paths() {
        let file = r#"{"policies": {"a b": {"origins": "*"}, "c": {"origins": "*"}},
            "routes": [{"path": "/c/echo", "disabled": true}]}"#;
        let (options, notes) = with_own_rules(CorsOptions::from_json(file).unwrap());
        assert_eq!(
            notes,
            "note: policy `a b` has no paths: its name is no path segment\n\
             note: the file's own rule is for /c/echo\n"
        );
        assert_eq!(get(&options, "/c/echo").await.1, "");
        assert_eq!(get(&options, "/c/status/200").await.1, "*");
    }

    #[test]
    fn suggested_origins_are_allowed() {
        for (origin, expected) in [
            ("*", "https://app.example.com"),
            ("https://*.a.example", "https://www.a.example"),
            ("http://localhost:*", "http://localhost:3000"),
        ] {
            let policy = CorsPolicy::builder().with_origins([origin]).build().unwrap();
            assert_eq!(allowed_origin(&policy).as_deref(), Some(expected));
        }
    }
}
