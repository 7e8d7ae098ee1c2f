//! Requests that are kept from running.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::dev::AppConfig;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use actix_web::{App, HttpResponse, web};
use cors_actix::{Cors, CorsOptions, CorsResult, ProvidedPolicy, ProviderError, RequestContext};

use super::{EVIL, ORIGIN, actual, cors, field, policy, preflight, send, start, summary, text};

/// Does the application run? Either way the result is in the response.
async fn runs(cors: Cors, request: TestRequest) -> bool {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let handler = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async { "" }
    };
    let app = start(App::new().default_service(web::to(handler)).wrap(cors.record_results())).await;
    let response = send(&app, request).await;
    assert!(response.extensions().contains::<CorsResult>());
    assert_eq!(field(&response, "vary"), Some("Origin"));
    let ran = runs.load(Ordering::Relaxed) == 1;
    assert_eq!(response.status(), if ran { 200 } else { 403 });
    ran
}

fn handshake(origin: &str) -> TestRequest {
    actual("GET", "/socket", origin)
        .insert_header(("connection", "upgrade"))
        .insert_header(("upgrade", "websocket"))
        .insert_header(("sec-websocket-version", "13"))
        .insert_header(("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="))
}

#[actix_web::test]
async fn actual_requests_from_disallowed_origins_do_not_run() {
    let host = ("host", "api.example.com");
    let same_origin = || actual("POST", "/", "https://api.example.com").insert_header(host);
    let fetched = |site| actual("POST", "/", EVIL).insert_header(("sec-fetch-site", site));
    let forwarded = actual("POST", "/", "https://front.example")
        .insert_header(host)
        .insert_header(("x-forwarded-host", "front.example"));
    for (request, expected) in [
        (actual("GET", "/", ORIGIN), true),
        (actual("GET", "/", EVIL), false),
        (actual("OPTIONS", "/", EVIL), false),
        (actual("GET", "/", "null"), false),
        (handshake(ORIGIN), true),
        (handshake(EVIL), false),
        (TestRequest::post().insert_header(host), true),
        (same_origin(), true),
        (same_origin().insert_header(("sec-fetch-site", "cross-site")), false),
        (actual("POST", "https://api.example.com/", "https://api.example.com"), true),
        (actual("POST", "https://api.example.com/", "http://api.example.com"), false),
        (fetched("same-origin"), true),
        (fetched("same-site"), false),
        (fetched("cross-site"), false),
        (forwarded, false),
    ] {
        assert_eq!(runs(cors("one").refuse_disallowed_origins(), request).await, expected);
    }
}

#[actix_web::test]
async fn by_default_every_request_runs() {
    for request in [actual("GET", "/", EVIL), handshake(EVIL)] {
        assert!(runs(cors("one"), request).await);
    }
}

