//! libFuzzer program of the target `claim_code`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("claim_code", data));
