//! Policies from providers: at once, later, none, failing, and by what a middleware stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::error::{Error, InternalError};
use actix_web::middleware::{Next, from_fn};
use actix_web::test::TestRequest;
use actix_web::{App, HttpMessage, HttpResponse, web};
use cors_actix::{Cors, CorsPolicy, RequestContext};
use cors_core::{PolicyChoice, ProvidedPolicy, ProviderError};

use super::{EVIL, ORIGIN, actual, field, policy, preflight, send, start, summary};

#[derive(Clone)]
struct Tenant(&'static str);

/// Answers after it was asked twice.
fn later(
    choice: impl Fn() -> Result<PolicyChoice, ProviderError> + Clone + Send + Sync + 'static,
) -> Cors {
    Cors::with_provider(move |_: &RequestContext<'_>| {
        let choice = choice.clone();
        ProvidedPolicy::later(async move {
            tokio::task::yield_now().await;
            choice()
        })
    })
}

async fn summaries(cors: Cors) -> [String; 4] {
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let handler = move || {
        count.fetch_add(1, Ordering::Relaxed);
        async {
            let mut response = HttpResponse::Ok();
            response.insert_header(("access-control-allow-origin", "*")).finish()
        }
    };
    let app = start(App::new().route("/", web::get().to(handler)).wrap(cors)).await;
    let mut summaries = Vec::new();
    for request in [
        preflight("GET", "/", ORIGIN),
        actual("GET", "/", ORIGIN),
        actual("GET", "/", EVIL),
        TestRequest::with_uri("/"),
    ] {
        summaries.push(summary(&send(&app, request).await));
    }
    assert_eq!(runs.load(Ordering::Relaxed), 3, "every actual request runs once");
    summaries.try_into().unwrap()
}

