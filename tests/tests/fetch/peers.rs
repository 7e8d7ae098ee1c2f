//! The same application behind other CORS layers, configured as their documentation shows: what
//! pages meet there and not behind ours.
//!
//! Each fact holds of the peer and not of ours. One that no longer holds fails, so that nobody goes
//! on saying what a peer has mended.

use actix_cors::Cors;
use actix_web::http::header::CONTENT_TYPE;
use cors_axum::CorsPolicy;
use cors_axum::testing::{Browser, Credentials, Failure, FetchError, Request, Traffic};
use http::Method;
use http::header::HeaderName;
use tower_http::cors::{Any, CorsLayer};

use crate::actix_app;
use crate::application::{App, Axum, PAGE, STRANGER, Seen, api};

/// What a page of this origin meets when it asks for this.
struct Fact {
    sentence: &'static str,
    page: &'static str,
    request: Request,
    shows: fn(&Outcome) -> bool,
}

struct Outcome {
    fetched: Result<Seen, FetchError>,
    application_ran: bool,
}

impl Outcome {
    fn is_read(&self) -> bool {
        self.fetched.is_ok()
    }

    /// The field of the last response, whole as the peer sent it.
    fn field(&self, name: &str) -> Option<String> {
        let response = self.traffic().responses().last()?;
        let value = response.headers().combined(name)?;
        Some(String::from_utf8_lossy(&value).into_owned())
    }

    fn status(&self) -> Option<u16> {
        Some(self.traffic().responses().last()?.status())
    }

    fn failure(&self) -> Option<&Failure> {
        Some(self.fetched.as_ref().err()?.blocked()?.failure())
    }

    fn traffic(&self) -> &Traffic {
        match &self.fetched {
            Ok(seen) => &seen.traffic,
            Err(error) => error.traffic(),
        }
    }
}

#[actix_web::test]
async fn tower_http_with_a_list_of_origins() {
    let layer = CorsLayer::new()
        .allow_origin([PAGE.parse().unwrap(), "https://admin.example.com".parse().unwrap()])
        .allow_methods([Method::GET, Method::PUT, Method::OPTIONS])
        .allow_headers([http::header::CONTENT_TYPE])
        .expose_headers([HeaderName::from_static("x-total")])
        .allow_credentials(true);
    let peer = || -> Box<dyn App> { Box::new(Axum::new(|router| router.layer(layer.clone()))) };
    check(peer, strict, &[
        Fact {
            sentence: "it answers every OPTIONS itself: the application's own never runs",
            page: PAGE,
            request: api("OPTIONS", "/items"),
            shows: |outcome| outcome.is_read() && !outcome.application_ran,
        },
        Fact {
            sentence: "it answers a refused preflight with status 200",
            page: STRANGER,
            request: api("PUT", "/items"),
            shows: |outcome| !outcome.is_read() && outcome.status() == Some(200),
        },
        Fact {
            sentence: "it tells a refused origin the methods, the headers and that there are \
                       credentials",
            page: STRANGER,
            request: api("PUT", "/items"),
            shows: |outcome| {
                ["access-control-allow-methods", "access-control-allow-headers"]
                    .iter()
                    .all(|name| outcome.field(name).is_some())
                    && outcome.field("access-control-allow-credentials").is_some()
            },
        },
        Fact {
            sentence: "it sends credentials and exposed headers to a refused origin's request",
            page: STRANGER,
            request: api("GET", "/items"),
            shows: |outcome| {
                outcome.field("access-control-allow-credentials").is_some()
                    && outcome.field("access-control-expose-headers").is_some()
            },
        },
        Fact {
            sentence: "a `*` that the application sets stays where the policy refuses: the page \
                       reads",
            page: STRANGER,
            request: api("GET", "/own-fields"),
            shows: Outcome::is_read,
        },
    ])
    .await;
}

#[actix_web::test]
async fn tower_http_with_any() {
    let layer = CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).allow_headers(Any);
    let peer = || -> Box<dyn App> { Box::new(Axum::new(|router| router.layer(layer.clone()))) };
    check(
        peer,
        open,
        &[Fact {
            sentence: "any header does not cover `Authorization`, which the standard wants by name",
            page: PAGE,
            request: api("GET", "/items").header("authorization", "Bearer x"),
            shows: |outcome| {
                matches!(
                    outcome.failure(),
                    Some(Failure::AuthorizationNotListed { wildcard: true, .. })
                )
            },
        }],
    )
    .await;
}

