//! libFuzzer program of the target `boot_state`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("boot_state", data));
