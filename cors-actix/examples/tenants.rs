//! A policy for each tenant, told apart by host name, from a database.
//!
//! ```text
//! cargo run -p cors-actix --example tenants           # or with a file: -- tenants.sqlite
//! curl -i 127.0.0.1:8080/ -H 'Host: shop.example' -H 'Origin: https://shop.example.com'
//! curl -i -X PUT 127.0.0.1:8080/tenants/shop.example -H 'Content-Type: application/json' \
//!     -d '{"origins": ["https://shop.example.com"], "credentials": true}'
//! ```
//!
//! The first request has no CORS field in its answer, since there is no such tenant; repeated after
//! the PUT, it has. What is invalid is answered with everything that is wrong. The provider is that
//! of the example of the same name in `cors-axum`.
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

#[path = "../../examples/shared/tenants.rs"]
mod tenants;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::error::{ErrorInternalServerError, JsonPayloadError};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use cors_actix::{Cors, CorsPolicy};

use tenants::Tenants;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let tenants = Tenants::open(file.as_deref(), Duration::from_secs(10), Duration::from_secs(1))?;
    // Once, outside of the closure: the workers share it, and its database.
    let server = HttpServer::new(move || App::new().configure(routes(tenants.clone())))
        .bind("127.0.0.1:8080")?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}

fn routes(tenants: Tenants) -> impl FnOnce(&mut web::ServiceConfig) {
    let cors = Cors::with_provider(tenants.clone());
    let report = |error: JsonPayloadError, _: &HttpRequest| {
        let message = format!("{error}\n");
        actix_web::error::InternalError::from_response(
            error,
            HttpResponse::UnprocessableEntity().body(message),
        )
        .into()
    };
    move |app| {
        // Outside of the middleware: no page of another origin may change policies. (A real server
        // also requires a login here.)
        app.app_data(web::JsonConfig::default().error_handler(report))
            .app_data(web::Data::new(tenants))
            .route("/tenants/{host}", web::put().to(store))
            .service(web::scope("").wrap(cors).route("/", web::get().to(async || "hello\n")));
    }
}

async fn store(
    tenants: web::Data<Tenants>,
    host: web::Path<String>,
    policy: web::Json<CorsPolicy>,
) -> actix_web::Result<HttpResponse> {
    let stored = tenants.store(&host, &policy).await;
    stored.map_err(|error| ErrorInternalServerError(format!("{error}\n")))?;
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    use actix_web::dev::{Service, ServiceResponse};
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    const ORIGIN: &str = "https://shop.example.com";
    const LONG: Duration = Duration::from_secs(3600);

    async fn app(
        tenants: Tenants,
    ) -> impl Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>
    {
        init_service(App::new().configure(routes(tenants)).wrap_fn(|request, next| {
            let response = next.call(request);
            async move { response.await.map(ServiceResponse::map_into_boxed_body) }
        }))
        .await
    }

    /// The status, and whether the page may read the response.
    async fn answer<S>(app: &S, method: Method, host: &str) -> (u16, bool)
    where
        S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>,
    {
        let request = TestRequest::with_uri("/").method(method).insert_header(("host", host));
        let request = request
            .insert_header(("origin", ORIGIN))
            .insert_header(("access-control-request-method", "GET"));
        let response = call_service(app, request.to_request()).await;
        let allowed = response.headers().get("access-control-allow-origin");
        (response.status().as_u16(), allowed.is_some_and(|origin| origin == ORIGIN))
    }

    async fn put<S>(app: &S, host: &str, policy: &'static str) -> (u16, String)
    where
        S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>,
    {
        let request = TestRequest::put()
            .uri(&format!("/tenants/{host}"))
            .insert_header(("content-type", "application/json"))
            .set_payload(policy);
        let response = call_service(app, request.to_request()).await;
        let status = response.status().as_u16();
        let body = read_body(response).await;
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn a_policy_is_in_force_from_the_request_after_its_put() {
        let app = app(Tenants::open(None, LONG, LONG).unwrap()).await;
        let allowing = r#"{"origins": ["https://shop.example.com"]}"#;
        let refusing = r#"{"origins": ["https://other.example.com"]}"#;
        assert_eq!(answer(&app, Method::GET, "shop.example").await, (200, false));

        assert_eq!(put(&app, "Shop.example", allowing).await.0, 204);
        for _ in 0..2 {
            assert_eq!(answer(&app, Method::GET, "shop.example:8080").await, (200, true));
            assert_eq!(answer(&app, Method::OPTIONS, "SHOP.example").await, (204, true));
            assert_eq!(answer(&app, Method::GET, "other.example").await, (200, false));
        }

        assert_eq!(put(&app, "shop.example", refusing).await.0, 204);
        assert_eq!(answer(&app, Method::OPTIONS, "shop.example").await, (403, false));
        let (status, message) = put(&app, "shop.example", r#"{"origins": ["shop"]}"#).await;
        assert_eq!(status, 422);
        assert!(message.contains("origins[0] `shop`"), "{message}");
        assert_eq!(answer(&app, Method::OPTIONS, "shop.example").await, (403, false));
    }

    #[actix_web::test]
    async fn a_failure_of_the_database_allows_nothing() {
        let file = std::env::temp_dir().join(format!("cors-actix-tenants-{}", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let app = app(Tenants::open(Some(&file), Duration::ZERO, LONG).unwrap()).await;
        let policy = r#"{"origins": ["https://shop.example.com"]}"#;
        assert_eq!(put(&app, "shop.example", policy).await.0, 204);
        assert_eq!(answer(&app, Method::OPTIONS, "shop.example").await, (204, true));

        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute("DROP TABLE tenants", ()).unwrap();
        assert_eq!(answer(&app, Method::OPTIONS, "shop.example").await, (500, false));
        assert_eq!(answer(&app, Method::GET, "shop.example").await, (200, false));
        let (status, message) = put(&app, "shop.example", policy).await;
        assert_eq!(status, 500);
        assert!(message.contains("no such table"), "{message}");
        std::fs::remove_file(&file).unwrap();
    }

    #[actix_web::test]
    async fn a_database_that_hangs_does_not_hold_requests() {
        let name = format!("cors-actix-hanging-tenants-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&file);
        let tenants = Tenants::open(Some(&file), LONG, Duration::from_millis(50)).unwrap();
        let app = app(tenants).await;
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        for (method, expected) in [(Method::OPTIONS, (500, false)), (Method::GET, (200, false))] {
            let begun = Instant::now();
            assert_eq!(answer(&app, method, "shop.example").await, expected);
            // SQLite itself gives up after 5 seconds.
            assert!(begun.elapsed() < Duration::from_secs(4));
        }
        other.execute_batch("COMMIT").unwrap();
        std::fs::remove_file(&file).unwrap();
    }
}
