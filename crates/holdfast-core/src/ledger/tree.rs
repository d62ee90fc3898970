//! Hashes of the Merkle tree and its growth, leaf by leaf (RFC 6962 §2.1, RFC 9162 §2.1.1). Knows nothing of proofs.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// Root of a tree without leaves: SHA-256 of nothing (RFC 9162 §2.1.1).
pub const EMPTY_ROOT: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Hash of a leaf's bytes (RFC 9162 §2.1.1: prefix 0x00).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0x00]).chain_update(leaf).finalize().into()
}

/// Hash of an inner node from its two children (RFC 9162 §2.1.1: prefix 0x01).
#[must_use]
pub fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// A complete subtree of 2^`level` leaves; `index` counts such subtrees from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Height: 0 is a leaf.
    pub level: u32,
    /// Position among the nodes of this level, from 0.
    pub index: u64,
}

/// The right edge of a growing tree: one hash for each complete subtree, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Frontier {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Reads the edge of a stored tree of `size` leaves.
    ///
    /// # Errors
    ///
    /// What `hash_at` fails with.
    pub fn load<E>(size: u64, mut hash_at: impl FnMut(Node) -> Result<[u8; 32], E>) -> Result<Self, E> {
        let mut peaks = Vec::new();
        let mut start = 0_u64;
        for level in (0..64_u32).rev() {
            if size >> level & 1 == 1 {
                peaks.push(hash_at(Node { level, index: start >> level })?);
                start += 1 << level;
            }
        }
        Ok(Self { size, peaks })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf and hands every newly complete subtree, the leaf itself first, to `store`.
    ///
    /// # Errors
    ///
    /// What `store` fails with; the edge is then unchanged.
    pub fn push<E>(
        &mut self,
        leaf: [u8; 32],
        mut store: impl FnMut(Node, &[u8; 32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hash = leaf;
        let mut node = Node { level: 0, index: self.size };
        store(node, &hash)?;
        let merged = self.size.trailing_ones() as usize;
        for left in self.peaks.iter().rev().take(merged) {
            hash = node_hash(left, &hash);
            node = Node { level: node.level + 1, index: node.index >> 1 };
            store(node, &hash)?;
        }
        self.peaks.truncate(self.peaks.len().saturating_sub(merged));
        self.peaks.push(hash);
        self.size += 1;
        Ok(())
    }

    /// The tree head.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return EMPTY_ROOT };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use core::convert::Infallible;

    #[test]
    fn an_edge_read_from_stored_hashes_is_the_edge_that_grew() {
        let mut stored = BTreeMap::new();
        let mut edge = Frontier::new();
        assert_eq!(edge.root(), EMPTY_ROOT);
        for n in 0..130_u64 {
            let grown = edge.push(leaf_hash(&n.to_be_bytes()), |node, hash| {
                assert_eq!(stored.insert(node, *hash), None, "a node is stored once");
                Ok::<_, Infallible>(())
            });
            assert_eq!(grown, Ok(()));
            let read = Frontier::load(n + 1, |node| Ok::<_, Infallible>(stored[&node]));
            assert_eq!(read.as_ref(), Ok(&edge));
        }
    }

    #[test]
    fn a_leaf_that_could_not_be_stored_leaves_the_edge_as_it_was() {
        let mut edge = Frontier::new();
        assert_eq!(edge.push([1; 32], |_, _| Ok::<_, u8>(())), Ok(()));
        let before = edge.clone();
        assert_eq!(edge.push([2; 32], |node, _| if node.level == 1 { Err(7) } else { Ok(()) }), Err(7));
        assert_eq!(edge, before);
    }
}
