//! The result on every kind of response.

use std::future::{pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::error::{
    ErrorForbidden, ErrorGatewayTimeout, ErrorImATeapot, ErrorInternalServerError, InternalError,
};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, web};
use cors_actix::{Cors, CorsPolicy, CorsResult};
use cors_core::CorsOutcome;
use futures_util::{FutureExt, stream};

use super::{EVIL, ORIGIN, actual, cors, field, policy, preflight, send, start, summary, text};

/// A resource for each kind of response.
fn resources(config: &mut web::ServiceConfig) {
    config
        .route("/200", web::get().to(HttpResponse::Ok))
        .route("/302", web::get().to(|| async { status(302) }))
        .route("/304", web::get().to(|| async { status(304) }))
        .route("/500", web::get().to(|| async { status(500) }))
        .route("/error", web::get().to(|| async { Err::<&str, _>(ErrorImATeapot("short")) }))
        .route("/extractor", web::get().to(|_: web::Path<u8>| async { "" }))
        .service(web::resource("/405").route(web::put().to(HttpResponse::Ok)))
        .service(web::resource("/unauthorized").wrap(from_fn(unauthorized)))
        .service(web::resource("/forbidden").wrap(from_fn(forbidden)))
        .service(web::resource("/timeout").to(never).wrap(from_fn(time_limit)))
        .service(web::resource("/panic").to(broken).wrap(from_fn(catch_panic)))
        .service(web::resource("/internal").wrap(from_fn(internal)));
}

async fn unauthorized(request: ServiceRequest, _: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    Ok(request.into_response(HttpResponse::Unauthorized()))
}

async fn forbidden(_: ServiceRequest, _: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    Err(ErrorForbidden("no"))
}

async fn never() -> HttpResponse {
    pending().await
}

async fn time_limit(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let limit = Duration::from_millis(1);
    match actix_web::rt::time::timeout(limit, next.call(request)).await {
        Ok(response) => response,
        Err(_) => Err(ErrorGatewayTimeout("late")),
    }
}

#[expect(clippy::panic, reason = "the panic is what is tested")]
async fn broken() -> HttpResponse {
    panic!("broken")
}

async fn catch_panic(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Err(ErrorInternalServerError("broken")),
    }
}

/// With a CORS field of its own.
async fn internal(_: ServiceRequest, _: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let mut response = HttpResponse::ServiceUnavailable();
    response.insert_header(("access-control-allow-origin", "*"));
    Err(InternalError::from_response("busy", response.finish()).into())
}

fn status(status: u16) -> HttpResponse {
    HttpResponse::new(StatusCode::from_u16(status).unwrap())
}

#[actix_web::test]
async fn every_response_gets_the_result() {
    let app = start(App::new().configure(resources).wrap(cors("one").record_results())).await;
    for (method, path, expected) in [
        ("GET", "/200", 200),
        ("HEAD", "/200", 404),
        ("GET", "/405", 405),
        ("GET", "/302", 302),
        ("GET", "/304", 304),
        ("GET", "/500", 500),
        ("GET", "/error", 418),
        ("GET", "/extractor", 404),
        ("GET", "/unauthorized", 401),
        ("GET", "/forbidden", 403),
        ("GET", "/timeout", 504),
        ("GET", "/panic", 500),
        ("GET", "/internal", 503),
        ("GET", "/unknown", 404),
    ] {
        let allowed = send(&app, actual(method, path, ORIGIN)).await;
        assert_eq!(summary(&allowed), format!("{expected} one"), "{method} {path}");
        assert_eq!(field(&allowed, "access-control-allow-origin"), Some(ORIGIN), "{path}");
        assert_eq!(field(&allowed, "vary"), Some("Origin"), "{path}");
        let outcome = |response: &HttpResponse| {
            response.extensions().get::<CorsResult>().map(|result| result.outcome().clone())
        };
        assert_eq!(outcome(&allowed), Some(CorsOutcome::ActualAllowed), "{path}");

        let refused = send(&app, actual(method, path, EVIL)).await;
        assert_eq!(summary(&refused), format!("{expected} -"), "{method} {path}");
        assert_eq!(field(&refused, "vary"), Some("Origin"), "{path}");
        assert!(matches!(outcome(&refused), Some(CorsOutcome::ActualRefused(_))), "{path}");
    }
}

