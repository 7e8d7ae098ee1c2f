//! What a test is told of a fetch that came to nothing.

use actix_web::dev::Service as _;
use cors_axum::testing::{Browser, Engine};
use cors_axum::{CorsLayer, ProvidedPolicy, ProviderError, RequestContext};
use tower::{Layer as _, service_fn};

use crate::actix_app;
use crate::application::{App, Axum, PAGE, STRANGER, api};
use crate::road::{both, options};

#[actix_web::test]
async fn errors_tell_what_the_policy_decided_and_what_browsers_say() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap().with_engine(Engine::Firefox);
        let error = app.fetch(&mut page, api("PATCH", "/items")).await.unwrap_err();
        let text = error.to_string();
        let firefox = error.blocked().unwrap().message(Engine::Firefox).unwrap();
        assert!(text.starts_with(&firefox), "{text}");
        let correction = "\n1. the method `PATCH` is not allowed\n   \
                          in policy `storefront`, add `\"PATCH\"` to `methods`\n   \
                          methods = [\"PUT\", \"PATCH\"]\n";
        assert!(text.contains(correction), "{text}");
        assert!(text.ends_with("\n  OPTIONS https://api.example.com/items -> 204"), "{text}");
        let result = error.traffic().result().unwrap();
        assert_eq!(result.policy().name(), Some("storefront"));
    }
}

#[actix_web::test]
async fn a_preflight_that_something_else_answers_is_explained() {
    // The layer is missing.
    let axum: Box<dyn App> = Box::new(Axum::new(|router| router));
    let actix = actix_app!(actix_web::middleware::Compat::new(
        actix_web::middleware::DefaultHeaders::new()
    ));
    for mut app in [axum, actix] {
        let mut page = Browser::at(PAGE).unwrap();
        let error = app.fetch(&mut page, api("PUT", "/missing")).await.unwrap_err();
        assert!(error.to_string().contains("answered with 404 Not Found, not by CORS"), "{error}");
        // The application ran for the preflight, and not for what it was about.
        assert_eq!(app.runs(), 1);
        let error = app.fetch(&mut page, api("GET", "/items")).await.unwrap_err();
        assert!(!error.to_string().contains("not by CORS"), "{error}");
    }
}

#[actix_web::test]
async fn a_response_that_passes_by_the_layer_is_explained() {
    use axum::routing::{get, put};

    async fn ok() {}
    let layer = || CorsLayer::new(options());
    let on_a_method = axum::Router::new().route("/items", get(ok).layer(layer()).put(ok));
    let on_a_router = axum::Router::new().route("/items", get(ok)).layer(layer());
    let on_a_router = axum::Router::new().route("/items", put(ok)).merge(on_a_router);
    for mut app in [on_a_method, on_a_router] {
        use cors_axum::testing::{Fetch as _, assert_preflight_reaches};

        assert_preflight_reaches(app.clone(), PAGE, "PUT", "/items").await;
        let mut page = Browser::at(PAGE).unwrap();
        let error = page.fetch(&mut app, api("PUT", "/items")).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("it is around another method's handler"), "{text}");
        assert!(text.contains("\n  PUT https://api.example.com/items -> 200"), "{text}");
    }

    let replaces = |_: actix_web::dev::ServiceResponse<_>| {
        Err(actix_web::error::ErrorInternalServerError("sorry"))
    };
    let outside = actix_web::middleware::ErrorHandlers::new().default_handler_server(replaces);
    let app = actix_web::App::new()
        .default_service(actix_web::web::to(actix_web::HttpResponse::InternalServerError))
        .wrap(cors_actix::Cors::new(options()))
        .wrap(outside);
    let app = actix_web::test::init_service(app).await;
    let mut page = Browser::at(PAGE).unwrap();
    let error = cors_actix::testing::Fetch::fetch(&mut page, &app, api("PUT", "/items")).await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("something outside of it answers"), "{text}");
}

#[actix_web::test]
async fn a_provider_that_fails_is_named() {
    let provider = |_: &RequestContext<'_>| {
        ProvidedPolicy::later(async { Err(ProviderError::new("the database is away")) })
    };
    let layer = CorsLayer::with_provider(provider);
    let axum: Box<dyn App> = Box::new(Axum::new(|router| router.layer(layer)));
    let actix = actix_app!(cors_actix::Cors::with_provider(provider));
    for mut app in [axum, actix] {
        for method in ["GET", "PUT"] {
            let mut page = Browser::at(PAGE).unwrap();
            let error = app.fetch(&mut page, api(method, "/items")).await.unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains("\nno CORS policy could be chosen: the database is away\n"),
                "{text}"
            );
        }
    }
}

#[actix_web::test]
async fn a_request_that_http_cannot_hold_is_not_sent() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        let request = api("GET", "/items").header("x-id", "a\x01");
        let error = app.fetch(&mut page, request).await.unwrap_err();
        assert!(error.blocked().is_none());
        assert!(error.to_string().starts_with("the request is not sent: "), "{error}");
        // Its preflight was.
        assert_eq!(error.traffic().responses()[0].status(), 204);
        assert_eq!(app.runs(), 0);
    }
}

#[actix_web::test]
async fn a_service_that_fails_gives_no_response() {
    use cors_axum::testing::Fetch as _;

    let down = service_fn(|_: http::Request<Vec<u8>>| async {
        Err::<http::Response<String>, _>("the database is down")
    });
    let mut service = CorsLayer::new(options()).layer(down);
    let mut page = Browser::at(PAGE).unwrap();
    let error = page.fetch_with(&mut service, api("PUT", "/items"), |body| body).await.unwrap_err();
    assert!(error.blocked().is_none());
    // The layer answers the preflight.
    assert_eq!(
        error.to_string(),
        "the service failed: the database is down\n  \
         OPTIONS https://api.example.com/items -> 204\n  \
         PUT https://api.example.com/items"
    );
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the database is down");
}

#[actix_web::test]
async fn an_actix_error_is_its_response() {
    use cors_actix::testing::Fetch as _;

    let app = actix_web::App::new()
        .wrap_fn(|_, _| async {
            Err::<actix_web::dev::ServiceResponse, _>(actix_web::error::ErrorBadGateway("gone"))
        })
        .wrap(cors_actix::Cors::new(options()));
    let app = actix_web::test::init_service(app).await;
    let request = api("GET", "/items");
    assert!(app.call(actix_web::test::TestRequest::get().to_request()).await.is_err());
    let mut page = Browser::at(PAGE).unwrap();
    let reply = page.fetch(&app, request.clone()).await.unwrap();
    assert_eq!(reply.status(), 502);
    let mut page = Browser::at(STRANGER).unwrap();
    assert!(page.fetch(&app, request).await.is_err());
}
