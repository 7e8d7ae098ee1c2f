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
    let mut works = Vec::new();
    for scenario in [Scenario::s1, Scenario::s2, Scenario::s7] {
        for &subject in Subject::ALL {
            let name = subject.name();
            tower::with_trivial(subject, scenario, Shared { name, scenario, works: &mut works });
        }
        tower::with_leaked(scenario, Shared { name: "leaked", scenario, works: &mut works });
        works.push(Work::new("static", scenario, move || decisions(scenario)));
    }
    // In turns, since what else the machine does comes and goes, and can only make it less.
    for _ in 0..ROUNDS {
        for work in &mut works {
            work.best_of_one = work.best_of_one.max(throughput(1, &*work.run));
            work.best_of_two = work.best_of_two.max(throughput(2, &*work.run));
        }
    }
    for Work { name, scenario, best_of_one, best_of_two, .. } in works {
        println!("s16 {name} {scenario:?} {:.3}", best_of_two / best_of_one / 2.0);
    }
}

const ROUNDS: usize = 15;

/// What each thread does, with a clone of what they share, and the most that was done in a second.
struct Work {
    name: &'static str,
    scenario: Scenario,
    run: Box<dyn Fn() -> u64 + Sync>,
    best_of_one: f64,
    best_of_two: f64,
}

impl Work {
    fn new(name: &'static str, scenario: Scenario, run: impl Fn() -> u64 + Sync + 'static) -> Self {
        Self { name, scenario, run: Box::new(run), best_of_one: 0.0, best_of_two: 0.0 }
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

/// Requests a second, of all threads together.
fn throughput(threads: usize, run: &(dyn Fn() -> u64 + Sync)) -> f64 {
    let barrier = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    run()
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

const REQUESTS: u64 = 50_000;

/// They are short, and a run should not be.
const DECISIONS: u64 = 20 * REQUESTS;

struct Shared<'a> {
    name: &'static str,
    scenario: Scenario,
    works: &'a mut Vec<Work>,
}

impl Visit for Shared<'_> {
    fn visit<S, B>(self, service: S)
    where
        S: Service<Request<()>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let Self { name, scenario, works } = self;
        // Making a request is a part of the work, and no thread shares anything in it.
        works.push(Work::new(name, scenario, move || {
            let mut service = service.clone();
            for _ in 0..REQUESTS {
                let request = black_box(tower::request_of(scenario, ()));
                drop(black_box(tower::send(&mut service, request)));
            }
            REQUESTS
        }));
    }
}

/// Under a policy that lives as long as the program.
fn decisions(scenario: Scenario) -> u64 {
    static POLICY: LazyLock<CorsPolicy> = LazyLock::new(|| rules::policy::<One>().leak());
    let (method, lines) = (scenario.method(), scenario.lines());
    let lines: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (*name, &**value)).collect();
    for _ in 0..DECISIONS {
        let lines = black_box(lines.as_slice());
        let request = CorsRequest::new(method, &lines);
        black_box(CorsService::new().evaluate_policy(&request, &POLICY));
    }
    DECISIONS
}
