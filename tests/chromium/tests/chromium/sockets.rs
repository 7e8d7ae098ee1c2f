//! Two servers that keep requests of disallowed origins from running, with a WebSocket and
//! something to write to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::routing::{any, post};
use cors_core::CorsPolicy;
use futures_util::StreamExt;
use tokio::net::TcpListener;

use crate::world::Framework;

/// The page that the servers let in.
pub const ALLOWED: &str = "http://shop.example.com";

fn policy() -> CorsPolicy {
    let policy = CorsPolicy::builder().with_origins([ALLOWED]).build();
    policy.expect("an origin is a policy")
}

/// Serves `/socket`, which echoes, `/write`, which counts, and `/count`, which says how far.
pub async fn start(framework: Framework) -> std::io::Result<SocketAddr> {
    match framework {
        Framework::Axum => start_axum().await,
        Framework::Actix => start_actix(),
    }
}

async fn start_axum() -> std::io::Result<SocketAddr> {
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = writes.clone();
    let write = move || async move { (counted.fetch_add(1, Ordering::SeqCst) + 1).to_string() };
    let count = move || async move { writes.load(Ordering::SeqCst).to_string() };
    let app = Router::new()
        .route("/", any(|| async { "" }))
        .route("/socket", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(echo_axum) }))
        .route("/write", post(write))
        .route("/count", any(count))
        .layer(cors_axum::CorsLayer::new(policy()).refuse_disallowed_origins());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, app).into_future());
    Ok(address)
}

async fn echo_axum(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

fn start_actix() -> std::io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let writes = web::Data::new(AtomicUsize::new(0));
    let cors = cors_actix::Cors::new(policy()).refuse_disallowed_origins();
    // A system of its own, which lasts as long as the process.
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            App::new()
                .app_data(writes.clone())
                .route("/", web::to(HttpResponse::Ok))
                .route("/socket", web::to(echo_actix))
                .route("/write", web::post().to(write))
                .route("/count", web::to(count))
                .wrap(cors.clone())
        });
        let server = server.workers(1).disable_signals().listen(listener)?;
        actix_web::rt::System::new().block_on(server.run())
    });
    Ok(address)
}

async fn write(writes: web::Data<AtomicUsize>) -> String {
    (writes.fetch_add(1, Ordering::SeqCst) + 1).to_string()
}

async fn count(writes: web::Data<AtomicUsize>) -> String {
    writes.load(Ordering::SeqCst).to_string()
}

async fn echo_actix(request: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(actix_ws::Message::Text(text))) = messages.next().await {
            if session.text(text).await.is_err() {
                return;
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}
