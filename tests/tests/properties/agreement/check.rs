//! What has to hold in a world, whoever answers.

use std::fmt;
use std::time::Duration;

use cors_conformance::fetches::{self, Fetch, Outcome, Plan, Step};
use cors_conformance::http_cache::HttpCache;
use cors_conformance::pages::{Ended, Exchanged, carry_out};
use cors_conformance::{Answer, Application, Lines, Request, Server, Settings, Unrepresentable};
use cors_core::CorsOptions;
use cors_core::browser::{Browser, Engine};

use super::generate::World;
use super::tally::Tally;

pub type Answered = Result<Answer, Unrepresentable>;

/// What does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// The browser lets through exactly what the policy allows.
    Verdict,
    /// The script reads exactly what the policy exposes.
    Readable,
    /// A cache changes nothing.
    HttpCache,
    /// The browser's cache of preflights spares only what the policy allows.
    PreflightCache,
}

/// A case in which a property does not hold.
#[derive(Debug)]
pub struct Disagreement {
    pub property: Property,
    text: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.property, self.text)
    }
}

fn disagree<T>(property: Property, text: String) -> Result<T, Disagreement> {
    Err(Disagreement { property, text })
}

/// A server whose application speaks the language that is asked for.
#[derive(Debug)]
pub struct Negotiating<S> {
    german: S,
    english: S,
}

impl<S: Server> Server for Negotiating<S> {
    fn start(options: CorsOptions, application: Application) -> Self {
        let german = S::start(options.clone(), speaking(&application, "de"));
        Self { german, english: S::start(options, speaking(&application, "en")) }
    }

    fn answer(&self, request: &Request) -> Answered {
        match language(request) {
            "de" => self.german.answer(request),
            _ => self.english.answer(request),
        }
    }
}

fn language(request: &Request) -> &'static str {
    if request.values("accept-language") == [b"de"] { "de" } else { "en" }
}

