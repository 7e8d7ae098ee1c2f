//! A pure CORS policy engine.
mod error;
mod excerpt;
mod fetch;
mod field_list;
mod options;
mod origin;
mod policy;
mod processor;
mod request;
mod result;
mod service;

pub use error::{
    ConfigError, ConfigErrorReason, ConfigErrors, ConfigWarning, ConfigWarningReason, Place,
    Position, Setting,
};
pub use excerpt::Excerpt;
pub use options::{CorsOptions, CorsOptionsBuilder, PolicySelection, PolicySource};
pub use origin::{Origin, OriginError, OriginPattern, OriginPatternError};
#[cfg(feature = "regex")]
pub use policy::OriginRegex;
pub use policy::{CorsPolicy, CorsPolicyBuilder, DangerousOptIn, OriginEntry};
pub use processor::{CorsAction, CorsProcessor};
pub use request::{CorsRequest, HeaderLines, RequestKind};
pub use result::{CorsOutcome, CorsResult, RefusalReason, RefusalReasons};
pub use service::CorsService;
