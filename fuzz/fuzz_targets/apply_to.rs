#![no_main]

use cors_conformance::fuzz::Target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| (Target::named("apply_to").check)(data));
