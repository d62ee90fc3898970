//! libFuzzer program of the target `device_filter`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("device_filter", data));
