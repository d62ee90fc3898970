//! What was answered survives a kill, a copy and a new start; what cannot be trusted is refused at the start.

use holdfast_domain::decision::{Change, Decision, Effect};
use holdfast_domain::fleet::Enrolment;
use holdfast_store::telemetry::TelemetryRow;
use holdfast_store::{Store, StoreError, wait};
use rusqlite::Connection;

use crate::fixture::*;

fn meddle(home: Home, statement: &str) -> (Result<Store, StoreError>, tempfile::TempDir) {
    drop(home.store);
    let conn = Connection::open(home.dir.path().join("holdfast.db")).unwrap();
    conn.execute_batch(statement).unwrap();
    drop(conn);
    (Store::open(home.dir.path()), home.dir)
}

#[test]
fn what_was_answered_is_there_after_a_kill_at_any_moment() {
    let home = Home::with_devices(10);
    for n in 0..10 {
        let change = Change::SetEnrolment { device: device_id(n), to: Enrolment::Accepted };
        let decision = Decision::new(vec![change], line(n)).with_effect(Effect::Challenge(device_id(n)));
        home.store.commit(decision).unwrap();
        let row = TelemetryRow {
            device: device_id(n),
            stream: "climate".parse().unwrap(),
            counter: 1,
            device_time: at(1),
            quality: None,
            received: at(1),
            fields: "{}".to_owned(),
        };
        wait(home.store.append_telemetry(vec![row])).unwrap();
        let killed = home.copied_as_killed();
        let done = u64::from(n) + 1;
        assert_eq!(killed.store.fleet_counts(at(0)).unwrap().accepted, done);
        assert_eq!(killed.store.telemetry_total().unwrap(), done);
        assert_eq!(killed.store.ledger_head().unwrap(), home.store.ledger_head().unwrap());
        assert_eq!(killed.store.outbox_pending(99).unwrap(), home.store.outbox_pending(99).unwrap());
        killed.store.commit(Decision::new(Vec::new(), line(n))).unwrap();
        assert_eq!(killed.store.ledger_head().unwrap().size, done + 1, "history goes on where it was");
    }
}

#[test]
fn an_effect_waits_in_the_outbox_until_its_delivery_is_recorded() {
    let home = Home::with_devices(1);
    let effects = [
        Effect::PushShadow(device_id(0)),
        Effect::PushCommands(device_id(0)),
        Effect::NudgeUpdate(device_id(0)),
        Effect::Challenge(device_id(0)),
        Effect::PushPolicy(device_id(0)),
        Effect::Disconnect(device_id(0)),
        Effect::WakeDeployment(deployment_id(1)),
    ];
    let mut decision = Decision::quiet(Vec::new());
    decision.effects = effects.to_vec();
    home.store.commit(decision).unwrap();
    let posted = home.store.outbox_pending(99).unwrap();
    assert_eq!(posted.iter().flat_map(|p| p.effects.clone()).collect::<Vec<_>>(), effects);
    home.store.outbox_done(posted[4].id).unwrap();
    home.store.outbox_done(posted[0].id).unwrap();
    let Home { store, dir } = home;
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.outbox_pending(99).unwrap(), posted[5..]);
    store.outbox_done(posted[6].id).unwrap();
    let effect = Effect::Challenge(device_id(0));
    store.commit(Decision::quiet(Vec::new()).with_effect(effect)).unwrap();
    assert!(store.outbox_pending(1).unwrap()[0].id > posted[6].id, "a number is never used again");
}

#[test]
fn telling_many_devices_the_same_is_few_rows_and_keeps_the_order() {
    let home = Home::with_devices(1);
    let mut decision = Decision::quiet(Vec::new());
    decision.effects.push(Effect::WakeDeployment(deployment_id(1)));
    decision.effects.extend((0..1_001).map(|n| Effect::NudgeUpdate(device_id(n))));
    decision.effects.push(Effect::PushPolicy(device_id(3)));
    let effects = decision.effects.clone();
    home.store.commit(decision).unwrap();
    let posted = home.store.outbox_pending(99).unwrap();
    assert_eq!(posted.iter().map(|p| p.effects.len()).collect::<Vec<_>>(), [1, 1_000, 1, 1]);
    assert_eq!(posted.iter().flat_map(|p| p.effects.clone()).collect::<Vec<_>>(), effects);
    home.store.outbox_done(posted[1].id).unwrap();
    assert_eq!(home.store.outbox_pending(99).unwrap(), posted[2..]);
}

