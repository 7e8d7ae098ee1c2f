//! Attacks: requests that must be refused, policies that must not build, and input that must not
//! hurt. Each entry holds as it says, but for the table of divergences, and every answer is
//! exactly what the plain reference says.

use cors_conformance::browser::{self, Verdict};
use cors_conformance::divergences::{Comparison, Counts};
use cors_conformance::vectors::{Attack, Attacks, Must, PATH};
use cors_conformance::{
    Actix, Answer, Application, Axum, Core, CoreOverHttp, Dangers, Governs, OverHttp2, Request,
    Server, Settings, Unrepresentable, reference, translate,
};
use cors_core::adapter::CorsProcessor;
use http::StatusCode;

#[test]
fn attacks_fail_on_raw_bytes() {
    check::<Core>(Counts { agreeing: 231, differing: 11, skipped: 0 });
}

#[test]
fn attacks_fail_over_http() {
    check::<CoreOverHttp>(Counts { agreeing: 222, differing: 11, skipped: 9 });
}

#[test]
fn attacks_fail_over_actix() {
    check::<Actix>(Counts { agreeing: 211, differing: 11, skipped: 20 });
}

#[test]
fn attacks_fail_over_http_2() {
    let counts = Counts { agreeing: 206, differing: 11, skipped: 25 };
    check::<OverHttp2<Actix>>(counts);
    check::<OverHttp2<Axum>>(counts);
}

#[test]
fn attacks_fail_over_axum() {
    check::<Axum>(Counts { agreeing: 211, differing: 11, skipped: 20 });
}

fn check<S: Server>(expected: Counts) {
    let mut comparison = Comparison::with("attacks");
    for attack in Attacks::load().entries {
        let theirs = match attack.must {
            Must::Deny => "denied",
            Must::RejectConfig => "refused",
            Must::NotCrash | Must::BoundedTime => "answered",
        };
        let ours = match attack.must {
            Must::RejectConfig => Ok(configure(&attack)),
            Must::Deny | Must::NotCrash | Must::BoundedTime => attempt::<S>(&attack),
        };
        match ours {
            Ok(ours) => comparison.compare(&attack.id, theirs, &ours, &attack.explanation()),
            Err(why) => {
                let raw = why == Unrepresentable::RawBytes;
                assert!(attack.raw || !raw, "{}: `http` refuses only raw bytes", attack.id);
                comparison.skip(&attack.id);
            }
        }
    }
    comparison.finish(expected);
}

/// Builds the policy as it is written: `refused`, or `valid`.
fn configure(attack: &Attack) -> String {
    let Ok(translation) = translate::policy(Some(&attack.policy), Dangers::AsWritten) else {
        return "refused".to_owned();
    };
    let status = translation
        .preflight_status
        .map_or(StatusCode::NO_CONTENT, |status| StatusCode::from_u16(status).expect("a status"));
    let processor = CorsProcessor::new().preflight_status(status);
    let refused = translation.governs.options(PATH).is_err() || processor.is_err();
    let excused = attack.alternative.as_deref().is_some_and(|text| match text {
        _ if refused => false,
        "mirror the requested name after validating it, if that is a documented mode" => {
            mirrors_validated_methods(&translation.governs)
        }
        _ => panic!("{}: no test of the alternative `{text}`", attack.id),
    });
    if refused || excused { "refused" } else { "valid" }.to_owned()
}

/// Is a requested method mirrored, and only where it is a token?
fn mirrors_validated_methods(governs: &Governs) -> bool {
    let options = governs.options(PATH).expect("the policy builds");
    let mirrored = |method: &str| {
        let line = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let headers = vec![
            line("Origin", "https://example.com"),
            line("Access-Control-Request-Method", method),
        ];
        let request = Request { method: "OPTIONS".to_owned(), path: PATH.to_owned(), headers };
        let answer = Core::start(options.clone(), Application::default()).answer(&request);
        answer.expect("raw bytes are taken").values("access-control-allow-methods")
    };
    mirrored("PURGE") == ["PURGE"] && mirrored("PUR GE").is_empty() && mirrored("TRACE").is_empty()
}

