//! One event for each decision.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, HttpResponse, web};
use cors_actix::{Cors, CorsPolicy, RequestContext};
use cors_core::ProvidedPolicy;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::{EVIL, ORIGIN, actual, cors, policy, preflight, send, start};

#[derive(Clone, Default)]
struct Decisions(Arc<AtomicUsize>);

impl Subscriber for Decisions {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cors"
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[actix_web::test]
async fn every_decision_has_one_event() {
    let later = |_: &RequestContext<'_>| {
        ProvidedPolicy::later(async {
            tokio::task::yield_now().await;
            Ok(policy("one").into())
        })
    };
    let none = |_: &RequestContext<'_>| None::<CorsPolicy>;
    for (cors, expected) in [
        (cors("one"), 1),
        (cors("one").refuse_disallowed_origins(), 1),
        (Cors::with_provider(later), 1),
        (Cors::with_provider(none), 0),
    ] {
        let app = start(App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(cors)).await;
        for request in
            [preflight("GET", "/", ORIGIN), actual("GET", "/", ORIGIN), actual("GET", "/", EVIL)]
        {
            let decisions = Decisions::default();
            let guard = tracing::subscriber::set_default(decisions.clone());
            send(&app, request).await;
            drop(guard);
            assert_eq!(decisions.0.load(Ordering::Relaxed), expected);
        }
    }
}
