use std::time::Duration;

use cors_core::browser::{Blocked, Browser, Engine, Failure, Request, Response, Stage};
use serde_json::Value;

use crate::run::{Answers, Sent, combined, header, run};
use crate::vectors::{read, request_of, response_of, strings, text};

const ENGINES: [Engine; 4] = [Engine::Standard, Engine::Chromium, Engine::Firefox, Engine::WebKit];

#[test]
fn standard_agrees_with_every_web_platform_test() {
    let vectors = read("wpt.json");
    let cases = vectors["browser_cases"].as_array().unwrap();
    assert_eq!(cases.len(), 310);
    for case in cases {
        let id = text(&case["id"]);
        let mut page = Browser::at(text(&case["client"]["origin"])).unwrap();
        let request = request_of(&case["client"], format!("{}/", text(&case["target"])));
        let answers = Answers {
            preflight: response_of(&case["preflight_response"]),
            actual: response_of(&case["actual_response"]),
        };
        let run = run(&mut page, &request, Duration::ZERO, |_| &answers);

        assert_eq!(run.preflight().is_some(), case["needs_preflight"], "{id}");
        if let Some(preflight) = run.preflight() {
            for name in ["access-control-request-method", "access-control-request-headers"] {
                let theirs = case["preflight_request"][name].as_str().map(String::from);
                assert_eq!(header(preflight, name), theirs, "{id}");
            }
        }
        assert_eq!(run.result.is_ok(), case["expect"] == "allowed", "{id}");
        let blocked_at = run.result.as_ref().err().map(step_name);
        assert_eq!(blocked_at.as_deref(), case["blocked_at"].as_str(), "{id}");
        if let Ok(seen) = &run.result {
            let exposed: Vec<String> = combined(seen.headers()).into_keys().collect();
            let mut theirs = strings(&case["exposed"]);
            theirs.sort_unstable();
            assert_eq!(exposed, theirs, "{id}");
        }
    }
}

#[test]
fn chromium_profile_agrees_with_what_chromium_did_in_the_web_platform_tests() {
    for case in read("wpt.json")["browser_cases"].as_array().unwrap() {
        let page = Browser::at(text(&case["client"]["origin"])).unwrap();
        let page = page.with_engine(Engine::Chromium);
        let request = request_of(&case["client"], format!("{}/", text(&case["target"])));
        // A preflight that the standard does not know finds no answer, and so none here.
        let preflight = response_of(&case["preflight_response"]);
        let result = page.judge(&request, &preflight, &response_of(&case["actual_response"]));
        let allowed = case["chromium_156"]["result"] == "allowed";
        assert_eq!(result.is_ok(), allowed, "{}", case["id"]);
    }
}

#[test]
fn chromium_caches_preflights_as_long_as_chromium_did() {
    let vectors = read("wpt.json");
    for (max_age, observed) in vectors["max_age_observations"]["values"].as_object().unwrap() {
        let lines = match serde_json::from_str(max_age).unwrap() {
            Value::Null => vec![],
            Value::String(line) => vec![line],
            lines => strings(&lines).into_iter().map(String::from).collect(),
        };
        for (seconds, field) in [(0.0, "cached_immediately"), (6.5, "cached_after_6s")] {
            let is_cached = !preflights_again(Engine::Chromium, &lines, seconds);
            assert_eq!(is_cached, observed[field], "{max_age} {field}");
        }
    }
}

#[test]
fn every_engine_passes_the_web_platform_tests_of_the_preflight_cache() {
    for case in read("wpt.json")["cache_cases"].as_array().unwrap() {
        let lines = [text(&case["max_age"]).to_owned()];
        for engine in ENGINES {
            let found = match text(&case["id"]) {
                "wpt-cache-0" => preflights_again(engine, &lines, 0.0),
                "wpt-cache-1-then-wait-1500ms" => {
                    assert!(preflights_again(engine, &lines, 1.5), "{engine:?}");
                    preflights_again(engine, &lines, 0.0)
                }
                "wpt-cache-direct-then-tainted" => {
                    assert!(preflights_across_taint(engine, &lines, false), "{engine:?}");
                    preflights_across_taint(engine, &lines, true)
                }
                unknown => panic!("{unknown}"),
            };
            assert_eq!(found, case["second_request_preflights"], "{case} {engine:?}");
        }
    }
}

/// Is a PUT preflighted again so many seconds after the first?
fn preflights_again(engine: Engine, max_age: &[String], seconds: f64) -> bool {
    let mut page = Browser::at("https://app.example.com").unwrap().with_engine(engine);
    let answers = allowing(max_age);
    let request = Request::new("PUT", "https://api.example.com/");
    let mut preflights = |now| run(&mut page, &request, now, |_| &answers).preflight().is_some();
    assert!(preflights(Duration::ZERO));
    preflights(Duration::from_secs_f64(seconds))
}

/// Is a PUT preflighted again at the same URL when one of both came by a redirect that tainted it?
fn preflights_across_taint(engine: Engine, max_age: &[String], direct_first: bool) -> bool {
    let mut page = Browser::at("https://app.example.com").unwrap().with_engine(engine);
    let answers = allowing(max_age);
    let moved = [("access-control-allow-origin", "*"), ("location", "https://api.example.com/")];
    let redirects = Answers { actual: Response::new(307, moved), ..allowing(max_age) };
    let mut urls = ["https://api.example.com/", "https://other.example/"];
    if !direct_first {
        urls.reverse();
    }
    let preflights = urls.map(|url| {
        let run = run(&mut page, &Request::new("PUT", url), Duration::ZERO, |request| {
            if request.url().contains("other") { &redirects } else { &answers }
        });
        assert!(run.result.is_ok());
        let is_to_api = |sent: &&Sent| sent.is_preflight && sent.request.url().contains("api");
        run.sent.iter().filter(is_to_api).count()
    });
    assert_eq!(preflights[0], 1);
    preflights[1] == 1
}

fn allowing(max_age: &[String]) -> Answers {
    let allow = [("access-control-allow-origin", "*"), ("access-control-allow-methods", "PUT")];
    let max_age = max_age.iter().map(|line| ("access-control-max-age", line.as_str()));
    let preflight = Response::new(204, allow.into_iter().chain(max_age));
    Answers { actual: preflight.clone(), preflight }
}

/// The name by which the vectors call the step that blocks.
fn step_name(blocked: &Blocked) -> String {
    let check = match blocked.failure() {
        Failure::AllowOriginMissing => "acao-missing",
        Failure::AllowOriginMismatch { .. } | Failure::AllowOriginWildcard => "acao-mismatch",
        Failure::AllowCredentialsNotTrue(_) => "acac",
        Failure::PreflightStatus(_) | Failure::PreflightRedirect(_) => "status",
        Failure::AllowMethodsUnparseable { .. } => {
            return "parse-access-control-allow-methods".into();
        }
        Failure::AllowHeadersUnparseable { .. } => {
            return "parse-access-control-allow-headers".into();
        }
        Failure::MethodNotAllowed(_) => return "method".into(),
        Failure::AuthorizationNotListed { .. } => return "authorization".into(),
        Failure::HeaderNotAllowed(name) => return format!("header:{name}"),
        other => panic!("{other}"),
    };
    if blocked.stage() == Stage::Preflight { format!("preflight-{check}") } else { check.into() }
}
