//! The origins of a policy: entries, regexes, predicates and `null`.

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::Report;
use crate::error::{ConfigErrorReason, ConfigWarningReason, Place, Setting};
#[cfg(feature = "regex")]
use crate::origin::OriginRegex;
use crate::origin::{
    DangerousOptIn, DangerousOptIns, OriginEntry, OriginPattern, OriginSet, corrected, is_insecure,
    is_loopback_host, spans_unrelated_registrants,
};
#[cfg(feature = "regex")]
use crate::policy::regexes::{self, CompiledRegex};
use crate::policy::{AnyOr, CorsPolicyBuilder, NullOrigin};

pub(super) fn compile(settings: &CorsPolicyBuilder, report: &mut Report) -> AnyOr<OriginSet> {
    let is_any = |entry: &OriginEntry| entry.text() == "*";
    let others = has_other_sources(settings);
    match &*settings.origins {
        [entry] if is_any(entry) && !others => return any_origin(entry, settings, report),
        [] if !others => {
            report.error(Place::setting(Setting::Origins), ConfigErrorReason::NoOrigins);
        }
        _ => {}
    }

    let mut entries = Vec::with_capacity(settings.origins.len());
    let first_any = settings.origins.iter().position(is_any);
    for (index, entry) in settings.origins.iter().enumerate() {
        if is_any(entry) {
            let place = || Place::entry(Setting::Origins, index, "*");
            report.error(place(), ConfigErrorReason::AnyOriginBesideOthers);
            if first_any == Some(index) {
                check_any(settings, place, report);
            }
        } else if let Some(pattern) = parse(index, entry, report) {
            check_dangers(index, entry, &pattern, settings.credentials, report);
            entries.push((index, pattern, entry.dangerously_allowed()));
        }
    }
    let kinds = kinds(&entries);
    #[cfg(feature = "regex")]
    let (regexes, kinds) = compile_regexes(settings, kinds, report);
    kinds.warn_of_loopback_beside_public(report);
    let entries = without_covered(entries, report);
    let null = check_null(settings, report);
    check_predicates(settings, report);

    let set = OriginSet::new(entries, settings.predicates.clone(), null);
    #[cfg(feature = "regex")]
    let set = set.with_regexes(regexes);
    AnyOr::Listed(set)
}

fn any_origin(
    entry: &OriginEntry,
    settings: &CorsPolicyBuilder,
    report: &mut Report,
) -> AnyOr<OriginSet> {
    let place = || Place::text(Setting::Origins, "*");
    check_any(settings, place, report);
    for opt_in in entry.opt_ins() {
        report.warning(place(), ConfigWarningReason::NeedlessOptIn { opt_in: opt_in.as_str() });
    }
    AnyOr::Any
}

/// What any origin does not go with, whether it stands alone or not.
fn check_any(settings: &CorsPolicyBuilder, place: impl Fn() -> Place, report: &mut Report) {
    if settings.credentials {
        report.error(place(), ConfigErrorReason::AnyOriginWithCredentials);
    }
    if settings.private_network {
        report.error(place(), ConfigErrorReason::AnyOriginWithPrivateNetwork);
    }
}

fn has_other_sources(settings: &CorsPolicyBuilder) -> bool {
    #[cfg(feature = "regex")]
    let regexes = !settings.regexes.is_empty();
    #[cfg(not(feature = "regex"))]
    let regexes = false;
    regexes || !settings.predicates.is_empty() || settings.null_origin != NullOrigin::Refused
}

fn parse(index: usize, entry: &OriginEntry, report: &mut Report) -> Option<OriginPattern> {
    let place = || Place::entry(Setting::Origins, index, entry.text());
    if entry.text() == "null" {
        report.error(place(), ConfigErrorReason::NullInList);
        return None;
    }
    match OriginPattern::parse(entry.text()) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let correction = corrected(entry.text());
            // Only a list in one string is corrected to several entries.
            let several = correction.as_ref().is_some_and(|meant| meant.contains('`'));
            let reason = if several { ConfigErrorReason::SeveralInOne } else { error.into() };
            report.error_with_correction(place(), reason, correction);
            None
        }
    }
}

/// What credentials make of an entry: an error without the opt-in, else a warning of an opt-in
/// that is not needed. Without credentials, only a warning.
fn check_dangers(
    index: usize,
    entry: &OriginEntry,
    pattern: &OriginPattern,
    credentials: bool,
    report: &mut Report,
) {
    let place = || Place::entry(Setting::Origins, index, entry.text());
    let opt_ins = entry.dangerously_allowed();
    let insecure = is_insecure(pattern.scheme(), pattern.host());
    let base = pattern.wildcard_base().filter(|base| spans_unrelated_registrants(base));

    if insecure && credentials && !opt_ins.insecure {
        report.error(place(), ConfigErrorReason::InsecureOriginWithCredentials);
    } else if insecure && !credentials {
        report.warning(place(), ConfigWarningReason::InsecureOrigin);
    }
    if let Some(base) = base {
        let base = base.to_owned();
        if credentials && !opt_ins.public_suffix {
            report.error(place(), ConfigErrorReason::PublicSuffixWithCredentials { base });
        } else if !credentials {
            report.warning(place(), ConfigWarningReason::PublicSuffix { base });
        }
    }
    for opt_in in opt_ins.iter() {
        let needed = credentials
            && match opt_in {
                DangerousOptIn::Insecure => insecure,
                DangerousOptIn::PublicSuffix => base.is_some(),
            };
        if !needed {
            let reason = ConfigWarningReason::NeedlessOptIn { opt_in: opt_in.as_str() };
            report.warning(place(), reason);
        }
    }
}

