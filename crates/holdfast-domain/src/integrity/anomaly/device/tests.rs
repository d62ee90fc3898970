//! A device learnt from ordinary windows, then one fault at a time.

use super::*;

const SETTINGS: Settings =
    Settings { window_ms: 60_000, warm_windows: 120, value_warm_windows: 2_880, silent_windows: 30, long_windows: 60 };

fn ordinary(window: u64) -> Observation {
    let jitter = u32::try_from(window * 7 % 5).unwrap_or(0);
    Observation {
        messages: 10 + jitter,
        bytes: 1_500 + jitter * 40,
        connects: 0,
        endpoints: Vec::new(),
        topics: 1,
        lag_ms: Some(80 + i64::from(jitter) * 30),
        connected: true,
        fields: vec![FieldSummary {
            key: 7,
            mean: 20.0 + narrow(f64::from(jitter)) * 0.1,
            low: 19.5,
            high: 20.9 + figure(jitter) * 0.01,
        }],
        ..Observation::default()
    }
}

use crate::integrity::anomaly::FieldSummary;

fn learnt(windows: u64) -> DeviceWatch {
    let mut watch = DeviceWatch::default();
    for window in 0..windows {
        let mut seen = ordinary(window);
        if window == 0 {
            (seen.connects, seen.endpoints, seen.software) = (1, vec![11], Some(4));
        }
        assert_eq!(watch.step(&seen, window, &SETTINGS), [], "window {window}");
    }
    watch
}

fn found(watch: &mut DeviceWatch, windows: u64, seen: impl Fn(u64) -> Observation) -> Vec<FindingKind> {
    let mut kinds: Vec<_> =
        (0..windows).flat_map(|n| watch.step(&seen(n), 100_000 + n, &SETTINGS)).map(|hit| hit.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn an_ordinary_device_is_left_alone_and_its_state_is_small() {
    let watch = learnt(6_000);
    let bytes = watch.pack();
    assert!(bytes.len() < 600 && DeviceWatch::BYTES_MAX < 600, "{} of {}", bytes.len(), DeviceWatch::BYTES_MAX);
    let again = DeviceWatch::unpack(&bytes).expect("read back");
    assert_eq!(again.pack(), bytes);
    for bad in [&b""[..], &[9], &bytes[..bytes.len() - 1], &[bytes.as_slice(), &[0]].concat()] {
        assert_eq!(DeviceWatch::unpack(bad), None);
    }
}

/// A fault, how many windows it lasts, what is seen, and what it is called.
type Case<'a> = (&'a str, u64, &'a dyn Fn(u64) -> Observation, FindingKind);

#[test]
fn each_fault_is_found_by_its_name() {
    let learnt = learnt(6_000);
    let look = |windows, seen: &dyn Fn(u64) -> Observation| found(&mut learnt.clone(), windows, seen);
    let cases: [Case<'_>; 9] = [
        ("flood", 5, &|n| Observation { messages: 900, ..ordinary(n) }, FindingKind::MessageRateHigh),
        ("silence", 40, &|_| Observation::default(), FindingKind::DeviceSilent),
        ("clock set ahead", 5, &|n| Observation { lag_ms: Some(-120_000), ..ordinary(n) }, FindingKind::ClockJump),
        ("storm", 5, &|n| Observation { connects: 30, ..ordinary(n) }, FindingKind::ReconnectStorm),
        ("refusals", 5, &|n| Observation { refused: 60, ..ordinary(n) }, FindingKind::RefusalsHigh),
        ("breach", 3, &|n| Observation { over_rate: 9, ..ordinary(n) }, FindingKind::ProfileBreach),
        ("lost readings", 12, &|n| Observation { missing: 9, ..ordinary(n) }, FindingKind::ReadingsMissing),
        ("another network", 1, &|n| Observation { endpoints: vec![12], ..ordinary(n) }, FindingKind::NewEndpoint),
        ("older software", 1, &|n| Observation { software: Some(3), ..ordinary(n) }, FindingKind::VersionDrift),
    ];
    for (name, windows, seen, wanted) in cases {
        let kinds = look(windows, seen);
        assert!(kinds.contains(&wanted), "{name}: {kinds:?}");
    }
}

#[test]
fn a_little_more_data_each_hour_is_found_within_a_day() {
    let mut watch = learnt(6_000);
    let kinds = found(&mut watch, 24 * 60, |n| Observation { bytes: 1_500 + 450, ..ordinary(n) });
    assert!(kinds.contains(&FindingKind::SlowExfiltration), "{kinds:?}");
}

#[test]
fn a_sensor_that_says_the_same_for_ever_is_found() {
    let mut watch = learnt(6_000);
    let still =
        |n| Observation { fields: vec![FieldSummary { key: 7, mean: 20.0, low: 20.0, high: 20.0 }], ..ordinary(n) };
    assert!(found(&mut watch, 600, still).contains(&FindingKind::SensorStuck));
}

#[test]
fn what_was_dismissed_is_learnt_and_not_found_again() {
    let mut watch = learnt(6_000);
    let flood = |n| Observation { messages: 900, ..ordinary(n) };
    assert!(found(&mut watch, 5, flood).contains(&FindingKind::MessageRateHigh));
    watch.accept(FindingKind::MessageRateHigh, None, &SETTINGS);
    assert!(!found(&mut watch, 600, flood).contains(&FindingKind::MessageRateHigh));
}

#[test]
fn a_device_that_was_away_may_send_what_it_kept() {
    let mut watch = learnt(6_000);
    let kinds = found(&mut watch, 60, |n| match n {
        0..20 => Observation::default(),
        20..26 => Observation { messages: 60, connects: u32::from(n == 20), lag_ms: Some(900_000), ..ordinary(n) },
        _ => ordinary(n),
    });
    assert_eq!(kinds, []);
}

#[test]
fn new_software_is_learnt_anew_without_a_word() {
    let mut watch = learnt(6_000);
    let kinds = found(&mut watch, 3_000, |n| Observation {
        software: Some(5),
        messages: 25,
        bytes: 5_000,
        topics: 3,
        ..ordinary(n)
    });
    assert_eq!(kinds, []);
}
