//! Every change reads back as it was written, room by room, and what does not fit is refused by name.

use holdfast_domain::decision::Change;
use holdfast_domain::fleet::{
    CertificateState, CommandOutcome, Enrolment, KeyThumbprint, Quarantine, Shadow, Software,
};
use holdfast_domain::integrity::{Alert, Appraisal, Severity, Verdict};
use holdfast_domain::people::session::SessionKind;
use holdfast_domain::people::{ApiToken, Session, SignInLink};
use holdfast_domain::updates::{DeploymentState, ExecutionState, TrustVersion};
use holdfast_store::fleet::{DeviceFilter, FleetCounts, Touch};
use holdfast_store::integrity::{AlertFilter, Refused};
use holdfast_store::wait;

use crate::fixture::*;

#[test]
fn products_and_batches_read_back_and_a_product_can_be_replaced() {
    let home = Home::with_devices(2);
    let mut changed = product();
    changed.title = "Hearth 2".to_owned();
    home.put(Change::PutProduct(changed.clone()));
    assert_eq!(home.store.products().unwrap(), [changed.clone()]);
    assert_eq!(home.store.product(&product_id()).unwrap(), Some(changed));
    let counts = home.store.product_counts(&product_id()).unwrap();
    assert_eq!((counts.devices, counts.releases, counts.batches), (2, 0, 1));
    assert_eq!(home.store.batches().unwrap().len(), 1);
    assert_eq!(home.store.batch(batch_id(1)).unwrap().unwrap().devices, 2);
    assert_eq!(home.store.claim_code(&device_id(1)).unwrap().unwrap().hash, [8; 32]);
    assert_eq!(home.refused(batch(1, 5..6)), "batch-known");
    let Change::AddBatch { batch, mut devices, claims } = batch(2, 1..2) else { unreachable!() };
    devices[0].factory_key = key(77);
    assert_eq!(home.refused(Change::AddBatch { batch, devices, claims }), "device-known");
}

#[test]
fn a_device_known_by_key_is_refused_under_another_id_and_nothing_of_its_batch_stays() {
    let home = Home::with_devices(2);
    let Change::AddBatch { batch, mut devices, claims } = batch(2, 7..9) else { unreachable!() };
    devices[1].factory_key = key(0);
    assert_eq!(home.refused(Change::AddBatch { batch, devices, claims }), "factory-key-known");
    assert_eq!(home.store.device(&device_id(7)).unwrap(), None);
    assert_eq!(home.store.batch(batch_id(2)).unwrap(), None);
    assert_eq!(home.store.known_devices(&[device_id(7), device_id(1)]).unwrap(), [device_id(1)]);
    assert_eq!(home.store.known_factory_keys(&[key(7), key(1)]).unwrap(), [key(1)]);
}

#[test]
fn a_device_keeps_its_state_quarantine_software_and_signs_of_life() {
    let home = Home::with_devices(1);
    let mut expected = device(1, 0);
    assert_eq!(home.store.device(&expected.id).unwrap().as_ref(), Some(&expected));
    expected.enrolment = Enrolment::Accepted;
    expected.quarantine = Some(Quarantine { since: at(3), reason: "slot-digest-unknown".to_owned() });
    expected.software =
        Some(Software { version: "1.0.0".to_owned(), sequence: 1, image_digest: [3; 32], slot: 'b', at: at(4) });
    expected.last_seen = Some(at(6));
    expected.online_until = Some(at(7));
    let device = expected.id.clone();
    home.put(Change::SetEnrolment { device: device.clone(), to: Enrolment::Accepted });
    home.put(Change::SetQuarantine { device: device.clone(), to: expected.quarantine.clone() });
    home.put(Change::SetSoftware { device: device.clone(), software: expected.software.clone().unwrap() });
    let touch = |seen, until| Touch { device: device_id(0), last_seen: at(seen), online_until: at(until) };
    let unknown = Touch { device: device_id(99), ..touch(1, 1) };
    wait(home.store.touch_devices(vec![touch(6, 9), unknown, touch(5, 7)])).unwrap();
    assert_eq!(home.store.device(&device).unwrap().as_ref(), Some(&expected));
    assert_eq!(home.store.device_by_factory_key(&key(0)).unwrap().as_ref(), Some(&expected));
    assert_eq!(home.store.device_by_factory_key(&KeyThumbprint([0; 32])).unwrap(), None);
    home.put(Change::SetQuarantine { device, to: None });
    expected.quarantine = None;
    assert_eq!(home.store.device(&expected.id).unwrap(), Some(expected));
    for change in [
        Change::SetEnrolment { device: device_id(9), to: Enrolment::Accepted },
        Change::SetQuarantine { device: device_id(9), to: None },
    ] {
        assert_eq!(home.refused(change), "device-unknown");
    }
}

