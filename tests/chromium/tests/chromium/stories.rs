//! What the scenarios cannot show: that cookies arrive, that preflights are remembered, that
//! uploads are followed, and that what is blocked never runs. And what a script reads, in numbers
//! and names that no other part of this suite has computed.

use libtest_mimic::Failed;
use serde_json::Value;

use crate::judges::{self, Report};
use crate::scenarios::{
    Call, FETCH, INCLUDE, JSON, NO_SUCH_PATH, OMIT, Page, SAME_ORIGIN, SANDBOXED, Scenario, TOKEN,
    XHR, call, page,
};
use crate::sockets::ALLOWED;
use crate::tab::Tab;
use crate::world::{Framework, World};

/// What a story is told with.
type Story = fn(&World, Framework) -> Result<(), Failed>;

pub const STORIES: [(&str, Story); 6] = [
    ("scripts_read_what_is_exposed_and_errors_too", reading),
    ("cookies_arrive_where_credentials_are_included", cookies),
    ("preflights_are_remembered_as_the_model_says", remembering),
    ("uploads_are_followed_after_a_preflight", uploading),
    ("sockets_of_disallowed_origins_are_refused", sockets),
    ("writes_of_disallowed_origins_do_not_run", writes),
];

const SHOP: Page = page("https://shop.example.com");
const STRANGER: Page = page("https://evilshop.example.com");

/// Sends the calls from a page, one list after the other, each to its policy.
async fn send(
    tab: &Tab,
    page: Page,
    framework: Framework,
    calls: &[(&str, Call)],
) -> Result<Vec<Report>, Failed> {
    let mut reports = Vec::new();
    for (number, (policy, call)) in calls.iter().enumerate() {
        let scenario = Scenario::new(page, framework, policy, *call, number);
        reports.extend(tab.run(&[scenario.for_script()], &page.origin(framework)).await?);
    }
    Ok(reports)
}

fn reading(world: &World, framework: Framework) -> Result<(), Failed> {
    let get = call(FETCH, "GET", SAME_ORIGIN);
    let calls = [
        ("exact", get),
        ("credentials", get),
        ("public", get),
        ("credentials", get.path("status/404")),
        ("credentials", get.path("status/503")),
        ("credentials", get.path(NO_SUCH_PATH)),
        ("public-simple", call(XHR, "GET", SAME_ORIGIN).path("status/418")),
    ];
    let reports = world.runtime.block_on(async {
        let tab = Tab::open(world, &SHOP.url(framework)).await?;
        let reports = send(&tab, SHOP, framework, &calls).await?;
        tab.close().await;
        Ok::<_, Failed>(reports)
    })?;
    let statuses: Vec<_> = reports.iter().map(|report| report.status).collect();
    assert_eq!(statuses, [200, 200, 200, 404, 503, 404, 418].map(Some));
    let names = |report: &Report| {
        let names: Vec<_> = report.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.join(" ")
    };
    assert_eq!(names(&reports[0]), "content-length content-type");
    assert_eq!(names(&reports[1]), "content-length content-type etag x-total-count");
    for name in ["access-control-allow-origin", "date", "vary", "x-total-count"] {
        assert!(names(&reports[2]).contains(name), "{name}: {:?}", reports[2].headers);
    }
    Ok(())
}

fn cookies(world: &World, framework: Framework) -> Result<(), Failed> {
    let calls = [
        call(FETCH, "GET", INCLUDE),
        call(XHR, "GET", INCLUDE),
        call(FETCH, "PUT", INCLUDE).headers(JSON).body("{}"),
        call(FETCH, "GET", SAME_ORIGIN),
        call(XHR, "GET", SAME_ORIGIN),
        call(FETCH, "GET", OMIT),
    ]
    .map(|call| ("credentials", call));
    let reports = world.runtime.block_on(async {
        // The strict one does not come from pages of another site.
        let tab = Tab::open(world, &format!("{}/", framework.api("https"))).await?;
        for cookie in ["session=42; Secure; SameSite=None", "strict=42; Secure; SameSite=Strict"] {
            let _: String = tab.evaluate(&format!("document.cookie = '{cookie}'")).await?;
        }
        tab.visit(&SHOP.url(framework)).await?;
        let reports = send(&tab, SHOP, framework, &calls).await?;
        tab.close().await;
        Ok::<_, Failed>(reports)
    })?;
    let arrived = reports.iter().map(|report| {
        let echo: Value = serde_json::from_str(&report.body)?;
        let headers: Vec<(String, String)> = serde_json::from_value(echo["headers"].clone())?;
        let cookie = headers.into_iter().find(|(name, _)| name == "cookie");
        Ok(cookie.map(|(_, value)| value))
    });
    let arrived: Vec<_> = arrived.collect::<Result<_, serde_json::Error>>()?;
    let session = || Some("session=42".to_owned());
    assert_eq!(arrived, [session(), session(), session(), None, None, None]);
    Ok(())
}

/// A page, a policy, calls one after the other, and how many of them need a preflight.
type Remembered = (Page, &'static str, &'static [Call], usize);