/// Sends the request under the policy, with every opt-in: `denied`, `allowed` or `answered`, or
/// why there is no such policy.
fn attempt<S: Server>(attack: &Attack) -> Result<String, Unrepresentable> {
    let request = attack.request(1).expect("a request to send");
    let translation = translate::policy(Some(&attack.policy), Dangers::Accepted);
    let governs = translation.expect("the policy can be written").governs;
    let Governs::Policy(settings) = &governs else { panic!("{}: no policy", attack.id) };
    let options = match governs.options(PATH) {
        Ok(options) => options,
        Err(errors) => return Ok(translate::refused(&errors)),
    };
    let application = application(attack, &request);
    let answer = S::start(options, application.clone()).answer(&request)?;
    let expected = reference::answer(&governs, &request, &application);
    assert_eq!(reference::canonical(&answer), reference::canonical(&expected), "{}", attack.id);
    assert!(answer.status < 500, "{}: {}", attack.id, answer.status);

    let missing = missing_vary(attack, &answer);
    if !missing.is_empty() {
        return Ok(format!("`Vary` without {}", missing.join(", ")));
    }
    let holds = match attack.meaning.as_deref() {
        None if attack.must != Must::Deny => true,
        None => is_denied(settings, &request, &answer) && !reflects(settings, &request, &answer),
        Some("answering * is fine; the value must not be mirrored") => {
            !reflects(settings, &request, &answer)
        }
        Some("must not be answered as a preflight") => answer.application_ran,
        Some("DELETE stays denied although the override header is allowed") => {
            is_denied(settings, &request, &answer)
        }
        Some("origin predicate must be usable for upgrades and must say no") => {
            let policy = settings.builder().build().expect("built before");
            let origin = request.values("origin")[0];
            !policy.is_origin_allowed(str::from_utf8(origin).expect("an ASCII origin"))
        }
        Some("documents that omission from ACAM does not deny POST") => {
            !is_denied(settings, &request, &answer)
        }
        Some(meaning) => panic!("{}: no test of the meaning `{meaning}`", attack.id),
    };
    let words = if attack.must == Must::Deny { ["allowed", "denied"] } else { ["not", "answered"] };
    Ok(words[usize::from(holds)].to_owned())
}

/// Does the attacker's page get nothing?
fn is_denied(settings: &Settings, request: &Request, answer: &Answer) -> bool {
    browser::judge(request, answer, settings.credentials) == Verdict::Blocked
}

/// Does a CORS field of the answer hold text of the request that the policy does not hold?
fn reflects(settings: &Settings, request: &Request, answer: &Answer) -> bool {
    let own = format!("{settings:?}");
    let asked = ["origin", "access-control-request-method", "access-control-request-headers"];
    let asked = asked.iter().flat_map(|name| request.values(name));
    let foreign: Vec<&[u8]> = asked
        .filter(|value| !value.is_empty())
        .filter(|value| !own.contains(&*String::from_utf8_lossy(value)))
        .collect();
    answer.headers.iter().any(|(name, value)| {
        name.starts_with("access-control-")
            && foreign.iter().any(|text| value.windows(text.len()).any(|window| window == *text))
    })
}

/// The names that the entry wants in `Vary` and that are not there.
fn missing_vary(attack: &Attack, answer: &Answer) -> Vec<String> {
    let vary = answer.values("vary").join(",").to_ascii_lowercase();
    let has = |name: &str| vary.split(',').any(|member| member.trim() == name);
    let wanted = attack.assert_headers.iter().flat_map(|assertion| {
        let names = assertion.strip_prefix("vary: ").map(|names| names.split(", "));
        let both = assertion.strip_prefix("vary contains ").map(|names| names.split(" and "));
        let names: Vec<&str> =
            names.into_iter().flatten().chain(both.into_iter().flatten()).collect();
        assert!(!names.is_empty(), "{}: no test of `{assertion}`", attack.id);
        names
    });
    wanted.filter(|name| !has(name)).map(str::to_owned).collect()
}

/// The application, with the `Vary` that the entry's notes give it, or 304 where it is asked.
fn application(attack: &Attack, request: &Request) -> Application {
    let mut application = Application::default();
    let notes = attack.policy.get("notes").and_then(|notes| notes.as_str()).unwrap_or_default();
    if let Some(vary) = notes.strip_prefix("inner application already sent Vary: ") {
        application.headers.push(("vary".to_owned(), vary.as_bytes().to_vec()));
    }
    if !request.values("if-none-match").is_empty() {
        application.status = 304;
    }
    application
}
