//! The ledger's rows: proofs verify, lines are found by device, heads only go forward.

use holdfast_core::ledger::proof::{verify_consistency, verify_inclusion};
use holdfast_core::ledger::tree::{Frontier, leaf_hash};
use holdfast_domain::decision::Decision;
use holdfast_store::ledger::SignedHead;

use crate::fixture::*;

#[test]
fn every_stored_line_is_proven_in_the_head_and_every_head_extends_the_earlier_ones() {
    let home = Home::empty();
    let mut roots = Vec::new();
    for n in 0..20 {
        home.store.commit(Decision::new(Vec::new(), line(n))).unwrap();
        roots.push(home.store.ledger_head().unwrap().root);
    }
    let store = &home.store;
    for (size, root) in (1_u64..).zip(&roots) {
        for leaf in store.ledger_leaves(0, u32::try_from(size).unwrap()).unwrap() {
            let proof = store.inclusion_proof(leaf.index, size).unwrap().unwrap();
            assert_eq!(leaf.hash, leaf_hash(leaf.line.as_bytes()));
            verify_inclusion(&leaf.hash, leaf.index, size, &proof, root).unwrap();
        }
        let proof = store.consistency_proof(size, 20).unwrap().unwrap();
        verify_consistency(size, root, 20, &roots[19], &proof).unwrap();
    }
    assert_eq!(store.inclusion_proof(0, 21).unwrap(), None, "a tree that is not there yet");
    assert_eq!(store.consistency_proof(20, 21).unwrap(), None);
    assert_eq!(store.ledger_leaves(u64::MAX, 9).unwrap(), []);
}

#[test]
fn lines_that_name_a_device_are_found_newest_first() {
    let home = Home::empty();
    for n in [1, 2, 1, 3, 1] {
        home.store.commit(Decision::new(Vec::new(), line(n))).unwrap();
    }
    let places = |before| -> Vec<u64> {
        let found = home.store.ledger_leaves_of(&device_id(1), before, 9).unwrap();
        found.into_iter().map(|leaf| leaf.index).collect()
    };
    assert_eq!(places(None), [4, 2, 0]);
    assert_eq!(places(Some(2)), [0]);
    assert_eq!(home.store.ledger_count("device-enrolled").unwrap(), 5);
    assert_eq!(home.store.ledger_count("device-revoked").unwrap(), 0);
}

#[test]
fn a_signed_head_never_goes_back_and_never_covers_what_is_not_there() {
    let home = Home::empty();
    for n in 0..3 {
        home.store.commit(Decision::new(Vec::new(), line(n))).unwrap();
    }
    let head = |size| SignedHead { size, note: format!("head {size}") };
    let refused = |size| home.store.put_checkpoint(head(size)).unwrap_err().name();
    home.store.put_checkpoint(head(2)).unwrap();
    home.store.put_checkpoint(head(3)).unwrap();
    assert_eq!((refused(2), refused(4)), ("checkpoint-older", "checkpoint-ahead"));
    assert_eq!(home.store.latest_checkpoint().unwrap(), Some(head(3)));
}

#[test]
fn a_line_without_device_and_a_decision_without_line_are_kept_as_they_are() {
    let home = Home::empty();
    assert_eq!(home.store.ledger_head().unwrap().root, Frontier::new().root());
    assert_eq!(home.store.commit(Decision::quiet(Vec::new())).unwrap().leaf, None);
    let line = holdfast_domain::decision::LedgerLine::new("trust-accepted", at(1)).fact("version", 7);
    home.store.commit(Decision::new(Vec::new(), line.clone())).unwrap();
    assert_eq!(home.store.ledger_leaves(0, 9).unwrap()[0].line, line.to_string());
}
