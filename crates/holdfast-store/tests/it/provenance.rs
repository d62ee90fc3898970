//! What surrounds messages: gaps, sheds, what is kept aside, signatures, logs, retention.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::StreamId;
use holdfast_core::telemetry::Shed;
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::Change;
use holdfast_domain::telemetry::gaps::Span;
use holdfast_store::telemetry::{
    Appended, AsideRow, Expiry, LogRow, MessageAsk, Order, ProofRow, Received, TelemetryRow,
};
use holdfast_store::{Store, wait};
use proptest::prelude::*;

use crate::fixture::*;

fn climate() -> StreamId {
    "climate".parse().unwrap()
}

fn row(device: u32, counter: u64) -> TelemetryRow {
    TelemetryRow {
        device: device_id(device),
        stream: climate(),
        counter,
        device_time: at(i64::try_from(counter % 1_000_000).unwrap()),
        received: at(i64::try_from(counter % 1_000_000).unwrap()),
        fields: "{\"celsius\":1}".to_owned(),
        quality: counter.is_multiple_of(7).then(|| "{\"celsius\":\"suspect\"}".to_owned()),
    }
}

fn append(store: &Store, counters: impl IntoIterator<Item = u64>) {
    let rows: Vec<_> = counters.into_iter().map(|counter| row(0, counter)).collect();
    wait(store.append_telemetry(rows)).unwrap();
}

fn received(home: &Home) -> Received {
    home.store.telemetry_received(&device_id(0), &climate()).unwrap()
}

fn missing(received: &Received) -> Vec<(u64, u64, Option<&str>)> {
    received.gaps.iter().map(|gap| (gap.span.first, gap.span.last, gap.reason.as_deref())).collect()
}

#[test]
fn gaps_are_exact_before_and_after_messages_are_moved_to_their_place() {
    let home = Home::with_devices(1);
    append(&home.store, (0..100).chain(110..200));
    append(&home.store, [105, 105, 3]);
    let fresh = received(&home);
    assert_eq!(missing(&fresh), [(100, 104, None), (106, 109, None)]);
    assert_eq!((fresh.repeats, fresh.missing()), (2, 9));
    // Enough for several moves.
    append(&home.store, 200..12_000);
    assert_eq!(missing(&received(&home)), [(100, 104, None), (106, 109, None)]);
    append(&home.store, [100, 101, 102, 103, 104]);
    append(&home.store, 12_005..24_000);
    let settled = received(&home);
    assert_eq!(missing(&settled), [(106, 109, None), (12_000, 12_004, None)]);
    assert_eq!(settled.runs.len(), 3);
}

#[test]
fn a_declared_shed_is_told_apart_and_a_late_arrival_takes_it_back() {
    let home = Home::with_devices(1);
    append(&home.store, [1, 2, 10]);
    let shed = Shed { ranges: vec![(4, 7)], reason: "queue-full".to_owned() };
    let declare =
        |shed: Shed, device| wait(home.store.declare_shed(device_id(device), climate(), shed, at(1))).unwrap();
    assert!(declare(shed.clone(), 0));
    assert!(!declare(shed, 9), "no such device");
    let got = received(&home);
    assert_eq!(missing(&got), [(3, 3, None), (4, 7, Some("queue-full")), (8, 9, None)]);
    assert_eq!((got.missing(), got.shed()), (3, 4));
    append(&home.store, [5]);
    assert_eq!(received(&home).shed(), 3);
}

#[test]
fn a_stream_full_of_holes_stays_bounded_and_its_count_exact() {
    let home = Home::with_devices(1);
    append(&home.store, (0..15_000).map(|n| n * 2));
    assert_eq!(received(&home).missing(), 14_999);
    append(&home.store, [1 << 50, (1 << 50) + 5_000_000]);
    let settled = received(&home);
    assert_eq!(settled.missing(), 14_999, "times that stand in for counters have no gaps");
    assert!(settled.unlisted > 0, "the oldest are counted only");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn runs_are_what_came_whatever_the_order(mut counters in proptest::collection::vec(0_u64..9_000, 1..300), cut in 0_usize..300) {
        let home = Home::with_devices(1);
        let cut = cut.min(counters.len());
        append(&home.store, counters[..cut].iter().copied());
        // A move between the two halves.
        append(&home.store, 20_000..26_000);
        append(&home.store, counters[cut..].iter().copied());
        append(&home.store, 26_000..32_000);
        counters.sort_unstable();
        counters.dedup();
        let spans = counters.iter().map(|c| Span { first: *c, last: *c }).chain([Span { first: 20_000, last: 31_999 }]);
        prop_assert_eq!(received(&home).runs, holdfast_domain::telemetry::gaps::joined(spans.collect()));
    }
}

