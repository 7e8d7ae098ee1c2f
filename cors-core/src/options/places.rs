//! Finds the line and column of each policy, setting and entry, by reading a text of the right shape a
//! second time. Explanations and errors leave out what it does not find.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::CorsOptions;
use crate::error::{ConfigErrorReason, ConfigErrors, Place, Position, Setting};
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

/// A table or a list of a text, with where its parts begin.
#[derive(Default)]
pub(super) enum Node {
    Table(IndexMap<String, Pair>),
    List(Vec<(Position, Node)>),
    #[default]
    Value,
}

/// A key of a table and its value.
pub(super) struct Pair {
    key: Position,
    value: Position,
    node: Node,
}

impl Node {
    fn get(&self, key: &str) -> Option<&Pair> {
        match self {
            Self::Table(table) => table.get(key),
            Self::List(_) | Self::Value => None,
        }
    }

    fn entry(&self, index: usize) -> Option<&(Position, Self)> {
        match self {
            Self::List(list) => list.get(index),
            Self::Table(_) | Self::Value => None,
        }
    }
}

/// Where the parts of an accepted text stand.
pub(super) struct Places {
    pub(super) syntax: Syntax,
    pub(super) file: Node,
}

impl Places {
    /// Where the policy of a name, and the settings that are explained, stand.
    fn written(&self, policy: &str) -> Option<Written> {
        let policy = self.policy(policy)?;
        let key = |setting: Setting| Some((setting, policy.node.get(&setting.to_string())?.key));
        let settings = SETTINGS.into_iter().filter_map(key).collect();
        Some(Written { syntax: self.syntax, file: None, policy: policy.key, settings })
    }

    /// Where what an error or a warning is about stands, as nearly as that is known: an entry of a
    /// list, else a value, else the policy or the route that it is missing in. Of a route, it is about
    /// the value of `key`.
    fn position(&self, place: &Place, key: &str) -> Option<Position> {
        match (place.policy(), place.setting_name()) {
            (Some(policy), Some(setting)) => {
                let policy = self.policy(policy)?;
                let Some(pair) = policy.node.get(&setting.to_string()) else {
                    return Some(policy.key);
                };
                let listed = place.index().and_then(|index| pair.node.entry(index));
                Some(listed.map_or(pair.value, |(position, _)| *position))
            }
            (Some(policy), None) => Some(self.policy(policy)?.key),
            (None, Some(Setting::Routes)) => self.route(place.index()?, key),
            (None, Some(setting)) => {
                let pair = self.file.get(&setting.to_string())?;
                Some(if matches!(pair.node, Node::Table(_)) { pair.key } else { pair.value })
            }
            (None, None) => None,
        }
    }

    fn route(&self, index: usize, key: &str) -> Option<Position> {
        let (begin, route) = self.file.get("routes")?.node.entry(index)?;
        Some(route.get(key).map_or(*begin, |pair| pair.value))
    }

    fn policy(&self, name: &str) -> Option<&Pair> {
        self.file.get("policies")?.node.get(name)
    }
}

impl CorsOptions {
    /// The same options, which were read from these places.
    pub(super) fn at_places(self, places: &Places) -> Self {
        let place = |place: Place| {
            let position = places.position(&place, "path");
            place.at(position)
        };
        self.map_parts(
            |policy| match policy.name().and_then(|name| places.written(name)) {
                Some(written) => policy.written(written, place),
                None => policy,
            },
            |index, spot| spot.position = places.route(index, "path"),
        )
    }

    /// The same options, which were read from a file.
    pub(super) fn in_file(self, path: &Path) -> Self {
        let file: Arc<str> = path.display().to_string().into();
        self.map_parts(
            |policy| match policy.compiled().written.as_deref() {
                Some(written) => {
                    let written = Written { file: Some(file.clone()), ..written.clone() };
                    policy.written(written, |place| place.in_file(file.clone()))
                }
                None => policy,
            },
            |_, spot| spot.file = Some(file.clone()),
        )
    }
}

