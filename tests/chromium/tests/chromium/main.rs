//! The engine, both adapters and the model of browsers, against a real Chromium.
//!
//! Pages of several origins, over http and https, in a sandboxed frame and under a sandbox policy,
//! call the policy servers of axum and actix-web. All names lead to this machine. These are
//! 5,230 scenarios of 13 policies, 16 pages, 24 calls of `fetch` and `XMLHttpRequest`, and 2 servers:
//! all calls of a page that is let in, and a third of the others, which are all alike. In each,
//!
//! - the browser and its model ([`cors_core::browser`], as Chromium, given the answers of the same
//!   server) agree on the preflights and what they ask for, on the status, the headers and their
//!   values that the script reads, on the name of the error, and on the text in the console;
//! - the browser and the engine agree on what is allowed, on the reason where it is not, and on
//!   which headers are exposed; where they do not, a table says why, and a row that is not needed
//!   fails;
//! - the pages that get in are those that a table by hand lets in.
//!
//! Stories tell the rest: cookies, the preflight cache, uploads, WebSockets, and what never runs.
//!
//! It needs a Chromium: that of the variable `CHROMIUM`, or `chromium`, `chromium-browser`,
//! `google-chrome` or `google-chrome-stable` on the path. Without one the tests are ignored, and
//! say so; with `CORS_REQUIRE_CHROMIUM=1` or `CI=true` they fail.
//!
//! `cargo test -p cors-chromium` runs them, and `cargo test -p cors-chromium cookies` some of them.

mod agreement;
mod browser;
mod judges;
mod scenarios;
mod servers;
mod sockets;
mod stories;
mod tab;
mod tally;
mod traffic;
mod world;

use std::env;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use browser::lock;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use scenarios::{CALLS, PAGES};
use world::{FRAMEWORKS, Framework, World};

/// Ten times what it takes on a slow machine: something hangs.
const TIME_LIMIT: Duration = Duration::from_secs(300);

fn main() {
    // One tab after the other: a busy machine is not made busier.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let suite = Arc::new(Suite::default());
    let mut trials = Vec::new();
    for framework in FRAMEWORKS {
        for page in PAGES {
            let check = move |world: &World| agreement::check(world, framework, page);
            trials.push(trial(&suite, framework, &format!("scenarios::{}", page.name), check));
        }
        for (name, story) in stories::STORIES {
            trials.push(trial(&suite, framework, name, move |world| story(world, framework)));
        }
    }
    trials.push(Trial::test("the_documentation_has_the_numbers", numbers));
    let (ended, time) = mpsc::channel();
    let watched = suite.clone();
    std::thread::spawn(move || watched.watch(&time));
    let conclusion = libtest_mimic::run(&arguments, trials);
    let _ = ended.send(());
    if let Some(Ok(world)) = suite.world.get() {
        world.stop();
        eprintln!("{}", lock(&world.tally));
    } else if conclusion.num_ignored > 0
        && let Err(reason) = browser::find()
    {
        eprintln!("warning: nothing was tested in a browser: {reason}");
    }
    conclusion.exit();
}

fn numbers() -> Result<(), Failed> {
    let options = world::options()?;
    let tests = FRAMEWORKS.into_iter().flat_map(|framework| PAGES.map(|page| (framework, page)));
    let all: usize =
        tests.map(|(framework, page)| scenarios::of(page, framework, &options).len()).sum();
    let line = format!(
        "{},{:03} scenarios of {} policies, {} pages, {} calls of `fetch` and `XMLHttpRequest`, \
         and {} servers",
        all / 1000,
        all % 1000,
        options.policies().count(),
        PAGES.len(),
        CALLS.len(),
        FRAMEWORKS.len()
    );
    let is_told = include_str!("main.rs").contains(&line);
    if is_told { Ok(()) } else { Err(format!("it does not say `{line}`").into()) }
}

fn trial(
    suite: &Arc<Suite>,
    framework: Framework,
    name: &str,
    check: impl FnOnce(&World) -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let name = format!("{}::{name}", framework.name());
    let suite = suite.clone();
    Trial::ignorable_test(name.clone(), move || {
        *lock(&suite.running) = name;
        match browser::find() {
            Ok(program) => check(suite.world(program)?).map(|()| Completion::Completed),
            Err(reason) if is_required() => Err(reason.into()),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        }
    })
}

fn is_required() -> bool {
    env::var_os("CORS_REQUIRE_CHROMIUM").is_some_and(|value| value == "1")
        || env::var_os("CI").is_some_and(|value| value == "true")
}

/// What the tests share.
#[derive(Default)]
struct Suite {
    world: OnceLock<Result<World, String>>,
    running: Mutex<String>,
}

impl Suite {
    /// Everything that runs, started with the first test.
    fn world(&self, program: PathBuf) -> Result<&World, Failed> {
        let start = || World::start(&program).map_err(|error| error.to_string());
        self.world.get_or_init(start).as_ref().map_err(Failed::from)
    }

    /// Ends it all when the time is over, and says what it was at.
    fn watch(&self, ended: &mpsc::Receiver<()>) {
        if ended.recv_timeout(TIME_LIMIT) != Err(mpsc::RecvTimeoutError::Timeout) {
            return;
        }
        eprintln!("`{}` does not end", lock(&self.running));
        if let Some(Ok(world)) = self.world.get() {
            eprintln!("the browser says\n{}", world.said());
            world.stop();
        }
        std::process::exit(101);
    }
}
