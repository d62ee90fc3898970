//! Development tools: fuzz targets for every parser, simulated devices, and the ingest bench with its yardstick.
//!
//! Not part of the product and never installed. Read in this order: `fuzz` (what is fed to which parser), `bench` (what is
//! measured and against what). Everything that reads a clock is in `clock`.

pub mod bench;
pub mod clock;
pub mod fuzz;
