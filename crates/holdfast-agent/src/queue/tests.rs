//! The queue over restarts, damage, and long outages.

use super::*;

fn fresh() -> (tempfile::TempDir, Layout) {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(dir.path());
    layout.create().unwrap();
    (dir, layout)
}

fn push(queue: &mut Queue, counters: std::ops::RangeInclusive<u64>) {
    for counter in counters {
        queue.push(Lane::Telemetry, "climate", counter, format!("{{\"c\":{counter}}}").as_bytes()).unwrap();
    }
}

fn counters(queue: &mut Queue) -> Vec<u64> {
    std::iter::from_fn(|| queue.take(false)).map(|m| m.counter).collect()
}

/// What is declared as dropped: stream, first and last number, count.
fn shed(queue: &mut Queue) -> Vec<(String, u64, u64, u64)> {
    std::iter::from_fn(|| queue.take_shed()).map(|r| (r.stream, r.from, r.to, r.count)).collect()
}

fn files(layout: &Layout) -> usize {
    std::fs::read_dir(layout.queue()).unwrap().count()
}

#[test]
fn what_was_not_acknowledged_is_there_after_a_restart_in_order() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    push(&mut queue, 1..=5);
    let (one, two) = (queue.take(false).unwrap(), queue.take(false).unwrap());
    assert_eq!(one.payload, br#"{"c":1}"#);
    queue.acknowledged(one.id);
    queue.flush().unwrap();
    queue.acknowledged(two.id);
    drop(queue);
    let (mut queue, highest) = Queue::load(&layout, 1 << 20).unwrap();
    assert_eq!(counters(&mut queue), [2, 3, 4, 5], "an acknowledgement counts once it is in the log");
    assert_eq!(highest["climate"], 5);
    assert_eq!(std::fs::read_to_string(layout.acked()).unwrap(), "climate 1\n");
}

#[test]
fn a_torn_or_damaged_line_is_skipped_and_the_rest_kept() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    push(&mut queue, 1..=3);
    let path = layout.queue().join("0000000000000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes.extend(b"00000000 climate 9 {");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(counters(&mut queue), [1, 3], "the medium changed while it waited");
    assert_eq!(shed(&mut queue), [("climate".to_owned(), 2, 2, 1)]);
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    assert_eq!(counters(&mut queue), [1, 3]);
}

#[test]
fn a_full_queue_drops_bulk_then_the_oldest_telemetry_and_never_security() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 40 * 73).unwrap();
    queue.push(Lane::Security, EVENTS, 1, b"{\"kind\":\"image-changed\"}").unwrap();
    queue.push(Lane::Event, EVENTS, 2, b"{}").unwrap();
    for counter in 1..=10 {
        queue.push(Lane::Bulk, "waveform", counter, b"{\"c\":1}").unwrap();
    }
    push(&mut queue, 1..=45);
    let bulk = queue.take_shed().unwrap();
    assert_eq!((bulk.stream.as_str(), bulk.from, bulk.to, bulk.count), ("waveform", 1, 10, 10));
    push(&mut queue, 46..=60);
    queue.shed_told(&bulk).unwrap();
    let gone = shed(&mut queue);
    let last_shed = gone[0].2;
    assert_eq!(gone, [("climate".to_owned(), 1, last_shed, last_shed)], "without holes");
    let left: Vec<(String, u64)> = std::iter::from_fn(|| queue.take(false)).map(|m| (m.stream, m.counter)).collect();
    assert_eq!(left[0], (EVENTS.to_owned(), 1), "security first");
    assert_eq!(left[1], (EVENTS.to_owned(), 2));
    assert_eq!(left[2..], (last_shed + 1..=60).map(|c| ("climate".to_owned(), c)).collect::<Vec<_>>());
}

#[test]
fn a_range_that_is_being_told_does_not_grow_under_way() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    queue.lost("climate", (1, 5)).unwrap();
    let told = queue.take_shed().unwrap();
    queue.lost("climate", (6, 7)).unwrap();
    assert_eq!(shed(&mut queue), [("climate".to_owned(), 6, 7, 2)]);
    queue.shed_told(&told).unwrap();
    queue.shed_lost();
    assert_eq!(shed(&mut queue), [("climate".to_owned(), 6, 7, 2)], "told again after the connection ended");
}

#[test]
fn what_was_declared_as_dropped_is_not_sent_after_a_cut() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    push(&mut queue, 1..=5);
    queue.lost("climate", (1, 2)).unwrap();
    let (mut queue, highest) = Queue::load(&layout, 1 << 20).unwrap();
    assert_eq!(counters(&mut queue), [3, 4, 5]);
    assert_eq!(highest["climate"], 5);
    assert_eq!(shed(&mut queue), [("climate".to_owned(), 1, 2, 2)]);
}

#[test]
fn security_events_beyond_their_quota_are_counted_by_kind() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    let now = Timestamp::from_micros(0);
    let payload = vec![b'x'; 1_000];
    let (mut kept, mut condensed) = (0, 0);
    for counter in 1..=1_000 {
        if queue.has_room_for_security(payload.len()) {
            queue.push(Lane::Security, EVENTS, counter, &payload).unwrap();
            kept += 1;
        } else {
            queue.condense("local-sign-in-failed", now).unwrap();
            condensed += 1;
        }
    }
    assert!(kept > 400 && condensed > 400, "{kept} {condensed}");
    let (kind, text) = queue.untold().unwrap();
    assert_eq!(kind, "security-events-condensed");
    assert!(text.starts_with(&format!("kind=local-sign-in-failed count={condensed} first=1970")), "{text}");
    assert_eq!(queue.take(true).unwrap().counter, 1, "how it began is kept");
}

