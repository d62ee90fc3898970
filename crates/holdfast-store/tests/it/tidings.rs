//! What people are told about products: each version of a release's note stays, and none is skipped.

use holdfast_domain::decision::Change;
use holdfast_domain::people::{Person, Role};
use holdfast_domain::updates::note::{KeptNote, Note};

use crate::fixture::{Home, at, person_id, product};

fn home() -> Home {
    let home = Home::empty();
    home.put(Change::PutProduct(product()));
    let person = Person { id: person_id(1), name: "Ada".to_owned(), role: Role::Administrator, created: at(0) };
    home.put(Change::AddPerson(person));
    home
}

fn note(version: u32, minutes: u32) -> KeptNote {
    let text = format!(
        r#"{{"risk":{{"en":"Somebody could read along."}},"urgency":"soon","interruption_minutes":{minutes},"to_do":"nothing"}}"#
    );
    KeptNote { manifest: [7; 32], version, note: Note::parse(&text).unwrap(), by: person_id(1), at: at(1) }
}

#[test]
fn every_version_of_a_note_stays_and_the_next_one_follows_the_last() {
    let home = home();
    home.put(Change::PutReleaseNote(note(1, 2)));
    assert_eq!(home.refused(Change::PutReleaseNote(note(1, 3))), "release-note-changed");
    assert_eq!(home.refused(Change::PutReleaseNote(note(3, 3))), "release-note-changed");
    home.put(Change::PutReleaseNote(note(2, 3)));
    assert_eq!(home.store.release_note(&[7; 32]).unwrap(), Some(note(2, 3)));
    assert_eq!(home.store.release_notes(&[7; 32], 9).unwrap(), [note(2, 3), note(1, 2)]);
    assert_eq!(home.store.release_note(&[8; 32]).unwrap(), None);
}
