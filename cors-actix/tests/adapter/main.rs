//! What the middleware does around actix applications.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod paths;
mod placement;
mod preflights;
mod providers;
mod refusing;
mod responses;
mod testing;
mod wire;

use actix_http::Request;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use actix_web::{App, Error, HttpResponse, test};
use cors_actix::{Cors, CorsPolicy};

const ORIGIN: &str = "https://app.example.com";
const EVIL: &str = "https://evil.example";

/// A policy for `ORIGIN` that shows its name in every answer: as an allowed request header in those
/// to preflights, as an exposed header in others.
fn policy(name: &str) -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins([ORIGIN])
        .with_methods(["PUT", "DELETE"])
        .with_headers([name])
        .with_exposed_headers([name])
        .named(name)
        .build()
        .unwrap()
}

fn cors(name: &str) -> Cors {
    Cors::new(policy(name))
}

fn actual(method: &str, path: &str, origin: &str) -> TestRequest {
    TestRequest::with_uri(path)
        .method(method.parse().unwrap())
        .insert_header(("origin", origin.to_owned()))
}

fn preflight(method: &str, path: &str, origin: &str) -> TestRequest {
    actual("OPTIONS", path, origin)
        .insert_header(("access-control-request-method", method.to_owned()))
}

async fn start<F, B>(
    app: App<F>,
) -> impl Service<Request, Response = ServiceResponse<B>, Error = Error>
where
    F: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    test::init_service(app).await
}

/// The response to a request; that of an error is made as actix's dispatcher makes it.
async fn send<S, B>(app: &S, request: TestRequest) -> HttpResponse<BoxBody>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    match app.call(request.to_request()).await {
        Ok(response) => response.map_into_boxed_body().into_parts().1,
        Err(error) => error.error_response(),
    }
}

async fn text<B: MessageBody>(response: HttpResponse<B>) -> String {
    let body = actix_web::body::to_bytes(response.into_body()).await.ok().unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The value of the one line of a field.
fn field<'a, B>(response: &'a HttpResponse<B>, name: &str) -> Option<&'a str> {
    let mut lines = response.headers().get_all(name);
    let value = lines.next()?;
    assert_eq!(lines.next(), None, "several lines of {name}");
    Some(value.to_str().unwrap())
}

/// The status and the name of the policy that shows in the fields: `200 one`; `-` where there is no
/// CORS field at all, `?` where there are others only.
fn summary<B>(response: &HttpResponse<B>) -> String {
    let policy = field(response, "access-control-allow-headers")
        .or(field(response, "access-control-expose-headers"));
    let is_bare =
        !response.headers().keys().any(|name| name.as_str().starts_with("access-control-"));
    let policy = policy.unwrap_or(if is_bare { "-" } else { "?" });
    format!("{} {policy}", response.status().as_u16())
}