#[test]
fn devices_are_filtered_paged_and_counted() {
    let home = Home::with_devices(30);
    for n in 0..10 {
        home.put(Change::SetEnrolment { device: device_id(n), to: Enrolment::Accepted });
    }
    let reason = "by-person".to_owned();
    home.put(Change::SetQuarantine { device: device_id(3), to: Some(Quarantine { since: at(1), reason }) });
    wait(home.store.touch_devices(vec![Touch { device: device_id(4), last_seen: at(1), online_until: at(3) }]))
        .unwrap();
    let check = |filter: DeviceFilter, expected: &[u32]| {
        let found = home.store.devices(&filter, None, 100).unwrap();
        let expected: Vec<_> = expected.iter().map(|n| device_id(*n)).collect();
        assert_eq!(found.into_iter().map(|d| d.id).collect::<Vec<_>>(), expected, "{filter:?}");
    };
    let any = DeviceFilter::default;
    check(DeviceFilter { quarantined: Some(true), ..any() }, &[3]);
    check(DeviceFilter { online: Some((true, at(2))), ..any() }, &[4]);
    check(DeviceFilter { online: Some((true, at(3))), ..any() }, &[]);
    check(DeviceFilter { prefix: Some("hearth-0002".to_owned()), ..any() }, &(20..30).collect::<Vec<_>>());
    check(DeviceFilter { prefix: Some("hearth-_".to_owned()), ..any() }, &[]);
    check(DeviceFilter { product: Some("other".parse().unwrap()), ..any() }, &[]);
    check(DeviceFilter { version: Some("1.0.0".to_owned()), ..any() }, &[]);
    let accepted = DeviceFilter { enrolment: Some(Enrolment::Accepted), quarantined: Some(false), ..any() };
    check(DeviceFilter { online: Some((false, at(2))), ..accepted }, &[0, 1, 2, 5, 6, 7, 8, 9]);
    let (mut seen, mut after) = (0, None);
    loop {
        let page = home.store.devices(&any(), after.as_ref(), 7).unwrap();
        seen += page.len();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
    }
    assert_eq!(seen, 30);
    let counts = FleetCounts { accepted: 10, preauthorised: 20, quarantined: 1, online: 1, ..FleetCounts::default() };
    assert_eq!(home.store.fleet_counts(at(2)).unwrap(), counts);
    assert_eq!(home.store.device_ids(&product_id(), Enrolment::Accepted, Some(&device_id(7)), 9).unwrap().len(), 2);
}

