//! How many instructions a request takes, counted by callgrind; see `cors_benchmarks::count`.

use cors_benchmarks::count::COLLECT;
use gungraun::{Callgrind, EntryPoint, LibraryBenchmarkConfig, main};

/// One function for each subject, and one benchmark in it for each scenario.
macro_rules! frame {
    ($frame:ident in $module:ident, [$($scenario:ident)*]) => {
        mod $module {
            use cors_benchmarks::{Frame, Scenario, Subject, count::Count};
            use gungraun::{library_benchmark, library_benchmark_group};

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn none(scenario: Scenario) {
                Frame::$frame.run(Subject::None, scenario, &mut Count);
            }

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn floor(scenario: Scenario) {
                Frame::$frame.run(Subject::Floor, scenario, &mut Count);
            }

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn ours(scenario: Scenario) {
                Frame::$frame.run(Subject::Ours, scenario, &mut Count);
            }

            #[library_benchmark]
            $(#[bench::$scenario(Scenario::$scenario)])*
            fn peer(scenario: Scenario) {
                Frame::$frame.run(Subject::Peer, scenario, &mut Count);
            }

            library_benchmark_group!(name = $frame, benchmarks = [none, floor, ours, peer]);
        }
        use $module::$frame;
    };
}

frame!(tower in around_tower, [
    s1 s1e s1any s2 s2e s2exact s3 s4 s4b s5 s5e s6 s6c s6three s6any s7 s8 s8h
    s9commas s9spaces s9name s9repeated s9names s9lines s10 s10b s10n
]);
frame!(axum in inside_axum, [
    s1 s1e s1any s2 s2e s2exact s3 s4 s4b s5 s5e s6 s6c s6three s6any s7 s8 s8h s10 s10b s10n
]);
frame!(actix in around_actix, [
    s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6three s6any s7 s8 s8h
    s9commas s9spaces s9name s9repeated s9names s9lines s10 s10b s10n
]);
frame!(actix_app in inside_actix, [
    s1 s1e s1any s2 s2e s3 s4 s4b s5 s5e s6 s6c s6three s6any s7 s8 s8h s10 s10b s10n
]);

/// The decision alone.
macro_rules! core {
    ([$($decider:ident = $name:ident)*], $scenarios:tt) => {
        mod deciding {
            use cors_benchmarks::Scenario;
            use cors_benchmarks::count::Count;
            use cors_benchmarks::decisions::{Decider, decide};
            use gungraun::{library_benchmark, library_benchmark_group};

            $(core!(@one $name, $decider, $scenarios);)*

            library_benchmark_group!(name = core, benchmarks = [$($name),*]);
        }
        use deciding::core;
    };
    (@one $name:ident, $decider:ident, [$($scenario:ident)*]) => {
        #[library_benchmark]
        $(#[bench::$scenario(Scenario::$scenario)])*
        fn $name(scenario: Scenario) {
            decide(Decider::$decider, scenario, &mut Count);
        }
    };
}

core!([Unit = unit Ours = ours Lines = lines Bunner = bunner Registry = registry], [
    s1 s2 s3 s4 s5 s6 s6c s6three s6any s7 s8 s8h
    s9commas s9spaces s9name s9repeated s9names s9lines s10
]);

main!(
    config = LibraryBenchmarkConfig::default().tool(
        Callgrind::with_args(["--cache-sim=no"])
            .entry_point(EntryPoint::Custom(COLLECT.to_owned()))
    ),
    library_benchmark_groups = [tower, axum, actix, actix_app, core]
);
