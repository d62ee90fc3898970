//! libFuzzer program of the target `cose_sign`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("cose_sign", data));
