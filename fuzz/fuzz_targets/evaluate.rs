#![no_main]

use cors_conformance::fuzz::Target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| (Target::named("evaluate").check)(data));
