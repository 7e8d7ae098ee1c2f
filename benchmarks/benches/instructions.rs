//! How many instructions a request takes, counted by callgrind.
//!
//! What is counted is [`counted`], and all that it calls: the request is given to the service and
//! dropped, the response comes back, and is dropped. Making requests does not count, and the first
//! ones warm up what is made only once.

use std::hint::black_box;

use cors_benchmarks::Measure;
use gungraun::{Callgrind, EntryPoint, LibraryBenchmarkConfig, main};

/// More than one, so that the state of the allocator weighs less.
const COUNTED: u32 = 10;
const WARM_UP: u32 = 10;

struct Count;

impl Measure for Count {
    fn measure<I>(&mut self, mut prepare: impl FnMut() -> I, mut run: impl FnMut(I)) {
        for _ in 0..WARM_UP {
            run(black_box(prepare()));
        }
        for _ in 0..COUNTED {
            counted(&mut run, prepare());
        }
    }
}

/// Only here is anything counted.
#[inline(never)]
fn counted<I>(run: &mut impl FnMut(I), input: I) {
    run(black_box(input));
}

/// One function for each subject, and one benchmark in it for each scenario.
macro_rules! frame {
    ($frame:ident in $module:ident, $run:path, [$($scenario:ident)*]) => {
        mod $module {
            use cors_benchmarks::{Scenario, Subject};
            use gungraun::{library_benchmark, library_benchmark_group};

            use super::Count;

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn none(scenario: Scenario) {
                $run(Subject::None, scenario, &mut Count);
            }

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn floor(scenario: Scenario) {
                $run(Subject::Floor, scenario, &mut Count);
            }

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn ours(scenario: Scenario) {
                $run(Subject::Ours, scenario, &mut Count);
            }

            #[cfg(feature = "peers")]
            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn peer(scenario: Scenario) {
                $run(Subject::Peer, scenario, &mut Count);
            }

            #[cfg(feature = "peers")]
            library_benchmark_group!(
                name = $frame,
                benchmarks = [none, floor, ours, peer]
            );
            #[cfg(not(feature = "peers"))]
            library_benchmark_group!(name = $frame, benchmarks = [none, floor, ours]);
        }
        use $module::$frame;
    };
}

frame!(tower in around_tower, cors_benchmarks::tower::trivial,
    [s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6any s7 s8 s8h s10 s10b s10n]);
frame!(axum in inside_axum, cors_benchmarks::tower::router,
    [s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6any s7 s8 s8h s10 s10b s10n]);
frame!(actix in around_actix, cors_benchmarks::actix::trivial,
    [s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6any s7 s8 s8h s10 s10b s10n]);
frame!(actix_app in inside_actix, cors_benchmarks::actix::application,
    [s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6any s7 s8 s8h s10 s10b s10n]);

main!(
    config = LibraryBenchmarkConfig::default().tool(
        Callgrind::with_args(["--cache-sim=no"])
            .entry_point(EntryPoint::Custom("*::counted*".to_owned()))
    ),
    library_benchmark_groups = [tower, axum, actix, actix_app]
);
