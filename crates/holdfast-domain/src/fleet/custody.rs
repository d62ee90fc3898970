//! The custody chain: readers at stations see tags of units, from the factory to recycling (EPC and UID tags).
//!
//! A tag is a name and never a proof: anyone can copy one. A sighting therefore opens no door and changes no right; it only
//! builds the timeline of a unit and tells people what cannot be true.

use std::fmt;
use std::str::FromStr;

use holdfast_core::id::{AlertId, DeviceId, PersonId, ReaderId};
use holdfast_core::time::{Millis, Timestamp};

use super::Device;
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// Most characters of a place's name.
pub const PLACE_CHARS_MAX: usize = 60;
/// Shortest time in which a unit gets from one reader's place to another's.
pub const TRAVEL_MIN: Millis = Millis::from_secs(10 * 60);
/// A sighting may be ahead of our clock by so much.
pub const AHEAD_MAX: Millis = Millis::from_secs(5 * 60);
/// The oldest sighting that a reader may still bring after an outage: 90 days.
pub const AGE_MAX: Millis = Millis::from_secs(90 * 86_400);

/// What a tag says when it is read: an EPC URI, a UID or a printed code. 4 to 96 letters, digits and `: . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(String);

impl TagId {
    /// Fewest characters.
    pub const BYTES_MIN: usize = 4;
    /// Most characters: a 96-bit EPC as a tag URI fits.
    pub const BYTES_MAX: usize = 96;

    /// The tag's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that no tag has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag has 4 to 96 letters, digits, colons, dots, underscores and hyphens")]
pub struct BadTag;

impl FromStr for TagId {
    type Err = BadTag;

    fn from_str(text: &str) -> Result<Self, BadTag> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'_' | b'-');
        let long = (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&text.len());
        if long && text.bytes().all(fits) { Ok(Self(text.to_owned())) } else { Err(BadTag) }
    }
}

impl fmt::Display for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Kinds of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// RFID with an Electronic Product Code (GS1 EPC Tag Data Standard).
    Epc,
    /// RFID or NFC with a chip's own number (ISO/IEC 14443, 15693).
    Uid,
    /// A printed code.
    Printed,
}

impl TagKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Epc, Self::Uid, Self::Printed];

    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epc => "epc",
            Self::Uid => "uid",
            Self::Printed => "printed",
        }
    }
}

/// Stations of a unit's life, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Station {
    /// Where it is made.
    Factory,
    /// Warehouses and carriers.
    Distribution,
    /// Where it is sold.
    Shop,
    /// Where it comes back to from a shop or a home.
    Return,
    /// Where it is made fit to be sold again.
    Refurbishment,
    /// Where it ends.
    Recycling,
}

impl Station {
    /// Every station, in order.
    pub const ALL: [Self; 6] =
        [Self::Factory, Self::Distribution, Self::Shop, Self::Return, Self::Refurbishment, Self::Recycling];

    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Factory => "factory",
            Self::Distribution => "distribution",
            Self::Shop => "shop",
            Self::Return => "return",
            Self::Refurbishment => "refurbishment",
            Self::Recycling => "recycling",
        }
    }

    /// Whether a unit may be seen here next after it was seen at `before`; `None` is a unit that was never seen.
    #[must_use]
    pub fn follows(self, before: Option<Self>) -> bool {
        use Station::{Distribution, Factory, Recycling, Refurbishment, Return, Shop};
        match before {
            None => self == Factory,
            Some(before) if before == self => true,
            Some(Factory) => self == Distribution,
            Some(Distribution) => matches!(self, Shop | Return),
            Some(Shop) => matches!(self, Distribution | Return | Recycling),
            Some(Return) => matches!(self, Refurbishment | Recycling),
            Some(Refurbishment) => matches!(self, Distribution | Shop | Recycling),
            Some(Recycling) => false,
        }
    }
}

