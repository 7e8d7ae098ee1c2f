//! Options that are exchanged while requests run, and options that follow a file.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use cors_core::adapter::{CorsAction, CorsProcessor};
use cors_core::{
    ConfigErrors, CorsOptions, CorsPolicy, CorsPolicyProvider, CorsRequest, CorsResult,
    CorsService, ProvidedPolicy, ReloadableOptions, RequestContext,
};

/// Options in which everything that a preflight is told names the generation.
fn generation(number: usize) -> CorsOptions {
    CorsPolicy::builder()
        .with_origins(["https://app.example.com"])
        .with_methods([format!("METHOD-{number}")])
        .with_headers([format!("x-generation-{number}")])
        .preflight_max_age(Duration::from_secs(number as u64))
        .build()
        .unwrap()
        .into()
}

fn preflight(options: &ReloadableOptions) -> CorsResult {
    let lines = [("origin", "https://app.example.com"), ("access-control-request-method", "GET")];
    let request = RequestContext::new(CorsRequest::new("OPTIONS", &lines), "/");
    let ProvidedPolicy::Now(choice) = options.provide(&request) else { panic!("not there yet") };
    match CorsProcessor::new().record_results().process_choice(&request, choice) {
        CorsAction::Respond { answer: Some(answer), .. } => answer.result().unwrap().clone(),
        action => panic!("{action:?}"),
    }
}