#[test]
fn what_is_no_segment_of_ours_is_left_alone() {
    let (_dir, layout) = fresh();
    std::fs::write(layout.queue().join("ffffffffffffffff.seg"), b"").unwrap();
    std::fs::create_dir(layout.queue().join("0000000000000007.seg")).unwrap();
    let (mut queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    push(&mut queue, 1..=3);
    let (queue, _) = Queue::load(&layout, 1 << 20).unwrap();
    assert_eq!(queue.len(), 3);
}

#[test]
fn segments_vanish_when_everything_in_them_is_acknowledged() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 64 << 20).unwrap();
    let big = vec![b'x'; 100_000];
    for counter in 1..=9 {
        queue.push(Lane::Telemetry, "climate", counter, &big).unwrap();
    }
    assert_eq!(files(&layout), 3);
    while let Some(message) = queue.take(false) {
        queue.acknowledged(message.id);
    }
    queue.flush().unwrap();
    assert_eq!(files(&layout), 1, "the last one stays");
}

/// A day without network at one reading a second in each of two streams, an event every five minutes and a security event
/// every hour, with a restart every six hours; then everything is sent, with every tenth answer lost.
#[test]
fn a_day_offline_is_bounded_and_what_matters_arrives_once_and_in_order() {
    const BYTES_MAX: u64 = 1 << 20;
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, BYTES_MAX).unwrap();
    let (mut events, mut most_on_disk) = (0, 0);
    for second in 0..86_400_u64 {
        let payload = format!("{{\"c\":{second},\"t\":1790000000000000,\"f\":{{\"temperature\":21.5}}}}");
        queue.push(Lane::Telemetry, "climate", second + 1, payload.as_bytes()).unwrap();
        queue.push(Lane::Bulk, "waveform", second + 1, payload.as_bytes()).unwrap();
        if second % 300 == 0 {
            events += 1;
            let lane = if second % 3_600 == 0 { Lane::Security } else { Lane::Event };
            queue.push(lane, EVENTS, events, payload.as_bytes()).unwrap();
        }
        if second % 21_600 == 21_599 {
            let on_disk: u64 =
                std::fs::read_dir(layout.queue()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
            most_on_disk = most_on_disk.max(on_disk);
            (queue, _) = Queue::load(&layout, BYTES_MAX).unwrap();
        }
    }
    assert!(most_on_disk < 2 * BYTES_MAX, "{most_on_disk}");
    let mut arrived: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut order = Vec::new();
    for answer in 0.. {
        let Some(message) = queue.take(false) else { break };
        if answer % 10 == 9 {
            queue.release(message.id);
        } else {
            order.push(message.stream.clone());
            arrived.entry(message.stream).or_default().push(message.counter);
            queue.acknowledged(message.id);
            queue.flush().unwrap();
        }
    }
    let seen = &arrived[EVENTS];
    let expected: Vec<u64> = (1..=events).filter(|e| e % 12 == 1).chain((1..=events).filter(|e| e % 12 != 1)).collect();
    assert_eq!(seen, &expected, "every event once, security events first");
    let climate = &arrived["climate"];
    assert!(climate.windows(2).all(|pair| pair[0] + 1 == pair[1]), "in order, without holes");
    assert_eq!(climate.last(), Some(&86_400));
    assert!(order.iter().rposition(|s| s == EVENTS) < order.iter().position(|s| s == "climate"));
    let mut declared: BTreeMap<String, u64> = BTreeMap::new();
    for (stream, _, _, count) in shed(&mut queue) {
        *declared.entry(stream).or_default() += count;
    }
    let bulk = arrived.get("waveform").map_or(0, |c| c.len() as u64);
    assert_eq!(
        (declared["climate"], declared["waveform"]),
        (climate[0] - 1, 86_400 - bulk),
        "every missing number is declared"
    );
}

#[test]
fn on_a_full_disk_what_was_acknowledged_goes_all_the_same_and_its_lines_follow() {
    let (_dir, layout) = fresh();
    let (mut queue, _) = Queue::load(&layout, 64 << 20).unwrap();
    let payload = vec![b'x'; 8 * 1024];
    for counter in 1..=100 {
        queue.push(Lane::Telemetry, "climate", counter, &payload).unwrap();
    }
    let before = files(&layout);
    assert!(before >= 3, "{before} segments");
    queue.log.pretend_full(true);
    for _ in 0..70 {
        let id = queue.take(false).unwrap().id;
        queue.acknowledged(id);
    }
    assert_eq!(queue.flush().unwrap_err().name(), "not-enough-space");
    assert_eq!(files(&layout), before - 2, "two segments held nothing else");
    let waiting = queue.unflushed();
    assert!((1..70).contains(&waiting), "{waiting} share a segment with others");
    assert!(queue.flush().is_err());
    assert_eq!(queue.unflushed(), waiting);
    queue.log.pretend_full(false);
    queue.flush().unwrap();
    assert_eq!((queue.unflushed(), queue.len()), (0, 30));
    let (mut queue, highest) = {
        drop(queue);
        Queue::load(&layout, 64 << 20).unwrap()
    };
    assert_eq!((counters(&mut queue).first(), highest["climate"]), (Some(&71), 100));
    let logged = std::fs::read_to_string(layout.acked()).unwrap();
    assert_eq!(logged.lines().count(), 70, "each exactly once");
}
