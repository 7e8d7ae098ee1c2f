//! The whole road, from the arguments of `fetch()` to what the script reads, under both adapters.

use std::time::Duration;

use crate::actix_app;
use crate::application::{API, App, Axum, PAGE, STRANGER, api};
use cors_axum::testing::{Body, Browser, Credentials, Failure, Mode, Request, SentRequest, Stage};
use cors_axum::{CorsLayer, CorsOptions, CorsPolicy};

#[actix_web::test]
async fn pages_read_what_the_policy_allows() {
    let json = |method, path| api(method, path).header("content-type", "application/json");
    for (page, request, preflight, status, body) in [
        (PAGE, api("GET", "/items?page=2"), false, 200, "GET /items?page=2 "),
        (PAGE, api("POST", "/items").content("hello"), false, 200, "POST /items hello"),
        (PAGE, json("PUT", "/items").content("[1]"), true, 200, "PUT /items [1]"),
        (PAGE, json("POST", "/items").content("{}"), true, 200, "POST /items {}"),
        (PAGE, api("GET", "/items").header("x-id", "1"), true, 200, "GET /items "),
        (PAGE, api("POST", "/items").body(Body::Stream).content("s"), true, 200, "POST /items s"),
        // What the application fails with is readable.
        (PAGE, api("GET", "/missing"), false, 404, "GET /missing "),
        (PAGE, api("PUT", "/broken"), true, 500, "PUT /broken "),
        (PAGE, api("PUT", "/items").credentials(Credentials::Include), true, 200, "PUT /items "),
        // Nobody is asked about a page of the same origin, nor can it be refused.
        (API, api("PATCH", "/items"), false, 200, "PATCH /items "),
        (API, api("GET", "/internal/a"), false, 200, "GET /internal/a "),
    ] {
        for mut app in both().await {
            let mut page = Browser::at(page).unwrap();
            let seen = app.fetch(&mut page, request.clone()).await.unwrap();
            assert_eq!((seen.status, &*seen.body), (status, body));
            assert_eq!(seen.traffic.sent_preflight(), preflight, "{request:?}");
            assert_eq!(seen.traffic.requests().len(), 1 + usize::from(preflight));
            assert_eq!(seen.traffic.responses().len(), seen.traffic.requests().len());
            assert_eq!(app.runs(), 1, "{request:?}");
        }
    }
}

#[actix_web::test]
async fn pages_are_blocked_by_a_step_and_told_which() {
    let missing = || Failure::AllowOriginMissing;
    for (page, request, stage, failure, message, runs) in [
        (
            STRANGER,
            api("GET", "/items"),
            Stage::Actual,
            missing(),
            "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            1,
        ),
        (
            STRANGER,
            api("PUT", "/items"),
            Stage::Preflight,
            missing(),
            "Response to preflight request doesn't pass access control check",
            0,
        ),
        (
            PAGE,
            api("PATCH", "/items"),
            Stage::Preflight,
            Failure::MethodNotAllowed("PATCH".into()),
            "Method PATCH is not allowed by Access-Control-Allow-Methods in preflight response.",
            0,
        ),
        (
            PAGE,
            api("GET", "/items").header("x-secret", "1"),
            Stage::Preflight,
            Failure::HeaderNotAllowed("x-secret".into()),
            "Request header field x-secret is not allowed by Access-Control-Allow-Headers in \
             preflight response.",
            0,
        ),
        // CORS is disabled there.
        (PAGE, api("PUT", "/internal/a"), Stage::Preflight, missing(), "blocked by CORS policy", 0),
        (PAGE, api("GET", "/internal/a"), Stage::Actual, missing(), "blocked by CORS policy", 1),
        (
            PAGE,
            api("GET", "/items").mode(Mode::SameOrigin),
            Stage::Request,
            Failure::CrossOriginInSameOriginMode,
            "https://api.example.com/items",
            0,
        ),
        (
            PAGE,
            api("TRACE", "/items"),
            Stage::Arguments,
            Failure::ForbiddenMethod("TRACE".into()),
            "`TRACE` is forbidden",
            0,
        ),
    ] {
        for mut app in both().await {
            let mut page = Browser::at(page).unwrap();
            let error = app.fetch(&mut page, request.clone()).await.unwrap_err();
            let blocked = error.blocked().unwrap();
            assert_eq!((blocked.stage(), blocked.failure()), (stage, &failure));
            assert!(error.to_string().contains(message), "{error}");
            assert_eq!(format!("{error:?}"), error.to_string());
            assert_eq!(app.runs(), runs, "{error}");
        }
    }
}

