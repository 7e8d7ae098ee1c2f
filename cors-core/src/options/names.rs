//! The names of policies, and which of them an unknown one may have been meant to be.

use foldhash::fast::RandomState;
use indexmap::IndexSet;

use crate::error::ConfigErrorReason;

/// How many names an error lists at most: a file may have thousands, and as many errors.
const LISTED: usize = 5;
/// How many letters a name may differ from one that was meant.
const DISTANCE: usize = 2;
/// Longer names are not compared by letters.
const COMPARED_LENGTH: usize = 64;

/// Names in their order, each once.
pub(super) struct Names<'a>(IndexSet<&'a str, RandomState>);

impl<'a> FromIterator<&'a str> for Names<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl Names<'_> {
    /// The index of the policy of this name.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.0.get_index_of(name)
    }

    /// That there is no policy of this name; the nearest names come first, the others in their order.
    pub(super) fn unknown(&self, name: &str) -> ConfigErrorReason {
        let mut known: Vec<_> = self.0.iter().copied().collect();
        known.sort_by_cached_key(|known| distance(name, known).unwrap_or(usize::MAX));
        ConfigErrorReason::UnknownPolicy {
            name: name.to_owned(),
            more: known.len().saturating_sub(LISTED),
            known: known.into_iter().take(LISTED).map(str::to_owned).collect(),
        }
    }
}

/// How many letters have to be changed, added or taken away, where they are few.
fn distance(a: &str, b: &str) -> Option<usize> {
    if a.len().abs_diff(b.len()) > DISTANCE || a.len().max(b.len()) > COMPARED_LENGTH {
        return None;
    }
    Some(strsim::levenshtein(a, b)).filter(|distance| *distance <= DISTANCE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::CorsOptions;
    use crate::policy::CorsPolicy;

    #[test]
    fn names_are_compared_by_few_letters() {
        for (a, b, expected) in [
            ("shop", "shop", Some(0)),
            ("shp", "shop", Some(1)),
            ("sohp", "shop", Some(2)),
            ("", "ab", Some(2)),
            ("ab", "", Some(2)),
            ("shops", "hop", Some(2)),
            ("shop", "stage", None),
            ("shop", "a-shop", Some(2)),
            ("a", "abcd", None),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn an_unknown_name_is_told_with_a_handful_of_names_the_nearest_first() {
        for (known, expected) in [
            (vec![], "there is no policy of this name; there is none"),
            (vec!["app"], "there is no policy of this name; there is `app`"),
            (vec!["app", "shop"], "there is no policy of this name; there are `shop`, `app`"),
            (
                vec!["a1", "b2", "c3", "d4", "e5", "f6", "shop", "ship"],
                "there is no policy of this name; there are `shop`, `ship`, `a1`, `b2`, `c3` and 3 more",
            ),
        ] {
            let mut builder = CorsOptions::builder().default_policy("shp");
            for name in known {
                builder = builder.add_policy(name, CorsPolicy::permissive());
            }
            let errors = builder.build().unwrap_err();
            assert_eq!(errors.to_string(), format!("default `shp`: {expected}"));
        }
        let builder = CorsOptions::builder().add_policy("shop", CorsPolicy::permissive());
        assert_eq!(
            builder.route("/", "shop").route("/admin", "shp").build().unwrap_err().to_string(),
            "routes[1] `/admin`: there is no policy `shp`; there is `shop`"
        );
    }

    #[test]
    fn hundreds_of_unknown_names_are_reported_in_few_words() {
        let mut builder = CorsOptions::builder();
        for index in 0..400 {
            builder = builder
                .add_policy(format!("policy-{index}"), CorsPolicy::permissive())
                .route(format!("/{index}"), format!("unknown-{index}"));
        }
        let errors = builder.build().unwrap_err();
        assert_eq!(errors.iter().count(), 400);
        assert!(errors.to_string().len() < 80_000, "{}", errors.to_string().len());
    }
}
