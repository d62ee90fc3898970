//! Papers: what is refused, what changes when, who is told.

use super::*;
use crate::fixture::{NOW, later, person, product};

const POLICY: &str = r#"{"kind":"policy","owner":"Head of security","text":{"en":"We answer."},"change":{"en":"Faster."},
    "authority":"The authority\n1 Square",
    "effective":"EFFECTIVE","review":"REVIEW"}"#;
const ACTION: &str = r#"{"kind":"bulletin","what":"action","product":"hearth-thermostat","serials":["hearth-00*"],
    "title":{"en":"Change the battery"},"happened":{"en":"It may leak."},"steps":[{"en":"Open it."}],
    "deadline":"2027-01-31","contact":"mailto:help@hearth.example"}"#;

fn read(text: &str) -> Document {
    Document::parse(text).expect("a paper")
}

fn policy(effective: i32, review: i32) -> Document {
    let day = |ahead: i32| Day::from_number(Day::of(NOW).number() + ahead).expect("a day").to_string();
    read(&POLICY.replace("EFFECTIVE", &day(effective)).replace("REVIEW", &day(review)))
}

fn kept(existing: Option<&Paper>, id: &str, document: Document) -> Result<Paper, PaperRefusal> {
    let decision = put(existing, id, document, None, &person(), NOW)?;
    match &decision.changes[..] {
        [Change::AddPaper(paper)] => Ok((**paper).clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_paper_reads_back_as_it_was_written() {
    for document in [policy(0, 365), read(ACTION)] {
        assert_eq!(Document::parse(&document.text()).as_ref(), Ok(&document));
    }
    for bad in ["", "[]", r#"{"kind":"other"}"#, &ACTION.replace("title", "titel"), &ACTION.replace("action", "fire")] {
        assert!(Document::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_policy_changes_only_after_people_had_a_month_and_the_old_one_counts_until_then() {
    let first = kept(None, "privacy", policy(0, 365)).expect("the first counts at once");
    assert_eq!(kept(Some(&first), "privacy", policy(29, 365)), Err(PaperRefusal::TooSoon));
    let second = kept(Some(&first), "privacy", policy(30, 365)).expect("after a month");
    let versions = [second, first];
    assert_eq!(in_force(&versions, NOW).map(|paper| paper.version), Some(1));
    assert_eq!(in_force(&versions, later(31 * 86_400)).map(|paper| paper.version), Some(2));
    let told = notice(&versions[0], person()).expect("told");
    assert_eq!((told.kind, told.facts["place"].as_str()), (NoticeKind::PolicyChanges, "policies/privacy"));
    assert_eq!(notice(&versions[1], person()), None, "the first version is no change");
}

#[test]
fn a_policy_is_looked_at_again_and_a_missed_look_shows() {
    assert!(matches!(kept(None, "privacy", policy(0, 800)), Err(PaperRefusal::Incomplete(_))));
    assert!(matches!(kept(None, "cookies", policy(0, 365)), Err(PaperRefusal::Incomplete(_))));
    let Document::Policy(policy) = policy(0, 10) else { panic!("a policy") };
    assert!(!policy.is_lapsed(later(10 * 86_400)));
    assert!(policy.is_lapsed(later(11 * 86_400)));
}

#[test]
fn who_has_to_act_gets_steps_a_deadline_and_learns_whether_it_is_their_unit() {
    for without in [r#""steps":[{"en":"Open it."}],"#, r#""deadline":"2027-01-31","#] {
        let document = read(&ACTION.replace(without, ""));
        assert!(matches!(kept(None, "battery", document), Err(PaperRefusal::Incomplete(_))), "{without}");
    }
    let paper = kept(None, "battery", read(ACTION)).expect("complete");
    let Document::Bulletin(bulletin) = &paper.document else { panic!("a bulletin") };
    let unit = |id: &str| id.parse::<DeviceId>().expect("an id");
    assert!(bulletin.concerns(&unit("hearth-0001"), &product().id));
    assert!(!bulletin.concerns(&unit("hearth-1001"), &product().id));
    assert!(!bulletin.concerns(&unit("hearth-0001"), &"porch-camera".parse().expect("an id")));
    assert_eq!(notice(&paper, person()).expect("told").facts["place"], "notices/battery");
}

#[test]
fn a_name_keeps_its_kind_and_a_stale_version_is_refused() {
    let first = kept(None, "privacy", policy(0, 365)).expect("kept");
    assert_eq!(kept(Some(&first), "privacy", read(ACTION)), Err(PaperRefusal::OtherKind));
    let stale = put(Some(&first), "privacy", policy(30, 365), Some(0), &person(), NOW);
    assert_eq!(stale, Err(PaperRefusal::VersionConflict(1)));
    assert!(matches!(kept(None, "../x", read(ACTION)), Err(PaperRefusal::Document(_))));
}
