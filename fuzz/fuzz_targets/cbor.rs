//! libFuzzer program of the target `cbor`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("cbor", data));
