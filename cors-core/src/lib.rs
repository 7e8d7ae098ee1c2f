//! A pure CORS policy engine: a request and a policy go in, a result comes out.
//!
//! A page of one origin may read what a server of another origin answers only if the server says
//! so, in the [CORS protocol] of the Fetch standard. This crate decides what to say. A
//! decision knows no web framework, does no input or output, keeps no state and cannot fail:
//! all errors are errors of the settings, which are reported together when a policy is built. (Reading
//! policies from files, and following files that change, are features of their own.)
//!
//! ```
//! use std::time::Duration;
//! use cors_core::{CorsPolicy, CorsRequest, CorsService};
//! use http::{HeaderMap, Method, header};
//!
//! // Once, at start-up:
//! let policy = CorsPolicy::builder()
//!     .with_origins(["https://example.com", "https://*.example.com"])
//!     .with_methods([Method::PUT, Method::DELETE])
//!     .with_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
//!     .with_exposed_headers(["x-total-count"])
//!     .allow_credentials()
//!     .preflight_max_age(Duration::from_secs(600))
//!     .build()?;
//!
//! // For every request:
//! let (parts, _) = http::Request::get("/items")
//!     .header("origin", "https://shop.example.com")
//!     .body(())?
//!     .into_parts();
//! let result = CorsService::new().evaluate_policy(&CorsRequest::from_parts(&parts), &policy);
//! assert!(result.is_origin_allowed());
//!
//! // On its response, whatever it is:
//! let mut headers = HeaderMap::new();
//! result.apply_to(&mut headers);
//! assert_eq!(headers["access-control-allow-origin"], "https://shop.example.com");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The way of the data
//!
//! A [policy file](#policy-files) or code fills a [`CorsPolicyBuilder`]; [`build`] checks it and
//! yields an immutable [`CorsPolicy`], or every [error](ConfigErrors) at once. A [`CorsRequest`] is a
//! borrowed view of a request, from the types of [`http`] or from raw header lines.
//! [`CorsService::evaluate_policy`] is a pure function of the two; its [`CorsResult`] says what was
//! decided and why, and [applies](CorsResult::apply_to) itself to a response.
//!
//! [`CorsOptions`] hold named policies, a default one, and rules for paths; a [`CorsPolicyProvider`]
//! chooses by whatever else the server knows. What adapters are made of is in [`adapter`]; why a request
//! was decided as it was, in words, is in [`explain`].
//!
//! # What it refuses
//!
//! - Credentials together with any origin; credentials with a regex that also matches unrelated domains;
//!   and, unless the entry itself opts in, credentials for other origins that strangers can control: a
//!   wildcard over a public suffix, `null`, and plain `http` except on loopback.
//! - Settings that could never have an effect: an origin with a path, with a default port or in upper
//!   case, a method `put`, a request header that scripts cannot set.
//!
//! It never repairs a request: an `Origin` is compared as bytes, and what is not a serialised origin
//! matches nothing. And it never sends what contradicts itself: no `*` beside credentials, no second
//! `Access-Control-Allow-Origin`, no empty list.
//!
//! # Policy files
//!
//! With the feature `serde` (on by default) [`CorsPolicy`] and [`CorsOptions`] can be read from, and
//! written to, every serde format, as a file of their own or as a part of a larger configuration.
//! The features `toml`, `json` and `yaml` add `CorsOptions::from_toml`, `from_json`, `from_yaml`
//! and `from_file`.
#![doc = ""]
#![doc = include_str!("../docs/policy-file.md")]
//!
//! # Explanations
#![doc = ""]
#![doc = include_str!("../docs/explanations.md")]
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `serde` | yes | `Serialize` and `Deserialize` for policies and options, `Serialize` for results |
//! | `regex` | yes | [`with_origin_regex`](CorsPolicyBuilder::with_origin_regex) |
//! | `public-suffix` | yes | knowledge of the [public suffix list]; without it, every credentialed `https://*.example.com` needs the opt-in `public_suffix` |
//! | `toml`, `json`, `yaml` | no | reading policy files |
//! | `reload` | no | [`ReloadableOptions`], which are replaced while requests run |
//! | `watch` | no | options that follow their file; turns `toml` and `reload` on |
//! | `tracing` | no | [`trace_decision`](adapter::trace_decision), which adapters call |
//! | `browser` | no | [`browser`], the client side of the protocol, for tests; what browsers print, in [explanations](explain::Explanation) |
//!
//! [CORS protocol]: https://fetch.spec.whatwg.org/#http-cors-protocol
//! [public suffix list]: https://publicsuffix.org
//! [`build`]: CorsPolicyBuilder::build

pub mod adapter;
#[cfg(feature = "browser")]
pub mod browser;
mod context;
mod error;
mod excerpt;
pub mod explain;
mod fetch;
mod field_list;
mod fields;
mod nesting;
mod options;
mod origin;
mod policy;
mod processor;
mod provider;
mod request;
mod result;
mod service;
mod shared;
mod testing;
#[cfg(feature = "tracing")]
mod trace;

pub use context::RequestContext;
pub use error::{
    ConfigError, ConfigErrorReason, ConfigErrors, ConfigWarning, ConfigWarningReason, Place,
    Position, Setting,
};
pub use excerpt::Excerpt;
#[cfg(feature = "watch")]
pub use options::FileWatch;
#[cfg(feature = "reload")]
pub use options::ReloadableOptions;
pub use options::{CorsOptions, CorsOptionsBuilder, PolicySelection, PolicySource};
#[cfg(feature = "regex")]
pub use origin::OriginRegex;
pub use origin::{
    DangerousOptIn, Origin, OriginEntry, OriginError, OriginPattern, OriginPatternError,
};
pub use policy::{CorsPolicy, CorsPolicyBuilder};
pub use provider::{CorsPolicyProvider, PolicyChoice, PolicyFuture, ProvidedPolicy, ProviderError};
pub use request::{CorsRequest, RequestKind};
pub use result::{CorsOutcome, CorsResult, RefusalReason, RefusalReasons};
pub use service::CorsService;
