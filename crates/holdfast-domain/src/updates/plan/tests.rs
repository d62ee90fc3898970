//! Behaviour of the planner.

use super::*;
use crate::fixture::{NOW, deployment, deployment_id, device, device_id, fleet, person, release, running};

fn phase(share: Share) -> WishedPhase {
    WishedPhase { share, success_percent: 90 }
}

fn percents(percents: &[u8]) -> Wish {
    Wish {
        phases: percents.iter().map(|percent| phase(Share::Percent(*percent))).collect(),
        abort_threshold_percent: 20,
        min_devices: 5,
        deadline: Millis::from_secs(3_600),
    }
}

fn plan(n: u8, fleet: &[Device], wish: &Wish) -> Result<Vec<Vec<DeviceId>>, &'static str> {
    let release = release(2);
    let facts = PlanFacts { release: &release, fleet, open: &[], group: None };
    let decision = create_deployment(deployment_id(n), &facts, wish, &person(), NOW).map_err(|r| r.name())?;
    match decision.changes.into_iter().next_back() {
        Some(Change::AddDeployment { deployment, executions }) => {
            let phases: Vec<Vec<DeviceId>> = deployment.plan.phases.into_iter().map(|phase| phase.devices).collect();
            assert_eq!(executions.len(), phases.iter().map(Vec::len).sum::<usize>());
            Ok(phases)
        }
        other => panic!("{other:?}"),
    }
}

fn sizes(phases: &[Vec<DeviceId>]) -> Vec<usize> {
    phases.iter().map(Vec::len).collect()
}

#[test]
fn shares_are_of_the_whole_fleet_and_the_last_phase_takes_the_remainder() {
    let phases = plan(1, &fleet(1_000), &percents(&[1, 10, 100])).expect("planned");
    assert_eq!(sizes(&phases), [10, 90, 900]);
    let every: BTreeSet<&DeviceId> = phases.iter().flatten().collect();
    assert_eq!(every.len(), 1_000, "each device once");
    assert_eq!(sizes(&plan(1, &fleet(8), &percents(&[1, 5, 100])).expect("planned")), [1, 7], "no empty phase");
}

#[test]
fn the_same_deployment_is_planned_the_same_and_another_one_draws_other_canaries() {
    let (one, same) = (plan(1, &fleet(500), &percents(&[1, 100])), plan(1, &fleet(500), &percents(&[1, 100])));
    let other = plan(2, &fleet(500), &percents(&[1, 100])).expect("planned");
    assert_eq!(one, same);
    assert_ne!(one.expect("planned")[0], other[0]);
}

#[test]
fn listed_devices_go_where_they_are_listed() {
    let chosen = vec![device_id(7), device_id(3)];
    let wish =
        Wish { phases: vec![phase(Share::Devices(chosen.clone())), phase(Share::Percent(100))], ..percents(&[100]) };
    let phases = plan(1, &fleet(10), &wish).expect("planned");
    assert_eq!((phases[0].clone(), phases[1].len()), (chosen.clone(), 8));
    let only = Wish { phases: vec![phase(Share::Devices(chosen))], ..percents(&[100]) };
    assert_eq!(sizes(&plan(1, &fleet(10), &only).expect("planned")), [2], "a list alone reaches nobody else");
}

#[test]
fn devices_that_cannot_or_need_not_install_it_are_left_out() {
    let mut fleet = fleet(4);
    fleet[0].enrolment = Enrolment::Revoked;
    fleet[1].software = Some(running(2));
    fleet[2].software = Some(running(1));
    let phases = plan(1, &fleet, &percents(&[100])).expect("planned");
    let planned: BTreeSet<DeviceId> = phases.into_iter().flatten().collect();
    assert_eq!(planned, [fleet[2].id.clone(), fleet[3].id.clone()].into());
}

#[test]
fn a_wish_that_makes_no_plan_is_refused_by_name() {
    let fleet = fleet(10);
    let check = |wish: Wish| plan(1, &fleet, &wish).map(drop);
    let listed = |ids: &[u32]| phase(Share::Devices(ids.iter().map(|n| device_id(*n)).collect()));
    assert_eq!(check(percents(&[])), Err("phase-count"));
    assert_eq!(check(percents(&[1; 17])), Err("phase-count"));
    assert_eq!(check(percents(&[10, 10, 100])), Err("percentage-out-of-range"));
    assert_eq!(check(percents(&[0, 100])), Err("percentage-out-of-range"));
    assert_eq!(check(percents(&[101])), Err("percentage-out-of-range"));
    assert_eq!(check(percents(&[10, 50])), Err("remainder-left-out"));
    assert_eq!(check(Wish { abort_threshold_percent: 0, ..percents(&[100]) }), Err("percentage-out-of-range"));
    assert_eq!(check(Wish { min_devices: 0, ..percents(&[100]) }), Err("limits-out-of-range"));
    assert_eq!(check(Wish { deadline: Millis(4_999), ..percents(&[100]) }), Err("limits-out-of-range"));
    assert_eq!(check(Wish { phases: vec![listed(&[99])], ..percents(&[100]) }), Err("device-not-eligible"));
    assert_eq!(
        check(Wish { phases: vec![listed(&[1]), listed(&[1])], ..percents(&[100]) }),
        Err("device-listed-twice")
    );
    assert_eq!(plan(1, &[], &percents(&[100])), Err("no-devices"));
    let other = Device { product: "porch-camera".parse().expect("an id"), ..device() };
    assert_eq!(plan(1, &[other], &percents(&[100])), Err("no-devices"));
}

