//! The CORS-preflight fetch: <https://fetch.spec.whatwg.org/#cors-preflight-fetch>

use super::cache::Allowed;
use super::check::cors_check;
use super::engine::{Engine, Quirk};
use super::failure::Failure;
use super::headers::HeaderList;
use super::response::Response;
use crate::fetch;

/// What a preflight asks for on behalf of an actual request.
#[derive(Clone, Debug)]
pub(super) struct Preflight<'request> {
    /// The byte-serialised request origin.
    pub(super) origin: &'request str,
    /// Is the credentials mode of the actual request `include`?
    pub(super) include: bool,
    pub(super) method: &'request str,
    /// The CORS-unsafe request-header names.
    pub(super) unsafe_names: &'request [String],
    /// The use-CORS-preflight flag.
    pub(super) use_cors_preflight: bool,
}

impl Preflight<'_> {
    /// The header list of the preflight request; it never has credentials.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    pub(super) fn headers(&self) -> HeaderList {
        let mut headers = HeaderList::new();
        headers.append("Accept", "*/*");
        headers.append("Access-Control-Request-Method", self.method);
        if !self.unsafe_names.is_empty() {
            headers.append("Access-Control-Request-Headers", self.unsafe_names.join(","));
        }
        headers.append("Origin", self.origin);
        headers
    }

    /// What the response allows, and why that is not enough; no failure is success. The standard
    /// stops at the first failure, this goes on to tell what would come up next.
    ///
    /// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>
    pub(super) fn check(&self, response: &Response, engine: Engine) -> (Allowed, Vec<Failure>) {
        let headers = response.headers();
        let mut failures = cors_check(headers, self.origin, self.include);
        if response.has_redirect_status() && headers.contains("location") {
            failures.push(Failure::PreflightRedirect(response.status()));
        } else if !response.has_ok_status() {
            failures.push(Failure::PreflightStatus(response.status()));
        }
        let methods = match self.allowed_methods(headers) {
            Ok(methods) => {
                failures.extend(self.method_failure(&methods));
                methods
            }
            Err(failure) => {
                failures.push(failure);
                Vec::new()
            }
        };
        let header_names = match allowed_header_names(headers) {
            Ok(names) => {
                failures.extend(self.header_failures(&names, engine));
                names
            }
            Err(failure) => {
                failures.push(failure);
                Vec::new()
            }
        };
        (Allowed { methods, header_names }, failures)
    }

    fn allowed_methods(&self, headers: &HeaderList) -> Result<Vec<Vec<u8>>, Failure> {
        const FIELD: &str = "access-control-allow-methods";
        match headers.tokens(FIELD) {
            Ok(Some(methods)) => Ok(methods),
            // A preflight that only the flag asked for has something to be cached by.
            Ok(None) if self.use_cors_preflight => Ok(vec![self.method.into()]),
            Ok(None) => Ok(Vec::new()),
            Err(element) => {
                let value = headers.combined(FIELD).unwrap_or_default();
                Err(Failure::AllowMethodsUnparseable { value, element })
            }
        }
    }

    fn method_failure(&self, allowed: &[Vec<u8>]) -> Option<Failure> {
        let is_allowed = allowed.iter().any(|method| method == self.method.as_bytes())
            || fetch::is_safelisted_method(self.method.as_bytes())
            || self.has_wildcard(allowed);
        (!is_allowed).then(|| Failure::MethodNotAllowed(self.method.to_owned()))
    }

    fn header_failures(&self, allowed: &[Vec<u8>], engine: Engine) -> Vec<Failure> {
        let wildcard = self.has_wildcard(allowed);
        let authorization_needs_name = !engine.has(Quirk::AuthorizationCoveredByWildcard);
        let failure = |name: &String| {
            if allowed.iter().any(|other| other.eq_ignore_ascii_case(name.as_bytes())) {
                None
            } else if name == fetch::NON_WILDCARD_REQUEST_HEADER_NAME {
                let refused = !wildcard || authorization_needs_name;
                refused.then_some(Failure::AuthorizationNotListed { wildcard })
            } else {
                (!wildcard).then(|| Failure::HeaderNotAllowed(name.clone()))
            }
        };
        self.unsafe_names.iter().filter_map(failure).collect()
    }

    /// With credentials, `*` is a literal method or name.
    fn has_wildcard(&self, list: &[Vec<u8>]) -> bool {
        !self.include && list.iter().any(|element| element == b"*")
    }
}

