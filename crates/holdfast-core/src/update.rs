//! The device's side of an update: what it remembers (`copies`, `boot`, `journal`) and what it does next (`machine`).
//!
//! The machine is pure: it says one [`machine::Action`] at a time, a shell carries it out and says how it went. A power
//! cut between any two actions is normal; what to do next follows from the durable state alone.
//! Not here: what may be installed at all (`release`, `statement`), files, sockets and programs.

pub mod boot;
pub mod copies;
pub mod journal;
pub mod machine;
