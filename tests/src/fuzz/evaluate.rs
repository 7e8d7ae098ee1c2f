//! A policy and a request: the engine against the reference, and before the browser's eyes.

use std::time::Duration;

use cors_core::browser::{
    Browser, Credentials, Failure, FilteredResponse, Request as Fetch, Response, SentRequest, Step,
};

use super::input::{Exchange, Input};
use crate::{Answer, Core, CoreOverHttp, Governs, Request, Server, Settings, reference};

/// Where the pages fetch from.
const TARGET: &str = "https://api.example.net";

/// The input is an exchange.
///
/// The answer is that of the reference, with raw lines and with a header map; it keeps what every
/// answer keeps; and the browser lets a page have it exactly where the policy allows the fetch.
pub(super) fn check(data: &[u8]) {
    let Exchange { input, .. } = Exchange::read(data);
    let server = Servers::start(&input);
    let answer = server.answer(&input.request);
    keeps_the_rules(&input, &answer);
    varies_alike(&input, &answer, &server);
    lets_through_what_is_allowed(&input, &server);
}

/// The engine with raw lines and with a header map, of which both have to agree with the reference.
struct Servers<'a> {
    input: &'a Input,
    governs: Governs,
    raw: Core,
    http: CoreOverHttp,
}

impl<'a> Servers<'a> {
    fn start(input: &'a Input) -> Self {
        let governs = Governs::Policy(input.settings.clone());
        let options = governs.options(&input.request.path).expect("an exchange has a policy");
        let raw = Core::start(options.clone(), input.application.clone());
        let http = CoreOverHttp::start(options, input.application.clone());
        Self { input, governs, raw, http }
    }

    fn answer(&self, request: &Request) -> Answer {
        let expected = reference::answer(&self.governs, request, &self.input.application);
        let expected = reference::canonical(&expected);
        let answer = self.raw.answer(request).expect("any bytes are taken");
        assert_eq!(reference::canonical(&answer), expected, "{request:?} of {:?}", self.governs);
        if let Ok(answer) = self.http.answer(request) {
            let answer = reference::canonical(&answer);
            assert_eq!(answer, expected, "{request:?} as a header map of {:?}", self.governs);
        }
        answer
    }
}

/// What holds for every answer, whatever the policy.
fn keeps_the_rules(input: &Input, answer: &Answer) {
    let fields: Vec<_> =
        answer.headers.iter().filter(|(name, _)| name.starts_with("access-control-")).collect();
    for (name, value) in &fields {
        assert_eq!(answer.values(name).len(), 1, "one line of {name}");
        assert!(!value.is_empty(), "no empty {name}");
        let with_credentials = !answer.values("access-control-allow-credentials").is_empty();
        let lists_any = value.split(|byte| *byte == b',').any(|name| name.trim_ascii() == b"*");
        assert!(!(with_credentials && lists_any), "no `*` in {name} beside credentials");
    }
    let origins = input.request.values("origin");
    let refused = !input.settings.allows_any_origin()
        && origins.iter().any(|origin| !reference::is_allowed(&input.settings, origin));
    if refused {
        assert!(fields.is_empty(), "a refused origin learns nothing: {fields:?}");
    }
}

/// Is `Vary` the same whatever the verdict?
fn varies_alike(input: &Input, answer: &Answer, server: &Servers<'_>) {
    let Some(at) = input.request.headers.iter().position(|(n, _)| n.eq_ignore_ascii_case("origin"))
    else {
        return;
    };
    let vary = |answer: &Answer| reference::canonical(answer).2.remove("vary");
    for other in [&b"https://refused.example.org"[..], b"null", b"https://a.example", b"no origin"]
    {
        let mut request = input.request.clone();
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("origin"));
        request
            .headers
            .insert(at.min(request.headers.len()), ("Origin".to_owned(), other.to_vec()));
        let other = server.answer(&request);
        // An application that ran adds its own.
        if other.application_ran == answer.application_ran {
            assert_eq!(vary(&other), vary(answer), "{request:?} and {:?}", input.request);
        }
    }
}

/// Does a page get exactly what the policy allows?
fn lets_through_what_is_allowed(input: &Input, server: &Servers<'_>) {
    let origins = input.request.values("origin");
    let Some(Ok(origin)) = origins.first().map(|origin| str::from_utf8(origin)) else { return };
    let Ok(mut page) = Browser::at(origin) else { return };
    if page.origin() != origin {
        return;
    }
    let run = run(&mut page, &fetch(input), server);
    let policy = &server.input.settings;
    let Some(sent) = &run.sent else { return };
    let allowed = policy.allows_any_origin() || reference::is_allowed(policy, origin.as_bytes());
    let credentials = policy.credentials || !input.sends_credentials;
    let preflight = run.preflight.as_ref().is_none_or(|preflight| allows(policy, preflight));
    let expected = allowed && credentials && preflight;
    let context = || format!("{:?} of {origin}: {sent:?} under {policy:?}", run.result);
    match &run.result {
        Ok(seen) => {
            assert!(expected, "passes, and is not allowed: {}", context());
            is_exposed(seen, policy, input);
        }
        Err(_) => assert!(!expected, "is allowed, and does not pass: {}", context()),
    }
}

