//! Behaviour of the store, seen from outside: what was answered is there, what was refused left no trace.

mod blobs;
mod commit;
mod fixture;
mod history;
mod lasting;
mod register;
mod rooms;
mod telemetry;
