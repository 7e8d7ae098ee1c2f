//! Where the middleware is put, and what stands under it: the tables of the crate's documentation.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, Next, from_fn};
use actix_web::{App, Error, HttpResponse, guard, web};
use cors_actix::{Cors, CorsOptions, CorsPolicy, CorsResult};

use super::{EVIL, ORIGIN, actual, cors, field, policy, preflight, send, start, summary, text};

/// The cells of a row.
#[derive(Debug, PartialEq)]
struct Row<T> {
    preflight: T,
    handler: T,
    preflight_to_unknown_path: T,
    not_found: T,
    method_not_allowed: T,
}

const ALL: Row<&str> = Row {
    preflight: "204 one",
    handler: "200 one",
    preflight_to_unknown_path: "204 one",
    not_found: "404 one",
    method_not_allowed: "405 one",
};

/// Asks an application with `GET /api/a` for each of the cells.
async fn assert_row<S, B>(app: &S, expected: Row<&str>)
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let cell = async |request| summary(&send(app, request).await);
    let row = Row {
        preflight: &*cell(preflight("GET", "/api/a", ORIGIN)).await,
        handler: &*cell(actual("GET", "/api/a", ORIGIN)).await,
        preflight_to_unknown_path: &*cell(preflight("GET", "/api/unknown", ORIGIN)).await,
        not_found: &*cell(actual("GET", "/api/unknown", ORIGIN)).await,
        method_not_allowed: &*cell(actual("PUT", "/api/a", ORIGIN)).await,
    };
    assert_eq!(row, expected);
}

fn resource() -> actix_web::Resource {
    web::resource("/api/a").route(web::get().to(HttpResponse::Ok))
}

#[actix_web::test]
async fn around_the_application_everything_is_governed() {
    assert_row(&start(App::new().service(resource()).wrap(cors("one"))).await, ALL).await;
    assert_row(&start(App::new().wrap(cors("one")).service(resource())).await, ALL).await;
}

#[actix_web::test]
async fn around_a_scope_everything_under_its_prefix_is_governed() {
    let resource = web::resource("/a").route(web::get().to(HttpResponse::Ok));
    let scope = web::scope("/api").service(resource).wrap(cors("one"));
    let app = start(App::new().service(scope)).await;
    assert_row(&app, ALL).await;
    assert_eq!(summary(&send(&app, preflight("GET", "/other", ORIGIN)).await), "404 -");
    assert_eq!(summary(&send(&app, actual("GET", "/other", ORIGIN)).await), "404 -");
}

#[actix_web::test]
async fn around_a_resource_it_alone_is_governed() {
    let expected = Row { preflight_to_unknown_path: "404 -", not_found: "404 -", ..ALL };
    assert_row(&start(App::new().service(resource().wrap(cors("one")))).await, expected).await;
}

#[actix_web::test]
async fn around_a_resource_with_a_guard_on_its_method_no_preflight_is_answered() {
    let guarded = web::resource("/api/a").guard(guard::Get()).to(HttpResponse::Ok);
    let expected = Row {
        preflight: "404 -",
        preflight_to_unknown_path: "404 -",
        not_found: "404 -",
        method_not_allowed: "404 -",
        ..ALL
    };
    assert_row(&start(App::new().service(guarded.wrap(cors("one")))).await, expected).await;
}

#[actix_web::test]
async fn around_the_application_guarded_resources_are_governed() {
    let guarded = web::resource("/api/a").guard(guard::Get()).to(HttpResponse::Ok);
    let app = App::new().service(guarded).wrap(cors("one"));
    assert_row(&start(app).await, Row { method_not_allowed: "404 one", ..ALL }).await;
}

#[actix_web::get("/api/a", wrap = "cors(\"one\")")]
async fn annotated() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn in_the_attribute_of_a_handler_no_preflight_is_answered() {
    let expected = Row {
        preflight: "404 -",
        preflight_to_unknown_path: "404 -",
        not_found: "404 -",
        method_not_allowed: "404 -",
        ..ALL
    };
    assert_row(&start(App::new().service(annotated)).await, expected).await;
}

#[actix_web::test]
async fn around_a_route_no_preflight_is_answered() {
    let route = web::get().to(HttpResponse::Ok).wrap(cors("one"));
    let expected = Row {
        preflight: "405 -",
        preflight_to_unknown_path: "404 -",
        not_found: "404 -",
        method_not_allowed: "405 -",
        ..ALL
    };
    let app = App::new().service(web::resource("/api/a").route(route));
    assert_row(&start(app).await, expected).await;
}

#[actix_web::test]
async fn authentication_outside_answers_preflights_and_hides_its_own_responses() {
    let expected = Row {
        preflight: "401 -",
        handler: "401 -",
        preflight_to_unknown_path: "401 -",
        not_found: "401 -",
        method_not_allowed: "401 -",
    };
    let app = App::new().service(resource()).wrap(cors("one")).wrap(from_fn(unauthorized));
    assert_row(&start(app).await, expected).await;
}

#[actix_web::test]
async fn authentication_inside_is_governed() {
    let expected =
        Row { handler: "401 one", not_found: "401 one", method_not_allowed: "401 one", ..ALL };
    let app = App::new().service(resource()).wrap(from_fn(unauthorized)).wrap(cors("one"));
    assert_row(&start(app).await, expected).await;
}

