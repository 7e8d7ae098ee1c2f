//! Rules against a matcher that knows no trees, against axum's router, and by example.

use proptest::prelude::*;

use super::*;

fn rule(methods: &[&str], path: &str, policy: Option<&str>) -> Route {
    let methods = methods.iter().map(|method| (*method).to_owned()).collect();
    let target = policy.map_or(Target::Disabled, |policy| Target::Policy(policy.to_owned()));
    Route::new(path.to_owned(), methods, target)
}

/// Policies are called by their index.
fn compiled(rules: Vec<Route>) -> (Routes, Vec<String>) {
    let mut errors = Vec::new();
    let routes = Routes::new(rules, |name| name.parse().ok(), &mut errors);
    (routes, errors.iter().map(ToString::to_string).collect())
}

/// What a rule says of a path that has one reading, if there is a rule.
fn target(routes: &Routes, path: &str, method: Option<&str>) -> Option<Target<usize>> {
    let found = routes.find(path, method, Target::PassThrough).expect("there is one reading");
    (found.value != Target::PassThrough).then_some(found.value)
}

#[test]
fn the_most_specific_rule_wins_whatever_the_order() {
    let rules = vec![
        rule(&[], "/{*rest}", Some("0")),
        rule(&[], "/api/{id}", Some("1")),
        rule(&[], "/api/me", Some("2")),
        rule(&["GET"], "/api/{name}", Some("3")),
        rule(&["PUT", "QUERY"], "/api/{name}", Some("4")),
        rule(&[], "/api/{id}/private", None),
        rule(&["HEAD"], "/head", Some("5")),
        rule(&["GET"], "/head", Some("6")),
    ];
    let reversed = rules.iter().rev().cloned().collect();
    for rules in [rules, reversed] {
        let (routes, errors) = compiled(rules);
        assert_eq!(errors, [""; 0]);
        for (path, method, expected) in [
            ("/", Some("GET"), None),
            ("/x", Some("GET"), Some(Target::Policy(0))),
            ("/api/", Some("GET"), Some(Target::Policy(0))),
            ("/api/7", Some("GET"), Some(Target::Policy(3))),
            ("/api/7", Some("HEAD"), Some(Target::Policy(3))),
            ("/api/7", Some("PUT"), Some(Target::Policy(4))),
            ("/api/7", Some("QUERY"), Some(Target::Policy(4))),
            ("/api/7", Some("put"), Some(Target::Policy(1))),
            ("/api/7", Some("DELETE"), Some(Target::Policy(1))),
            ("/api/7", None, Some(Target::Policy(1))),
            ("/api/me", Some("GET"), Some(Target::Policy(2))),
            ("/api/7/private", Some("GET"), Some(Target::Disabled)),
            ("/api/7/other", Some("GET"), Some(Target::Policy(0))),
            ("/head", Some("HEAD"), Some(Target::Policy(5))),
            ("/head", Some("GET"), Some(Target::Policy(6))),
            ("/head", Some("POST"), Some(Target::Policy(0))),
        ] {
            assert_eq!(target(&routes, path, method), expected, "{method:?} {path}");
        }
    }
}

#[test]
fn rules_for_the_same_paths_and_methods_conflict() {
    let (_, errors) = compiled(vec![
        rule(&[], "/api/{id}", Some("0")),
        rule(&[], "/api/{name}", Some("1")),
        rule(&["GET", "PUT"], "/x", Some("0")),
        rule(&["PUT", "GET"], "/x", Some("1")),
        rule(&[], "/x", Some("1")),
    ]);
    assert_eq!(
        errors,
        [
            "routes[1] `/api/{name}`: routes[0] `/api/{id}` is for the same paths",
            "routes[3] `/x`: routes[2] `/x` is for the same paths and the method `PUT`",
        ]
    );
}

#[test]
fn paths_and_methods_that_never_match_are_refused() {
    for path in [
        "",
        "api",
        "/a/{",
        "/a/{}",
        "/{*rest}/x",
        "/{*}",
        "/:id",
        "/*",
        "/a?b",
        "/a#b",
        "/größe",
        "/{id:.*}",
    ] {
        let (_, errors) = compiled(vec![rule(&[], path, None)]);
        let expected = format!(
            "routes[0] `{path}`: a path starts with `/`, and its parameters are whole segments \
             (`/api/{{id}}`, without a regex) or its end (`/public/{{*rest}}`); other characters \
             are percent-encoded"
        );
        assert_eq!(errors, [expected]);
    }
    let (_, errors) = compiled(vec![rule(&["get", "A B"], "/", None)]);
    assert_eq!(
        errors,
        [
            "routes[0] `get /`: browsers send this method in upper case, and methods are \
             case-sensitive; write `GET`",
            "routes[0] `A B /`: a method is one token, such as `PUT`",
        ]
    );
}

