//! Deployments to groups, counts that are kept, homes that stay silent, and who set what of a device.

use std::collections::BTreeMap;

use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::Quarantine;
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, BulkChange, BulkState, Item, ItemState};
use holdfast_domain::fleet::group::{Group, GroupChange, Members};
use holdfast_domain::fleet::origin::{Of, Origin};
use holdfast_domain::homes::{HomeChange, Ownership};
use holdfast_domain::updates::choice::{Choice, Chosen, Wish};
use holdfast_domain::updates::{DeploymentState, Execution, ExecutionState, ReleaseKind};
use holdfast_store::updates::{MOMENTS_MAX, Moment};

use crate::fixture::{Home, at, deployment, device_id, person, person_id, release, release_id};

/// What the store says of a deployment's runs, and what its runs say.
fn both(home: &Home, n: u8) -> [BTreeMap<(u32, String), u64>; 2] {
    let id = deployment(n).0.id;
    let kept = home.store.execution_counts(id).unwrap();
    let kept = kept.into_iter().map(|count| ((count.phase, count.state), count.devices)).collect();
    let mut counted = BTreeMap::new();
    for run in home.store.executions(id, None, None, 1_000).unwrap() {
        *counted.entry((run.phase, run.state.name().to_owned())).or_default() += 1;
    }
    [kept, counted]
}

#[test]
fn kept_counts_are_the_counts_whatever_happens_to_runs() {
    let home = Home::with_devices(6);
    home.put(Change::AddRelease(release(2)));
    let (deployment, executions) = deployment(2);
    home.put(Change::AddDeployment { deployment: deployment.clone(), executions: executions.clone() });
    let [kept, counted] = both(&home, 2);
    assert_eq!(kept, counted);
    for (at, state) in [
        ExecutionState::Downloading,
        ExecutionState::Downloading,
        ExecutionState::Installing,
        ExecutionState::Failed("no-space".to_owned()),
        ExecutionState::Failed("no-space".to_owned()),
        ExecutionState::Declined,
        ExecutionState::Queued,
        ExecutionState::Succeeded,
    ]
    .into_iter()
    .enumerate()
    {
        // What is refused counts nothing.
        let change = Change::SetExecution(Execution { state, ..executions[at % 3].clone() });
        let _ = home.store.commit(holdfast_domain::decision::Decision::quiet(vec![change]));
        let [kept, counted] = both(&home, 2);
        assert_eq!(kept, counted, "after step {at}");
    }
    let joined: Vec<Execution> =
        [3, 4].map(|n| Execution { device: device_id(n), phase: 1, ..executions[0].clone() }).to_vec();
    home.put(Change::AddRuns { deployment: deployment.id, phase: 1, executions: joined.clone() });
    let [kept, counted] = both(&home, 2);
    assert_eq!((kept.values().sum::<u64>(), &kept), (5, &counted));
    let again = Change::AddRuns { deployment: deployment.id, phase: 1, executions: joined.clone() };
    assert_eq!(home.refused(again), "deployment-device-twice");
    let nowhere = Change::AddRuns { deployment: deployment.id, phase: 7, executions: joined };
    assert_eq!(home.refused(nowhere), "deployment-unknown");
    let [kept, counted] = both(&home, 2);
    assert_eq!(kept, counted);
    let plan = home.store.deployment(deployment.id).unwrap().unwrap().plan;
    assert_eq!(plan.phases[1].devices, [device_id(2), device_id(3), device_id(4)]);
    let to_move = home.store.deployment_to_move(deployment.id, 1).unwrap().unwrap();
    assert_eq!(to_move.plan.phases[1].devices, [device_id(2)]);
    assert_eq!(home.store.deployment_devices(deployment.id).unwrap().len(), 5);
}

