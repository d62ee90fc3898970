//! libFuzzer program of the target `factory_manifest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("factory_manifest", data));