#[actix_web::test]
async fn a_policy_governs_whether_it_comes_at_once_or_later() {
    let expected = ["204 one", "200 one", "200 -", "200 -"];
    let now = Cors::with_provider(|_: &RequestContext<'_>| policy("one"));
    assert_eq!(summaries(now).await, expected);
    assert_eq!(summaries(later(|| Ok(policy("one").into()))).await, expected);
}

#[actix_web::test]
async fn without_a_policy_everything_passes_untouched() {
    // No handler is there for `OPTIONS`.
    let expected = ["404 -", "200 ?", "200 ?", "200 ?"];
    let none = || Cors::with_provider(|_: &RequestContext<'_>| None::<CorsPolicy>);
    assert_eq!(summaries(none()).await, expected);
    assert_eq!(summaries(later(|| Ok(PolicyChoice::None))).await, expected);
    let disabled = later(|| Ok(PolicyChoice::Disabled));
    assert_eq!(summaries(disabled).await, ["403 -", "200 ?", "200 ?", "200 ?"]);
}

#[actix_web::test]
async fn when_a_provider_fails_no_page_of_another_origin_reads_anything() {
    let expected = ["500 -", "200 -", "200 -", "200 -"];
    assert_eq!(summaries(failing()).await, expected);
    assert_eq!(summaries(later(|| Err(ProviderError::new("no database")))).await, expected);
}

fn failing() -> Cors {
    Cors::with_provider(|_: &RequestContext<'_>| {
        ProvidedPolicy::Now(Err(ProviderError::new("no database")))
    })
}

#[actix_web::test]
async fn when_a_provider_fails_responses_vary_and_those_of_errors_are_stripped_too() {
    async fn fails(
        _: ServiceRequest,
        _: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        let mut response = HttpResponse::Unauthorized();
        response.insert_header(("access-control-allow-origin", "*"));
        Err(InternalError::from_response("who?", response.finish()).into())
    }
    let app = App::new().route("/", web::get().to(HttpResponse::Ok));
    let app = start(app.wrap(from_fn(fails)).wrap(failing())).await;
    let response = send(&app, actual("GET", "/", ORIGIN)).await;
    assert_eq!(summary(&response), "401 -");
    assert_eq!(field(&response, "vary"), Some("Origin"));

    let app = start(App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(failing())).await;
    let response = send(&app, actual("GET", "/", ORIGIN)).await;
    assert_eq!((&*summary(&response), field(&response, "vary")), ("200 -", Some("Origin")));
}

#[actix_web::test]
async fn when_a_provider_fails_only_the_fields_of_cors_are_lost() {
    let own = || async {
        HttpResponse::Ok()
            .insert_header(("access-control-allow-origin", "*"))
            .insert_header(("vary", "accept"))
            .append_header(("vary", "cookie"))
            .insert_header(("x-own", "kept"))
            .finish()
    };
    for cors in [failing(), later(|| Err(ProviderError::new("no database")))] {
        let app = start(App::new().route("/", web::get().to(own)).wrap(cors)).await;
        let response = send(&app, actual("GET", "/", ORIGIN)).await;
        assert_eq!(summary(&response), "200 -");
        assert_eq!(field(&response, "vary"), Some("accept, cookie, Origin"));
        assert_eq!(field(&response, "x-own"), Some("kept"));
        let extensions = response.extensions();
        let error = extensions.get::<ProviderError>().unwrap();
        assert_eq!(error.to_string(), "no CORS policy could be chosen: no database");
    }
}

/// An outer provider's failure is no reason to take off what an inner policy says.
#[actix_web::test]
async fn an_inner_middleware_decides_where_the_provider_of_an_outer_one_failed() {
    let inner = Cors::new(policy("inner"));
    let app = App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(inner).wrap(failing());
    let response = send(&start(app).await, actual("GET", "/", ORIGIN)).await;
    assert_eq!(summary(&response), "200 inner");
}

#[test]
fn a_provider_has_no_policies_with_names() {
    let errors = failing().named("public").unwrap_err();
    assert_eq!(
        errors.to_string(),
        "named `public`: there is no policy of this name; there is none"
    );
}

/// The inner provider's failure is no leave for the outer policy.
#[actix_web::test]
async fn an_outer_middleware_adds_nothing_where_the_provider_of_an_inner_one_failed() {
    let failing = failing();
    let outer = Cors::new(CorsPolicy::permissive());
    let app = App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(failing).wrap(outer);
    let response = send(&start(app).await, actual("GET", "/", ORIGIN)).await;
    assert_eq!(summary(&response), "200 -");
}

#[actix_web::test]
async fn providers_see_what_was_declared_of_the_data_of_an_earlier_middleware() {
    let by_tenant =
        |context: &RequestContext<'_>| context.data::<Tenant>().map(|Tenant(name)| policy(name));
    for (cors, expected) in [
        (Cors::with_provider(by_tenant).with_data::<u8>().with_data::<Tenant>(), "200 acme"),
        (Cors::with_provider(by_tenant).with_data::<u8>(), "200 -"),
        (Cors::with_provider(by_tenant), "200 -"),
    ] {
        let app = App::new().route("/", web::get().to(HttpResponse::Ok)).wrap(cors).wrap_fn(
            |request, service| {
                request.extensions_mut().insert(Tenant("acme"));
                service.call(request)
            },
        );
        let app = start(app).await;
        assert_eq!(summary(&send(&app, actual("GET", "/", ORIGIN)).await), expected);
    }
}

#[actix_web::test]
async fn without_a_provider_nothing_is_cloned() {
    struct Loud;
    impl Clone for Loud {
        fn clone(&self) -> Self {
            panic!("cloned")
        }
    }
    let app = App::new()
        .route("/", web::get().to(HttpResponse::Ok))
        .wrap(super::cors("one").with_data::<Loud>())
        .wrap_fn(|request, service| {
            request.extensions_mut().insert(Loud);
            service.call(request)
        });
    assert_eq!(summary(&send(&start(app).await, actual("GET", "/", ORIGIN)).await), "200 one");
}

#[actix_web::test]
async fn providers_see_method_path_host_and_headers() {
    let provider = |context: &RequestContext<'_>| {
        let seen = format!(
            "{:?} {} {:?} {:?} {:?}",
            context.method(),
            context.path(),
            context.scheme(),
            context.host(),
            context.header("x-tenant").map(<[u8]>::escape_ascii).map(|text| text.to_string()),
        );
        let expected = r#"Some("PUT") /a/b None Some("api.example.com") Some("\\xff")"#;
        assert_eq!(seen, expected);
        policy("one")
    };
    let cors = Cors::with_provider(provider);
    let app = start(App::new().route("/a/b", web::put().to(HttpResponse::Ok)).wrap(cors)).await;
    let tenant = actix_web::http::header::HeaderValue::from_bytes(b"\xff").unwrap();
    for request in [preflight("PUT", "/a/b?c", ORIGIN), actual("PUT", "/a/b", ORIGIN)] {
        let request = request
            .insert_header(("host", "api.example.com"))
            .insert_header(("x-tenant", tenant.clone()));
        let response = send(&app, request).await;
        assert_eq!(field(&response, "access-control-allow-origin"), Some(ORIGIN));
    }
}
