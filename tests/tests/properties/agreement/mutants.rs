//! Engines that are wrong on purpose, each with a fault that a product had or that is easily made.
//! The properties notice every one of them.
//!
//! A fault is made from the answers of the real engine, so that it stays the same fault whatever
//! becomes of the code behind them.

use cors_conformance::{Answer, Core, Entry, NullOrigin, Request, Server, Settings, reference};
use cors_core::browser;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use super::check::{Negotiating, Property, agrees, preflight_cache_agrees};
use super::generate::{FETCHES, World, world};
use super::start;
use super::tally::Tally;

use Property::{HttpCache, PreflightCache, Readable, Verdict};

/// In how many worlds a mutant has to be noticed.
const WORLDS: usize = 400;

/// An engine with a fault.
struct Mutant {
    name: &'static str,
    /// The property that notices it first.
    noticed_by: Property,
    answer: fn(&Engine<'_>, &Request) -> Answer,
}

const MUTANTS: &[Mutant] = &[
    // What S3 does, and what a `Vary` that is added only beside `Access-Control-Allow-Origin` comes
    // to: the answer to an image is served to a script.
    mutant("no `Vary` without an origin", HttpCache, |engine, request| {
        let answer = engine.answer(request);
        if is_cors(request) { answer } else { without_vary(answer) }
    }),
    // Express's cors, where a function refuses the origin.
    mutant("no `Vary` where the origin is refused", HttpCache, |engine, request| {
        let answer = engine.answer(request);
        if has(&answer, ALLOW_ORIGIN) { answer } else { without_vary(answer) }
    }),
    mutant("no `Vary`", HttpCache, |engine, request| without_vary(engine.answer(request))),
    mutant("`Vary` replaces that of the application", HttpCache, |engine, request| {
        let answer = engine.answer(request);
        let own = engine.settings.allows_any_origin();
        if own { without_vary(answer) } else { set(without_vary(answer), "vary", "Origin") }
    }),
    mutant("`Vary` names the origin alone where it mirrors", HttpCache, |engine, request| {
        let answer = engine.answer(request);
        if is_preflight(request) { set(answer, "vary", "Origin") } else { answer }
    }),
    // CVE-2018-20744 (rs/cors), which made it of `*`.
    mutant("echoes any origin", Verdict, |engine, request| engine.mistaking(request, |_, _| true)),
    mutant("an entry is found anywhere in the origin", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| origin.contains(entry))
    }),
    // CVE-2019-25211 (gin-contrib/cors): `https://example.com/*` took in `example.community`.
    mutant("an entry is the beginning of the origin", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| origin.starts_with(entry))
    }),
    mutant("a pattern is the end of the origin, without the dot", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| {
            let base = entry.split_once("://*.").map(|(_, base)| base);
            base.is_some_and(|base| origin.ends_with(base))
        })
    }),
    mutant("a pattern takes in its apex", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| entry.replacen("*.", "", 1) == origin)
    }),
    mutant("the port is ignored", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| without_port(entry) == without_port(origin))
    }),
    mutant("the scheme is ignored", Verdict, |engine, request| {
        let rest = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
        engine.mistaking(request, |entry, origin| rest(entry) == rest(origin))
    }),
    mutant("a trailing dot is ignored", Verdict, |engine, request| {
        engine.mistaking(request, |entry, origin| {
            origin.strip_suffix('.').is_some_and(|origin| origin == entry)
        })
    }),
    mutant("`null` is allowed", Verdict, |engine, request| {
        let is_null = request.values("origin") == [b"null"];
        if is_null { engine.mistaking(request, |_, _| true) } else { engine.answer(request) }
    }),
    mutant("only the first entry counts", Verdict, |engine, request| {
        engine.under(request, |settings| {
            settings.origins.truncate(1);
        })
    }),
    // CVE-2024-25124 (Fiber); browsers take it for a refusal.
    mutant("`*` beside credentials", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let both = has(&answer, ALLOW_ORIGIN) && has(&answer, ALLOW_CREDENTIALS);
        if both { set(answer, ALLOW_ORIGIN, "*") } else { answer }
    }),
    mutant("credentials are always allowed", Verdict, |engine, request| {
        let answer = engine.answer(request);
        if !has(&answer, ALLOW_ORIGIN) {
            return answer;
        }
        let origin =
            String::from_utf8_lossy(request.values("origin").first().unwrap_or(&&b"*"[..]))
                .into_owned();
        set(set(answer, ALLOW_ORIGIN, &origin), ALLOW_CREDENTIALS, "true")
    }),
    mutant("`True`, as Python prints it", Verdict, |engine, request| {
        let answer = engine.answer(request);
        if has(&answer, ALLOW_CREDENTIALS) {
            set(answer, ALLOW_CREDENTIALS, "True")
        } else {
            answer
        }
    }),
    // A proxy in front that adds its own.
    mutant("two lines of the origin", Verdict, |engine, request| {
        let mut answer = engine.answer(request);
        if let Some(value) = answer.values(ALLOW_ORIGIN).first() {
            answer.headers.push((ALLOW_ORIGIN.to_owned(), value.as_bytes().to_vec()));
        }
        answer
    }),
    // nginx's `add_header` without `always`, and every layer that an error passes by.
    mutant("no fields on errors", Verdict, |engine, request| {
        let answer = engine.answer(request);
        if answer.status >= 400 { without_cors(answer) } else { answer }
    }),
    mutant("no fields on the actual answer", Verdict, |engine, request| {
        let answer = engine.answer(request);
        if is_preflight(request) { answer } else { without_cors(answer) }
    }),
    // Authentication in front of the layer.
    mutant("preflights are turned away", Verdict, |engine, request| {
        let answer = engine.answer(request);
        if is_preflight(request) { Answer { status: 401, ..answer } } else { answer }
    }),
    mutant("methods are compared without case", Verdict, |engine, request| {
        engine.under(request, |settings| {
            let upper: Vec<_> = settings.methods.iter().map(|m| m.to_ascii_uppercase()).collect();
            settings.methods.extend(upper.into_iter().filter(|method| method == "PATCH"));
        })
    }),
    mutant("methods are sent in upper case", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let methods = answer.values(ALLOW_METHODS).join(",").to_ascii_uppercase();
        if methods.is_empty() { answer } else { set(answer, ALLOW_METHODS, &methods) }
    }),
    mutant("the requested method is mirrored unchecked", Verdict, |engine, request| {
        mirroring(engine, request, ALLOW_METHODS, "access-control-request-method")
    }),
    mutant("the requested headers are mirrored unchecked", Verdict, |engine, request| {
        mirroring(engine, request, ALLOW_HEADERS, "access-control-request-headers")
    }),
    mutant("the list of headers is not whole", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let names = answer.values(ALLOW_HEADERS).join(",");
        match names.split_once(',') {
            Some((first, _)) => set(answer, ALLOW_HEADERS, first),
            None => answer,
        }
    }),
    mutant("`*` alone for any header", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let any = answer.values(ALLOW_HEADERS).join(",").contains('*');
        if any { set(answer, ALLOW_HEADERS, "*") } else { answer }
    }),
    mutant("`*` for any header beside credentials", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let any = engine.settings.headers == ["*"] && has(&answer, ALLOW_HEADERS);
        if any { set(answer, ALLOW_HEADERS, "*, authorization") } else { answer }
    }),
    mutant("a list that is not one", Verdict, |engine, request| {
        let answer = engine.answer(request);
        let methods = answer.values(ALLOW_METHODS).join(" ");
        let methods = methods.replace(',', ";");
        if methods.is_empty() { answer } else { set(answer, ALLOW_METHODS, &methods) }
    }),
    mutant("any header where none is asked for", PreflightCache, |engine, request| {
        let answer = engine.answer(request);
        let asks = !request.values("access-control-request-headers").is_empty();
        let answers = is_preflight(request) && !asks && has(&answer, ALLOW_ORIGIN);
        let answer = varying(answer);
        if answers { set(answer, ALLOW_HEADERS, "*") } else { answer }
    }),
    mutant(
        "any method where the one that is asked for needs no listing",
        PreflightCache,
        |engine, request| {
            let answer = engine.answer(request);
            let safelisted = request
                .values("access-control-request-method")
                .iter()
                .any(|method| [&b"GET"[..], b"HEAD", b"POST"].contains(method));
            let answers = is_preflight(request) && safelisted && has(&answer, ALLOW_ORIGIN);
            let answer = varying(answer);
            if answers { set(answer, ALLOW_METHODS, "*") } else { answer }
        },
    ),
    mutant("exposed headers on preflights alone", Readable, |engine, request| {
        let answer = engine.answer(request);
        if is_preflight(request) { answer } else { without(answer, &[EXPOSE_HEADERS]) }
    }),
    mutant("exposed headers not on errors", Readable, |engine, request| {
        let answer = engine.answer(request);
        if answer.status >= 400 { without(answer, &[EXPOSE_HEADERS]) } else { answer }
    }),
    mutant("the application's exposed headers stay", Readable, |engine, request| {
        let answer = engine.answer(request);
        let own = has(&answer, ALLOW_ORIGIN) && !is_preflight(request);
        if own { set(answer, EXPOSE_HEADERS, "x-other") } else { answer }
    }),
    mutant("`*` among the exposed headers of a list", Readable, |engine, request| {
        let answer = engine.answer(request);
        if has(&answer, EXPOSE_HEADERS) { set(answer, EXPOSE_HEADERS, "*") } else { answer }
    }),
    mutant("the application's status is lost", Readable, |engine, request| {
        let answer = engine.answer(request);
        if is_preflight(request) { answer } else { Answer { status: 204, ..answer } }
    }),
];