#[test]
fn rules_that_overlap_stand_side_by_side() {
    let rules = vec![
        rule(&[], "/a/{*rest}", None),
        rule(&[], "/a/{id}/x", Some("0")),
        rule(&["PUT"], "/a/{id}/report", Some("1")),
        rule(&["GET"], "/b/{id}", Some("2")),
        rule(&[], "/{*rest}", Some("3")),
        rule(&[], "/{tenant}/y", Some("4")),
    ];
    let reversed = rules.iter().rev().cloned().collect();
    for rules in [rules, reversed] {
        let (routes, errors) = compiled(rules);
        assert_eq!(errors, [""; 0]);
        for (path, method, expected) in [
            ("/a/1", "GET", Target::Disabled),
            ("/a/1/x", "GET", Target::Policy(0)),
            ("/a/1/x/2", "GET", Target::Disabled),
            // What a rule for one method leaves alone stays with the next less specific one.
            ("/a/1/report", "PUT", Target::Policy(1)),
            ("/a/1/report", "GET", Target::Disabled),
            ("/a/1/other", "PUT", Target::Disabled),
            ("/a/1/2/3", "PUT", Target::Disabled),
            ("/b/1/2", "GET", Target::Policy(3)),
            ("/b/1", "PUT", Target::Policy(3)),
            ("/c/y", "PUT", Target::Policy(4)),
            ("/c/z", "PUT", Target::Policy(3)),
        ] {
            let found = target(&routes, path, Some(method));
            assert_eq!(found, Some(expected), "{method} {path}");
        }
    }
}

#[test]
fn what_rules_for_methods_apply_to_depends_on_the_method() {
    let (routes, errors) = compiled(vec![
        rule(&["GET"], "/a/{id}", Some("0")),
        rule(&[], "/a/me", Some("1")),
        rule(&[], "/b/{*rest}", Some("1")),
        rule(&["PUT"], "/b/{*rest}", Some("0")),
        rule(&["PUT"], "/{*rest}", Some("0")),
    ]);
    assert_eq!(errors, [""; 0]);
    for (path, method, value, depends_on_method) in [
        ("/a/7", "GET", Target::Policy(0), true),
        ("/a/7", "POST", Target::PassThrough, true),
        ("/a/me", "GET", Target::Policy(1), false),
        ("/b/c", "GET", Target::Policy(1), true),
        ("/b/c", "PUT", Target::Policy(0), true),
        ("/c", "GET", Target::PassThrough, true),
        ("/", "GET", Target::PassThrough, false),
    ] {
        let found = Some(Found { value, depends_on_method });
        assert_eq!(routes.find(path, Some(method), Target::PassThrough), found, "{method} {path}");
    }
}

#[test]
fn spellings_of_one_path_are_one_path() {
    let (routes, errors) = compiled(vec![
        rule(&[], "/internal/{*rest}", None),
        rule(&[], "/caf%C3%A9", Some("0")),
        rule(&[], "/a%2Fb", Some("1")),
        rule(&[], "/100%25", Some("2")),
        rule(&[], "/{{a}}", Some("3")),
        rule(&[], "/@admin", Some("4")),
        rule(&[], "/%3Aid", Some("5")),
    ]);
    assert_eq!(errors, [""; 0]);
    for (path, expected) in [
        ("/%69nternal/secret", Some(Target::Disabled)),
        ("/%49nternal/secret", None),
        ("/caf%c3%a9", Some(Target::Policy(0))),
        ("/a%2fb", Some(Target::Policy(1))),
        ("/a/b", None),
        ("/100%", Some(Target::Policy(2))),
        ("/100%25", Some(Target::Policy(2))),
        ("/1%300%", Some(Target::Policy(2))),
        ("/{a}", Some(Target::Policy(3))),
        ("/%7Ba%7d", Some(Target::Policy(3))),
        ("/%40admin", Some(Target::Policy(4))),
        ("/%3aid", Some(Target::Policy(5))),
        ("/:id", Some(Target::Policy(5))),
        ("internal/secret", None),
        ("*", None),
        ("", None),
    ] {
        assert_eq!(target(&routes, path, Some("GET")), expected, "{path}");
    }
    let (_, errors) = compiled(vec![
        rule(&[], "/%69nternal", None),
        rule(&[], "/a%2fb", None),
        rule(&[], "/a%2Fb", None),
        rule(&[], "/a|b/{id}", None),
        rule(&[], "/a/../%2E/{id}", None),
        rule(&[], "/100%", None),
    ]);
    let spelling = "paths are compared without dot segments, with upper-case digits after `%`, and \
                    with characters decoded that may stand in a path";
    assert_eq!(
        errors,
        [
            format!("routes[0] `/%69nternal`: {spelling}; write `/internal`"),
            format!("routes[1] `/a%2fb`: {spelling}; write `/a%2Fb`"),
            "routes[2] `/a%2Fb`: routes[1] `/a%2fb` is for the same paths".to_owned(),
            format!("routes[3] `/a|b/{{id}}`: {spelling}; write `/a%7Cb/{{id}}`"),
            format!("routes[4] `/a/../%2E/{{id}}`: {spelling}; write `/{{id}}`"),
            format!("routes[5] `/100%`: {spelling}; write `/100%25`"),
        ]
    );
}

