//! Behaviour of the store, seen from outside: what was answered is there, what was refused left no trace.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blobs;
mod commit;
mod dossier;
mod facts;
mod fixture;
mod help;
mod history;
mod homes;
mod idempotency;
mod lasting;
mod many;
mod papers;
mod people;
mod provenance;
mod register;
mod rooms;
mod shops;
mod telemetry;
mod tidings;
