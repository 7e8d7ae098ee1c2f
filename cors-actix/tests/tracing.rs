//! One event for each decision.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use actix_web::dev::Service;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use cors_actix::{
    Cors, CorsOptions, CorsPolicy, CorsResult, ProvidedPolicy, ProviderError, RequestContext,
};
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

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

/// The fields of each event up to a level, as text.
#[derive(Clone)]
struct Decisions(Level, Arc<Mutex<Vec<String>>>);

impl Subscriber for Decisions {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cors" && *metadata.level() <= self.0
    }

    fn event(&self, event: &Event<'_>) {
        let mut fields = Vec::new();
        let mut show = |field: &Field, value: &dyn Debug| fields.push(format!("{field}={value:?}"));
        event.record(&mut show);
        self.1.lock().unwrap().push(format!("{} {}", event.metadata().level(), fields.join(" ")));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The events of a request, and whether the response has a result.
async fn decisions_up_to(level: Level, cors: Cors, request: TestRequest) -> (Vec<String>, bool) {
    let app = init_service(App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(cors)).await;
    let decisions = Decisions(level, Arc::default());
    let guard = tracing::subscriber::set_default(decisions.clone());
    let response = app.call(request.to_request()).await.unwrap();
    drop(guard);
    let recorded = response.response().extensions().contains::<CorsResult>();
    (decisions.1.lock().unwrap().clone(), recorded)
}

async fn decisions(cors: Cors, request: TestRequest) -> Vec<String> {
    decisions_up_to(Level::TRACE, cors, request).await.0
}

fn failing() -> Cors {
    Cors::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("the database is away")))
    })
}

fn disabled() -> Cors {
    Cors::new(CorsOptions::builder().disable("/").build().unwrap())
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
    let plain = || TestRequest::with_uri("/");
    let allowed = |kind| format!("{kind} origin={ORIGIN} allowed=true");
    let refused = |kind| {
        let reasons = "the origin `https://evil.example` is not allowed";
        format!("{kind} origin={EVIL} allowed=false reasons={reasons}")
    };
    for (cors, request, level, expected) in [
        (cors("one"), preflight("GET", "/", ORIGIN), "DEBUG", allowed("Preflight")),
        (cors("one"), actual("GET", "/", ORIGIN), "DEBUG", allowed("Actual")),
        (cors("one"), plain(), "DEBUG", "NotCors allowed=true".to_owned()),
        (cors("one"), actual("GET", "/", EVIL), "INFO", refused("Actual")),
        (refusing(), actual("GET", "/", EVIL), "INFO", refused("Actual")),
        (later(), actual("GET", "/", ORIGIN), "DEBUG", allowed("Actual")),
        (later(), preflight("GET", "/", EVIL), "INFO", refused("Preflight")),
    ] {
        let events = decisions(cors, request).await;
        let [event] = &*events else { panic!("{events:?}") };
        let (shown, explanation) = event.split_once(" explanation=").unwrap_or((event, ""));
        let start = format!("{level} message=CORS decision policy=\"one\" kind=");
        assert_eq!(shown, format!("{start}{expected}"));
        assert_eq!(explanation.contains(": refused by policy `one`; 1. "), level == "INFO");
    }
    assert_eq!(decisions(none(), actual("GET", "/", ORIGIN)).await, [""; 0]);
}

#[actix_web::test]
async fn where_nothing_governs_there_is_an_event_of_what_is_answered_or_fails() {
    for (cors, request, expected) in [
        (
            disabled(),
            preflight("PUT", "/", EVIL),
            vec![
                "INFO message=CORS decision kind=Preflight origin=https://evil.example allowed=false \
                 reasons=CORS is disabled for the path",
            ],
        ),
        (disabled(), actual("GET", "/", EVIL), vec![]),
        (
            failing(),
            preflight("PUT", "/", EVIL),
            vec![
                "ERROR message=no CORS policy could be chosen kind=Preflight \
                 origin=https://evil.example \
                 error=no CORS policy could be chosen: the database is away",
            ],
        ),
        (
            failing(),
            TestRequest::with_uri("/"),
            vec![
                "ERROR message=no CORS policy could be chosen kind=NotCors \
                 error=no CORS policy could be chosen: the database is away",
            ],
        ),
    ] {
        assert_eq!(decisions(cors, request).await, expected);
    }
}

#[actix_web::test]
async fn who_asks_for_fewer_events_gets_those_that_matter_more() {
    for (level, expected, recorded) in [
        (Level::TRACE, vec!["DEBUG", "INFO", "INFO", "ERROR"], true),
        (Level::DEBUG, vec!["DEBUG", "INFO", "INFO", "ERROR"], true),
        (Level::INFO, vec!["INFO", "INFO", "ERROR"], true),
        (Level::WARN, vec!["ERROR"], false),
        (Level::ERROR, vec!["ERROR"], false),
    ] {
        let mut levels = Vec::new();
        for (cors, request, has_policy) in [
            (cors("one"), actual("GET", "/", ORIGIN), true),
            (cors("one"), preflight("GET", "/", EVIL), true),
            (disabled(), preflight("GET", "/", ORIGIN), false),
            (failing(), actual("GET", "/", ORIGIN), false),
        ] {
            let (events, result) = decisions_up_to(level, cors, request).await;
            assert_eq!(result, has_policy && recorded, "{level}: {events:?}");
            let level = |event: &String| event.split(' ').next().unwrap().to_owned();
            levels.extend(events.iter().map(level));
        }
        assert_eq!(levels, expected, "{level}");
    }
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
