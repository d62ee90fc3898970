//! Made-up readers and sightings.

use holdfast_core::id::{DeviceId, ReaderId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::custody::{Band, Doubt, Reader, Sighting, Station, Tag, TagId, TagKind};
use holdfast_web::backend::custody::{Custody, CustodyChain, NewReader, Seen, Told};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, Page, PageAsk};

use super::{NOON, Sample};

impl Sample {
    fn seen(&self) -> Vec<Seen> {
        let one = |device: &str, station, place: &str, seconds, doubt| Seen {
            sighting: Sighting {
                tag: format!("urn:epc:id:sgtin:0614141.107346.{device}").parse().unwrap(),
                reader: "dock-2".parse().unwrap(),
                at: self.ago(seconds),
                received: self.ago(seconds),
                doubt,
            },
            device: device.parse().unwrap(),
            station,
            place: place.to_owned(),
        };
        vec![
            one("hearth-0004", Station::Shop, "Shop in Utrecht", 60, Some(Doubt::TwoPlaces)),
            one("hearth-0004", Station::Distribution, "Rotterdam, dock 2", 300, None),
            one("hearth-0005", Station::Factory, "Plant", 90_000, None),
        ]
    }
}

impl CustodyChain for Sample {
    fn readers(&self) -> Answer<Vec<Reader>> {
        let one = |id: &str, station, place: &str, retired| Reader {
            id: id.parse().unwrap(),
            station,
            place: place.to_owned(),
            band: Band::Uhf865,
            secret_hash: [3; 32],
            added: NOON,
            retired,
        };
        let rows = vec![
            one("dock-2", Station::Distribution, "Rotterdam, dock 2", None),
            one("plant-1", Station::Factory, "Plant", Some(NOON)),
        ];
        Ok(if self.empty() { Vec::new() } else { rows })
    }
    fn reader_by_hash(&self, _: &[u8; 32]) -> Answer<Option<Reader>> {
        Ok(None)
    }
    fn add_reader(&self, _: &Caller, new: &NewReader) -> Answer<()> {
        self.note(format!("add reader {}", new.id));
        Ok(())
    }
    fn retire_reader(&self, _: &Caller, id: &ReaderId) -> Answer<()> {
        self.note(format!("retire reader {id}"));
        Ok(())
    }
    fn bind_tag(&self, _: &Caller, device: &DeviceId, tag: &TagId, _: TagKind) -> Answer<()> {
        self.note(format!("bind {tag} to {device}"));
        Ok(())
    }
    fn sighted(&self, _: &Reader, seen: &[(TagId, Timestamp)]) -> Answer<Vec<Told>> {
        Ok(seen.iter().map(|_| Told::Kept(None)).collect())
    }
    fn sightings(&self, _: &PageAsk) -> Answer<Page<Seen>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { self.seen() }))
    }
    fn custody(&self, device: &DeviceId) -> Answer<Option<Custody>> {
        let seen = self.seen().into_iter().filter(|seen| seen.device == *device).collect();
        let tag = Tag { id: "04A1B2C3".parse().unwrap(), device: device.clone(), kind: TagKind::Uid, bound: NOON };
        Ok(Some(Custody { tags: vec![tag], seen, replacements: Vec::new(), has_ended: false }))
    }
    fn replace_device(&self, _: &Caller, old: &DeviceId, new: &DeviceId) -> Answer<()> {
        self.note(format!("replace {old} by {new}"));
        Ok(())
    }
}
