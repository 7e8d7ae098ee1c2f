//! What tells files and folders apart without reading them.

use std::fs::Metadata;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The coarsest clock of a file system, FAT's: what was written less than this ago can be written
/// once more and look the same.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// Which file or folder it is, of all that have ever stood at its path.
#[derive(PartialEq, Eq)]
pub(super) struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
    /// Another one may get the inode of one that was removed.
    created: Option<SystemTime>,
}

impl Identity {
    pub(super) fn of(path: &Path) -> std::io::Result<Self> {
        std::fs::metadata(path).map(|metadata| Self::from(&metadata))
    }
}

impl From<&Metadata> for Identity {
    fn from(metadata: &Metadata) -> Self {
        Self {
            #[cfg(unix)]
            device_and_inode: (metadata.dev(), metadata.ino()),
            created: metadata.created().ok(),
        }
    }
}

/// The look of a file, which is another one once the file is written.
#[derive(PartialEq, Eq)]
pub(super) struct Stamp {
    identity: Identity,
    length: u64,
    changed: SystemTime,
}

impl Stamp {
    /// None where the file may be written and look the same.
    pub(super) fn of(metadata: &Metadata, now: SystemTime) -> Option<Self> {
        let changed = changed(metadata)?;
        (now.duration_since(changed).ok()? > COARSEST_CLOCK).then(|| Self {
            identity: Identity::from(metadata),
            length: metadata.len(),
            changed,
        })
    }
}

/// When a file was changed, by the clock that nobody sets: copying tools set the other one.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    let seconds = Duration::from_secs(metadata.ctime().try_into().ok()?);
    let rest = Duration::from_nanos(metadata.ctime_nsec().try_into().ok()?);
    SystemTime::UNIX_EPOCH.checked_add(seconds)?.checked_add(rest)
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
