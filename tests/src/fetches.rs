//! What a script asks for, and whether a policy allows it: the agreement's other side.
//!
//! Written from the settings of the policy and the words of the standard alone. It knows neither
//! the engine's answers nor the code of `cors_core::browser`, of which it takes the types that name
//! things.

use cors_core::browser::{Body, Credentials};

use crate::{Lines, Settings, reference};

/// Where every fetch goes.
pub const URL: &str = "https://api.example.com/any";
/// The one page for which that is the same origin.
pub const OWN_ORIGIN: &str = "https://api.example.com";

/// How many names, and how many bytes of them and the commas between them, a preflight may ask for
/// where a policy allows any header: the engine's documented limits.
const MAX_NAMES: usize = 256;
const MAX_BYTES: usize = 16 * 1024;
/// How long a method may be that a policy does not list.
const MAX_METHOD: usize = 256;
/// How many names a preflight may ask for beyond those of the policy.
const SPARE_NAMES: usize = 16;

/// What a script asks its browser for.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The serialised origin of the page.
    pub page: String,
    pub method: String,
    pub headers: Lines,
    pub body: Body,
    pub credentials: Credentials,
    /// Does the script listen to the progress of an upload?
    pub listens: bool,
}

/// What becomes of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The call throws: nothing is sent.
    Throws,
    /// The script reads the answer as one of its own origin, without CORS.
    SameOrigin,
    /// The script reads the answer.
    Allowed,
    /// It does not, because of this step, the first that fails.
    Blocked(Step),
}

/// The steps at which a policy refuses a fetch, in the standard's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The page is of another origin, or the preflight is larger than the engine reads.
    Origin,
    Credentials,
    Method,
    Headers,
}

/// What a browser makes of a fetch before anything is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The method in the form in which it is sent.
    pub method: String,
    /// The names that need a preflight, in lower case and order.
    pub unsafe_names: Vec<String>,
    /// Does a preflight come first?
    pub preflight: bool,
    /// Does it, whatever method and headers are?
    pub forced: bool,
}

/// Does the policy allow the fetch, of which this is the [`plan`]?
pub fn outcome(settings: &Settings, fetch: &Fetch, plan: Option<&Plan>) -> Outcome {
    match plan {
        None => Outcome::Throws,
        Some(_) if fetch.page == OWN_ORIGIN => Outcome::SameOrigin,
        Some(plan) => refusal(settings, &fetch.page, fetch.credentials, plan)
            .map_or(Outcome::Allowed, Outcome::Blocked),
    }
}

/// What is sent across origins; none where the call throws.
pub fn plan(fetch: &Fetch) -> Option<Plan> {
    let method = method(&fetch.method)?;
    let headers = headers(fetch, &method)?;
    let unsafe_names = unsafe_names(&headers);
    let forced = fetch.listens || fetch.body == Body::Stream;
    let preflight = forced || !needs_no_listing(&method) || !unsafe_names.is_empty();
    Some(Plan { method, unsafe_names, preflight, forced })
}

/// The first step at which the policy refuses what a page of another origin plans to send.
pub fn refusal(
    settings: &Settings,
    page: &str,
    credentials: Credentials,
    plan: &Plan,
) -> Option<Step> {
    let any_origin = settings.allows_any_origin();
    let admitted = any_origin || reference::is_allowed(settings, page.as_bytes());
    if !admitted || plan.preflight && !is_readable(settings, plan) {
        return Some(Step::Origin);
    }
    if credentials == Credentials::Include && !settings.credentials {
        return Some(Step::Credentials);
    }
    if plan.preflight && !allows_method(settings, &plan.method) {
        return Some(Step::Method);
    }
    let refused = plan.unsafe_names.iter().any(|name| !allows_header(settings, name));
    refused.then_some(Step::Headers)
}

/// Is the preflight within the engine's limits? Beyond them it is as if the origin were refused.
pub fn is_readable(settings: &Settings, plan: &Plan) -> bool {
    let Plan { method, unsafe_names, .. } = plan;
    let method = method.len() <= MAX_METHOD || settings.methods.contains(method);
    let bytes = unsafe_names.join(",").len();
    let within = unsafe_names.len() <= MAX_NAMES && bytes <= MAX_BYTES;
    method && (within || settings.headers != ["*"])
}

/// Is the list so much longer than the policy's that the engine may stop reading it before it
/// comes to a name that is not allowed, so that the refusal tells nothing?
pub fn is_crowded(settings: &Settings, plan: &Plan) -> bool {
    let mut listed: Vec<_> = settings.headers.iter().map(|n| n.to_ascii_lowercase()).collect();
    listed.sort_unstable();
    listed.dedup();
    listed != ["*"] && plan.unsafe_names.len() > listed.len() + SPARE_NAMES
}

fn allows_method(settings: &Settings, method: &str) -> bool {
    match &*settings.methods {
        // With credentials a mirrored `*` would be sent beside them.
        [any] if any == "*" => !(settings.credentials && method == "*"),
        listed => needs_no_listing(method) || listed.iter().any(|listed| listed == method),
    }
}

