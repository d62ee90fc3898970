//! libFuzzer program of the target `web_bodies`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("web_bodies", data));
