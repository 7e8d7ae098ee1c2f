//! What is doubtful about valid options, beside what is doubtful about their policies.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::routes::{Route, Routes, Target};
use crate::error::{ConfigWarning, ConfigWarningReason, Place, Setting, Spot};
use crate::policy::{CorsPolicy, Written};

pub(super) fn warnings(
    policies: &IndexMap<String, CorsPolicy>,
    default: Option<usize>,
    routes: &Routes,
) -> Vec<ConfigWarning> {
    let rules = routes.rules();
    let routed: HashSet<&str> =
        rules.iter().filter_map(|rule| rule.target.policy()).map(String::as_str).collect();
    let idle = policies
        .iter()
        .enumerate()
        .filter(|(index, (name, _))| default != Some(*index) && !routed.contains(name.as_str()));
    let idle = idle.map(|(_, (name, policy))| {
        let written = policy.compiled().written.as_deref();
        let spot = written.map_or_else(Spot::default, Written::spot);
        let place = Place::default().in_policy(Some(name)).on(spot);
        ConfigWarning::new(place, ConfigWarningReason::GovernsNothing)
    });

    let paths: HashSet<String> = rules.iter().map(|rule| without_names(&rule.path)).collect();
    // What governs the paths of a base, where no rule is for just them.
    let governing = |rule: &Route, base: &str| {
        if paths.contains(&without_names(base)) {
            return None;
        }
        let of_method = |method: Option<&str>| {
            let found = routes.find(base, method, Target::of_default(default))?;
            found.value.policy().copied()
        };
        let mut methods = rule.methods.iter().map(|method| Some(method.as_str()));
        let index =
            if rule.methods.is_empty() { of_method(None) } else { methods.find_map(of_method) };
        index.and_then(|index| policies.get_index(index)).map(|(name, _)| name.clone())
    };
    let open = rules.iter().enumerate().filter_map(|(index, rule)| {
        let base = (rule.target == Target::Disabled).then(|| base_of(&rule.path)).flatten()?;
        let reason = ConfigWarningReason::BaseNotDisabled {
            policy: governing(rule, base)?,
            base: base.to_owned(),
        };
        let place = Place::entry(Setting::Routes, index, &rule.path).on(rule.spot.clone());
        Some(ConfigWarning::new(place, reason))
    });
    idle.chain(open).collect()
}

/// `/internal` of `/internal/{*rest}`.
fn base_of(path: &str) -> Option<&str> {
    let (base, rest) = path.rsplit_once('/')?;
    let is_rest = rest.starts_with("{*") && rest.ends_with('}');
    is_rest.then_some(if base.is_empty() { "/" } else { base })
}

/// The path with parameters that all have the same name.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let is_parameter = segment.starts_with('{') && !segment.starts_with("{{");
        if is_parameter { "{}" } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use crate::options::{CorsOptions, CorsOptionsBuilder};
    use crate::policy::CorsPolicy;

    fn options() -> CorsOptionsBuilder {
        CorsOptions::builder()
            .add_policy("app", CorsPolicy::permissive())
            .add_policy("public", CorsPolicy::permissive())
    }

    fn warnings(options: &CorsOptions) -> Vec<String> {
        options.warnings().map(ToString::to_string).collect()
    }

    const IDLE: &str = "governs nothing: it is not the default and no route names it; make it one of \
                        the two, unless the program chooses it by its name";

    #[test]
    fn a_policy_that_governs_nothing_is_doubtful() {
        let [app, public] = ["app", "public"].map(|name| format!("policy `{name}`: {IDLE}"));
        for (builder, expected) in [
            (options(), vec![&app, &public]),
            (options().default_policy("app"), vec![&public]),
            (options().route("/public", "public"), vec![&app]),
            (options().default_policy("app").route_methods(["GET"], "/", "public"), vec![]),
        ] {
            let found = warnings(&builder.build().unwrap());
            assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        }
        assert_eq!(warnings(&CorsPolicy::permissive().into()), [""; 0]);
        let chosen = options().build().unwrap().with_default("app").unwrap();
        assert_eq!(warnings(&chosen), [&*public], "an adapter chose the other");
        assert_eq!(warnings(&chosen.leak()), [public]);
    }

    #[test]
    fn a_disabled_rest_of_a_path_without_its_base_is_doubtful() {
        let app = || options().default_policy("app").route("/public", "public");
        let open = |index: usize, path: &str, base: &str, policy: &str| {
            format!(
                "routes[{index}] `{path}`: policy `{policy}` governs `{base}` itself, since the rest \
                 is one character or more; disable `{base}` too, or route it"
            )
        };
        for (builder, expected) in [
            (
                app().disable("/internal/{*rest}"),
                vec![open(1, "/internal/{*rest}", "/internal", "app")],
            ),
            (
                app().disable("/public/{*rest}").route("/{*all}", "public").disable("/a/{*rest}"),
                vec![open(3, "/a/{*rest}", "/a", "public")],
            ),
            (app().disable("/{*rest}"), vec![open(1, "/{*rest}", "/", "app")]),
            (
                app().disable("/t/{tenant}/{*rest}"),
                vec![open(1, "/t/{tenant}/{*rest}", "/t/{tenant}", "app")],
            ),
            (
                app().disable_methods(["PUT"], "/a/{*rest}").disable_methods(["GET"], "/{*rest}"),
                vec![open(1, "/a/{*rest}", "/a", "app"), open(2, "/{*rest}", "/", "app")],
            ),
            (app().disable("/internal/{*rest}").disable("/internal"), vec![]),
            (app().disable("/t/{tenant}/{*rest}").disable("/t/{id}"), vec![]),
            (app().disable("/a/{*rest}").disable("/{*rest}").disable("/"), vec![]),
            (
                app().disable_methods(["PUT"], "/a/{*rest}").disable_methods(["PUT"], "/{one}"),
                vec![],
            ),
            (app().disable("/a").disable("/a/{id}"), vec![]),
        ] {
            assert_eq!(warnings(&builder.build().unwrap()), expected);
        }
        // Nothing governs the base, and so no page of another origin reads it.
        let builder = CorsOptions::builder().disable("/internal/{*rest}");
        assert_eq!(warnings(&builder.build().unwrap()), [""; 0]);
    }
}
