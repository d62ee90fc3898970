//! A label rests on fresh evidence, says what the dossier says, and ends with the first piece that does.

use holdfast_core::id::{PersonId, ProofId};

use super::*;
use crate::fixture::{NOW, product, release};
use crate::fleet::dossier::{Dossier, Text};
use crate::fleet::proof::Proof;
use crate::papers::Policy;

const WHOLE: &str = include_str!("../../../../../examples/hearth-thermostat.dossier.json");
const DAY: Millis = Millis::from_secs(86_400);

fn record() -> Record {
    let dossier = Dossier::parse(WHOLE).expect("a dossier");
    let until = dossier.support_until.expect("a day");
    let public = Public { dossier: dossier.clone(), until, first_until: until, since: NOW, changed: NOW, coming: None };
    Record { product: product().id, version: 2, draft: dossier, public: Some(public), changed: NOW }
}

fn policies(review: Day) -> Vec<Paper> {
    let paper = |id: &&str| Paper {
        id: (*id).to_owned(),
        version: 1,
        document: Document::Policy(Policy {
            owner: "Head of security".into(),
            text: Text::default().with("en", "Words.").expect("words"),
            change: Text::default(),
            effective: Day::of(NOW),
            review,
            authority: String::new(),
        }),
        at: NOW,
        by: PersonId::new(NOW, [2; 10]),
    };
    crate::papers::POLICIES.iter().map(paper).collect()
}

fn issued(change: impl FnOnce(&mut Facts<'_>), now: Timestamp) -> Result<Label, Vec<String>> {
    let (record, release) = (record(), release(3));
    let policies = policies(Day::of(NOW.plus(Millis(DAY.0 * 200))));
    let mut facts = Facts {
        record: &record,
        personal: 2,
        release: Some(&release),
        proved: Some(NOW),
        policies: &policies,
        proofs: &[],
        address: "https://hearth.example/p/hearth-thermostat",
        trust_version: 1,
    };
    change(&mut facts);
    issue(&facts, now).map_err(|Lapsed(stale)| stale.into_iter().map(|one| one.what).collect())
}

#[test]
fn a_label_says_what_the_dossier_says_of_the_newest_release() {
    let label = issued(|_| (), NOW).expect("a label");
    let claim = |name: &str| label.claims.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(label.version, "1.3.0");
    assert_eq!(claim("updates"), Some("possible"));
    assert_eq!(claim("support-until"), record().draft.support_until.map(|day| day.to_string()).as_deref());
    assert!(claim("microphone").is_some() && claim("credentials").is_some() && claim("statement").is_some());
    assert!(label.evidence.iter().any(|one| one.link == "https://hearth.example/policies/security"));
    assert_eq!(label.expires, NOW.plus(holdfast_core::label::LIFE_MAX));
}

#[test]
fn it_ends_with_the_first_evidence_and_is_not_made_again_before_that_is_renewed() {
    let almost = NOW.plus(Millis(FIRMWARE_FRESH.0 - DAY.0));
    assert_eq!(issued(|_| (), almost).expect("a label").expires, NOW.plus(FIRMWARE_FRESH));
    assert_eq!(issued(|_| (), NOW.plus(FIRMWARE_FRESH)), Err(vec!["firmware-proved".to_owned()]));
    assert!(issued(|f| f.proved = Some(almost), NOW.plus(FIRMWARE_FRESH)).is_ok(), "proved again");
}

#[test]
fn whatever_is_missing_is_named_all_at_once() {
    let bare = issued(|f| (f.release, f.proved, f.policies) = (None, None, &[]), NOW).expect_err("no label");
    assert_eq!(bare, ["release", "firmware-proved", "policy-security", "policy-support", "policy-disclosure"]);
    let unpublished = Record { public: None, ..record() };
    let facts_without = |f: &mut Facts<'_>| f.policies = &[];
    assert_eq!(issued(facts_without, NOW).expect_err("no label").len(), 3);
    let facts = Facts {
        record: &unpublished,
        personal: 0,
        release: None,
        proved: None,
        policies: &[],
        proofs: &[],
        address: "",
        trust_version: 1,
    };
    assert_eq!(issue(&facts, NOW).expect_err("no label").0[0].what, "public-dossier");
}

#[test]
fn a_lapsed_review_of_a_policy_ends_the_label() {
    let late = policies(Day::of(NOW));
    let after = Day::of(NOW).end();
    let issue_at = |now| {
        let (record, release) = (record(), release(3));
        let facts = Facts {
            record: &record,
            personal: 2,
            release: Some(&release),
            proved: Some(NOW),
            policies: &late,
            proofs: &[],
            address: "https://hearth.example/p/hearth-thermostat",
            trust_version: 1,
        };
        issue(&facts, now)
    };
    assert_eq!(issue_at(NOW).expect("a label").expires, after);
    assert_eq!(issue_at(after).expect_err("no label").0.len(), 3);
}

#[test]
fn a_good_record_is_evidence_and_a_bad_one_is_left_out() {
    let text =
        r#"{"usability":{"tester":"Lab","testers":5,"tasks":[{"name":"a","critical":true,"tried":5,"succeeded":N}]}}"#;
    let proof = |n: &str| Proof {
        id: ProofId::new(NOW, [1; 10]),
        product: product().id,
        said: Said::parse(&text.replace('N', n)).expect("a record"),
        at: NOW,
        by: PersonId::new(NOW, [2; 10]),
    };
    let (good, bad) = ([proof("5")], [proof("1")]);
    let has = |label: &Label| label.evidence.iter().any(|one| one.what == "usability-test");
    let record = record();
    let release = release(3);
    let policies = policies(Day::of(NOW.plus(Millis(DAY.0 * 200))));
    for (proofs, there) in [(&good, true), (&bad, false)] {
        let facts = Facts {
            record: &record,
            personal: 0,
            release: Some(&release),
            proved: Some(NOW),
            policies: &policies,
            proofs,
            address: "https://hearth.example/p/hearth-thermostat",
            trust_version: 1,
        };
        assert_eq!(has(&issue(&facts, NOW).expect("a label")), there);
    }
}
