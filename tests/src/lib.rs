//! The harness of the conformance tests: facts from other implementations and from attack
//! collections, a plain second implementation of the engine to compare with, a browser to judge
//! the answers, and one trait for every server that gives them.
//!
//! The way of a vector: [`vectors`] reads it, [`translate`] writes its policy as [`Settings`],
//! a [`Server`] answers its request, [`browser`] says what a page would see, [`mod@reference`] what
//! the answer should have been, and [`divergences`] where and why it is not what the other
//! implementation gives.
//!
//! The way of a generated fetch: [`fetches`] says whether the policy allows it, [`pages`] carries it
//! out in a browser, and [`http_cache`] serves its requests what was answered to others.

/// The programs in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The programs in the guide do what it says.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide.md")]
struct Guide;

/// What stands before and after a migration compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/migration.md")]
struct Migration;

pub mod browser;
pub mod divergences;
pub mod fetches;
pub mod fuzz;
pub mod http_cache;
pub mod pages;
mod process;
pub mod reference;
mod server;
mod settings;
pub mod translate;
pub mod vectors;

pub use process::Process;
pub use server::{
    Actix, ActixInProcess, Answer, Application, Axum, AxumInProcess, Core, CoreOverHttp, Lines,
    Request, Server, Unrepresentable,
    http2::{self, OverHttp2},
    wire,
};
pub use settings::{Entry, Governs, NullOrigin, Predicate, Settings};
pub use translate::{Dangers, Translation};
