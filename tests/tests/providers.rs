//! One provider value under both adapters: what it chooses, it chooses for both.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use axum::body::Body;
use axum::http::{Request, Response};
use cors_actix::Cors;
use cors_axum::CorsLayer;
use cors_core::{
    CorsPolicy, CorsPolicyProvider, PolicyChoice, ProvidedPolicy, ProviderError, RequestContext,
};
use tower::{ServiceBuilder, ServiceExt, service_fn};

const ORIGIN: &str = "https://app.example.com";

/// The tenant that an authentication middleware found out.
#[derive(Clone)]
struct Tenant(&'static str);

/// Chooses by everything that a provider sees, at once or later, and counts how often.
#[derive(Default)]
struct Tenants {
    calls: AtomicUsize,
}

impl CorsPolicyProvider for Tenants {
    fn provide(&self, request: &RequestContext<'_>) -> ProvidedPolicy {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let policy = || {
            let policy = CorsPolicy::builder().with_origins([ORIGIN]).with_methods(["PUT"]);
            policy.build().expect("the policy is valid")
        };
        match (request.data::<Tenant>().map(|tenant| tenant.0), request.path()) {
            (Some("away"), _) => {
                ProvidedPolicy::later(async { Err(ProviderError::new("the database is away")) })
            }
            (Some("known"), "/disabled") => ProvidedPolicy::now(PolicyChoice::Disabled),
            (Some("known"), _) if request.method() == Some("PUT") => {
                let policy = policy();
                ProvidedPolicy::later(async move { Ok(policy.into()) })
            }
            (Some("known"), _) if request.host() == Some("api.example") => policy().into(),
            (Some("known"), _) if request.header("x-partner") == Some(b"yes") => policy().into(),
            _ => ProvidedPolicy::now(PolicyChoice::None),
        }
    }
}

/// The status, and what a page is told about its origin.
type Seen = (u16, Option<String>);

#[derive(Clone, Copy)]
struct Case {
    tenant: Option<&'static str>,
    method: &'static str,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
}

#[test]
fn one_provider_value_chooses_alike_under_both_adapters() {
    const ASKS: (&str, &str) = ("access-control-request-method", "PUT");
    const HOST: (&str, &str) = ("host", "api.example");
    let case = |tenant, method, path, headers| Case { tenant, method, path, headers };
    let allowed = Some(ORIGIN.to_owned());
    let provider = Arc::new(Tenants::default());
    let cases = [
        (case(None, "GET", "/", &[HOST]), (200, None)),
        (case(Some("other"), "OPTIONS", "/", &[HOST, ASKS]), (200, None)),
        (case(Some("known"), "GET", "/", &[HOST]), (200, allowed.clone())),
        (case(Some("known"), "GET", "/", &[("x-partner", "yes")]), (200, allowed.clone())),
        (case(Some("known"), "GET", "/", &[]), (200, None)),
        (case(Some("known"), "PUT", "/", &[]), (200, allowed.clone())),
        (case(Some("known"), "OPTIONS", "/", &[ASKS]), (204, allowed)),
        (case(Some("known"), "OPTIONS", "/disabled", &[ASKS]), (403, None)),
        (case(Some("known"), "GET", "/disabled", &[]), (200, None)),
        (case(Some("away"), "OPTIONS", "/", &[ASKS]), (500, None)),
        (case(Some("away"), "GET", "/", &[]), (200, None)),
    ];
    for (case, expected) in &cases {
        let axum = tokio::runtime::Runtime::new().expect("a runtime starts");
        assert_eq!(axum.block_on(under_axum(provider.clone(), *case)), *expected);
        let actix = actix_web::rt::System::new();
        assert_eq!(actix.block_on(under_actix(provider.clone(), *case)), *expected);
    }
    assert_eq!(provider.calls.load(Ordering::SeqCst), 2 * cases.len());
}

async fn under_axum(provider: Arc<Tenants>, case: Case) -> Seen {
    let service = ServiceBuilder::new().layer(CorsLayer::with_provider(provider)).service(
        service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty()))),
    );
    let mut request = Request::builder().method(case.method).uri(case.path);
    request = request.header("origin", ORIGIN);
    for (name, value) in case.headers {
        request = request.header(*name, *value);
    }
    if let Some(tenant) = case.tenant {
        request = request.extension(Tenant(tenant));
    }
    let request = request.body(Body::empty()).expect("the request is valid");
    let response = service.oneshot(request).await.expect("the service answers");
    let allowed = response.headers().get("access-control-allow-origin");
    let allowed = allowed.map(|origin| origin.to_str().expect("an origin is text").to_owned());
    (response.status().as_u16(), allowed)
}

async fn under_actix(provider: Arc<Tenants>, case: Case) -> Seen {
    let cors = Cors::with_provider(provider).with_data::<Tenant>();
    let app = App::new().wrap(cors).default_service(web::to(HttpResponse::Ok)).wrap_fn(
        move |request, next| {
            use actix_web::HttpMessage;
            use actix_web::dev::Service;
            if let Some(tenant) = case.tenant {
                request.extensions_mut().insert(Tenant(tenant));
            }
            next.call(request)
        },
    );
    let app = init_service(app).await;
    let method = actix_web::http::Method::from_bytes(case.method.as_bytes());
    let mut request = TestRequest::with_uri(case.path).method(method.expect("a method"));
    request = request.insert_header(("origin", ORIGIN));
    for header in case.headers {
        request = request.insert_header(*header);
    }
    let response = call_service(&app, request.to_request()).await;
    let allowed = response.headers().get("access-control-allow-origin");
    let allowed = allowed.map(|origin| origin.to_str().expect("an origin is text").to_owned());
    (response.status().as_u16(), allowed)
}
