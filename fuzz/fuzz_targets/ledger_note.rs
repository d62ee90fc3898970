//! libFuzzer program of the target `ledger_note`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("ledger_note", data));
