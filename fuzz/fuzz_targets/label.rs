//! libFuzzer program of the target `label`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("label", data));