#[actix_web::test]
async fn only_exposed_headers_are_readable() {
    for mut app in both().await {
        for (page, visible) in [(PAGE, [true, false]), (API, [true, true])] {
            let mut page = Browser::at(page).unwrap();
            let seen = app.fetch(&mut page, api("GET", "/items")).await.unwrap();
            assert_eq!(["x-total", "x-other"].map(|name| seen.headers.contains_key(name)), visible);
        }
    }
}

#[actix_web::test]
async fn a_cached_preflight_is_not_sent_again_until_it_expires() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        for (seconds, preflight) in [(0, true), (59, false), (1, true), (0, false)] {
            page.advance(Duration::from_secs(seconds));
            let seen = app.fetch(&mut page, api("PUT", "/items")).await.unwrap();
            assert_eq!(seen.traffic.sent_preflight(), preflight);
        }
        // It is for one URL.
        let seen = app.fetch(&mut page, api("PUT", "/items/1")).await.unwrap();
        assert!(seen.traffic.sent_preflight());
        assert_eq!(app.runs(), 5);
    }
}

/// Browsers cache what a preflight allows by URL, and not by the method that it was sent for.
#[actix_web::test]
async fn a_preflight_for_one_method_opens_nothing_to_methods_under_another_policy() {
    let policy = |methods: &[&str], headers: &[&str]| {
        let origins = CorsPolicy::builder().with_origins([PAGE]);
        origins.with_methods(methods).with_headers(headers)
    };
    let options = CorsOptions::builder()
        .add_policy("storefront", policy(&["PUT"], &[]))
        .add_policy("readers", policy(&["DELETE"], &["x-id", "content-type"]))
        .default_policy("storefront")
        .route_methods(["GET"], "/items", "readers")
        .build()
        .unwrap();
    let layer = CorsLayer::new(options.clone());
    let apps: [Box<dyn App>; 2] = [
        Box::new(Axum::new(|router| router.layer(layer))),
        actix_app!(cors_actix::Cors::new(options)),
    ];
    for mut app in apps {
        let mut page = Browser::at(PAGE).unwrap();
        let json = api("POST", "/items").header("content-type", "application/json");
        for (request, is_read) in [
            (api("DELETE", "/items"), false),
            (json.clone(), false),
            (api("GET", "/items").header("x-id", "1"), true),
            (api("DELETE", "/items"), false),
            (json, false),
            (api("PUT", "/items"), true),
        ] {
            let seen = app.fetch(&mut page, request.clone()).await;
            assert_eq!(seen.is_ok(), is_read, "{request:?}");
        }
        assert_eq!(app.runs(), 2);
    }
}

#[actix_web::test]
async fn cookies_go_where_the_credentials_mode_lets_them() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        page.set_cookie("api.example.com", "theme=dark; Path=/");
        let include = |path| api("GET", path).credentials(Credentials::Include);
        // Without credentials, cookies are neither sent nor kept.
        app.fetch(&mut page, api("GET", "/login")).await.unwrap();
        assert_eq!(page.cookie("api.example.com", "session"), None);
        app.fetch(&mut page, include("/login")).await.unwrap();
        assert_eq!(page.cookie("api.example.com", "session"), Some("1"));

        for (request, cookies) in [
            (include("/headers"), "session=1; theme=dark"),
            (api("GET", "/headers"), ""),
            (api("GET", "/headers").credentials(Credentials::Omit), ""),
        ] {
            let seen = app.fetch(&mut page, request).await.unwrap();
            assert_eq!(header(&seen.body, "cookie"), cookies);
        }
        let put = api("PUT", "/headers").credentials(Credentials::Include);
        let seen = app.fetch(&mut page, put).await.unwrap();
        let cookies: Vec<_> =
            seen.traffic.requests().iter().map(|sent| sent_header(sent, "cookie")).collect();
        assert_eq!(cookies, ["", "session=1; theme=dark"]);

        app.fetch(&mut page, include("/logout")).await.unwrap();
        let seen = app.fetch(&mut page, include("/headers")).await.unwrap();
        assert_eq!(header(&seen.body, "cookie"), "theme=dark");
    }
}

