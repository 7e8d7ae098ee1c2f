//! The tower layer in front of an axum application, over a socket.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::serve::ListenerExt;
use cors_axum::CorsLayer;
use cors_core::CorsOptions;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::http2::RUNTIME;
use super::wire::{self, Listening};
use super::{Answer, Application, Request, Server, Unrepresentable, header_map};

/// `cors-axum` under real HTTP messages.
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
        // Otherwise small frames wait for each other.
        let listener = listener.tap_io(|stream| {
            stream.set_nodelay(true).expect("an option can be set");
        });
        let serve = async move { axum::serve(listener, app).await.expect("a server runs") };
        Self { address, runs, task: RUNTIME.spawn(serve) }
    }

    fn answer(&self, request: &Request) -> Result<Answer, Unrepresentable> {
        wire::exchange(self, request)
    }
}

impl Listening for Axum {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn runs(&self) -> &AtomicUsize {
        &self.runs
    }
}

impl Drop for Axum {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers everything alike, and counts how often.
pub(super) fn app(application: Application, runs: Arc<AtomicUsize>) -> Router {
    let status = StatusCode::from_u16(application.status).expect("an application sends a status");
    let headers: HeaderMap = header_map(&application.headers);
    Router::new().fallback(move || {
        runs.fetch_add(1, Ordering::SeqCst);
        let headers = headers.clone();
        async move { (status, headers) }
    })
}
