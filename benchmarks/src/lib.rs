//! What CORS costs: this library, its peers, and a hand-written floor, around the same service and
//! under the same requests.
//!
//! A [`Scenario`] is a request, a response and the [`Rules`] that it is under; a [`Subject`] is who
//! sees to it; [`tower`] and [`actix`] put them together. How it is measured is left to a
//! [`Measure`]: instructions, time and allocations are counted of exactly the same code.

#[cfg(feature = "actix")]
pub mod actix;
pub mod count;
#[cfg(feature = "peers")]
pub mod decisions;
mod request;
pub mod rules;
mod scenario;
pub mod tower;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub use rules::Rules;
pub use scenario::Scenario;

/// Who sees to CORS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nobody: the service alone, whose cost is taken off the others'.
    None,
    /// A layer written by hand for the rules of the scenario.
    Floor,
    /// This library.
    Ours,
    /// tower-http or actix-cors.
    #[cfg(feature = "peers")]
    Peer,
}

impl Subject {
    /// Those of this build.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::Floor,
        Self::Ours,
        #[cfg(feature = "peers")]
        Self::Peer,
    ];

    /// As it is called on the command line, and in what is printed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|subject| subject.name() == name)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Floor => "floor",
            Self::Ours => "ours",
            #[cfg(feature = "peers")]
            Self::Peer => "peer",
        }
    }
}

/// What the subject is put around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "they are quoted by these names")]
pub enum Frame {
    /// A tower service that is ready with its response at once.
    tower,
    /// A route of an axum router.
    axum,
    /// An actix service that is ready with its response at once.
    #[cfg(feature = "actix")]
    actix,
    /// A resource of an actix application.
    #[cfg(feature = "actix")]
    actix_app,
}

impl Frame {
    /// Those of this build.
    pub const ALL: &'static [Self] = &[
        Self::tower,
        Self::axum,
        #[cfg(feature = "actix")]
        Self::actix,
        #[cfg(feature = "actix")]
        Self::actix_app,
    ];

    /// As it is called on the command line, and in what is printed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|frame| format!("{frame:?}") == name)
    }

    /// Measures a subject in this frame.
    pub fn run(self, subject: Subject, scenario: Scenario, measure: &mut impl Measure) {
        match self {
            Self::tower => tower::trivial(subject, scenario, measure),
            Self::axum => tower::router(subject, scenario, measure),
            #[cfg(feature = "actix")]
            Self::actix => actix::trivial(subject, scenario, measure),
            #[cfg(feature = "actix")]
            Self::actix_app => actix::application(subject, scenario, measure),
        }
    }
}

/// Counts or times one step, again and again.
pub trait Measure {
    /// Measures `run`, and what it takes to drop its response, which is a part of what the fields
    /// in it cost; `prepare` makes the request, and does not count.
    fn measure<I, O: Answer>(&mut self, prepare: impl FnMut() -> I, run: impl FnMut(I) -> O);
}

/// A response.
pub trait Answer {
    fn status(&self) -> u16;

    /// Every line, by the name in lower case.
    fn lines(&self) -> Vec<(String, String)>;
}

impl<B> Answer for http::Response<B> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn lines(&self) -> Vec<(String, String)> {
        let lines = self.headers().iter();
        lines.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
    }
}

#[cfg(feature = "actix")]
impl<B> Answer for actix_web::dev::ServiceResponse<B> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn lines(&self) -> Vec<(String, String)> {
        let lines = self.headers().iter();
        lines.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// The output of a future that is ready at once, as all of them are here: nothing waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the service waits"),
    }
}
