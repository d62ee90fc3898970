//! libFuzzer program of the target `cursor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("cursor", data));
