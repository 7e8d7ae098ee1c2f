//! One headless Chromium, from its start to its end.

use std::env;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use chromiumoxide::Browser;
use chromiumoxide::handler::HandlerConfig;
use futures_util::StreamExt;
use tempfile::TempDir;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Much more than a start takes, even on a machine that is busy with other things.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a command may take: that of a page's whole list of requests is one.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);
/// How long it may take to end before it is killed.
const END_LIMIT: Duration = Duration::from_secs(10);
/// Of what it says.
const LINES_KEPT: usize = 20;

/// The switches, besides those with values of their own.
///
/// Pages are this suite's own, so that root, which containers run as and which Chromium's sandbox
/// refuses, may do without it. A page is what it was opened as: names that Chromium would rather
/// visit over https stay on http. A sandboxed frame stays in the process of its page, so that the
/// events of both arrive in one session. The rest keeps the browser from calling home; the rules
/// of the resolver would not let it anyway. Nothing is said of local networks: the pages are on
/// this machine too, so that there is no border to ask about.
const SWITCHES: [&str; 12] = [
    "--headless=new",
    "--no-sandbox",
    "--ignore-certificate-errors",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,IsolateSandboxedIframes",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-port=0",
];

/// The browser to test with: that of the variable `CHROMIUM`, else the first on the path.
///
/// # Errors
///
/// There is none, and why.
pub fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("CHROMIUM") {
        let named = PathBuf::from(named);
        let missing = || format!("CHROMIUM is `{}`, which is no file", named.display());
        return named.is_file().then(|| named.clone()).ok_or_else(missing);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let candidates = NAMES.iter().flat_map(|name| {
        env::split_paths(&path).map(|directory| directory.join(name)).collect::<Vec<_>>()
    });
    let missing = || format!("there is none of {} on the path", NAMES.join(", "));
    candidates.into_iter().find(|file| file.is_file()).ok_or_else(missing)
}

/// The process, which ends when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Of the developer tools.
    address: String,
    said: Arc<Mutex<Vec<String>>>,
    profile: Option<TempDir>,
}

impl Process {
    /// Starts `program` with an empty profile, and with names mapped by `rules`.
    pub fn start(program: &Path, rules: &str) -> Result<Self, String> {
        let text = |error: std::io::Error| format!("`{}`: {error}", program.display());
        let profile = TempDir::with_prefix("cors-chromium-").map_err(text)?;
        prefer(&profile).map_err(text)?;
        let mut child = Command::new(program)
            .args(SWITCHES)
            .arg(format!("--host-resolver-rules={rules}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(text)?;
        let output = child.stderr.take();
        let (said, profile) = (Arc::default(), Some(profile));
        let mut process = Self { child, address: String::new(), said, profile };
        let (sender, listening) = mpsc::channel();
        let said = process.said.clone();
        // To its end, or the browser would wait for a reader.
        std::thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            for line in lines.map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("DevTools listening on ") {
                    let _ = sender.send(address.to_owned());
                }
                let mut said = lock(&said);
                let surplus = (said.len() + 1).saturating_sub(LINES_KEPT);
                said.drain(..surplus);
                said.push(line);
            }
        });
        match listening.recv_timeout(START_LIMIT) {
            Ok(address) => process.address = address,
            Err(_) => return Err(format!("it does not start, and says\n{}", process.said())),
        }
        Ok(process)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said last.
    pub fn said(&self) -> String {
        lock(&self.said).join("\n")
    }

    /// A connection to the developer tools.
    pub async fn connect(&self) -> Result<Browser, String> {
        let config = HandlerConfig {
            viewport: None,
            request_timeout: COMMAND_LIMIT,
            ..HandlerConfig::default()
        };
        let connection = Browser::connect_with_config(&self.address, config);
        let connected = tokio::time::timeout(START_LIMIT, connection).await;
        let connected = connected.map_err(|_| "no developer tools".to_owned())?;
        let (browser, mut handler) = connected.map_err(|error| error.to_string())?;
        // It works while it is polled.
        tokio::spawn(async move { while handler.next().await.is_some() {} });
        Ok(browser)
    }
}

/// Lets cookies go to other sites, which some distributions' browsers keep back at first.
fn prefer(profile: &TempDir) -> std::io::Result<()> {
    let default = profile.path().join("Default");
    std::fs::create_dir(&default)?;
    std::fs::write(default.join("Preferences"), r#"{"profile":{"cookie_controls_mode":0}}"#)
}

/// Whoever wants it to end well asks it before; see [`Guard`].
impl Drop for Process {
    fn drop(&mut self) {
        let end = Instant::now() + END_LIMIT;
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(profile) = self.profile.take().map(TempDir::keep) {
            remove(&profile);
        }
    }
}

/// Its children may be writing for a moment longer.
fn remove(profile: &Path) {
    let end = Instant::now() + END_LIMIT;
    while let Err(error) = std::fs::remove_dir_all(profile) {
        if error.kind() == ErrorKind::NotFound || Instant::now() > end {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks processes to end when it is dropped, and also when this program is killed: it is a shell
/// that waits for the end of its input.
#[derive(Debug)]
pub struct Guard(Child);

impl Guard {
    pub fn of(processes: impl Iterator<Item = u32>) -> std::io::Result<Self> {
        let guard = Command::new("sh")
            .args(["-c", "trap '' INT; read -r _; kill \"$@\" 2>/dev/null", "guard"])
            .args(processes.map(|id| id.to_string()))
            .stdin(Stdio::piped())
            .spawn()?;
        Ok(Self(guard))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What a thread that panicked left behind is still good to read.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