#[actix_web::test]
async fn a_server_with_tls_is_another_origin_than_its_http_one() {
    let app = App::new().default_service(web::to(|| async { "" }));
    let app = app.wrap(cors("one").refuse_disallowed_origins()).into_factory();
    let address = ([127, 0, 0, 1], 443).into();
    let config = AppConfig::__priv_test_new(true, "api.example.com".to_owned(), address);
    let app = app.new_service(config).await.unwrap();
    for (origin, expected) in [("https://api.example.com", 200), ("http://api.example.com", 403)] {
        let request = actual("GET", "/", origin).insert_header(("host", "api.example.com"));
        assert_eq!(send(&app, request).await.status(), expected, "{origin}");
    }
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_forwarded_target_counts() {
    let request = || {
        actual("POST", "/", "https://front.example")
            .insert_header(("host", "api.example.com"))
            .insert_header(("x-forwarded-proto", "https"))
            .insert_header(("x-forwarded-host", "front.example"))
    };
    let trusting = cors("one").refuse_disallowed_origins_behind_trusted_proxy();
    assert!(runs(trusting, request()).await);
    assert!(!runs(cors("one").refuse_disallowed_origins(), request()).await);
}

#[actix_web::test]
async fn the_servers_own_origin_has_to_be_allowed_where_it_is_no_exception() {
    let spare = || cors("one").refuse_disallowed_origins();
    let strict = || cors("one").refuse_disallowed_origins_even_same_origin();
    let own = |origin, host| {
        actual("POST", "/", origin)
            .insert_header(("host", host))
            .insert_header(("sec-fetch-site", "same-origin"))
    };
    assert!(runs(spare(), own(EVIL, "evil.example")).await);
    assert!(!runs(strict(), own(EVIL, "evil.example")).await);
    assert!(runs(strict(), own(ORIGIN, "app.example.com")).await);
    assert!(runs(strict(), TestRequest::get().insert_header(("host", "evil.example"))).await);
}

#[actix_web::test]
async fn the_answer_gives_the_reason_as_text() {
    let app = App::new().wrap(cors("one").refuse_disallowed_origins());
    let app = start(app.default_service(web::to(HttpResponse::Ok))).await;
    let response = send(&app, actual("GET", "/", EVIL)).await;
    assert_eq!(summary(&response), "403 -");
    assert_eq!(field(&response, "content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(
        text(response).await,
        "refused by the CORS policy: the origin `https://evil.example` is not allowed\n"
    );
}

#[actix_web::test]
async fn the_answer_can_be_the_applications_own() {
    let cors = cors("one").refuse_disallowed_origins().refuse_with(|result| {
        let reasons = result.reasons().count();
        HttpResponse::MisdirectedRequest()
            .insert_header(("access-control-allow-origin", "*"))
            .insert_header(("vary", "accept"))
            .body(format!("{reasons} reason"))
    });
    let app = start(App::new().default_service(web::to(HttpResponse::Ok)).wrap(cors)).await;
    let response = send(&app, actual("GET", "/", EVIL)).await;
    assert_eq!(summary(&response), "421 -");
    assert_eq!(field(&response, "vary"), Some("accept, Origin"));
    assert_eq!(text(response).await, "1 reason");
    assert_eq!(summary(&send(&app, preflight("PUT", "/", EVIL)).await), "403 -");
    assert_eq!(summary(&send(&app, actual("GET", "/", ORIGIN)).await), "200 one");
}

#[actix_web::test]
async fn an_answer_of_the_applications_own_lets_nothing_run_that_is_refused() {
    let own = |cors: Cors| cors.refuse_with(|_| HttpResponse::MisdirectedRequest().finish());
    let forwarded_target = || {
        actual("POST", "/", EVIL)
            .insert_header(("host", "internal"))
            .insert_header(("x-forwarded-host", "evil.example"))
    };
    let same_origin = || actual("POST", "/", EVIL).insert_header(("host", "evil.example"));
    for (cors, forwarded, own_origin) in [
        (own(cors("one")), 421, 200),
        (own(cors("one").refuse_disallowed_origins()), 421, 200),
        (own(cors("one").refuse_disallowed_origins_behind_trusted_proxy()), 200, 200),
        (own(cors("one")).refuse_disallowed_origins_behind_trusted_proxy(), 200, 200),
        (own(cors("one").refuse_disallowed_origins_even_same_origin()), 421, 421),
        (own(cors("one")).refuse_disallowed_origins_even_same_origin(), 421, 421),
    ] {
        let app = App::new().default_service(web::to(HttpResponse::Ok)).wrap(cors);
        let app = start(app).await;
        assert_eq!(send(&app, actual("POST", "/", EVIL)).await.status(), 421);
        assert_eq!(send(&app, forwarded_target()).await.status(), forwarded);
        assert_eq!(send(&app, same_origin()).await.status(), own_origin);
    }
}

#[actix_web::test]
async fn settings_do_not_depend_on_their_order() {
    type Setting = fn(Cors) -> Cors;
    let options = CorsOptions::builder()
        .add_policy("one", policy("one"))
        .add_policy("two", policy("two"))
        .default_policy("one")
        .build()
        .unwrap();
    let others: [Setting; 5] = [
        |cors| cors.preflight_status(StatusCode::OK).unwrap(),
        |cors| cors.refused_preflight_status(StatusCode::NOT_FOUND).unwrap(),
        |cors| cors.refuse_with(|_| HttpResponse::MisdirectedRequest().finish()),
        Cors::record_results,
        |cors| cors.named("two").unwrap(),
    ];
    let refusals: [(Setting, [u16; 2]); 3] = [
        (Cors::refuse_disallowed_origins, [421, 200]),
        (Cors::refuse_disallowed_origins_behind_trusted_proxy, [200, 200]),
        (Cors::refuse_disallowed_origins_even_same_origin, [421, 421]),
    ];
    for (refusal, [forwarded, own]) in refusals {
        let forward: Vec<Setting> = others.iter().copied().chain([refusal]).collect();
        let backward = forward.iter().rev().copied().collect();
        for settings in [forward, backward] {
            let cors = settings.iter().fold(Cors::new(options.clone()), |cors, set| set(cors));
            let app = App::new().default_service(web::to(HttpResponse::Ok)).wrap(cors);
            let app = start(app).await;
            let host = ("host", "evil.example");
            let proxied = ("x-forwarded-host", "evil.example");
            for (request, expected) in [
                (preflight("PUT", "/", ORIGIN), "200 two".to_owned()),
                (preflight("PUT", "/", EVIL), "404 -".to_owned()),
                (actual("POST", "/", ORIGIN), "200 two".to_owned()),
                (actual("POST", "/", EVIL), "421 -".to_owned()),
                (actual("POST", "/", EVIL).insert_header(proxied), format!("{forwarded} -")),
                (actual("POST", "/", EVIL).insert_header(host), format!("{own} -")),
            ] {
                let response = send(&app, request).await;
                assert_eq!(summary(&response), expected);
                assert!(response.extensions().contains::<CorsResult>());
            }
        }
    }
}

#[actix_web::test]
async fn where_the_provider_fails_cross_origin_requests_do_not_run() {
    fn failed() -> ProviderError {
        ProviderError::new("the database is away")
    }
    let now = |_: &RequestContext<'_>| ProvidedPolicy::Now(Err(failed()));
    let later = |_: &RequestContext<'_>| {
        ProvidedPolicy::later(async {
            tokio::task::yield_now().await;
            Err(failed())
        })
    };
    let host = ("host", "evil.example");
    for cors in [Cors::with_provider(now), Cors::with_provider(later)] {
        for (request, expected) in [
            (actual("POST", "/", ORIGIN), "500 -"),
            (actual("POST", "/", EVIL), "500 -"),
            (preflight("PUT", "/", ORIGIN), "500 -"),
            (actual("POST", "/", EVIL).insert_header(host), "200 -"),
            (TestRequest::post().insert_header(host), "200 -"),
        ] {
            let app = App::new().default_service(web::to(|| async { "it ran" }));
            let app = start(app.wrap(cors.clone().refuse_disallowed_origins())).await;
            let response = send(&app, request).await;
            assert_eq!(summary(&response), expected);
            assert_eq!(field(&response, "vary"), Some("Origin"));
            assert!(response.extensions().contains::<ProviderError>());
            let ran = if response.status() == 200 { "it ran" } else { "" };
            assert_eq!(text(response).await, ran);
        }
    }
}