#[test]
fn what_is_refused_is_kept_aside_within_bounds_and_counted_for_its_sensor() {
    let home = Home::with_devices(2);
    let aside = |n: u8, waits| AsideRow {
        device: device_id(0),
        stream: climate(),
        reason: "out-of-range".to_owned(),
        field: Some("celsius".to_owned()),
        waits,
        received: at(i64::from(n)),
        payload: vec![n],
    };
    for n in 0..=250 {
        wait(home.store.keep_aside(aside(n, n % 2 == 0))).unwrap();
    }
    let kept = home.store.asides(&device_id(0), None, 1_000).unwrap();
    assert_eq!((kept.len(), kept[0].row.payload.as_slice()), (200, &[250][..]));
    let next = home.store.asides(&device_id(0), Some(kept[9].id), 5).unwrap();
    assert_eq!(next[0].id, kept[10].id);
    let faults = home.store.telemetry_faults(&device_id(0)).unwrap();
    assert_eq!((faults.len(), faults[0].count, faults[0].last), (1, 251, at(250)));
    assert_eq!(faults[0].reason, "out-of-range");
    let waiting = home.store.asides_waiting(&product().id, 0, 1_000).unwrap();
    assert_eq!(waiting.len(), 100);
    wait(home.store.drop_asides(waiting.iter().map(|aside| aside.id).collect())).unwrap();
    assert!(home.store.asides_waiting(&product().id, 0, 10).unwrap().is_empty());
    assert_eq!(home.store.asides(&device_id(0), None, 1_000).unwrap().len(), 100);
    assert!(home.store.asides(&device_id(1), None, 10).unwrap().is_empty());
    assert_eq!(home.store.asides_since(&device_id(0), &climate(), at(200)).unwrap(), 25);
}

#[test]
fn a_signature_is_kept_with_its_messages_once() {
    let home = Home::with_devices(2);
    let proof = ProofRow {
        readings: vec![(4, Sha256Digest::of(b"four")), (3, Sha256Digest::of(b"three"))],
        signature: vec![9; 64],
        key: vec![8; 91],
        forwarder: Some(device_id(1)),
    };
    let rows = || vec![row(0, 4), row(0, 3)];
    assert_eq!(wait(home.store.append_signed(rows(), Some(proof.clone()))).unwrap(), [Appended::Stored; 2]);
    assert_eq!(wait(home.store.append_signed(rows(), Some(proof.clone()))).unwrap(), [Appended::Repeat; 2]);
    let proofs = |range| home.store.telemetry_proofs(&device_id(0), &climate(), range, (0, 10)).unwrap();
    assert_eq!(proofs((0, u64::MAX)).iter().map(|kept| &kept.row).collect::<Vec<_>>(), [&proof]);
    assert_eq!((proofs((4, 4)).len(), proofs((5, 9)).len()), (1, 0));
    let message = home.store.telemetry_message(&device_id(0), &climate(), 3).unwrap().unwrap();
    assert_eq!(message.fields, "{\"celsius\":1}");
    assert!(home.store.telemetry_message(&device_id(0), &climate(), 9).unwrap().is_none());
}

#[test]
fn log_lines_are_kept_once_and_listed_newest_first() {
    let home = Home::with_devices(1);
    let line = |n: u64| LogRow { level: "warn".to_owned(), code: "sign-in-failed".to_owned(), text: n.to_string() };
    let batch =
        |counter| wait(home.store.append_log(device_id(0), (counter, at(1)), vec![line(counter), line(100)], at(2)));
    assert_eq!(
        (batch(1).unwrap(), batch(2).unwrap(), batch(1).unwrap()),
        (Appended::Stored, Appended::Stored, Appended::Repeat)
    );
    let unknown = home.store.append_log(device_id(7), (1, at(1)), vec![line(1)], at(2));
    assert_eq!(wait(unknown).unwrap(), Appended::DeviceUnknown);
    let all = home.store.device_log(&device_id(0), None, 10).unwrap();
    assert_eq!(all.iter().map(|line| (line.counter, line.line)).collect::<Vec<_>>(), [(2, 1), (2, 0), (1, 1), (1, 0)]);
    assert_eq!(home.store.device_log(&device_id(0), Some((2, 0)), 1).unwrap()[0].counter, 1);
}

