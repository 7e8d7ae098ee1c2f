//! Properties that hold for every policy and every request, tried on generated ones.

mod agreement;
mod answers;
mod generate;
mod origins;
mod policies;
mod preflights;

use proptest::test_runner::Config;

/// So many cases, or as many as `PROPTEST_CASES` asks for.
fn cases(cases: u32) -> Config {
    let default = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { default } else { Config { cases, ..default } }
}
