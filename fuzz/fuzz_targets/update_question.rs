//! libFuzzer program of the target `update_question`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("update_question", data));
