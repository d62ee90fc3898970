//! libFuzzer program of the target `problem_document`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("problem_document", data));
