//! Changes of what people are told about products.

use holdfast_domain::updates::note::KeptNote;
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::{self, exactly};
use crate::sql;
use crate::writer::Desk;

impl Desk {
    pub(super) fn put_release_note(&self, kept: &KeptNote) -> Result<(), CommitError> {
        let from = (sql::NOTE_HIGHEST, "release_note");
        let highest: u32 = exactly(&self.conn, from, [kept.manifest], row::number)?;
        if highest.checked_add(1) != Some(kept.version) {
            return Err(CommitError::Conflict("release-note-changed"));
        }
        let on = On { key: "release-note-changed", unique: "release-note-changed", foreign: "person-unknown" };
        let (document, person) = (kept.note.text(), kept.by.to_string());
        self.add(sql::NOTE_ADD, params![kept.manifest, kept.version, document, person, kept.at.as_micros()], on)
    }
}
