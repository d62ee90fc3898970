//! libFuzzer program of the target `agent_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_answer", data));
