use std::collections::BTreeMap;
use std::time::Duration;

use cors_core::browser::{
    Blocked, Browser, Engine, Failure, FilteredResponse, ResponseType, SentRequest, Stage,
};
use serde_json::Value;

use crate::run::{Answers, Run, combined, header, run};
use crate::vectors::{pairs, read, request_of, response_of, text};

/// Where Chromium did something else than its profile: id, what it did, what we say, why.
const DIVERGENCES: [(&str, &str, &str, &str); 10] = [
    (
        "mixed-content-0002",
        "outcome: blocked",
        "outcome: allowed",
        "mixed content is no part of CORS",
    ),
    (
        "mixed-content-0003",
        "outcome: blocked",
        "outcome: allowed",
        "mixed content is no part of CORS",
    ),
    (
        "preflight-status-0102",
        "error: none",
        "error: PreflightInvalidStatus",
        "a 407 that no proxy sent fails in the network stack",
    ),
    (
        "wire-0004",
        "outcome: allowed",
        "outcome: blocked",
        "the HTTP parser drops the space between the name and the colon",
    ),
    (
        "wire-0013",
        "message: Access to fetch at 'http://api.example.net:8200/case/wire-0013' from origin \
         'http://app.example.com:8101' has been blocked by CORS policy: The \
         'Access-Control-Allow-Origin' header contains multiple values 'http://app.example.com \
         :8101', but only one is allowed. Have the server send the header with a valid value.",
        "message: Access to fetch at 'http://api.example.net:8200/case/wire-0013' from origin \
         'http://app.example.com:8101' has been blocked by CORS policy: The \
         'Access-Control-Allow-Origin' header contains multiple values \
         'http://app.example.com\\u000D\\u000A :8101', but only one is allowed. Have the server \
         send the header with a valid value.",
        "the HTTP parser makes one space of a folded line",
    ),
    (
        "wire-0015",
        "error: none",
        "error: AllowOriginMismatch",
        "the HTTP parser refuses a response with NUL",
    ),
    ("wire-0019", "outcome: allowed", "outcome: blocked", "the HTTP parser ends a line at LF"),
    ("wire-0020", "outcome: allowed", "outcome: blocked", "the HTTP parser ends a line at CR"),
    (
        "wire-0025",
        "outcome: blocked",
        "outcome: allowed",
        "`Cross-Origin-Resource-Policy` is no part of CORS",
    ),
    (
        "wire-0038",
        "outcome: allowed",
        "outcome: blocked",
        "the HTTP parser makes one space of a folded line",
    ),
];

