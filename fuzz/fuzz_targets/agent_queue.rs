//! libFuzzer program of the target `agent_queue`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_queue", data));
