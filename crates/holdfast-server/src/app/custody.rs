//! The custody chain, as people see and order it and as readers tell it.

use holdfast_core::id::{AlertId, DeviceId, ReaderId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::Change;
use holdfast_domain::fleet::custody::{
    Doubt, Reader, SightingFacts, Station, TRAVEL_MIN, Tag, TagId, TagKind, add_reader, bind_tag, has_ended,
    retire_reader, sighted,
};
use holdfast_domain::fleet::replacement::{ReplacementFacts, replace};
use holdfast_store::integrity::AlertFilter;
use holdfast_web::backend::custody::{Custody, CustodyChain, NewReader, Seen, Told};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Most readers of one installation that are listed.
const READERS_MAX: u32 = 1_000;
/// Sightings of a unit that are shown.
const SEEN_SHOWN: u32 = 100;
/// Sightings around a new one that are looked at: more than a unit has on its whole way.
const TIMELINE_MAX: u32 = 64;
/// Open alerts of a unit that are looked at.
const ALERTS_MAX: u32 = 64;

impl CustodyChain for House {
    fn readers(&self) -> Answer<Vec<Reader>> {
        self.store.readers(READERS_MAX).map_err(stored)
    }

    fn reader_by_hash(&self, secret_hash: &[u8; 32]) -> Answer<Option<Reader>> {
        let reader = self.store.reader_by_hash(secret_hash).map_err(stored)?;
        Ok(reader.filter(|reader| reader.retired.is_none()))
    }

    fn add_reader(&self, by: &Caller, new: &NewReader) -> Answer<()> {
        let NewReader { id, station, place, band, secret_hash } = new.clone();
        let reader = Reader { id, station, place, band, secret_hash, added: clock::now(), retired: None };
        let decision = add_reader(reader, &by.person.id)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision).map(drop)
    }

    fn retire_reader(&self, by: &Caller, id: &ReaderId) -> Answer<()> {
        let reader = self.store.reader(id).map_err(stored)?;
        let reader = reader.ok_or_else(|| absent("reader-unknown", format_args!("reader {id}")))?;
        let decision = retire_reader(&reader, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision).map(drop)
    }

    fn bind_tag(&self, by: &Caller, device: &DeviceId, tag: &TagId, kind: TagKind) -> Answer<()> {
        let device = self.device_or_absent(device)?;
        let known = self.store.tag(tag).map_err(stored)?;
        let tag = Tag { id: tag.clone(), device: device.id, kind, bound: clock::now() };
        let decision = bind_tag(known.as_ref(), tag, &by.person.id)
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision).map(drop)
    }

    fn sighted(&self, reader: &Reader, seen: &[(TagId, Timestamp)]) -> Answer<Vec<Told>> {
        let _turn = self.turns.custody.take();
        seen.iter().map(|(tag, at)| self.one_sighting(reader, tag, *at)).collect()
    }

    fn sightings(&self, page: &PageAsk) -> Answer<Page<Seen>> {
        let before = cursor::<i64>(page)?.map(Timestamp::from_micros);
        let rows = self.store.sightings(before, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |row| row.sighting.received.as_micros().to_string());
        Ok(Page { rows: page.rows.into_iter().map(view).collect(), next: page.next })
    }

    fn custody(&self, device: &DeviceId) -> Answer<Option<Custody>> {
        let Some(device) = self.store.device(device).map_err(stored)? else { return Ok(None) };
        let end = Timestamp::from_micros(i64::MAX);
        let seen = self.store.sightings_of(&device.id, end, SEEN_SHOWN).map_err(stored)?;
        let last: Option<Station> = seen.first().map(|seen| seen.reader.station);
        Ok(Some(Custody {
            tags: self.store.tags_of(&device.id).map_err(stored)?,
            replacements: self.store.replacements_of(&device.id).map_err(stored)?,
            has_ended: has_ended(&device, last),
            seen: seen.into_iter().map(view).collect(),
        }))
    }

    fn replace_device(&self, by: &Caller, old: &DeviceId, new: &DeviceId) -> Answer<()> {
        let _turn = self.turns.devices.take();
        let (old, new) = (self.device_or_absent(old)?, self.device_or_absent(new)?);
        let linked = |id: &DeviceId| Answer::Ok(!self.store.replacements_of(id).map_err(stored)?.is_empty());
        let facts = ReplacementFacts {
            old_shadow: &self.store.shadow(&old.id).map_err(stored)?,
            old_commands: &self.store.open_commands(&old.id).map_err(stored)?,
            new_shadow: &self.store.shadow(&new.id).map_err(stored)?,
            new_model: &*self.model_of(&new.product)?,
            linked: linked(&old.id)? || linked(&new.id)?,
            old: &old,
            new: &new,
        };
        let decision = replace(&facts, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision)?;
        self.tell(LiveEvent::Device(old.id));
        self.tell(LiveEvent::Device(new.id));
        Ok(())
    }
}

impl House {
    fn one_sighting(&self, reader: &Reader, tag: &TagId, at: Timestamp) -> Answer<Told> {
        let tag = self.store.tag(tag).map_err(stored)?;
        let (mut timeline, mut alerts) = (Vec::new(), Vec::new());
        if let Some(tag) = &tag {
            let until = at.plus(Millis(TRAVEL_MIN.0));
            let seen = self.store.sightings_of(&tag.device, until, TIMELINE_MAX).map_err(stored)?;
            timeline = seen.into_iter().rev().map(|seen| (seen.sighting, seen.reader)).collect();
            let filter = AlertFilter { open_only: true, device: Some(tag.device.clone()) };
            alerts = self.store.alerts(&filter, None, ALERTS_MAX).map_err(stored)?;
        }
        let now = clock::now();
        let facts = SightingFacts { reader, tag: tag.as_ref(), timeline: &timeline, alerts: &alerts };
        let decision = match sighted(&facts, at, AlertId::new(now, clock::random()), now) {
            Ok(decision) => decision,
            Err(why) => {
                self.refusals.add("api", why.name());
                return Ok(Told::Refused(why.name()));
            }
        };
        let mut doubt: Option<Doubt> = None;
        for change in &decision.changes {
            if let Change::AddSighting(kept) = change {
                doubt = kept.doubt;
            } else if let Change::OpenAlert(alert) = change {
                self.tell(LiveEvent::Alert(alert.id));
            }
        }
        self.decide(decision)?;
        if let Some(tag) = &tag {
            self.watch_resale(&tag.device)?;
        }
        Ok(Told::Kept(doubt))
    }
}

fn view(seen: holdfast_store::custody::Seen) -> Seen {
    Seen { sighting: seen.sighting, device: seen.device, station: seen.reader.station, place: seen.reader.place }
}