#[test]
fn chromium_profile_does_what_chromium_did() {
    let mut unused = DIVERGENCES.to_vec();
    let mut wrong = Vec::new();
    for case in read("chromium.json")["cases"].as_array().unwrap() {
        let Some((theirs, ours)) = differences(case, Engine::Chromium).into_iter().next() else {
            continue;
        };
        let row = (text(&case["id"]), theirs.as_str(), ours.as_str());
        match unused.iter().position(|(id, theirs, ours, _)| (*id, *theirs, *ours) == row) {
            Some(index) => drop(unused.remove(index)),
            None => wrong.push(format!("{row:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unused.is_empty(), "rows that nothing needs: {unused:?}");
}

/// The vectors mark the cases in which Chromium leaves the standard.
#[test]
fn standard_differs_from_chromium_exactly_where_the_vectors_say_so() {
    let mut wrong = Vec::new();
    for case in read("chromium.json")["cases"].as_array().unwrap() {
        let label = case["deviates_from_fetch"].as_str();
        let difference = differences(case, Engine::Standard).into_iter().next();
        if difference.is_some() != label.is_some() {
            wrong.push(format!("{} {label:?} {difference:?}", text(&case["id"])));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What differs in the first and in the second fetch of a case, theirs beside ours.
fn differences(case: &Value, engine: Engine) -> Vec<(String, String)> {
    let (mut client, observed) = (case["client"].clone(), &case["observed"]);
    if !pairs(&client["headers"])
        .all(|(name, value)| (name + &value).chars().all(|c| c <= '\u{FF}'))
    {
        // The script uses characters that stand for no byte.
        assert_eq!(observed["outcome"], "type_error_before_network");
        return vec![];
    }
    let mut page = Browser::at(text(&client["origin"])).unwrap().with_engine(engine);
    let ours = fetched(&mut page, case, &client, Duration::ZERO);
    let mut differences = compared(observed, &ours, engine);
    if let Value::Object(changes) = client["second"].take() {
        let now = Duration::from_millis(changes["delay_ms"].as_u64().unwrap());
        client.as_object_mut().unwrap().extend(changes);
        let ours = fetched(&mut page, case, &client, now);
        let second = compared(&observed["second"], &ours, engine).into_iter();
        differences.extend(second.map(|(a, b)| (format!("second {a}"), format!("second {b}"))));
    }
    differences
}

fn fetched(page: &mut Browser, case: &Value, client: &Value, now: Duration) -> Run {
    let server = &case["server"];
    let [main, hop, hop2] = [server, &server["hop"], &server["hop2"]].map(|server| Answers {
        preflight: response_of(&server["preflight"]),
        actual: response_of(&server["actual"]),
    });
    let (origin, id) = (text(&client["url_origin"]), text(&case["id"]));
    let url = format!("{origin}/case/{id}{}", client["query"].as_str().unwrap_or_default());
    run(page, &request_of(client, url), now, |request| match place(request) {
        "case" => &main,
        "hop" => &hop,
        "hop2" => &hop2,
        other => panic!("{other}"),
    })
}

fn compared(observed: &Value, ours: &Run, engine: Engine) -> Vec<(String, String)> {
    let mut all = vec![
        ("outcome", text(&observed["outcome"]).to_owned(), outcome(ours).to_owned()),
        (
            "preflight",
            preflight_of(&observed["preflight_request"]),
            ours.preflight().map_or_else(|| "none".to_owned(), preflight),
        ),
        ("response", response_seen(observed), ours.result.as_ref().map_or("none".to_owned(), seen)),
        (
            "exposed",
            format!("{:?}", pairs(&observed["exposed_headers"]).collect::<BTreeMap<_, _>>()),
            format!(
                "{:?}",
                ours.result.as_ref().map(|seen| combined(seen.headers())).unwrap_or_default()
            ),
        ),
    ];
    // The rest is not the standard's.
    if engine == Engine::Chromium {
        let blocked = ours.result.as_ref().err();
        let names_one_header = blocked.is_none_or(|blocked| {
            let is_header = |failure: &&Failure| {
                matches!(
                    failure,
                    Failure::HeaderNotAllowed(_) | Failure::AuthorizationNotListed { .. }
                )
            };
            blocked.failures().iter().filter(is_header).count() < 2
        });
        let name = blocked.and_then(|blocked| blocked.error_name(Engine::Chromium));
        all.push((
            "error",
            observed["cors_error"]["error"].as_str().unwrap_or("none").to_owned(),
            name.unwrap_or("none").to_owned(),
        ));
        // Of several headers Chromium names any.
        if names_one_header {
            all.push(("message", message_of(observed), message(blocked)));
        }
        all.push(("requests", requests_of(observed), requests(ours)));
    }
    all.into_iter()
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(field, theirs, ours)| (format!("{field}: {theirs}"), format!("{field}: {ours}")))
        .collect()
}

fn outcome(ours: &Run) -> &'static str {
    match &ours.result {
        Ok(_) => "allowed",
        Err(blocked) if blocked.stage() == Stage::Arguments => "type_error_before_network",
        Err(_) => "blocked",
    }
}

fn preflight_of(observed: &Value) -> String {
    if observed.is_null() {
        return "none".to_owned();
    }
    let field = |name: &str| observed[name].as_str().unwrap_or("-").to_owned();
    [
        field("method"),
        field("origin"),
        field("access-control-request-method"),
        field("access-control-request-headers"),
    ]
    .join(" ")
}

fn preflight(request: &SentRequest) -> String {
    let field = |name| header(request, name).unwrap_or("-".to_owned());
    [
        request.method().to_owned(),
        field("origin"),
        field("access-control-request-method"),
        field("access-control-request-headers"),
    ]
    .join(" ")
}

fn response_seen(observed: &Value) -> String {
    match observed["response_type"].as_str() {
        Some(response_type) => {
            let redirected = observed["redirected"] == true;
            format!("{response_type} {} {redirected}", observed["status"])
        }
        None => "none".to_owned(),
    }
}

fn seen(response: &FilteredResponse) -> String {
    let response_type = match response.response_type() {
        ResponseType::Basic => "basic",
        ResponseType::Cors => "cors",
        ResponseType::Opaque => "opaque",
        ResponseType::OpaqueRedirect => "opaqueredirect",
        other => panic!("{other:?}"),
    };
    format!("{response_type} {} {}", response.status(), response.redirected())
}

fn message_of(observed: &Value) -> String {
    let messages = observed["console"].as_array().unwrap().iter().map(text);
    messages
        .filter(|message| !message.starts_with("Failed to load resource"))
        .collect::<Vec<_>>()
        .join("|")
}

fn message(blocked: Option<&Blocked>) -> String {
    blocked.and_then(|blocked| blocked.message(Engine::Chromium)).unwrap_or_default()
}

/// Everything on the wire. A 421 is asked for a second time, which is no part of CORS.
fn requests_of(observed: &Value) -> String {
    let mut requests: Vec<String> = match observed["requests"].as_array() {
        Some(requests) => requests
            .iter()
            .map(|request| {
                let place = text(&request["to"]);
                format!("{place} {} {}", preflight_of(request), sent_headers_of(request))
            })
            .collect(),
        None => ["preflight_request", "actual_request"]
            .iter()
            .map(|key| &observed[key])
            .filter(|request| !request.is_null())
            .map(|request| format!("case {} {}", preflight_of(request), sent_headers_of(request)))
            .collect(),
    };
    requests.dedup();
    requests.join("\n")
}

fn requests(ours: &Run) -> String {
    let requests = ours.sent.iter().map(|sent| {
        let request = &sent.request;
        format!("{} {} {}", place(request), preflight(request), sent_headers(request))
    });
    requests.collect::<Vec<_>>().join("\n")
}

fn sent_headers_of(request: &Value) -> String {
    let headers = pairs(&request["headers"]);
    authored(headers.map(|(name, value)| (name.to_ascii_lowercase(), value)))
}

fn sent_headers(request: &SentRequest) -> String {
    authored(combined(request.headers()).into_iter())
}

/// The headers of the script, without those that the browser sets, and without the values that
/// Chromium's network stack writes anew.
fn authored(headers: impl Iterator<Item = (String, String)>) -> String {
    let authored = headers.filter_map(|(name, value)| match (name.as_str(), value.as_str()) {
        ("accept", "*/*") => None,
        ("origin" | "access-control-request-method" | "access-control-request-headers", _) => None,
        ("accept-encoding" | "user-agent", _) => None,
        ("range", _) => Some((name, "...".to_owned())),
        ("content-type", form) if form.starts_with("multipart/form-data; boundary=----") => {
            Some((name, "...".to_owned()))
        }
        _ => Some((name, value)),
    });
    format!("{:?}", authored.collect::<BTreeMap<_, _>>())
}

/// The first part of the path, by which the server of the vectors tells its hops.
fn place(request: &SentRequest) -> &'static str {
    match request.url().split('/').nth(3) {
        Some("case") => "case",
        Some("hop") => "hop",
        Some("hop2") => "hop2",
        other => panic!("{other:?}"),
    }
}
