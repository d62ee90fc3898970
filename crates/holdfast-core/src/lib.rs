//! All that crosses a wire and all that a microcontroller also needs. No I/O, no clock, no randomness.
//!
//! Read in this order: names of things (`id`, `time`), bytes (`cbor`, `hash`), trust (`cose`, `trust`, `suit`,
//! `release`, `statement`, `label`, `order`, `attest`), the devices' door (`topic`, `mqtt`, `telemetry`), the agent's machines
//! (`update`, `backoff`) and history (`ledger`).
//!
//! Features: `std` only adds `std::error::Error` conveniences of dependencies; behaviour is the same without it.
#![no_std]

extern crate alloc;

pub mod id;
pub mod time;
pub mod cbor;
pub mod hash;
pub mod cose;
pub mod trust;
pub mod suit;
pub mod release;
pub mod statement;
pub mod label;
pub mod order;
pub mod attest;
pub mod topic;
pub mod mqtt;
pub mod telemetry;
pub mod update;
pub mod backoff;
pub mod ledger;
