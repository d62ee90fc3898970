//! Port of the room `custody`: readers, tags, sightings, and units that take the place of others.

use holdfast_core::id::{DeviceId, ReaderId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::custody::{Band, Doubt, Reader, Sighting, Station, Tag, TagId, TagKind};
use holdfast_domain::fleet::replacement::Replacement;

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A reader to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReader {
    /// Its name.
    pub id: ReaderId,
    /// Where on the way it stands.
    pub station: Station,
    /// Which place that is.
    pub place: String,
    /// The band it works in.
    pub band: Band,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
}

/// A sighting with the unit and the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The sighting.
    pub sighting: Sighting,
    /// The unit that the tag is on.
    pub device: DeviceId,
    /// Where on the way.
    pub station: Station,
    /// Which place.
    pub place: String,
}

/// What is known of where a unit was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// Tags on it.
    pub tags: Vec<Tag>,
    /// Where it was seen, newest first.
    pub seen: Vec<Seen>,
    /// Replacements that it was part of.
    pub replacements: Vec<Replacement>,
    /// Whether it was last seen where its service ends and can still connect.
    pub has_ended: bool,
}

/// What became of one sighting that a reader told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It is kept.
    Kept(Option<Doubt>),
    /// It is not, by this name.
    Refused(&'static str),
}

/// What the pages ask and order about custody.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait CustodyChain: Ground {
    /// Readers, by name.
    fn readers(&self) -> Answer<Vec<Reader>>;
    /// The reader whose secret has this hash, if it is in use.
    fn reader_by_hash(&self, secret_hash: &[u8; 32]) -> Answer<Option<Reader>>;
    /// Registers a reader. Refusals: `reader-known`, `place-malformed`.
    fn add_reader(&self, by: &Caller, new: &NewReader) -> Answer<()>;
    /// Takes a reader out of use. Refusals: `reader-unknown`, `reader-retired`.
    fn retire_reader(&self, by: &Caller, id: &ReaderId) -> Answer<()>;
    /// Binds a tag to a unit. Refusals: `device-unknown`, `tag-taken`.
    fn bind_tag(&self, by: &Caller, device: &DeviceId, tag: &TagId, kind: TagKind) -> Answer<()>;
    /// What a reader saw, each with what became of it.
    fn sighted(&self, reader: &Reader, seen: &[(TagId, Timestamp)]) -> Answer<Vec<Told>>;
    /// What was told last, newest first.
    fn sightings(&self, page: &PageAsk) -> Answer<Page<Seen>>;
    /// Where a unit was; `None` if there is no such unit.
    fn custody(&self, device: &DeviceId) -> Answer<Option<Custody>>;
    /// Puts `new` in the place of `old`. Refusals: `device-unknown` and those of the rule.
    fn replace_device(&self, by: &Caller, old: &DeviceId, new: &DeviceId) -> Answer<()>;
}
