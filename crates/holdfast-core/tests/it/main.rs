//! Tests of the public interface against the standards' own vectors. One binary; one module a topic.

mod cbor;
mod cose;
mod suit;
mod vectors;