#[test]
fn an_unused_certificate_gives_way_at_once_and_a_proven_one_only_to_a_proven_one() {
    use CertificateState::{Issued, Proven, Revoked, Superseded};
    let home = Home::with_devices(1);
    let states = || -> Vec<_> {
        home.store.certificates(&device_id(0)).unwrap().into_iter().map(|c| (c.serial, c.state)).collect()
    };
    let prove = |serial: &str| Change::ProveCertificate { device: device_id(0), serial: serial.to_owned(), at: at(9) };
    home.put(Change::AddCertificate(certificate(0, "01", 1)));
    assert_eq!(home.store.certificate_by_serial("01").unwrap(), Some(certificate(0, "01", 1)));
    home.put(prove("01"));
    home.put(prove("01"));
    home.put(Change::AddCertificate(certificate(0, "02", 2)));
    home.put(Change::AddCertificate(certificate(0, "03", 3)));
    let expected = [("03".to_owned(), Issued), ("02".to_owned(), Superseded), ("01".to_owned(), Proven)];
    assert_eq!(states(), expected);
    assert_eq!(home.refused(prove("02")), "certificate-not-issued");
    assert_eq!(home.refused(prove("77")), "certificate-unknown");
    home.put(prove("03"));
    assert_eq!(states()[2].1, Superseded);
    assert_eq!(home.refused(Change::AddCertificate(certificate(0, "03", 4))), "certificate-serial-known");
    home.put(Change::RevokeCertificates { device: device_id(0), at: at(9) });
    assert!(states().iter().all(|(_, state)| *state == Revoked));
}

#[test]
fn a_device_revoked_meanwhile_gets_no_certificate_from_an_older_decision() {
    let home = Home::with_devices(1);
    home.put(Change::SetEnrolment { device: device_id(0), to: Enrolment::Revoked });
    assert_eq!(home.refused(Change::AddCertificate(certificate(0, "01", 1))), "device-revoked");
    let accept = Change::SetEnrolment { device: device_id(0), to: Enrolment::Accepted };
    assert_eq!(home.refused(accept), "device-revoked");
}

#[test]
fn a_shadow_counts_its_versions_and_refuses_a_decision_made_for_an_older_one() {
    let home = Home::with_devices(1);
    let device = device_id(0);
    let untouched = home.store.shadow(&device).unwrap();
    assert_eq!((untouched.version, untouched.desired.as_str()), (0, "{}"));
    let desire = |from, n| Change::SetDesired {
        device: device_id(0),
        from_version: from,
        desired: format!("{{\"target\":{n}}}"),
    };
    home.put(desire(0, 20));
    home.put(desire(1, 21));
    assert_eq!(home.refused(desire(1, 22)), "shadow-version-stale");
    let reported = "{\"target\":21}".to_owned();
    home.put(Change::SetReported { device: device.clone(), applied_version: 2, reported: reported.clone(), at: at(4) });
    let expected =
        Shadow { version: 2, desired: reported.clone(), reported, applied_version: 2, reported_at: Some(at(4)) };
    assert_eq!(home.store.shadow(&device).unwrap(), expected);
}

#[test]
fn a_command_is_open_until_it_ends_once() {
    let home = Home::with_devices(2);
    for n in 1..=4 {
        home.put(Change::AddCommand(command(n, 0)));
    }
    assert_eq!(home.store.overdue_commands(at(3), 9).unwrap().len(), 4);
    let outcomes = [
        CommandOutcome::Succeeded("{}".to_owned()),
        CommandOutcome::Failed("valve-stuck".to_owned()),
        CommandOutcome::Expired,
    ];
    for (n, outcome) in (1..).zip(outcomes.clone()) {
        home.put(Change::EndCommand { command: command_id(n), outcome: outcome.clone(), at: at(9) });
        let stored = home.store.command(command_id(n)).unwrap().unwrap();
        assert_eq!((stored.outcome, stored.ended), (Some(outcome), Some(at(9))));
    }
    assert_eq!(home.store.open_commands(&device_id(0)).unwrap(), [command(4, 0)]);
    let page = home.store.commands(&device_id(0), Some(command_id(3)), 1).unwrap();
    assert_eq!(page[0].id, command_id(2));
    let again = |n| Change::EndCommand { command: command_id(n), outcome: CommandOutcome::Expired, at: at(9) };
    assert_eq!(home.refused(again(1)), "command-ended");
    assert_eq!(home.refused(again(9)), "command-unknown");
    assert_eq!(home.refused(Change::AddCommand(command(1, 0))), "command-known");
    assert_eq!(home.refused(Change::AddCommand(command(5, 9))), "device-unknown");
}

