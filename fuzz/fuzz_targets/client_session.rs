//! libFuzzer program of the target `client_session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("client_session", data));