/// A reader at a station. It proves itself with a secret of its own, of which we keep the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Its name.
    pub id: ReaderId,
    /// Where on the way it stands.
    pub station: Station,
    /// Which place that is, such as "Rotterdam, dock 2".
    pub place: String,
    /// The radio band it works in, as its region allows.
    pub band: Band,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// When it was registered.
    pub added: Timestamp,
    /// When it was taken out of use.
    pub retired: Option<Timestamp>,
}

/// Radio bands that are reserved for RFID use, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// 865 to 868 MHz (Europe, ETSI EN 302 208).
    Uhf865,
    /// 902 to 928 MHz (Americas, FCC part 15).
    Uhf902,
    /// 13.56 MHz (worldwide, ISO/IEC 14443 and 15693).
    Hf13,
    /// No radio: an optical reader.
    Optical,
}

impl Band {
    /// Every band.
    pub const ALL: [Self; 4] = [Self::Uhf865, Self::Uhf902, Self::Hf13, Self::Optical];

    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uhf865 => "uhf-865",
            Self::Uhf902 => "uhf-902",
            Self::Hf13 => "hf-13.56",
            Self::Optical => "optical",
        }
    }
}

/// A tag on a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What it says.
    pub id: TagId,
    /// The unit it is on.
    pub device: DeviceId,
    /// What kind of tag it is.
    pub kind: TagKind,
    /// When it was bound.
    pub bound: Timestamp,
}

/// A tag, seen by a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Which tag.
    pub tag: TagId,
    /// By which reader.
    pub reader: ReaderId,
    /// When, by the reader's clock.
    pub at: Timestamp,
    /// When we were told.
    pub received: Timestamp,
    /// What was found wrong with it, if anything.
    pub doubt: Option<Doubt>,
}

/// What cannot be true about a sighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Two places, too little time between them.
    TwoPlaces,
    /// A station was left out.
    Skipped,
    /// It had gone to recycling.
    AfterRecycling,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Self; 3] = [Self::TwoPlaces, Self::Skipped, Self::AfterRecycling];

    /// The stable word; also the kind of the alert it opens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TwoPlaces => alert_kind::TAG_CLONE_SUSPECTED,
            Self::Skipped => alert_kind::STATION_SKIPPED,
            Self::AfterRecycling => alert_kind::SEEN_AFTER_RECYCLING,
        }
    }
}

/// Why something about custody is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CustodyRefusal {
    /// The place has no name, or too long a one.
    #[error("a place has 1 to {PLACE_CHARS_MAX} characters")]
    Place,
    /// The reader is out of use.
    #[error("the reader is out of use")]
    ReaderRetired,
    /// The tag is on no unit.
    #[error("this tag is on no unit")]
    TagUnknown,
    /// The tag is on another unit.
    #[error("this tag is on another unit")]
    TagTaken,
    /// The time lies ahead of ours or too far back.
    #[error("a sighting is at most five minutes ahead and 90 days old")]
    Time,
}

impl CustodyRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Place => "place-malformed",
            Self::ReaderRetired => "reader-retired",
            Self::TagUnknown => "tag-unknown",
            Self::TagTaken => "tag-taken",
            Self::Time => "sighting-time",
        }
    }
}

/// Decides to register a reader.
///
/// # Errors
///
/// [`CustodyRefusal::Place`].
pub fn add_reader(reader: Reader, by: &PersonId) -> Result<Decision, CustodyRefusal> {
    let place = reader.place.trim();
    if place.is_empty() || place.chars().count() > PLACE_CHARS_MAX || place.chars().any(char::is_control) {
        return Err(CustodyRefusal::Place);
    }
    let line = LedgerLine::new(kind::READER_ADDED, reader.added)
        .fact("reader", &reader.id)
        .fact("station", reader.station.name())
        .fact("person", by);
    let reader = Reader { place: place.to_owned(), ..reader };
    Ok(Decision::new(vec![Change::AddReader(reader)], line))
}

