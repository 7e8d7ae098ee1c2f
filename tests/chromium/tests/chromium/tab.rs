//! A tab with a page, whose script works off lists of requests.

use chromiumoxide::cdp::browser_protocol::page::NavigateParams;
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use libtest_mimic::Failed;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::judges::Report;
use crate::servers::SCRIPT;
use crate::traffic::Traffic;
use crate::world::World;

pub struct Tab {
    page: chromiumoxide::Page,
    pub traffic: Traffic,
}

#[derive(Deserialize)]
struct Run {
    origin: String,
    results: Vec<Report>,
}

impl Tab {
    /// Opens `url` in a tab of its own, and listens to what the developer tools tell of it.
    pub async fn open(world: &World, url: &str) -> Result<Self, Failed> {
        let page = world.browser.new_page("about:blank").await?;
        let traffic = Traffic::of(&page).await?;
        let tab = Self { page, traffic };
        tab.visit(url).await?;
        Ok(tab)
    }

    pub async fn visit(&self, url: &str) -> Result<(), Failed> {
        self.page.goto(NavigateParams::new(url)).await?;
        // The pages of other servers do not bring the script.
        let kind: String = self.evaluate("typeof run").await?;
        if kind != "function" {
            self.evaluate_raw(SCRIPT).await?;
        }
        Ok(())
    }

    /// Sends a list of requests from the page, which has to have this origin.
    pub async fn run(&self, list: &[Value], origin: &str) -> Result<Vec<Report>, Failed> {
        let run: Run = self.evaluate(&format!("run({})", json!(list))).await?;
        if run.origin == origin {
            return Ok(run.results);
        }
        Err(format!("the page has the origin `{}`, and not `{origin}`", run.origin).into())
    }

    /// Waits for the console to tell of one more request, which nobody allows: nothing of those
    /// before it is still to come.
    pub async fn settle(&self, scheme: &str) -> Result<(), Failed> {
        let url = format!("{scheme}://settle.test/");
        let last = json!({ "url": url, "api": "fetch", "method": "PUT", "headers": [] });
        let _: Value = self.evaluate(&format!("run({})", json!([last]))).await?;
        let is_told = |traffic: &Traffic| !traffic.told(&url).console.is_empty();
        if self.traffic.wait_until(is_told).await {
            return Ok(());
        }
        Err("the developer tools do not tell of a blocked request".into())
    }

    /// The value of an expression, or of what it promises.
    pub async fn evaluate<T: DeserializeOwned>(&self, expression: &str) -> Result<T, Failed> {
        Ok(serde_json::from_value(self.evaluate_raw(expression).await?)?)
    }

    async fn evaluate_raw(&self, expression: &str) -> Result<Value, Failed> {
        let mut parameters = EvaluateParams::new(expression);
        parameters.await_promise = Some(true);
        parameters.return_by_value = Some(true);
        let returned = self.page.execute(parameters).await?.result;
        match returned.exception_details {
            Some(details) => Err(format!("the script throws {details:?}").into()),
            None => Ok(returned.result.value.unwrap_or_default()),
        }
    }

    /// What was told until now.
    pub async fn close(self) -> Traffic {
        // The browser ends without it as well.
        let _ = self.page.close().await;
        self.traffic
    }
}
