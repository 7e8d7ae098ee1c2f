//! A server that answers under the policies of a file: to try them out with curl or a browser.
//!
//! `cargo run -p cors-actix --example policy_server` starts it with the sample, `examples/cors.toml`.
//! What it does without actix is in `examples/shared/policy_server.rs`; the one of `cors-axum`
//! answers alike.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

#[path = "../../examples/shared/policy_server.rs"]
mod shared;

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use cors_actix::{Cors, CorsOptions};

#[actix_web::main]
async fn main() -> ExitCode {
    shared::run(serve).await
}

async fn serve(options: CorsOptions, listener: TcpListener) -> io::Result<()> {
    // One for all workers, who share its policies.
    let cors = Cors::new(options.clone());
    HttpServer::new(move || App::new().configure(|app| routes(app, &options)).wrap(cors.clone()))
        .listen_auto_h2c(listener)?
        .run()
        .await
}

/// The same routes for every policy; one middleware governs them all.
fn routes(app: &mut ServiceConfig, options: &CorsOptions) {
    let text = shared::index(options);
    let index = move || std::future::ready(text.clone());
    let get = web::get().to(index.clone());
    app.service(web::resource("/").route(get).route(web::head().to(index)));
    for name in shared::served_names(options) {
        let [echo_path, status_path] = shared::own_paths(name);
        app.service(web::resource(echo_path).to(echo));
        app.service(web::resource(status_path).to(status));
    }
}

async fn echo(request: HttpRequest) -> HttpResponse {
    let lines = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let echo = shared::Echo::new(request.method().as_str(), request.path(), lines);
    let mut response = HttpResponse::Ok();
    for field in shared::ECHO_FIELDS {
        response.insert_header(field);
    }
    response.json(echo)
}

async fn status(code: web::Path<String>) -> HttpResponse {
    match shared::status_code(&code).and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) => HttpResponse::new(status),
        None => HttpResponse::BadRequest()
            .content_type(ContentType::plaintext())
            .body(shared::NO_STATUS),
    }
}

#[cfg(test)]
mod tests {
    use super::shared::tests::{ANSWERS, LINES, sample};
    use super::*;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    #[actix_web::test]
    async fn each_policy_of_the_sample_governs_its_own_paths() {
        let options = sample();
        let app = App::new().configure(|app| routes(app, &options));
        let app = init_service(app.wrap(Cors::new(options))).await;
        for (path, status, allowed, body) in ANSWERS {
            let mut request = TestRequest::with_uri(path);
            for line in LINES {
                request = request.append_header(line);
            }
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), status, "{path}");
            let origin = response.headers().get("access-control-allow-origin");
            assert_eq!(origin.map_or("", |value| value.to_str().unwrap()), allowed, "{path}");
            assert_eq!(read_body(response).await, body, "{path}");
        }
    }
}
