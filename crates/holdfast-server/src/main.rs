//! The `holdfast` program: server and command line in one binary.

fn main() {}