impl ConfigErrors {
    /// The same errors, of a text with these places.
    pub(super) fn at_places(self, places: &Places) -> Self {
        self.map_places(|place, reason| {
            let is_of_policy = matches!(reason, ConfigErrorReason::UnknownPolicy { .. });
            let position = places.position(&place, if is_of_policy { "policy" } else { "path" });
            place.at(position)
        })
    }

    /// The same errors, of a file.
    pub(super) fn in_file(self, path: &Path) -> Self {
        let file: Arc<str> = path.display().to_string().into();
        self.map_places(|place, _| place.in_file(file.clone()))
    }
}

#[cfg(feature = "toml")]
pub(super) fn of_toml(text: &str) -> Places {
    use toml::Spanned;
    use toml::de::{DeTable, DeValue};

    fn table(lines: &Lines<'_>, table: &DeTable<'_>) -> Node {
        let parts = table.iter().map(|(key, value)| {
            let pair = Pair {
                key: lines.position(key.span().start),
                value: lines.position(value.span().start),
                node: node(lines, value),
            };
            (key.get_ref().to_string(), pair)
        });
        Node::Table(parts.collect())
    }
    fn node(lines: &Lines<'_>, value: &Spanned<DeValue<'_>>) -> Node {
        match value.get_ref() {
            DeValue::Table(parts) => table(lines, parts),
            DeValue::Array(parts) => {
                let parts =
                    parts.iter().map(|part| (lines.position(part.span().start), node(lines, part)));
                Node::List(parts.collect())
            }
            _ => Node::Value,
        }
    }
    let file = DeTable::parse(text);
    let file = file.map(|file| table(&Lines::new(text), file.get_ref())).unwrap_or_default();
    Places { syntax: Syntax::Toml, file }
}

/// Values are found, not keys: the two stand on one line unless somebody tries.
#[cfg(feature = "json")]
pub(super) fn of_json(text: &str) -> Places {
    use serde_json::value::RawValue;

    fn node(text: &str, lines: &Lines<'_>, value: &str) -> Node {
        // A raw value borrows from the text.
        let part = |value: &RawValue| {
            let offset = value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
            (lines.position(offset), node(text, lines, value.get()))
        };
        if let Ok(parts) = serde_json::from_str::<IndexMap<String, &RawValue>>(value) {
            let parts = parts.into_iter().map(|(key, value)| {
                let (position, node) = part(value);
                (key, Pair { key: position, value: position, node })
            });
            Node::Table(parts.collect())
        } else if let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(value) {
            Node::List(parts.into_iter().map(part).collect())
        } else {
            Node::Value
        }
    }
    Places { syntax: Syntax::Json, file: node(text, &Lines::new(text), text) }
}

#[cfg(feature = "yaml")]
pub(super) fn of_yaml(text: &str) -> Places {
    let file = serde_saphyr::from_str(text).unwrap_or_default();
    Places { syntax: Syntax::Yaml, file }
}

#[cfg(feature = "yaml")]
impl<'de> serde::Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{MapAccess, SeqAccess, Visitor};
        use serde_saphyr::Spanned;

        struct NodeVisitor;

        fn position<T>(part: &Spanned<T>) -> Position {
            Position {
                line: usize::try_from(part.defined.line()).unwrap_or_default(),
                column: usize::try_from(part.defined.column()).unwrap_or_default(),
            }
        }

        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = Node;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut table = IndexMap::new();
                while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Node>>()? {
                    let (begin, of_value) = (position(&key), position(&value));
                    let pair = Pair { key: begin, value: of_value, node: value.value };
                    table.insert(key.value, pair);
                }
                Ok(Node::Table(table))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(part) = seq.next_element::<Spanned<Node>>()? {
                    list.push((position(&part), part.value));
                }
                Ok(Node::List(list))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Value)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Value)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Value)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Value)
            }

            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Value)
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Value)
            }
        }

        deserializer.deserialize_any(NodeVisitor)
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