/// Error handlers see a response, and give another.
#[actix_web::test]
async fn error_handlers_outside_lose_the_fields_unless_they_keep_the_response() {
    fn replaces<B>(response: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
        let (request, _) = response.into_parts();
        let sorry = HttpResponse::InternalServerError().body("sorry").map_into_right_body();
        Ok(ErrorHandlerResponse::Response(ServiceResponse::new(request, sorry)))
    }
    fn changes<B>(response: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
        let response = response.map_body(|_, _| BoxBody::new("sorry"));
        Ok(ErrorHandlerResponse::Response(response.map_into_right_body()))
    }
    fn handled<B: 'static>(
        handler: fn(ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>>,
    ) -> ErrorHandlers<B> {
        ErrorHandlers::new().default_handler_server(handler)
    }
    let failing = || {
        let resource = web::resource("/api/a").to(HttpResponse::InternalServerError);
        App::new().service(resource)
    };
    async fn answers<S, B>(app: S) -> [String; 2]
    where
        S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody + 'static,
    {
        let preflight = send(&app, preflight("PUT", "/api/a", ORIGIN)).await;
        let own = send(&app, actual("GET", "/api/a", ORIGIN)).await;
        let summaries = [summary(&preflight), summary(&own)];
        assert_eq!(text(own).await, "sorry");
        summaries
    }
    let inside = start(failing().wrap(handled(replaces)).wrap(cors("one"))).await;
    assert_eq!(answers(inside).await, ["204 one", "500 one"]);
    let outside = start(failing().wrap(cors("one")).wrap(handled(replaces))).await;
    assert_eq!(answers(outside).await, ["204 one", "500 -"]);
    let changing = start(failing().wrap(cors("one")).wrap(handled(changes))).await;
    assert_eq!(answers(changing).await, ["204 one", "500 one"]);
}

async fn unauthorized(
    request: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    Ok(request.into_response(HttpResponse::Unauthorized()))
}

/// Responses are under the inner one, preflights under the outer one.
#[actix_web::test]
async fn of_two_the_inner_one_decides_about_responses_and_the_outer_one_about_preflights() {
    let failing =
        web::resource("/error").wrap(from_fn(|_: ServiceRequest, _: Next<BoxBody>| async {
            Err::<ServiceResponse, Error>(actix_web::error::ErrorConflict("no"))
        }));
    let inner = web::scope("/api")
        .route("/a", web::get().to(HttpResponse::Ok))
        .service(failing)
        .wrap(cors("inner"));
    let app = start(App::new().service(inner).wrap(cors("outer"))).await;
    for (request, expected) in [
        (preflight("GET", "/api/a", ORIGIN), "204 outer"),
        (actual("GET", "/api/a", ORIGIN), "200 inner"),
        (actual("GET", "/api/error", ORIGIN), "409 inner"),
        (actual("GET", "/api/unknown", ORIGIN), "404 inner"),
        (actual("GET", "/other", ORIGIN), "404 outer"),
    ] {
        assert_eq!(summary(&send(&app, request).await), expected);
    }
    let response = send(&app, actual("GET", "/api/a", ORIGIN)).await;
    assert_eq!(field(&response, "vary"), Some("Origin"));
}

#[actix_web::test]
async fn an_outer_permissive_policy_opens_nothing_that_the_inner_one_refuses() {
    let inner = web::scope("/api").route("/a", web::get().to(HttpResponse::Ok)).wrap(cors("one"));
    let outer = Cors::new(CorsPolicy::permissive());
    let app = start(App::new().service(inner).wrap(outer)).await;
    assert_eq!(summary(&send(&app, actual("GET", "/api/a", EVIL)).await), "200 -");
    assert_eq!(summary(&send(&app, actual("GET", "/other", EVIL)).await), "404 *");
}

/// What awaits before it calls on is polled when it does.
#[actix_web::test]
async fn of_two_the_inner_one_decides_however_late_it_is_called() {
    async fn waits<B: MessageBody + 'static>(
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        tokio::task::yield_now().await;
        next.call(request).await
    }
    let permissive = Cors::new(CorsPolicy::permissive());
    let outer_of_nothing = Cors::new(CorsOptions::builder().disable("/other").build().unwrap());
    for (outer, recorded) in [(permissive, true), (outer_of_nothing, false)] {
        let app = App::new().service(resource()).wrap(cors("inner")).wrap(from_fn(waits));
        let app = start(app.wrap(outer)).await;
        for (origin, expected) in [(ORIGIN, "200 inner"), (EVIL, "200 -")] {
            let response = send(&app, actual("GET", "/api/a", origin)).await;
            assert_eq!(summary(&response), expected);
            assert_eq!(response.extensions().contains::<CorsResult>(), recorded, "{origin}");
        }
    }
}

#[actix_web::test]
async fn one_middleware_with_path_rules_governs_each_method_by_its_own_policy() {
    let options = CorsOptions::builder()
        .add_policy("reading", policy("reading"))
        .add_policy("writing", policy("writing"))
        .route_methods(["GET"], "/api/a", "reading")
        .route_methods(["PUT"], "/api/a", "writing")
        .build()
        .unwrap();
    let resource = resource().route(web::put().to(HttpResponse::Ok));
    let app = start(App::new().service(resource).wrap(Cors::new(options))).await;
    for (request, expected) in [
        (preflight("GET", "/api/a", ORIGIN), "204 reading"),
        (preflight("PUT", "/api/a", ORIGIN), "204 writing"),
        (actual("GET", "/api/a", ORIGIN), "200 reading"),
        (actual("PUT", "/api/a", ORIGIN), "200 writing"),
        (actual("DELETE", "/api/a", ORIGIN), "405 -"),
    ] {
        assert_eq!(summary(&send(&app, request).await), expected);
    }
}
