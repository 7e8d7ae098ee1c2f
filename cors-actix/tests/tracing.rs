//! One event for each decision.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use actix_web::dev::Service;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use cors_actix::{Cors, CorsOptions, CorsPolicy, RequestContext};
use cors_core::ProvidedPolicy;
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const ORIGIN: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

fn policy(name: &str) -> CorsPolicy {
    let policy = CorsPolicy::builder().with_origins([ORIGIN]).with_methods(["PUT", "DELETE"]);
    policy.with_headers([name]).with_exposed_headers([name]).named(name).build().unwrap()
}

fn cors(name: &str) -> Cors {
    Cors::new(policy(name))
}

fn actual(method: &str, path: &str, origin: &str) -> TestRequest {
    let request = TestRequest::with_uri(path).method(method.parse().unwrap());
    request.insert_header(("origin", origin.to_owned()))
}

fn preflight(method: &str, path: &str, origin: &str) -> TestRequest {
    actual("OPTIONS", path, origin)
        .insert_header(("access-control-request-method", method.to_owned()))
}

/// The fields of each event, as text.
#[derive(Clone, Default)]
struct Decisions(Arc<Mutex<Vec<String>>>);

impl Subscriber for Decisions {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cors"
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Vec::new();
        let mut show = |field: &Field, value: &dyn Debug| fields.push(format!("{field}={value:?}"));
        event.record(&mut show);
        self.0.lock().unwrap().push(format!("{} {}", event.metadata().level(), fields.join(" ")));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

async fn decisions(cors: Cors, request: TestRequest) -> Vec<String> {
    let app = init_service(App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(cors)).await;
    let decisions = Decisions::default();
    let guard = tracing::subscriber::set_default(decisions.clone());
    // An error is a response further out.
    let _ = app.call(request.to_request()).await;
    drop(guard);
    decisions.0.lock().unwrap().clone()
}

#[actix_web::test]
async fn every_decision_has_one_event() {
    let later = || {
        Cors::with_provider(|_: &RequestContext<'_>| {
            ProvidedPolicy::later(async {
                tokio::task::yield_now().await;
                Ok(policy("one").into())
            })
        })
    };
    let refusing = || cors("one").refuse_disallowed_origins();
    let none = || Cors::with_provider(|_: &RequestContext<'_>| None::<CorsPolicy>);
    let allowed = "allowed=true";
    let refused = "allowed=false reasons=the origin `https://evil.example` is not allowed";
    for (cors, request, expected) in [
        (cors("one"), preflight("GET", "/", ORIGIN), Some(("DEBUG", "Preflight", allowed))),
        (cors("one"), actual("GET", "/", ORIGIN), Some(("DEBUG", "Actual", allowed))),
        (cors("one"), actual("GET", "/", EVIL), Some(("INFO", "Actual", refused))),
        (refusing(), actual("GET", "/", EVIL), Some(("INFO", "Actual", refused))),
        (later(), actual("GET", "/", ORIGIN), Some(("DEBUG", "Actual", allowed))),
        (later(), preflight("GET", "/", EVIL), Some(("INFO", "Preflight", refused))),
        (none(), actual("GET", "/", ORIGIN), None),
    ] {
        let events = decisions(cors, request).await;
        assert_eq!(events.len(), usize::from(expected.is_some()), "{events:?}");
        for (event, (level, kind, verdict)) in events.iter().zip(expected) {
            assert!(event.starts_with(level), "{event}");
            assert!(event.contains(&format!(r#"policy="one" kind={kind} "#)), "{event}");
            let (shown, explanation) = event.split_once(" explanation=").unwrap_or((event, ""));
            assert!(shown.ends_with(verdict), "{event}");
            assert_eq!(explanation.contains(": refused by policy `one`; 1. "), level == "INFO");
        }
    }
}

#[actix_web::test]
async fn a_preflight_where_cors_is_disabled_has_one_event() {
    let disabled = || Cors::new(CorsOptions::builder().disable("/").build().unwrap());
    let reason = "reasons=CORS is disabled for the path";
    let events = decisions(disabled(), preflight("PUT", "/", EVIL)).await;
    assert!(
        events.len() == 1 && events[0].ends_with(&format!("allowed=false {reason}")),
        "{events:?}"
    );
    assert_eq!(decisions(disabled(), actual("GET", "/", EVIL)).await, [""; 0]);
}

#[actix_web::test]
async fn all_reasons_are_in_the_event() {
    let request =
        preflight("PURGE", "/", ORIGIN).insert_header(("access-control-request-headers", "x-b"));
    let events = decisions(cors("one"), request).await;
    let reasons = "reasons=the method `PURGE` is not allowed; the request header `x-b` is not \
                   allowed";
    let explanation = " explanation=preflight from `https://app.example.com` for `PURGE` with `x-b`: \
                       refused by policy `one`; 1. the method `PURGE` is not allowed: in policy `one`, \
                       add `\"PURGE\"` to `methods`: ";
    let expected = format!("{reasons}{explanation}");
    assert!(events.len() == 1 && events[0].contains(&expected), "{events:?}");
}
