//! A cache of responses around the layer, and within it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use cors_axum::testing::{Browser, Fetch as _};
use cors_axum::{CorsLayer, CorsPolicy};
use http::{HeaderMap, Uri, response};

use crate::application::{PAGE, api};

const OTHER: &str = "https://other.example.com";

/// Keeps every response for ever.
#[derive(Clone)]
struct Cache {
    honours_vary: bool,
    stored: Arc<Mutex<Vec<Stored>>>,
}

#[derive(Clone)]
struct Stored {
    uri: Uri,
    asked: HeaderMap,
    head: response::Parts,
    body: Vec<u8>,
}

impl Cache {
    fn new(honours_vary: bool) -> Self {
        Self { honours_vary, stored: Arc::default() }
    }

    fn get(&self, uri: &Uri, asks: &HeaderMap) -> Option<Stored> {
        let stored = self.stored.lock().unwrap();
        let serves = |stored: &&Stored| {
            let vary = stored.head.headers.get_all("vary").iter();
            let names = vary.flat_map(|line| line.to_str().unwrap().split(',').map(str::trim));
            let mut names = names.filter(|_| self.honours_vary);
            stored.uri == *uri && names.all(|name| stored.asked.get(name) == asks.get(name))
        };
        stored.iter().find(serves).cloned()
    }
}

async fn cached(State(cache): State<Cache>, request: Request, next: Next) -> Response {
    let (uri, asked) = (request.uri().clone(), request.headers().clone());
    if let Some(Stored { head, body, .. }) = cache.get(&uri, &asked) {
        return Response::from_parts(head, Body::from(body));
    }
    let (head, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, 1024).await.unwrap().to_vec();
    let stored = Stored { uri, asked, head: head.clone(), body: body.clone() };
    cache.stored.lock().unwrap().push(stored);
    Response::from_parts(head, Body::from(body))
}

#[tokio::test]
async fn a_cache_within_keeps_one_copy_and_one_around_has_to_honour_vary() {
    let listed = CorsPolicy::builder().with_origins([PAGE, OTHER]).build().unwrap();
    let any = CorsPolicy::permissive();
    for (policy, is_within, honours_vary, other_can_read, expected_runs) in [
        (&listed, true, true, true, 1),
        (&listed, true, false, true, 1),
        (&listed, false, true, true, 2),
        (&listed, false, false, false, 1),
        (&any, false, true, true, 1),
        (&any, false, false, true, 1),
    ] {
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let handler = get(move || async move {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let app = Router::new().route("/items", handler);
        let cache = from_fn_with_state(Cache::new(honours_vary), cached);
        let layer = CorsLayer::new(policy.clone());
        let mut app =
            if is_within { app.layer(cache).layer(layer) } else { app.layer(layer).layer(cache) };
        for (origin, can_read) in [(PAGE, true), (OTHER, other_can_read), (PAGE, true)] {
            let mut page = Browser::at(origin).unwrap();
            let reply = page.fetch(&mut app, api("GET", "/items")).await;
            assert_eq!(reply.is_ok(), can_read, "{origin}, {is_within}, {honours_vary}");
        }
        assert_eq!(runs.load(Ordering::SeqCst), expected_runs, "{is_within}, {honours_vary}");
    }
}
