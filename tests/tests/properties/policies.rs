//! What holds for every policy.

use cors_conformance::Settings;
use cors_core::{CorsOptions, CorsPolicy};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use crate::cases;
use crate::generate::settings;

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_written_policy_is_read_back_as_it_was(settings in writable_settings()) {
        let policy = settings.builder().build().expect("a generated policy is valid");
        let options = CorsOptions::builder()
            .add_policy("first", policy.clone())
            .add_policy("second", CorsPolicy::permissive())
            .default_policy("first")
            .route("/public/{*rest}", "second")
            .route_methods(["GET"], "/reports/{id}", "first")
            .disable("/internal")
            .pass_through("/storage")
            .build()
            .expect("the policies are valid");

        let toml = toml::to_string(&options).expect("a policy is TOML");
        let from_toml = CorsOptions::from_toml(&toml).expect("what was written is read");
        prop_assert_eq!(&from_toml, &options);
        prop_assert_eq!(toml::to_string(&from_toml).expect("a policy is TOML"), toml);

        let json = serde_json::to_string_pretty(&options).expect("a policy is JSON");
        let from_json = CorsOptions::from_json(&json).expect("what was written is read");
        prop_assert_eq!(&from_json, &options);
        prop_assert_eq!(serde_json::to_string_pretty(&from_json).expect("a policy is JSON"), json.clone());

        // JSON is YAML too.
        prop_assert_eq!(&CorsOptions::from_yaml(&json).expect("what was written is read"), &options);

        let alone = serde_json::to_string(&policy).expect("a policy is JSON");
        let read: CorsPolicy = serde_json::from_str(&alone).expect("what was written is read");
        prop_assert_eq!(read, policy);
    }

    #[test]
    fn a_policy_is_rebuilt_from_its_own_settings(settings in settings()) {
        let policy = settings.builder().build().expect("a generated policy is valid");
        let rebuilt = policy.to_builder().build().expect("a policy's settings are valid");
        prop_assert_eq!(&rebuilt, &policy);
        prop_assert!(rebuilt.warnings().len() <= policy.warnings().len());
        let built_again = settings.builder().build().expect("a generated policy is valid");
        prop_assert_eq!(format!("{built_again:?}"), format!("{policy:?}"));
    }

    #[test]
    fn no_text_makes_a_configuration_panic(
        texts in vec("(?s).{0,30}|[a-z]{1,5}://[*.a-z:0-9\\[\\]]{0,20}", 5),
        credentials in any::<bool>(),
        bytes in vec(any::<u8>(), 0..200),
    ) {
        let mut builder = CorsPolicy::builder()
            .with_origins([&texts[0], &texts[1]])
            .with_origin_regex(&*texts[2])
            .with_methods([&texts[2]])
            .with_headers([&texts[3]])
            .with_exposed_headers([&texts[4]]);
        if credentials {
            builder = builder.allow_credentials();
        }
        match builder.build() {
            Ok(policy) => {
                let debug = format!("{policy:?}");
                prop_assert!(debug.starts_with("CorsPolicy"), "{}", debug);
            }
            Err(errors) => {
                let text = errors.to_string();
                prop_assert_eq!(text.lines().count(), errors.iter().count(), "{}", text);
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        for read in [CorsOptions::from_toml, CorsOptions::from_json, CorsOptions::from_yaml] {
            if let Err(errors) = read(&text) {
                prop_assert_eq!(errors.to_string().lines().count(), errors.iter().count());
            }
        }
    }
}

/// Settings that a file can hold: those without a predicate.
fn writable_settings() -> impl Strategy<Value = Settings> {
    settings().prop_map(|settings| Settings { predicate: None, ..settings })
}
