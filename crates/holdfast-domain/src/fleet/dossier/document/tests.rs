//! Tests of how a dossier reads and writes itself.

use super::*;
use crate::fleet::dossier::tests::WHOLE;

fn refused(text: &str) -> (String, &'static str) {
    let error = Dossier::parse(text).expect_err(text);
    (error.path, error.problem.name())
}

#[test]
fn a_whole_dossier_reads_back_as_it_was_written() {
    let dossier = Dossier::parse(WHOLE).expect("a dossier");
    assert_eq!(Dossier::parse(&dossier.text()), Ok(dossier.clone()));
    assert_eq!(dossier.text(), Dossier::parse(&dossier.text()).expect("again").text());
    let members = serde_json::from_str::<Json>(WHOLE).expect("json");
    assert_eq!(dossier.json(), members, "nothing of the example is lost");
}

#[test]
fn an_empty_dossier_is_one_where_nothing_is_said() {
    for text in ["{}", r#"{"name":"","models":[],"support":null,"texts":{"summary":{"en":""}}}"#] {
        assert_eq!(Dossier::parse(text), Ok(Dossier::default()), "{text}");
    }
    assert_eq!(Dossier::default().text(), "{}");
}

#[test]
fn each_part_that_cannot_be_used_is_named_with_its_place() {
    for (text, path, name) in [
        ("[", "document", "dossier-not-json"),
        ("[]", "document", "wrong-kind"),
        (r#"{"nam":"x"}"#, "nam", "member-unknown"),
        (r#"{"support":{"end":"2031-12-31"}}"#, "support.end", "member-unknown"),
        (r#"{"support":{"until":"lifetime"}}"#, "support.until", "day-malformed"),
        (r#"{"support":{"warranty_months":-1}}"#, "support.warranty_months", "number-out-of-range"),
        (r#"{"support":{"updates":"maybe"}}"#, "support.updates", "word-unknown"),
        (r#"{"security":{"contact":"javascript:alert(1)"}}"#, "security.contact", "link-malformed"),
        (r#"{"credentials":"default"}"#, "credentials", "word-unknown"),
        (r#"{"sensors":[{"what":{"en":"hears"}}]}"#, "sensors.0.kind", "member-absent"),
        (r#"{"labels":[{"scheme":"JC-STAR"},{"level":"1"}]}"#, "labels.1.scheme", "member-absent"),
        (r#"{"languages":["eng"]}"#, "languages.0", "language-malformed"),
        (r#"{"texts":{"rumour":{"en":"x"}}}"#, "texts.rumour", "member-unknown"),
        (r#"{"texts":{"summary":"x"}}"#, "texts.summary", "wrong-kind"),
        (r#"{"texts":{"summary":{"en":"a\u0000b"}}}"#, "texts.summary.en", "text-with-unseen"),
        (
            r#"{"statement":{"batch":"HT-2","signatory":"A","function":"B","place":"C"}}"#,
            "statement.by",
            "member-absent",
        ),
        (r#"{"fields":{"climate/presence":{"basis":"because"}}}"#, "fields.climate/presence.basis", "word-unknown"),
        (r#"{"models":["1","2","3","4","5","6","7","8","9","10","11","12","13"]}"#, "models", "too-many"),
    ] {
        assert_eq!(refused(text), (path.to_owned(), name), "{text}");
    }
    assert_eq!(refused(&" ".repeat(DOSSIER_BYTES_MAX + 1)).1, "dossier-too-large");
    assert_eq!(
        refused(&format!(r#"{{"name":"{}"}}"#, "x".repeat(LINE_CHARS_MAX + 1))),
        ("name".to_owned(), "text-too-long")
    );
}
