//! Reads of what people are told about products: notes of releases, notices, announced changes, news by mail.

use holdfast_domain::updates::note::{KeptNote, Note};
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{Fields, all};
use crate::sql;
use crate::store::Store;

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// The newest note of a manifest.
    pub fn release_note(&self, manifest: &[u8; 32]) -> Result<Option<KeptNote>, StoreError> {
        self.release_notes(manifest, 1).map(|mut notes| notes.pop())
    }

    /// The notes of a manifest, newest first.
    pub fn release_notes(&self, manifest: &[u8; 32], limit: u32) -> Result<Vec<KeptNote>, StoreError> {
        self.read(|conn| all(conn, (sql::NOTES, "release_note"), params![manifest, limit], note_row))
    }
}

fn note_row(f: &mut Fields<'_>) -> Result<KeptNote, StoreError> {
    let (manifest, version) = (f.bytes()?, f.number()?);
    let text = f.str()?;
    let note = Note::parse(text).map_err(|why| f.inconsistent(&format!("cannot be read: {why}")))?;
    Ok(KeptNote { manifest, version, note, by: f.parsed()?, at: f.time()? })
}