const REMEMBERED: [Remembered; 5] = [
    // For ten minutes, with all that it lists.
    (
        SHOP,
        "credentials",
        &[
            call(FETCH, "PUT", INCLUDE).headers(JSON).body("{}"),
            call(FETCH, "PUT", INCLUDE).headers(JSON).body("{}"),
            call(FETCH, "DELETE", INCLUDE).headers(TOKEN),
            call(XHR, "DELETE", INCLUDE).headers(TOKEN),
            call(FETCH, "DELETE", SAME_ORIGIN),
        ],
        1,
    ),
    // Without credentials first, which does not do for what follows.
    (SHOP, "credentials", &[call(FETCH, "DELETE", OMIT), call(FETCH, "DELETE", INCLUDE)], 2),
    // Not at all.
    (SHOP, "subdomains-and-ports", &[call(FETCH, "PUT", INCLUDE); 3], 3),
    // A refusal is not remembered.
    (STRANGER, "credentials", &[call(FETCH, "PUT", INCLUDE); 2], 2),
    // Nobody knows whether `null` is the same page again.
    (SANDBOXED, "null", &[call(FETCH, "PUT", OMIT); 2], 2),
];

fn remembering(world: &World, framework: Framework) -> Result<(), Failed> {
    for (number, (page, policy, calls, preflights)) in REMEMBERED.into_iter().enumerate() {
        let server = world.address(framework);
        let mut model = judges::model(&page.origin(framework));
        // One URL for all: it is what a preflight is remembered by.
        let scenario = |call| Scenario::new(page, framework, policy, call, number);
        let predicted = calls.iter().flat_map(|call| {
            judges::predict(&mut model, &scenario(*call), server).course.preflights
        });
        let predicted: Vec<_> = predicted.collect();
        let told = world.runtime.block_on(async {
            let tab = Tab::open(world, &page.url(framework)).await?;
            for call in calls {
                tab.run(&[scenario(*call).for_script()], &page.origin(framework)).await?;
            }
            let url = scenario(calls[0]).url;
            tab.traffic
                .wait_until(|traffic| traffic.told(&url).preflights.len() >= preflights)
                .await;
            tab.settle(page.scheme()).await?;
            Ok::<_, Failed>(tab.close().await.told(&url))
        })?;
        assert_eq!(told.preflights, predicted, "{} {policy}", page.name);
        assert_eq!(told.preflights.len(), preflights, "{} {policy}", page.name);
    }
    Ok(())
}

fn uploading(world: &World, framework: Framework) -> Result<(), Failed> {
    let post = call(XHR, "POST", SAME_ORIGIN).body("text");
    let calls = [("exact", post.listens_to_upload()), ("exact", post)];
    let (reports, traffic) = world.runtime.block_on(async {
        let tab = Tab::open(world, &SHOP.url(framework)).await?;
        let reports = send(&tab, SHOP, framework, &calls).await?;
        tab.settle(SHOP.scheme()).await?;
        Ok::<_, Failed>((reports, tab.close().await))
    })?;
    assert_eq!(reports[0].progress, ["loadstart", "progress", "load"]);
    assert!(reports[1].progress.is_empty(), "{:?}", reports[1].progress);
    let preflights = reports.iter().map(|report| traffic.told(&report.url).preflights.len());
    assert!(preflights.eq([1, 0]), "{traffic:?}");
    Ok(())
}

fn sockets(world: &World, framework: Framework) -> Result<(), Failed> {
    let host = framework.sockets();
    let refused = format!(
        "WebSocket connection to 'ws://{host}/socket' failed: Error during WebSocket handshake: \
         Unexpected response code: 403"
    );
    let own = format!("http://{host}/");
    for (page, expected, console) in [
        (ALLOWED, "answered hello", None),
        ("http://kiosk.example.net", "closed with 1006", Some(&refused)),
        ("http://shop.example.com/sandboxed", "closed with 1006", Some(&refused)),
        (&own, "answered hello", None),
    ] {
        let (outcome, lines) = world.runtime.block_on(async {
            let tab = Tab::open(world, page).await?;
            let talk = format!("talk('ws://{host}/socket')");
            let outcome: String = tab.evaluate(&talk).await?;
            tab.settle("http").await?;
            Ok::<_, Failed>((outcome, tab.close().await.console()))
        })?;
        assert_eq!(outcome, expected, "{page}");
        let lines: Vec<_> = lines.iter().filter(|line| line.contains("WebSocket")).collect();
        assert_eq!(lines, Vec::from_iter(console), "{page}");
    }
    Ok(())
}

fn writes(world: &World, framework: Framework) -> Result<(), Failed> {
    let host = framework.sockets();
    let own = format!("http://{host}/");
    // Nothing else writes there: each page's one write is the first, second, ... to run.
    let mut runs = 0;
    for (page, may) in [(ALLOWED, true), ("http://kiosk.example.net", false), (&own, true)] {
        let (sent, count) = world.runtime.block_on(async {
            let tab = Tab::open(world, page).await?;
            let write = format!(
                "fetch('http://{host}/write', {{ method: 'POST' }})
                    .then((response) => response.text(), String)"
            );
            let sent: String = tab.evaluate(&write).await?;
            tab.visit(&own).await?;
            let count: String = tab.evaluate("fetch('/count').then((it) => it.text())").await?;
            tab.close().await;
            Ok::<_, Failed>((sent, count))
        })?;
        runs += usize::from(may);
        let expected = if may { runs.to_string() } else { "TypeError: Failed to fetch".to_owned() };
        assert_eq!((sent, count), (expected, runs.to_string()), "{page}");
    }
    Ok(())
}