#[test]
fn every_mutant_is_noticed() {
    let mut runner = TestRunner::new_with_rng(
        Config { failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let worlds: Vec<World> =
        (0..WORLDS).map(|_| world().new_tree(&mut runner).expect("a world").current()).collect();
    let mut complaints = Vec::new();
    for Mutant { name, noticed_by, answer } in MUTANTS {
        let noticed = worlds.iter().enumerate().find_map(|(index, world)| {
            let engine = Engine { settings: &world.settings, world, server: start(world) };
            let answer = |request: &Request| Ok(answer(&engine, request));
            let tally = &mut Tally::default();
            let first = agrees(world, &answer, tally);
            let both = first.and_then(|()| {
                preflight_cache_agrees(world, browser::Engine::Standard, &answer, tally)
            });
            both.err().map(|disagreement| (index, disagreement.property))
        });
        match noticed {
            Some((index, property)) if property == *noticed_by => {
                println!("{name}: {property:?}, within {} fetches", (index + 1) * FETCHES);
            }
            Some((_, property)) => complaints.push(format!("{name}: {property:?}")),
            None => complaints.push(format!("{name}: survived")),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The real engine, and what a fault needs to know beside its answers.
struct Engine<'a> {
    settings: &'a Settings,
    world: &'a World,
    server: Negotiating<Core>,
}

impl Engine<'_> {
    fn answer(&self, request: &Request) -> Answer {
        self.server.answer(request).expect("any bytes are taken")
    }

    /// The answer of the engine under other settings.
    fn under(&self, request: &Request, change: impl Fn(&mut Settings)) -> Answer {
        let mut settings = self.settings.clone();
        change(&mut settings);
        // Browsers have origins that no entry can be.
        if settings.builder().build().is_err() {
            return self.answer(request);
        }
        let server = start::<Core>(&World { settings, ..self.world.clone() });
        server.answer(request).expect("any bytes are taken")
    }

    /// The answer of an engine that takes an origin for an entry of the policy where `mistakes`
    /// says so.
    fn mistaking(&self, request: &Request, mistakes: impl Fn(&str, &str) -> bool) -> Answer {
        let origin = String::from_utf8_lossy(request.values("origin").first().unwrap_or(&&b""[..]))
            .into_owned();
        let mut entries = self.settings.origins.iter().map(|entry| &*entry.text);
        let mistaken = !origin.is_empty()
            && !self.settings.allows_any_origin()
            && !reference::is_allowed(self.settings, origin.as_bytes())
            && entries.any(|entry| mistakes(entry, &origin));
        if !mistaken {
            return self.answer(request);
        }
        self.under(request, |settings| {
            if origin == "null" {
                settings.null_origin =
                    if settings.credentials { NullOrigin::Dangerous } else { NullOrigin::Allowed };
            } else {
                settings
                    .origins
                    .push(Entry { insecure: settings.credentials, ..Entry::new(&*origin) });
            }
        })
    }
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";
const EXPOSE_HEADERS: &str = "access-control-expose-headers";

const fn mutant(
    name: &'static str,
    noticed_by: Property,
    answer: fn(&Engine<'_>, &Request) -> Answer,
) -> Mutant {
    Mutant { name, noticed_by, answer }
}

fn mirroring(engine: &Engine<'_>, request: &Request, name: &str, requested: &str) -> Answer {
    let answer = engine.answer(request);
    let asked = String::from_utf8_lossy(&request.values(requested).join(&b","[..])).into_owned();
    let mirrors = is_preflight(request) && has(&answer, ALLOW_ORIGIN) && !asked.is_empty();
    if mirrors { set(answer, name, &asked) } else { answer }
}

fn is_cors(request: &Request) -> bool {
    !request.values("origin").is_empty()
}

fn is_preflight(request: &Request) -> bool {
    reference::kind(request) == "preflight"
}

fn has(answer: &Answer, name: &str) -> bool {
    !answer.values(name).is_empty()
}

fn without(mut answer: Answer, names: &[&str]) -> Answer {
    answer.headers.retain(|(name, _)| !names.iter().any(|own| name.eq_ignore_ascii_case(own)));
    answer
}

fn without_vary(answer: Answer) -> Answer {
    without(answer, &["vary"])
}

/// So that no shared cache mixes the answers to what is asked.
fn varying(mut answer: Answer) -> Answer {
    let names = b"Access-Control-Request-Method, Access-Control-Request-Headers";
    answer.headers.push(("vary".to_owned(), names.to_vec()));
    answer
}

fn without_cors(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !name.starts_with("access-control-"));
    answer
}

fn set(answer: Answer, name: &str, value: &str) -> Answer {
    let mut answer = without(answer, &[name]);
    answer.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    answer
}

fn without_port(origin: &str) -> &str {
    let (rest, port) = origin.rsplit_once(':').unwrap_or((origin, ""));
    if port.bytes().all(|byte| byte.is_ascii_digit() || byte == b'*') { rest } else { origin }
}
