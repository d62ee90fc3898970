//! `holdfast-sim`: the development tools as one program.

fn main() {}
