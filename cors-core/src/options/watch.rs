//! Options that follow a file.

mod follower;
mod stamp;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use super::ReloadableOptions;
use super::formats::no_file;
use crate::error::ConfigErrors;
use follower::Follower;

/// How soon a file is looked at.
#[derive(Clone, Copy)]
struct Pace {
    /// How long its folder has to be left alone: editors write in several steps.
    settling: Duration,
    /// How long after the first event, where the folder is never left alone.
    patience: Duration,
    /// How often without any event: not every change causes one.
    interval: Duration,
}

const PACE: Pace = Pace {
    settling: Duration::from_millis(50),
    patience: Duration::from_millis(500),
    interval: Duration::from_secs(10),
};

/// Keeps [`ReloadableOptions`] following their file, until it is dropped.
///
/// ```no_run
/// use cors_core::{CorsPolicy, FileWatch, ReloadableOptions};
///
/// let options = ReloadableOptions::new(CorsPolicy::permissive());
/// let watch: FileWatch = options.watch_file("cors.toml", |_| {})?;
/// drop(watch); // from now on, the options stay as they are
/// # Ok::<(), cors_core::ConfigErrors>(())
/// ```
#[derive(Debug)]
#[must_use = "the file is watched until this is dropped"]
pub struct FileWatch {
    /// Its end ends the thread: nobody else keeps it.
    _events: Arc<SyncSender<()>>,
}

impl ReloadableOptions {
    /// Puts the options of a file in force, now and whenever the file changes.
    ///
    /// `report` is told the outcome of every later reload, from a thread of the watch; what is
    /// invalid changes nothing. What cannot be read is reported once, and not again before the file
    /// changes. After a panic in `report`, the file is still followed, and `report` still called.
    ///
    /// The path is followed, with the links in it, not the file that it leads to at first. Changes
    /// are noticed
    ///
    /// - within about half a second, where they are made in the file's folder: the file is written,
    ///   or replaced, or a link in this folder is, as editors, `mv` and Kubernetes do;
    /// - within about ten seconds everywhere else: the folder is replaced, or a link on the way to
    ///   it; a link leads to another folder, and the file is written there; the file is on a
    ///   network file system, or is mounted into a container by itself.
    ///
    /// ```
    /// use cors_core::{CorsPolicy, ReloadableOptions};
    ///
    /// # let folder = std::env::temp_dir().join(format!("cors-core-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// # let file = folder.join("cors.toml");
    /// # std::fs::write(&file, "[policies.public]\norigins = '*'")?;
    /// let options = ReloadableOptions::new(CorsPolicy::permissive());
    /// let watch = options.watch_file(&file, |outcome| match outcome {
    ///     Ok(()) => eprintln!("the policies have changed"),
    ///     Err(errors) => eprintln!("the policies have not changed:\n{errors}"),
    /// })?;
    /// # drop(watch);
    /// # std::fs::remove_dir_all(&folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read or is invalid, as [`CorsOptions::from_file`](super::CorsOptions::from_file) says, or its folder
    /// cannot be watched. The old options stay in force, and nothing is watched.
    pub fn watch_file(
        &self,
        path: impl AsRef<Path>,
        report: impl FnMut(Result<(), ConfigErrors>) + Send + 'static,
    ) -> Result<FileWatch, ConfigErrors> {
        self.watch_at_pace(path.as_ref(), PACE, report)
    }

    fn watch_at_pace(
        &self,
        path: &Path,
        pace: Pace,
        report: impl FnMut(Result<(), ConfigErrors>) + Send + 'static,
    ) -> Result<FileWatch, ConfigErrors> {
        // One event is enough to look, whatever it is, and however many come until then.
        let (sender, events) = sync_channel(1);
        let sender = Arc::new(sender);
        let mut follower = Follower::new(self.clone(), path, Arc::downgrade(&sender))?;
        follower.watch().map_err(|error| {
            no_file(format!("cannot watch `{}`: {error}", follower.folder().display()))
        })?;
        follower.look().unwrap_or(Ok(()))?;
        std::thread::Builder::new()
            .name("cors-policy-file".to_owned())
            .spawn(move || follower.follow(&events, pace, report))
            .map_err(|error| no_file(format!("cannot start a thread to watch: {error}")))?;
        Ok(FileWatch { _events: sender })
    }
}
