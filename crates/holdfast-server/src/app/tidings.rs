//! What people are told about products: the notes of releases.

use holdfast_domain::updates::note::{self, KeptNote, Note};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::tidings::Tidings;
use holdfast_web::backend::{Answer, RefusalKind};

use super::{House, refuse, stored};
use crate::clock;

/// Versions of a note that are shown.
const NOTES_SHOWN: u32 = 100;

impl Tidings for House {
    fn put_release_note(&self, by: &Caller, manifest: [u8; 32], text: &str) -> Answer<KeptNote> {
        let _turn = self.turns.updates.take();
        let refused = |why: holdfast_domain::fleet::dossier::document::DossierError| {
            refuse(RefusalKind::Unacceptable, why.problem.name(), why.to_string())
        };
        let note = Note::parse(text).map_err(refused)?;
        let current = self.store.release_note(&manifest).map_err(stored)?;
        match note::keep(current.as_ref(), manifest, note, &by.person.id, clock::now()) {
            Some((kept, decision)) => self.decide(decision).map(|_| kept),
            // The same words are kept once.
            None => current.ok_or_else(|| refuse(RefusalKind::Conflict, "release-note-changed", "look again")),
        }
    }

    fn release_notes(&self, manifest: [u8; 32]) -> Answer<Vec<KeptNote>> {
        self.store.release_notes(&manifest, NOTES_SHOWN).map_err(stored)
    }
}
