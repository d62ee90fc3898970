//! libFuzzer program of the target `mqtt_v5`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("mqtt_v5", data));
