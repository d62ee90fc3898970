//! Papers on disk: versions follow each other, none changes, and telling goes on where it stopped.

use holdfast_domain::decision::Change;
use holdfast_domain::papers::{Document, Paper};

use holdfast_store::papers::PaperFacts;

use crate::fixture::{Home, at, person, person_id};

const BULLETIN: &str = r#"{"kind":"bulletin","what":"outage","title":{"en":"We were away"},"happened":{"en":"For an hour."},
    "contact":"mailto:help@hearth.example"}"#;

fn paper(version: u64) -> Paper {
    let document = Document::parse(BULLETIN).unwrap();
    Paper { id: "outage".to_owned(), version, document, at: at(1), by: person_id(1) }
}

fn home() -> Home {
    let home = Home::empty();
    home.put(Change::AddPerson(person(1)));
    home
}

fn kept(version: u64) -> Change {
    Change::AddPaper(Box::new(paper(version)))
}

#[test]
fn versions_follow_each_other_and_a_gap_or_a_repeat_is_refused() {
    let home = home();
    assert_eq!(home.refused(kept(2)), "paper-version-conflict", "the first is 1");
    home.put(kept(1));
    assert_eq!(home.refused(kept(1)), "paper-version-conflict", "one version is made once");
    home.put(kept(2));
    let versions: Vec<u64> = home.store.paper_versions("outage").unwrap().iter().map(|p| p.version).collect();
    assert_eq!(versions, [2, 1]);
    assert_eq!(home.store.papers(10).unwrap(), [paper(2)]);
    assert_eq!(home.store.paper_facts().unwrap(), PaperFacts::default(), "no policy has changed");
}

#[test]
fn telling_goes_on_where_it_stopped_and_counts_who_was_told() {
    let (home, paper) = (home(), paper(1));
    home.put(kept(1));
    assert_eq!(home.store.papers_untold(10).unwrap()[0].after, "");
    home.store.move_paper_telling(&paper, "m", 3, false).unwrap();
    assert_eq!(home.store.papers_untold(10).unwrap()[0].after, "m");
    home.store.move_paper_telling(&paper, "z", 2, true).unwrap();
    assert!(home.store.papers_untold(10).unwrap().is_empty());
    assert_eq!(home.store.paper_told("outage", 1).unwrap(), (5, true));
}