#[actix_web::test]
async fn actix_cors_with_a_list_of_origins() {
    let peer = async || -> Box<dyn App> {
        let cors = Cors::default()
            .allowed_origin(PAGE)
            .allowed_origin("https://admin.example.com")
            .allowed_methods(["GET", "PUT", "OPTIONS"])
            .allowed_header(CONTENT_TYPE)
            .expose_headers(["x-total"])
            .supports_credentials();
        actix_app!(cors)
    };
    check_async(peer, strict, &[
        Fact {
            sentence: "it answers a refused preflight with status 400",
            page: STRANGER,
            request: api("PUT", "/items"),
            shows: |outcome| outcome.status() == Some(400),
        },
        Fact {
            sentence: "it answers a refused preflight without `Vary`",
            page: STRANGER,
            request: api("PUT", "/items"),
            shows: |outcome| outcome.field("vary").is_none(),
        },
        Fact {
            sentence: "the console blames the origin where the method is at fault",
            page: PAGE,
            request: api("DELETE", "/items"),
            shows: |outcome| outcome.failure() == Some(&Failure::AllowOriginMissing),
        },
        Fact {
            sentence: "the console blames the origin where a header is at fault",
            page: PAGE,
            request: api("GET", "/items").header("x-secret", "1"),
            shows: |outcome| outcome.failure() == Some(&Failure::AllowOriginMissing),
        },
        Fact {
            sentence: "it sends credentials and exposed headers to a refused origin's request",
            page: STRANGER,
            request: api("GET", "/items"),
            shows: |outcome| {
                outcome.field("access-control-allow-credentials").is_some()
                    && outcome.field("access-control-expose-headers").is_some()
            },
        },
        Fact {
            sentence: "a `*` that the application sets stays where the policy refuses: the page \
                       reads",
            page: STRANGER,
            request: api("GET", "/own-fields"),
            shows: Outcome::is_read,
        },
        Fact {
            sentence: "it loses all lines of the application's `Vary` but the first",
            page: PAGE,
            request: api("GET", "/varies"),
            shows: |outcome| {
                let vary = outcome.field("vary").unwrap_or_default().to_lowercase();
                !vary.split(", ").any(|name| name == "accept-encoding")
            },
        },
    ])
    .await;
}

#[actix_web::test]
async fn actix_cors_permissive() {
    let peer = async || -> Box<dyn App> { actix_app!(Cors::permissive()) };
    check_async(
        peer,
        permissive,
        &[
            Fact {
                sentence: "`permissive` lets every origin read with the user's cookies",
                page: STRANGER,
                request: api("GET", "/items").credentials(Credentials::Include),
                shows: Outcome::is_read,
            },
            Fact {
                sentence: "`permissive` lets sandboxed pages (`null`) read with the user's cookies",
                page: "null",
                request: api("GET", "/items").credentials(Credentials::Include),
                shows: Outcome::is_read,
            },
            Fact {
                sentence: "any method is nine methods",
                page: PAGE,
                request: api("PURGE", "/items"),
                shows: |outcome| !outcome.is_read(),
            },
        ],
    )
    .await;
}

#[actix_web::test]
async fn actix_cors_as_its_documentation_matches_subdomains() {
    let peer = async || -> Box<dyn App> {
        let cors = Cors::default()
            .allowed_origin("https://www.rust-lang.org")
            .allowed_origin_fn(|origin, _| origin.as_bytes().ends_with(b".rust-lang.org"))
            .allowed_methods(["GET", "POST"]);
        actix_app!(cors)
    };
    let ours = || {
        let origins = ["https://www.rust-lang.org", "https://*.rust-lang.org"];
        CorsPolicy::builder().with_origins(origins).build().unwrap()
    };
    check_async(
        peer,
        ours,
        &[Fact {
            sentence: "the suffix match of its documentation lets `http` pages of the domain read",
            page: "http://blog.rust-lang.org",
            request: api("GET", "/items"),
            shows: Outcome::is_read,
        }],
    )
    .await;
}

fn strict() -> CorsPolicy {
    CorsPolicy::builder()
        .with_origins([PAGE, "https://admin.example.com"])
        .with_methods(["PUT", "OPTIONS"])
        .with_headers(["content-type"])
        .with_exposed_headers(["x-total"])
        .allow_credentials()
        .build()
        .unwrap()
}

fn open() -> CorsPolicy {
    CorsPolicy::builder().allow_any_origin().allow_any_header().build().unwrap()
}

fn permissive() -> CorsPolicy {
    CorsPolicy::permissive()
}

async fn check(peer: impl Fn() -> Box<dyn App>, ours: impl Fn() -> CorsPolicy, facts: &[Fact]) {
    check_async(async || peer(), ours, facts).await;
}

async fn check_async(
    peer: impl AsyncFn() -> Box<dyn App>,
    ours: impl Fn() -> CorsPolicy,
    facts: &[Fact],
) {
    let ours = || -> Box<dyn App> {
        let layer = cors_axum::CorsLayer::new(ours());
        Box::new(Axum::new(|router| router.layer(layer)))
    };
    let mut stale = Vec::new();
    for Fact { sentence, page, request, shows } in facts {
        if !shows(&outcome(peer().await, page, request).await) {
            stale.push(format!("no longer true: {sentence}"));
        }
        if shows(&outcome(ours(), page, request).await) {
            stale.push(format!("true of ours too: {sentence}"));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

async fn outcome(mut app: Box<dyn App>, page: &str, request: &Request) -> Outcome {
    let mut page = Browser::at(page).unwrap();
    let fetched = app.fetch(&mut page, request.clone()).await;
    Outcome { fetched, application_ran: app.runs() > 0 }
}
