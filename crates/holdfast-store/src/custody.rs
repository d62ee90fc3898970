//! Reads of the custody chain: readers, tags, sightings, replaced units.

use holdfast_core::id::{DeviceId, ReaderId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::custody::{Reader, Sighting, Tag, TagId};
use holdfast_domain::fleet::replacement::Replacement;
use rusqlite::params;

use crate::error::StoreError;
use crate::row::{Fields, all, one};
use crate::sql;
use crate::store::Store;

/// A sighting with the unit that the tag is on and the reader that saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The sighting.
    pub sighting: Sighting,
    /// The unit.
    pub device: DeviceId,
    /// The reader.
    pub reader: Reader,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says")]
impl Store {
    /// Readers, by name.
    pub fn readers(&self, limit: u32) -> Result<Vec<Reader>, StoreError> {
        self.read(|conn| all(conn, (sql::READERS, "reader"), [limit], reader_row))
    }

    /// One reader.
    pub fn reader(&self, id: &ReaderId) -> Result<Option<Reader>, StoreError> {
        self.read(|conn| one(conn, (sql::READER, "reader"), [id.as_str()], reader_row))
    }

    /// The reader whose secret has this hash.
    pub fn reader_by_hash(&self, secret_hash: &[u8; 32]) -> Result<Option<Reader>, StoreError> {
        self.read(|conn| one(conn, (sql::READER_BY_HASH, "reader"), [secret_hash], reader_row))
    }

    /// One tag.
    pub fn tag(&self, id: &TagId) -> Result<Option<Tag>, StoreError> {
        self.read(|conn| one(conn, (sql::TAG, "tag"), [id.as_str()], tag_row))
    }

    /// The tags on a unit.
    pub fn tags_of(&self, device: &DeviceId) -> Result<Vec<Tag>, StoreError> {
        self.read(|conn| all(conn, (sql::TAGS_OF_DEVICE, "tag"), [device.as_str()], tag_row))
    }

    /// Sightings of a unit up to `until`, newest first.
    pub fn sightings_of(&self, device: &DeviceId, until: Timestamp, limit: u32) -> Result<Vec<Seen>, StoreError> {
        let asked = params![device.as_str(), until.as_micros(), limit];
        self.read(|conn| all(conn, (sql::SIGHTINGS_OF_DEVICE, "sighting"), asked, seen_row))
    }

    /// What was told last, newest first, told before `before`.
    pub fn sightings(&self, before: Option<Timestamp>, limit: u32) -> Result<Vec<Seen>, StoreError> {
        let asked = params![before.map_or(i64::MAX, Timestamp::as_micros), limit];
        self.read(|conn| all(conn, (sql::SIGHTINGS_NEWEST, "sighting"), asked, seen_row))
    }

    /// The replacements that a unit was part of.
    pub fn replacements_of(&self, device: &DeviceId) -> Result<Vec<Replacement>, StoreError> {
        self.read(|conn| {
            all(conn, (sql::REPLACEMENTS_OF, "replacement"), [device.as_str()], |f| {
                Ok(Replacement { old: f.parsed()?, new: f.parsed()?, at: f.time()? })
            })
        })
    }
}

fn reader_row(f: &mut Fields<'_>) -> Result<Reader, StoreError> {
    Ok(Reader {
        id: f.parsed()?,
        station: f.word()?,
        place: f.text()?,
        band: f.word()?,
        secret_hash: f.bytes()?,
        added: f.time()?,
        retired: f.optional(Fields::time)?,
    })
}

fn tag_row(f: &mut Fields<'_>) -> Result<Tag, StoreError> {
    Ok(Tag { id: f.parsed()?, device: f.parsed()?, kind: f.word()?, bound: f.time()? })
}

fn seen_row(f: &mut Fields<'_>) -> Result<Seen, StoreError> {
    let (tag, reader, at, received) = (f.parsed()?, f.parsed()?, f.time()?, f.time()?);
    let sighting = Sighting { tag, reader, at, received, doubt: f.optional(Fields::word)? };
    Ok(Seen { sighting, device: f.parsed()?, reader: reader_row(f)? })
}