#[test]
fn no_request_ever_sees_a_mixture_of_two_configurations() {
    const GENERATIONS: usize = 2_000;
    let options = ReloadableOptions::new(generation(0));
    let provider = options.clone();
    let done = AtomicBool::new(false);
    let checked = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Ordering::Relaxed) {
                    let result = preflight(&provider);
                    let seen = result.preflight_max_age().unwrap().as_secs();
                    assert!(result.allowed_methods().eq([format!("METHOD-{seen}")]), "{result:?}");
                    assert!(
                        result.allowed_headers().eq([format!("x-generation-{seen}")]),
                        "{result:?}"
                    );
                    assert!(seen >= newest, "{seen} after {newest}");
                    newest = seen;
                    checked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for number in 1..=GENERATIONS {
            options.replace(generation(number));
        }
        while checked.load(Ordering::Relaxed) < GENERATIONS {
            std::thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    let last = preflight(&provider).preflight_max_age().unwrap();
    assert_eq!(last, Duration::from_secs(GENERATIONS as u64));
}

#[test]
fn what_is_invalid_changes_nothing_and_returns_every_error() {
    let options = ReloadableOptions::new(generation(1));
    let errors = options
        .reload_toml("[policies.a]\norigins = ['https://a.example/']\nmethods = ['TRACE']")
        .unwrap_err();
    assert_eq!(errors.iter().count(), 2);
    assert_eq!(options.current(), generation(1));
    assert!(options.reload_toml("[[").is_err());
    assert!(options.reload_file("missing.toml").is_err());
    assert_eq!(options.current(), generation(1));
    options.reload_toml("[policies.a]\norigins = '*'").unwrap();
    assert!(options.current().policy("a").is_some());
}

/// A policy file in a folder of its own, which is watched.
struct Watched {
    folder: PathBuf,
    file: PathBuf,
    options: ReloadableOptions,
    outcomes: Receiver<Result<(), ConfigErrors>>,
    _watch: cors_core::FileWatch,
}

impl Watched {
    fn new(name: &str) -> Self {
        Self::reporting(name, || {})
    }

    /// With something more to be done in each report.
    fn reporting(name: &str, then: impl Fn() + Send + 'static) -> Self {
        let folder = std::env::temp_dir().join(format!("cors-core-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("cors.toml");
        std::fs::write(&file, text("first")).unwrap();
        let options = ReloadableOptions::new(generation(0));
        let (sender, outcomes) = channel();
        let report = move |outcome| {
            sender.send(outcome).unwrap();
            then();
        };
        let watch = options.watch_file(&file, report).unwrap();
        Self { folder, file, options, outcomes, _watch: watch }
    }

    /// The next outcome that is what is waited for.
    fn wait_for(&self, expected: impl Fn(&Result<(), ConfigErrors>) -> bool) {
        while !expected(&self.outcomes.recv_timeout(Duration::from_secs(20)).unwrap()) {}
    }

    fn has(&self, policy: &str) -> bool {
        self.options.current().policy(policy).is_some()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn text(policy: &str) -> String {
    format!("[policies.{policy}]\norigins = '*'\n")
}

#[test]
fn a_watched_file_is_followed_when_it_is_written_and_when_it_is_replaced() {
    let watched = Watched::new("followed");
    assert!(watched.has("first"));

    std::fs::write(&watched.file, text("second")).unwrap();
    watched.wait_for(Result::is_ok);
    assert!(watched.has("second"));

    let other = watched.folder.join("other");
    std::fs::write(&other, text("third")).unwrap();
    std::fs::rename(&other, &watched.file).unwrap();
    watched.wait_for(Result::is_ok);
    assert!(watched.has("third"));
}

/// As Kubernetes mounts a `ConfigMap`.
#[cfg(unix)]
#[test]
fn links_that_are_replaced_beside_a_watched_file_are_followed() {
    use std::os::unix::fs::symlink;

    let watched = Watched::new("links");
    let folder = &watched.folder;
    for (version, policy) in [("..1", "second"), ("..2", "third")] {
        std::fs::create_dir(folder.join(version)).unwrap();
        std::fs::write(folder.join(version).join("cors.toml"), text(policy)).unwrap();
        symlink(version, folder.join("..new")).unwrap();
        std::fs::rename(folder.join("..new"), folder.join("..data")).unwrap();
        if version == "..1" {
            symlink("..data/cors.toml", folder.join("new.toml")).unwrap();
            std::fs::rename(folder.join("new.toml"), &watched.file).unwrap();
        }
        watched.wait_for(Result::is_ok);
        assert!(watched.has(policy));
    }
}

#[test]
fn a_file_is_followed_after_a_panic_in_its_report() {
    let watched = Watched::reporting("panic", || resume_unwind(Box::new("without a message")));
    for policy in ["second", "third"] {
        std::fs::write(&watched.file, text(policy)).unwrap();
        watched.wait_for(Result::is_ok);
        assert!(watched.has(policy));
    }
}

#[test]
fn explanations_name_the_watched_file_and_the_line_in_it() {
    let watched = Watched::new("explained");
    let text = "\n\n[policies.second]\norigins = ['https://app.example.com']\n";
    std::fs::write(&watched.file, text).unwrap();
    watched.wait_for(Result::is_ok);
    let options = watched.options.current();
    let lines = [("origin", "https://evil.example")];
    let request = CorsRequest::new("GET", &lines);
    let result = CorsService::new().evaluate_policy(&request, options.policy("second").unwrap());
    let explanation = result.explain();
    let correction = explanation.steps()[0].correction();
    assert_eq!(correction.file(), watched.file.to_str());
    assert_eq!(correction.line_and_column().map(|position| position.line), Some(4));
}

#[test]
fn a_watched_file_that_becomes_invalid_leaves_the_options_in_force() {
    let watched = Watched::new("invalid");
    std::fs::write(&watched.file, "[policies.second]\norigins = ['x']\n").unwrap();
    watched.wait_for(Result::is_err);
    assert!(watched.has("first"));

    std::fs::write(&watched.file, "").unwrap();
    watched.wait_for(Result::is_err);
    assert!(watched.has("first"), "a file that was cut off does not take CORS off every path");

    std::fs::remove_file(&watched.file).unwrap();
    watched.wait_for(Result::is_err);
    assert!(watched.has("first"));

    std::fs::write(&watched.file, text("third")).unwrap();
    watched.wait_for(Result::is_ok);
    assert!(watched.has("third"));
}

#[test]
fn a_file_that_is_invalid_from_the_start_is_not_watched() {
    let options = ReloadableOptions::new(generation(1));
    assert!(options.watch_file("missing.toml", |_| {}).is_err());
    assert!(options.watch_file("cors.ini", |_| {}).is_err());
    assert_eq!(options.current(), generation(1));
}
