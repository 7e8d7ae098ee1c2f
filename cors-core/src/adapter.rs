//! What an adapter for a framework, or a server of your own, is made of.
//!
//! An adapter views a request as a [`RequestContext`](crate::RequestContext), asks
//! [options](crate::CorsOptions::select_for) or a [provider](crate::CorsPolicyProvider) what governs
//! it, has a [`CorsProcessor`] process it, and carries the [`CorsAction`] out. It never looks at an
//! origin. `ARCHITECTURE.md` has the steps, and `examples/adapter.rs` of this crate is an adapter to copy
//! (`foreign_adapter.rs` where nothing is of the types of `http`).
//!
//! | for | there are |
//! |---|---|
//! | header maps and requests of other types than `http`'s | [`HeaderLines`], [`RequestTarget`] |
//! | what follows for a request | [`CorsProcessor`], [`CorsAction`], [`ActualAnswer`], [`PreflightAnswer`] |
//! | the fields of a response, where its header map is not `http`'s | [`CorsFields`], [`CorsField`], [`FieldValue`], [`KeptVary`], [`is_cors_field`], [`merged_vary_origin`] |
//! | a response whose policy is not known | [`strip_cors_fields`] |
//! | layers within layers | [`LayerScope`] |
//! | an adapter's testing functions | [`judge_preflight`] |
//! | events (feature `tracing`) | `trace_decision` |
//!
//! ```
//! use cors_core::adapter::{CorsAction, CorsProcessor};
//! use cors_core::{CorsOptions, CorsPolicy, CorsRequest, RequestContext};
//! use http::{Request, Response, StatusCode};
//!
//! /// A server's only function, under the policies of `options`.
//! fn serve(request: &Request<()>, options: &CorsOptions) -> Response<String> {
//!     let view = CorsRequest::from_headers(request.method(), request.headers());
//!     let context = RequestContext::for_target(view, request.uri());
//!     let hello = || Response::new("Hello".to_owned());
//!     match CorsProcessor::new().process(&context, options.select_for(&context)) {
//!         CorsAction::Forward(answer) => {
//!             let mut response = hello();
//!             answer.apply_to(response.headers_mut());
//!             response
//!         }
//!         CorsAction::Respond { status, answer } => {
//!             let mut response = Response::default();
//!             *response.status_mut() = status;
//!             if let Some(answer) = answer {
//!                 answer.apply_to(response.headers_mut());
//!             }
//!             response
//!         }
//!         CorsAction::PassThrough => hello(),
//!         // Neither happens here: nothing is set to refuse requests, and there is no provider.
//!         CorsAction::Refuse(_) | CorsAction::Fail { .. } => {
//!             let mut response = Response::default();
//!             *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
//!             response
//!         }
//!     }
//! }
//!
//! let options = CorsOptions::from(CorsPolicy::permissive());
//! let request = Request::get("/").header("origin", "https://app.example.com").body(())?;
//! let response = serve(&request, &options);
//! assert_eq!(response.headers()["access-control-allow-origin"], "*");
//! assert_eq!(response.body(), "Hello");
//! # Ok::<(), http::Error>(())
//! ```

pub use crate::context::RequestTarget;
pub use crate::fields::{
    CorsField, CorsFields, FieldValue, KeptVary, is_cors_field, merged_vary_origin,
    strip_cors_fields,
};
pub use crate::nesting::LayerScope;
pub use crate::processor::{ActualAnswer, CorsAction, CorsProcessor, PreflightAnswer};
pub use crate::request::{FieldLine, HeaderLines, RequestField};
pub use crate::testing::{PreflightFailure, UnansweredPreflight, judge_preflight};
#[cfg(feature = "tracing")]
pub use crate::trace::trace_decision;
