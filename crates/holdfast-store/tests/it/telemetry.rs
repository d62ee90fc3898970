//! The fast path: every message once, repeats counted, ranges and charts exact.

use holdfast_core::id::StreamId;
use holdfast_core::time::Timestamp;
use holdfast_store::telemetry::{
    Appended, CHART_MESSAGES_MAX, ChartAsk, EventRow, Expiry, MessageAsk, MessageCursor, Order, TelemetryRow,
};
use holdfast_store::{Store, wait};

use crate::fixture::*;

fn climate() -> StreamId {
    "climate".parse().unwrap()
}

fn row(device: u32, counter: u64) -> TelemetryRow {
    TelemetryRow {
        device: device_id(device),
        stream: climate(),
        counter,
        device_time: Timestamp::from_micros(i64::try_from(counter).unwrap() * 1_000_000),
        quality: None,
        received: at(1),
        fields: format!("{{\"celsius\":{},\"heating\":true}}", counter % 10),
    }
}

fn append(store: &Store, rows: Vec<TelemetryRow>) -> Vec<Appended> {
    wait(store.append_telemetry(rows)).unwrap()
}

const EVER: MessageAsk = MessageAsk {
    from: Timestamp::from_micros(i64::MIN),
    to: Timestamp::from_micros(i64::MAX),
    order: Order::OldestFirst,
    after: None,
    limit: 1_000_000,
};

#[test]
fn fifty_thousand_messages_with_repeats_are_stored_exactly_once() {
    let home = Home::with_devices(50);
    // Every message twice, and those of one device in falling order, in batches that are all queued before any answer.
    let batches: Vec<_> = (0..100_u32)
        .map(|turn| {
            let (device, half) = (turn % 50, turn / 50);
            let mut rows: Vec<_> = (0..1_000).map(|n| row(device, n)).collect();
            if half == 1 {
                rows.reverse();
            }
            home.store.append_telemetry(rows)
        })
        .collect();
    let answers: Vec<_> = batches.into_iter().flat_map(|batch| wait(batch).unwrap()).collect();
    let stored = answers.iter().filter(|a| **a == Appended::Stored).count();
    let repeats = answers.iter().filter(|a| **a == Appended::Repeat).count();
    assert_eq!((stored, repeats), (50_000, 50_000));
    for device in 0..50 {
        assert_eq!(home.store.telemetry_count(&device_id(device), &climate()).unwrap(), 1_000);
        let counters = home.store.telemetry_counters(&device_id(device), &climate(), None, 2_000).unwrap();
        assert!(counters.into_iter().eq(0..1_000));
    }
    let facts = home.store.facts().unwrap();
    assert_eq!((facts.telemetry_stored, facts.telemetry_repeated), (50_000, 50_000));
    assert_eq!(home.store.telemetry_total().unwrap(), 50_000);
}

#[test]
fn each_row_of_a_batch_has_its_own_answer() {
    let home = Home::with_devices(1);
    append(&home.store, vec![row(0, 5)]);
    let mut far = row(0, 1);
    far.counter = u64::MAX;
    let mut other = row(0, 5);
    other.stream = "power".parse().unwrap();
    let mut changed = row(0, 5);
    changed.fields = "{}".to_owned();
    let answers = append(&home.store, vec![row(0, 9), row(7, 1), changed, far, other, row(0, 9)]);
    let expected = [
        Appended::Stored,
        Appended::DeviceUnknown,
        Appended::Repeat,
        Appended::CounterTooLarge,
        Appended::Stored,
        Appended::Repeat,
    ];
    assert_eq!(answers, expected);
    let kept = home.store.telemetry(&device_id(0), &climate(), &EVER).unwrap();
    assert_eq!(kept[0].fields, row(0, 5).fields, "the first one stays");
    let streams = home.store.telemetry_streams(&device_id(0)).unwrap();
    assert_eq!(streams, [(climate(), 2), ("power".parse().unwrap(), 1)]);
}

