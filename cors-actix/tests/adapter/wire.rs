//! One middleware in the workers of a real server, and what goes over the wire.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;

use actix_web::body::BoxBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, HttpServer, web};
use cors_actix::Cors;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{EVIL, ORIGIN, cors};

async fn unauthorized(_: ServiceRequest, _: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    Err(actix_web::error::ErrorUnauthorized("no"))
}

/// A server with two workers, whose root tells by which of them it was answered.
fn serve(cors: Cors) -> (SocketAddr, ServerHandle) {
    let server = HttpServer::new(move || {
        let worker = || async { format!("{:?}", thread::current().id()) };
        let socket = || async {
            let mut response = HttpResponse::SwitchingProtocols();
            response.upgrade("websocket").finish()
        };
        App::new()
            .route("/", web::get().to(worker))
            .route("/socket", web::get().to(socket))
            .service(web::resource("/unauthorized").wrap(from_fn(unauthorized)))
            .wrap(cors.clone())
    })
    .workers(2)
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (address, handle)
}

/// The head of the response, its lines in lower case and sorted but for the first, and its body.
async fn exchange(address: SocketAddr, first: &str, lines: &[&str]) -> (Vec<String>, String) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let request = format!("{first} HTTP/1.1\r\nHost: {address}\r\n{lines}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.windows(4).any(|end| end == b"\r\n\r\n") {
        assert_ne!(connection.read_buf(&mut response).await.unwrap(), 0, "the head is cut off");
    }
    if lines.contains("Connection: close") {
        connection.read_to_end(&mut response).await.unwrap();
    }
    let response = String::from_utf8(response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut head: Vec<_> = head.split("\r\n").map(str::to_ascii_lowercase).collect();
    head.retain(|line| !line.starts_with("date: ") && !line.starts_with("connection: "));
    head[1..].sort_unstable();
    (head, body.to_owned())
}

#[actix_web::test]
async fn one_middleware_works_in_two_workers() {
    let (address, server) = serve(cors("one"));
    let mut workers = BTreeSet::new();
    for _ in 0..8 {
        let lines = [&*format!("Origin: {ORIGIN}"), "Connection: close"];
        let (head, worker) = exchange(address, "GET /", &lines).await;
        assert_eq!(
            head[1..],
            [
                &*format!("access-control-allow-origin: {ORIGIN}"),
                "access-control-expose-headers: one",
                &format!("content-length: {}", worker.len()),
                "content-type: text/plain; charset=utf-8",
                "vary: origin",
            ],
        );
        workers.insert(worker);
    }
    assert_eq!(workers.len(), 2);
    server.stop(false).await;
}

#[actix_web::test]
async fn preflights_have_no_content_and_errors_have_their_fields() {
    let (address, server) = serve(cors("one").refuse_disallowed_origins());
    let origin = format!("Origin: {ORIGIN}");
    let evil = format!("Origin: {EVIL}");
    let asks = "Access-Control-Request-Method: GET";
    let close = "Connection: close";
    let upgrade = ["Connection: upgrade", "Upgrade: websocket"];
    let allow_origin = format!("access-control-allow-origin: {ORIGIN}");
    let text = "content-type: text/plain; charset=utf-8";
    let exposes = "access-control-expose-headers: one";
    for (request, lines, expected) in [
        (
            "OPTIONS /",
            vec![&*origin, asks, close],
            vec![
                "http/1.1 204 no content",
                "access-control-allow-headers: one",
                "access-control-allow-methods: put, delete",
                &allow_origin,
                "vary: origin",
            ],
        ),
        (
            "OPTIONS /",
            vec![&evil, asks, close],
            vec!["http/1.1 403 forbidden", "content-length: 0", "vary: origin"],
        ),
        (
            "OPTIONS /",
            vec![&origin, &evil, asks, close],
            vec!["http/1.1 403 forbidden", "content-length: 0", "vary: origin"],
        ),
        (
            "GET /unauthorized",
            vec![&origin, close],
            vec![
                "http/1.1 401 unauthorized",
                &allow_origin,
                exposes,
                "content-length: 2",
                text,
                "vary: origin",
            ],
        ),
        (
            "GET /socket",
            vec![&origin, upgrade[0], upgrade[1]],
            vec![
                "http/1.1 101 switching protocols",
                &allow_origin,
                exposes,
                "upgrade: websocket",
                "vary: origin",
            ],
        ),
        (
            "GET /socket",
            vec![&evil, upgrade[0], upgrade[1]],
            vec!["http/1.1 403 forbidden", "content-length: 77", text, "vary: origin"],
        ),
    ] {
        let (head, _) = exchange(address, request, &lines).await;
        assert_eq!(head, expected, "{request} {lines:?}");
    }
    server.stop(false).await;
}

#[test]
fn a_middleware_can_be_made_once_and_shared() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    let cors = cors("one").refuse_with(|_| HttpResponse::Forbidden().finish());
    shared(&cors);
    assert!(format!("{cors:?}").contains(ORIGIN));
}
