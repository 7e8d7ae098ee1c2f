//! The tower layer in front of an axum application, over a socket.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use cors_axum::CorsLayer;
use cors_core::CorsOptions;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::{Answer, Application, Request, Server, Unrepresentable, header_map, wire};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// `cors-axum` under real HTTP/1.1 messages.
#[derive(Debug)]
pub struct Axum {
    address: SocketAddr,
    runs: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Server for Axum {
    fn start(options: CorsOptions, application: Application) -> Self {
        let runs = Arc::new(AtomicUsize::new(0));
        let app = app(application, runs.clone()).layer(CorsLayer::new(options));
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let serve = async move { axum::serve(listener, app).await.expect("a server runs") };
        Self { address, runs, task: RUNTIME.spawn(serve) }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        wire::counted_exchange(self.address, &self.runs, request)
    }
}

impl Drop for Axum {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers everything alike, and counts how often.
fn app(application: Application, runs: Arc<AtomicUsize>) -> Router {
    let status = StatusCode::from_u16(application.status).expect("an application sends a status");
    let headers: HeaderMap = header_map(&application.headers);
    Router::new().fallback(move || {
        runs.fetch_add(1, Ordering::SeqCst);
        let headers = headers.clone();
        async move { (status, headers) }
    })
}
