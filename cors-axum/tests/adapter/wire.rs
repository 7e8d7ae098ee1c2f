//! The bytes that a client of a real server sees.

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{EVIL, ORIGIN, layer};

/// The lines of the response's head, without the date, and its body.
async fn exchange(request: &str) -> (Vec<String>, String) {
    let app = Router::new().route("/", get(|| async { "hello" })).layer(layer("one"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async { axum::serve(listener, app).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    server.abort();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> =
        head.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
    lines.sort_unstable();
    (lines, body.to_owned())
}

fn preflight(origin: &str) -> String {
    format!(
        "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: PUT\r\n\r\n"
    )
}

#[tokio::test]
async fn an_allowed_preflight_has_no_content_and_no_length() {
    assert_eq!(
        exchange(&preflight(ORIGIN)).await,
        (
            [
                "HTTP/1.1 204 No Content",
                "access-control-allow-headers: one",
                "access-control-allow-methods: PUT, DELETE",
                "access-control-allow-origin: https://app.example.com",
                "allow: GET,HEAD",
                "connection: close",
                "vary: Origin",
            ]
            .map(str::to_owned)
            .to_vec(),
            String::new()
        )
    );
}

#[tokio::test]
async fn a_refused_preflight_has_a_length_of_zero() {
    assert_eq!(
        exchange(&preflight(EVIL)).await,
        (
            [
                "HTTP/1.1 403 Forbidden",
                "allow: GET,HEAD",
                "connection: close",
                "content-length: 0",
                "vary: Origin",
            ]
            .map(str::to_owned)
            .to_vec(),
            String::new()
        )
    );
}

#[tokio::test]
async fn an_actual_request_gets_the_body_of_the_application() {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: {ORIGIN}\r\n\r\n"
    );
    let (lines, body) = exchange(&request).await;
    assert!(lines.contains(&format!("access-control-allow-origin: {ORIGIN}")), "{lines:?}");
    assert_eq!(body, "hello");
}
