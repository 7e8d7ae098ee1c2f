//! Finds the line and column of each policy and setting, by reading an accepted text a second time.
//! Explanations leave out what it does not find.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::CorsOptions;
use crate::error::{Position, Setting};
use crate::policy::{Syntax, Written};

/// The settings that are explained.
const SETTINGS: [Setting; 6] = [
    Setting::Origins,
    Setting::AllowNullOrigin,
    Setting::Methods,
    Setting::Headers,
    Setting::Credentials,
    Setting::PrivateNetwork,
];

/// A policy's name, with where it begins and where its settings stand.
pub(super) type Places = HashMap<String, Written>;

impl CorsOptions {
    /// The same options, which were read from these places.
    pub(super) fn at_places(self, mut places: Places) -> Self {
        self.map_policies(|policy| match policy.name().and_then(|name| places.remove(name)) {
            Some(written) => policy.written(written),
            None => policy,
        })
    }

    /// The same options, which were read from a file.
    pub(super) fn in_file(self, path: &Path) -> Self {
        let file: Arc<str> = path.display().to_string().into();
        self.map_policies(|policy| match policy.compiled().written.as_deref() {
            Some(written) => {
                let written = Written { file: Some(file.clone()), ..written.clone() };
                policy.written(written)
            }
            None => policy,
        })
    }
}

fn written(
    syntax: Syntax,
    policy: Position,
    settings: impl Iterator<Item = (String, Position)>,
) -> Written {
    let known = |name: &str| SETTINGS.into_iter().find(|setting| setting.to_string() == name);
    let settings = settings.filter_map(|(name, position)| Some((known(&name)?, position)));
    Written { syntax, file: None, policy, settings: settings.collect() }
}

#[cfg(feature = "toml")]
pub(super) fn of_toml(text: &str) -> Places {
    use toml::de::{DeTable, DeValue};

    let lines = Lines::new(text);
    let Ok(file) = DeTable::parse(text) else { return Places::new() };
    let Some(DeValue::Table(policies)) = file.get_ref().get("policies").map(toml::Spanned::get_ref)
    else {
        return Places::new();
    };
    let policy = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let DeValue::Table(settings) = value.get_ref() else { return None };
        let settings = settings.iter().map(|(setting, _)| {
            (setting.get_ref().to_string(), lines.position(setting.span().start))
        });
        let begin = lines.position(name.span().start);
        Some((ToString::to_string(name.get_ref()), written(Syntax::Toml, begin, settings)))
    };
    policies.iter().filter_map(policy).collect()
}

/// Values are found, not keys: the two stand on one line unless somebody tries.
#[cfg(feature = "json")]
pub(super) fn of_json(text: &str) -> Places {
    use indexmap::IndexMap;
    use serde_json::value::RawValue;

    type Object<'a> = IndexMap<String, &'a RawValue>;

    let lines = Lines::new(text);
    // A raw value borrows from the text.
    let position = |value: &RawValue| {
        let offset = value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        lines.position(offset)
    };
    fn object(value: &RawValue) -> Option<Object<'_>> {
        serde_json::from_str(value.get()).ok()
    }
    let Ok(file) = serde_json::from_str::<Object<'_>>(text) else { return Places::new() };
    let policies = file.get("policies").and_then(|policies| object(policies));
    let policy = |(name, value): (String, &RawValue)| {
        let settings = object(value)?;
        let settings = settings.iter().map(|(name, value)| (name.clone(), position(value)));
        Some((name, written(Syntax::Json, position(value), settings)))
    };
    policies.into_iter().flatten().filter_map(policy).collect()
}

#[cfg(feature = "yaml")]
pub(super) fn of_yaml(text: &str) -> Places {
    use serde::Deserialize;
    use serde::de::IgnoredAny;
    use serde_saphyr::Spanned;

    #[derive(Deserialize)]
    struct File {
        policies: Pairs<Spanned<String>, Pairs<Spanned<String>, IgnoredAny>>,
    }

    let position = |name: &Spanned<String>| Position {
        line: usize::try_from(name.defined.line()).unwrap_or_default(),
        column: usize::try_from(name.defined.column()).unwrap_or_default(),
    };
    let Ok(file) = serde_saphyr::from_str::<File>(text) else { return Places::new() };
    let policy = |(name, settings): (Spanned<String>, Pairs<Spanned<String>, _>)| {
        let settings = settings.0.iter().map(|(name, _)| (name.value.clone(), position(name)));
        let written = written(Syntax::Yaml, position(&name), settings);
        (name.value, written)
    };
    file.policies.0.into_iter().map(policy).collect()
}

/// A map whose keys need not be comparable.
#[cfg(feature = "yaml")]
struct Pairs<K, V>(Vec<(K, V)>);

#[cfg(feature = "yaml")]
impl<'de, K, V> serde::Deserialize<'de> for Pairs<K, V>
where
    K: serde::Deserialize<'de>,
    V: serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{MapAccess, Visitor};

        struct PairsVisitor<K, V>(std::marker::PhantomData<(K, V)>);

        impl<'de, K, V> Visitor<'de> for PairsVisitor<K, V>
        where
            K: serde::Deserialize<'de>,
            V: serde::Deserialize<'de>,
        {
            type Value = Pairs<K, V>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

/// The lines of a text.
#[cfg(any(feature = "toml", feature = "json"))]
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins, in bytes.
    starts: Vec<usize>,
}

#[cfg(any(feature = "toml", feature = "json"))]
impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(index, _)| index + 1);
        Self { text, starts: std::iter::once(0).chain(after).collect() }
    }

    /// The line and the column of a byte offset.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        Position { line, column: before.chars().count() + 1 }
    }
}
