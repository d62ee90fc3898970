//! The sample's answers about what people are told of products.

use holdfast_core::id::PersonId;
use holdfast_domain::updates::note::{KeptNote, Note};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::tidings::Tidings;
use holdfast_web::backend::{Answer, Ground as _, RefusalKind};

use super::{NOON, Sample, refuse};

pub(crate) const NOTE: &str = r#"{"risk":{"en":"Somebody near your home could have read along.","de":"Jemand in der Nähe hätte mitlesen können."},
    "urgency":"soon","interruption_minutes":2,"to_do":"keep-powered","to_do_words":{"en":"Leave it in its socket."},
    "advisories":["HEARTH-2026-1"]}"#;

pub(crate) fn note() -> Note {
    Note::parse(NOTE).unwrap()
}

pub(crate) fn notes(manifest: [u8; 32]) -> Vec<KeptNote> {
    vec![KeptNote { manifest, version: 1, note: note(), by: PersonId::new(NOON, [1; 10]), at: NOON }]
}

impl Tidings for Sample {
    fn put_release_note(&self, by: &Caller, manifest: [u8; 32], text: &str) -> Answer<KeptNote> {
        match Note::parse(text) {
            Ok(note) => {
                self.note(format!("put_release_note {}", note.to_do.word()));
                Ok(KeptNote { manifest, version: 2, note, by: by.person.id, at: self.now() })
            }
            Err(why) => refuse(RefusalKind::Unacceptable, why.problem.name(), &why.to_string()),
        }
    }
    fn release_notes(&self, manifest: [u8; 32]) -> Answer<Vec<KeptNote>> {
        Ok(if self.empty() { Vec::new() } else { notes(manifest) })
    }
}
