//! From the policy of a vector, in the words of another implementation, to settings of ours.
//!
//! | vector | here |
//! |---|---|
//! | `policy: null`, or a note that the layer passes everything | no policy |
//! | `disabled` | CORS disabled for the path |
//! | `origins: "*"` and a pattern `*` | any origin |
//! | `origins`, `origin_patterns` | entries of one list, as they are written |
//! | `regex: ...` and `/.../` among them, `origin_regexes` | regexes, which are always anchored here |
//! | `suffix: ...` among them | a predicate |
//! | `true` among them | any origin |
//! | `origin_predicate` | a predicate over the parsed origin; where it replaces the list there, it stands beside it here |
//! | `origin_mirror`, `methods_mirror`, `headers_mirror` | any origin, method, header |
//! | `methods`, `headers`, `expose`, `credentials`, `max_age`, `private_network` | the settings of these names |
//! | `preset` | nothing: the vector spells it out |
//! | a note on an opt-out (insecure origins, public suffixes) | that opt-in on every entry |
//! | a note on default request headers | these headers |
//! | a note on the preflight's status, `preflight_status` | the processor's setting |
//! | `vary_override`, `vary_disabled`, `send_wildcard`, `preflight_continue`, `block_on_origin_mismatch`, `private_network_predicate` | nothing: there is no such setting |
//!
//! Other notes only say how the implementation's own test is written.

use cors_core::ConfigErrors;
use serde_json::Value;

use crate::vectors::Policy;
use crate::{Entry, Governs, NullOrigin, Predicate, Settings};

/// Whether to write a policy as the vector does, or as somebody would who means it: with every
/// dangerous opt-in, `null` by its switch, and `*` without the `authorization` beside it that any
/// header covers here. The first judges the configuration, the second the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dangers {
    AsWritten,
    Accepted,
}

/// A policy in our words.
#[derive(Debug)]
pub struct Translation {
    pub governs: Governs,
    /// The status of allowed preflights, where the vector sets it.
    pub preflight_status: Option<u16>,
}

/// Translates the policy of a vector.
///
/// # Errors
///
/// Why it cannot be written at all: the types have no room for it.
pub fn policy(policy: Option<&Policy>, dangers: Dangers) -> Result<Translation, &'static str> {
    let Some(policy) = policy else {
        return Ok(Translation { governs: Governs::Nothing, preflight_status: None });
    };
    let mut reader = Reader::default();
    for (key, value) in policy {
        reader.read(key, value)?;
    }
    if let Some(Value::String(notes)) = policy.get("notes") {
        reader.read_notes(notes)?;
    }
    Ok(reader.finish(dangers))
}

/// Translates the list of an origin vector: entries alone, without credentials.
pub fn origins(allowed: &[String]) -> Settings {
    let mut reader = Reader::default();
    allowed.iter().for_each(|entry| reader.add_origin(entry));
    reader.settings
}

#[derive(Default)]
struct Reader {
    settings: Settings,
    governs_nothing: bool,
    disabled: bool,
    tolerates_insecure: bool,
    tolerates_public_suffixes: bool,
    preflight_status: Option<u16>,
}