type Parsed = (usize, OriginPattern, DangerousOptIns);

/// What kinds of origins there are.
struct Kinds {
    loopback: Vec<Place>,
    public: bool,
}

fn kinds(entries: &[Parsed]) -> Kinds {
    let is_loopback = |pattern: &OriginPattern| {
        matches!(pattern.scheme(), "http" | "https" | "ws" | "wss")
            && is_loopback_host(pattern.host())
    };
    let loopback = entries.iter().filter(|(_, pattern, _)| is_loopback(pattern));
    let loopback: Vec<_> = loopback
        .map(|(index, pattern, _)| Place::entry(Setting::Origins, *index, &pattern.to_string()))
        .collect();
    Kinds { public: loopback.len() < entries.len(), loopback }
}

impl Kinds {
    fn warn_of_loopback_beside_public(self, report: &mut Report) {
        if self.public {
            let loopback = self.loopback.into_iter();
            loopback.for_each(|place| {
                report.warning(place, ConfigWarningReason::LoopbackBesidePublic);
            });
        }
    }
}

/// Drops entries that stand twice, and warns of every entry that another covers.
fn without_covered(
    entries: Vec<Parsed>,
    report: &mut Report,
) -> Vec<(OriginPattern, DangerousOptIns)> {
    let mut kept: IndexMap<OriginPattern, (usize, DangerousOptIns), RandomState> =
        IndexMap::with_capacity_and_hasher(entries.len(), RandomState::default());
    let mut covered = Vec::new();
    for (index, pattern, opt_ins) in entries {
        match kept.entry(pattern) {
            Entry::Vacant(entry) => {
                entry.insert((index, opt_ins));
            }
            Entry::Occupied(mut entry) => {
                let (_, merged) = entry.get_mut();
                opt_ins.iter().for_each(|opt_in| merged.insert(opt_in));
                covered.push((index, entry.key().to_string(), entry.key().to_string()));
            }
        }
    }
    if kept.keys().any(|pattern| !pattern.is_exact()) {
        for (pattern, (index, _)) in &kept {
            if let Some(cover) = pattern.covers().find(|cover| kept.contains_key(cover)) {
                covered.push((*index, pattern.to_string(), cover.to_string()));
            }
        }
    }
    covered.sort_by_key(|(index, ..)| *index);
    for (index, pattern, by) in covered {
        let place = Place::entry(Setting::Origins, index, &pattern);
        report.warning(place, ConfigWarningReason::Covered { by });
    }
    kept.into_iter().map(|(pattern, (_, opt_ins))| (pattern, opt_ins)).collect()
}

#[cfg(feature = "regex")]
fn compile_regexes(
    settings: &CorsPolicyBuilder,
    mut kinds: Kinds,
    report: &mut Report,
) -> (Vec<(OriginRegex, regex::bytes::Regex)>, Kinds) {
    let mut compiled = Vec::with_capacity(settings.regexes.len());
    for (index, source) in settings.regexes.iter().enumerate() {
        let place = || Place::entry(Setting::OriginRegexes, index, source.source());
        let mut warnings = Vec::new();
        match regexes::compile(source, settings.credentials, &mut warnings) {
            Ok(CompiledRegex { regex, loopback, public }) => {
                kinds.loopback.extend(loopback.then(place));
                kinds.public |= public;
                compiled.push((source.clone(), regex));
            }
            Err(reason) => report.error(place(), reason),
        }
        warnings.into_iter().for_each(|reason| report.warning(place(), reason));
    }
    (compiled, kinds)
}

fn check_null(settings: &CorsPolicyBuilder, report: &mut Report) -> bool {
    let place = || Place::setting(Setting::AllowNullOrigin);
    match (settings.null_origin, settings.credentials) {
        (NullOrigin::Refused, _) => return false,
        (NullOrigin::Allowed, true) => {
            report.error(place(), ConfigErrorReason::NullOriginWithCredentials);
        }
        (NullOrigin::Allowed, false) | (NullOrigin::DangerouslyAllowedWithCredentials, true) => {
            report.warning(place(), ConfigWarningReason::NullOrigin);
        }
        (NullOrigin::DangerouslyAllowedWithCredentials, false) => {
            report.warning(place(), ConfigWarningReason::NullOrigin);
            let opt_in = "dangerously-with-credentials";
            report.warning(place(), ConfigWarningReason::NeedlessOptIn { opt_in });
        }
    }
    true
}

fn check_predicates(settings: &CorsPolicyBuilder, report: &mut Report) {
    let admit_insecure =
        settings.predicates.iter().enumerate().filter(|(_, it)| it.admits_insecure);
    for (index, _) in admit_insecure.filter(|_| !settings.credentials) {
        let opt_in = "dangerously_with_insecure_origin_predicate";
        let place = Place::indexed(Setting::OriginPredicates, index);
        report.warning(place, ConfigWarningReason::NeedlessOptIn { opt_in });
    }
}