#[test]
fn retention_deletes_what_is_too_old_and_keeps_the_account_of_gaps() {
    let home = Home::with_devices(2);
    append(&home.store, (0..900).chain(910..2_000));
    wait(home.store.append_telemetry(vec![row(1, 5), row(1, 1_990)])).unwrap();
    let expiry = Expiry { product: product().id, stream: climate(), before: at(1_500) };
    assert_eq!(home.store.expire_telemetry(&expiry, at(3_000)).unwrap(), 1_491);
    let ask = MessageAsk {
        from: Timestamp::from_micros(i64::MIN),
        to: Timestamp::from_micros(i64::MAX),
        order: Order::OldestFirst,
        after: None,
        limit: 5_000,
    };
    let left = home.store.telemetry(&device_id(0), &climate(), &ask).unwrap();
    assert_eq!((left.len(), left[0].counter), (500, 1_500));
    assert_eq!(left.iter().filter(|message| message.quality.is_some()).count(), 71);
    assert_eq!(home.store.telemetry_count(&device_id(1), &climate()).unwrap(), 1);
    assert_eq!(missing(&received(&home)), [(900, 909, None)]);
    assert_eq!(home.store.expire_telemetry(&expiry, at(3_001)).unwrap(), 0);
    let runs = home.store.retention_runs().unwrap();
    assert_eq!((runs[0].deleted, runs[0].deleted_last, runs[0].last_run), (1_491, 0, at(3_001)));
    append(&home.store, [2_000]);
    assert_eq!(received(&home).runs.last(), Some(&Span { first: 910, last: 2_000 }));
}

#[test]
fn the_newest_message_of_each_series_is_found_after_a_start() {
    let home = Home::with_devices(3);
    append(&home.store, 0..6_000);
    append(&home.store, [7_000]);
    wait(home.store.append_telemetry(vec![row(1, 3), row(1, 2), row(2, 9)])).unwrap();
    let home = home.copied_as_killed();
    let mut last: Vec<_> =
        home.store.last_messages(10).unwrap().into_iter().map(|l| (l.device, l.message.counter, l.product)).collect();
    last.sort();
    let expected = [(0, 7_000), (1, 3), (2, 9)].map(|(device, counter)| (device_id(device), counter, product().id));
    assert_eq!(last, expected);
    assert_eq!(home.store.last_messages(2).unwrap().len(), 2);
}

#[test]
fn a_device_that_makes_up_streams_without_end_is_counted_within_bounds() {
    let home = Home::with_devices(1);
    for n in 0..700 {
        let aside = AsideRow {
            device: device_id(0),
            stream: format!("made-up-{n}").parse().unwrap(),
            reason: "undeclared-stream".to_owned(),
            field: None,
            waits: true,
            received: at(1),
            payload: b"x".to_vec(),
        };
        wait(home.store.keep_aside(aside)).unwrap();
    }
    let faults = home.store.telemetry_faults(&device_id(0)).unwrap();
    assert_eq!(faults.len(), 501);
    let rest = faults.iter().find(|fault| fault.reason == "other").unwrap();
    assert_eq!((rest.stream.as_str(), rest.count), ("", 200));
}

#[test]
fn a_signed_message_that_could_not_be_stored_is_stored_when_it_comes_again() {
    let home = Home::with_devices(1);
    let proof =
        ProofRow { readings: vec![(7, Sha256Digest::of(b"7"))], signature: vec![1], key: vec![2], forwarder: None };
    let disk = rusqlite::Connection::open(home.store.path()).unwrap();
    let fails = "create trigger full before insert on telemetry_proof begin select raise(abort, 'full'); end";
    disk.execute_batch(fails).unwrap();
    wait(home.store.append_signed(vec![row(0, 7)], Some(proof.clone()))).unwrap_err();
    assert_eq!(home.store.telemetry_count(&device_id(0), &climate()).unwrap(), 0, "both or neither");
    disk.execute_batch("drop trigger full").unwrap();
    let again = wait(home.store.append_signed(vec![row(0, 7)], Some(proof))).unwrap();
    assert_eq!(again, [Appended::Stored]);
    assert_eq!(home.store.telemetry_count(&device_id(0), &climate()).unwrap(), 1);
}

#[test]
fn certificates_that_are_long_over_go_unless_a_signature_that_is_kept_needs_them() {
    let home = Home::with_devices(2);
    let prove =
        |n: u32, serial: &str| Change::ProveCertificate { device: device_id(n), serial: serial.to_owned(), at: at(9) };
    for (n, serial, from) in [(0, "01", 0), (0, "02", 3_000), (0, "03", 6_000), (1, "11", 0), (1, "12", 3_000)] {
        home.put(Change::AddCertificate(certificate(n, serial, from)));
        home.put(prove(n, serial));
    }
    let proof =
        ProofRow { readings: vec![(7, Sha256Digest::of(b"7"))], signature: vec![1], key: vec![2], forwarder: None };
    wait(home.store.append_signed(vec![row(0, 7)], Some(proof))).unwrap();
    let left = |n| home.store.certificates(&device_id(n)).unwrap().into_iter().map(|c| c.serial).collect::<Vec<_>>();
    assert_eq!(home.store.expire_certificates(at(100)).unwrap(), 0, "none was over then");
    assert_eq!(home.store.expire_certificates(at(1_000_000)).unwrap(), 2);
    assert_eq!(left(0), ["03", "01"], "the one in use, and the one under which a kept signature came");
    assert_eq!(left(1), ["12"]);
}
