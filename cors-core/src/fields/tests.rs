use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};

use super::CorsFields;
use crate::{CorsPolicy, CorsRequest, CorsService};

const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";
const NETWORK: &str = "access-control-request-private-network";

#[test]
fn fields_of_one_template_are_the_same_but_for_the_origin() {
    let exact =
        || CorsPolicy::builder().with_origins(["https://a.example", "https://*.c.localhost"]);
    let asked: [&[(&str, &str)]; 7] = [
        &[],
        &[(METHOD, "GET")],
        &[(METHOD, "PUT")],
        &[(METHOD, "GET"), (HEADERS, "x-a")],
        &[(METHOD, "GET"), (HEADERS, "x-b")],
        &[(METHOD, "GET"), (NETWORK, "true")],
        &[(METHOD, "GET"), (NETWORK, "false")],
    ];
    let origins = ["https://a.example", "https://x.c.localhost", "null"];
    // How many of 7 have a template, for each origin that is allowed.
    for (policy, templates) in [
        (CorsPolicy::permissive(), 3 * 7),
        (exact().with_headers(["x-a"]).timing_allow_origin().build().unwrap(), 2 * 7),
        (exact().allow_null_origin().with_exposed_headers(["x-a"]).build().unwrap(), 3 * 7),
        (exact().allow_credentials().allow_any_header().build().unwrap(), 2 * 5),
        (exact().allow_private_network().build().unwrap(), 2 * 6),
    ] {
        let mut sets = HashMap::new();
        let mut count = 0;
        for (origin, asked) in origins.iter().flat_map(|origin| asked.map(|asked| (origin, asked)))
        {
            let mut lines = vec![("origin", *origin)];
            lines.extend(asked);
            let request = CorsRequest::new("OPTIONS", &lines);
            let result = CorsService::new().evaluate_policy(&request, &policy);
            let fields = result.response_fields();
            let Some(allow_origin) = fields.allow_origin() else {
                assert_eq!(fields.template(), None, "{lines:?}");
                continue;
            };
            let Some(template) = fields.template() else { continue };
            assert!(template < CorsFields::TEMPLATES);
            let mut set = Vec::new();
            fields.for_each(|field, value| {
                set.push((
                    field,
                    Some(value.as_bytes().to_vec()).filter(|_| value != allow_origin),
                ));
            });
            assert_eq!(*sets.entry(template).or_insert_with(|| set.clone()), set, "{lines:?}");
            count += 1;
        }
        assert_eq!((count, sets.len()), (templates, CorsFields::TEMPLATES), "{policy:?}");
    }
}

#[test]
fn lines_of_vary_that_come_again_are_merged_as_if_they_never_had() {
    let policy = || CorsPolicy::builder().with_origins(["https://a.example"]).build().unwrap();
    let lines = [("origin", "https://a.example")];
    let request = CorsRequest::new("GET", &lines);
    for policy in [policy(), policy().leak()] {
        let result = CorsService::new().evaluate_policy(&request, &policy);
        let fields = result.response_fields();
        let before: [&[&str]; 15] = [
            &["Origin"],
            &["Accept-Encoding"],
            &["Accept-Encoding"],
            &["accept-encoding"],
            &["Accept-Encoding", "Cookie"],
            &["Accept-Encoding", "Accept-Encoding"],
            &["Cookie"],
            &["*"],
            &[],
            &["a"],
            &["b"],
            &["c"],
            &["Cookie"],
            &["c"],
            &["Accept-Encoding"],
        ];
        for before in before {
            let mut headers = HeaderMap::new();
            for line in before {
                headers.append(header::VARY, HeaderValue::from_static(line));
            }
            fields.apply_to(&mut headers);
            let merged = fields.merged_vary(|| before.iter().map(|line| line.as_bytes()));
            let expected = match &merged {
                Some(merged) => vec![&**merged],
                None => before.iter().map(|line| line.as_bytes()).collect(),
            };
            let after = headers.get_all(header::VARY).iter().map(HeaderValue::as_bytes);
            assert_eq!(after.collect::<Vec<_>>(), expected, "{before:?}");
        }
    }
}

#[test]
fn what_is_kept_with_a_policy_holds_on_to_no_message() {
    let policy = || CorsPolicy::builder().with_origins(["https://*.b.example"]).build().unwrap();
    for policy in [policy(), policy().leak()] {
        // Servers cut values out of all that they have read of a connection.
        let read = Bytes::from(b"https://a.b.example GET Accept".to_vec());
        let value = |range| HeaderValue::from_maybe_shared(read.slice(range)).unwrap();
        let apply = |method, vary: Option<HeaderValue>| {
            let request = HeaderMap::from_iter([
                (header::ORIGIN, value(0..19)),
                (header::ACCESS_CONTROL_REQUEST_METHOD, value(20..23)),
            ]);
            let request = CorsRequest::from_headers(&method, &request);
            let result = CorsService::new().evaluate_policy(&request, &policy);
            let mut headers = vary.map(|vary| (header::VARY, vary)).into_iter().collect();
            result.apply_to(&mut headers);
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://a.b.example");
            headers[header::VARY].to_str().unwrap().to_owned()
        };
        for method in [Method::GET, Method::OPTIONS] {
            assert_eq!(apply(method.clone(), None), "Origin");
            assert_eq!(apply(method, Some(value(24..30))), "Accept, Origin");
        }
        assert!(read.is_unique(), "{policy:?}");
    }
}
