//! CORS without a framework: hyper's connections and a function.
//!
//! ```text
//! cargo run -p cors-core --example hyper_server
//! curl -i 127.0.0.1:8080/ -H 'Origin: https://app.example.com'
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use std::convert::Infallible;
use std::error::Error;

use cors_core::{CorsPolicy, CorsRequest, CorsService};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = CorsPolicy::builder()
        .with_origins(["https://app.example.com", "http://localhost:*"])
        .with_methods(["PUT"])
        .with_headers(["content-type"])
        .build()?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(TokioIo::new(stream), policy.clone()));
    }
}

/// Answers the requests of one connection.
async fn serve(
    stream: impl hyper::rt::Read + hyper::rt::Write + Unpin,
    policy: CorsPolicy,
) -> hyper::Result<()> {
    let answer = service_fn(async |request: Request<Incoming>| {
        let (parts, _) = request.into_parts();
        Ok::<_, Infallible>(respond(&parts, &policy))
    });
    http1::Builder::new().serve_connection(stream, answer).await
}

/// All that a server under one policy has to do: answer preflights, run everything else, and apply the result.
fn respond(request: &Parts, policy: &CorsPolicy) -> Response<String> {
    let result = CorsService::new().evaluate_policy(&CorsRequest::from_parts(request), policy);
    let mut response = match (result.is_preflight_request(), result.is_origin_allowed()) {
        (true, true) => empty(StatusCode::NO_CONTENT),
        (true, false) => empty(StatusCode::FORBIDDEN),
        (false, _) => application(request),
    };
    result.apply_to(response.headers_mut());
    response
}

fn application(request: &Parts) -> Response<String> {
    match request.uri.path() {
        "/" => Response::new(format!("you sent {}\n", request.method)),
        _ => empty(StatusCode::NOT_FOUND),
    }
}

fn empty(status: StatusCode) -> Response<String> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn requests_on_a_connection_are_answered() {
        let policy = CorsPolicy::builder().with_origins(["https://a.example"]).build().unwrap();
        for (line, origin, status, is_allowed, body) in [
            ("GET / HTTP/1.1", "https://a.example", "200", true, "you sent GET\n"),
            ("GET /missing HTTP/1.1", "https://a.example", "404", true, ""),
            ("GET / HTTP/1.1", "https://evil.example", "200", false, "you sent GET\n"),
            ("OPTIONS / HTTP/1.1", "https://a.example", "204", true, ""),
            ("OPTIONS / HTTP/1.1", "https://evil.example", "403", false, ""),
        ] {
            let (mut client, server) = tokio::io::duplex(1 << 12);
            let server = tokio::spawn(serve(TokioIo::new(server), policy.clone()));
            let request = format!(
                "{line}\r\nHost: localhost\r\nConnection: close\r\nOrigin: {origin}\r\n\
                 Access-Control-Request-Method: GET\r\n\r\n"
            );
            client.write_all(request.as_bytes()).await.unwrap();
            let mut response = String::new();
            client.read_to_string(&mut response).await.unwrap();
            server.await.unwrap().unwrap();
            let (head, content) = response.split_once("\r\n\r\n").unwrap();
            assert_eq!(head.split(' ').nth(1), Some(status), "{line} {origin}");
            let field = format!("access-control-allow-origin: {origin}");
            assert_eq!(head.lines().any(|line| line == field), is_allowed, "{line} {origin}");
            assert!(head.lines().any(|line| line == "vary: Origin"), "{line} {origin}");
            assert_eq!(content, body, "{line} {origin}");
        }
    }
}
