//! A policy for each tenant, told apart by host name, from a database.
//!
//! ```text
//! cargo run -p cors-axum --example tenants            # or with a file: -- tenants.sqlite
//! curl -i 127.0.0.1:8080/ -H 'Host: shop.example' -H 'Origin: https://shop.example.com'
//! curl -i -X PUT 127.0.0.1:8080/tenants/shop.example -H 'Content-Type: application/json' \
//!     -d '{"origins": ["https://shop.example.com"], "credentials": true}'
//! ```
//!
//! The first request has no CORS field in its answer, since there is no such tenant; repeated after
//! the PUT, it has. What is invalid is answered with everything that is wrong.
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

#[path = "../../examples/shared/tenants.rs"]
mod tenants;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::{get, put};
use axum::{Json, Router};
use cors_axum::{CorsLayer, CorsPolicy};
use http::StatusCode;
use tokio::net::TcpListener;

use tenants::Tenants;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let tenants = Tenants::open(file.as_deref(), Duration::from_secs(10), Duration::from_secs(1))?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app(tenants)).await?)
}

fn app(tenants: Tenants) -> Router {
    Router::new()
        .route("/", get(|| async { "hello\n" }))
        .layer(CorsLayer::with_provider(tenants.clone()))
        // After the layer, and so outside of it: no page of another origin may change policies.
        // (A real server also requires a login here.)
        .route("/tenants/{host}", put(store))
        .with_state(tenants)
}

async fn store(
    State(tenants): State<Tenants>,
    Path(host): Path<String>,
    Json(policy): Json<CorsPolicy>,
) -> Result<StatusCode, (StatusCode, String)> {
    match tenants.store(&host, &policy).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::response::Response;
    use cors_axum::ProviderError;
    use http::Request;
    use tokio::time::error::Elapsed;
    use tower::ServiceExt;

    const ORIGIN: &str = "https://shop.example.com";
    const LONG: Duration = Duration::from_secs(3600);

    async fn send(app: &Router, method: &str, host: &str) -> Response {
        let request = Request::builder().method(method).uri("/").header("host", host);
        let request =
            request.header("origin", ORIGIN).header("access-control-request-method", "GET");
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// The status, and whether the page may read the response.
    async fn answer(app: &Router, method: &str, host: &str) -> (u16, bool) {
        let response = send(app, method, host).await;
        let allowed = response.headers().get("access-control-allow-origin");
        (response.status().as_u16(), allowed.is_some_and(|origin| origin == ORIGIN))
    }

    async fn put(app: &Router, host: &str, policy: &str) -> (u16, String) {
        let request = Request::put(format!("/tenants/{host}"))
            .header("content-type", "application/json")
            .body(Body::from(policy.to_owned()))
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_policy_is_in_force_from_the_request_after_its_put() {
        let app = app(Tenants::open(None, LONG, LONG).unwrap());
        let allowing = r#"{"origins": ["https://shop.example.com"]}"#;
        let refusing = r#"{"origins": ["https://other.example.com"]}"#;
        assert_eq!(answer(&app, "GET", "shop.example").await, (200, false));
        assert_eq!(answer(&app, "OPTIONS", "shop.example").await, (405, false));

        assert_eq!(put(&app, "Shop.example", allowing).await.0, 204);
        for _ in 0..2 {
            assert_eq!(answer(&app, "GET", "shop.example:8080").await, (200, true));
            assert_eq!(answer(&app, "OPTIONS", "SHOP.example").await, (204, true));
            assert_eq!(answer(&app, "GET", "other.example").await, (200, false));
        }

        assert_eq!(put(&app, "shop.example", refusing).await.0, 204);
        assert_eq!(answer(&app, "OPTIONS", "shop.example").await, (403, false));
        let (status, message) = put(&app, "shop.example", r#"{"origins": ["shop"]}"#).await;
        assert_eq!(status, 422);
        assert!(message.contains("origins[0] `shop`"), "{message}");
        assert_eq!(answer(&app, "OPTIONS", "shop.example").await, (403, false));
    }

    #[tokio::test]
    async fn changes_of_another_process_and_failures_show_when_the_cache_is_old() {
        let file = std::env::temp_dir().join(format!("cors-tenants-{}", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let patient = app(Tenants::open(Some(&file), LONG, LONG).unwrap());
        let impatient = app(Tenants::open(Some(&file), Duration::ZERO, LONG).unwrap());
        let policy = r#"{"origins": ["https://shop.example.com"]}"#;
        assert_eq!(put(&patient, "shop.example", policy).await.0, 204);
        for app in [&patient, &impatient] {
            assert_eq!(answer(app, "OPTIONS", "shop.example").await, (204, true));
        }

        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute("UPDATE tenants SET policy = '{}'", ()).unwrap();
        assert_eq!(answer(&patient, "OPTIONS", "shop.example").await, (204, true));
        assert_eq!(answer(&impatient, "OPTIONS", "shop.example").await, (500, false));
        other.execute("DELETE FROM tenants", ()).unwrap();
        assert_eq!(answer(&impatient, "OPTIONS", "shop.example").await, (405, false));
        other.execute("DROP TABLE tenants", ()).unwrap();
        assert_eq!(answer(&patient, "GET", "shop.example").await, (200, true));
        assert_eq!(answer(&impatient, "OPTIONS", "shop.example").await, (500, false));
        assert_eq!(answer(&impatient, "GET", "shop.example").await, (200, false));
        let (status, message) = put(&patient, "shop.example", policy).await;
        assert_eq!(status, 500);
        assert!(message.contains("no such table"), "{message}");
        std::fs::remove_file(&file).unwrap();
    }

    #[tokio::test]
    async fn a_database_that_hangs_does_not_hold_requests() {
        let name = format!("cors-hanging-tenants-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&file);
        let app = app(Tenants::open(Some(&file), LONG, Duration::from_millis(50)).unwrap());
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        for (method, expected) in [("OPTIONS", (500, false)), ("GET", (200, false))] {
            assert_eq!(answer(&app, method, "shop.example").await, expected);
            let response = send(&app, method, "shop.example").await;
            let error = response.extensions().get::<ProviderError>().unwrap();
            assert!(error.cause().is::<Elapsed>(), "{error}");
        }
        other.execute_batch("COMMIT").unwrap();
        std::fs::remove_file(&file).unwrap();
    }
}
