//! The engine, both adapters and the model of browsers against a real Chromium.
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
use world::{FRAMEWORKS, Framework, World};

/// Ten times what it takes on a slow machine: something hangs.
const TIME_LIMIT: Duration = Duration::from_secs(300);

fn main() {
    // One tab after the other: a busy machine is not made busier.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let suite = Arc::new(Suite::default());
    let mut trials = Vec::new();
    for framework in FRAMEWORKS {
        for page in scenarios::PAGES {
            let check = move |world: &World| agreement::check(world, framework, page);
            trials.push(trial(&suite, framework, &format!("scenarios::{}", page.name), check));
        }
        for (name, story) in stories::STORIES {
            trials.push(trial(&suite, framework, name, move |world| story(world, framework)));
        }
    }
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