#[test]
fn paths_that_servers_read_in_several_ways_have_a_target_only_where_the_rules_agree() {
    let (routes, errors) = compiled(vec![
        rule(&[], "/files/{*rest}", Some("0")),
        rule(&[], "/files/private/{*rest}", None),
        rule(&[], "/projects/{id}", Some("1")),
        rule(&[], "/projects/{*rest}", Some("1")),
        rule(&["PUT"], "/items/{id}", Some("2")),
        rule(&[], "/plain/a%2Fb", Some("3")),
        rule(&[], "/plain//b", Some("3")),
    ]);
    assert_eq!(errors, [""; 0]);
    let default = Target::Policy(9);
    for (path, expected) in [
        ("/files/private/x", Some(Target::Disabled)),
        ("/files//private/x", None),
        ("//files/private/x", None),
        ("/files/private%2Fx", None),
        ("/files/private%5cx", None),
        ("/files/./private/x", None),
        ("/files/%2e/private/x", None),
        ("/files/a/../private/x", None),
        ("/files/private/../x", None),
        ("/files/private//x", Some(Target::Disabled)),
        ("/files//x", Some(Target::Policy(0))),
        ("/files/a%2Fb", Some(Target::Policy(0))),
        ("/files/.config", Some(Target::Policy(0))),
        ("/files/100%25", Some(Target::Policy(0))),
        ("/projects/group%2Fname", Some(Target::Policy(1))),
        ("/items//7", None),
        ("/other//x", Some(default)),
        ("/plain/a%2fb", Some(Target::Policy(3))),
        ("/plain//b", Some(Target::Policy(3))),
    ] {
        let found = routes.find(path, Some("PUT"), default);
        assert_eq!(found.map(|found| found.value), expected, "{path}");
    }
    // The rules agree for this method, but not for every one.
    let found = routes.find("/items//7", Some("GET"), default);
    assert_eq!(found, Some(Found { value: default, depends_on_method: true }));
}

