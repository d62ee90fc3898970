//! libFuzzer program of the target `image_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| holdfast_sim::fuzz::run("image_list", data));