#[test]
fn a_phase_starts_once_and_a_pause_does_not_start_it_again() {
    let home = Home::with_devices(3);
    home.put(Change::AddRelease(release(2)));
    let (deployment, executions) = deployment(2);
    let id = deployment.id;
    home.put(Change::AddDeployment { deployment, executions });
    let move_to = |to, at| home.put(Change::SetDeploymentState { deployment: id, to, at });
    move_to(DeploymentState::Running { phase: 0 }, at(10));
    move_to(DeploymentState::Paused { phase: 0 }, at(20));
    move_to(DeploymentState::Running { phase: 0 }, at(30));
    move_to(DeploymentState::Running { phase: 1 }, at(40));
    let started = |home: &Home| -> Vec<Option<Timestamp>> {
        home.store.deployment_head(id).unwrap().unwrap().plan.phases.iter().map(|phase| phase.started).collect()
    };
    assert_eq!(started(&home), [Some(at(10)), Some(at(40))]);
}

#[test]
fn a_home_is_silent_when_its_time_is_over_and_nobody_said_yes() {
    let home = Home::with_devices(3);
    home.put(Change::AddRelease(release(2)));
    home.put(Change::AddPerson(person(1)));
    let (deployment, executions) = deployment(2);
    home.put(Change::AddDeployment { deployment: deployment.clone(), executions: executions.clone() });
    let running = DeploymentState::Running { phase: 1 };
    home.put(Change::SetDeploymentState { deployment: deployment.id, to: running, at: at(100) });
    let own = |n, since| {
        home.put(Change::Home(HomeChange::AddOwnership(Ownership {
            device: device_id(n),
            person: person_id(1),
            since: at(since),
            nickname: None,
        })));
    };
    own(0, 50);
    own(2, 160);
    let silent = |kind, asked, now| home.store.silent_homes(&deployment, (1, kind), at(asked), at(now)).unwrap();
    assert_eq!(silent(ReleaseKind::Feature, 99, 200), [], "nobody was asked before the phase started");
    assert_eq!(silent(ReleaseKind::Feature, 150, 200), [(0, 1)], "the other one got the device later");
    assert_eq!(silent(ReleaseKind::Feature, 170, 200), [(0, 1), (1, 1)]);
    assert_eq!(silent(ReleaseKind::Security, 170, 200), [], "nobody has to say yes to that");
    let says = |n, wish| {
        home.put(Change::SetChoice(Choice {
            device: device_id(n),
            release: release_id(2),
            manifest_digest: [2; 32],
            chosen: Chosen { wish, person: person_id(1), session: None, at: at(180) },
        }));
    };
    says(0, Wish::Now);
    assert_eq!(silent(ReleaseKind::Feature, 170, 200), [(1, 1)], "a yes holds the phase until the device comes");
    says(0, Wish::Later { until: at(300) });
    assert_eq!(silent(ReleaseKind::Feature, 170, 200), [(0, 1), (1, 1)]);
    assert_eq!(silent(ReleaseKind::Security, 170, 200), [(0, 1)], "put off again and again it holds nobody either");
    assert_eq!(silent(ReleaseKind::Security, 170, 301), [], "by then it goes by itself");
    let begun = Execution { state: ExecutionState::Downloading, ..executions[2].clone() };
    assert_eq!(begun.device, device_id(2));
    home.put(Change::SetExecution(begun));
    assert_eq!(silent(ReleaseKind::Feature, 170, 200), [(0, 1)]);
}

#[test]
fn moments_are_kept_thin_and_begin_where_they_began() {
    let home = Home::with_devices(3);
    home.put(Change::AddRelease(release(2)));
    let (deployment, executions) = deployment(2);
    let id = deployment.id;
    home.put(Change::AddDeployment { deployment, executions });
    let moment = |second| Moment {
        at: at(second),
        waiting: 3,
        under_way: 0,
        succeeded: u64::try_from(second).unwrap(),
        failed: 0,
        rolled_back: 0,
        aside: 0,
    };
    for second in 0..600 {
        home.store.keep_moment(id, moment(second)).unwrap();
    }
    home.store.keep_moment(id, moment(599)).unwrap();
    let kept = home.store.moments(id).unwrap();
    assert!(kept.len() as u64 <= MOMENTS_MAX && kept.len() as u64 > MOMENTS_MAX / 2, "{}", kept.len());
    assert_eq!((kept.first(), kept.last()), (Some(&moment(0)), Some(&moment(599))));
    assert!(kept.windows(2).all(|pair| pair[0].at < pair[1].at));
}