/// Decides to take a reader out of use.
///
/// # Errors
///
/// [`CustodyRefusal::ReaderRetired`] if it is out of use already.
pub fn retire_reader(reader: &Reader, by: &PersonId, now: Timestamp) -> Result<Decision, CustodyRefusal> {
    if reader.retired.is_some() {
        return Err(CustodyRefusal::ReaderRetired);
    }
    let line = LedgerLine::new(kind::READER_RETIRED, now).fact("reader", &reader.id).fact("person", by);
    Ok(Decision::new(vec![Change::RetireReader { reader: reader.id.clone(), at: now }], line))
}

/// Decides to bind a tag to a unit; binding it to the same unit again decides nothing.
///
/// # Errors
///
/// [`CustodyRefusal::TagTaken`] if it is on another unit.
pub fn bind_tag(known: Option<&Tag>, tag: Tag, by: &PersonId) -> Result<Decision, CustodyRefusal> {
    match known {
        Some(known) if known.device == tag.device => return Ok(Decision::default()),
        Some(_) => return Err(CustodyRefusal::TagTaken),
        None => {}
    }
    let line = LedgerLine::new(kind::TAG_BOUND, tag.bound).fact("device", &tag.device).fact("person", by);
    Ok(Decision::new(vec![Change::BindTag(tag)], line))
}

/// What is known when a reader says that it saw a tag.
#[derive(Debug, Clone, Copy)]
pub struct SightingFacts<'a> {
    /// The reader.
    pub reader: &'a Reader,
    /// The tag, if it is bound.
    pub tag: Option<&'a Tag>,
    /// The unit's sightings around that moment, in their order of time, each with the reader that made it.
    pub timeline: &'a [(Sighting, Reader)],
    /// Open alerts about the unit.
    pub alerts: &'a [Alert],
}

/// Decides to keep a sighting, and to tell people of what cannot be true. One that is kept already decides nothing.
///
/// # Errors
///
/// [`CustodyRefusal`] names why it is not kept.
pub fn sighted(
    facts: &SightingFacts<'_>,
    at: Timestamp,
    id: AlertId,
    now: Timestamp,
) -> Result<Decision, CustodyRefusal> {
    let SightingFacts { reader, tag, timeline, alerts } = *facts;
    if reader.retired.is_some() {
        return Err(CustodyRefusal::ReaderRetired);
    }
    if at > now.plus(AHEAD_MAX) || now > at.plus(AGE_MAX) {
        return Err(CustodyRefusal::Time);
    }
    let tag = tag.ok_or(CustodyRefusal::TagUnknown)?;
    if timeline.iter().any(|(seen, _)| seen.at == at && seen.reader == reader.id && seen.tag == tag.id) {
        return Ok(Decision::default());
    }
    let doubt = doubt(reader, at, timeline);
    let sighting = Sighting { tag: tag.id.clone(), reader: reader.id.clone(), at, received: now, doubt };
    let mut decision = Decision::quiet(vec![Change::AddSighting(sighting)]);
    if let Some(doubt) = doubt
        && !alerts.iter().any(|alert| alert.kind == doubt.name() && alert.closed.is_none())
    {
        decision.changes.push(Change::OpenAlert(alert(id, &tag.device, doubt, reader, now)));
    }
    Ok(decision)
}

/// What cannot be true, the gravest first.
fn doubt(reader: &Reader, at: Timestamp, timeline: &[(Sighting, Reader)]) -> Option<Doubt> {
    let apart = |one: Timestamp| if one < at { at.since(one) } else { one.since(at) };
    let elsewhere = |(seen, by): &(Sighting, Reader)| by.place != reader.place && apart(seen.at) < TRAVEL_MIN;
    if timeline.iter().any(elsewhere) {
        return Some(Doubt::TwoPlaces);
    }
    let before = timeline.iter().rev().find(|(seen, _)| seen.at <= at).map(|(_, by)| by.station);
    match before {
        Some(Station::Recycling) if reader.station != Station::Recycling => Some(Doubt::AfterRecycling),
        before if !reader.station.follows(before) => Some(Doubt::Skipped),
        _ => None,
    }
}