#[actix_web::test]
async fn an_origin_is_echoed_whatever_its_place_and_whatever_becomes_of_the_request() {
    let origins = (0..20).map(|number| format!("https://app-{number}.example.com"));
    let policy = CorsPolicy::builder()
        .with_origins(origins)
        .with_origins(["https://*.example.net"])
        .with_methods(["PUT"])
        .build()
        .unwrap();
    let leaked =
        start(App::new().configure(resources).wrap(Cors::new(policy.clone().leak()))).await;
    let app = start(App::new().configure(resources).wrap(Cors::new(policy))).await;
    for host in [
        "app-0.example.com",
        "app-1.example.com",
        "app-15.example.com",
        "app-16.example.com",
        "app-19.example.com",
        "a.example.net",
        "a-name-that-takes-more-than-the-place-for-short-texts.example.net",
    ] {
        let origin = format!("https://{host}");
        // Twice, since what comes again is kept.
        for app in [&app, &app, &leaked, &leaked] {
            for path in ["/200", "/error", "/internal"] {
                let response = send(app, actual("GET", path, &origin)).await;
                let echoed = field(&response, "access-control-allow-origin");
                assert_eq!(echoed, Some(&*origin), "{path}");
            }
            let response = send(app, preflight("PUT", "/200", &origin)).await;
            assert_eq!(field(&response, "access-control-allow-origin"), Some(&*origin));
        }
    }
}

#[actix_web::test]
async fn an_error_keeps_its_type_and_its_body() {
    let app = start(App::new().configure(resources).wrap(cors("one"))).await;
    let request = actual("GET", "/forbidden", ORIGIN).to_request();
    let error = app.call(request).await.map(|_| ()).unwrap_err();
    assert!(error.as_error::<InternalError<&str>>().is_some());
    for _ in 0..2 {
        assert_eq!(summary(&error.error_response()), "403 one");
    }
    assert_eq!(text(error.error_response()).await, "no");
}

#[actix_web::test]
async fn an_error_that_nothing_governs_stays_as_it_is() {
    let options = cors_actix::CorsOptions::builder()
        .add_policy("one", policy("one"))
        .route("/200", "one")
        .build()
        .unwrap();
    let app = start(App::new().configure(resources).wrap(Cors::new(options))).await;
    let response = send(&app, actual("GET", "/internal", ORIGIN)).await;
    assert_eq!(summary(&response), "503 ?");
    assert_eq!(field(&response, "vary"), None);
}

#[actix_web::test]
async fn every_field_of_the_result_is_sent() {
    let all = CorsPolicy::builder()
        .with_origins(["https://*.example.com"])
        .with_methods(["*"])
        .with_headers(["*"])
        .with_exposed_headers(["etag"])
        .allow_credentials()
        .allow_private_network()
        .timing_allow_origin()
        .preflight_max_age(std::time::Duration::from_secs(60))
        .build()
        .unwrap();
    let app = start(App::new().configure(resources).wrap(Cors::new(all))).await;
    // Twice with other values, since values are kept with the policy.
    for (origin, method, headers, mirrored) in [
        (ORIGIN, "PURGE", "x-a, X-B", "x-a,x-b"),
        ("https://other.example.com", "LOCK", "x-c", "x-c"),
        (ORIGIN, "PURGE", "x-a, X-B", "x-a,x-b"),
    ] {
        let request = super::preflight(method, "/200", origin)
            .insert_header(("access-control-request-headers", headers))
            .insert_header(("access-control-request-private-network", "true"));
        let response = send(&app, request).await;
        let mut fields: Vec<_> = response.headers().iter().collect();
        fields.sort_unstable_by_key(|(name, _)| name.as_str());
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        assert_eq!(
            fields,
            [
                ("access-control-allow-credentials", "true"),
                ("access-control-allow-headers", mirrored),
                ("access-control-allow-methods", method),
                ("access-control-allow-origin", origin),
                ("access-control-allow-private-network", "true"),
                ("access-control-max-age", "60"),
                ("vary", vary),
            ],
        );

        let response = send(&app, actual("GET", "/200", origin)).await;
        for (name, value) in [
            ("access-control-allow-origin", origin),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "etag"),
            ("timing-allow-origin", origin),
            ("vary", "Origin"),
        ] {
            assert_eq!(field(&response, name), Some(value));
        }
    }
}

