//! Counts what the layer decides, by outcome and reason, for Prometheus.
//!
//! ```text
//! cargo run -p cors-axum --example metrics
//! curl 127.0.0.1:8080/ -H 'Origin: https://evil.example'
//! curl 127.0.0.1:8080/metrics
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use std::error::Error;

use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use cors_axum::{CorsLayer, CorsPolicy, CorsResult, ProviderError};
use cors_core::{CorsOutcome, RefusalReason};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let app = app(recorder.handle())?;
    metrics::set_global_recorder(recorder)?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

fn app(counts: PrometheusHandle) -> Result<Router, Box<dyn Error>> {
    let policy = CorsPolicy::builder()
        .with_origins(["https://app.example.com"])
        .with_methods(["PUT"])
        .build()?;
    let app = Router::new()
        .route("/", get(|| async { "hello\n" }).put(|| async { "changed\n" }))
        .layer(CorsLayer::new(policy).record_results())
        // The last layer is the outermost: it sees the answers to preflights, too.
        .layer(map_response(count))
        .route("/metrics", get(async move || counts.render()));
    Ok(app)
}

/// Counts one response, and each of the reasons for which it was refused.
///
/// What a client chooses, as the origin, is no label: it would make as many counters as it likes.
async fn count(response: Response) -> Response {
    if let Some(result) = response.extensions().get::<CorsResult>() {
        let outcome = match result.outcome() {
            CorsOutcome::NotCors => "not-cors",
            CorsOutcome::ActualAllowed => "actual-allowed",
            CorsOutcome::ActualRefused(_) => "actual-refused",
            CorsOutcome::PreflightAllowed => "preflight-allowed",
            CorsOutcome::PreflightRefused(_) => "preflight-refused",
        };
        metrics::counter!("cors_decisions", "outcome" => outcome).increment(1);
        for reason in result.reasons() {
            metrics::counter!("cors_refusals", "reason" => name_of(reason)).increment(1);
        }
    }
    if response.extensions().get::<ProviderError>().is_some() {
        metrics::counter!("cors_provider_failures").increment(1);
    }
    response
}

/// The name that the reason has wherever it is serialised, without what it is about.
fn name_of(reason: &RefusalReason) -> String {
    let reason = serde_json::to_value(reason).unwrap_or_default();
    let name = reason.get("reason").and_then(|name| name.as_str());
    name.unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use http::Request;
    use tower::ServiceExt;

    #[tokio::test]
    async fn outcomes_and_reasons_are_counted() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let app = app(recorder.handle()).unwrap();
        for (method, origin) in [
            ("GET", "https://app.example.com"),
            ("GET", "https://app.example.com"),
            ("PUT", "https://evil.example"),
            ("OPTIONS", "https://evil.example"),
            ("OPTIONS", "https://app.example.com"),
        ] {
            let request = Request::builder().method(method).header("origin", origin);
            let request = request.header("access-control-request-method", "DELETE");
            app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        }
        let request = Request::get("/metrics").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), 1 << 16).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        let mut lines: Vec<_> = text.lines().filter(|line| line.starts_with("cors_")).collect();
        lines.sort_unstable();
        assert_eq!(
            lines,
            [
                r#"cors_decisions{outcome="actual-allowed"} 2"#,
                r#"cors_decisions{outcome="actual-refused"} 1"#,
                r#"cors_decisions{outcome="preflight-refused"} 2"#,
                r#"cors_refusals{reason="method-not-allowed"} 2"#,
                r#"cors_refusals{reason="origin-not-allowed"} 2"#,
            ]
        );
    }
}
