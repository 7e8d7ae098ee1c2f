//! Reading the tables of a policy file: maps only, and what is misplaced is told where it belongs.

use std::fmt;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{OptionsFile, PolicyTable, RouteTable};

/// The part of a file that is being read, for an error: formats know lines, but no names.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::options) enum Part {
    Policy(String),
    Route(usize),
}

/// A table of which each key is known. Serde's own code would take a list for it, too, whose values
/// are told apart by their order.
pub(super) trait Table<'de>: Deserialize<'de> {
    const WHAT: &'static str;

    /// What to say of a key that stands in the wrong table.
    fn misplaced(key: &str) -> Option<&'static str>;
}

/// Reads a whole file. `part` is what it failed in, where it did.
pub(super) fn file<'de, D: Deserializer<'de>>(
    deserializer: D,
    part: &mut Option<Part>,
) -> Result<OptionsFile, D::Error> {
    deserializer.deserialize_map(FileVisitor(part))
}

/// Reads one table.
pub(super) fn table<'de, T: Table<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(TableVisitor(PhantomData))
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum TopKey {
    Default,
    Policies,
    Routes,
}

struct FileVisitor<'a>(&'a mut Option<Part>);

impl<'de> Visitor<'de> for FileVisitor<'_> {
    type Value = OptionsFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy file: a table of `default`, `policies` and `routes`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OptionsFile, A::Error> {
        let mut default: Option<Option<String>> = None;
        let mut policies = None;
        let mut routes = None;
        let seed = || CheckedKey { seed: PhantomData, misplaced: below_a_policy };
        while let Some(key) = map.next_key_seed(seed())? {
            let duplicate = match key {
                TopKey::Default => default.replace(map.next_value()?).map(|_| "default"),
                TopKey::Policies => {
                    let read = map.next_value_seed(Policies(self.0))?;
                    policies.replace(read).map(|_| "policies")
                }
                TopKey::Routes => {
                    routes.replace(map.next_value_seed(Routes(self.0))?).map(|_| "routes")
                }
            };
            if let Some(field) = duplicate {
                return Err(de::Error::duplicate_field(field));
            }
        }
        Ok(OptionsFile {
            default: default.flatten(),
            policies: policies.unwrap_or_default(),
            routes: routes.unwrap_or_default(),
        })
    }
}

/// Policies by name. Formats that allow a key twice would silently drop one of them.
struct Policies<'a>(&'a mut Option<Part>);

impl<'de> DeserializeSeed<'de> for Policies<'_> {
    type Value = IndexMap<String, PolicyTable>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Policies<'_> {
    type Value = IndexMap<String, PolicyTable>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of policies by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut policies = IndexMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if policies.contains_key(&name) {
                let message = format!("there are two policies of the name `{name}`");
                return Err(de::Error::custom(message));
            }
            *self.0 = Some(Part::Policy(name.clone()));
            policies.insert(name, map.next_value_seed(TableVisitor(PhantomData))?);
            *self.0 = None;
        }
        Ok(policies)
    }
}

struct Routes<'a>(&'a mut Option<Part>);

impl<'de> DeserializeSeed<'de> for Routes<'_> {
    type Value = Vec<RouteTable>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Routes<'_> {
    type Value = Vec<RouteTable>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tables; in TOML, write `[[routes]]`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut routes = Vec::new();
        loop {
            *self.0 = Some(Part::Route(routes.len()));
            match list.next_element_seed(TableVisitor(PhantomData))? {
                Some(route) => routes.push(route),
                None => break,
            }
        }
        *self.0 = None;
        Ok(routes)
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<'de, T: Table<'de>> DeserializeSeed<'de> for TableVisitor<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Table<'de>> Visitor<'de> for TableVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(Keys { map, misplaced: T::misplaced }))
    }
}

/// A map whose misplaced keys are told where they belong.
struct Keys<A> {
    map: A,
    misplaced: fn(&str) -> Option<&'static str>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Keys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.map.next_key_seed(CheckedKey { seed, misplaced: self.misplaced })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.map.size_hint()
    }
}

/// A key, which fails while it is being read: so formats know where.
struct CheckedKey<K> {
    seed: K,
    misplaced: fn(&str) -> Option<&'static str>,
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for CheckedKey<K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for CheckedKey<K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<K::Value, E> {
        match (self.misplaced)(key) {
            Some(place) => Err(E::custom(format_args!("`{key}` {place}"))),
            None => self.seed.deserialize(key.into_deserializer()),
        }
    }
}

/// What stands above all tables, and not in one of them.
pub(super) fn at_the_top(key: &str) -> Option<&'static str> {
    match key {
        "default" => Some("stands at the top level of the file; in TOML, above every table"),
        "policies" => Some("stands at the top level of the file; in TOML, as `[policies.NAME]`"),
        "routes" => Some("stands at the top level of the file; in TOML, as `[[routes]]`"),
        _ => None,
    }
}

fn below_a_policy(key: &str) -> Option<&'static str> {
    let settings = [
        "origins",
        "origin_regexes",
        "allow_null_origin",
        "methods",
        "headers",
        "exposed_headers",
        "credentials",
        "max_age",
        "private_network",
        "timing_allow_origin",
    ];
    settings
        .contains(&key)
        .then_some("is a setting of a policy; in TOML, write it below `[policies.NAME]`")
}
