//! libFuzzer program of the target `web_secret`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("web_secret", data));
