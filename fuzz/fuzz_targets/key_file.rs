//! libFuzzer program of the target `key_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("key_file", data));
