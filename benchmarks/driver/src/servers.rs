//! Servers under load, on this machine's loopback: what of it all can be noticed from outside.

use std::fmt::Write as _;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::report::keep;
use crate::tools::{cargo, colophon, require, target};

const SUBJECTS: [&str; 3] = ["none", "ours", "peer"];
const ORIGIN: &str = "Origin: https://app.example.com";

/// Runs every server for some time, again and again, and prints what share of the bare server's
/// requests the others answer.
pub(crate) fn compare(rounds: u32, seconds: u32) -> Result {
    require("wrk", "wrk", "apt-get install wrk")?;
    require("h2load", "h2load", "apt-get install nghttp2-client")?;
    let build = ["build", "--release", "--locked", "--package", "servers"];
    if !cargo(&build).status()?.success() {
        return Err("the servers do not build".into());
    }
    let mut table = format!(
        "# Servers under load\n\nRequests a second with an allowed `Origin`, as a share of those of \
         the same server without CORS: the median of {rounds} alternating runs of {seconds} s, and \
         the lowest and highest. The bare server's own spread, around its median, is the noise.\n\n\
         | server | protocol | bare, requests/s | bare, spread | ours | {} |\n|---|---|---:|---:|---:|---:|\n",
        "tower-http, actix-cors",
    );
    let mut port = 18_080;
    for server in ["serve_axum", "serve_actix"] {
        let running: Result<Vec<Server>> = SUBJECTS
            .iter()
            .map(|subject| {
                port += 1;
                Server::start(server, subject, port)
            })
            .collect();
        let running = running?;
        for protocol in ["HTTP/1.1", "HTTP/2"] {
            let mut rates = [const { Vec::new() }; SUBJECTS.len()];
            for _ in 0..rounds {
                for (server, rates) in running.iter().zip(&mut rates) {
                    rates.push(load(server.port, protocol, seconds)?);
                }
            }
            let [bare, ours, peer] = rates;
            let typical = median(bare.clone());
            let share = |rates: &[f64]| {
                let shares = rates.iter().zip(&bare).map(|(rate, bare)| rate / bare);
                spread(shares.collect())
            };
            writeln!(
                table,
                "| {server} | {protocol} | {typical:.0} | {} | {} | {} |",
                spread(bare.iter().map(|rate| rate / typical).collect()),
                share(&ours),
                share(&peer),
            )?;
        }
    }
    writeln!(table, "\n{}", colophon())?;
    print!("{table}");
    if seconds > 1 {
        keep("servers.md", &table)?;
    }
    Ok(())
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(name: &str, subject: &str, port: u16) -> Result<Self> {
        let process = Command::new(target()?.join("release").join(name))
            .args([subject, &port.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        let server = Self { process, port };
        let patience = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > patience {
                return Err(format!("`{name} {subject}` does not listen on {port}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // If it is gone already, that is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Requests a second.
fn load(port: u16, protocol: &str, seconds: u32) -> Result<f64> {
    let url = format!("http://127.0.0.1:{port}/");
    let time = seconds.to_string();
    let (mut command, before, after) = if protocol == "HTTP/2" {
        let mut command = Command::new("h2load");
        command.args(["--clients=4", "--max-concurrent-streams=8", "--duration", &time]);
        command.args(["--header", ORIGIN]);
        (command, ", ", " req/s")
    } else {
        let mut command = Command::new("wrk");
        command.args(["--threads", "1", "--connections", "16", "--duration", &time]);
        command.args(["--header", ORIGIN]);
        (command, "Requests/sec:", "\n")
    };
    let output = command.arg(&url).output()?;
    let text = String::from_utf8(output.stdout)?;
    let failed = text.contains("Non-2xx") || text.contains("Socket errors");
    let rate = text.lines().find_map(|line| {
        let line = format!("{line}\n");
        let (_, rate) = line.split_once(before)?;
        rate.split_once(after)?.0.trim().parse::<f64>().ok()
    });
    match rate {
        Some(rate) if output.status.success() && rate > 0.0 && !failed => Ok(rate),
        _ => Err(format!("{protocol} on port {port}: {text}").into()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median, the lowest and the highest.
fn spread(values: Vec<f64>) -> String {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    format!("{:.3} ({low:.3} to {high:.3})", median(values))
}
