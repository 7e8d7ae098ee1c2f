//! Counting instructions: callgrind has to be told to collect in [`counted`] only, and in what it
//! calls.

use std::hint::black_box;

use crate::{Answer, Measure};

/// More than one, so that the state of the allocator weighs less.
pub const COUNTED: u32 = 10;

/// What is made only once, is made in these.
const WARM_UP: u32 = 10;

/// The function to collect in, as callgrind takes it.
pub const COLLECT: &str = "*::counted*";

/// Runs a few requests.
#[derive(Clone, Copy, Debug)]
pub struct Count;

impl Measure for Count {
    fn measure<I, O: Answer>(
        &mut self,
        mut prepare: impl FnMut() -> I,
        mut run: impl FnMut(I) -> O,
    ) {
        for _ in 0..WARM_UP {
            // In place: a function of its own could be merged with `counted`, which is the same.
            drop(black_box(run(black_box(prepare()))));
        }
        for _ in 0..COUNTED {
            counted(&mut run, prepare());
        }
    }
}

/// The request is given to the service and dropped, the response comes back, and is dropped.
#[inline(never)]
fn counted<I, O>(run: &mut impl FnMut(I) -> O, input: I) {
    drop(black_box(run(black_box(input))));
}
