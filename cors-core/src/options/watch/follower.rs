//! What follows a file, from a thread of its own.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Instant, SystemTime};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Pace;
use super::stamp::{Identity, Stamp};
use crate::error::ConfigErrors;
use crate::options::ReloadableOptions;
use crate::options::formats::{Parser, cannot_read, parsed, parser_of};

pub(super) struct Follower {
    options: ReloadableOptions,
    path: PathBuf,
    parse: Parser,
    events: Weak<SyncSender<()>>,
    /// The folder that is watched, and what watches it; none where there is no watching it.
    watched: Option<(Identity, RecommendedWatcher)>,
    /// How the file looked when it was read; none where it has to be read to see a change.
    stamp: Option<Stamp>,
    /// The text that was read last, valid or not, or why there was none.
    text: Option<Result<String, ConfigErrors>>,
}

impl Follower {
    pub(super) fn new(
        options: ReloadableOptions,
        path: &Path,
        events: Weak<SyncSender<()>>,
    ) -> Result<Self, ConfigErrors> {
        let parse = parser_of(path)?;
        let path = path.to_owned();
        Ok(Self { options, path, parse, events, watched: None, stamp: None, text: None })
    }

    pub(super) fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    /// Ends when the watch is dropped.
    pub(super) fn follow(
        mut self,
        events: &Receiver<()>,
        pace: Pace,
        mut report: impl FnMut(Result<(), ConfigErrors>),
    ) {
        while pace.wait(events) {
            // Where it fails, the file is still looked at in intervals.
            let _ = self.watch();
            if let Some(outcome) = self.look() {
                // What a panic leaves behind is within `report`, and its own matter.
                let _ = catch_unwind(AssertUnwindSafe(|| report(outcome)));
            }
        }
    }

    /// Watches the folder that stands there now. Of one that is missing, reading the file tells.
    pub(super) fn watch(&mut self) -> notify::Result<()> {
        // Identified before it is watched, so that one that comes in between is seen the next time.
        let folder = Identity::of(self.folder()).ok();
        if self.watched.as_ref().map(|(folder, _)| folder) == folder.as_ref() {
            return Ok(());
        }
        self.watched = None;
        let Some(identity) = folder else { return Ok(()) };
        let events = self.events.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if !event.is_ok_and(|event| only_reads(event.kind))
                && let Some(events) = events.upgrade()
            {
                let _ = events.try_send(());
            }
        })?;
        watcher.watch(self.folder(), RecursiveMode::NonRecursive)?;
        self.watched = Some((identity, watcher));
        Ok(())
    }

    /// Puts the file's options in force; none where it is what it was.
    pub(super) fn look(&mut self) -> Option<Result<(), ConfigErrors>> {
        // Opened, whether it is read or not: so network file systems ask their server.
        let file = File::open(&self.path);
        let metadata = file.as_ref().ok().and_then(|file| file.metadata().ok());
        let stamp = metadata.and_then(|metadata| Stamp::of(&metadata, SystemTime::now()));
        if stamp.is_some() && stamp == self.stamp {
            return None;
        }
        let text =
            file.and_then(std::io::read_to_string).map_err(|error| cannot_read(&self.path, &error));
        self.stamp = stamp.filter(|_| text.is_ok());
        if self.text.as_ref() == Some(&text) {
            return None;
        }
        let outcome = match &text {
            Ok(text) => {
                parsed(text, &self.path, self.parse).map(|options| self.options.replace(options))
            }
            Err(errors) => Err(errors.clone()),
        };
        self.text = Some(text);
        Some(outcome)
    }
}

impl Pace {
    /// Waits until a file is to be looked at; false where its watch was dropped.
    fn wait(self, events: &Receiver<()>) -> bool {
        let mut rest = self.interval;
        let mut first = None;
        loop {
            match events.recv_timeout(rest) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
            if first.get_or_insert_with(Instant::now).elapsed() >= self.patience {
                return true;
            }
            rest = self.settling;
        }
    }
}

/// Whether an event is of somebody who reads, as the follower itself does.
fn only_reads(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}
