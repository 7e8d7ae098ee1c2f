//! A service that tells what a layer did with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use tower::Service;

/// Counts its calls, and insists on being asked whether it is ready before each of them, as a rate
/// limit does; a clone has not been asked.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    calls: Arc<AtomicUsize>,
    is_ready: bool,
}

impl Counting {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Clone for Counting {
    fn clone(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), is_ready: false }
    }
}

impl Service<Request> for Counting {
    type Response = Response;
    type Error = &'static str;
    type Future = std::future::Ready<Result<Response, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let is_ready = std::mem::take(&mut self.is_ready);
        std::future::ready(if is_ready { Ok(Response::default()) } else { Err("not ready") })
    }
}
