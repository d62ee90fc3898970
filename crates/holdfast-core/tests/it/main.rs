//! Tests of the public interface against the standards' own vectors. One binary; one module a topic.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on says so by panicking")]

mod attest;
mod cbor;
mod cose;
mod label;
mod makers;
mod order;
mod release;
mod statement;
mod suit;
mod trust;
mod vectors;