impl Reader {
    fn read(&mut self, key: &str, value: &Value) -> Result<(), &'static str> {
        let settings = &mut self.settings;
        match key {
            "origins" | "origin_patterns" => {
                list(value)?.iter().for_each(|entry| self.add_origin(entry));
            }
            "origin_regexes" => settings.regexes = list(value)?.iter().map(Entry::new).collect(),
            "origin_predicate" => settings.predicate = Some(predicate(value)?),
            "origin_mirror" => self.add_origin("*"),
            "methods_mirror" => settings.methods = vec!["*".to_owned()],
            "headers_mirror" => settings.headers = vec!["*".to_owned()],
            "methods" => settings.methods = list(value)?,
            "headers" => settings.headers = list(value)?,
            "expose" => settings.exposed_headers = list(value)?,
            "credentials" => {
                settings.credentials = value.as_bool().ok_or("credentials are true or false")?;
            }
            "max_age" => {
                settings.max_age = Some(value.as_u64().ok_or("a duration is not negative")?);
            }
            "private_network" => settings.private_network = value == true,
            "disabled" => self.disabled = value == true,
            "preflight_status" => {
                self.preflight_status = value.as_u64().and_then(|status| status.try_into().ok());
            }
            "notes"
            | "preset"
            | "vary_override"
            | "vary_disabled"
            | "send_wildcard"
            | "preflight_continue"
            | "block_on_origin_mismatch"
            | "private_network_predicate" => {}
            _ => panic!("no translation for `{key}`"),
        }
        Ok(())
    }

    fn read_notes(&mut self, notes: &str) -> Result<(), &'static str> {
        self.governs_nothing = notes.starts_with("no CORS policy configured");
        self.tolerates_insecure = notes.contains("tolerate insecure origins");
        self.tolerates_public_suffixes = notes.contains("tolerate subdomains of public suffixes");
        if notes.contains("predicate on request") {
            return Err("a predicate sees the origin and nothing else of the request");
        }
        if notes.contains("headers default accept") && self.settings.headers.is_empty() {
            self.settings.headers =
                ["accept", "content-type", "x-requested-with"].map(str::to_owned).to_vec();
        }
        if let Some((_, status)) = notes.rsplit_once("status ") {
            self.preflight_status = status.split(';').next().and_then(|text| text.parse().ok());
        }
        if let Some((_, regex)) = notes.split_once("regex policy: ") {
            self.settings.regexes.push(Entry::new(regex));
        }
        if let Some((_, origins)) = notes.split_once("combined with explicit origins ") {
            let origins: Vec<String> = serde_json::from_str(origins).expect("a list of origins");
            origins.iter().for_each(|origin| self.add_origin(origin));
        }
        Ok(())
    }

    fn add_origin(&mut self, entry: &str) {
        let settings = &mut self.settings;
        let javascript = entry.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        if let Some(regex) = entry.strip_prefix("regex:") {
            settings.regexes.push(Entry::new(regex.trim_start()));
        } else if let Some(regex) = javascript {
            settings.regexes.push(Entry::new(regex.replace(r"\/", "/")));
        } else if entry == "true" {
            settings.origins.push(Entry::new("*"));
        } else if entry == "suffix: example.com" {
            settings.predicate = Some(Predicate::HostEndsWith("example.com"));
        } else {
            settings.origins.push(Entry::new(entry));
        }
    }

    fn finish(self, dangers: Dangers) -> Translation {
        let mut settings = self.settings;
        let accepted = dangers == Dangers::Accepted;
        for entry in settings.origins.iter_mut().chain(&mut settings.regexes) {
            entry.insecure = accepted || self.tolerates_insecure;
            entry.public_suffix = accepted || self.tolerates_public_suffixes;
        }
        if accepted && settings.predicate == Some(Predicate::AllowAll) {
            settings.predicate = Some(Predicate::AllowAllInsecureToo);
        }
        if accepted && settings.origins.iter().any(|entry| entry.text == "null") {
            settings.origins.retain(|entry| entry.text != "null");
            settings.null_origin = NullOrigin::Dangerous;
        }
        let means_any = |name: &String| name == "*" || name.eq_ignore_ascii_case("authorization");
        if accepted
            && settings.headers.contains(&"*".to_owned())
            && settings.headers.iter().all(means_any)
        {
            settings.headers = vec!["*".to_owned()];
        }
        let governs = match () {
            () if self.governs_nothing => Governs::Nothing,
            () if self.disabled => Governs::Disabled,
            () => Governs::Policy(settings),
        };
        Translation { governs, preflight_status: self.preflight_status }
    }
}

/// A list of texts, or the text `*`, which is a list of itself.
fn list(value: &Value) -> Result<Vec<String>, &'static str> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(entries) => entries
            .iter()
            .map(|entry| entry.as_str().map(str::to_owned).ok_or("an entry is a text"))
            .collect(),
        _ => Err("a list is a list"),
    }
}

fn predicate(value: &Value) -> Result<Predicate, &'static str> {
    match value.as_str() {
        Some("allow_all" | "true") => Ok(Predicate::AllowAll),
        Some("deny_all") => Ok(Predicate::DenyAll),
        Some("ends-with .unknown.com" | r"regex https:.+\.unknown\.com") => {
            Ok(Predicate::HostEndsWith(".unknown.com"))
        }
        Some("async:equals http://example.com") => Ok(Predicate::Equals("http://example.com")),
        _ => panic!("no translation for the predicate {value}"),
    }
}

/// Why a policy does not build: the names of the reasons, each once.
pub fn refused(errors: &ConfigErrors) -> String {
    let mut names: Vec<String> = Vec::new();
    for error in errors.iter() {
        // The innermost name: `Origin(Origin(Path))` says `Path`.
        let debug = format!("{:?}", error.reason());
        let outer = debug.split([' ', '{']).next().unwrap_or_default().trim_end_matches(')');
        let name = outer.rsplit('(').next().unwrap_or_default().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    format!("refused: {}", names.join(", "))
}
