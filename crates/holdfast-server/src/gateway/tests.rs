//! The door on loopback: real TLS, a real store, certificates of the real authority, and a client that can misbehave.

mod client;
mod coming_in;
mod documents;
mod house;
mod outside_clients;
mod telemetry;
mod staying;