fn alert(id: AlertId, device: &DeviceId, doubt: Doubt, reader: &Reader, now: Timestamp) -> Alert {
    let place = &reader.place;
    let (severity, text) = match doubt {
        Doubt::TwoPlaces => (
            Severity::Critical,
            format!(
                "The unit's tag was seen at {place} and elsewhere within minutes. Tags can be copied: look at both units."
            ),
        ),
        Doubt::Skipped => (
            Severity::Warning,
            format!("The unit was seen at {place} and not at the station before. Ask there whether it passed unread."),
        ),
        Doubt::AfterRecycling => (
            Severity::Critical,
            format!(
                "The unit went to recycling and was seen again at {place}. Revoke it, and ask where it comes from."
            ),
        ),
    };
    let kind = doubt.name().to_owned();
    Alert { id, device: Some(device.clone()), kind, severity, text, opened: now, closed: None }
}

/// Whether the last place of a unit says that its service has ended.
#[must_use]
pub fn has_ended(device: &Device, last: Option<Station>) -> bool {
    last == Some(Station::Recycling) && device.enrolment != super::Enrolment::Revoked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, alert_id, device, device_id, later, person};

    fn reader(id: &str, station: Station, place: &str) -> Reader {
        Reader {
            id: id.parse().unwrap(),
            station,
            place: place.to_owned(),
            band: Band::Uhf865,
            secret_hash: [1; 32],
            added: NOW,
            retired: None,
        }
    }

    fn tag() -> Tag {
        Tag {
            id: "urn:epc:id:sgtin:0614141.107346.1".parse().unwrap(),
            device: device().id,
            kind: TagKind::Epc,
            bound: NOW,
        }
    }

    fn seen(by: &Reader, at: Timestamp) -> (Sighting, Reader) {
        let sighting = Sighting { tag: tag().id, reader: by.id.clone(), at, received: at, doubt: None };
        (sighting, by.clone())
    }

    /// What is found when `by` sees the tag at `at` after the timeline.
    fn check(timeline: &[(Sighting, Reader)], by: &Reader, at: Timestamp) -> Result<Option<Doubt>, &'static str> {
        let tag = tag();
        let facts = SightingFacts { reader: by, tag: Some(&tag), timeline, alerts: &[] };
        let decision = sighted(&facts, at, alert_id(), later(90_000)).map_err(CustodyRefusal::name)?;
        match decision.changes.as_slice() {
            [Change::AddSighting(kept)] => {
                assert_eq!(kept.doubt, None);
                Ok(None)
            }
            [Change::AddSighting(kept), Change::OpenAlert(alert)] => {
                assert_eq!(kept.doubt.map(Doubt::name), Some(alert.kind.as_str()));
                Ok(kept.doubt)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_unit_that_goes_the_way_of_units_raises_no_doubt() {
        let way = [
            (Station::Factory, "Plant"),
            (Station::Distribution, "Harbour"),
            (Station::Shop, "Shop"),
            (Station::Return, "Desk"),
            (Station::Refurbishment, "Bench"),
            (Station::Shop, "Shop"),
            (Station::Recycling, "Yard"),
        ];
        let mut timeline = Vec::new();
        for (hour, (station, place)) in (1..).zip(way) {
            let by = reader("reader-1", station, place);
            let at = later(hour * 3_600);
            assert_eq!(check(&timeline, &by, at), Ok(None), "{place}");
            timeline.push(seen(&by, at));
        }
        let shop = reader("reader-2", Station::Shop, "Shop");
        assert_eq!(check(&timeline, &shop, later(80_000)), Ok(Some(Doubt::AfterRecycling)));
    }

    #[test]
    fn a_skipped_station_and_a_tag_at_two_places_are_told() {
        let plant = reader("plant", Station::Factory, "Plant");
        let shop = reader("shop", Station::Shop, "Shop");
        let other = reader("other", Station::Factory, "Another plant");
        assert_eq!(check(&[], &shop, later(10)), Ok(Some(Doubt::Skipped)), "never seen before");
        assert_eq!(check(&[seen(&plant, later(10))], &shop, later(4_000)), Ok(Some(Doubt::Skipped)));
        assert_eq!(check(&[seen(&plant, later(10))], &other, later(60)), Ok(Some(Doubt::TwoPlaces)));
        assert_eq!(check(&[seen(&plant, later(500))], &other, later(60)), Ok(Some(Doubt::TwoPlaces)), "brought late");
        assert_eq!(check(&[seen(&plant, later(10))], &plant, later(60)), Ok(None), "read twice at one place");
    }

    #[test]
    fn what_is_kept_already_is_kept_once_and_an_open_alert_is_not_opened_again() {
        let (plant, tag) = (reader("plant", Station::Factory, "Plant"), tag());
        let timeline = [seen(&plant, later(10))];
        let facts = SightingFacts { reader: &plant, tag: Some(&tag), timeline: &timeline, alerts: &[] };
        assert_eq!(sighted(&facts, later(10), alert_id(), later(20)), Ok(Decision::default()));
        let shop = reader("shop", Station::Shop, "Shop");
        let told = alert(alert_id(), &tag.device, Doubt::Skipped, &shop, NOW);
        let facts = SightingFacts { reader: &shop, timeline: &[], alerts: std::slice::from_ref(&told), ..facts };
        let decision = sighted(&facts, later(10), alert_id(), later(20)).unwrap();
        assert!(matches!(decision.changes.as_slice(), [Change::AddSighting(_)]));
    }

    #[test]
    fn sightings_are_refused_by_name() {
        let (plant, tag) = (reader("plant", Station::Factory, "Plant"), tag());
        let retired = Reader { retired: Some(NOW), ..plant.clone() };
        let refusal = |reader: &Reader, tag: Option<&Tag>, at: Timestamp| {
            let facts = SightingFacts { reader, tag, timeline: &[], alerts: &[] };
            sighted(&facts, at, alert_id(), later(100)).map_err(CustodyRefusal::name)
        };
        assert_eq!(refusal(&retired, Some(&tag), later(10)), Err("reader-retired"));
        assert_eq!(refusal(&plant, None, later(10)), Err("tag-unknown"));
        assert_eq!(refusal(&plant, Some(&tag), later(100 + 301)), Err("sighting-time"));
        assert_eq!(refusal(&plant, Some(&tag), Timestamp::from_micros(0)), Err("sighting-time"));
    }

    #[test]
    fn a_tag_is_on_one_unit() {
        let other = Tag { device: device_id(99), ..tag() };
        assert_eq!(bind_tag(Some(&other), tag(), &person()), Err(CustodyRefusal::TagTaken));
        assert_eq!(bind_tag(Some(&tag()), tag(), &person()), Ok(Decision::default()));
        assert!(matches!(bind_tag(None, tag(), &person()).unwrap().changes.as_slice(), [Change::BindTag(_)]));
    }

    #[test]
    fn a_reader_has_a_place_and_ends_once() {
        let plant = reader("plant", Station::Factory, " Plant ");
        let decision = add_reader(plant.clone(), &person()).unwrap();
        assert!(matches!(decision.changes.as_slice(), [Change::AddReader(kept)] if kept.place == "Plant"));
        for place in ["", "  ", "a\nb", &"x".repeat(61)] {
            let nowhere = Reader { place: place.to_owned(), ..plant.clone() };
            assert_eq!(add_reader(nowhere, &person()), Err(CustodyRefusal::Place));
        }
        let retired = Reader { retired: Some(NOW), ..plant };
        assert_eq!(retire_reader(&retired, &person(), NOW), Err(CustodyRefusal::ReaderRetired));
    }

    #[test]
    fn a_tag_has_the_characters_of_tags() {
        for (text, good) in [("04A1B2C3", true), ("abc", false), ("a b c d", false), ("<script>", false)] {
            assert_eq!(text.parse::<TagId>().is_ok(), good, "{text}");
        }
        assert!("x".repeat(97).parse::<TagId>().is_err());
    }
}
