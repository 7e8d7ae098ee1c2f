//! How often the middleware allocates, beside what actix forces on whoever sets its fields.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use cors_actix::{Cors, CorsPolicy};

const LISTED: &str = "https://app.example.com";
const MATCHED: &str = "https://shop.example.com";
const EVIL: &str = "https://evil.example";

/// An origin that is shared already, as those are that a server cuts out of its read buffer:
/// otherwise its first clone would allocate.
fn request(method: &str, origin: &str) -> (ServiceRequest, HeaderValue) {
    let origin = HeaderValue::from_str(origin).unwrap();
    let request = TestRequest::default()
        .method(method.parse().unwrap())
        .insert_header(("origin", origin.clone()))
        .insert_header(("access-control-request-method", "PUT"));
    (request.to_srv_request(), origin)
}

/// How often a service allocates for a request, and the response.
fn allocations<S, B>(service: &S, request: ServiceRequest) -> (u64, ServiceResponse<B>)
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    let mut response = None;
    let measured = allocation_counter::measure(|| {
        let future = pin!(service.call(request));
        response = Some(future.poll(&mut Context::from_waker(Waker::noop())));
    });
    let Some(Poll::Ready(Ok(response))) = response else { panic!("it is ready at once") };
    (measured.count_total, response)
}

/// How often actix allocates for a response with these fields.
fn by_hand(headers: &HeaderMap) -> u64 {
    let fields = headers.clone();
    let measured = allocation_counter::measure(|| {
        let mut response = HttpResponse::Ok().finish();
        for (name, value) in &fields {
            response.headers_mut().insert(name.clone(), value.clone());
        }
    });
    measured.count_total
}

async fn measured(cors: Cors, method: &str, origin: &str) -> (u64, u64) {
    let inner = fn_service(async |request: ServiceRequest| {
        Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish()))
    });
    let service = cors.new_transform(inner).await.unwrap();
    let once = || allocations(&service, request(method, origin).0);
    // The first request fills the places that policy and server keep.
    drop(once());
    let (counted, response) = once();
    let headers = response.headers().clone();
    // Actix keeps a few heads of responses for the next ones.
    drop(response);
    (counted, by_hand(&headers))
}

#[actix_web::test]
async fn the_middleware_allocates_only_what_actix_forces() {
    let listed = CorsPolicy::builder()
        .with_origins([LISTED, "https://*.example.com"])
        .with_methods(["PUT"])
        .with_headers(["content-type"])
        .with_exposed_headers(["x-total-count"])
        .allow_credentials()
        .build()
        .unwrap();
    let listed = Cors::new(listed);
    let any = Cors::new(CorsPolicy::permissive());
    for (cors, method, origin) in [
        (&listed, "GET", LISTED),
        (&listed, "GET", MATCHED),
        (&listed, "GET", EVIL),
        (&listed, "OPTIONS", LISTED),
        (&listed, "OPTIONS", MATCHED),
        (&listed, "OPTIONS", EVIL),
        (&any, "GET", EVIL),
        (&any, "OPTIONS", EVIL),
    ] {
        let (counted, by_hand) = measured(cors.clone(), method, origin).await;
        assert_eq!(counted, by_hand, "{method} from {origin}");
    }
}

#[actix_web::test]
async fn the_number_of_origins_does_not_count() {
    let many = |count: usize| {
        let origins = (0..count).map(|number| format!("https://app-{number}.example.com"));
        Cors::new(CorsPolicy::builder().with_origins(origins).build().unwrap())
    };
    let (few, _) = measured(many(1), "GET", "https://app-0.example.com").await;
    for origin in ["https://app-0.example.com", "https://app-999.example.com"] {
        let (thousand, _) = measured(many(1000), "GET", origin).await;
        assert_eq!(few, thousand, "{origin}");
    }
}
