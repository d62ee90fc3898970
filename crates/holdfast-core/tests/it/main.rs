//! Tests of the public interface against the standards' own vectors. One binary; one module a topic.

mod attest;
mod cbor;
mod cose;
mod makers;
mod release;
mod statement;
mod suit;
mod trust;
mod vectors;
