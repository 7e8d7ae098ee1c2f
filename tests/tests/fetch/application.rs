//! One application in both frameworks, and pages that fetch from it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::dev::{Service, ServiceResponse};
use actix_web::{HttpRequest, HttpResponse, web};
use axum::Router;
use axum::body::Body;
use axum::extract::Request as AxumRequest;
use axum::response::Response as AxumResponse;
use cors_axum::testing::{Browser, FetchError, Reply, Request, Traffic};
use http::HeaderMap;

pub const PAGE: &str = "https://app.example.com";
pub const STRANGER: &str = "https://evil.example";
pub const API: &str = "https://api.example.com";

/// A request to the application, whatever the framework.
pub fn api(method: &str, path: &str) -> Request {
    Request::new(method, format!("{API}{path}"))
}

/// What a page sees of a response, with the body read.
#[derive(Debug)]
pub struct Seen {
    pub status: u16,
    pub headers: HeaderMap,
    pub url: String,
    pub body: String,
    pub traffic: Traffic,
}

pub type Fetched<'a> = Pin<Box<dyn Future<Output = Result<Seen, FetchError>> + 'a>>;

/// An application behind a CORS layer.
pub trait App {
    fn fetch<'a>(&'a mut self, page: &'a mut Browser, request: Request) -> Fetched<'a>;

    /// How often the application ran.
    fn runs(&self) -> usize;
}

/// Echoes requests, but for some paths.
#[derive(Clone, Default)]
pub struct Echo {
    runs: Arc<AtomicUsize>,
}

impl Echo {
    fn answer(
        &self,
        method: &str,
        path: &str,
        field: impl Fn(&str) -> String,
        body: &str,
    ) -> Answer {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let echo = |status, fields| (status, fields, format!("{method} {path} {body}"));
        match path {
            "/missing" => echo(404, vec![]),
            "/broken" => echo(500, vec![]),
            "/login" => echo(200, vec![("set-cookie", "session=1; HttpOnly")]),
            "/logout" => echo(200, vec![("set-cookie", "session=; Max-Age=0")]),
            "/moved" => echo(307, vec![("location", "/items?moved")]),
            "/away" => echo(302, vec![("location", "https://cdn.example/items")]),
            "/home" => echo(302, vec![("location", "https://app.example.com/")]),
            "/see-other" => echo(303, vec![("location", "/items")]),
            "/own-fields" => echo(200, vec![("access-control-allow-origin", "*")]),
            "/varies" => echo(200, vec![("vary", "accept"), ("vary", "accept-encoding")]),
            "/headers" => {
                let names = ["host", "origin", "cookie", "content-length", "sec-fetch-site"];
                let lines = names.map(|name| format!("{name}: {}", field(name)));
                (200, vec![], lines.join("\n"))
            }
            _ => echo(200, vec![("x-total", "7"), ("x-other", "8")]),
        }
    }
}

/// Status, fields and body.
type Answer = (u16, Vec<(&'static str, &'static str)>, String);

/// An axum application, made from a router with a layer.
pub struct Axum {
    router: Router,
    echo: Echo,
}

impl Axum {
    pub fn new(layer: impl FnOnce(Router) -> Router) -> Self {
        let echo = Echo::default();
        let handler = echo.clone();
        let router = Router::new().fallback(async move |request: AxumRequest| {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1024).await.expect("a body is short");
            let path = parts.uri.path_and_query().expect("a request has a path").as_str();
            let field = |name: &str| text(parts.headers.get(name).map(|value| value.as_bytes()));
            let body = String::from_utf8_lossy(&body);
            let (status, fields, body) = handler.answer(parts.method.as_str(), path, field, &body);
            let response = AxumResponse::builder().status(status);
            let response = fields.iter().fold(response, |r, (name, value)| r.header(*name, *value));
            response.body(Body::from(body)).expect("an answer is a response")
        });
        Self { router: layer(router), echo }
    }
}

impl App for Axum {
    fn fetch<'a>(&'a mut self, page: &'a mut Browser, request: Request) -> Fetched<'a> {
        Box::pin(async {
            use cors_axum::testing::Fetch as _;

            let reply = page.fetch(&mut self.router, request).await?;
            let seen = seen(&reply);
            let body = axum::body::to_bytes(reply.into_body(), 1024).await;
            Ok(Seen { body: text(body.ok().as_deref()), ..seen })
        })
    }

    fn runs(&self) -> usize {
        self.echo.runs.load(Ordering::SeqCst)
    }
}

/// An actix application; [`actix_app`](crate::actix_app) makes it.
pub struct Actix<S> {
    pub service: S,
    pub echo: Echo,
}

/// An actix application in a middleware, whose type nobody can name.
#[macro_export]
macro_rules! actix_app {
    ($middleware:expr) => {{
        let echo = $crate::application::Echo::default();
        let app = actix_web::App::new()
            .default_service($crate::application::handler(&echo))
            .wrap($middleware);
        let service = actix_web::test::init_service(app).await;
        let app: Box<dyn $crate::application::App> =
            Box::new($crate::application::Actix { service, echo });
        app
    }};
}

pub fn handler(echo: &Echo) -> actix_web::Route {
    let echo = echo.clone();
    web::to(move |request: HttpRequest, body: web::Bytes| {
        let path = request.uri().path_and_query().expect("a request has a path").as_str();
        let field = |name: &str| text(request.headers().get(name).map(|value| value.as_bytes()));
        let body = String::from_utf8_lossy(&body);
        let (status, fields, body) = echo.answer(request.method().as_str(), path, field, &body);
        let status = actix_web::http::StatusCode::from_u16(status).expect("an answer has a status");
        let mut response = HttpResponse::build(status);
        for line in fields {
            response.append_header(line);
        }
        std::future::ready(response.body(body))
    })
}

impl<S, B> App for Actix<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: actix_web::body::MessageBody + 'static,
{
    fn fetch<'a>(&'a mut self, page: &'a mut Browser, request: Request) -> Fetched<'a> {
        Box::pin(async {
            use cors_actix::testing::Fetch as _;

            let reply = page.fetch(&self.service, request).await?;
            let seen = seen(&reply);
            let body = actix_web::body::to_bytes(reply.into_body()).await;
            Ok(Seen { body: text(body.ok().as_deref()), ..seen })
        })
    }

    fn runs(&self) -> usize {
        self.echo.runs.load(Ordering::SeqCst)
    }
}

fn seen<B>(reply: &Reply<B>) -> Seen {
    Seen {
        status: reply.status(),
        headers: reply.headers().clone(),
        url: reply.url().to_owned(),
        body: String::new(),
        traffic: reply.traffic().clone(),
    }
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}
