//! Floors under the figures, so that the detectors cannot rot.

use super::*;

#[test]
fn the_series_of_the_benchmark_are_scored_above_three_sigma_with_fewer_false_alarms() {
    let scores = nab::score().expect("the series");
    assert_eq!(scores.series, 18);
    assert!(scores.ours.best >= 40.0 && scores.ours.best > scores.naive.best, "{scores:?}");
    assert!(scores.ours.own >= 38.0 && scores.ours.false_alarms < scores.naive.false_alarms, "{scores:?}");
}

#[test]
fn injected_faults_are_found_and_ordinary_days_are_quiet() {
    let scores = faults::score(fleet::Scale { seed: 7, devices: 90, days: 10 });
    let missed: Vec<_> = scores.faults.iter().filter(|row| row.ours.found < row.injected).collect();
    assert!(scores.ours.recall >= 0.9, "{missed:?}");
    assert!(scores.ours.false_per_device_year <= 1.0, "{:?}", scores.false_alarms);
    assert!(scores.ours.precision >= 0.9, "{:?}", scores.false_alarms);
    assert!(scores.state_bytes < 600, "{}", scores.state_bytes);
    assert!(
        scores.naive.false_per_device_year > scores.ours.false_per_device_year * 10.0,
        "the yardstick is no straw man"
    );
}

#[test]
fn the_same_seed_gives_the_same_figures() {
    let run = || {
        let scores = faults::score(fleet::Scale { seed: 3, devices: 60, days: 6 });
        serde_json::to_string(&scores).expect("figures")
    };
    assert_eq!(run(), run());
}
