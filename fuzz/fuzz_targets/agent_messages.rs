//! libFuzzer program of the target `agent_messages`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_messages", data));
