//! libFuzzer program of the target `server_session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("server_session", data));