#[actix_web::test]
async fn cookies_are_kept_from_responses_that_cors_hides() {
    for mut app in both().await {
        let mut page = Browser::at(STRANGER).unwrap();
        let login = api("GET", "/login").credentials(Credentials::Include);
        assert!(app.fetch(&mut page, login).await.is_err());
        assert_eq!(page.cookie("api.example.com", "session"), Some("1"));
    }
}

#[actix_web::test]
async fn requests_carry_what_a_browser_sends() {
    for (page, request, expected) in [
        (PAGE, api("GET", "/headers"), [PAGE, "", "same-site"]),
        (STRANGER, api("GET", "/headers").mode(Mode::NoCors), ["", "", "cross-site"]),
        (PAGE, api("POST", "/headers"), [PAGE, "0", "same-site"]),
        (PAGE, api("POST", "/headers").content("hello"), [PAGE, "5", "same-site"]),
        (API, api("GET", "/headers"), ["", "", "same-origin"]),
        (API, api("POST", "/headers"), [API, "0", "same-origin"]),
        // Fetch metadata goes to trustworthy URLs only.
        (PAGE, Request::new("GET", "http://api.example.com/headers"), [PAGE, "", ""]),
    ] {
        for mut app in both().await {
            let mut page = Browser::at(page).unwrap();
            let seen = app.fetch(&mut page, request.clone()).await.unwrap();
            let found = ["origin", "content-length", "sec-fetch-site"];
            assert_eq!(found.map(|name| header(&seen.body, name)), expected, "{request:?}");
            assert_eq!(header(&seen.body, "host"), "api.example.com");
        }
    }
}

#[actix_web::test]
async fn redirects_are_followed_with_a_preflight_for_each_url() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        let seen = app.fetch(&mut page, api("PUT", "/moved").content("hello")).await.unwrap();
        assert_eq!(seen.body, "PUT /items?moved hello");
        assert_eq!(seen.url, "https://api.example.com/items?moved");
        let sent: Vec<_> = seen.traffic.requests().iter().map(line).collect();
        assert_eq!(
            sent,
            [
                "OPTIONS https://api.example.com/moved",
                "PUT https://api.example.com/moved",
                "OPTIONS https://api.example.com/items?moved",
                "PUT https://api.example.com/items?moved",
            ]
        );
    }
}

#[actix_web::test]
async fn a_redirect_can_drop_the_body() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        let request = api("POST", "/see-other").content("hello");
        assert_eq!(app.fetch(&mut page, request).await.unwrap().body, "GET /items ");
    }
}

#[actix_web::test]
async fn fetch_metadata_tell_of_every_hop() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        let error = app.fetch(&mut page, api("GET", "/home")).await.unwrap_err();
        let sites =
            error.traffic().requests().iter().map(|sent| sent_header(sent, "sec-fetch-site"));
        // The second one goes to the page's own origin, but it comes from another.
        assert_eq!(sites.collect::<Vec<_>>(), ["same-site", "same-site"]);
    }
}