fn allows_header(settings: &Settings, name: &str) -> bool {
    match &*settings.headers {
        [any] if any == "*" => !(settings.credentials && name == "*"),
        listed => listed.iter().any(|listed| listed.eq_ignore_ascii_case(name)),
    }
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-method>
fn needs_no_listing(method: &str) -> bool {
    ["GET", "HEAD", "POST"].contains(&method)
}

/// The method as it is sent; none for one that is forbidden or none at all.
///
/// <https://fetch.spec.whatwg.org/#methods>
fn method(method: &str) -> Option<String> {
    let upper = method.to_ascii_uppercase();
    if !is_token(method.as_bytes()) || ["CONNECT", "TRACE", "TRACK"].contains(&&*upper) {
        return None;
    }
    let normalised = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(&&*upper);
    Some(if normalised { upper } else { method.to_owned() })
}

/// The headers with their names in lower case; none where the call throws.
///
/// <https://fetch.spec.whatwg.org/#dom-request>
fn headers(fetch: &Fetch, method: &str) -> Option<Lines> {
    let mut headers = Lines::new();
    for (name, value) in &fetch.headers {
        let value = http_trimmed(value);
        if !is_token(name.as_bytes()) || value.iter().any(|byte| [0, b'\n', b'\r'].contains(byte)) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        if !is_forbidden(&name, value) {
            headers.push((name, value.to_vec()));
        }
    }
    let has = |headers: &Lines, name: &str| headers.iter().any(|(own, _)| own == name);
    let content_type = match &fetch.body {
        Body::None => None,
        _ if ["GET", "HEAD"].contains(&method) => return None,
        Body::Text => Some("text/plain;charset=UTF-8"),
        Body::Form => Some("application/x-www-form-urlencoded;charset=UTF-8"),
        Body::Multipart => Some("multipart/form-data; boundary=----boundary"),
        Body::Blob(own) if !own.is_empty() => Some(own.as_str()),
        _ => None,
    };
    let content_type = content_type.filter(|_| !has(&headers, "content-type"));
    headers.extend(content_type.map(|own| ("content-type".to_owned(), own.as_bytes().to_vec())));
    if !has(&headers, "accept") {
        headers.push(("accept".to_owned(), b"*/*".to_vec()));
    }
    Some(headers)
}

/// <https://fetch.spec.whatwg.org/#forbidden-request-header>
fn is_forbidden(name: &str, value: &[u8]) -> bool {
    let by_name = "accept-charset accept-encoding access-control-request-headers \
                   access-control-request-method connection content-length cookie cookie2 date dnt \
                   expect host keep-alive origin referer set-cookie te trailer transfer-encoding \
                   upgrade via";
    let overrides = ["x-http-method", "x-http-method-override", "x-method-override"];
    let mut methods = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let forbidden = |method: &[u8]| {
        [&b"connect"[..], b"trace", b"track"].contains(&&*method.to_ascii_lowercase())
    };
    by_name.split(' ').any(|forbidden| forbidden == name)
        || name.starts_with("sec-")
        || name.starts_with("proxy-")
        || overrides.contains(&name) && methods.any(forbidden)
}

/// <https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names>
fn unsafe_names(headers: &Lines) -> Vec<String> {
    let safe = |(name, value): &&(String, Vec<u8>)| is_safelisted(name, value);
    let bytes: usize = headers.iter().filter(safe).map(|(_, value)| value.len()).sum();
    let unsafe_headers = headers.iter().filter(|header| bytes > 1024 || !safe(header));
    let mut names: Vec<String> = unsafe_headers.map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>
fn is_safelisted(name: &str, value: &[u8]) -> bool {
    let plain = value
        .iter()
        .all(|byte| (*byte >= b' ' || *byte == b'\t') && !b"\"():<>?@[\\]{}\x7F".contains(byte));
    let language = |byte: &u8| byte.is_ascii_alphanumeric() || b" *,-.;=".contains(byte);
    let by_value = match name {
        "accept" => plain,
        "accept-language" | "content-language" => value.iter().all(language),
        "content-type" => plain && has_safe_essence(&crate::server::isomorphic(value)),
        "range" => is_simple_range(&crate::server::isomorphic(value)),
        _ => false,
    };
    by_value && value.len() <= 128
}

/// <https://mimesniff.spec.whatwg.org/#mime-type-essence>
fn has_safe_essence(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default();
    let essence = essence.trim_matches([' ', '\t', '\n', '\r']).to_ascii_lowercase();
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"].contains(&&*essence)
}

/// <https://fetch.spec.whatwg.org/#simple-range-header-value>
fn is_simple_range(value: &str) -> bool {
    let Some((first, last)) = value.strip_prefix("bytes=").and_then(|ends| ends.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let size = |text: &str| {
        let text = text.trim_start_matches('0').to_owned();
        (text.len(), text)
    };
    let ordered = last.is_empty() || size(first) <= size(last);
    !first.is_empty() && digits(first) && digits(last) && ordered
}

/// <https://fetch.spec.whatwg.org/#concept-header-value-normalize>
fn http_trimmed(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| [b' ', b'\t', b'\n', b'\r'].contains(byte);
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

fn is_token(text: &[u8]) -> bool {
    let is_token_byte =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_token_byte)
}
