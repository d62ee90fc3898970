//! Inclusion and consistency proofs: making them from stored hashes and checking them (RFC 9162 §2.1.3 and §2.1.4), and
//! the same for an aligned part of the tree (draft-ietf-plants-merkle-tree-certs §4). Knows nothing of signatures.

use alloc::vec::Vec;
use core::fmt;

use super::tree::{EMPTY_ROOT, Node, node_hash};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf or the older size lies outside the tree.
    Range,
    /// The leaves do not form a subtree.
    Alignment,
    /// Fewer or more hashes than these sizes need.
    Length,
    /// The hashes lead to another root.
    Root,
}

impl ProofError {
    /// The stable word for this error.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Range => "proof-range",
            Self::Alignment => "proof-alignment",
            Self::Length => "proof-length",
            Self::Root => "proof-root",
        }
    }
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Range => "the proof speaks of leaves outside the tree",
            Self::Alignment => "the proof speaks of leaves that form no subtree",
            Self::Length => "the proof has too few or too many hashes",
            Self::Root => "the proof leads to another root",
        })
    }
}

impl core::error::Error for ProofError {}

/// A range of leaves from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaves {
    /// First leaf.
    pub start: u64,
    /// First leaf after it.
    pub end: u64,
}

impl Leaves {
    /// The leaves of a whole tree.
    #[must_use]
    pub const fn first(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    /// How many leaves, if they form a subtree: `start` is a multiple of the next power of two of the count.
    fn subtree_size(self) -> Result<u64, ProofError> {
        let count = self.end.checked_sub(self.start).ok_or(ProofError::Range)?;
        match count.checked_next_power_of_two() {
            Some(span) if self.start.is_multiple_of(span) => Ok(count),
            None if self.start == 0 => Ok(count),
            _ => Err(ProofError::Alignment),
        }
    }
}

/// Checks that `leaf` (a leaf hash) is leaf `index` of the tree with `size` leaves and this `root` (RFC 9162 §2.1.3.2).
///
/// # Errors
///
/// [`ProofError`] if it is not proven.
pub fn verify_inclusion(
    leaf: &[u8; 32],
    index: u64,
    size: u64,
    proof: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that `leaf` is leaf `index` of the tree, within the subtree of `leaves` that has this `root`.
///
/// # Errors
///
/// [`ProofError`] if it is not proven.
pub fn verify_subtree_inclusion(
    leaf: &[u8; 32],
    index: u64,
    leaves: Leaves,
    proof: &[[u8; 32]],
    root: &[u8; 32],
) -> Result<(), ProofError> {
    let size = leaves.subtree_size()?;
    let within = index.checked_sub(leaves.start).ok_or(ProofError::Range)?;
    verify_inclusion(leaf, within, size, proof, root)
}

/// Checks that the tree of `new_size` leaves only added to the tree of `old_size` (RFC 9162 §2.1.4.2). Consistency with
/// the empty tree says nothing and is refused.
///
/// # Errors
///
/// [`ProofError`] if it is not proven.
pub fn verify_consistency(
    old_size: u64,
    old_root: &[u8; 32],
    new_size: u64,
    new_root: &[u8; 32],
    proof: &[[u8; 32]],
) -> Result<(), ProofError> {
    if old_size == 0 {
        return Err(ProofError::Range);
    }
    verify_subtree_consistency(Leaves::first(old_size), old_root, new_size, new_root, proof)
}

/// Checks that the subtree of `leaves` with `subtree_root` is part of the tree with `size` leaves and this `root`. An
/// empty range is consistent with any tree if its root is the empty one.
///
/// # Errors
///
/// [`ProofError`] if it is not proven.
pub fn verify_subtree_consistency(
    leaves: Leaves,
    subtree_root: &[u8; 32],
    size: u64,
    root: &[u8; 32],
    proof: &[[u8; 32]],
) -> Result<(), ProofError> {
    let count = leaves.subtree_size()?;
    if leaves.end > size {
        return Err(ProofError::Range);
    }
    if count == 0 {
        return match (proof, *subtree_root == EMPTY_ROOT) {
            ([], true) => Ok(()),
            ([], false) => Err(ProofError::Root),
            _ => Err(ProofError::Length),
        };
    }
    let (mut first, mut second, mut last) = (leaves.start, leaves.end - 1, size - 1);
    while first != second && (second == last || second & 1 == 1) {
        (first, second, last) = (first >> 1, second >> 1, last >> 1);
    }
    let (mut old, mut rest) = (*subtree_root, proof);
    if first != second {
        let (head, tail) = proof.split_first().ok_or(ProofError::Length)?;
        (old, rest) = (*head, tail);
    }
    let mut new = old;
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if second & 1 == 1 || second == last {
            if first < second {
                old = node_hash(sibling, &old);
            }
            new = node_hash(sibling, &new);
            while second & 1 == 0 && second != 0 {
                (first, second, last) = (first >> 1, second >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, sibling);
        }
        (first, second, last) = (first >> 1, second >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old == *subtree_root && new == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Root of the tree over `leaves`, an aligned range, from the stored hashes of complete subtrees.
///
/// # Errors
///
/// What `hash_at` fails with.
pub fn root_of<E>(leaves: Leaves, hash_at: &mut impl FnMut(Node) -> Result<[u8; 32], E>) -> Result<[u8; 32], E> {
    let (mut start, mut lefts) = (leaves.start, Vec::new());
    while let Some(level) = leaves.end.saturating_sub(start).checked_ilog2() {
        lefts.push(hash_at(Node { level, index: start >> level })?);
        start += 1 << level;
    }
    let mut lefts = lefts.into_iter().rev();
    let Some(last) = lefts.next() else { return Ok(EMPTY_ROOT) };
    Ok(lefts.fold(last, |right, left| node_hash(&left, &right)))
}

/// Makes the proof that leaf `index` is in the tree of `size` leaves (RFC 9162 §2.1.3.1); `None` if it is not.
///
/// # Errors
///
/// What `hash_at` fails with.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut hash_at: impl FnMut(Node) -> Result<[u8; 32], E>,
) -> Result<Option<Vec<[u8; 32]>>, E> {
    if index >= size {
        return Ok(None);
    }
    let mut within = Leaves::first(size);
    let mut proof = Vec::new();
    while let Some(split) = split(within) {
        let (left, right) = (Leaves { start: within.start, end: split }, Leaves { start: split, end: within.end });
        let (here, beside) = if index < split { (left, right) } else { (right, left) };
        proof.push(root_of(beside, &mut hash_at)?);
        within = here;
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Makes the proof that the tree of `new_size` leaves only added to the one of `old_size` (RFC 9162 §2.1.4.1); `None` if
/// `old_size` is zero or larger than `new_size`.
///
/// # Errors
///
/// What `hash_at` fails with.
pub fn consistency<E>(
    old_size: u64,
    new_size: u64,
    mut hash_at: impl FnMut(Node) -> Result<[u8; 32], E>,
) -> Result<Option<Vec<[u8; 32]>>, E> {
    if old_size == 0 || old_size > new_size {
        return Ok(None);
    }
    let mut within = Leaves::first(new_size);
    let mut proof = Vec::new();
    while within.end > old_size {
        let Some(split) = split(within) else { break };
        let (left, right) = (Leaves { start: within.start, end: split }, Leaves { start: split, end: within.end });
        let (here, beside) = if old_size <= split { (left, right) } else { (right, left) };
        proof.push(root_of(beside, &mut hash_at)?);
        within = here;
    }
    if within.start != 0 {
        proof.push(root_of(within, &mut hash_at)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Where a tree over these leaves divides: after the largest power of two below their count; `None` for a single leaf.
fn split(leaves: Leaves) -> Option<u64> {
    let below = leaves.end.checked_sub(leaves.start)?.checked_sub(1)?;
    Some(leaves.start + (1 << below.checked_ilog2()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tree::{Frontier, leaf_hash};
    use alloc::collections::BTreeMap;
    use core::convert::Infallible;

    const LEAVES: u64 = 70;

    fn grown() -> (BTreeMap<Node, [u8; 32]>, Vec<[u8; 32]>) {
        let (mut stored, mut edge) = (BTreeMap::new(), Frontier::new());
        let mut roots = Vec::from([edge.root()]);
        for n in 0..LEAVES {
            edge.push(leaf_hash(&n.to_be_bytes()), |node, hash| {
                stored.insert(node, *hash);
                Ok::<_, Infallible>(())
            })
            .unwrap();
            roots.push(edge.root());
        }
        (stored, roots)
    }

    #[test]
    fn every_leaf_is_proven_in_every_tree_that_has_it_and_in_no_other_place() {
        let (stored, roots) = grown();
        for (size, root) in (0..).zip(roots) {
            for index in 0..size {
                let proof = inclusion(index, size, |node| Ok::<_, Infallible>(stored[&node])).unwrap().unwrap();
                let leaf = leaf_hash(&index.to_be_bytes());
                assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()), "{index} of {size}");
                assert_ne!(verify_inclusion(&leaf, index ^ 1, size, &proof, &root), Ok(()), "{index} of {size}");
            }
            assert_eq!(inclusion(size, size, |node| Ok::<_, Infallible>(stored[&node])), Ok(None));
        }
    }

    #[test]
    fn every_tree_is_proven_to_extend_every_earlier_one_and_no_other_root() {
        let (stored, roots) = grown();
        for (new, to) in (0..).zip(&roots) {
            for (old, from) in (1..=new).zip(roots.iter().skip(1)) {
                let proof = consistency(old, new, |node| Ok::<_, Infallible>(stored[&node])).unwrap().unwrap();
                assert_eq!(verify_consistency(old, from, new, to, &proof), Ok(()), "{old} to {new}");
                assert_ne!(verify_consistency(old, &[0; 32], new, to, &proof), Ok(()), "{old} to {new}");
            }
        }
        assert_eq!(consistency(0, 5, |node| Ok::<_, Infallible>(stored[&node])), Ok(None));
        assert_eq!(consistency(6, 5, |node| Ok::<_, Infallible>(stored[&node])), Ok(None));
    }
}
