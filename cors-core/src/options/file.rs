//! The shape of a policy file, in whatever format serde reads.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use indexmap::IndexMap;
use serde::de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

use super::routes::Route;
use super::{CorsOptions, CorsOptionsBuilder};
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
#[cfg(feature = "regex")]
use crate::origin::OriginRegex;
use crate::origin::{DangerousOptIn, DangerousOptIns, OriginEntry};
use crate::policy::{CorsPolicy, CorsPolicyBuilder, NullOrigin};

const NULL_WITH_CREDENTIALS: &str = "dangerously-with-credentials";

impl<'de> Deserialize<'de> for CorsOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OptionsFile::deserialize(deserializer)?.build().map_err(de::Error::custom)
    }
}

impl Serialize for CorsOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policies = self.policies().map(|(name, policy)| {
            PolicyTable::try_from(policy).map(|table| (name.to_owned(), table))
        });
        OptionsFile {
            default: self.default_name().map(str::to_owned),
            policies: Policies(policies.collect::<Result<_, _>>().map_err(ser::Error::custom)?),
            routes: self.routes().iter().map(RouteTable::from).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CorsPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = CorsPolicyBuilder::from(PolicyTable::deserialize(deserializer)?);
        settings.build().map_err(de::Error::custom)
    }
}

impl Serialize for CorsPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PolicyTable::try_from(self).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// A whole policy file, read but not checked.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionsFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(default)]
    policies: Policies,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    routes: Vec<RouteTable>,
}

impl OptionsFile {
    pub(super) fn build(self) -> Result<CorsOptions, ConfigErrors> {
        let policies = self.policies.0.into_iter();
        let mut builder = CorsOptionsBuilder {
            policies: policies
                .map(|(name, table)| (name, CorsPolicyBuilder::from(table).into()))
                .collect(),
            default: self.default,
            ..CorsOptionsBuilder::default()
        };
        for (index, route) in self.routes.into_iter().enumerate() {
            if route.policy.is_some() == route.disabled {
                let place = Place::entry(Setting::Routes, index, &route.path);
                let error = ConfigError::new(place, ConfigErrorReason::RouteWithoutEffect);
                builder.errors.push(error);
            }
            builder = builder.add_route(route.methods.0, route.path, route.policy);
        }
        builder.build()
    }
}

/// Policies by name. Formats that allow a key twice would silently drop one of them.
#[derive(Default, Serialize)]
struct Policies(IndexMap<String, PolicyTable>);

impl<'de> Deserialize<'de> for Policies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PoliciesVisitor;

        impl<'de> Visitor<'de> for PoliciesVisitor {
            type Value = Policies;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("policies by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Policies, A::Error> {
                let mut policies = IndexMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if policies.contains_key(&name) {
                        let message = format!("there are two policies of the name `{name}`");
                        return Err(de::Error::custom(message));
                    }
                    policies.insert(name, map.next_value()?);
                }
                Ok(Policies(policies))
            }
        }

        deserializer.deserialize_map(PoliciesVisitor)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RouteTable {
    path: String,
    #[serde(default, skip_serializing_if = "Entries::is_empty")]
    methods: Entries<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    disabled: bool,
}

impl From<&Route> for RouteTable {
    fn from(route: &Route) -> Self {
        Self {
            path: route.path.clone(),
            methods: Entries(route.methods.clone()),
            policy: route.policy.clone(),
            disabled: route.policy.is_none(),
        }
    }
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
struct PolicyTable {
    #[serde(skip_serializing_if = "Entries::is_empty")]
    origins: Entries<TextOr<OriginTable>>,
    #[cfg(feature = "regex")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origin_regexes: Vec<TextOr<RegexTable>>,
    #[serde(skip_serializing_if = "is_default")]
    allow_null_origin: NullOrigin,
    #[serde(skip_serializing_if = "Entries::is_empty")]
    methods: Entries<String>,
    #[serde(skip_serializing_if = "Entries::is_empty")]
    headers: Entries<String>,
    #[serde(skip_serializing_if = "Entries::is_empty")]
    exposed_headers: Entries<String>,
    #[serde(skip_serializing_if = "is_default")]
    credentials: bool,
    #[serde(deserialize_with = "seconds", skip_serializing_if = "is_default")]
    max_age: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    private_network: bool,
    #[serde(skip_serializing_if = "is_default")]
    timing_allow_origin: bool,
}

impl From<PolicyTable> for CorsPolicyBuilder {
    fn from(table: PolicyTable) -> Self {
        Self {
            origins: table.origins.0.into_iter().map(OriginEntry::from).collect(),
            #[cfg(feature = "regex")]
            regexes: table.origin_regexes.into_iter().map(OriginRegex::from).collect(),
            null_origin: table.allow_null_origin,
            methods: table.methods.0,
            headers: table.headers.0,
            exposed_headers: table.exposed_headers.0,
            credentials: table.credentials,
            max_age: table.max_age.map(Duration::from_secs),
            private_network: table.private_network,
            timing_allow_origin: table.timing_allow_origin,
            ..Self::default()
        }
    }
}

impl TryFrom<&CorsPolicy> for PolicyTable {
    type Error = &'static str;

