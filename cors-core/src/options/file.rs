//! The shape of a policy file, in whatever format serde reads.

mod entries;
mod read;

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::routes::{Route, Target};
use super::{CorsOptions, CorsOptionsBuilder};
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors, Place, Setting};
#[cfg(feature = "regex")]
use crate::origin::OriginRegex;
use crate::origin::{DangerousOptIn, DangerousOptIns, OriginEntry};
use crate::policy::{CorsPolicy, CorsPolicyBuilder, NullOrigin};
use entries::{Entries, TextOr, seconds};
pub(super) use read::Part;
use read::{Table, at_the_top};

impl<'de> Deserialize<'de> for CorsOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        OptionsFile::read(deserializer, &mut None)?.build().map_err(de::Error::custom)
    }
}

impl Serialize for CorsOptions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policies = self.policies().map(|(name, policy)| {
            PolicyTable::try_from(policy).map(|table| (name.to_owned(), table))
        });
        OptionsFile {
            default: self.default_name().map(str::to_owned),
            policies: policies.collect::<Result<_, _>>().map_err(ser::Error::custom)?,
            routes: self.routes().iter().map(RouteTable::from).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CorsPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = CorsPolicyBuilder::from(read::table::<PolicyTable, _>(deserializer)?);
        settings.build().map_err(de::Error::custom)
    }
}

impl Serialize for CorsPolicy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PolicyTable::try_from(self).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

/// A whole policy file, read but not checked.
#[derive(Serialize)]
pub(super) struct OptionsFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    policies: IndexMap<String, PolicyTable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<RouteTable>,
}

impl OptionsFile {
    /// Reads a whole file. `part` is what it failed in, where it did.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        part: &mut Option<Part>,
    ) -> Result<Self, D::Error> {
        read::file(deserializer, part)
    }

    /// Checks everything. An empty file is one that was cut off, or that is being written: it would
    /// take CORS off every path.
    pub(super) fn build(self) -> Result<CorsOptions, ConfigErrors> {
        if self.policies.is_empty() && self.routes.is_empty() && self.default.is_none() {
            let place = Place::setting(Setting::Policies);
            return Err(ConfigError::new(place, ConfigErrorReason::NothingConfigured).into());
        }
        let policies = self.policies.into_iter();
        let mut builder = CorsOptionsBuilder {
            policies: policies
                .map(|(name, table)| (name, CorsPolicyBuilder::from(table).into()))
                .collect(),
            default: self.default,
            ..CorsOptionsBuilder::default()
        };
        for (index, route) in self.routes.into_iter().enumerate() {
            let target = match (route.policy, route.disabled, route.pass_through) {
                (Some(name), false, false) => Target::Policy(name),
                (None, true, false) => Target::Disabled,
                (None, false, true) => Target::PassThrough,
                (policy, ..) => {
                    let place = Place::entry(Setting::Routes, index, &route.path);
                    let error = ConfigError::new(place, ConfigErrorReason::RouteWithoutEffect);
                    builder.errors.push(error);
                    // For its own errors.
                    policy.map_or(Target::Disabled, Target::Policy)
                }
            };
            builder = builder.add_route(route.methods.0, route.path, target);
        }
        builder.build()
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
    #[serde(default, skip_serializing_if = "is_default")]
    pass_through: bool,
}

impl<'de> Table<'de> for RouteTable {
    const WHAT: &'static str = "a table of a path and its policy";

    fn misplaced(key: &str) -> Option<&'static str> {
        at_the_top(key)
    }
}

impl From<&Route> for RouteTable {
    fn from(route: &Route) -> Self {
        Self {
            path: route.path.clone(),
            methods: Entries(route.methods.clone()),
            policy: route.target.policy().cloned(),
            disabled: route.target == Target::Disabled,
            pass_through: route.target == Target::PassThrough,
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

impl<'de> Table<'de> for PolicyTable {
    const WHAT: &'static str = "a table of settings";

    fn misplaced(key: &str) -> Option<&'static str> {
        at_the_top(key)
    }
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

fn opt_ins(listed: &[DangerousOptIn]) -> DangerousOptIns {
    let mut opt_ins = DangerousOptIns::default();
    listed.iter().for_each(|opt_in| opt_ins.insert(*opt_in));
    opt_ins
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