fn origin(of: Of, by: u8, second: i64) -> Change {
    Change::SetOrigin(Origin { device: device_id(0), of, by: person_id(by), at: at(second) })
}

#[test]
fn who_set_what_is_known_until_something_else_sets_it() {
    let home = Home::with_devices(1);
    let group: holdfast_core::id::GroupId = "beta-testers".parse().unwrap();
    let members = Members::Listed;
    let made = Group { id: group.clone(), about: String::new(), members, created: at(1), created_by: person_id(1) };
    home.put(Change::Group(GroupChange::Put(made)));
    let quarantine = |since| {
        let to = Some(Quarantine { since, reason: "by-person".to_owned() });
        home.put(Change::SetQuarantine { device: device_id(0), to });
    };
    quarantine(at(2));
    home.put(origin(Of::Quarantine, 1, 2));
    home.put(origin(Of::Desired("mode/ü".to_owned()), 1, 3));
    home.put(origin(Of::Group(group.clone()), 1, 4));
    home.put(origin(Of::Group(group.clone()), 2, 5));
    let known = || {
        let rows = home.store.origins(&device_id(0)).unwrap();
        rows.into_iter().map(|row| (row.of.to_string(), row.by, row.at)).collect::<Vec<_>>()
    };
    assert_eq!(
        known(),
        [
            ("desired/mode/ü".to_owned(), person_id(1), at(3)),
            ("group/beta-testers".to_owned(), person_id(2), at(5)),
            ("quarantine".to_owned(), person_id(1), at(2)),
        ]
    );
    quarantine(at(9));
    assert_eq!(known().len(), 2, "evidence and playbooks set it as nobody");
    home.put(Change::Group(GroupChange::Remove(group)));
    assert_eq!(known().len(), 1, "a group of the same name is another group");
}

#[test]
fn what_an_act_on_many_keeps_of_a_home_goes_with_the_home() {
    let home = Home::with_devices(2);
    let id = holdfast_core::id::BulkId::new(at(1), [1; 10]);
    let patch = holdfast_domain::telemetry::value::FieldPatch::parse(r#"{"mode":"manual"}"#).unwrap();
    let bulk = Bulk {
        id,
        act: BulkAct::Desired(patch),
        chosen: String::new(),
        reason: String::new(),
        by: person_id(1),
        ordered: at(1),
        state: BulkState::Running,
        devices: 2,
        changed: 0,
        refused: 0,
        restored: 0,
        kept: 0,
        done: None,
        undone_by: None,
        undone: None,
    };
    let devices = vec![device_id(0), device_id(1)];
    home.put(Change::Bulk(BulkChange::Start { bulk: Box::new(bulk), devices }));
    for n in [0, 1] {
        home.put(Change::Bulk(BulkChange::Settle(Item {
            bulk: id,
            device: device_id(n),
            state: ItemState::Changed,
            why: None,
            before: Some(r#"{"mode":"away for two weeks"}"#.to_owned()),
            at: Some(at(5)),
        })));
    }
    home.put(origin(Of::Desired("mode".to_owned()), 1, 5));
    home.put(origin(Of::Quarantine, 1, 5));
    let before = || home.store.bulk_items(id, None, None, 9).unwrap().into_iter().map(|item| item.before.is_some());
    home.store.sweep_home(&device_id(0), at(4), at(4)).unwrap();
    assert_eq!(before().collect::<Vec<_>>(), [true, true], "that is of the home that came after");
    home.store.sweep_home(&device_id(0), at(6), at(6)).unwrap();
    assert_eq!(before().collect::<Vec<_>>(), [false, true]);
    let left: Vec<String> = home.store.origins(&device_id(0)).unwrap().iter().map(|row| row.of.to_string()).collect();
    assert_eq!(left, ["quarantine"]);
}
