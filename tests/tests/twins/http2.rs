//! Requests over one HTTP/2 connection, without an upgrade.

use std::net::SocketAddr;

use cors_conformance::Request;
use cors_conformance::wire::Response;
use http::HeaderValue;
use http_body_util::BodyExt;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A connection to a server.
#[derive(Debug)]
pub struct Connection(SendRequest<String>);

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("the server speaks HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    pub async fn send(&mut self, request: http::Request<String>) -> Response {
        let response = self.0.send_request(request).await.expect("the server answers");
        let (head, body) = response.into_parts();
        let line = |(name, value): (&http::HeaderName, &HeaderValue)| {
            (name.to_string(), value.as_bytes().to_vec())
        };
        let body = body.collect().await.expect("the server sends a whole body").to_bytes();
        Response {
            status: head.status.as_u16(),
            headers: head.headers.iter().map(line).collect(),
            body: body.to_vec(),
        }
    }
}

/// The request in the client's types, where they hold it.
pub fn request(request: &Request) -> Option<http::Request<String>> {
    if !request.path.starts_with('/') || !request.path.is_ascii() {
        return None;
    }
    let uri = format!("http://server.test{}", request.path);
    let mut http = http::Request::builder().method(request.method.as_str()).uri(uri);
    for (name, value) in &request.headers {
        http = http.header(name, HeaderValue::from_bytes(value).ok()?);
    }
    http.body(String::new()).ok()
}
