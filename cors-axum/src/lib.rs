//! CORS for axum and every other tower service, by the policies of [`cors_core`].
//!
//! ```no_run
//! use axum::{Router, http::Method, http::header, routing::get};
//! use cors_axum::{CorsLayer, CorsPolicy};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let policy = CorsPolicy::builder()
//!         .with_origins(["https://app.example.com"])
//!         .with_methods([Method::PUT])
//!         .with_headers([header::CONTENT_TYPE])
//!         .allow_credentials()
//!         .build()?;
//!
//!     let app = Router::new()
//!         .route("/items/{id}", get(|| async { "an item" }).put(|| async { "changed" }))
//!         // After the routes and the fallback: a layer is around what was added before it.
//!         .layer(CorsLayer::new(policy));
//!
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! One layer can also have a policy for each path, from a file (features `toml`, `json`, `yaml`) or
//! from code: see [`CorsOptions`], and `examples/policy_server.rs` for a server that can be tried out
//! with curl. And the policies can [change](#policies-that-change) while the server runs. For the rest
//! of the engine see [`cors_core`].
//!
//! # What the layer does
//!
//! 1. It chooses the policy: that of the most specific path rule, else the default, else none; or
//!    what a [provider](CorsLayer::with_provider) chooses. For a preflight, the method that it asks
//!    for decides. The path is the whole path of the request, also inside `Router::nest` (with the
//!    feature `axum`).
//! 2. A [preflight] is answered at once: with 204 if the policy allows the origin; with 403 if it does
//!    not, if no browser would send such a preflight, or if CORS is disabled for the path. The inner
//!    service never runs for it, so that authentication, rate limits and redirects inside of the layer
//!    cannot break it. (Like every request, it waits until the service is ready.)
//! 3. Every other request runs the inner service, once. This includes `OPTIONS` requests that are not
//!    preflights, and requests of origins that are not allowed: their pages cannot read the response. With
//!    [`refuse_disallowed_origins`](CorsLayer::refuse_disallowed_origins), requests of such origins,
//!    WebSocket handshakes included, are answered with 403 and do not run.
//! 4. Every response of the inner service, whatever its status, gets the CORS fields of the policy, and
//!    only these: those that are there already, whoever set them, are removed. `Vary` is merged. Neither
//!    the body nor any other field is touched. An `Err` of the service passes through, since it is not
//!    a response (in axum, there are none).
//! 5. Where no policy governs the request, the response stays exactly as it is; where CORS is
//!    disabled for its path, too.
//! 6. With [`record_results`](CorsLayer::record_results) the [`CorsResult`] is put into the extensions
//!    of the response, where outer layers can count and log it (`examples/metrics.rs`). If a provider
//!    failed, its [`ProviderError`] is always there. With the feature `tracing`, there is one event for
//!    each decision; while a subscriber listens to the target `cors`, results are recorded, too.
//! 7. Of two layers around one route, the inner one decides about responses, and the outer one answers
//!    preflights, since it sees them first. It is better to have one layer, with path rules. If
//!    something between the two runs the inner one in another task, such as `tower::buffer::Buffer` or
//!    `tokio::spawn`, the outer one decides, unless the inner one records results:
//!    [`LayerScope`](cors_core::adapter::LayerScope) says why.
//!
//! # Where to put it
//!
//! Around everything that makes responses:
//!
//! ```text
//!    request                                               response
//!       |                                                     ^
//! +-----v-----------------------------------------------------|-----+
//! | counting, request ids: what looks on, and answers nothing       |
//! | +-------------------------------------------------------------+ |
//! | | CorsLayer: answers preflights, and sets the CORS fields of  | |
//! | |            every response from the inside                   | |
//! | | +---------------------------------------------------------+ | |
//! | | | redirects, authentication, limits of rate and time,     | | |
//! | | | caught panics: what answers in the application's place  | | |
//! | | | +-----------------------------------------------------+ | | |
//! | | | | routes, handlers, fallback, 404, 405                | | | |
//! | | | +-----------------------------------------------------+ | | |
//! | | +---------------------------------------------------------+ | |
//! | +-------------------------------------------------------------+ |
//! +-----------------------------------------------------------------+
//! ```
//!
//! In `Router::layer` chains the last layer is the outermost; in a `tower::ServiceBuilder` it is the
//! first. This is what a layer does in each place; `-` is a response without any CORS field, with the
//! status that axum gives it.
//!
//! | where | preflight | response of a handler | preflight, unknown path | 404 | 405 |
//! |---|---|---|---|---|---|
//! | **`Router::layer`, after routes and fallback** | answered | CORS fields | answered | CORS fields | CORS fields |
//! | around the router: `cors.layer(router)` | answered | CORS fields | answered | CORS fields | CORS fields |
//! | `Router::layer`, before `fallback` | answered | CORS fields | 404 `-` | 404 `-` | CORS fields |
//! | `Router::layer`, before the routes | 405 `-` | 200 `-` | answered | CORS fields | 405 `-` |
//! | `Router::route_layer` | answered | CORS fields | 404 `-` | 404 `-` | CORS fields |
//! | `get(a).layer(cors)` | answered | CORS fields | 404 `-` | 404 `-` | CORS fields |
//! | `get(a).route_layer(cors)` | 405 `-` | CORS fields | 404 `-` | 404 `-` | 405 `-` |
//!
//! Policies for parts of an application:
//!
//! | where | what happens |
//! |---|---|
//! | **one layer with path rules** | each path and method is under its own policy |
//! | `get(a).layer(cors).post(b)` | preflights for POST are answered, but its responses have no CORS fields |
//! | `get(a).layer(one).merge(post(b).layer(two))` | `two` answers every preflight, those for GET too |
//! | `Router::new().merge(one).merge(two)`, each with a layer | paths that neither has are under `two` |
//! | `nest("/api", inner).layer(outer)`, `inner` with a layer | responses are under the inner policy, preflights under the outer one: they should agree |
//!
//! Middleware that answers itself:
//!
//! | what | inside of the layer | around the layer: preflight | around the layer: its own answer |
//! |---|---|---|---|
//! | authentication | CORS fields | 401 `-`, so that no page gets in | 401 `-` |
//! | redirects (https, a login) | CORS fields | 303 `-`, which no browser follows | 303 `-` |
//! | a time limit | CORS fields | answered | 408 `-` |
//! | a caught panic | CORS fields | answered | 500 `-` |
//!
//! A test tells whether preflights reach the layer, and what to change if they do not: see
//! [`testing`].
//!
//! # Paths
//!
//! Path rules see the whole path of the request, and no other spelling of a path escapes its rule: what
//! may stand in a path is decoded, and everything else is percent-encoded, with upper-case digits. So
//! `/%61dmin` is under the rule `/admin`, and `/caf%C3%A9` is the rule for `/café`.
//!
//! Servers of files (`tower_http::services::ServeDir`) and middleware that rewrites paths read `/a//b`,
//! `/a/./b`, `/a/../b`, `/a%2Fb` and `/a%5Cb` as other paths than a router does. Where the rules lead
//! to another policy then, no page may read the response, and results and events name the policy
//! `uncertain path`. A rule that spells the path out as it came decides, though.
//!
//! Middleware that rewrites paths, such as `tower_http::normalize_path`, belongs
//! outside of the layer, so that rules see what it makes of a path. (A trailing slash is part of a path.)
//!
//! The rule `/internal/{*rest}` covers what is below `/internal/`, and neither `/internal` nor
//! `/internal/` itself: these need rules of their own.
//!
//! # Policies that change
//!
//! A [provider](CorsLayer::with_provider) chooses the policy of each request, at once or after
//! asking a database (`examples/tenants.rs`). `ReloadableOptions` is one whose options are replaced
//! as a whole, from code (feature `reload`) or whenever a file changes (feature `watch`):
//!
//! ```no_run
//! use axum::Router;
//! use cors_axum::cors_core::ReloadableOptions;
//! use cors_axum::{CorsLayer, CorsOptions};
//!
//! let options = ReloadableOptions::new(CorsOptions::from_file("cors.toml")?);
//! let app: Router = Router::new().layer(CorsLayer::with_provider(options.clone()));
//! // The file is followed until `watch` is dropped. If it is invalid, the old policies stay in force.
//! let watch = options.watch_file("cors.toml", |outcome| {
//!     if let Err(errors) = outcome {
//!         eprintln!("{errors}");
//!     }
//! })?;
//! # Ok::<(), cors_axum::ConfigErrors>(())
//! ```
//!
//! # Without axum
//!
//! With `default-features = false, features = ["serde", "regex", "public-suffix"]` there is no axum
//! among the dependencies, and path rules see [`Uri::path`](http::Uri::path).
//!
//! - Any `tower::Service<http::Request<_>, Response = http::Response<B>>` will do as long as `B` is
//!   [`Default`], which stands for the empty body of an answer to a preflight. The layer sets no
//!   `Content-Length`; hyper adds it where the status may have one.
//! - hyper: wrap the service in the layer, and the result in hyper-util's `TowerToHyperService`.
//! - tonic with gRPC-Web: put the layer outside, `Server::builder().accept_http1(true)
//!   .layer(cors).layer(GrpcWebLayer::new())`, with [`CorsPolicy::grpc_web`]. Where it refuses
//!   disallowed origins, tonic's body needs [`refuse_with`](CorsLayer::refuse_with):
//!   `|_| Status::permission_denied("origin").into_http()`.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `axum` | yes | path rules that see the whole path inside `Router::nest`, and [`testing`] for routers |
//! | `serde`, `regex`, `public-suffix` | yes | the features of [`cors_core`] with these names; leave them out for a smaller program |
//! | `tracing` | no | an event with target `cors` for each decision: policy, kind, origin, reasons, explanation |
//! | `toml`, `json`, `yaml` | no | policy files: `CorsOptions::from_file` and its like |
//! | `reload` | no | `ReloadableOptions`: policies that your code replaces while requests run |
//! | `watch` | no | `ReloadableOptions` that follow their file |
//! | `browser` | no | a page that fetches from the service, in [`testing`] |
//!
//! [preflight]: https://fetch.spec.whatwg.org/#cors-preflight-request

mod future;
mod layer;
mod provider;
mod refusal;
mod request;
mod service;
pub mod testing;

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
pub use future::{ProvidedResponseFuture, ResponseFuture};
pub use layer::CorsLayer;
pub use provider::Provider;
pub use refusal::{CustomRefusal, NoRefusal, Refusal, TextRefusal};
pub use service::Cors;
