//! libFuzzer program of the target `agent_records`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_records", data));
