//! Options that follow a file.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::ReloadableOptions;
use super::formats::{Parser, cannot_read, no_file, parsed, parser_of};
use crate::error::ConfigErrors;

/// How long a file has to be left alone before it is read: editors write in several steps.
const SETTLING_TIME: Duration = Duration::from_millis(50);

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
    /// Its end ends the thread, which waits for what it sends.
    _watcher: RecommendedWatcher,
}

impl ReloadableOptions {
    /// Puts the options of a file in force, now and whenever the file changes.
    ///
    /// `report` is told the outcome of every later reload, from a thread of the watch; what is
    /// invalid changes nothing. The file's folder is watched, so that files that are replaced by
    /// renaming are followed, and links that are replaced in it. What a link leads to in another folder
    /// is not watched: a write there is noticed with the next change in this folder.
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
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let cannot_watch =
            |error: notify::Error| no_file(format!("cannot watch `{}`: {error}", folder.display()));
        let (sender, events) = channel();
        // What happened does not matter: the file's text says whether anything did.
        let mut watcher = notify::recommended_watcher(move |_| {
            let _ = sender.send(());
        })
        .map_err(cannot_watch)?;
        watcher.watch(folder, RecursiveMode::NonRecursive).map_err(cannot_watch)?;

        let mut follower = Follower {
            options: self.clone(),
            path: path.to_owned(),
            parse: parser_of(path)?,
            text: None,
        };
        follower.read().unwrap_or(Ok(()))?;
        std::thread::Builder::new()
            .name("cors-policy-file".to_owned())
            .spawn(move || follower.follow(&events, report))
            .map_err(|error| no_file(format!("cannot start a thread to watch: {error}")))?;
        Ok(FileWatch { _watcher: watcher })
    }
}

struct Follower {
    options: ReloadableOptions,
    path: PathBuf,
    parse: Parser,
    /// The text that was read last, valid or not; none where there was no reading it.
    text: Option<String>,
}

impl Follower {
    /// Ends when the watch is dropped, and so nothing can send events any more.
    fn follow(mut self, events: &Receiver<()>, mut report: impl FnMut(Result<(), ConfigErrors>)) {
        while let Ok(()) = events.recv() {
            loop {
                match events.recv_timeout(SETTLING_TIME) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            if let Some(outcome) = self.read() {
                report(outcome);
            }
        }
    }

    /// Puts the file's options in force; none where its text is what it was.
    fn read(&mut self) -> Option<Result<(), ConfigErrors>> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) if self.text.as_ref() == Some(&text) => None,
            Ok(text) => {
                let outcome = parsed(&text, &self.path, self.parse)
                    .map(|options| self.options.replace(options));
                self.text = Some(text);
                Some(outcome)
            }
            Err(error) => {
                self.text = None;
                Some(Err(cannot_read(&self.path, &error)))
            }
        }
    }
}
