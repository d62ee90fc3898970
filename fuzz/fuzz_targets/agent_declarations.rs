//! libFuzzer program of the target `agent_declarations`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("agent_declarations", data));
