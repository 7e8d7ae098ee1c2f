//! The assertion for applications' tests, where it holds and where it explains.

use std::panic::AssertUnwindSafe;

use actix_http::Request;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, web};
use cors_actix::testing::assert_preflight_reaches;
use futures_util::FutureExt;

use super::{EVIL, ORIGIN, cors, start};

/// What the assertion says; nothing where it holds.
async fn explanation<S, B>(app: &S, origin: &str) -> Option<String>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
{
    let assertion = assert_preflight_reaches(app, origin, "PUT", "/a");
    let panic = AssertUnwindSafe(assertion).catch_unwind().await.err()?;
    Some(*panic.downcast::<String>().unwrap())
}

fn resource() -> actix_web::Resource {
    web::resource("/a").route(web::put().to(HttpResponse::Ok))
}

#[actix_web::test]
async fn it_holds_where_the_middleware_answers_and_says_why_it_refuses() {
    let app = start(App::new().service(resource()).wrap(cors("one"))).await;
    assert_eq!(explanation(&app, ORIGIN).await, None);
    assert_eq!(
        explanation(&app, EVIL).await.unwrap(),
        "the preflight for `PUT /a` is refused by the policy `one`: the origin \
         `https://evil.example` is not allowed"
    );
}

#[actix_web::test]
async fn it_explains_what_answered_first() {
    let route = web::put().to(HttpResponse::Ok).wrap(cors("one"));
    let on_route = start(App::new().service(web::resource("/a").route(route))).await;
    let behind = App::new().service(resource()).wrap(cors("one")).wrap(from_fn(unauthorized));
    let behind = start(behind).await;
    let own = App::new().default_service(web::to(HttpResponse::Ok));
    let own = start(own).await;
    for (said, status, explained) in [
        (explanation(&on_route, ORIGIN).await, "405", "the layer is on a route"),
        (explanation(&behind, ORIGIN).await, "401", "authentication"),
        (explanation(&own, ORIGIN).await, "200", "answers OPTIONS by itself"),
    ] {
        let said = said.unwrap();
        let begin = format!("the preflight for `PUT /a`: the preflight was answered with {status}");
        assert!(said.starts_with(&begin) && said.contains(explained), "{said}");
    }
}

/// As `HttpAuthentication` of actix-web-httpauth: an error.
async fn unauthorized(
    _: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse, Error> {
    Err(actix_web::error::ErrorUnauthorized("no"))
}
