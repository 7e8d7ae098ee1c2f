//! `serve_axum SUBJECT PORT`: HTTP/1.1 and HTTP/2 without TLS, on one thread.

use std::error::Error;

use axum::Router;
use axum::routing::get;
use cors_benchmarks::rules::Three;
use cors_benchmarks::{Subject, tower};

fn main() -> Result<(), Box<dyn Error>> {
    let (subject, port) = servers::arguments()?;
    let router = Router::new().route("/", get(async || "hello"));
    let router = match subject {
        Subject::None => router,
        Subject::Ours => router.layer(tower::ours::<Three>()),
        Subject::Peer => router.layer(tower::peer::<Three>()),
        Subject::Floor => return Err("there is no floor here".into()),
    };
    tokio::runtime::Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        Ok(axum::serve(listener, router).await?)
    })
}
