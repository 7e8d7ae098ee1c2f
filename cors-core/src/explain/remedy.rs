//! What to do about each reason. A change is proposed only if the policy's own checks accept it,
//! and their words say what it would mean.

use super::asked::Known;
use super::correction::{Change, Correction};
use crate::error::{ConfigError, ConfigErrorReason, ConfigErrors};
use crate::excerpt::Excerpt;
use crate::fetch;
use crate::origin::{DangerousOptIn, Origin, OriginPattern, repaired};
use crate::policy::{CorsPolicy, CorsPolicyBuilder};
use crate::result::RefusalReason;

const NO_BROWSER: &str = "no browser sends this, and no entry of a policy allows it";

/// A correction, if `reason` is why `policy` refuses the request.
pub(super) fn correction(reason: &RefusalReason, policy: &CorsPolicy, known: &Known) -> Correction {
    match reason {
        RefusalReason::OriginNotAllowed { .. } | RefusalReason::NullOriginNotAllowed
            if policy.is_of_uncertain_path() =>
        {
            Correction::advice(
                "the path can be read in several ways, and the routes disagree about them: request it \
                 without `//`, dot segments, `%2F` and `%5C`, or let the routes agree",
            )
        }
        RefusalReason::OriginNotAllowed { origin }
        | RefusalReason::InsecureOriginNotAllowed { origin } => {
            match whole(origin, known.origin.as_deref()) {
                Some(origin) => add_origin(&origin, policy),
                None => {
                    Correction::advice("add the origin, which is too long to show, to `origins`")
                }
            }
        }
        RefusalReason::NullOriginNotAllowed => allow_null_origin(policy),
        RefusalReason::MethodNotAllowed { method } => {
            match whole(method, known.method.as_deref()) {
                Some(method) => add_method(&method, policy),
                None => {
                    Correction::advice("add the method, which is too long to show, to `methods`")
                }
            }
        }
        RefusalReason::HeaderNotAllowed { name } => add_headers(name, policy, known),
        RefusalReason::PrivateNetworkNotAllowed => allow_private_network(policy, known),
        RefusalReason::OriginTooLong { .. }
        | RefusalReason::SeveralOrigins
        | RefusalReason::RequestedMethodEmpty
        | RefusalReason::RequestedMethodRepeated
        | RefusalReason::RequestedMethodNotAToken { .. }
        | RefusalReason::RequestedMethodForbidden { .. }
        | RefusalReason::RequestedHeadersMalformed { .. } => Correction::advice(NO_BROWSER),
        RefusalReason::RequestedMethodTooLong { .. } => {
            Correction::advice("use a shorter method in the page")
        }
        RefusalReason::TooManyRequestedHeaders if policy.allows_any_header() => {
            Correction::advice("set fewer request headers in the page, or list all of them")
        }
        RefusalReason::TooManyRequestedHeaders => Correction::advice(
            "list all request headers that pages set: as many are read as `headers` lists, and 16 more",
        ),
    }
}

/// The whole text that an excerpt was taken from.
fn whole(excerpt: &Excerpt, known: Option<&str>) -> Option<String> {
    if excerpt.is_truncated() {
        known.map(str::to_owned)
    } else {
        Some(str::from_utf8(excerpt.as_bytes()).map_or_else(|_| excerpt.to_string(), str::to_owned))
    }
}

fn add_origin(origin: &str, policy: &CorsPolicy) -> Correction {
    if !is_exact(origin) {
        let meant = repaired(origin);
        let meant = meant.map_or_else(String::new, |meant| format!("; browsers send `{meant}`"));
        return Correction::advice(format!("{NO_BROWSER}{meant}"));
    }
    let add =
        |dangerously_allow| Change::AddOrigin { origin: origin.to_owned(), dangerously_allow };
    let change = add(None);
    match check(&change, nothing(policy)) {
        Ok(built) => {
            let danger = first_warning(&built);
            let first = danger.is_some().then(|| secure_alternative(origin, policy)).flatten();
            Correction::of_policy(policy, change, first, danger)
        }
        Err(errors) => match reason_of(&errors) {
            Some(reason @ ConfigErrorReason::InsecureOriginWithCredentials) => {
                let change = add(Some(DangerousOptIn::Insecure));
                let first = secure_alternative(origin, policy);
                Correction::of_policy(policy, change, first, Some(reason.to_string()))
            }
            _ => Correction::advice(errors.to_string()),
        },
    }
}

/// Does the text list itself, and nothing else? A request may hold the notation of a pattern.
pub(super) fn is_exact(origin: &str) -> bool {
    Origin::parse(origin).is_ok()
        && OriginPattern::parse(origin).is_ok_and(|pattern| pattern.is_exact())
}

/// The same origin by way of TLS.
fn secure_alternative(origin: &str, policy: &CorsPolicy) -> Option<String> {
    let rest = origin.strip_prefix("http://")?;
    let secure = format!("https://{rest}");
    let allowed = if policy.is_origin_allowed(&secure) { ", which is allowed," } else { "" };
    Some(format!("serve the page from `{secure}`{allowed} rather than without TLS"))
}

