//! What CORS costs: this library, its peers, and a hand-written floor, around the same service and
//! under the same requests.
//!
//! A [`Scenario`] is a request, a response and the [`Rules`] that it is under; a [`Subject`] is who
//! sees to it; [`tower`] and [`actix`] put them together. How it is measured is left to a
//! [`Measure`]: instructions, time and allocations are counted of exactly the same code.

pub mod actix;
mod request;
pub mod rules;
mod scenario;
pub mod tower;

use std::hint::black_box;
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

/// Counts or times one step, again and again.
pub trait Measure {
    /// Measures `run`; `prepare` makes what each run consumes, and does not count.
    fn measure<I>(&mut self, prepare: impl FnMut() -> I, run: impl FnMut(I));
}

/// The output of a future that is ready at once, as all of them are here: nothing waits.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the service waits"),
    }
}

/// What becomes of a response: it is looked at, so that it has to be there, and dropped, which is a
/// part of what its fields cost.
fn finish<R>(response: R) {
    drop(black_box(response));
}
