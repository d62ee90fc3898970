//! The clock of 72 hours, what a report needs, and who is told.

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

fn by() -> PersonId {
    PersonId::new(NOW, [1; 10])
}

fn entry(risk: Risk) -> Entry {
    let account = Account {
        nature: "A list of households was readable by any member of the staff.".into(),
        people: Some(40),
        contact: "privacy@hearth.example".into(),
        consequences: "Somebody may learn who lives where.".into(),
        measures: "The list is closed; who read it is known.".into(),
        advice: "Change nothing. We tell you if somebody read yours.".into(),
        ..Account::default()
    };
    Entry { noticed: NOW, risk, products: vec!["hearth-thermostat".parse().unwrap()], account }
}

fn kept(decision: &Decision) -> Breach {
    let found = decision.changes.iter().find_map(|change| {
        let Change::Breach(change) = change else { return None };
        Some(change.breach.clone())
    });
    found.expect("an entry")
}

fn noted(risk: Risk) -> Breach {
    kept(&note(BreachId::new(NOW, [2; 10]), entry(risk), by(), NOW).expect("noted"))
}

#[test]
fn the_clock_runs_from_when_it_was_noticed_and_its_end_is_an_alert_once() {
    let (breach, alert) = (noted(Risk::High), AlertId::new(NOW, [3; 10]));
    let end = NOW.plus(NOTIFY_WITHIN);
    assert_eq!(breach.due, end);
    assert!(overdue(&breach, alert, Timestamp::from_micros(end.as_micros() - 1)).is_none());
    let late = kept(&overdue(&breach, alert, end).expect("an alert"));
    assert!(overdue(&late, alert, end).is_none());
    assert!(!noted_unlikely().is_late(end));
    // Later than 72 hours the report needs its reason; with it the alert is closed.
    assert_eq!(notified(&late, "DE-1", by(), end), Err(BreachRefusal::LateWithoutReason));
    let account = Account { reasons: "The log had to be rebuilt.".into(), ..late.account.clone() };
    let told = notified(&Breach { account, ..late }, "DE-1", by(), end).expect("told");
    assert!(told.changes.iter().any(|change| matches!(change, Change::CloseAlert { .. })));
    assert_eq!(kept(&told).notified, Some(end));
}

fn noted_unlikely() -> Breach {
    let bare = entry(Risk::Unlikely);
    assert_eq!(
        note(BreachId::new(NOW, [2; 10]), bare.clone(), by(), NOW).unwrap_err(),
        BreachRefusal::UnlikelyWithoutReason
    );
    let account = Account { reasons: "All of it was encrypted, and the key is safe.".into(), ..bare.account.clone() };
    kept(&note(BreachId::new(NOW, [2; 10]), Entry { account, ..bare.clone() }, by(), NOW).expect("noted"))
}

#[test]
fn at_high_risk_the_people_are_told_once_before_the_entry_is_closed() {
    let breach = noted(Risk::High);
    assert_eq!(close(&breach, by(), NOW), Err(BreachRefusal::NotNotified));
    let breach = kept(&notified(&breach, "DE-1", by(), NOW).expect("told the authority"));
    assert_eq!(close(&breach, by(), NOW), Err(BreachRefusal::NotTold));
    let owners = [PersonId::new(NOW, [4; 10]), PersonId::new(NOW, [5; 10])];
    let told = tell_owners(&breach, &owners, by(), NOW).expect("told the owners");
    let notices = told.changes.iter().filter(|change| matches!(change, Change::AddNotice(_))).count();
    assert_eq!((notices, kept(&told).told), (2, Some((NOW, 2))));
    assert_eq!(tell_owners(&kept(&told), &owners, by(), NOW), Err(BreachRefusal::ToldAlready));
    let closed = kept(&close(&kept(&told), by(), NOW).expect("closed"));
    assert_eq!(amend(&closed, entry(Risk::Some), None, by(), NOW), Err(BreachRefusal::Closed));
}

#[test]
fn the_moment_of_noticing_is_never_moved_and_the_report_has_every_part_of_article_33() {
    let breach = noted(Risk::Some);
    let later = Entry { noticed: NOW.plus(Millis(1)), ..entry(Risk::Some) };
    assert_eq!(kept(&amend(&breach, later, Some(1), by(), NOW).expect("amended")).due, breach.due);
    assert_eq!(amend(&breach, entry(Risk::Some), Some(9), by(), NOW), Err(BreachRefusal::VersionConflict(1)));
    let text = report(&breach, "Hearth Ltd", "The authority");
    for part in ["(a) Nature", "about 40", "(b) Contact", "(c) Likely", "(d) Measures", "72 hours end", "Hearth Ltd"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let line = note(BreachId::new(NOW, [2; 10]), entry(Risk::Some), by(), NOW).unwrap().line.unwrap().to_string();
    assert!(!line.contains("households"), "no words of people in the ledger: {line}");
}