fn allow_null_origin(policy: &CorsPolicy) -> Correction {
    let allow =
        |dangerously_with_credentials| Change::AllowNullOrigin { dangerously_with_credentials };
    let first = "give the page an origin of its own: no sandboxed frame, no local file".to_owned();
    match check(&allow(false), nothing(policy)) {
        Ok(built) => {
            Correction::of_policy(policy, allow(false), Some(first), first_warning(&built))
        }
        Err(errors) => {
            let danger = reason_of(&errors).map(ToString::to_string);
            Correction::of_policy(policy, allow(true), Some(first), danger)
        }
    }
}

fn add_method(method: &str, policy: &CorsPolicy) -> Correction {
    if method == "*" {
        return Correction::advice("a method `*` cannot be listed: in a policy it means any");
    }
    if let Some(normal) = fetch::normalized_method(method.as_bytes()).filter(|it| *it != method) {
        return Correction::advice(format!("{NO_BROWSER}; browsers send `{normal}`"));
    }
    if let Some(listed) = policy.methods().find(|listed| listed.eq_ignore_ascii_case(method)) {
        return Correction::advice(format!(
            "write `{listed}` in the page, as the policy does: methods are case-sensitive"
        ));
    }
    if method != "PATCH" && method.eq_ignore_ascii_case("PATCH") {
        let then = add_method("PATCH", policy).text;
        return Correction::advice(format!(
            "write `PATCH` in the page, for browsers do not change the case of this method; then, \
             {then}"
        ));
    }
    let change = Change::AddMethod(method.to_owned());
    match check(&change, CorsPolicy::builder().allow_any_origin()) {
        Ok(_) => Correction::of_policy(policy, change, None, None),
        Err(errors) => Correction::advice(unlisted(method, &errors)),
    }
}

fn add_headers(name: &Excerpt, policy: &CorsPolicy, known: &Known) -> Correction {
    let is_listed = |name: &String| policy.headers().any(|listed| listed == name);
    let names: Vec<String> = match &known.headers {
        Some(names) => names.iter().filter(|name| !is_listed(name)).cloned().collect(),
        None if name.is_truncated() => {
            return Correction::advice("add the name, which is too long to show, to `headers`");
        }
        None => vec![name.to_string().to_ascii_lowercase()],
    };
    if names.iter().any(|name| name == "*") {
        return Correction::advice("a header `*` cannot be listed: in a policy it means any");
    }
    let add = |names: &[String]| {
        let change = Change::AddHeaders(names.to_vec());
        let checked = check(&change, CorsPolicy::builder().allow_any_origin());
        checked.map(|_| Correction::of_policy(policy, change, None, None))
    };
    add(&names).unwrap_or_else(|_| {
        // Some of the names.
        let mut advice = Vec::new();
        let mut listable = Vec::new();
        for name in names {
            match add(std::slice::from_ref(&name)) {
                Ok(_) => listable.push(name),
                Err(errors) => advice.push(unlisted(&name, &errors)),
            }
        }
        if let Some(Ok(then)) = (!listable.is_empty()).then(|| add(&listable)) {
            advice.push(format!("then, {}", then.text));
        }
        Correction::advice(advice.join("; "))
    })
}

fn allow_private_network(policy: &CorsPolicy, known: &Known) -> Correction {
    let first = "leave it, for no current browser asks for this".to_owned();
    if !policy.allows_any_origin() {
        let change = Change::AllowPrivateNetwork { instead_of_any_origin: None };
        return Correction::of_policy(policy, change, Some(first), None);
    }
    let origin = known.origin.clone().filter(|origin| is_exact(origin));
    let change = Change::AllowPrivateNetwork { instead_of_any_origin: origin };
    match check(&change, CorsPolicy::builder()) {
        Ok(built) => Correction::of_policy(policy, change, Some(first), first_warning(&built)),
        Err(_) => Correction::advice(format!(
            "{first}; or, list the origins in place of any, and write `private_network = true`"
        )),
    }
}

/// Turns credentials on, for a fetch that has them, from `origin`.
#[cfg(feature = "browser")]
pub(super) fn allow_credentials(policy: &CorsPolicy, origin: &str) -> Correction {
    let instead_of_any_origin = policy.allows_any_origin().then(|| origin.to_owned());
    let change = Change::AllowCredentials { instead_of_any_origin };
    let first = "fetch without credentials".to_owned();
    match check(&change, policy.to_builder()) {
        Ok(_) => Correction::of_policy(policy, change, Some(first), None),
        Err(errors) => {
            let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
            Correction::advice(format!(
                "{first}; or, {}, once this is mended: {}",
                change.imperative(),
                errors.join("; ")
            ))
        }
    }
}

/// The checks of the entry alone: their cost does not depend on the size of the policy.
fn nothing(policy: &CorsPolicy) -> CorsPolicyBuilder {
    let settings = CorsPolicy::builder();
    if policy.supports_credentials() { settings.allow_credentials() } else { settings }
}

fn check(change: &Change, settings: CorsPolicyBuilder) -> Result<CorsPolicy, ConfigErrors> {
    change.apply_to(settings).build()
}

fn first_warning(policy: &CorsPolicy) -> Option<String> {
    policy.warnings().first().map(|warning| warning.reason().to_string())
}

fn reason_of(errors: &ConfigErrors) -> Option<&ConfigErrorReason> {
    errors.iter().next().map(ConfigError::reason)
}

fn unlisted(entry: &str, errors: &ConfigErrors) -> String {
    let reasons: Vec<_> = errors.iter().map(|error| error.reason().to_string()).collect();
    format!("leave `{entry}` out, for no policy can list it: {}", reasons.join("; "))
}
