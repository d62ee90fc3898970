//! libFuzzer program of the target `cose_key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("cose_key", data));