#[actix_web::test]
async fn a_redirect_to_another_origin_taints_the_request() {
    for mut app in both().await {
        let mut page = Browser::at(PAGE).unwrap();
        let error = app.fetch(&mut page, api("GET", "/away")).await.unwrap_err();
        assert_eq!(error.blocked().unwrap().stage(), Stage::Actual);
        let sent = error.traffic().requests();
        assert_eq!(
            sent.iter().map(|sent| sent_header(sent, "origin")).collect::<Vec<_>>(),
            [PAGE, "null"]
        );
        let site = sent.iter().map(|sent| sent_header(sent, "sec-fetch-site"));
        assert_eq!(site.collect::<Vec<_>>(), ["same-site", "cross-site"]);
        assert!(error.to_string().ends_with(
            "\n  GET https://api.example.com/away -> 302\n  GET https://cdn.example/items -> 200"
        ), "{error}");
    }
}

#[actix_web::test]
async fn blocking_spares_pages_of_the_same_origin() {
    for (page, method, runs) in [
        (STRANGER, "GET", 0),
        (PAGE, "GET", 1),
        (API, "POST", 1),
        (API, "GET", 1),
        // Not of the same origin, though of the same site.
        ("https://other.example.com", "POST", 0),
    ] {
        let layer = CorsLayer::new(options()).refuse_disallowed_origins();
        let axum: Box<dyn App> = Box::new(Axum::new(|router| router.layer(layer)));
        let actix = actix_app!(cors_actix::Cors::new(options()).refuse_disallowed_origins());
        for mut app in [axum, actix] {
            let mut page = Browser::at(page).unwrap();
            let fetched = app.fetch(&mut page, api(method, "/items")).await;
            assert_eq!(app.runs(), runs, "{method} from {page:?}");
            if let Err(error) = &fetched {
                assert_eq!(error.traffic().responses()[0].status(), 403);
            }
            assert_eq!(fetched.is_ok(), runs == 1);
        }
    }
}

#[actix_web::test]
async fn blocking_finds_the_same_origin_without_fetch_metadata() {
    let layer = CorsLayer::new(options()).refuse_disallowed_origins();
    let axum: Box<dyn App> = Box::new(Axum::new(|router| router.layer(layer)));
    let actix = actix_app!(cors_actix::Cors::new(options()).refuse_disallowed_origins());
    for mut app in [axum, actix] {
        let mut page = Browser::at("http://intranet.example:8080").unwrap();
        let seen = app.fetch(&mut page, Request::new("POST", "/items")).await.unwrap();
        assert_eq!(sent_header(&seen.traffic.requests()[0], "sec-fetch-site"), "");
        assert_eq!(sent_header(&seen.traffic.requests()[0], "host"), "intranet.example:8080");
    }
}

#[test]
fn fetches_from_axum_can_be_spawned() {
    use cors_axum::testing::Fetch as _;

    fn assert_send<T: Send>(_: T) {}
    let mut router = axum::Router::new();
    let mut page = Browser::at(PAGE).unwrap();
    assert_send(page.fetch(&mut router, api("GET", "/items")));
}

/// The same application under the same options in both frameworks.
pub(crate) async fn both() -> [Box<dyn App>; 2] {
    let layer = CorsLayer::new(options());
    [
        Box::new(Axum::new(|router| router.layer(layer))),
        actix_app!(cors_actix::Cors::new(options())),
    ]
}

pub(crate) fn options() -> CorsOptions {
    let policy = CorsPolicy::builder()
        .with_origins([PAGE])
        .with_methods(["PUT"])
        .with_headers(["content-type", "x-id"])
        .with_exposed_headers(["x-total"])
        .allow_credentials()
        .preflight_max_age(Duration::from_secs(60));
    CorsOptions::builder()
        .add_policy("storefront", policy)
        .default_policy("storefront")
        .disable("/internal/{*rest}")
        .build()
        .unwrap()
}

/// A line of what the application has seen.
fn header<'a>(lines: &'a str, name: &str) -> &'a str {
    let named = |line: &'a str| line.strip_prefix(name)?.strip_prefix(": ");
    lines.lines().find_map(named).unwrap()
}

fn sent_header(request: &SentRequest, name: &str) -> String {
    String::from_utf8(request.headers().combined(name).unwrap_or_default()).unwrap()
}

fn line(request: &SentRequest) -> String {
    format!("{} {}", request.method(), request.url())
}
