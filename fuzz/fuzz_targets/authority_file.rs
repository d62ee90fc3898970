//! libFuzzer program of the target `authority_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("authority_file", data));