/// Few words, so that rules overlap and paths match.
fn paths() -> impl Strategy<Value = String> {
    let segment = prop_oneof![4 => Just("a"), 2 => Just("b"), 1 => Just("")];
    proptest::collection::vec(segment, 1..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn rules() -> impl Strategy<Value = Vec<Route>> {
    let segment = prop_oneof![3 => Just("a"), 1 => Just("b"), 3 => Just("{x}"), 1 => Just("")];
    let path = (proptest::collection::vec(segment, 0..4), any::<bool>());
    let methods = proptest::sample::subsequence(vec!["GET", "HEAD", "PUT"], 0..3);
    let rule = (path, methods).prop_map(|((mut segments, has_rest), methods)| {
        if has_rest || segments.is_empty() {
            segments.push("{*rest}");
        }
        (format!("/{}", segments.join("/")), methods)
    });
    proptest::collection::vec(rule, 1..8).prop_map(|rules| {
        let policies = 0..;
        let rules = rules.iter().zip(policies);
        rules.map(|((path, methods), index)| rule_of(path, methods, index)).collect()
    })
}

fn rule_of(path: &str, methods: &[&str], index: usize) -> Route {
    rule(methods, path, Some(&index.to_string()))
}

/// How specific a rule is for each segment, where it matches: a literal, a parameter, or a rest.
fn matched(rule: &str, path: &str) -> Option<Vec<u8>> {
    let (rule, path) = (rule.strip_prefix('/')?, path.strip_prefix('/')?);
    let (segment, rule_rest) = rule.split_once('/').map_or((rule, None), |(s, r)| (s, Some(r)));
    if segment == "{*rest}" {
        return (!path.is_empty()).then(|| vec![2]);
    }
    let (own, path_rest) = path.split_once('/').map_or((path, None), |(s, r)| (s, Some(r)));
    let kind = match segment {
        "{x}" if !own.is_empty() || path_rest.is_some() => 1,
        literal if literal == own && literal != "{x}" => 0,
        _ => return None,
    };
    let mut kinds = vec![kind];
    match (rule_rest, path_rest) {
        (None, None) => {}
        (Some(rule), Some(path)) => {
            kinds.extend(matched(&format!("/{rule}"), &format!("/{path}"))?);
        }
        _ => return None,
    }
    Some(kinds)
}

fn naive(rules: &[Route], path: &str, method: &str) -> Found<Target<usize>> {
    let applies = |rule: &Route| {
        let names = |wanted: &str| rule.methods.iter().any(|own| own == wanted);
        match () {
            () if names(method) => Some(0),
            () if method == "HEAD" && names("GET") => Some(1),
            () if rule.methods.is_empty() => Some(2),
            () => None,
        }
    };
    let best = rules
        .iter()
        .enumerate()
        .filter_map(|(index, rule)| Some((matched(&rule.path, path)?, applies(rule)?, index)))
        .min();
    let depends_on_method = rules.iter().any(|rule| {
        let kinds = matched(&rule.path, path);
        !rule.methods.is_empty()
            && kinds.is_some_and(|kinds| best.as_ref().is_none_or(|(best, ..)| kinds <= *best))
    });
    let value = best.map_or(Target::PassThrough, |(.., index)| Target::Policy(index));
    Found { value, depends_on_method }
}

/// Without rules for the same paths and methods, which are errors.
fn compiled_without_conflicts(mut rules: Vec<Route>) -> (Vec<Route>, Routes) {
    loop {
        let mut errors = Vec::new();
        let routes = Routes::new(rules.clone(), |name| name.parse().ok(), &mut errors);
        let Some(index) = errors.first().and_then(|error| error.place().index()) else {
            return (rules, routes);
        };
        rules.remove(index);
        for (index, rule) in rules.iter_mut().enumerate() {
            rule.target = Target::Policy(index.to_string());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rules_are_found_as_one_after_the_other_would_be(rules in rules(), path in paths()) {
        let (rules, routes) = compiled_without_conflicts(rules);
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            let expected = naive(&rules, &path, method);
            let found = routes.paths.find(&path, Some(method), Target::PassThrough);
            prop_assert_eq!(found, expected, "{} {}", method, path);
        }
    }

    #[test]
    fn another_spelling_of_a_path_is_the_same_path(
        rules in rules(), path in paths(), encoded in proptest::collection::vec(0..4_u8, 16),
    ) {
        let (_, routes) = compiled_without_conflicts(rules);
        let spelled: String = path.bytes().zip(encoded).map(|(byte, how)| match how {
            0 if byte != b'/' => format!("%{byte:02x}"),
            1 if byte != b'/' => format!("%{byte:02X}"),
            _ => char::from(byte).to_string(),
        }).collect();
        let find = |path| routes.find(path, Some("PUT"), Target::PassThrough);
        prop_assert_eq!(find(&spelled), find(&path), "{} {}", spelled, path);
    }

    #[test]
    fn a_path_with_empty_segments_has_a_target_where_both_readings_do(
        rules in rules(), path in paths(),
    ) {
        let (rules, routes) = compiled_without_conflicts(rules);
        let (folders, name) = path.rsplit_once('/').unwrap();
        let folders = folders.split('/').filter(|folder| !folder.is_empty());
        let collapsed: String = folders.flat_map(|folder| ["/", folder]).collect();
        let (one, other) = (naive(&rules, &path, "PUT"), naive(&rules, &format!("{collapsed}/{name}"), "PUT"));
        let is_certain = one.value == other.value || rules.iter().any(|rule| rule.path == path);
        let expected = is_certain.then_some(Found {
            value: one.value,
            depends_on_method: one.depends_on_method || other.depends_on_method,
        });
        prop_assert_eq!(routes.find(&path, Some("PUT"), Target::PassThrough), expected, "{}", path);
    }

    /// Where axum's router takes all rules, it finds the same.
    #[test]
    fn rules_match_as_in_axum(rules in rules(), path in paths()) {
        let mut router = matchit::Router::new();
        let mut taken = Vec::new();
        for mut rule in rules {
            rule.methods.clear();
            if router.insert(rule.path.clone(), taken.len()).is_ok() {
                rule.target = Target::Policy(taken.len().to_string());
                taken.push(rule);
            }
        }
        let (routes, errors) = compiled(taken);
        prop_assert_eq!(errors, Vec::<String>::new());
        let found = router.at(&path).ok();
        let expected = found.map_or(Target::PassThrough, |found| Target::Policy(*found.value));
        prop_assert_eq!(routes.paths.find(&path, None, Target::PassThrough).value, expected);
    }
}