    fn try_from(policy: &CorsPolicy) -> Result<Self, Self::Error> {
        let settings = policy.to_builder();
        if !settings.predicates.is_empty() {
            return Err("a policy with an origin predicate cannot be written to a file");
        }
        Ok(Self {
            origins: Entries(settings.origins.into_iter().map(TextOr::from).collect()),
            #[cfg(feature = "regex")]
            origin_regexes: settings.regexes.into_iter().map(TextOr::from).collect(),
            allow_null_origin: settings.null_origin,
            methods: Entries(settings.methods),
            headers: Entries(settings.headers),
            exposed_headers: Entries(settings.exposed_headers),
            credentials: settings.credentials,
            max_age: settings.max_age.map(|max_age| max_age.as_secs()),
            private_network: settings.private_network,
            timing_allow_origin: settings.timing_allow_origin,
        })
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OriginTable {
    origin: String,
    #[serde(default)]
    dangerously_allow: Vec<DangerousOptIn>,
}

impl From<TextOr<OriginTable>> for OriginEntry {
    fn from(entry: TextOr<OriginTable>) -> Self {
        match entry {
            TextOr::Text(text) => Self::new(text),
            TextOr::Table(table) => {
                Self::new(table.origin).with_opt_ins(opt_ins(&table.dangerously_allow))
            }
        }
    }
}

impl From<OriginEntry> for TextOr<OriginTable> {
    fn from(entry: OriginEntry) -> Self {
        let origin = entry.text().to_owned();
        let dangerously_allow: Vec<_> = entry.opt_ins().collect();
        if dangerously_allow.is_empty() {
            Self::Text(origin)
        } else {
            Self::Table(OriginTable { origin, dangerously_allow })
        }
    }
}

#[cfg(feature = "regex")]
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RegexTable {
    regex: String,
    #[serde(default)]
    dangerously_allow: Vec<DangerousOptIn>,
}

#[cfg(feature = "regex")]
impl From<TextOr<RegexTable>> for OriginRegex {
    fn from(entry: TextOr<RegexTable>) -> Self {
        match entry {
            TextOr::Text(source) => Self::new(source),
            TextOr::Table(table) => {
                Self::new(table.regex).with_opt_ins(opt_ins(&table.dangerously_allow))
            }
        }
    }
}

#[cfg(feature = "regex")]
impl From<OriginRegex> for TextOr<RegexTable> {
    fn from(entry: OriginRegex) -> Self {
        let regex = entry.source().to_owned();
        let dangerously_allow: Vec<_> = entry.opt_ins().collect();
        if dangerously_allow.is_empty() {
            Self::Text(regex)
        } else {
            Self::Table(RegexTable { regex, dangerously_allow })
        }
    }
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    struct SecondsVisitor;

    impl Visitor<'_> for SecondsVisitor {
        type Value = Option<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of seconds")
        }

        fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Option<u64>, E> {
            Ok(Some(seconds))
        }

        fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Option<u64>, E> {
            match u64::try_from(seconds) {
                Ok(seconds) => Ok(Some(seconds)),
                Err(_) => Err(E::invalid_value(de::Unexpected::Signed(seconds), &self)),
            }
        }
    }

    deserializer.deserialize_any(SecondsVisitor)
}

fn opt_ins(listed: &[DangerousOptIn]) -> DangerousOptIns {
    let mut opt_ins = DangerousOptIns::default();
    listed.iter().for_each(|opt_in| opt_ins.insert(*opt_in));
    opt_ins
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A list, or the string `*`, which is the list of itself.
#[derive(PartialEq)]
struct Entries<T>(Vec<T>);

impl<T> Entries<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + From<String>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + From<String>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or the string \"*\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "*" => Ok(Entries(vec![T::from(text.to_owned())])),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

/// An entry that is a string, or a table where it accepts a danger.
#[derive(Serialize)]
#[serde(untagged)]
enum TextOr<T> {
    Text(String),
    Table(T),
}

impl<T> From<String> for TextOr<T> {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or a table with `dangerously_allow`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Table)
            }
        }

        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

impl Serialize for NullOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Refused => serializer.serialize_bool(false),
            Self::Allowed => serializer.serialize_bool(true),
            Self::DangerouslyAllowedWithCredentials => {
                serializer.serialize_str(NULL_WITH_CREDENTIALS)
            }
        }
    }
}

impl<'de> Deserialize<'de> for NullOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NullOriginVisitor;

        impl Visitor<'_> for NullOriginVisitor {
            type Value = NullOrigin;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "true, false, or the string \"{NULL_WITH_CREDENTIALS}\"")
            }

            fn visit_bool<E: de::Error>(self, allowed: bool) -> Result<NullOrigin, E> {
                Ok(if allowed { NullOrigin::Allowed } else { NullOrigin::Refused })
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<NullOrigin, E> {
                match text {
                    NULL_WITH_CREDENTIALS => Ok(NullOrigin::DangerouslyAllowedWithCredentials),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(NullOriginVisitor)
    }
}
