//! CORS for actix-web, by the policies of [`cors_core`].
//!
//! ```no_run
//! use actix_web::http::{Method, header};
//! use actix_web::{App, HttpResponse, HttpServer, web};
//! use cors_actix::{Cors, CorsPolicy};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let policy = CorsPolicy::builder()
//!         .with_origins(["https://app.example.com"])
//!         .with_methods([Method::PUT])
//!         .with_headers([header::CONTENT_TYPE])
//!         .allow_credentials()
//!         .build()?;
//!     // Once, outside of the closure: the workers share it.
//!     let cors = Cors::new(policy);
//!
//!     HttpServer::new(move || {
//!         let item = web::resource("/items/{id}")
//!             .route(web::get().to(|| async { "an item" }))
//!             .route(web::put().to(HttpResponse::NoContent));
//!         // Last, and so outermost.
//!         App::new().service(item).wrap(cors.clone())
//!     })
//!     .bind(("127.0.0.1", 8080))?
//!     .run()
//!     .await?;
//!     Ok(())
//! }
//! ```
//!
//! Policies take methods and header names as text (`"PUT"`, `"content-type"`), or as the constants of
//! [`actix_web::http`], as here.
//!
//! One middleware can also have a policy for each path, from a file (features `toml`, `json`, `yaml`) or
//! from code: see [`CorsOptions`], and `examples/policy_server.rs` for a server that can be tried out with
//! curl. A policy for each tenant comes from a [provider](Cors::with_provider). For the rest of the engine
//! see [`cors_core`].
//!
//! # What the middleware does
//!
//! 1. It chooses the policy: that of the most specific path rule, else the default, else none; or a
//!    provider chooses. For a preflight, the method that it asks for decides. The path is the whole
//!    path of the request, also inside scopes and resources, [as actix's router reads it](#paths).
//! 2. A [preflight] is answered at once: with 204 if the policy allows the origin; with 403 if it does
//!    not, if no browser would send such a preflight, or if CORS is disabled for the path. The inner
//!    service never runs for it, so that authentication, rate limits and redirects inside of the
//!    middleware cannot break it.
//! 3. Every other request runs the inner service, once. This includes `OPTIONS` requests that are not
//!    preflights, and requests of origins that are not allowed: their pages cannot read the response. With
//!    [`refuse_disallowed_origins`](Cors::refuse_disallowed_origins), requests of such origins, WebSocket
//!    handshakes included, are answered with 403 and do not run.
//! 4. Every response of the inner service, whatever its status, gets the CORS fields of the policy, and
//!    only these: those that are there already, whoever set them, are removed. `Vary` is merged. Neither
//!    the body nor any other field is touched.
//! 5. If an inner middleware fails with an `Err`, the response that actix makes of it gets the CORS
//!    fields, too, by [`Error::add_response_mapper`](actix_web::Error::add_response_mapper). (The error of
//!    a handler or an extractor is a response already.) Code of your own that makes responses of errors
//!    should call [`Error::error_response`](actix_web::Error::error_response), as actix does:
//!    `HttpResponse::from_error` does not run these mappers.
//! 6. Where no policy governs the request, the response stays exactly as it is; where CORS is
//!    disabled for its path, too.
//! 7. When a provider fails, preflights are answered with 500, and so are cross-origin requests where
//!    those of disallowed origins do not run; other requests run, and their responses have no CORS field.
//! 8. With [`record_results`](Cors::record_results) the [`CorsResult`] is put into the extensions of the
//!    response, where outer middleware can count and log it. If a provider failed, its [`ProviderError`]
//!    is always there. With the feature `tracing`, there is one event for each decision; while a
//!    subscriber listens to the target `cors`, results are recorded, too.
//! 9. Of two middlewares around one handler, the inner one decides about responses, and the outer one
//!    answers preflights, since it sees them first. It is better to have one, with path rules. If
//!    something between the two runs the inner one in another task, such as `actix_web::rt::spawn`, the
//!    outer one decides, unless the inner one records results: [`LayerScope`](cors_core::adapter::LayerScope) says
//!    why.
//!
//! # Where to put it
//!
//! ```text
//! request ─► NormalizePath ─► Cors ─► authentication, rate limits, redirects ─► App ─► handler
//!            rewrites paths   │  ▲
//!               preflights ◄──┘  └── every response and every error passes on its way back
//! ```
//!
//! The last `wrap` is the outermost. This is what the middleware does in each place; `-` is a response
//! without any CORS field, with the status that actix gives it.
//!
//! | where | preflight | response of a handler | preflight, unknown path | 404 | 405 |
//! |---|---|---|---|---|---|
//! | **`App::wrap`** | answered | CORS fields | answered | CORS fields | CORS fields |
//! | `Scope::wrap`, under its prefix | answered | CORS fields | answered | CORS fields | CORS fields |
//! | `Resource::wrap` | answered | CORS fields | 404 `-` | 404 `-` | CORS fields |
//! | `Resource::wrap`, resource with a method guard | 404 `-` | CORS fields | 404 `-` | 404 `-` | 404 `-` |
//! | `#[get("/", wrap = "cors()")]` | 404 `-` | CORS fields | 404 `-` | 404 `-` | 404 `-` |
//! | `Route::wrap` | 405 `-` | CORS fields | 404 `-` | 404 `-` | 405 `-` |
//! | `App::wrap`, authentication outside | 401 `-` | 401 `-` | 401 `-` | 401 `-` | 401 `-` |
//!
//! A guard, and with it the attribute of a handler, turns `OPTIONS` away before the middleware of
//! its resource sees it. [`testing::assert_preflight_reaches`] finds such places in an application's
//! own tests; with the feature `browser`, a page can fetch from the application there: see
//! [`testing`].
//!
//! Middleware that answers itself:
//!
//! | what | inside of the middleware | around it: preflight | around it: its own answer |
//! |---|---|---|---|
//! | authentication | CORS fields | 401 `-`, so that no page gets in | 401 `-` |
//! | `ErrorHandlers` that make a response of their own | CORS fields | answered | 500 `-` |
//!
//! `ErrorHandlers` around the middleware that only change the response they are given keep its fields.
//!
//! Policies for parts of an application:
//!
//! | where | what happens |
//! |---|---|
//! | **one middleware with path rules** | each path and method is under its own policy |
//! | `App::wrap(outer)` around `Scope::wrap(inner)` | responses are under the inner policy, preflights under the outer one: they should agree |
//!
//! # Policies that change
//!
//! A [provider](Cors::with_provider) chooses the policy of each request, at once or after asking a
//! database (`examples/tenants.rs`). `ReloadableOptions` is one whose options are replaced as a whole,
//! from code (feature `reload`) or whenever a file changes (feature `watch`):
//!
//! ```no_run
//! use actix_web::App;
//! use cors_actix::cors_core::ReloadableOptions;
//! use cors_actix::{Cors, CorsOptions};
//!
//! let options = ReloadableOptions::new(CorsOptions::from_file("cors.toml")?);
//! let cors = Cors::with_provider(options.clone());
//! // The file is followed until `watch` is dropped. If it is invalid, the old policies stay in force.
//! let watch = options.watch_file("cors.toml", |outcome| {
//!     if let Err(errors) = outcome {
//!         eprintln!("{errors}");
//!     }
//! })?;
//! let app = App::new().wrap(cors);
//! # Ok::<(), cors_actix::ConfigErrors>(())
//! ```
//!
//! # Paths
//!
//! Path rules see the whole path that the router matches, and no other spelling of a path escapes its
//! rule: what may stand in a path is decoded, and everything else is percent-encoded, with upper-case
//! digits. So `/%61dmin` is under the rule `/admin`, and `/caf%C3%A9` is the rule for the resource `/café`.
//!
//! Servers of files (`actix_files::Files`) and middleware that rewrites paths read `/a//b`,
//! `/a/./b`, `/a/../b`, `/a%2Fb` and `/a%5Cb` as other paths than a router does. Where the rules lead
//! to another policy then, no page may read the response, and results and events name the policy
//! `uncertain path`. A rule that spells the path out as it came decides, though.
//!
//! Middleware that rewrites paths, such as [`NormalizePath`](actix_web::middleware::NormalizePath), belongs
//! outside of this one, so that rules see what it makes of a path. (A trailing slash is part of a path.)
//!
//! The rule `/internal/{*rest}` covers what is below `/internal/`, and neither `/internal` nor
//! `/internal/` itself: these need rules of their own.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `serde`, `regex`, `public-suffix` | yes | the features of [`cors_core`] with these names; leave them out for a smaller program |
//! | `toml`, `json`, `yaml` | no | policy files: `CorsOptions::from_file` and its like |
//! | `reload` | no | `ReloadableOptions`: policies that your code replaces while requests run |
//! | `watch` | no | `ReloadableOptions` that follow their file |
//! | `browser` | no | a page that fetches from the application, in [`testing`] |
//! | `tracing` | no | an event with target `cors` for each decision: policy, kind, origin, reasons, explanation |
//!
//! [preflight]: https://fetch.spec.whatwg.org/#cors-preflight-request

mod cors;
mod fields;
mod future;
mod middleware;
mod provider;
mod request;
mod status;
pub mod testing;

pub use cors::Cors;
#[doc(no_inline)]
pub use cors_core;
#[cfg(feature = "watch")]
#[doc(no_inline)]
pub use cors_core::FileWatch;
#[cfg(feature = "regex")]
#[doc(no_inline)]
pub use cors_core::OriginRegex;
#[cfg(feature = "reload")]
#[doc(no_inline)]
pub use cors_core::ReloadableOptions;
#[doc(no_inline)]
pub use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicy, CorsPolicyBuilder, CorsPolicyProvider, CorsResult,
    DangerousOptIn, OriginEntry, PolicyChoice, ProvidedPolicy, ProviderError, RequestContext,
};
pub use future::ResponseFuture;
pub use middleware::CorsMiddleware;
