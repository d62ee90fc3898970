//! libFuzzer program of the target `field_map`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("field_map", data));
