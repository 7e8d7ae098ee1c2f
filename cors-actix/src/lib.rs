//! CORS for actix-web.

mod cors;
mod fields;
mod future;
mod middleware;
mod request;
mod status;
pub mod testing;

pub use cors::Cors;
#[doc(no_inline)]
pub use cors_core::{ConfigErrors, CorsOptions, CorsPolicy, CorsResult, RequestContext};
pub use future::ResponseFuture;
pub use middleware::CorsMiddleware;
