//! How often a request allocates, with its response: one line for each count.

use std::hint::black_box;

use cors_benchmarks::decisions::{Decider, decide};
use cors_benchmarks::{Answer, Frame, Measure, Scenario, Subject};

/// The allocations of one request, after others have warmed up what is made only once.
#[derive(Default)]
struct Allocations(u64);

impl Measure for Allocations {
    fn measure<I, O: Answer>(
        &mut self,
        mut prepare: impl FnMut() -> I,
        mut run: impl FnMut(I) -> O,
    ) {
        for _ in 0..10 {
            let input = prepare();
            let counted = allocation_counter::measure(|| drop(black_box(run(black_box(input)))));
            self.0 = counted.count_total;
        }
    }
}

fn main() {
    for scenario in Scenario::ORDINARY.into_iter().chain(Scenario::HOSTILE) {
        for &frame in Frame::ALL {
            for &subject in Subject::ALL {
                let mut allocations = Allocations::default();
                frame.run(subject, scenario, &mut allocations);
                println!("{frame:?} {} {scenario:?} {}", subject.name(), allocations.0);
            }
        }
        for decider in Decider::ALL {
            let mut allocations = Allocations::default();
            decide(decider, scenario, &mut allocations);
            println!("core {} {scenario:?} {}", decider.name(), allocations.0);
        }
    }
}
