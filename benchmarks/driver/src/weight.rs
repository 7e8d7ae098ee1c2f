//! What a crate adds to a hello-world server: build time, crates, and size.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::Result;
use crate::report::keep;
use crate::tools::{colophon, home, target};

/// A server, or the engine in a program without one.
struct Base {
    name: &'static str,
    dependencies: &'static str,
    /// With `{cors}` where the layer goes.
    main: &'static str,
}

const ENGINE: Base =
    Base { name: "program", dependencies: "", main: "fn main() { println!(\"hello\"); {cors} }" };

const AXUM: Base = Base {
    name: "axum",
    dependencies: "axum = { version = \"0.8.9\", default-features = false, features = \
                   [\"http1\", \"tokio\"] }\ntokio = { version = \"1.47\", features = [\"net\", \
                   \"rt\"] }",
    main: "use axum::{Router, routing::get};
fn main() {
    let app = Router::new().route(\"/\", get(async || \"hello\")){cors};
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind(\"127.0.0.1:3000\").await.unwrap();
        axum::serve(listener, app).await.unwrap();
    });
}",
};

const ACTIX: Base = Base {
    name: "actix",
    dependencies: "actix-web = { version = \"4.15\", default-features = false }",
    main: "use actix_web::{App, HttpServer, web};
fn main() {
    let server = async || {
        HttpServer::new(|| App::new(){cors}.route(\"/\", web::get().to(async || \"hello\")))
            .bind(\"127.0.0.1:3000\").unwrap().run().await.unwrap();
    };
    actix_web::rt::System::new().block_on(server());
}",
};

/// What is added to a base: the row's title, the dependency, and the code.
struct Added(&'static Base, &'static str, &'static str, &'static str);

const POLICY: &str =
    "CorsPolicy::builder().with_origins([\"https://app.example.com\"]).build().unwrap()";

const ENGINE_CODE: &str = "use cors_core::*; let policy = {policy}; \
    let lines: Vec<(String, String)> = Vec::new(); \
    println!(\"{:?}\", CorsService::new().evaluate_policy(&CorsRequest::new(\"GET\", &lines), &policy));";

const ROWS: [Added; 11] = [
    Added(&ENGINE, "nothing", "", ""),
    Added(&ENGINE, "cors-core", "cors-core = { path = \"{root}/cors-core\" }", ENGINE_CODE),
    Added(
        &ENGINE,
        "cors-core without public-suffix",
        "cors-core = { path = \"{root}/cors-core\", default-features = false, features = \
         [\"serde\", \"regex\"] }",
        ENGINE_CODE,
    ),
    Added(
        &ENGINE,
        "cors-core without regex",
        "cors-core = { path = \"{root}/cors-core\", default-features = false, features = \
         [\"serde\", \"public-suffix\"] }",
        ENGINE_CODE,
    ),
    Added(
        &ENGINE,
        "cors-core without both",
        "cors-core = { path = \"{root}/cors-core\", default-features = false, features = \
         [\"serde\"] }",
        ENGINE_CODE,
    ),
    Added(&AXUM, "nothing", "", ""),
    Added(
        &AXUM,
        "cors-axum",
        "cors-axum = { path = \"{root}/cors-axum\" }",
        ".layer({ use cors_axum::*; CorsLayer::new({policy}) })",
    ),
    Added(
        &AXUM,
        "tower-http, cors",
        "tower-http = { version = \"0.7\", default-features = false, features = [\"cors\"] }",
        ".layer(tower_http::cors::CorsLayer::new().allow_origin(tower_http::cors::AllowOrigin::\
         list([\"https://app.example.com\".parse().unwrap()])))",
    ),
    Added(&ACTIX, "nothing", "", ""),
    Added(
        &ACTIX,
        "cors-actix",
        "cors-actix = { path = \"{root}/cors-actix\" }",
        ".wrap({ use cors_actix::*; Cors::new({policy}) })",
    ),
    Added(
        &ACTIX,
        "actix-cors",
        "actix-cors = \"0.7\"",
        ".wrap(actix_cors::Cors::default().allowed_origin(\"https://app.example.com\"))",
    ),
];

/// Builds each row from nothing and prints what it adds to its base; with `smoke`, only those
/// without a server.
pub(crate) fn measure(smoke: bool) -> Result {
    let mut table = "# Weight\n\nClean release builds of a hello-world program, the crates in its \
                     tree, and its stripped size; in brackets what is added to the row of the \
                     program alone.\n\n| program | with | build, s | crates | size, KiB |\n\
                     |---|---|---:|---:|---:|\n"
        .to_owned();
    let mut alone = (0.0, 0, 0);
    for (index, row) in ROWS.iter().enumerate() {
        let Added(base, with, ..) = row;
        if smoke && base.name != ENGINE.name {
            continue;
        }
        let directory = target()?.join("weight").join(index.to_string());
        let (time, crates, size) = build(row, &directory)?;
        // Gigabytes for nothing otherwise.
        fs::remove_dir_all(&directory)?;
        if *with == "nothing" {
            alone = (time, crates, size);
        }
        writeln!(
            table,
            "| {} | {with} | {time:.1} ({:+.1}) | {crates} ({:+}) | {size} ({:+}) |",
            base.name,
            time - alone.0,
            crates - alone.1,
            size - alone.2,
        )?;
    }
    writeln!(table, "\n{}", colophon())?;
    print!("{table}");
    if smoke { Ok(()) } else { keep("weight.md", &table) }
}

/// Seconds, crates and KiB.
fn build(Added(base, _, dependency, code): &Added, directory: &Path) -> Result<(f64, i64, i64)> {
    let root = home().join("..").canonicalize()?;
    let manifest = format!(
        "[workspace]\n[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
         [profile.release]\nstrip = true\n[dependencies]\n{}\n{}\n",
        base.dependencies,
        dependency.replace("{root}", &root.display().to_string()),
    );
    let main = base.main.replace("{cors}", &code.replace("{policy}", POLICY));
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    fs::create_dir_all(directory.join("src"))?;
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::write(directory.join("src/main.rs"), main)?;
    // Before the clock runs: resolving and downloading are not building.
    cargo(directory, &["fetch", "--quiet"])?;
    let start = Instant::now();
    cargo(directory, &["build", "--release", "--quiet", "--target-dir", "target"])?;
    let time = start.elapsed().as_secs_f64();
    let tree = cargo(directory, &["tree", "--edges=normal", "--prefix=none", "--no-dedupe"])?;
    let crates: BTreeSet<&str> =
        tree.lines().filter_map(|line| line.split(" (").next()).skip(1).collect();
    let size = fs::metadata(directory.join("target/release/hello"))?.len() / 1024;
    Ok((time, i64::try_from(crates.len())?, i64::try_from(size)?))
}

fn cargo(directory: &Path, arguments: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(directory).output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("in {}: {error}", directory.display()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
