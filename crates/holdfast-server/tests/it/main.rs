//! A whole server in this process, met through its real ports: what is refused leaves no trace, what is decided leaves
//! one line, and what was decided survives a restart.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on has failed"
)]

mod access;
mod agent;
mod api;
mod backup;
mod batches;
mod bulk;
mod canary;
mod claim;
mod cli;
mod conformity;
mod custody;
mod device;
mod findings;
mod first;
mod ledger;
mod mail;
mod maker;
mod oidc;
mod orders;
mod process;
mod processes;
mod products;
mod publication;
mod restart;
mod returning;
mod rotation;
mod telemetry;
mod trust;
mod revocation;
mod safeguards;
mod world;