fn speaking(application: &Application, language: &str) -> Application {
    let mut application = application.clone();
    for (name, value) in [("vary", "accept-language"), ("content-language", language)] {
        application.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    application
}

/// Carries out every fetch of the world, each of a browser without any cache, and then again
/// through a shared cache that holds all that was answered before.
pub fn agrees(
    world: &World,
    answer: &dyn Fn(&Request) -> Answered,
    tally: &mut Tally,
) -> Result<(), Disagreement> {
    let mut cache = HttpCache::default();
    let mut ended = Vec::new();
    for fetch in &world.fetches {
        let Ok(end) = carry_out(&mut at(fetch), fetch, Duration::ZERO, answer) else {
            tally.unrepresentable += 1;
            continue;
        };
        let plan = fetches::plan(fetch);
        asks_as_planned(fetch, plan.as_ref(), &end)?;
        verdict_agrees(&world.settings, fetch, plan.as_ref(), &end, tally)?;
        readable_agrees(world, &end, tally)?;
        if is_within_limits(&world.settings, plan.as_ref()) && !is_plain_options(&end) {
            end.exchanges().for_each(|Exchanged { request, answer }| cache.store(request, answer));
            ended.push((fetch, end));
        }
    }
    for request in strangers() {
        if let Ok(answer) = answer(&request) {
            cache.store(&request, &answer);
        }
    }
    for (fetch, end) in &ended {
        cached_agrees(fetch, end, answer, &cache, tally)?;
    }
    Ok(())
}

/// Preflights that are larger than the engine reads are refused without a word in `Vary` of what
/// makes them so; caches that store answers to OPTIONS are not modelled for them.
fn is_within_limits(settings: &Settings, plan: Option<&Plan>) -> bool {
    plan.is_none_or(|plan| {
        fetches::is_readable(settings, plan) && !fetches::is_crowded(settings, plan)
    })
}

/// No cache may store an answer to OPTIONS, but some networks store those to preflights. That they
/// also mix these with the application's own answers to OPTIONS is not modelled.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7>
fn is_plain_options(end: &Ended) -> bool {
    end.actual.as_ref().is_some_and(|sent| sent.request.method == "OPTIONS")
}

fn at(fetch: &Fetch) -> Browser {
    let page = Browser::at(&fetch.page).expect("every generated page is one");
    assert_eq!(page.origin(), fetch.page, "an origin is a page of its own");
    page
}

/// Requests without an origin: of an image, of a crawler, of the cache's own.
fn strangers() -> impl Iterator<Item = Request> {
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE"];
    methods.into_iter().flat_map(|method| {
        [None, Some("de")].map(|language| Request {
            method: method.to_owned(),
            path: "/any".to_owned(),
            headers: language
                .map(|language| ("accept-language".to_owned(), language.as_bytes().to_vec()))
                .into_iter()
                .chain([("accept".to_owned(), b"*/*".to_vec())])
                .collect(),
        })
    })
}

/// The browser sends a preflight when, and asks for what, the standard says.
fn asks_as_planned(fetch: &Fetch, plan: Option<&Plan>, end: &Ended) -> Result<(), Disagreement> {
    let sent = end.preflight.as_ref().map(|sent| plan_of(&sent.request));
    let planned = plan.filter(|plan| plan.preflight && fetch.page != fetches::OWN_ORIGIN);
    let asked = |plan: &Plan| (plan.method.clone(), plan.unsafe_names.clone());
    if sent.as_ref().map(asked) == planned.map(asked) {
        return Ok(());
    }
    disagree(Property::Verdict, format!("asks for {sent:?}, planned {planned:?}: {}", told(fetch)))
}

/// What a preflight asks for.
fn plan_of(preflight: &Request) -> Plan {
    let text = |name: &str| {
        let values = preflight.values(name);
        values.first().map(|value| String::from_utf8_lossy(value).into_owned())
    };
    let names = text("access-control-request-headers").unwrap_or_default();
    Plan {
        method: text("access-control-request-method").unwrap_or_default(),
        unsafe_names: names.split_terminator(',').map(str::to_owned).collect(),
        preflight: true,
        forced: false,
    }
}

fn verdict_agrees(
    settings: &Settings,
    fetch: &Fetch,
    plan: Option<&Plan>,
    end: &Ended,
    tally: &mut Tally,
) -> Result<(), Disagreement> {
    let (allowed, verdict) = (fetches::outcome(settings, fetch, plan), end.outcome());
    tally.count(fetch, plan, allowed);
    let same = match (allowed, verdict) {
        // Reading may have stopped before the name that is not allowed.
        (Outcome::Blocked(step), Outcome::Blocked(Step::Origin)) if step != Step::Origin => {
            plan.is_some_and(|plan| fetches::is_crowded(settings, plan))
        }
        (allowed, verdict) => allowed == verdict,
    };
    if same {
        return Ok(());
    }
    disagree(
        Property::Verdict,
        format!(
            "the policy says {allowed:?}, the browser {verdict:?}: {} {settings:?} {}",
            told(fetch),
            all_told(end)
        ),
    )
}

fn readable_agrees(world: &World, end: &Ended, tally: &mut Tally) -> Result<(), Disagreement> {
    let (Ok(seen), Some(actual)) = (&end.result, &end.actual) else { return Ok(()) };
    let exposed = &world.settings.exposed_headers;
    let everything = end.outcome() == Outcome::SameOrigin || exposed == &["*"];
    let readable = |name: &str| {
        let listed = exposed.iter().any(|own| own.eq_ignore_ascii_case(name));
        !["set-cookie", "set-cookie2"].contains(&name)
            && (everything || listed || ALWAYS_READABLE.contains(&name))
    };
    let lower = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase();
    let application = speaking(&world.application, language(&actual.request));
    let sent = application.headers.iter();
    let sent = sent.map(|(name, value)| (lower(name.as_bytes()), value.clone()));
    let mut expected: Vec<_> =
        sent.filter(|(name, _)| !is_of_the_layer(name) && readable(name)).collect();
    let own = actual.answer.headers.iter();
    let own = own.map(|(name, value)| (lower(name.as_bytes()), value.clone()));
    expected.extend(own.filter(|(name, _)| is_of_the_layer(name) && readable(name)));
    let headers = seen.headers().iter();
    let mut found: Vec<_> = headers.map(|(name, value)| (lower(name), value.to_vec())).collect();
    // Lines of one name keep their order; frameworks group them.
    expected.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    tally.readable(&application, &expected);
    if found == expected && seen.status() == application.status {
        return Ok(());
    }
    let (found, expected) = (lines_told(&found), lines_told(&expected));
    let text =
        format!("reads {} ({found}), not {} ({expected})", seen.status(), application.status);
    disagree(Property::Readable, format!("{text}: {:?} {}", world.settings, all_told(end)))
}

/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
const ALWAYS_READABLE: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Fields that are not as the application sent them.
fn is_of_the_layer(name: &str) -> bool {
    name.starts_with("access-control-") || ["vary", "timing-allow-origin"].contains(&name)
}

/// Each request of a fetch is answered by each stored answer that may serve it, and nothing changes.
fn cached_agrees(
    fetch: &Fetch,
    fresh: &Ended,
    answer: &dyn Fn(&Request) -> Answered,
    cache: &HttpCache,
    tally: &mut Tally,
) -> Result<(), Disagreement> {
    for exchanged in fresh.exchanges() {
        let mut tried = vec![&exchanged.answer];
        for (earlier, stored) in cache.matching(&exchanged.request) {
            tally.served += 1;
            if tried.contains(&stored) {
                continue;
            }
            tried.push(stored);
            tally.served_another += 1;
            let through_the_cache = |request: &Request| match request {
                request if *request == exchanged.request => Ok(stored.clone()),
                request => answer(request),
            };
            let served = carry_out(&mut at(fetch), fetch, Duration::ZERO, through_the_cache)
                .expect("it was carried out before");
            if served.outcome() != fresh.outcome()
                || served.result.ok() != fresh.result.clone().ok()
            {
                let other = Exchanged { request: earlier.clone(), answer: stored.clone() };
                let (own, other, fetch) =
                    (exchange_told(exchanged), exchange_told(&other), told(fetch));
                return disagree(
                    Property::HttpCache,
                    format!("{fetch}: {own}, served from {other}"),
                );
            }
        }
    }
    Ok(())
}

/// One page carries out its fetches of the world one after the other, and keeps its preflights.
pub fn preflight_cache_agrees(
    world: &World,
    engine: Engine,
    answer: &dyn Fn(&Request) -> Answered,
    tally: &mut Tally,
) -> Result<(), Disagreement> {
    let first = &world.fetches[0];
    let mut page = at(first).with_engine(engine);
    for (index, fetch) in world.fetches.iter().enumerate() {
        let fetch = Fetch { page: first.page.clone(), ..fetch.clone() };
        let now = Duration::from_secs(u64::try_from(index).expect("a small number") * 3);
        // The engine's limits are not the policy's.
        let plan = fetches::plan(&fetch);
        let (settings, plan) = (&world.settings, plan.as_ref());
        if !is_within_limits(settings, plan) {
            continue;
        }
        let fresh = carry_out(&mut at(&fetch).with_engine(engine), &fetch, now, answer);
        let Ok(fresh) = fresh else { continue };
        let asked = fresh.preflight.as_ref().map(|sent| plan_of(&sent.request));
        let kept = carry_out(&mut page, &fetch, now, answer).expect("it was carried out before");
        let refused = asked
            .and_then(|plan| fetches::refusal(settings, &fetch.page, fetch.credentials, &plan));
        let spared = fresh.preflight.is_some() && kept.preflight.is_none();
        tally.preflights += usize::from(fresh.preflight.is_some());
        tally.spared += usize::from(spared);
        let same =
            kept.outcome() == fresh.outcome() && kept.result.ok() == fresh.result.clone().ok();
        if !same || spared && refused.is_some() {
            let text =
                format!("{engine:?}, spared {spared}, refused {refused:?}: {}", told(&fetch));
            return disagree(Property::PreflightCache, format!("{text} {}", all_told(&fresh)));
        }
    }
    Ok(())
}

fn told(fetch: &Fetch) -> String {
    let Fetch { page, method, headers, body, credentials, listens } = fetch;
    let headers = lines_told(headers);
    format!("`{page}` fetches {method} ({headers}), {body:?}, {credentials:?}, listens {listens}")
}

fn all_told(end: &Ended) -> String {
    let exchanges: Vec<String> = end.exchanges().map(exchange_told).collect();
    format!("[{}] {:?}", exchanges.join("; "), end.result.as_ref().map(|seen| seen.status()))
}

fn exchange_told(Exchanged { request, answer }: &Exchanged) -> String {
    let (asked, answered) = (lines_told(&request.headers), lines_told(&answer.headers));
    format!("{} ({asked}) -> {} ({answered})", request.method, answer.status)
}

fn lines_told(lines: &Lines) -> String {
    let line = |(name, value): &(String, Vec<u8>)| format!("{name}: {}", value.escape_ascii());
    lines.iter().map(line).collect::<Vec<_>>().join(" | ")
}
