//! A policy of a million origins (S14), and two threads under one policy (S16): one line each.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::{Barrier, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use cors_benchmarks::rules::{self, One};
use cors_benchmarks::tower::Visit;
use cors_benchmarks::{Scenario, Subject, tower};
use cors_core::{CorsPolicy, CorsRequest, CorsService};
use http::{Request, Response};
use tower_service::Service;

fn main() {
    million_origins();
    for scenario in [Scenario::s1, Scenario::s2, Scenario::s7] {
        for &subject in Subject::ALL {
            tower::with_trivial(subject, scenario, Shared { subject, scenario });
        }
        let gain = gain(|| (), |()| decisions(scenario));
        println!("s16 static {scenario:?} {gain:.3}");
    }
}

/// How long it takes to build, and how many bytes an origin it keeps beyond the text.
fn million_origins() {
    const COUNT: usize = 1_000_000;
    let origin = |index| format!("https://app-{index}.example.com");
    let texts: usize = (0..COUNT).map(|index| origin(index).len()).sum();
    let mut policy = None;
    let mut time = Duration::ZERO;
    let counted = allocation_counter::measure(|| {
        let origins: Vec<String> = (0..COUNT).map(origin).collect();
        let start = Instant::now();
        let builder = CorsPolicy::builder().with_origins(origins);
        policy = Some(builder.build().expect("the origins are valid"));
        time = start.elapsed();
    });
    println!("s14 seconds {:.3}", time.as_secs_f64());
    println!("s14 kept {} texts {texts} peak {}", counted.bytes_current, counted.bytes_max);
    drop(black_box(policy));
}

/// What two threads do, beside twice what one does: 1 where they do not get in each other's way.
/// Each has a clone of what they share.
fn gain<T: Send>(share: impl Fn() -> T, work: impl Fn(T) -> u64 + Sync) -> f64 {
    // The best of a few runs: what else the machine does can only make it less.
    let best = |threads| {
        let runs = (0..7).map(|_| throughput(threads, &share, &work));
        runs.fold(0.0, f64::max)
    };
    best(2) / best(1) / 2.0
}

/// Requests a second, of all threads together.
fn throughput<T: Send>(
    threads: usize,
    share: &impl Fn() -> T,
    work: &(impl Fn(T) -> u64 + Sync),
) -> f64 {
    let barrier = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let (shared, barrier) = (share(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(shared)
                })
            })
            .collect();
        barrier.wait();
        let start = Instant::now();
        let done: u64 = threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum();
        #[expect(clippy::cast_precision_loss, reason = "it is a small number")]
        let done = done as f64;
        done / start.elapsed().as_secs_f64()
    })
}

const REQUESTS: u64 = 200_000;

struct Shared {
    subject: Subject,
    scenario: Scenario,
}

impl Visit for Shared {
    fn visit<S, B>(self, service: S)
    where
        S: Service<Request<()>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync,
    {
        let Self { subject, scenario } = self;
        // Making a request is a part of the work, and no thread shares anything in it.
        let work = |mut service: S| {
            for _ in 0..REQUESTS {
                let request = black_box(tower::request_of(scenario, ()));
                drop(black_box(tower::send(&mut service, request)));
            }
            REQUESTS
        };
        println!("s16 {} {scenario:?} {:.3}", subject.name(), gain(|| service.clone(), work));
    }
}

/// Under a policy that lives as long as the program.
fn decisions(scenario: Scenario) -> u64 {
    static POLICY: LazyLock<CorsPolicy> = LazyLock::new(rules::policy::<One>);
    let lines = scenario.lines();
    let lines: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (*name, &**value)).collect();
    for _ in 0..REQUESTS {
        let lines = black_box(lines.as_slice());
        let request = CorsRequest::new(scenario.method(), &lines);
        black_box(CorsService::new().evaluate_policy(&request, &POLICY));
    }
    REQUESTS
}