/// A fetch and how it ended.
struct Run {
    /// The first request that was sent, if any was.
    sent: Option<SentRequest>,
    preflight: Option<Request>,
    result: Result<FilteredResponse, Failure>,
}

fn run(page: &mut Browser, fetch: &Fetch, server: &Servers<'_>) -> Run {
    let (mut sent, mut preflight) = (None, None);
    let mut step = page.start(fetch, Duration::ZERO);
    loop {
        let (exchange, is_preflight) = match step {
            Step::SendPreflight(exchange) => (exchange, true),
            Step::SendActual(exchange) => (exchange, false),
            Step::Done(result) => {
                let result = result.map_err(|blocked| blocked.failure().clone());
                return Run { sent, preflight, result };
            }
        };
        let request = on_the_wire(exchange.request());
        let answer = server.answer(&request);
        sent.get_or_insert_with(|| exchange.request().clone());
        if is_preflight {
            preflight = Some(request);
        }
        step = exchange.receive(&Response::new(answer.status, answer.headers), Duration::ZERO);
    }
}

/// What a page would have to fetch so that the browser sends about this request.
fn fetch(input: &Input) -> Fetch {
    let request = &input.request;
    let asked = request.values("access-control-request-method");
    let method = match asked.first() {
        Some(method) if request.method == "OPTIONS" => String::from_utf8_lossy(method).into_owned(),
        _ => request.method.clone(),
    };
    let mode = if input.sends_credentials { Credentials::Include } else { Credentials::Omit };
    let fetch = Fetch::new(method, format!("{TARGET}{}", request.path)).credentials(mode);
    let lines = request.values("access-control-request-headers");
    let names = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
    names
        .map(<[u8]>::trim_ascii)
        .filter(|name| http::HeaderName::from_bytes(name).is_ok())
        .fold(fetch, |fetch, name| fetch.header(name, "1"))
}

fn on_the_wire(sent: &SentRequest) -> Request {
    let headers = sent.headers().iter();
    let line = |(name, value): (&[u8], &[u8])| {
        (String::from_utf8_lossy(name).into_owned(), value.to_vec())
    };
    Request {
        method: sent.method().to_owned(),
        path: "/any".to_owned(),
        headers: headers.map(line).collect(),
    }
}

/// Are method and headers of a preflight that a browser sent allowed?
fn allows(policy: &Settings, preflight: &Request) -> bool {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let method = text(preflight.values("access-control-request-method")[0]);
    let any = |list: &[String]| list == ["*"];
    // With credentials, `*` is a name like others, and one that is never sent back.
    let is_name = |name: &str| name != "*" || !policy.credentials;
    let method_allowed = ["GET", "HEAD", "POST"].contains(&&*method)
        || policy.methods.contains(&method) && !any(&policy.methods)
        || any(&policy.methods) && is_name(&method) && method.len() <= 256;
    let lines = preflight.values("access-control-request-headers");
    let names: Vec<String> =
        lines.into_iter().flat_map(|line| line.split(|b| *b == b',')).map(text).collect();
    let bytes: usize = names.iter().map(String::len).sum();
    let headers_allowed = if any(&policy.headers) {
        names.iter().all(|name| is_name(name)) && names.len() <= 256 && bytes <= 16 * 1024
    } else {
        names.iter().all(|name| policy.headers.iter().any(|own| own.eq_ignore_ascii_case(name)))
    };
    method_allowed && headers_allowed
}

/// Does the script see what the policy exposes, and no more?
fn is_exposed(seen: &FilteredResponse, policy: &Settings, input: &Input) {
    const ALWAYS: [&str; 7] = [
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    ];
    let exposed = |name: &str| {
        let listed = policy.exposed_headers.iter().any(|own| own.eq_ignore_ascii_case(name));
        let never = ["set-cookie", "set-cookie2"].contains(&name);
        let any = policy.exposed_headers == ["*"] && !input.sends_credentials;
        !never && (listed || any || ALWAYS.contains(&name))
    };
    for (name, _) in seen.headers().iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        assert!(exposed(&name), "{name} is seen under {policy:?}");
    }
    for (name, _) in &input.application.headers {
        let name = name.to_ascii_lowercase();
        if exposed(&name) && !name.starts_with("access-control-") {
            assert!(
                seen.headers().values(&name).next().is_some(),
                "{name} is hidden under {policy:?}"
            );
        }
    }
}
