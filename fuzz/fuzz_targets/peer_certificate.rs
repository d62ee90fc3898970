//! libFuzzer program of the target `peer_certificate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("peer_certificate", data));
