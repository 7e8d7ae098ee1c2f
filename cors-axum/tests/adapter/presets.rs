//! The ready-made policies, as a page in a browser meets them.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::any;
use cors_axum::{CorsLayer, CorsPolicy};
use cors_core::browser::{Browser, Credentials, Engine, Request, Response, SentRequest, Step};
use http::StatusCode;
use tower::ServiceExt;

use crate::{EVIL, ORIGIN};

/// Answers as a server of the Model Context Protocol does that knows no such session.
async fn unknown_session() -> impl IntoResponse {
    let fields = [("mcp-session-id", "7"), ("www-authenticate", "Bearer"), ("x-internal", "1")];
    (StatusCode::NOT_FOUND, AppendHeaders(fields))
}

fn app(policy: CorsPolicy) -> Router {
    Router::new().route("/mcp", any(unknown_session)).layer(CorsLayer::new(policy))
}

async fn send(app: &Router, sent: &SentRequest) -> Response {
    let mut request = http::Request::builder().method(sent.method()).uri(sent.url());
    for (name, value) in sent.headers().iter() {
        request = request.header(name, value);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let lines = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Response::new(response.status().as_u16(), lines)
}

/// The status and the fields that the page's script reads, or why it reads nothing.
async fn fetch(app: &Router, origin: &str, request: &Request) -> Result<String, String> {
    let mut page = Browser::at(origin).unwrap().with_engine(Engine::Chromium);
    let mut step = page.start(request, Duration::ZERO);
    loop {
        step = match step {
            Step::SendPreflight(exchange) | Step::SendActual(exchange) => {
                let response = send(app, exchange.request()).await;
                exchange.receive(&response, Duration::ZERO)
            }
            Step::Done(Err(blocked)) => return Err(blocked.to_string()),
            Step::Done(Ok(response)) => {
                let names = response.headers().iter().map(|(name, _)| name.escape_ascii());
                let mut names: Vec<_> = names.map(|name| name.to_string()).collect();
                names.sort_unstable();
                return Ok(format!("{} {}", response.status(), names.join(" ")));
            }
        }
    }
}

#[tokio::test]
async fn clients_of_the_model_context_protocol_send_and_read_their_headers() {
    let app = app(CorsPolicy::mcp([ORIGIN]).unwrap());
    let url = "https://mcp.example/mcp";
    for method in ["GET", "POST", "DELETE"] {
        let request = Request::new(method, url)
            .header("content-type", "application/json")
            .header("authorization", "Bearer token")
            .header("mcp-session-id", "7")
            .header("mcp-protocol-version", "2025-06-18")
            .header("last-event-id", "1");
        let read = fetch(&app, ORIGIN, &request).await;
        assert_eq!(read.unwrap(), "404 content-length mcp-session-id www-authenticate", "{method}");
        assert!(fetch(&app, EVIL, &request).await.is_err(), "{method}");
    }
    for (request, reason) in [
        (Request::new("PUT", url), "Method PUT is not allowed by Access-Control-Allow-Methods"),
        (
            Request::new("GET", url).header("x-internal", "1"),
            "Request header field x-internal is not allowed by Access-Control-Allow-Headers",
        ),
    ] {
        let blocked = fetch(&app, ORIGIN, &request).await.unwrap_err();
        assert!(blocked.contains(reason), "{blocked}");
    }
}

#[tokio::test]
async fn pages_of_this_machine_send_anything_with_credentials() {
    let app = app(CorsPolicy::local_development());
    let request = Request::new("PATCH", "http://localhost:8080/mcp")
        .header("content-type", "application/json")
        .header("authorization", "Bearer token")
        .header("x-anything", "1")
        .credentials(Credentials::Include);
    for origin in [
        "http://localhost:5173",
        "https://localhost:8443",
        "http://tenant-1.localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ] {
        assert!(fetch(&app, origin, &request).await.is_ok(), "{origin}");
    }
    for origin in ["http://localhost.evil.example", "http://192.168.0.2:3000", EVIL] {
        assert!(fetch(&app, origin, &request).await.is_err(), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_any_site_send_and_read_anything_without_credentials() {
    let app = app(CorsPolicy::permissive());
    let request = Request::new("DELETE", "https://api.example/mcp")
        .header("authorization", "Bearer token")
        .header("x-anything", "1");
    let read = fetch(&app, EVIL, &request).await.unwrap();
    assert!(read.contains("x-internal"), "{read}");
    let with_credentials = request.credentials(Credentials::Include);
    assert!(fetch(&app, EVIL, &with_credentials).await.is_err());
}
