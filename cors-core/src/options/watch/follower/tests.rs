//! What no event tells of, and events that tell of nothing.

#[cfg(unix)]
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use super::{Follower, Pace, ReloadableOptions};
use crate::options::watch::{PACE, stamp::Stamp};
use crate::policy::CorsPolicy;

/// Enough for a busy machine; nothing waits so long where a test passes.
const LONG: Duration = Duration::from_secs(20);

/// A follower of a file in a folder of its own.
struct Followed {
    folder: PathBuf,
    file: PathBuf,
    follower: Follower,
    events: Receiver<()>,
    _sender: Arc<SyncSender<()>>,
}

impl Followed {
    /// Of `conf/cors.toml` in a folder of this name.
    fn new(name: &str) -> Self {
        let folder = folder(name);
        let file = folder.join("conf/cors.toml");
        std::fs::create_dir(folder.join("conf")).unwrap();
        std::fs::write(&file, text("first")).unwrap();
        let (sender, events) = sync_channel(1);
        let sender = Arc::new(sender);
        let options = ReloadableOptions::new(CorsPolicy::permissive());
        let mut follower = Follower::new(options, &file, Arc::downgrade(&sender)).unwrap();
        follower.watch().unwrap();
        follower.look().unwrap().unwrap();
        Self { folder, file, follower, events, _sender: sender }
    }

    /// Whether what is new is valid; none where nothing is.
    fn look(&mut self) -> Option<bool> {
        self.follower.look().map(|outcome| outcome.is_ok())
    }

