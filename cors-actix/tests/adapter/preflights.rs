//! Who answers `OPTIONS`, and with which status.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, web};
use cors_actix::{Cors, CorsOptions};

use super::{EVIL, ORIGIN, actual, cors, field, policy, preflight, send, start, summary, text};

/// How often the application ran for a request, and what became of it.
async fn runs(cors: Cors, request: actix_web::test::TestRequest) -> (usize, String) {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let handler = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { HttpResponse::Ok().body("own") }
    };
    let app = start(App::new().default_service(web::to(handler)).wrap(cors)).await;
    let response = send(&app, request).await;
    let summary = summary(&response);
    (runs.load(Ordering::Relaxed), format!("{summary} {}", text(response).await))
}

#[actix_web::test]
async fn preflights_never_reach_the_application_and_everything_else_does_once() {
    let options = || actual("OPTIONS", "/", ORIGIN);
    let asks = ("access-control-request-method", "PUT");
    for (request, expected) in [
        (preflight("PUT", "/", ORIGIN), (0, "204 one ")),
        (preflight("PURGE", "/", ORIGIN), (0, "204 one ")),
        (preflight("PUT", "/", EVIL), (0, "403 - ")),
        (preflight("", "/", ORIGIN), (0, "403 - ")),
        (preflight("PUT", "/", ORIGIN).append_header(asks), (0, "403 - ")),
        (options(), (1, "200 one own")),
        (actix_web::test::TestRequest::with_uri("/").insert_header(asks), (1, "200 - own")),
        (actual("GET", "/", ORIGIN).insert_header(asks), (1, "200 one own")),
        (actual("options", "/", ORIGIN).insert_header(asks), (1, "200 one own")),
        (actual("GET", "/", EVIL), (1, "200 - own")),
        (actual("HEAD", "/", ORIGIN), (1, "200 one own")),
    ] {
        let (count, summary) = runs(cors("one"), request).await;
        assert_eq!((count, summary.as_str()), expected);
    }
}

#[actix_web::test]
async fn statuses_of_preflights_can_be_chosen() {
    let cors = cors("one")
        .preflight_status(StatusCode::OK)
        .and_then(|cors| cors.refused_preflight_status(StatusCode::NOT_FOUND))
        .unwrap();
    for (request, expected) in [
        (preflight("PUT", "/", ORIGIN), (0, "200 one ")),
        (preflight("PURGE", "/", ORIGIN), (0, "200 one ")),
        (preflight("PUT", "/", EVIL), (0, "404 - ")),
    ] {
        let (count, summary) = runs(cors.clone(), request).await;
        assert_eq!((count, summary.as_str()), expected);
    }
}

#[test]
fn unfit_statuses_and_unknown_names_are_errors() {
    let found = StatusCode::FOUND;
    assert!(cors("one").preflight_status(found).is_err());
    assert!(cors("one").refused_preflight_status(found).is_err());
    assert!(cors("one").preflight_status(StatusCode::from_u16(999).unwrap()).is_err());
    assert!(cors("one").named("two").is_err());
}

#[actix_web::test]
async fn the_default_policy_can_be_named() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .build()
        .unwrap();
    for (cors, expected) in [
        (Cors::new(options.clone()), "200 one own"),
        (Cors::new(options).named("two").unwrap(), "200 two own"),
    ] {
        assert_eq!(runs(cors, actual("GET", "/", ORIGIN)).await, (1, expected.to_owned()));
    }
}

#[actix_web::test]
async fn where_cors_is_disabled_preflights_are_refused_and_responses_stay_as_they_are() {
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .default_policy("one")
        .disable("/internal/{*rest}")
        .build()
        .unwrap();
    let own = || async {
        HttpResponse::Ok()
            .insert_header(("access-control-allow-origin", "*"))
            .insert_header(("vary", "accept"))
            .finish()
    };
    let app = App::new().route("/internal/a", web::get().to(own)).wrap(Cors::new(options));
    let app = start(app).await;
    let response = send(&app, preflight("GET", "/internal/a", ORIGIN)).await;
    assert_eq!(summary(&response), "403 -");
    assert_eq!(field(&response, "vary"), None);
    let response = send(&app, actual("GET", "/internal/a", ORIGIN)).await;
    assert_eq!(summary(&response), "200 ?");
    assert_eq!(field(&response, "vary"), Some("accept"));
}

#[actix_web::test]
async fn where_no_policy_governs_preflights_are_the_applications() {
    let options = CorsOptions::builder().add_policy("one", policy("one"));
    let passing = options.clone().default_policy("one").pass_through("/");
    for options in [options, passing] {
        let cors = Cors::new(options.build().unwrap());
        let seen = runs(cors, preflight("PUT", "/", ORIGIN)).await;
        assert_eq!(seen, (1, "200 - own".to_owned()));
    }
}
