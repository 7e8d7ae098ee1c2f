//! The generated scenarios: browser, model and engine agree, but for a table of differences.

use std::collections::HashMap;
use std::fmt::Write;

use libtest_mimic::Failed;

use crate::browser::lock;
use crate::judges::{self, Course, Fate, Report};
use crate::scenarios::{self, OWN, Page, Scenario};
use crate::tab::Tab;
use crate::traffic::Traffic;
use crate::world::{Framework, World};

/// Where the engine means something else than what the browser does, and why.
struct Difference {
    page: &'static str,
    is_met_by: fn(&Fate) -> bool,
    reason: &'static str,
}

const DIFFERENCES: [Difference; 1] = [Difference {
    page: OWN.name,
    is_met_by: |fate| matches!(fate, Fate::Readable { .. }),
    reason: "a page reads what its own server answers without CORS; the policy is for other origins",
}];

/// How many complaints are shown.
const SHOWN: usize = 6;

/// Runs every scenario of one page against one server.
pub fn check(world: &World, framework: Framework, page: Page) -> Result<(), Failed> {
    let scenarios = scenarios::of(page, framework, &world.options);
    let server = world.address(framework);
    let model = judges::model(&page.origin(framework));
    let predict = |scenario| judges::predict(&mut model.clone(), scenario, server);
    let predictions: Vec<_> = scenarios.iter().map(predict).collect();
    let courses = scenarios.iter().zip(predictions.iter().map(|prediction| &prediction.course));
    let courses: Vec<_> = courses.collect();
    let (reports, traffic) = world.runtime.block_on(browse(world, framework, page, &courses))?;

    let mut complaints = Vec::new();
    let mut used = DIFFERENCES.map(|_| 0);
    for (scenario, prediction) in scenarios.iter().zip(&predictions) {
        let Some(report) = reports.get(&scenario.url) else {
            complaints.push(format!("{scenario}\n  has no report"));
            continue;
        };
        let course = judges::observed(report, &traffic.told(&scenario.url));
        if course != prediction.course {
            let model = &prediction.course;
            complaints.push(format!("{scenario}\n  browser {course:?}\n  model   {model:?}"));
        }
        let intended = judges::intended(&world.options, scenario, &prediction.sent);
        let done = match &course.fate {
            Fate::Readable { headers, .. } => Ok(headers.keys().cloned().collect::<Vec<_>>()),
            Fate::Blocked { error, .. } => Err(error.clone()),
        };
        if done != intended {
            let row = DIFFERENCES.iter().position(|difference| {
                difference.page == page.name && (difference.is_met_by)(&course.fate)
            });
            match row {
                Some(row) => used[row] += 1,
                None => complaints
                    .push(format!("{scenario}\n  browser {done:?}\n  engine  {intended:?}")),
            }
        }
        // All three could be wrong alike.
        let is_kept_out = course.fate.is_of("MissingAllowOriginHeader");
        if page.name != OWN.name && is_kept_out == scenario.is_let_in() {
            complaints.push(format!("{scenario}\n  browser {done:?}\n  is not what is meant"));
        }
        lock(&world.tally).count(&course.fate);
    }
    for (difference, used) in DIFFERENCES.iter().zip(used) {
        if difference.page == page.name && used == 0 {
            complaints.push(format!("no scenario needs the row `{}`", difference.reason));
        }
    }
    if complaints.is_empty() {
        return Ok(());
    }
    let mut text = format!("{} complaints, {} scenarios", complaints.len(), scenarios.len());
    complaints.iter().take(SHOWN).try_for_each(|complaint| write!(text, "\n{complaint}"))?;
    Err(text.into())
}

/// What the script of the page reports, and what the developer tools tell.
async fn browse(
    world: &World,
    framework: Framework,
    page: Page,
    courses: &[(&Scenario, &Course)],
) -> Result<(HashMap<String, Report>, Traffic), Failed> {
    let tab = Tab::open(world, &page.url(framework)).await?;
    let list: Vec<_> = courses.iter().map(|(scenario, _)| scenario.for_script()).collect();
    let reports = tab.run(&list, &page.origin(framework)).await?;
    // Less than this would be a difference, and then shows. More would be one too, but has come by
    // the time that the tab has settled.
    let is_enough = |traffic: &Traffic| {
        courses.iter().all(|(scenario, course)| {
            let told = traffic.told(&scenario.url);
            let lines = usize::from(matches!(course.fate, Fate::Blocked { .. }));
            told.preflights.len() >= course.preflights.len()
                && told.cors_errors.len() >= lines
                && told.console.len() >= lines
        })
    };
    tab.traffic.wait_until(is_enough).await;
    tab.settle(page.scheme()).await?;
    let traffic = tab.close().await;
    Ok((reports.into_iter().map(|report| (report.url.clone(), report)).collect(), traffic))
}
