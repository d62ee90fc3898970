//! libFuzzer program of the target `agent_local_requests`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_local_requests", data));