fn allowed_header_names(headers: &HeaderList) -> Result<Vec<Vec<u8>>, Failure> {
    const FIELD: &str = "access-control-allow-headers";
    headers.tokens(FIELD).map(Option::unwrap_or_default).map_err(|element| {
        let value = headers.combined(FIELD).unwrap_or_default();
        Failure::AllowHeadersUnparseable { value, element }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW_METHODS: &str = "Access-Control-Allow-Methods";
    const ALLOW_HEADERS: &str = "Access-Control-Allow-Headers";

    #[test]
    fn preflight_asks_for_method_and_unsafe_names() {
        let names = ["authorization".to_owned(), "x-a".to_owned()];
        let asked = Preflight { unsafe_names: &names, ..preflight("GET") }.headers();
        assert_eq!(asked.combined("access-control-request-method").unwrap(), b"GET");
        assert_eq!(asked.combined("access-control-request-headers").unwrap(), b"authorization,x-a");
        assert_eq!(asked.combined("origin").unwrap(), b"https://app.example.com");
        assert_eq!(asked.combined("accept").unwrap(), b"*/*");
        assert_eq!(asked.iter().count(), 4);
        assert!(!preflight("PUT").headers().contains("access-control-request-headers"));
    }

    #[test]
    fn only_ok_statuses_pass() {
        for (status, passes) in [
            (200, true),
            (204, true),
            (299, true),
            (199, false),
            (300, false),
            (304, false),
            (307, false),
            (404, false),
            (500, false),
            (999, false),
        ] {
            let (_, failures) = preflight("GET").check(&response(status, &[]), Engine::Standard);
            let expected = if passes { vec![] } else { vec![Failure::PreflightStatus(status)] };
            assert_eq!(failures, expected);
        }
        let redirect = response(307, &[("Location", "/")]);
        let (_, failures) = preflight("GET").check(&redirect, Engine::Standard);
        assert_eq!(failures, [Failure::PreflightRedirect(307)]);
    }

    #[test]
    fn methods_match_in_their_case_or_by_wildcard_without_credentials() {
        for (method, allowed, without, with) in [
            ("PUT", "PUT", true, true),
            ("PUT", "DELETE, PUT", true, true),
            ("PUT", "put", false, false),
            ("patch", "PATCH", false, false),
            ("PUT", "*", true, false),
            ("*", "*", true, true),
            ("PUT", "", false, false),
            ("GET", "", true, true),
            ("HEAD", "PUT", true, true),
            ("POST", "", true, true),
            ("get", "GET", false, false),
        ] {
            for (include, passes) in [(false, without), (true, with)] {
                let preflight = Preflight { include, ..preflight(method) };
                let response = response(204, &[(ALLOW_METHODS, allowed)]);
                let (_, failures) = preflight.check(&response, Engine::Standard);
                let failure = Failure::MethodNotAllowed(method.into());
                let expected = if passes { vec![] } else { vec![failure] };
                assert_eq!(failures, expected, "{method} by {allowed}, {include}");
            }
        }
    }

    #[test]
    fn header_names_match_in_any_case_or_by_wildcard_without_credentials() {
        let by_name = || Failure::AuthorizationNotListed { wildcard: false };
        let by_wildcard = || Failure::AuthorizationNotListed { wildcard: true };
        let x_a = || Failure::HeaderNotAllowed("x-a".into());
        for (allowed, without, with) in [
            ("x-a, authorization", vec![], vec![]),
            ("X-A,AUTHORIZATION", vec![], vec![]),
            ("x-a", vec![by_name()], vec![by_name()]),
            ("authorization", vec![x_a()], vec![x_a()]),
            ("*", vec![by_wildcard()], vec![by_name(), x_a()]),
            ("*, Authorization", vec![], vec![x_a()]),
            ("x-*", vec![by_name(), x_a()], vec![by_name(), x_a()]),
            ("", vec![by_name(), x_a()], vec![by_name(), x_a()]),
        ] {
            for (include, expected) in [(false, without), (true, with)] {
                let names = ["authorization".to_owned(), "x-a".to_owned()];
                let preflight = Preflight { include, unsafe_names: &names, ..preflight("GET") };
                let response = response(204, &[(ALLOW_HEADERS, allowed)]);
                let (_, failures) = preflight.check(&response, Engine::Standard);
                assert_eq!(failures, expected, "{allowed}, {include}");
            }
        }
    }

    #[test]
    fn wildcard_covers_authorization_in_engines_without_credentials() {
        let names = ["authorization".to_owned()];
        for engine in [Engine::Chromium, Engine::Firefox, Engine::WebKit] {
            for (include, passes) in [(false, true), (true, false)] {
                let preflight = Preflight { include, unsafe_names: &names, ..preflight("GET") };
                let response = response(204, &[(ALLOW_HEADERS, "*")]);
                assert_eq!(preflight.check(&response, engine).1.is_empty(), passes, "{engine:?}");
            }
        }
    }

    #[test]
    fn unparseable_lists_fail_even_where_nothing_needs_them() {
        for field in [ALLOW_METHODS, ALLOW_HEADERS] {
            let response = response(204, &[(field, "GET, x-a"), (field, "x y")]);
            let (allowed, failures) = preflight("GET").check(&response, Engine::Standard);
            let [failure] = failures.as_slice() else { panic!("{failures:?}") };
            match failure {
                Failure::AllowMethodsUnparseable { value, element }
                | Failure::AllowHeadersUnparseable { value, element } => {
                    assert_eq!(
                        (value.as_slice(), element.as_slice()),
                        (&b"GET, x-a, x y"[..], &b"x y"[..])
                    );
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(allowed, Allowed::default());
        }
    }

    #[test]
    fn flag_makes_up_for_an_absent_method_list() {
        let forced = Preflight { use_cors_preflight: true, ..preflight("PUT") };
        let (allowed, failures) = forced.check(&response(204, &[]), Engine::Standard);
        assert_eq!((allowed.methods, failures), (vec![b"PUT".to_vec()], vec![]));
        let (_, failures) = forced.check(&response(204, &[(ALLOW_METHODS, "")]), Engine::Standard);
        assert_eq!(failures, [Failure::MethodNotAllowed("PUT".into())]);
    }

    fn preflight(method: &str) -> Preflight<'_> {
        Preflight {
            origin: "https://app.example.com",
            include: false,
            method,
            unsafe_names: &[],
            use_cors_preflight: false,
        }
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        let allowed = [
            ("Access-Control-Allow-Origin", "https://app.example.com"),
            ("Access-Control-Allow-Credentials", "true"),
        ];
        Response::new(status, allowed.iter().chain(headers).copied())
    }
}
