//! Where in a policy file the settings of a policy stand.

use std::sync::Arc;

use crate::error::{Position, Setting};

/// What is known of the text that a policy was read from.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) syntax: Syntax,
    /// The file, where it was one.
    pub(crate) file: Option<Arc<str>>,
    /// Where the policy begins.
    pub(crate) policy: Position,
    pub(crate) settings: Vec<(Setting, Position)>,
}

/// The format that the lines of a policy file are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Syntax {
    #[default]
    Toml,
    #[cfg(feature = "json")]
    Json,
    #[cfg(feature = "yaml")]
    Yaml,
}

impl Written {
    /// Where `setting` stands, if it is set.
    pub(crate) fn setting(&self, setting: Setting) -> Option<Position> {
        self.settings.iter().find(|(other, _)| *other == setting).map(|(_, position)| *position)
    }
}
