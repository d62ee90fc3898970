//! libFuzzer program of the target `device_payload`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("device_payload", data));
