//! gRPC-Web through the layer: tonic's server and client, over HTTP/1.1 as from a page.

use std::sync::{Arc, Mutex};

use cors_axum::{CorsLayer, CorsPolicy};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_web::{GrpcWebCall, GrpcWebClientLayer, GrpcWebLayer};
use tower::ServiceBuilder;

use crate::{EVIL, ORIGIN};

/// A server of the standard health service, which knows one service by name.
async fn serve() -> Uri {
    let policy = CorsPolicy::grpc_web([ORIGIN]).unwrap();
    // A body of gRPC is not made from text, so what is refused is a status of gRPC.
    let cors = CorsLayer::new(policy).refuse_disallowed_origins().refuse_with(|result| {
        let reasons: Vec<_> = result.reasons().map(ToString::to_string).collect();
        Status::permission_denied(reasons.join("; ")).into_http::<Body>()
    });
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("shop", tonic_health::ServingStatus::Serving).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .accept_http1(true)
        .layer(cors)
        .layer(GrpcWebLayer::new())
        .add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    format!("http://{address}").parse().unwrap()
}

/// What the page's client makes of a check, and the fields of the response.
async fn check(
    server: &Uri,
    origin: &'static str,
    name: &str,
) -> (Result<ServingStatus, Status>, HeaderMap) {
    let fields = Arc::new(Mutex::new(HeaderMap::new()));
    let seen = Arc::clone(&fields);
    let transport = ServiceBuilder::new()
        .layer(GrpcWebClientLayer::new())
        .map_request(move |mut request: Request<GrpcWebCall<Body>>| {
            request.headers_mut().insert("origin", HeaderValue::from_static(origin));
            request.headers_mut().insert("x-grpc-web", HeaderValue::from_static("1"));
            request
        })
        .map_response(move |response: Response<hyper::body::Incoming>| {
            seen.lock().unwrap().clone_from(response.headers());
            response
        })
        .service(Client::builder(TokioExecutor::new()).build_http());
    let mut client = HealthClient::with_origin(transport, server.clone());
    let answer = client.check(HealthCheckRequest { service: name.to_owned() }).await;
    let status = answer.map(|answer| answer.into_inner().status());
    let fields = fields.lock().unwrap().clone();
    (status, fields)
}

#[tokio::test]
async fn calls_of_a_page_are_answered_with_fields_that_it_may_read() {
    let server = serve().await;
    let (status, fields) = check(&server, ORIGIN, "shop").await;
    assert_eq!(status.unwrap(), ServingStatus::Serving);
    assert_eq!(fields["content-type"], "application/grpc-web+proto");
    assert_eq!(fields["access-control-allow-origin"], ORIGIN);
    assert_eq!(fields["vary"], "Origin");

    // An error has no body: its status is a field, which has to be exposed.
    let (status, fields) = check(&server, ORIGIN, "unknown").await;
    assert_eq!(status.unwrap_err().code(), Code::NotFound);
    assert_eq!(fields["grpc-status"], "5");
    assert_eq!(fields["access-control-allow-origin"], ORIGIN);
    assert_eq!(
        fields["access-control-expose-headers"],
        "grpc-status, grpc-message, grpc-status-details-bin"
    );
}

#[tokio::test]
async fn calls_of_other_pages_get_a_status_of_grpc() {
    let (status, fields) = check(&serve().await, EVIL, "shop").await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert_eq!(status.message(), "the origin `https://evil.example` is not allowed");
    assert!(!fields.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn preflights_of_a_page_are_answered_before_grpc() {
    let server = serve().await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    for (origin, headers, status, allowed) in [
        (ORIGIN, "content-type,grpc-timeout,x-grpc-web,x-user-agent", 204, true),
        // The true list goes out, in which the browser misses the name.
        (ORIGIN, "content-type,x-tenant", 204, true),
        (EVIL, "content-type,x-grpc-web", 403, false),
    ] {
        let request = Request::options(format!("{server}grpc.health.v1.Health/Check"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", headers)
            .body(Body::empty())
            .unwrap();
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{origin}");
        let allow = response.headers().get("access-control-allow-headers");
        let expected = "content-type, x-grpc-web, x-user-agent, grpc-timeout";
        assert_eq!(allow.map(HeaderValue::as_bytes), allowed.then_some(expected.as_bytes()));
    }
}
