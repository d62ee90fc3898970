//! libFuzzer program of the target `range_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("range_request", data));
