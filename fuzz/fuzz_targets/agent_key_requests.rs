//! libFuzzer program of the target `agent_key_requests`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_key_requests", data));
