//! Where in a policy file the settings of a policy stand.

use std::sync::Arc;

#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
use super::{Compiled, CorsPolicy};
#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
use crate::error::Place;
use crate::error::{Position, Setting, Spot};

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
    /// Where the policy begins.
    pub(crate) fn spot(&self) -> Spot {
        Spot { file: self.file.clone(), position: Some(self.policy) }
    }

    /// Where `setting` stands, if it is set.
    pub(crate) fn setting(&self, setting: Setting) -> Option<Position> {
        self.settings.iter().find(|(other, _)| *other == setting).map(|(_, position)| *position)
    }
}

#[cfg(any(feature = "toml", feature = "json", feature = "yaml"))]
impl CorsPolicy {
    /// The same policy, which was read from this place, and whose warnings stand where `place` says.
    pub(crate) fn written(self, written: Written, place: impl Fn(Place) -> Place) -> Self {
        let read = |compiled: Compiled| {
            let warnings = compiled.warnings.into_iter().map(|warning| warning.map_place(&place));
            let warnings = warnings.collect();
            Compiled { written: Some(Box::new(written)), warnings, ..compiled }
        };
        Self { compiled: self.compiled.map(read) }
    }
}
