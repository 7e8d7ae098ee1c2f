//! A server that answers under the policies of a file: to try them out with curl or a browser.
//!
//! `cargo run -p cors-axum --example policy_server` starts it with the sample, `examples/cors.toml`.
//! What it does without axum is in `examples/shared/policy_server.rs`; the one of `cors-actix`
//! answers alike.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

#[path = "../../examples/shared/policy_server.rs"]
mod shared;

use std::io;
use std::process::ExitCode;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use axum::{Json, Router};
use cors_axum::{CorsLayer, CorsOptions};
use http::StatusCode;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    shared::run(serve).await
}

async fn serve(options: CorsOptions, listener: std::net::TcpListener) -> io::Result<()> {
    axum::serve(TcpListener::from_std(listener)?, app(options)).await
}

/// The whole application: the same routes for every policy, in one layer for all of them.
fn app(options: CorsOptions) -> Router {
    let index = shared::index(&options);
    let mut app = Router::new().route("/", get(|| async { index }));
    for name in shared::served_names(&options) {
        let [echo_path, status_path] = shared::own_paths(name);
        app = app.route(&echo_path, any(echo)).route(&status_path, any(status));
    }
    app.layer(CorsLayer::new(options))
}

async fn echo(request: Request) -> impl IntoResponse {
    let lines = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let echo = shared::Echo::new(request.method().as_str(), request.uri().path(), lines);
    (shared::ECHO_FIELDS, Json(echo))
}

async fn status(
    code: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, (StatusCode, &'static str)> {
    code.ok()
        .and_then(|Path(code)| shared::status_code(&code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or((StatusCode::BAD_REQUEST, shared::NO_STATUS))
}

#[cfg(test)]
mod tests {
    use super::shared::tests::{ANSWERS, LINES, sample};
    use super::*;
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;

    #[tokio::test]
    async fn each_policy_of_the_sample_governs_its_own_paths() {
        let app = app(sample());
        for (path, status, allowed, body) in ANSWERS {
            let mut request = Request::get(path);
            for (name, value) in LINES {
                request = request.header(name, value);
            }
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            let origin = response.headers().get("access-control-allow-origin");
            assert_eq!(origin.map_or("", |value| value.to_str().unwrap()), allowed, "{path}");
            let sent = to_bytes(response.into_body(), 1 << 16).await.unwrap();
            assert_eq!(sent, body, "{path}");
        }
    }
}
