//! What holds for every list of requested headers.

use std::mem::{Discriminant, discriminant};

use cors_conformance::{Entry, Settings};
use cors_core::{CorsOutcome, CorsRequest, CorsResult, CorsService, RefusalReason};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{Index, select};

use crate::cases;
use crate::generate::settings;

const PAGE: &str = "https://page.example";

proptest! {
    #![proptest_config(cases(1000))]

    /// No name is longer than the longest that the policy lists: reading stops at such a name, and
    /// what makes a list malformed is not seen behind it, so that its place matters for the reason,
    /// though never for the verdict, as the next property says.
    #[test]
    fn order_case_and_lines_of_requested_headers_do_not_matter(
        (settings, names) in settings_and_names(),
        (order, upper, lines) in (any::<u64>(), any::<u64>(), 1..4_usize),
    ) {
        let result = preflight(&settings, std::slice::from_ref(&names));
        let rearranged = rearrange(names, order, upper);
        let lines: Vec<_> =
            rearranged.chunks(rearranged.len().div_ceil(lines)).map(<[String]>::to_vec).collect();
        prop_assert_eq!(kind(&preflight(&settings, &lines)), kind(&result));
    }

    #[test]
    fn a_name_longer_than_all_listed_ones_is_never_allowed(
        (settings, mut names) in settings_and_names(),
        place in any::<Index>(),
    ) {
        if settings.headers != ["*"] {
            names.insert(place.index(names.len() + 1), "x-longer-than-all-listed-ones".to_owned());
            let result = preflight(&settings, &[names]);
            prop_assert!(matches!(result.outcome(), CorsOutcome::PreflightRefused(_)));
        }
    }
}

/// A policy that allows the page, and at least one requested name.
fn settings_and_names() -> impl Strategy<Value = (Settings, Vec<String>)> {
    settings().prop_flat_map(|mut settings| {
        if !settings.allows_any_origin() {
            settings.origins.push(Entry::new(PAGE));
        }
        let longest = match &*settings.headers {
            [any] if any == "*" => usize::MAX,
            names => names.iter().map(String::len).max().unwrap_or(0),
        };
        let fitting = |names: Vec<&str>| -> Vec<String> {
            names.into_iter().filter(|name| name.len() <= longest).map(str::to_owned).collect()
        };
        let listed = settings.headers.iter().map(String::as_str).filter(|name| *name != "*");
        let listed = fitting(listed.chain([""]).collect());
        let other = fitting(vec!["", "x", "~", "x-a", "x-c", "content-language"]);
        let names = prop_oneof![20 => select(listed), 1 => select(other)];
        (Just(settings), vec(names, 1..40))
    })
}

/// The same names in an order and a case that the bits of two numbers choose.
fn rearrange(names: Vec<String>, order: u64, upper: u64) -> Vec<String> {
    let mut rearranged: Vec<String> = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let name = if upper >> index & 1 == 1 { name.to_ascii_uppercase() } else { name };
        let at = if order >> index & 1 == 1 { rearranged.len() } else { 0 };
        rearranged.insert(at, name);
    }
    rearranged
}

fn preflight(settings: &Settings, lines: &[Vec<String>]) -> CorsResult {
    let policy = settings.builder().build().expect("a generated policy is valid");
    let mut headers =
        vec![("origin", PAGE.to_owned()), ("access-control-request-method", "GET".to_owned())];
    headers.extend(lines.iter().map(|names| ("access-control-request-headers", names.join(","))));
    CorsService::new().evaluate_policy(&CorsRequest::new("OPTIONS", &headers), &policy)
}

/// The outcome's variant and the reasons', without the texts that they quote.
fn kind(result: &CorsResult) -> (Discriminant<CorsOutcome>, Vec<Discriminant<RefusalReason>>) {
    (discriminant(result.outcome()), result.reasons().map(discriminant).collect())
}