#[test]
fn a_deployment_to_a_group_names_only_the_devices_of_its_first_phase() {
    let (release, members) = (release(2), fleet(100));
    let group: GroupId = "beta-testers".parse().expect("a group");
    let facts = PlanFacts { release: &release, fleet: &members, open: &[], group: Some(&group) };
    let wish = percents(&[10, 50, 100]);
    let decision = create_deployment(deployment_id(1), &facts, &wish, &person(), NOW).expect("planned");
    let Some(Change::AddDeployment { deployment, executions }) = decision.changes.last() else { panic!() };
    let phases = &deployment.plan.phases;
    assert_eq!(phases.iter().map(|phase| phase.devices.len()).collect::<Vec<_>>(), [10, 0, 0]);
    assert_eq!(phases.iter().map(|phase| phase.share_percent).collect::<Vec<_>>(), [Some(10), Some(50), Some(100)]);
    assert_eq!((executions.len(), phases[0].started, deployment.group.as_ref()), (10, Some(NOW), Some(&group)));
    let named = Wish { phases: vec![phase(Share::Devices(vec![device_id(1)]))], ..percents(&[100]) };
    let refused = create_deployment(deployment_id(1), &facts, &named, &person(), NOW).map(drop);
    assert_eq!(refused, Err(PlanRefusal::GroupByShares));
    let facts = PlanFacts { fleet: &[], ..facts };
    assert_eq!(
        create_deployment(deployment_id(1), &facts, &wish, &person(), NOW).map(drop),
        Err(PlanRefusal::NoDevices)
    );
}

#[test]
fn who_joins_a_later_phase_is_told_by_the_group_as_it_stands_then() {
    let (release, members) = (release(2), fleet(40));
    let joined = |members: &[Device], known: &BTreeSet<DeviceId>, percent| {
        joiners(deployment_id(1), &release, members, known, percent)
    };
    let first: BTreeSet<DeviceId> = joined(&members, &BTreeSet::new(), 10).into_iter().collect();
    assert_eq!(first.len(), 4);
    // Half of the group left meanwhile, ten others came: half of those who are or were in it are reached.
    let now: Vec<Device> = fleet(50).split_off(20);
    let stayed = now.iter().filter(|device| !first.contains(&device.id)).count();
    let next = joined(&now, &first, 50);
    assert_eq!(next.len(), (4 + stayed).div_ceil(2) - 4);
    assert!(next.iter().all(|id| !first.contains(id) && now.iter().any(|device| device.id == *id)));
    assert_eq!(joined(&now, &first, 100).len(), stayed, "the last phase takes the rest");
    assert!(joined(&[], &first, 100).is_empty(), "a group that is gone has nobody");
}

#[test]
fn a_newer_release_ends_open_deployments_of_older_ones() {
    let (release, fleet) = (release(3), fleet(3));
    let open = [(deployment(1), 2)];
    let facts = PlanFacts { release: &release, fleet: &fleet, open: &open, group: None };
    let decision = create_deployment(deployment_id(9), &facts, &percents(&[100]), &person(), NOW).expect("planned");
    let aborted = DeploymentState::Aborted { reason: "superseded".to_owned() };
    assert_eq!(decision.changes[0], Change::SetDeploymentState { deployment: open[0].0.id, to: aborted, at: NOW });

    let newer = [(deployment(1), 3)];
    let facts = PlanFacts { open: &newer, ..facts };
    let refusal = create_deployment(deployment_id(9), &facts, &percents(&[100]), &person(), NOW);
    assert_eq!(refusal, Err(PlanRefusal::NewerDeploymentOpen));
    let withdrawn = Release { withdrawn: true, ..release.clone() };
    let facts = PlanFacts { release: &withdrawn, open: &[], ..facts };
    let refusal = create_deployment(deployment_id(9), &facts, &percents(&[100]), &person(), NOW);
    assert_eq!(refusal, Err(PlanRefusal::ReleaseWithdrawn));
}

#[test]
fn a_fleet_of_140_000_is_planned_in_one_pass_with_bounded_nudges() {
    let (release, fleet) = (release(2), fleet(140_000));
    let facts = PlanFacts { release: &release, fleet: &fleet, open: &[], group: None };
    let decision =
        create_deployment(deployment_id(1), &facts, &percents(&[1, 10, 100]), &person(), NOW).expect("planned");
    let Some(Change::AddDeployment { deployment, executions }) = decision.changes.last() else { panic!() };
    let sizes: Vec<usize> = deployment.plan.phases.iter().map(|phase| phase.devices.len()).collect();
    assert_eq!((sizes, executions.len()), (vec![1_400, 12_600, 126_000], 140_000));
    assert!(decision.effects.len() <= 1_001);
}