#[test]
fn trust_documents_follow_each_other_without_gaps() {
    let home = Home::empty();
    let version = |version| TrustVersion { version, document: vec![7], accepted: at(1) };
    assert_eq!(home.refused(Change::AddTrust(version(2))), "trust-version-not-next");
    home.put(Change::AddTrust(version(1)));
    home.put(Change::AddTrust(version(2)));
    assert_eq!(home.refused(Change::AddTrust(version(2))), "trust-version-not-next");
    assert_eq!(home.store.trust_latest().unwrap(), Some(version(2)));
    assert_eq!(home.store.trust(1).unwrap(), Some(version(1)));
    assert_eq!(home.store.trust(u64::MAX).unwrap(), None);
}

#[test]
fn a_release_reads_back_and_one_that_is_not_newer_is_refused() {
    let home = Home::with_devices(0);
    home.put(Change::AddRelease(release(2)));
    home.put(Change::AddRelease(release(3)));
    assert_eq!(home.refused(Change::AddRelease(release(3))), "release-sequence-not-newer");
    assert_eq!(home.refused(Change::AddRelease(release(1))), "release-sequence-not-newer");
    let mut twin = release(4);
    twin.manifest_digest = [3; 32];
    assert_eq!(home.refused(Change::AddRelease(twin)), "release-manifest-known");
    let mut far = release(5);
    far.sequence = u64::MAX;
    assert_eq!(home.refused(Change::AddRelease(far)), "number-out-of-range");
    let found = home.store.release_by_manifest_digest(&[3; 32]).unwrap();
    assert_eq!(found, Some(release(3)));
    assert_eq!(home.store.releases_by_image_digest(&[0xa2; 32]).unwrap(), [release(2)]);
    assert_eq!(home.store.releases(Some(&product_id()), None, 9).unwrap(), [release(3), release(2)]);
    assert_eq!(home.store.newest_release(&product_id()).unwrap(), Some(release(3)));
    assert_eq!(home.store.releases_signed_by_fewer(3).unwrap(), 2);
    home.put(Change::WithdrawRelease { release: release_id(3) });
    assert_eq!(home.store.newest_release(&product_id()).unwrap(), Some(release(2)));
    assert!(home.store.release(release_id(3)).unwrap().unwrap().withdrawn);
    assert_eq!(home.refused(Change::WithdrawRelease { release: release_id(9) }), "release-unknown");
}

#[test]
fn a_deployment_reads_back_with_its_plan_and_its_executions_move_until_they_are_final() {
    let home = Home::with_devices(3);
    home.put(Change::AddRelease(release(2)));
    let (deployment, executions) = deployment(2);
    let add = Change::AddDeployment { deployment: deployment.clone(), executions: executions.clone() };
    home.put(add.clone());
    assert_eq!(home.refused(add), "deployment-known");
    assert_eq!(home.store.deployment(deployment.id).unwrap(), Some(deployment.clone()));
    let mut head = deployment.clone();
    head.plan.phases.iter_mut().for_each(|phase| phase.devices.clear());
    assert_eq!(home.store.deployment_head(deployment.id).unwrap(), Some(head.clone()));
    assert_eq!(home.store.active_deployments().unwrap(), [head.clone()]);
    assert_eq!(home.store.deployments_of_release(release_id(2)).unwrap(), [head.clone()]);
    assert_eq!(home.store.executions(deployment.id, None, None, 9).unwrap().len(), 3);
    let mut moved = executions[0].clone();
    for state in [
        ExecutionState::Downloading,
        ExecutionState::Installing,
        ExecutionState::Rebooting,
        ExecutionState::Unknown,
        ExecutionState::RolledBack("health-failed".to_owned()),
    ] {
        moved.state = state;
        moved.percent += 20;
        home.put(Change::SetExecution(moved.clone()));
        assert_eq!(home.store.execution(deployment.id, &moved.device).unwrap(), Some(moved.clone()));
    }
    home.put(Change::SetExecution(moved.clone()));
    let run = home.store.newest_run(&moved.device).unwrap().unwrap();
    assert_eq!((run.execution, run.deployment, run.release), (moved.clone(), head, release(2)));
    moved.state = ExecutionState::Succeeded;
    assert_eq!(home.refused(Change::SetExecution(moved.clone())), "execution-final");
    moved.device = device_id(9);
    assert_eq!(home.refused(Change::SetExecution(moved)), "execution-unknown");
    let counts = home.store.execution_counts(deployment.id).unwrap();
    let counts: Vec<_> = counts.iter().map(|c| (c.phase, c.state.as_str(), c.devices)).collect();
    assert_eq!(counts, [(0, "queued", 1), (0, "rolled_back", 1), (1, "queued", 1)]);
    for to in [
        DeploymentState::Paused { phase: 1 },
        DeploymentState::AwaitingApproval,
        DeploymentState::Aborted { reason: "by-person".to_owned() },
    ] {
        home.put(Change::SetDeploymentState { deployment: deployment.id, to: to.clone(), at: at(6) });
        assert_eq!(home.store.deployment_head(deployment.id).unwrap().unwrap().state, to);
    }
    let resume = Change::SetDeploymentState { deployment: deployment.id, to: DeploymentState::Completed, at: at(6) };
    assert_eq!(home.refused(resume), "deployment-ended");
    assert_eq!(home.store.active_deployments().unwrap(), []);
}

