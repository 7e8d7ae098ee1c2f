//! How long a request takes. Times are of this machine and of this run: quote them as ratios.
//!
//! The subjects of one scenario follow one another, so that what else the machine does weighs on
//! all of them.

use std::hint::black_box;
use std::time::Duration;

use cors_benchmarks::decisions::{Decider, decide};
use cors_benchmarks::{Answer, Frame, Measure, Scenario, Subject};
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};

criterion_group!(
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .without_plots();
    targets = requests, decisions
);
criterion_main!(benches);

const SCENARIOS: [Scenario; 10] = [
    Scenario::s1,
    Scenario::s2,
    Scenario::s3,
    Scenario::s4,
    Scenario::s5,
    Scenario::s6,
    Scenario::s6three,
    Scenario::s7,
    Scenario::s8,
    Scenario::s10,
];

struct Time<'a, 'b> {
    group: &'a mut BenchmarkGroup<'b, WallTime>,
    name: &'a str,
}

impl Measure for Time<'_, '_> {
    fn measure<I, O: Answer>(
        &mut self,
        mut prepare: impl FnMut() -> I,
        mut run: impl FnMut(I) -> O,
    ) {
        self.group.bench_function(self.name, |bencher| {
            let run = |input| drop(black_box(run(input)));
            bencher.iter_batched(&mut prepare, run, BatchSize::SmallInput);
        });
    }
}

fn requests(criterion: &mut Criterion) {
    for &frame in Frame::ALL {
        for scenario in SCENARIOS {
            let mut group = criterion.benchmark_group(format!("{frame:?}-{scenario:?}"));
            for &subject in Subject::ALL {
                let mut time = Time { group: &mut group, name: subject.name() };
                frame.run(subject, scenario, &mut time);
            }
            group.finish();
        }
    }
}

fn decisions(criterion: &mut Criterion) {
    for scenario in SCENARIOS.into_iter().chain(Scenario::HOSTILE) {
        let mut group = criterion.benchmark_group(format!("core-{scenario:?}"));
        for decider in Decider::ALL {
            decide(decider, scenario, &mut Time { group: &mut group, name: decider.name() });
        }
        group.finish();
    }
}
