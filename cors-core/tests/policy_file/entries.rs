//! What can be written in more than one way.

use cors_core::{CorsOptions, CorsPolicy, DangerousOptIn, OriginEntry, OriginRegex};

#[test]
fn a_route_for_every_method_names_none_or_any() {
    let builder = || CorsOptions::builder().add_policy("a", CorsPolicy::permissive());
    let every = builder().route("/", "a").disable("/off").build().unwrap();
    for methods in [&[][..], &["*"]] {
        let options = builder().route_methods(methods, "/", "a").disable_methods(methods, "/off");
        assert_eq!(options.build().unwrap(), every, "{methods:?}");
    }
    let toml = toml::to_string(&every).unwrap();
    assert_eq!(toml.matches("methods = ").count(), 1, "only the policy names methods: {toml}");
    for methods in ["", "methods = []", "methods = ['*']", "methods = '*'"] {
        let written = toml.replace("path =", &format!("{methods}\npath ="));
        assert_eq!(CorsOptions::from_toml(&written).unwrap(), every, "{methods}");
    }
    let written = toml.replace("path =", "methods = ['PUT']\npath =");
    let some = builder().route_methods(["PUT"], "/", "a").disable_methods(["PUT"], "/off");
    assert_eq!(CorsOptions::from_toml(&written).unwrap(), some.build().unwrap());
}

#[test]
fn an_entry_is_dangerously_allowed_all_that_it_lists() {
    use DangerousOptIn::{Insecure, PublicSuffix};
    for opt_ins in [
        &[][..],
        &[Insecure],
        &[PublicSuffix],
        &[Insecure, PublicSuffix],
        &[PublicSuffix, Insecure],
        &[PublicSuffix, Insecure, PublicSuffix],
    ] {
        let listed = opt_ins.iter().copied();
        let origin = OriginEntry::new("http://*.github.io");
        let origin = listed.clone().fold(origin, OriginEntry::dangerously_allow);
        let regex = OriginRegex::new(r"http://[a-z]+\.github\.io");
        let regex = listed.fold(regex, OriginRegex::dangerously_allow);
        let in_code = CorsPolicy::builder().with_origins([origin]).with_origin_regex(regex);
        let in_code = in_code.build().unwrap();

        let listed = serde_json::to_string(opt_ins).unwrap();
        let json = format!(
            r#"{{"origins": [{{"origin": "http://*.github.io", "dangerously_allow": {listed}}}],
                "origin_regexes": [
                  {{"regex": "http://[a-z]+\\.github\\.io", "dangerously_allow": {listed}}}]}}"#
        );
        let policy: CorsPolicy = serde_json::from_str(&json).unwrap();
        assert_eq!(policy, in_code, "{listed}");
        let written = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<CorsPolicy>(&written).unwrap(), policy, "{written}");
        assert_eq!(written.contains("dangerously_allow"), !opt_ins.is_empty(), "{written}");
    }
}
