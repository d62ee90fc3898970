//! What records say, and from when on they show something.

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

fn test(succeeded: u32, testers: u32, outside: bool) -> Said {
    let text = format!(
        r#"{{"usability":{{"tester":"Lab","testers":{testers},"outside":{outside},"tasks":[
            {{"name":"Claim the thermostat","critical":true,"tried":{testers},"succeeded":{succeeded}}},
            {{"name":"Set a timer","tried":{testers},"succeeded":0}}]}}}}"#
    );
    Said::parse(&text).expect("a record")
}

fn interface(violations: u32, checks: &str) -> Said {
    let report = Sha256Digest::of(b"report");
    let text = format!(
        r#"{{"interface":{{"version":"1.2.0","checks":{checks},
            "scan":{{"tool":"axe 4.10","pages":40,"violations":{violations},"report":"{report}"}}}}}}"#
    );
    Said::parse(&text).expect("a record")
}

const ALL: &str = r#"{"secure-defaults":true,"clear-prompts":true,"reversible":true,"no-dark-patterns":true,
    "accessible":true,"translated":true}"#;

fn proof(said: Said) -> Proof {
    let product = "hearth-thermostat".parse().unwrap();
    Proof { id: ProofId::new(NOW, [1; 10]), product, said, at: NOW, by: PersonId::new(NOW, [2; 10]) }
}

#[test]
fn a_record_reads_back_as_it_was_written_and_unknown_members_are_refused() {
    let page =
        r#"{"page":{"page":"https://hearth.example/shop","content":"DIGEST","found":"https://hearth.example/p/x"}}"#;
    let page = Said::parse(&page.replace("DIGEST", &Sha256Digest::of(b"page").to_string())).expect("a record");
    for said in [test(5, 5, true), interface(0, ALL), page] {
        assert_eq!(Said::parse(&said.text()), Ok(said));
    }
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"usability":[]}"#,
        r#"{"guess":{}}"#,
        r#"{"interface":{"version":"1","checks":{"x":true}}}"#,
    ] {
        assert_eq!(Said::parse(bad).unwrap_err().name(), "proof-malformed", "{bad}");
    }
    let wrong = r#"{"usability":{"tester":"Lab","testers":2,"tasks":[{"name":"a","tried":2,"succeeded":3}]}}"#;
    assert_eq!(Said::parse(wrong), Err(ProofRefusal::Figures));
}

#[test]
fn four_in_five_of_at_least_five_testers_come_to_the_end_of_each_critical_task() {
    assert!(test(4, 5, false).holds());
    assert!(!test(3, 5, false).holds());
    assert!(!test(4, 4, false).holds(), "too few");
    assert!(interface(0, ALL).holds() && !interface(1, ALL).holds());
    assert!(!interface(0, r#"{"secure-defaults":true}"#).holds(), "what was not checked does not hold");
}

#[test]
fn what_is_missing_is_named_until_a_record_shows_it_and_again_when_the_record_is_old() {
    let none = missing(&[], Some("1.2.0"), NOW);
    assert_eq!(none.len(), 5);
    let photo = Said::Photograph { of: "Box".into(), photo: Sha256Digest::of(b"photo") };
    let page = Said::Page {
        page: "https://hearth.example/shop".parse().unwrap(),
        content: Sha256Digest::of(b"page"),
        found: Some("https://hearth.example/p/hearth-thermostat".into()),
    };
    let all: Vec<Proof> = [test(9, 10, true), interface(0, ALL), photo, page].map(proof).into();
    assert_eq!(missing(&all, Some("1.2.0"), NOW), Vec::<&str>::new());
    assert_eq!(missing(&all, Some("1.3.0"), NOW), ["interface-not-checked"]);
    assert_eq!(missing(&all[..1], None, NOW), ["packaging-no-photograph", "packaging-no-link"]);
    assert_eq!(missing(&all, Some("1.2.0"), NOW.plus(COUNTS_FOR)).len(), 5);
}

#[test]
fn a_checklist_is_for_a_version_that_was_released() {
    assert!(keep(proof(interface(0, ALL)), &["1.2.0".to_owned()]).is_ok());
    assert_eq!(keep(proof(interface(0, ALL)), &[]).unwrap_err(), ProofRefusal::Version);
    assert_eq!(photo_type(b"\x89PNG\r\n\x1a\n..."), Some("image/png"));
    assert_eq!(photo_type(b"<svg>"), None);
}
