//! What holds for every answer.

use cors_conformance::{
    Actix, Answer, Application, Axum, Core, CoreOverHttp, Governs, Request, Server, Settings,
    reference,
};
use cors_core::{CorsOptions, CorsRequest, CorsService};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::{TestCaseError, any, prop_assert, prop_assert_eq, proptest};

use crate::cases;
use crate::generate::{application, exchange};

proptest! {
    // Each case starts two servers.
    #![proptest_config(cases(150))]

    #[test]
    fn every_answer_of_an_adapter_is_that_of_the_reference(
        (settings, request) in exchange(),
        application in application(),
    ) {
        let governs = Governs::Policy(settings);
        answers_like_the_reference::<Axum>(&governs, &request, &application)?;
        answers_like_the_reference::<Actix>(&governs, &request, &application)?;
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn every_answer_is_that_of_the_reference(
        (settings, request) in exchange(),
        application in application(),
    ) {
        let governs = Governs::Policy(settings);
        let options = governs.options(&request.path).expect("a generated policy is valid");
        let expected = reference::canonical(&reference::answer(&governs, &request, &application));
        let raw = Core::start(options.clone(), application.clone()).answer(&request);
        prop_assert_eq!(reference::canonical(&raw.expect("any bytes are taken")), expected.clone());
        if let Ok(http) = CoreOverHttp::start(options, application).answer(&request) {
            prop_assert_eq!(reference::canonical(&http), expected);
        }
    }

    #[test]
    fn credentials_never_stand_beside_a_wildcard((settings, request) in exchange()) {
        let answer = answer(&settings, &request);
        if answer.values("access-control-allow-credentials").is_empty() {
            return Ok(());
        }
        for (name, value) in cors_fields(&answer) {
            prop_assert!(!lists_wildcard(value), "{}", name);
        }
    }

    #[test]
    fn a_refused_origin_gets_no_cors_field((settings, request) in exchange()) {
        let policy = settings.builder().build().expect("a generated policy is valid");
        let origins = request.values("origin");
        let allowed = |origin: &[u8]| {
            str::from_utf8(origin).is_ok_and(|origin| policy.is_origin_allowed(origin))
        };
        let refused = !policy.allows_any_origin()
            && (origins.len() > 1 || origins.iter().any(|origin| !allowed(origin)));
        if refused {
            prop_assert_eq!(cors_fields(&answer(&settings, &request)).count(), 0);
        }
    }

    #[test]
    fn every_cors_field_has_at_most_one_line(
        (settings, request) in exchange(),
        application in application(),
    ) {
        let answer = answer_before(application, &settings, &request);
        for (name, _) in cors_fields(&answer) {
            prop_assert_eq!(answer.values(name).len(), 1, "{}", name);
        }
    }

    #[test]
    fn applying_a_result_twice_is_applying_it_once(
        (settings, request) in exchange(),
        application in application(),
    ) {
        let policy = settings.builder().build().expect("a generated policy is valid");
        let view = CorsRequest::new(&request.method, &request.headers);
        let result = CorsService::new().evaluate_policy(&view, &policy);
        let mut once = header_map(&application);
        let before = vary(&once);
        result.apply_to(&mut once);
        let mut twice = once.clone();
        result.apply_to(&mut twice);
        prop_assert_eq!(&once, &twice);

        let after = vary(&once);
        for member in before.iter().map(Vec::as_slice).chain(result.vary().iter().map(|n| n.as_bytes())) {
            let kept = |other: &Vec<u8>| other.eq_ignore_ascii_case(member) || other == b"*";
            prop_assert!(after.iter().any(kept), "{}", member.escape_ascii());
        }
    }

    #[test]
    fn no_bytes_make_an_evaluation_panic(
        (settings, mut request) in exchange(),
        method in ".{0,10}",
        values in vec(vec(any::<u8>(), 0..600), 4),
    ) {
        let names = ["ORIGIN", "access-control-request-method", "access-control-request-headers", "access-control-request-private-network"];
        let policy = settings.builder().build().expect("a generated policy is valid");
        request.headers.extend(names.iter().map(|name| (*name).to_owned()).zip(values.clone()));
        let wild: Vec<_> = names.iter().zip(&values).collect();
        for method in [&*method, "OPTIONS"] {
            for view in [CorsRequest::new(method, &request.headers), CorsRequest::new(method, &wild)] {
                let result = CorsService::new().evaluate_policy(&view, &policy);
                let mut headers = HeaderMap::new();
                result.apply_to(&mut headers);
                let expected: HeaderMap = result
                    .fields()
                    .map(|(name, value)| (name, HeaderValue::from_bytes(value).expect("a valid value")))
                    .collect();
                headers.remove("vary");
                prop_assert_eq!(headers, expected);
                let debug = format!("{result:?}");
                prop_assert!(debug.starts_with("CorsResult"), "{}", debug);
                prop_assert!(serde_json::to_string(&result).is_ok());
            }
        }
    }
}

fn answers_like_the_reference<S: Server>(
    governs: &Governs,
    request: &Request,
    application: &Application,
) -> Result<(), TestCaseError> {
    let options = governs.options(&request.path).expect("a generated policy is valid");
    let expected = reference::canonical(&reference::answer(governs, request, application));
    if let Ok(answer) = S::start(options, application.clone()).answer(request) {
        prop_assert_eq!(reference::canonical(&answer), expected);
    }
    Ok(())
}

fn answer(settings: &Settings, request: &Request) -> Answer {
    answer_before(Application::default(), settings, request)
}

fn answer_before(application: Application, settings: &Settings, request: &Request) -> Answer {
    let policy = settings.builder().build().expect("a generated policy is valid");
    let answer = Core::start(CorsOptions::from(policy), application).answer(request);
    answer.expect("any bytes are taken")
}

fn cors_fields(answer: &Answer) -> impl Iterator<Item = (&str, &[u8])> {
    let fields = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    fields.filter(|(name, _)| name.starts_with("access-control-"))
}

fn lists_wildcard(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|element| element.trim_ascii() == b"*")
}

fn header_map(application: &Application) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &application.headers {
        let name = HeaderName::try_from(name).expect("a valid name");
        headers.append(name, HeaderValue::from_bytes(value).expect("a valid value"));
    }
    headers
}

fn vary(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let lines =
        headers.get_all("vary").iter().flat_map(|line| line.as_bytes().split(|b| *b == b','));
    lines.map(|member| member.trim_ascii().to_vec()).filter(|member| !member.is_empty()).collect()
}
