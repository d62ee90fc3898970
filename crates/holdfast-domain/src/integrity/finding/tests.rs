//! Findings from opening to dismissal, and what is kept of them.

use std::collections::BTreeSet;

use super::*;
use crate::fixture::{NOW, alert_id, device_id, later, person};

pub(crate) fn finding() -> Finding {
    open(found(FindingKind::MessageRateHigh), (FindingId::new(NOW, [5; 10]), alert_id()), NOW).0
}

fn found(kind: FindingKind) -> Found {
    let evidence = Evidence {
        observed: 900.0,
        expected: 10.0,
        spread: 3.5,
        window_ms: 60_000,
        series: vec![0.0, 0.25, 31.75],
        devices: 1,
        ..Evidence::default()
    };
    Found { subject: Subject::Device(device_id(1)), kind, began: NOW, evidence }
}

#[test]
fn a_finding_opens_its_alert_in_the_same_decision_and_names_only_words_of_ours_in_history() {
    let (finding, decision) =
        open(found(FindingKind::MessageRateHigh), (FindingId::new(NOW, [5; 10]), alert_id()), later(120));
    assert_eq!(finding.time_to_detect(), Millis(120_000));
    let [Change::OpenAlert(alert), Change::Findings(FindingChange::Add(kept))] = decision.changes.as_slice() else {
        panic!("{decision:?}")
    };
    assert_eq!((alert.id, alert.kind.as_str()), (kept.alert, "message-rate-high"));
    assert!(alert.text.contains("900 messages a window, where 10 is usual"), "{}", alert.text);
    let line = decision.line.map(|line| line.to_string()).unwrap_or_default();
    assert!(
        line.contains("\"anomaly\":\"message-rate-high\"") && line.contains("\"device\":\"hearth-000001\""),
        "{line}"
    );
}

#[test]
fn a_dismissed_finding_closes_its_alert_and_is_over() {
    let finding = finding();
    let decision = dismiss(&finding, true, &person(), later(1)).expect("decided");
    assert!(decision.changes.iter().any(|change| matches!(change, Change::CloseAlert { .. })));
    let over = Finding { state: FindingState::Dismissed, ..finding };
    assert_eq!(dismiss(&over, false, &person(), later(2)), Err(FindingRefusal::Dismissed));
    assert_eq!(acknowledge(&over, &person(), later(2)), Err(FindingRefusal::Dismissed));
    assert!(!over.is_open());
}

#[test]
fn evidence_and_subject_read_back_as_they_were_written_and_nothing_else_does() {
    let finding = finding();
    assert_eq!(Evidence::parse(&finding.evidence.to_json()), Ok(finding.evidence));
    for bad in ["", "[]", "{}", r#"{"field":1}"#] {
        assert_eq!(Evidence::parse(bad), Err(NoEvidence), "{bad}");
    }
    for text in ["device:hearth-000001", "model:hearth-thermostat", "doors:"] {
        assert_eq!(text.parse::<Subject>().map(|subject| subject.to_string()), Ok(text.to_owned()));
    }
    for bad in ["", "device", "device:", "doors:x", "house:1"] {
        assert_eq!(bad.parse::<Subject>(), Err(NotASubject), "{bad}");
    }
}

#[test]
fn kinds_are_unique_kebab_case_names_with_words_for_people() {
    let names: BTreeSet<_> = FindingKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), FindingKind::ALL.len());
    for kind in FindingKind::ALL {
        assert_eq!(FindingKind::from_name(kind.name()), Some(*kind));
        assert!(kind.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{kind:?}");
        assert!(kind.advice().ends_with('.') && !kind.title().is_empty() && !kind.unit().is_empty());
    }
}
