//! Which origins a policy allows, by one scan over its entries.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex::bytes::{Regex, RegexBuilder};
use url::Url;

use crate::{NullOrigin, Settings};

/// Does the policy allow the origin of these bytes? The settings are those of a valid policy that
/// does not allow any origin.
pub fn is_allowed(settings: &Settings, origin: &[u8]) -> bool {
    let Ok(origin) = str::from_utf8(origin) else { return false };
    if origin == "null" {
        return settings.null_origin != NullOrigin::Refused;
    }
    if settings.origins.iter().any(|entry| entry.text == origin && !entry.text.contains('*')) {
        return true;
    }
    if !is_well_formed(origin) {
        return false;
    }
    if settings.origins.iter().any(|entry| matches_pattern(&entry.text, origin)) {
        return true;
    }
    let insecure = settings.credentials && is_insecure(origin);
    let regex = settings.regexes.iter().any(|entry| {
        (entry.insecure || !insecure) && regex(&entry.text).is_match(origin.as_bytes())
    });
    let predicate = settings.predicate.is_some_and(|predicate| {
        let parsed = cors_core::Origin::parse(origin).expect("a well-formed origin parses");
        (predicate.admits_insecure() || !insecure) && predicate.function()(&parsed)
    });
    regex || predicate
}

/// Is this the serialisation of a tuple origin, of the alphabet that entries have?
///
/// Written from the other side than the engine's parser: a web URL's origin is what the URL
/// standard's own parser and serialiser make of it.
pub fn is_well_formed(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let scheme_bytes =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(scheme_bytes)
        && scheme.len() <= 64
        && scheme != "file";
    let printable = origin.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_scheme || !printable || origin.len() > 512 {
        return false;
    }
    match scheme {
        "http" | "https" | "ws" | "wss" | "ftp" => is_web_origin(origin, rest),
        _ => is_opaque_origin(rest),
    }
}

fn is_web_origin(origin: &str, rest: &str) -> bool {
    // Browsers pass on any label that begins with `xn--`; the URL crate decodes it.
    let plain = |text: &str| text.replace("xn--", "xx--");
    let Ok(url) = Url::parse(&plain(origin)) else { return false };
    if url.origin().ascii_serialization() != plain(origin) || url.port() == Some(0) {
        return false;
    }
    let (host, _) = split_port(rest);
    let labels = host.strip_suffix('.').unwrap_or(host);
    let alphabet =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(alphabet);
    host.starts_with('[') || labels.len() <= 253 && labels.split('.').all(is_label)
}

fn is_opaque_origin(rest: &str) -> bool {
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let is_port = |port: &str| {
        port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
    };
    !host.is_empty()
        && !host.contains(['#', '/', '<', '>', '?', '@', '[', '\\', ']', '^', '|'])
        && port.is_none_or(is_port)
}

/// `https://*.example.com`, `http://localhost:*`, or both at once. Both texts are well-formed.
fn matches_pattern(pattern: &str, origin: &str) -> bool {
    let (Some((scheme, rest)), Some((origin_scheme, origin_rest))) =
        (pattern.split_once("://"), origin.split_once("://"))
    else {
        return false;
    };
    let ((base, port), (host, origin_port)) = (split_port(rest), split_port(origin_rest));
    let host_matches = match base.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
        None => host == base,
    };
    scheme == origin_scheme && host_matches && (port == Some("*") || port == origin_port)
}

fn split_port(rest: &str) -> (&str, Option<&str>) {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (rest, None),
    }
}

/// Can anyone on the way change the pages of this origin?
fn is_insecure(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let (host, _) = split_port(rest);
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_loopback = name == "localhost"
        || name.ends_with(".localhost")
        || host == "[::1]"
        || host.starts_with("127.") && host.split('.').all(|part| part.parse::<u8>().is_ok());
    matches!(scheme, "http" | "ws") && !is_loopback
}

/// Compiled once: the properties ask for few regexes a hundred thousand times.
fn regex(source: &str) -> Regex {
    static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().expect("nothing panics while it is held");
    let regex = compiled.entry(source.to_owned()).or_insert_with(|| {
        // Origins are ASCII.
        let regex = RegexBuilder::new(&format!("^(?:{source})$")).unicode(false).build();
        regex.expect("the regex of a valid policy")
    });
    regex.clone()
}
