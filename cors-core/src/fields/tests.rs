use std::collections::HashMap;

use crate::{CorsFields, CorsPolicy, CorsRequest, CorsService};

const METHOD: &str = "access-control-request-method";
const HEADERS: &str = "access-control-request-headers";
const NETWORK: &str = "access-control-request-private-network";

#[test]
fn fields_of_one_template_are_the_same_but_for_the_origin() {
    let exact = || CorsPolicy::builder().with_origins(["https://a.example", "https://*.c.example"]);
    let asked: [&[(&str, &str)]; 7] = [
        &[],
        &[(METHOD, "GET")],
        &[(METHOD, "PUT")],
        &[(METHOD, "GET"), (HEADERS, "x-a")],
        &[(METHOD, "GET"), (HEADERS, "x-b")],
        &[(METHOD, "GET"), (NETWORK, "true")],
        &[(METHOD, "GET"), (NETWORK, "false")],
    ];
    let origins = ["https://a.example", "https://x.c.example", "null"];
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
            let Some(allow_origin) = fields.allow_origin() else { continue };
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
