//! The vectors as they are written; `vectors/README.md` describes the format.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Application, Request};

/// A policy as a vector writes it: settings by name, read by [`translate`](mod@crate::translate).
pub type Policy = serde_json::Map<String, serde_json::Value>;

/// The path that every vector's request is for.
pub const PATH: &str = "/vector";

/// The implementations whose facts are here.
pub const PEERS: [&str; 6] = ["aspnet", "spring", "express", "jub0bs", "rs", "rust"];

/// The facts from one implementation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    pub requests: Vec<RequestVector>,
    pub configs: Vec<ConfigVector>,
    pub origin_matches: Vec<OriginVector>,
    /// Requests whose answers were observed and not read from a test suite.
    #[serde(default)]
    pub measured: Vec<RequestVector>,
}

impl Peer {
    pub fn load(name: &str) -> Self {
        load(name)
    }
}

/// A policy, a request, and what the implementation answers.
#[derive(Debug, Deserialize)]
pub struct RequestVector {
    pub id: String,
    /// None where no policy was found for the request.
    pub policy: Option<Policy>,
    request: Message,
    /// What the application behind the layer answers, where that matters.
    inner: Option<Inner>,
    /// What the response holds already when the layer comes to it.
    #[serde(default)]
    response_before: Vec<(String, Value)>,
    pub expect: Expect,
    /// What the request is by the standard, where the implementation disagrees.
    fetch_kind: Option<String>,
    #[serde(default)]
    pub browser_credentials_mode: CredentialsMode,
}

impl RequestVector {
    pub fn request(&self) -> Request {
        self.request.bytes(1)
    }

    /// What the request is by the standard.
    pub fn kind(&self) -> &str {
        self.fetch_kind.as_deref().unwrap_or(&self.expect.kind)
    }

    pub fn application(&self) -> Application {
        let mut application = Application::default();
        let mut lines = self.response_before.iter().collect::<Vec<_>>();
        if let Some(inner) = &self.inner {
            application.status = inner.status.unwrap_or(application.status);
            lines.extend(&inner.headers);
        }
        application.headers.extend(lines.into_iter().map(|(n, v)| (n.clone(), v.bytes(1))));
        application
    }
}

#[derive(Debug, Deserialize)]
pub struct Expect {
    pub kind: String,
    /// None where a browser would never send the request, or does not check the answer.
    pub browser_accepts: Option<bool>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    absent: Vec<String>,
}

impl Expect {
    /// What the vector says of a response field: nothing, that it is absent (an empty text), or
    /// its value.
    pub fn field(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name).map(String::as_str);
        value.or_else(|| self.absent.iter().any(|absent| absent == name).then_some(""))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CredentialsMode {
    #[default]
    Omit,
    Include,
}

/// A policy, and whether the implementation accepts it.
#[derive(Debug, Deserialize)]
pub struct ConfigVector {
    pub id: String,
    pub policy: Policy,
    pub valid: bool,
}

/// Origins of a policy, an origin, and whether the implementation matches it.
#[derive(Debug, Deserialize)]
pub struct OriginVector {
    pub id: String,
    pub allowed: Vec<String>,
    /// None for a request without `Origin`.
    pub origin: Option<Value>,
    #[serde(rename = "match")]
    pub matches: bool,
}

/// The collection of attacks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attacks {
    pub entries: Vec<Attack>,
}

impl Attacks {
    pub fn load() -> Self {
        load("attacks")
    }
}

/// A policy, a request that attacks it (none where the policy is the danger), and what must hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    pub id: String,
    pub policy: Policy,
    request: Option<Message>,
    pub must: Must,
    /// Replaces the rule of `must: deny`.
    pub meaning: Option<String>,
    #[serde(default)]
    pub assert_headers: Vec<String>,
    /// The entry holds only under this semantics.
    depends_on: Option<String>,
    /// The one other behaviour that is acceptable.
    pub alternative: Option<String>,
    /// Are there bytes that an HTTP library may refuse?
    #[serde(default)]
    pub raw: bool,
    class: String,
    why: String,
    source: String,
    basis: Option<String>,
}

impl Attack {
    /// The request, with `times` the repetitions that the entry asks for.
    pub fn request(&self, times: usize) -> Option<Request> {
        self.request.as_ref().map(|message| message.bytes(times))
    }

    /// Where the entry comes from and why, for messages.
    pub fn explanation(&self) -> String {
        let basis = self.basis.as_deref().unwrap_or("observed");
        let depends_on = self.depends_on.as_deref().unwrap_or("nothing else");
        let Self { class, source, why, .. } = self;
        format!("{class} ({source}, {basis}, depends on {depends_on}): {why}")
    }
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// A page of this origin must be refused, and its text not be reflected.
    Deny,
    /// The policy must not build.
    RejectConfig,
    /// Some documented answer.
    NotCrash,
    /// As `NotCrash`, with work that is bounded.
    BoundedTime,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    method: String,
    headers: Vec<(String, Value)>,
    /// Only some vectors have one; the policy is chosen before, so it does not matter.
    #[serde(rename = "path")]
    _path: Option<String>,
}

impl Message {
    fn bytes(&self, times: usize) -> Request {
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.clone(), value.bytes(times))).collect();
        let generated =
            self.headers.iter().any(|(_, value)| matches!(value, Value::Generated { .. }));
        if !generated && let Some(last) = headers.last().cloned() {
            // An entry of many lines: they are repeated instead.
            let lines = headers.iter().filter(|(name, _)| *name == last.0).count();
            headers.extend(vec![last; lines * (times - 1)]);
        }
        Request { method: self.method.clone(), path: PATH.to_owned(), headers }
    }
}

#[derive(Debug, Deserialize)]
struct Inner {
    status: Option<u16>,
    #[serde(default)]
    headers: Vec<(String, Value)>,
}

/// A field value: text of which each character is one byte, or a recipe for a long one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Generated {
        #[serde(rename = "gen")]
        recipe: Recipe,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    prefix: String,
    unit: String,
    count: usize,
    suffix: String,
}

impl Value {
    /// The bytes, with `times` the repetitions that a recipe asks for.
    pub fn bytes(&self, times: usize) -> Vec<u8> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Generated { recipe: Recipe { prefix, unit, count, suffix } } => {
                format!("{prefix}{}{suffix}", unit.repeat(count * times))
            }
        };
        let byte = |character| u8::try_from(u32::from(character)).expect("one byte a character");
        text.chars().map(byte).collect()
    }
}

fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
