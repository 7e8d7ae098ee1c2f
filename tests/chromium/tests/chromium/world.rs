//! Everything that runs: the servers, the browser, and the names by which it knows them.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use chromiumoxide::Browser;
use cors_conformance::Process as PolicyServer;
use cors_core::{ConfigErrors, CorsOptions};
use tokio::runtime::Runtime;

use crate::browser::{Guard, Process, lock};
use crate::servers::{self, Pages};
use crate::sockets;
use crate::tally::Tally;

const PROGRAMS: [(Framework, &str); 2] = [
    (Framework::Axum, env!("CARGO_BIN_EXE_chromium_axum")),
    (Framework::Actix, env!("CARGO_BIN_EXE_chromium_actix")),
];
const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies.toml");

/// Whose policy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    Axum,
    Actix,
}

pub const FRAMEWORKS: [Framework; 2] = [Framework::Axum, Framework::Actix];

impl Framework {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Actix => "actix",
        }
    }

    /// Where its policy server is for a page of `scheme`: a page of https may only ask https.
    pub fn api(self, scheme: &str) -> String {
        format!("{scheme}://{}.api.test", self.name())
    }

    /// Where its server with a WebSocket is.
    pub fn sockets(self) -> String {
        format!("{}.sockets.test", self.name())
    }
}

#[derive(Debug)]
pub struct World {
    pub runtime: Runtime,
    pub browser: Browser,
    /// What the policy servers have read.
    pub options: CorsOptions,
    pub tally: Mutex<Tally>,
    addresses: Vec<(Framework, SocketAddr)>,
    processes: Mutex<Option<Processes>>,
}

/// In the order in which they are dropped: the guard asks the others to end.
#[derive(Debug)]
struct Processes {
    _guard: Guard,
    browser: Process,
    _servers: Vec<PolicyServer>,
}

impl World {
    /// Starts it all, with the browser `program`.
    pub fn start(program: &Path) -> Result<Self, Box<dyn Error>> {
        let options = options()?;
        let runtime = Runtime::new()?;
        let start = |program| PolicyServer::start_with(program, &["--config", POLICIES]);
        let servers = PROGRAMS.map(|(framework, program)| (framework, start(program)));
        let addresses: Vec<_> =
            servers.iter().map(|(framework, server)| (*framework, server.address)).collect();
        let servers: Vec<_> = servers.into_iter().map(|(_, server)| server).collect();
        let rules = runtime.block_on(rules(&addresses))?;
        let process = Process::start(program, &rules)?;
        let ids = servers.iter().map(PolicyServer::id).chain([process.id()]);
        let processes = Processes { _guard: Guard::of(ids)?, browser: process, _servers: servers };
        let browser = runtime.block_on(processes.browser.connect())?;
        let processes = Mutex::new(Some(processes));
        Ok(Self { runtime, browser, options, tally: Mutex::default(), addresses, processes })
    }

    /// The address of a policy server, for others than the browser.
    pub fn address(&self, framework: Framework) -> SocketAddr {
        let mut addresses = self.addresses.iter();
        let found = addresses.find(|(candidate, _)| *candidate == framework);
        found.expect("every framework has its server").1
    }

    /// What the browser said last.
    pub fn said(&self) -> String {
        lock(&self.processes).as_ref().map(|processes| processes.browser.said()).unwrap_or_default()
    }

    /// Ends every process, and leaves nothing behind.
    pub fn stop(&self) {
        drop(lock(&self.processes).take());
    }
}

/// What a policy server makes of the file: the paths of each policy are under it, unless the file
/// has it otherwise.
pub fn options() -> Result<CorsOptions, ConfigErrors> {
    let file = CorsOptions::from_file(POLICIES)?;
    let mut options = file.clone();
    for (name, _) in file.policies() {
        for path in [format!("/{name}/echo"), format!("/{name}/status/{{code}}")] {
            if let Ok(more) = options.to_builder().route(&path, name).build() {
                options = more;
            }
        }
    }
    Ok(options)
}

/// Rules for the browser's resolver: each name and port leads to one of the servers here, and
/// none leads off this machine.
async fn rules(policy_servers: &[(Framework, SocketAddr)]) -> Result<String, Box<dyn Error>> {
    let acceptor = servers::acceptor()?;
    let mut rules = Vec::new();
    for (framework, address) in policy_servers {
        let name = framework.name();
        let tls = servers::behind_tls(*address, acceptor.clone()).await?;
        rules.push(format!("MAP {name}.api.test:80 {address}"));
        rules.push(format!("MAP {name}.api.test:443 {tls}"));
        let sockets = sockets::start(*framework).await?;
        rules.push(format!("MAP {}:80 {sockets}", framework.sockets()));
    }
    let Pages { plain, tls } = Pages::start(&acceptor).await?;
    for port in [443, 8443] {
        rules.push(format!("MAP *:{port} {tls}"));
    }
    rules.push(format!("MAP * {plain}"));
    Ok(rules.join(","))
}
