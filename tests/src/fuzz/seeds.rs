//! The inputs to begin with, nearly all made of the vectors.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Input, origin, requested_headers as headers};
use crate::vectors::{Attacks, CredentialsMode, PEERS, Peer, Policy};
use crate::{Application, Dangers, Entry, Governs, NullOrigin, Request, Settings, translate};

type Seeds = BTreeSet<Vec<u8>>;

/// Longer ones only slow a fuzzer down; those of the attacks are tests of their own.
const LONGEST: usize = 4096;

/// The origins of all requests, and the entries of all policies.
pub(super) fn origins() -> Seeds {
    let mut seeds: Seeds = origin::SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect();
    for input in inputs() {
        seeds.extend(input.settings.origins.iter().map(|entry| entry.text.as_bytes().to_vec()));
        seeds.extend(input.request.values("origin").into_iter().map(<[u8]>::to_vec));
    }
    for (entries, origin) in origin_matches() {
        seeds.extend(entries.into_iter().map(String::into_bytes));
        seeds.insert(origin);
    }
    short(seeds)
}

/// Entries, and an origin in the last line.
pub(super) fn patterns() -> Seeds {
    let with_entries = |input: &Input, origin: &[u8]| {
        let entries = input.settings.origins.iter().map(|entry| entry.text.as_bytes());
        entries.chain([origin]).collect::<Vec<_>>().join(&b'\n')
    };
    let mut seeds = Seeds::new();
    for input in inputs() {
        let origins = input.request.values("origin");
        seeds.extend(origins.iter().map(|origin| with_entries(&input, origin)));
    }
    for (entries, origin) in origin_matches() {
        seeds.insert([entries.join("\n").as_bytes(), b"\n", &origin].concat());
    }
    short(seeds)
}

/// The names of a policy, and the lines of a request.
pub(super) fn requested_headers() -> Seeds {
    let seed = |input: Input| {
        let mut names = input.settings.headers.clone();
        names.extend(input.settings.credentials.then(|| "!".to_owned()));
        let names = names.join(" ");
        let lines = input.request.values("access-control-request-headers");
        std::iter::once(names.as_bytes()).chain(lines).collect::<Vec<_>>().join(&b'\n')
    };
    let own = headers::SEEDS.iter().map(|text| text.as_bytes().to_vec());
    short(inputs().into_iter().map(seed).chain(own).collect())
}

/// A file in each format for each policy, valid or not.
pub(super) fn policy_files() -> Seeds {
    let mut seeds = Seeds::new();
    let policies = peers().flat_map(|peer| peer.configs).map(|vector| vector.policy);
    let settings = policies.filter_map(|policy| settings(Some(&policy), Dangers::AsWritten));
    for settings in settings.chain(inputs().into_iter().map(|input| input.settings)) {
        let file = file(&settings);
        let json = serde_json::to_string_pretty(&file).expect("a value is JSON");
        seeds.insert(json.into_bytes());
        seeds.insert(toml::to_string(&file).expect("tables are TOML").into_bytes());
        seeds.insert(yaml(&file, 0).into_bytes());
    }
    short(seeds)
}

/// A policy, a request and a response.
pub(super) fn exchanges() -> Seeds {
    short(inputs().iter().map(Input::write).collect())
}

fn short(seeds: Seeds) -> Seeds {
    seeds.into_iter().filter(|seed| seed.len() <= LONGEST).collect()
}

fn peers() -> impl Iterator<Item = Peer> {
    PEERS.iter().map(|name| Peer::load(name))
}

/// Every vector that has a policy and a request.
fn inputs() -> Vec<Input> {
    let mut inputs = Vec::new();
    for vector in peers().flat_map(|peer| peer.requests.into_iter().chain(peer.measured)) {
        let sends_credentials = vector.browser_credentials_mode == CredentialsMode::Include;
        if let Some(settings) = settings(vector.policy.as_ref(), Dangers::Accepted) {
            let (request, application) = (vector.request(), vector.application());
            inputs.push(Input { settings, request, application, sends_credentials });
        }
    }
    for attack in Attacks::load().entries {
        let settings = settings(Some(&attack.policy), Dangers::Accepted);
        let request = attack.request(1).unwrap_or_else(|| Request {
            method: "GET".to_owned(),
            path: "/any".to_owned(),
            headers: Vec::new(),
        });
        if let Some(settings) = settings {
            let application = Application::default();
            inputs.push(Input {
                sends_credentials: settings.credentials,
                settings,
                request,
                application,
            });
        }
    }
    inputs
}

fn origin_matches() -> impl Iterator<Item = (Vec<String>, Vec<u8>)> {
    let vectors = peers().flat_map(|peer| peer.origin_matches);
    vectors.filter_map(|vector| Some((vector.allowed, vector.origin?.bytes(1))))
}

fn settings(policy: Option<&Policy>, dangers: Dangers) -> Option<Settings> {
    match translate::policy(policy, dangers).ok()?.governs {
        Governs::Policy(settings) => Some(settings),
        Governs::Nothing | Governs::Disabled => None,
    }
}

/// A policy file with the settings, be they valid or not.
fn file(settings: &Settings) -> Value {
    let entries = |entries: &[Entry], key: &str| -> Vec<Value> {
        let entry = |entry: &Entry| {
            let opt_ins = [(entry.insecure, "insecure"), (entry.public_suffix, "public_suffix")];
            let opt_ins: Vec<_> =
                opt_ins.iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
            if opt_ins.is_empty() {
                json!(entry.text)
            } else {
                json!({ key: entry.text, "dangerously_allow": opt_ins })
            }
        };
        entries.iter().map(entry).collect()
    };
    let mut policy = Map::new();
    let mut set = |key: &str, value: Value| {
        if ![json!([]), json!(false)].contains(&value) {
            policy.insert(key.to_owned(), value);
        }
    };
    set("origins", json!(entries(&settings.origins, "origin")));
    set("origin_regexes", json!(entries(&settings.regexes, "regex")));
    set(
        "allow_null_origin",
        match settings.null_origin {
            NullOrigin::Refused => json!(false),
            NullOrigin::Allowed => json!(true),
            NullOrigin::Dangerous => json!("dangerously-with-credentials"),
        },
    );
    set("methods", json!(settings.methods));
    set("headers", json!(settings.headers));
    set("exposed_headers", json!(settings.exposed_headers));
    set("credentials", json!(settings.credentials));
    if let Some(seconds) = settings.max_age {
        set("max_age", json!(seconds));
    }
    set("private_network", json!(settings.private_network));
    set("timing_allow_origin", json!(settings.timing_allow_origin));
    json!({
        "default": "a",
        "policies": { "a": policy },
        "routes": [
            { "path": "/public/{*rest}", "methods": ["GET"], "policy": "a" },
            { "path": "/internal/{id}", "disabled": true },
        ],
    })
}

/// The value as people write YAML; JSON would be YAML too.
fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let nested = |value: &Value| match value {
        Value::Object(map) if !map.is_empty() => format!("\n{}", yaml(value, depth + 1)),
        Value::Array(list) if !list.is_empty() => format!("\n{}", yaml(value, depth + 1)),
        _ => format!(" {value}\n"),
    };
    match value {
        Value::Object(map) => {
            map.iter().map(|(key, value)| format!("{indent}{key}:{}", nested(value))).collect()
        }
        Value::Array(list) => {
            list.iter().map(|value| format!("{indent}-{}", nested(value))).collect()
        }
        scalar => format!("{indent}{scalar}\n"),
    }
}
