//! HTTP/2, whose requests have an authority in place of `Host`.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use cors_axum::{CorsLayer, RequestContext};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::ext::Protocol;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

use crate::{EVIL, ORIGIN, actual, policy, preflight, summary};

/// An application under a policy that its host names, and what the provider saw of each request.
async fn serve() -> (SendRequest<Body>, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_by_provider = Arc::clone(&seen);
    let by_host = move |request: &RequestContext<'_>| {
        let host = request.host()?;
        seen_by_provider.lock().unwrap().push(format!(
            "{} {}://{host}{}",
            request.method()?,
            request.scheme().unwrap_or("-"),
            request.path(),
        ));
        Some(policy(host.split('.').next()?))
    };
    let layer = CorsLayer::with_provider(by_host).refuse_disallowed_origins();
    let app = Router::new().route("/items", any(|| async { "hello" })).layer(layer);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, app).await });
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    (client, seen)
}

async fn send(client: &mut SendRequest<Body>, request: Request<Body>) -> Response<Incoming> {
    client.ready().await.unwrap();
    client.send_request(request).await.unwrap()
}

#[tokio::test]
async fn the_layer_answers_over_http_2_by_the_authority() {
    let (mut client, seen) = serve().await;
    for (request, expected) in [
        (preflight("PUT", "http://one.example:8080/items", ORIGIN), "204 one"),
        (preflight("PUT", "http://two.example/items", ORIGIN), "204 two"),
        (preflight("PUT", "http://two.example/items", EVIL), "403 -"),
        (actual("PUT", "https://two.example/items", ORIGIN), "200 two"),
        (actual("PUT", "https://two.example/items", EVIL), "403 -"),
        (actual("GET", "https://two.example/missing", ORIGIN), "404 two"),
    ] {
        let what = format!("{request:?}");
        let response = send(&mut client, request).await;
        assert_eq!(response.version(), http::Version::HTTP_2);
        assert_eq!(summary(&response), expected, "{what}");
    }
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "PUT http://one.example:8080/items",
            "PUT http://two.example/items",
            "PUT http://two.example/items",
            "PUT https://two.example/items",
            "PUT https://two.example/items",
            "GET https://two.example/missing",
        ]
    );
}

/// <https://www.rfc-editor.org/rfc/rfc8441>
#[tokio::test]
async fn websocket_handshakes_over_http_2_are_refused_too() {
    let (mut client, _) = serve().await;
    // Its answer comes after the server's settings, which say that there may be such handshakes.
    send(&mut client, actual("GET", "https://one.example/items", ORIGIN)).await;
    for (origin, expected) in
        [(EVIL, "403 -"), (ORIGIN, "200 one"), ("https://one.example", "200 -")]
    {
        let mut handshake = actual("CONNECT", "https://one.example/items", origin);
        handshake.extensions_mut().insert(Protocol::from_static("websocket"));
        let response = send(&mut client, handshake).await;
        assert_eq!(summary(&response), expected, "{origin}");
    }
}