#[test]
fn a_range_is_paged_in_both_orders() {
    let home = Home::with_devices(1);
    append(&home.store, (0..100).map(|n| row(0, n)).collect());
    let second = |n: i64| Timestamp::from_micros(n * 1_000_000);
    let pages = |order| {
        let (mut counters, mut after) = (Vec::new(), None);
        loop {
            let ask = MessageAsk { from: second(10), to: second(40), order, after, limit: 7 };
            let page = home.store.telemetry(&device_id(0), &climate(), &ask).unwrap();
            let Some(last) = page.last() else { return counters };
            after = Some(MessageCursor { device_time: last.device_time, counter: last.counter });
            counters.extend(page.into_iter().map(|message| message.counter));
        }
    };
    assert!(pages(Order::OldestFirst).into_iter().eq(10..40));
    assert!(pages(Order::NewestFirst).into_iter().eq((10..40).rev()));
    let other = "power".parse().unwrap();
    assert_eq!(home.store.telemetry(&device_id(0), &other, &EVER).unwrap(), []);
}

#[test]
fn a_chart_has_lowest_mean_and_highest_value_of_each_span() {
    let home = Home::with_devices(1);
    append(&home.store, (0..100).map(|n| row(0, n)).collect());
    let ask = ChartAsk { from: Timestamp::from_micros(0), to: Timestamp::from_micros(100_000_000), points: 10 };
    let chart = home.store.telemetry_chart(&device_id(0), &climate(), &ask).unwrap();
    assert_eq!((chart.messages, chart.stride), (100, 1));
    assert_eq!(chart.fields.keys().collect::<Vec<_>>(), ["celsius"], "only numbers are drawn");
    for (n, point) in (0_i64..).zip(&chart.fields["celsius"]) {
        assert_eq!((point.at, point.count), (Timestamp::from_micros(n * 10_000_000), 10));
        assert_eq!((point.min, point.mean, point.max), (0.0, 4.5, 9.0));
    }
    assert_eq!(chart.fields["celsius"].len(), 10);
}

#[test]
fn a_chart_of_very_many_messages_reads_only_a_share_of_them() {
    let home = Home::with_devices(1);
    append(&home.store, (0..=CHART_MESSAGES_MAX).map(|n| row(0, n)).collect());
    let ask = ChartAsk { from: Timestamp::from_micros(0), to: Timestamp::from_micros(i64::MAX), points: 1 };
    let chart = home.store.telemetry_chart(&device_id(0), &climate(), &ask).unwrap();
    assert_eq!((chart.messages, chart.stride), (CHART_MESSAGES_MAX + 1, 2));
    assert_eq!(u64::from(chart.fields["celsius"][0].count), CHART_MESSAGES_MAX / 2 + 1);
}

#[test]
fn an_event_is_kept_once_and_read_newest_first() {
    let home = Home::with_devices(1);
    let event = |device, counter| EventRow {
        device: device_id(device),
        counter,
        kind: "button-pressed".to_owned(),
        text: "Somebody pressed the button.".to_owned(),
        device_time: at(1),
        received: at(2),
    };
    let answers = wait(home.store.append_events(vec![event(0, 1), event(0, 2), event(0, 1), event(5, 1)])).unwrap();
    assert_eq!(answers, [Appended::Stored, Appended::Stored, Appended::Repeat, Appended::DeviceUnknown]);
    assert_eq!(home.store.events(&device_id(0), None, 9).unwrap(), [event(0, 2), event(0, 1)]);
    assert_eq!(home.store.events(&device_id(0), Some(2), 9).unwrap(), [event(0, 1)]);
}

