//! libFuzzer program of the target `certification_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("certification_request", data));
