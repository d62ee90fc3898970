//! Decisions as a whole: all or nothing, also in a group, also from many threads.

use std::thread;

use holdfast_core::ledger::tree::{Frontier, leaf_hash};
use holdfast_domain::decision::{Change, Decision, Effect};
use holdfast_domain::fleet::Enrolment;
use holdfast_store::wait;

use crate::fixture::*;

fn accept(n: u32) -> Decision {
    Decision::new(vec![Change::SetEnrolment { device: device_id(n), to: Enrolment::Accepted }], line(n))
        .with_effect(Effect::PushPolicy(device_id(n)))
}

#[test]
fn a_refused_decision_leaves_no_change_no_line_and_no_effect() {
    let home = Home::empty();
    let mut decision = accept(9);
    decision.changes.insert(0, Change::PutProduct(product()));
    assert_eq!(home.store.commit(decision).unwrap_err().name(), "device-unknown");
    assert_eq!(home.store.products().unwrap(), []);
    assert_eq!(home.store.ledger_head().unwrap().size, 0);
    assert_eq!(home.store.outbox_pending(9).unwrap(), []);
}

#[test]
fn refused_decisions_in_the_middle_of_a_group_leave_the_others_applied() {
    let home = Home::with_devices(100);
    let queued: Vec<_> = (0..200).map(|n| (n, home.store.commit_async(accept(n % 2 * 1_000 + n / 2)))).collect();
    let mut leaves = Vec::new();
    for (n, answer) in queued {
        match wait(answer) {
            Ok(committed) => leaves.push(committed.leaf.unwrap()),
            Err(refused) => assert_eq!((n % 2, refused.name()), (1, "device-unknown")),
        }
    }
    assert_eq!(leaves, (0..100).collect::<Vec<_>>());
    let counts = home.store.fleet_counts(at(0)).unwrap();
    assert_eq!((counts.accepted, counts.preauthorised), (100, 0));
    assert_eq!(home.store.outbox_pending(1_000).unwrap().len(), 100);
    let mut edge = Frontier::new();
    for leaf in home.store.ledger_leaves(0, 1_000).unwrap() {
        edge.push(leaf_hash(leaf.line.as_bytes()), |_, _| Ok::<_, ()>(())).unwrap();
    }
    let head = home.store.ledger_head().unwrap();
    assert_eq!((head.size, head.root), (edge.size(), edge.root()));
}

#[test]
fn of_decisions_made_for_the_same_version_exactly_one_is_committed() {
    let home = Home::with_devices(1);
    let won: usize = thread::scope(|scope| {
        let committers: Vec<_> = (0..8)
            .map(|who| {
                let store = home.store.clone();
                scope.spawn(move || {
                    (0..25_u64)
                        .filter(|version| {
                            while store.shadow(&device_id(0)).unwrap().version < *version {
                                thread::yield_now();
                            }
                            let change = Change::SetDesired {
                                device: device_id(0),
                                from_version: *version,
                                desired: format!("{{\"by\":{who}}}"),
                            };
                            match store.commit(Decision::new(vec![change], line(0))) {
                                Ok(_) => true,
                                Err(refused) => {
                                    assert_eq!(refused.name(), "shadow-version-stale");
                                    false
                                }
                            }
                        })
                        .count()
                })
            })
            .collect();
        committers.into_iter().map(|c| c.join().unwrap()).sum()
    });
    assert_eq!(won, 25);
    assert_eq!(home.store.shadow(&device_id(0)).unwrap().version, 25);
    assert_eq!(home.store.ledger_head().unwrap().size, 25);
}

#[test]
fn an_answer_nobody_waits_for_does_not_undo_the_work() {
    let home = Home::with_devices(2);
    drop(home.store.commit_async(accept(0)));
    home.store.commit(accept(1)).unwrap();
    assert_eq!(home.store.fleet_counts(at(0)).unwrap().accepted, 2);
}

#[test]
fn a_future_of_the_store_is_answered_inside_a_runtime() {
    let home = Home::with_devices(2);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let leaf = runtime.block_on(async { home.store.commit_async(accept(0)).await.unwrap().leaf });
    assert_eq!(leaf, Some(0));
    let store = home.store.clone();
    let blocking = runtime.block_on(async move { store.commit(accept(1)).unwrap().leaf });
    assert_eq!(blocking, Some(1), "even where it should not be called, a blocking call ends");
}