#[test]
fn appraisals_alerts_and_refusals_read_back_newest_first() {
    let home = Home::with_devices(1);
    let device = device_id(0);
    let appraisal = |verdict| Appraisal {
        device: device_id(0),
        verdict,
        evidence_digest: [1; 32],
        image_digest: [2; 32],
        at: at(3),
    };
    let bad = appraisal(Verdict::Contraindicated("slot-digest-unknown".to_owned()));
    home.put(Change::AddAppraisal(appraisal(Verdict::Affirming)));
    home.put(Change::AddAppraisal(bad.clone()));
    let stored = home.store.appraisals(&device, None, 9).unwrap();
    assert_eq!(stored[0].appraisal, bad);
    assert_eq!(home.store.appraisals(&device, Some(stored[0].id), 9).unwrap().len(), 1);
    let open = |n: u8, device| Alert {
        id: alert(n),
        device,
        kind: "clone-suspected".to_owned(),
        severity: Severity::Critical,
        text: "Look at the device.".to_owned(),
        opened: at(3),
        closed: None,
    };
    home.put(Change::OpenAlert(open(1, Some(device.clone()))));
    home.put(Change::OpenAlert(open(2, None)));
    assert_eq!(home.store.open_alert_of_kind(&device, "clone-suspected").unwrap().unwrap().id, alert(1));
    let close = |n| Change::CloseAlert { alert: alert(n), at: at(5), by: Some(person_id(1)) };
    home.put(close(1));
    assert_eq!(home.refused(close(1)), "alert-closed");
    assert_eq!(home.refused(close(9)), "alert-unknown");
    let of_device = AlertFilter { open_only: false, device: Some(device) };
    assert_eq!(home.store.alerts(&of_device, None, 9).unwrap()[0].closed, Some(at(5)));
    let still_open = AlertFilter { open_only: true, device: None };
    assert_eq!(home.store.alerts(&still_open, None, 9).unwrap(), [open(2, None)]);
    assert_eq!(home.store.open_alerts().unwrap(), 1);
    let refused = |count| vec![Refused { door: "mqtt", name: "field-undeclared", count }];
    wait(home.store.count_refusals(refused(2), at(1))).unwrap();
    wait(home.store.count_refusals(refused(3), at(2))).unwrap();
    let counted = &home.store.refusals().unwrap()[0];
    assert_eq!((counted.count, counted.last), (5, at(2)));
}