#[test]
fn a_changed_or_unknown_migration_is_refused_at_the_start() {
    let (changed, _dir) = meddle(Home::empty(), "update schema_migration set sha256 = 'x' where version = 1");
    assert_eq!(changed.unwrap_err().name(), "store-migration-changed");
    let newer = "insert into schema_migration (version, name, sha256) values (999, '0999_later.sql', 'x')";
    let (newer, _dir) = meddle(Home::empty(), newer);
    assert_eq!(newer.unwrap_err().name(), "store-schema-newer");
    let (same, _dir) = meddle(Home::with_devices(1), "select 1");
    assert_eq!(same.unwrap().fleet_counts(at(0)).unwrap().preauthorised, 1);
}

#[test]
fn a_row_that_fits_no_state_is_an_inconsistency_with_its_place() {
    for (meddling, column) in [
        ("update device set enrolment = 'maybe'", "enrolment is an unknown word"),
        ("update device set quarantine_since = 1", "quarantine_reason is only half of a quarantine"),
        ("update device set software_slot = 'a'", "software_at and its neighbours are only part of a software state"),
        ("update device set factory_key = x'00'", "factory_key has another length"),
        ("update device set batch = 'x'", "batch cannot be read"),
    ] {
        let (store, _dir) = meddle(Home::with_devices(1), &format!("pragma foreign_keys = off; {meddling}"));
        match store.unwrap().device(&device_id(0)) {
            Err(StoreError::Inconsistent { table, key, why }) => {
                assert_eq!((table, key.as_str(), why.as_str()), ("device", "hearth-00000", column));
            }
            other => panic!("{meddling}: {other:?}"),
        }
    }
}

#[test]
fn a_ledger_hash_that_is_gone_stops_the_start_instead_of_spoiling_history() {
    let home = Home::empty();
    home.store.commit(Decision::new(Vec::new(), line(1))).unwrap();
    let (store, _dir) = meddle(home, "delete from ledger_hash");
    assert_eq!(store.unwrap_err().name(), "store-inconsistent");
}

#[test]
fn a_backup_made_while_others_write_opens_and_holds_one_moment() {
    let home = Home::with_devices(200);
    let target = tempfile::TempDir::new().unwrap();
    let file = target.path().join("holdfast.db");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..200 {
                let change = Change::SetEnrolment { device: device_id(n), to: Enrolment::Accepted };
                home.store.commit(Decision::new(vec![change], line(n))).unwrap();
            }
        });
        home.store.backup_to(&file).unwrap();
    });
    let copy = Store::open(target.path()).unwrap();
    let counts = copy.fleet_counts(at(0)).unwrap();
    assert_eq!(counts.accepted + counts.preauthorised, 200);
    assert_eq!(counts.accepted, copy.ledger_head().unwrap().size, "rows and history are of one moment");
    assert_eq!(home.store.backup_to(&file).unwrap_err().name(), "store-file", "no file is overwritten");
}

#[test]
fn a_backup_comes_to_its_end_although_something_is_written_between_its_steps() {
    let home = Home::with_devices(1);
    // Pages for several steps.
    let ballast = "create table ballast (content blob); insert into ballast values (zeroblob(50000000))";
    Connection::open(home.store.path()).unwrap().execute_batch(ballast).unwrap();
    let target = tempfile::TempDir::new().unwrap();
    let file = target.path().join("holdfast.db");
    let mut steps = 0;
    holdfast_store::backup::copy_database(home.store.path(), &file, &mut |_, _| {
        steps += 1;
        assert!(steps < 20, "it starts over whenever something is written");
        home.store.commit(Decision::new(Vec::new(), line(steps))).unwrap();
    })
    .unwrap();
    assert!(steps > 2, "{steps}");
    assert_eq!(holdfast_store::backup::ledger_lines(&file).unwrap(), 0, "one moment, before the first step");
}
