//! The door on loopback: real TLS, a real store, certificates of the real authority, and a client that can misbehave.
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the packet it waits for; any other fails it")]

mod attestation;
mod client;
mod coming_in;
mod documents;
mod house;
mod outside_clients;
mod telemetry;
mod staying;