#[test]
fn people_links_sessions_and_tokens_read_back_by_hash_and_end_once() {
    let home = Home::empty();
    home.put(Change::AddPerson(person(1)));
    assert_eq!(home.refused(Change::AddPerson(person(1))), "person-known");
    assert_eq!((home.store.people_count().unwrap(), home.store.staff().unwrap()), (1, vec![person(1)]));
    let link = |n| SignInLink { secret_hash: [n; 32], person: person_id(1), expires: at(9), used: None };
    home.put(Change::AddSignInLink(link(1)));
    home.put(Change::AddSignInLink(link(2)));
    let use_link = |n, hours| Change::UseSignInLink { secret_hash: [n; 32], at: at(hours) };
    home.put(use_link(1, 8));
    assert_eq!(home.refused(use_link(1, 8)), "sign-in-link-used");
    assert_eq!(home.refused(use_link(2, 9)), "sign-in-link-expired");
    assert_eq!(home.refused(use_link(3, 8)), "sign-in-link-unknown");
    assert_eq!(home.store.link_by_hash(&[1; 32]).unwrap().unwrap().used, Some(at(8)));
    let session = Session {
        id: session_id(1),
        secret_hash: [4; 32],
        person: person_id(1),
        kind: SessionKind::Link,
        browser: "Firefox on Linux".to_owned(),
        created: at(8),
        authenticated: at(8),
        last_used: at(8),
        expires: at(20),
        ended: None,
    };
    home.put(Change::AddSession(session.clone()));
    assert_eq!(home.store.session_by_hash(&[4; 32]).unwrap(), Some(session));
    let end = |n| Change::EndSession { secret_hash: [n; 32], at: at(10) };
    home.put(end(4));
    assert_eq!((home.refused(end(4)), home.refused(end(5))), ("session-ended", "session-unknown"));
    let token = ApiToken {
        id: token_id(1),
        secret_hash: [6; 32],
        person: person_id(1),
        label: "CI".to_owned(),
        scope: "view-fleet,set-shadow".parse().unwrap(),
        created: at(8),
        expires: at(20),
        revoked: None,
    };
    home.put(Change::AddToken(token.clone()));
    assert_eq!(home.store.token_by_hash(&[6; 32]).unwrap(), Some(token.clone()));
    assert_eq!(home.store.tokens(Some(person_id(1)), at(9)).unwrap(), [token]);
    assert_eq!(home.store.tokens(None, at(20)).unwrap(), []);
    let revoke = |n| Change::RevokeToken { token: token_id(n), at: at(10) };
    home.put(revoke(1));
    assert_eq!((home.refused(revoke(1)), home.refused(revoke(2))), ("token-revoked", "token-unknown"));
    assert_eq!(home.store.tokens(None, at(9)).unwrap(), []);
    let stray = Change::AddSignInLink(SignInLink { person: person_id(7), ..link(7) });
    assert_eq!(home.refused(stray), "person-unknown");
}

#[test]
fn a_step_of_a_run_that_was_decided_before_the_run_was_taken_back_changes_nothing() {
    use holdfast_domain::integrity::finding::FindingChange;
    use holdfast_domain::integrity::playbook::{Action, ActionState, Play, Scope};
    let home = Home::with_devices(1);
    let put = |action: &Action| Change::Findings(FindingChange::PutAction(Box::new(action.clone())));
    let running = Action {
        id: holdfast_core::id::ActionId::new(at(1), [1; 10]),
        finding: None,
        play: Play::Quarantine,
        scope: Scope::Model(product().id),
        by: None,
        reason: "it floods".to_owned(),
        ordered: at(1),
        state: ActionState::Running,
        cursor: None,
        changed: 0,
        left: 0,
        restored: 0,
        done: None,
        undone: None,
    };
    home.put(put(&running));
    home.put(put(&Action { changed: 1, ..running.clone() }));
    let undoing = Action { state: ActionState::Undoing, ..running.clone() };
    home.put(put(&undoing));
    let late = Action { state: ActionState::Done, done: Some(at(2)), ..running };
    assert_eq!(home.refused(put(&late)), "action-undone");
    assert_eq!(home.store.action(undoing.id).unwrap().unwrap(), undoing);
    home.put(put(&Action { state: ActionState::Undone, undone: Some(at(3)), ..undoing }));
}
