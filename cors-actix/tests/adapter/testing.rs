//! What the helper for tests of applications says.

use std::panic::AssertUnwindSafe;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::TestRequest;
use actix_web::{App, Error, HttpResponse, guard, web};
use cors_actix::testing::{assert_preflight_reaches, assert_preflight_request_reaches};
use cors_actix::{Cors, CorsOptions, CorsResult, ProvidedPolicy, ProviderError, RequestContext};
use futures_util::FutureExt;

use super::{EVIL, ORIGIN, actual, cors, preflight, start};

/// What the assertion says; nothing where it holds.
async fn message(assertion: impl Future<Output = CorsResult>) -> Option<String> {
    let panic = AssertUnwindSafe(assertion).catch_unwind().await.err()?;
    Some(*panic.downcast::<String>().unwrap())
}

async fn explanation<S, B>(app: S, preflight: TestRequest) -> String
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let assertion = assert_preflight_request_reaches(app, preflight.to_request());
    message(assertion).await.unwrap()
}

fn item() -> actix_web::Resource {
    web::resource("/item").route(web::put().to(HttpResponse::Ok))
}

/// As `HttpAuthentication` of actix-web-httpauth: an error.
async fn unauthorized(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, Error> {
    Err(actix_web::error::ErrorUnauthorized("no"))
}

async fn to_login(
    request: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, Error> {
    let login = HttpResponse::SeeOther().insert_header(("location", "/login")).finish();
    Ok(request.into_response(login))
}

#[actix_web::test]
async fn the_assertion_explains_what_answered_in_place_of_the_middleware() {
    let asks = || preflight("PUT", "/item", ORIGIN);
    let app = || App::new().service(item());
    let on_a_route = web::put().to(HttpResponse::Ok).wrap(cors("one"));
    let on_a_route = App::new().service(web::resource("/item").route(on_a_route));
    let guarded = web::scope("/api").guard(guard::Put()).wrap(cors("one")).service(item());
    let off = Cors::new(CorsOptions::builder().disable("/item").build().unwrap());
    let broken = Cors::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("the database is away")))
    });
    let strange = actual("OPTIONS", "/item", ORIGIN)
        .insert_header(("access-control-request-method", &b"P\xffT"[..]));
    for (said, start, part) in [
        (
            explanation(start(on_a_route).await, preflight("PUT", "/item?page=2", ORIGIN)).await,
            "the preflight for `PUT /item?page=2`: the preflight was answered with 405 Method Not \
             Allowed, not by CORS: ",
            "put the CORS layer around the whole router or application, after its routes",
        ),
        (
            explanation(
                start(App::new().service(guarded)).await,
                preflight("PUT", "/api/item", ORIGIN),
            )
            .await,
            "the preflight for `PUT /api/item`: the preflight was answered with 404 Not Found, ",
            "a guard turned OPTIONS away before the layer",
        ),
        (
            explanation(start(app().wrap(cors("one")).wrap(from_fn(unauthorized))).await, asks())
                .await,
            "the preflight for `PUT /item`: the preflight was answered with 401 Unauthorized, ",
            "put the CORS layer outside of it",
        ),
        (
            explanation(start(app().wrap(cors("one")).wrap(from_fn(to_login))).await, asks()).await,
            "the preflight for `PUT /item`: the preflight was answered with 303 See Other, ",
            "a redirect outside answers first",
        ),
        (
            explanation(start(App::new().default_service(web::to(HttpResponse::Ok))).await, asks())
                .await,
            "the preflight for `PUT /item`: the preflight was answered with 200 OK, ",
            "the application answers OPTIONS by itself",
        ),
        (
            explanation(start(app().wrap(off)).await, asks()).await,
            "the preflight for `PUT /item`: the preflight was answered with 403 Forbidden, ",
            "CORS is disabled for the path",
        ),
        (
            explanation(start(app().wrap(broken)).await, asks()).await,
            "the preflight for `PUT /item` failed: no CORS policy could be chosen: ",
            "the database is away",
        ),
        (
            explanation(start(app().wrap(cors("one"))).await, preflight("PATCH", "/item", EVIL))
                .await,
            "the preflight for `PATCH /item` is refused by the policy `one`: ",
            "the origin `https://evil.example` is not allowed; the method `PATCH` is not allowed",
        ),
        (
            explanation(start(app().wrap(cors("one"))).await, strange).await,
            r"the preflight for `P\xffT /item` is refused by the policy `one`: ",
            r"the requested method `P\xffT` is not a token",
        ),
        (
            explanation(start(app().wrap(cors("one"))).await, actual("PUT", "/item", ORIGIN)).await,
            "the preflight for ` /item` is no preflight: ",
            "ActualAllowed",
        ),
    ] {
        assert!(said.starts_with(start) && said.contains(part), "{said}");
    }
}

#[actix_web::test]
async fn the_assertion_returns_what_the_middleware_decided() {
    let app = start(App::new().service(item()).wrap(cors("one"))).await;
    let asked = ("access-control-request-headers", "one");
    let request = preflight("PUT", "/item", ORIGIN).insert_header(asked);
    let result = assert_preflight_request_reaches(&app, request.to_request()).await;
    assert_eq!(result.allowed_methods().collect::<Vec<_>>(), ["PUT", "DELETE"]);
    assert_eq!(result.allowed_origin(), Some(ORIGIN));
}

#[actix_web::test]
async fn the_assertion_makes_the_preflight_itself() {
    let app = start(App::new().service(item()).wrap(cors("one"))).await;
    let result = assert_preflight_reaches(&app, ORIGIN, "DELETE", "/item").await;
    assert_eq!(result.policy().name(), Some("one"));
    assert_eq!(
        message(assert_preflight_reaches(&app, EVIL, "PURGE", "/other?a")).await.unwrap(),
        "the preflight for `PURGE /other?a` is refused by the policy `one`: the origin \
         `https://evil.example` is not allowed; the method `PURGE` is not allowed"
    );
}
