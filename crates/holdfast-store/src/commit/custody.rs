//! Changes to readers, tags, sightings and replaced units.

use holdfast_core::id::ReaderId;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::custody::{Doubt, Reader, Sighting, Tag};
use holdfast_domain::fleet::replacement::Replacement;
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

impl Desk {
    pub(super) fn add_reader(&self, reader: &Reader) -> Result<(), CommitError> {
        let on = On { key: "reader-known", unique: "reader-known", foreign: "reader-known" };
        let Reader { id, station, place, band, secret_hash, added, retired: _ } = reader;
        let row = params![id.as_str(), station.word(), place, band.word(), secret_hash, added.as_micros()];
        self.add(sql::READER_ADD, row, on)
    }

    pub(super) fn retire_reader(&self, reader: &ReaderId, at: Timestamp) -> Result<(), CommitError> {
        self.must(sql::READER_RETIRE, params![at.as_micros(), reader.as_str()], "reader-retired")
    }

    pub(super) fn bind_tag(&self, tag: &Tag) -> Result<(), CommitError> {
        let on = On { key: "tag-taken", unique: "tag-taken", foreign: "device-unknown" };
        let Tag { id, device, kind, bound } = tag;
        self.add(sql::TAG_ADD, params![id.as_str(), device.as_str(), kind.word(), bound.as_micros()], on)
    }

    pub(super) fn add_sighting(&self, sighting: &Sighting) -> Result<(), CommitError> {
        let on = On { key: "sighting-known", unique: "sighting-known", foreign: "tag-unknown" };
        let Sighting { tag, reader, at, received, doubt } = sighting;
        let (at, received, doubt) = (at.as_micros(), received.as_micros(), doubt.map(Doubt::word));
        self.add(sql::SIGHTING_ADD, params![tag.as_str(), at, reader.as_str(), received, doubt], on)
    }

    pub(super) fn add_replacement(&self, replacement: &Replacement) -> Result<(), CommitError> {
        let on = On { key: "replaced-before", unique: "replaced-before", foreign: "device-unknown" };
        let Replacement { old, new, at } = replacement;
        self.add(sql::REPLACEMENT_ADD, params![old.as_str(), new.as_str(), at.as_micros()], on)
    }
}