#[actix_web::test]
async fn vary_is_merged_over_all_lines() {
    for (lines, merged) in [
        (vec![], vec!["Origin"]),
        (vec!["accept"], vec!["accept, Origin"]),
        (vec!["accept", "accept-encoding"], vec!["accept, accept-encoding, Origin"]),
        (vec!["accept, ORIGIN"], vec!["accept, ORIGIN"]),
        (vec!["accept", "cookie, Accept"], vec!["accept, cookie, Origin"]),
        (vec!["*"], vec!["*"]),
    ] {
        let own = lines.clone();
        let handler = move || {
            let mut response = HttpResponse::Ok();
            own.iter().for_each(|line| {
                response.append_header(("vary", *line));
            });
            async move { response.finish() }
        };
        let app = App::new().route("/", web::get().to(handler)).wrap(cors("one"));
        let response = send(&start(app).await, actual("GET", "/", ORIGIN)).await;
        let vary: Vec<_> = response.headers().get_all("vary").collect();
        assert_eq!(vary, merged, "{lines:?}");
    }
}

#[actix_web::test]
async fn cors_fields_of_the_application_are_removed_and_nothing_else() {
    let handler = || async {
        HttpResponse::Ok()
            .append_header(("access-control-allow-origin", "*"))
            .append_header(("access-control-allow-origin", "https://other.example"))
            .append_header(("access-control-allow-credentials", "true"))
            .append_header(("access-control-of-tomorrow", "1"))
            .append_header(("etag", "\"1\""))
            .append_header(("set-cookie", "a=1"))
            .append_header(("set-cookie", "b=2"))
            .finish()
    };
    let app = App::new().route("/", web::get().to(handler)).wrap(cors("one"));
    let response = send(&start(app).await, actual("GET", "/", EVIL)).await;
    let mut expected = HeaderMap::new();
    for (name, value) in
        [("etag", "\"1\""), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "Origin")]
    {
        expected.append(name.parse().unwrap(), HeaderValue::from_static(value));
    }
    let sorted = |headers: &HeaderMap| {
        let mut lines: Vec<_> = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort_unstable();
        lines
    };
    assert_eq!(sorted(response.headers()), sorted(&expected));
}

#[actix_web::test]
async fn fields_of_the_application_that_are_set_are_replaced() {
    let handler = || async {
        HttpResponse::Ok()
            .append_header(("access-control-allow-origin", "*"))
            .append_header(("access-control-allow-origin", "https://other.example"))
            .append_header(("timing-allow-origin", "*"))
            .append_header(("timing-allow-origin", "https://other.example"))
            .append_header(("vary", "accept"))
            .finish()
    };
    let policy =
        CorsPolicy::builder().with_origins([ORIGIN]).timing_allow_origin().build().unwrap();
    let app = start(App::new().route("/", web::get().to(handler)).wrap(Cors::new(policy))).await;
    for _ in 0..2 {
        let response = send(&app, actual("GET", "/", ORIGIN)).await;
        for (name, value) in [
            ("access-control-allow-origin", ORIGIN),
            ("timing-allow-origin", ORIGIN),
            ("vary", "accept, Origin"),
        ] {
            let lines: Vec<_> = response.headers().get_all(name).collect();
            assert_eq!(lines, [value], "{name}");
        }
    }
}

#[actix_web::test]
async fn an_any_origin_policy_answers_requests_without_origin_alike() {
    let app =
        start(App::new().configure(resources).wrap(Cors::new(CorsPolicy::permissive()))).await;
    for request in [
        actix_web::test::TestRequest::with_uri("/200"),
        actual("GET", "/200", EVIL),
        actual("GET", "/200", "null"),
    ] {
        let response = send(&app, request).await;
        assert_eq!(field(&response, "access-control-allow-origin"), Some("*"));
        assert_eq!(field(&response, "vary"), None);
    }
}

#[actix_web::test]
async fn a_stream_is_passed_on_piece_by_piece() {
    let handler = || async {
        let pieces = ["data: 1\n\n", "data: 2\n\n"].map(|piece| Ok::<_, Error>(piece.into()));
        HttpResponse::Ok().content_type("text/event-stream").streaming(stream::iter(pieces))
    };
    let app = App::new().route("/", web::get().to(handler)).wrap(cors("one"));
    let response = send(&start(app).await, actual("GET", "/", ORIGIN)).await;
    assert_eq!(summary(&response), "200 one");
    assert_eq!(field(&response, "content-type"), Some("text/event-stream"));
    let mut body = pin!(response.into_body());
    for expected in ["data: 1\n\n", "data: 2\n\n"] {
        let piece = poll_fn(|cx| match body.as_mut().poll_next(cx) {
            Poll::Pending => panic!("the piece is there"),
            ready => ready,
        });
        assert_eq!(piece.await.unwrap().unwrap(), expected);
    }
}