#[test]
fn messages_already_moved_to_their_place_and_fresh_ones_are_one_series_also_after_a_new_start() {
    let home = Home::with_devices(1);
    // Falling pairs, so that fresh counters lie below moved ones; more than one move is worth, less than two.
    let pairs = (0..3_500_u64).flat_map(|n| [2 * n + 1, 2 * n]);
    for batch in pairs.collect::<Vec<_>>().chunks(1_001) {
        append(&home.store, batch.iter().map(|n| row(0, *n)).collect());
    }
    let check = |home: &Home| {
        let (device, stream) = (device_id(0), climate());
        assert_eq!(home.store.telemetry_count(&device, &stream).unwrap(), 7_000);
        assert!(home.store.telemetry_counters(&device, &stream, None, 9_999).unwrap().into_iter().eq(0..7_000));
        let newest = MessageAsk { order: Order::NewestFirst, limit: 6_000, ..EVER };
        let newest = home.store.telemetry(&device, &stream, &newest).unwrap();
        assert!(newest.into_iter().map(|message| message.counter).eq((1_000..7_000).rev()));
        let repeats = append(&home.store, (0..7_000).map(|n| row(0, n)).collect());
        assert!(repeats.iter().all(|answer| *answer == Appended::Repeat));
    };
    let (waiting, moved, both) = places(&home);
    assert!(moved > 0 && waiting > both, "some are moved, some are not");
    check(&home);
    let killed = home.copied_as_killed();
    assert!((1..7_000).contains(&places(&killed).0));
    check(&killed);
    assert_eq!(append(&killed.store, vec![row(0, 7_000)]), [Appended::Stored]);
}

/// Rows that wait for their place, rows that are there, and rows that are in both.
fn places(home: &Home) -> (u64, u64, u64) {
    let conn = rusqlite::Connection::open(home.dir.path().join("holdfast.db")).unwrap();
    let both = "select (select count(*) from telemetry_fresh), (select count(*) from telemetry),
        (select count(*) from telemetry_fresh f join telemetry t on t.series = f.series and t.counter = f.counter)";
    let count = |n: i64| u64::try_from(n).unwrap();
    conn.query_row(both, [], |row| Ok((count(row.get(0)?), count(row.get(1)?), count(row.get(2)?)))).unwrap()
}

#[test]
fn a_move_goes_on_in_small_turns_and_shows_every_message_once_wherever_it_is_cut_short() {
    let home = Home::with_devices(4);
    let (mut sent, mut cut_short) = (0, 0);
    for counter in 0..5_000_u64 {
        append(&home.store, (0..4).map(|device| row(device, counter)).collect());
        sent += 1;
        // A move of 5,000 messages takes at least six turns.
        if counter < 1_240 {
            continue;
        }
        let (fresh, moved, both) = places(&home);
        assert_eq!(fresh + moved - both, sent * 4, "every message is somewhere");
        if both > 0 {
            cut_short += 1;
            for device in [0, 3] {
                let (id, stream) = (device_id(device), climate());
                assert_eq!(home.store.telemetry_count(&id, &stream).unwrap(), sent);
                let listed = home.store.telemetry(&id, &stream, &EVER).unwrap();
                assert!(listed.into_iter().map(|message| message.counter).eq(0..sent));
                assert!(home.store.telemetry_counters(&id, &stream, None, 9_999).unwrap().into_iter().eq(0..sent));
                assert_eq!(home.store.telemetry_received(&id, &stream).unwrap().runs.len(), 1);
            }
            let killed = home.copied_as_killed();
            let again = (0..sent).flat_map(|counter| (0..4).map(move |device| row(device, counter))).collect();
            assert!(append(&killed.store, again).iter().all(|answer| *answer == Appended::Repeat));
            assert_eq!(killed.store.telemetry_count(&device_id(3), &climate()).unwrap(), sent);
            assert_eq!(killed.store.telemetry_received(&device_id(3), &climate()).unwrap().missing(), 0);
        }
        if cut_short == 3 {
            break;
        }
    }
    assert!(cut_short > 0, "no move was seen under way");
}

#[test]
fn retention_moves_what_it_has_to_delete_in_small_turns_too() {
    let home = Home::with_devices(2);
    append(&home.store, (0..4_500).map(|counter| row(1, counter)).collect());
    let mut later = row(1, 4_500);
    (later.received, later.device_time) = (at(9), at(9));
    append(&home.store, vec![later]);
    let expiry = Expiry { product: product().id, stream: climate(), before: at(5) };
    assert_eq!(home.store.expire_telemetry(&expiry, at(9)).unwrap(), 4_500);
    assert_eq!(home.store.telemetry_counters(&device_id(1), &climate(), None, 9).unwrap(), [4_500]);
    assert_eq!(home.store.telemetry_received(&device_id(1), &climate()).unwrap().runs.len(), 1, "they did come");
    assert_eq!(places(&home), (1, 0, 0));
}
