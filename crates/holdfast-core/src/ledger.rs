//! The tamper-evident history: its Merkle tree, its proofs and its signed heads. No storage; hashes come and go by closure.
//!
//! `tree` hashes and grows (RFC 9162 §2.1.1), `proof` makes and checks inclusion and consistency (§2.1.3, §2.1.4),
//! `note` is text under Ed25519 signatures (C2SP signed-note) and `checkpoint` is a tree head in such a note (C2SP
//! tlog-checkpoint), so that anyone verifies our history with stock tools.

pub mod checkpoint;
pub mod note;
pub mod proof;
pub mod tree;

#[cfg(test)]
mod vectors;