    /// Until no event has come for a while.
    fn let_events_settle(&self) {
        while self.events.recv_timeout(Duration::from_millis(50)).is_ok() {}
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("cors-watch-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(policy: &str) -> String {
    format!("[policies.{policy}]\norigins = '*'\n")
}

#[test]
fn reading_a_file_is_no_reason_to_read_it_again() {
    let mut followed = Followed::new("read");
    followed.let_events_settle();
    std::fs::read(&followed.file).unwrap();
    std::fs::read_dir(followed.file.parent().unwrap()).unwrap().for_each(drop);
    followed.look();
    assert!(followed.events.recv_timeout(Duration::from_millis(100)).is_err());
    std::fs::write(&followed.file, text("second")).unwrap();
    assert!(followed.events.recv_timeout(LONG).is_ok());
}

#[test]
fn what_cannot_be_read_is_told_once() {
    let mut followed = Followed::new("told");
    let file = followed.file.clone();
    type Change<'a> = &'a dyn Fn() -> std::io::Result<()>;
    let changes: [(&str, Change<'_>, bool); 9] = [
        ("not UTF-8", &|| std::fs::write(&file, b"\xff\xfe[\0"), false),
        ("gone", &|| std::fs::remove_file(&file), false),
        ("a folder", &|| std::fs::create_dir(&file), false),
        ("gone again", &|| std::fs::remove_dir(&file), false),
        ("good", &|| std::fs::write(&file, text("good")), true),
        ("not UTF-8 again", &|| std::fs::write(&file, b"\xff\xfe[\0"), false),
        ("as good as before", &|| std::fs::write(&file, text("good")), true),
        ("invalid", &|| std::fs::write(&file, "[["), false),
        ("invalid in another way", &|| std::fs::write(&file, "\n[["), false),
    ];
    for (name, change, is_good) in changes {
        change().unwrap();
        assert_eq!(followed.look(), Some(is_good), "{name}");
        assert_eq!(followed.look(), None, "{name}, and still");
    }
}

#[test]
fn a_file_that_has_just_changed_is_read_whatever_it_looks_like() {
    let followed = Followed::new("changed");
    let file = std::fs::File::options().write(true).open(&followed.file).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    let has_stamp = |seconds| {
        let now = written + Duration::from_secs(seconds);
        Stamp::of(&file.metadata().unwrap(), now).is_some()
    };
    assert!(!has_stamp(1));
    assert!(has_stamp(3));
    // As tools do that copy a file with its time.
    file.set_modified(written - Duration::from_secs(60)).unwrap();
    assert_eq!(has_stamp(1), cfg!(not(unix)));
}

#[test]
fn what_looks_as_before_is_not_read() {
    // One that was written long ago.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/cors.toml");
    let options = ReloadableOptions::new(CorsPolicy::permissive());
    let mut follower = Follower::new(options, file.as_ref(), std::sync::Weak::new()).unwrap();
    follower.look().unwrap().unwrap();
    follower.text = None;
    assert!(follower.look().is_none());
}

#[test]
fn the_folder_that_is_there_now_is_watched() {
    type Replace = fn(&Path) -> std::io::Result<()>;
    let replacements: &[(&str, Replace)] = &[
        ("removed", |conf| {
            std::fs::remove_dir_all(conf)?;
            std::fs::create_dir(conf)
        }),
        ("renamed", |conf| {
            std::fs::rename(conf, conf.with_extension("old"))?;
            std::fs::create_dir(conf)
        }),
        #[cfg(unix)]
        ("link", |conf| {
            std::fs::rename(conf, conf.with_extension("1"))?;
            symlink("conf.1", conf)
        }),
        #[cfg(unix)]
        ("other_link", |conf| {
            std::fs::create_dir(conf.with_extension("2"))?;
            symlink("conf.2", conf.with_extension("new"))?;
            std::fs::rename(conf.with_extension("new"), conf)
        }),
    ];
    let mut followed = Followed::new("folder");
    let conf = followed.folder.join("conf");
    for (name, replace) in replacements {
        replace(&conf).unwrap();
        followed.follower.watch().unwrap();
        followed.let_events_settle();
        std::fs::write(&followed.file, text(name)).unwrap();
        assert!(followed.events.recv_timeout(LONG).is_ok(), "{name}");
        assert_eq!(followed.look(), Some(true), "{name}");
    }
}

#[test]
fn a_folder_that_was_missing_for_a_while_is_watched() {
    let mut followed = Followed::new("missing");
    let conf = followed.folder.join("conf");
    std::fs::remove_dir_all(&conf).unwrap();
    followed.follower.watch().unwrap();
    assert_eq!(followed.look(), Some(false));
    std::fs::create_dir(&conf).unwrap();
    followed.follower.watch().unwrap();
    followed.let_events_settle();
    std::fs::write(&followed.file, text("second")).unwrap();
    assert!(followed.events.recv_timeout(LONG).is_ok());
    assert_eq!(followed.look(), Some(true));
}

#[cfg(unix)]
#[test]
fn a_file_is_looked_at_without_any_event() {
    let folder = folder("interval");
    let [conf, elsewhere] = ["conf", "elsewhere"].map(|name| folder.join(name));
    std::fs::create_dir(&conf).unwrap();
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("cors.toml"), text("first")).unwrap();
    symlink("../elsewhere/cors.toml", conf.join("cors.toml")).unwrap();
    let options = ReloadableOptions::new(CorsPolicy::permissive());
    let pace = Pace { interval: Duration::from_millis(10), ..PACE };
    let (sender, outcomes) = channel();
    let report = move |outcome| sender.send(outcome).unwrap();
    let watch = options.watch_at_pace(&conf.join("cors.toml"), pace, report).unwrap();
    std::fs::write(elsewhere.join("cors.toml"), text("second")).unwrap();
    while outcomes.recv_timeout(LONG).unwrap().is_err() {}
    assert!(options.current().policy("second").is_some());
    drop(watch);
    let end = std::iter::repeat_with(|| outcomes.recv_timeout(LONG)).find_map(Result::err);
    assert_eq!(end, Some(RecvTimeoutError::Disconnected), "the thread ends with the watch");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_folder_that_is_never_left_alone_holds_no_change_back() {
    let pace = Pace { settling: LONG, patience: Duration::from_millis(100), interval: LONG };
    let (sender, events) = sync_channel(1);
    let (done, waited) = channel();
    std::thread::spawn(move || done.send(pace.wait(&events)));
    let deadline = Instant::now() + LONG;
    while Instant::now() < deadline {
        let _ = sender.try_send(());
        if let Ok(is_followed) = waited.recv_timeout(Duration::from_millis(1)) {
            assert!(is_followed);
            return;
        }
    }
    panic!("nothing was looked at");
}
