//! Retailers of the port: keys, fetches, duties, and units that came back.

use holdfast_core::id::{AlertId, DeviceId, ReaderId, ShopId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::shop::{self as rules, Returned, Shop, ShopRefusal, Wipe};
use holdfast_store::integrity::AlertFilter;
use holdfast_store::shops::Back;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::shops::{ShopView, Shops};
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, refuse, stored};
use crate::clock;

/// Fetched documents and acceptances of a retailer that are shown.
const LINES_SHOWN: u32 = 100;
/// Open alerts of a unit that are looked at.
const ALERTS_MAX: u32 = 64;

impl Shops for House {
    fn shops(&self) -> Answer<Vec<ShopView>> {
        self.store.shops().map_err(stored)?.into_iter().map(|shop| self.shop_view(shop)).collect()
    }

    fn shop(&self, id: ShopId) -> Answer<Option<ShopView>> {
        self.store.shop(id).map_err(stored)?.map(|shop| self.shop_view(shop)).transpose()
    }

    fn add_shop(&self, by: &Caller, name: &str, secret_hash: &[u8; 32]) -> Answer<ShopId> {
        let now = clock::now();
        let id = ShopId::new(now, clock::random());
        self.decide(rules::add(id, name, *secret_hash, &by.person.id, now).map_err(refused)?)?;
        Ok(id)
    }

    fn retire_shop(&self, by: &Caller, id: ShopId) -> Answer<()> {
        let shop = self.shop_or_absent(id)?;
        self.decide(rules::retire(&shop, &by.person.id, clock::now()).map_err(refused)?).map(drop)
    }

    fn set_shop_readers(&self, _: &Caller, id: ShopId, readers: &[ReaderId]) -> Answer<()> {
        let shop = self.shop_or_absent(id)?;
        self.decide(rules::set_readers(&shop, readers.to_vec()).map_err(refused)?).map(drop)
    }

    fn shop_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ShopView>> {
        let found = self.store.shop_by_hash(secret_hash).map_err(stored)?;
        found.filter(|shop| shop.retired.is_none()).map(|shop| self.shop_view(shop)).transpose()
    }

    fn shop_fetched(&self, shop: &Shop, document: &str) -> Answer<()> {
        let last = self.store.shop_fetch(shop.id, document).map_err(stored)?;
        match rules::fetched(shop, document, last, clock::now()) {
            Some(decision) => self.decide(decision).map(drop),
            None => Ok(()),
        }
    }

    fn shop_units(&self, shop: ShopId, page: &PageAsk) -> Answer<Page<Returned>> {
        let after: Option<DeviceId> = cursor(page)?;
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows = self.store.shop_back(shop, &after, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |back| back.device.to_string());
        let rows = page.rows.into_iter().filter_map(|back| self.returned(back).transpose());
        Ok(Page { rows: rows.collect::<Answer<_>>()?, next: page.next })
    }

    fn accept_duties(&self, shop: &Shop, who: &str, version: u32, ticked: &[&str]) -> Answer<()> {
        self.decide(rules::accept(shop, who, version, ticked, clock::now()).map_err(refused)?).map(drop)
    }
}

impl House {
    fn shop_or_absent(&self, id: ShopId) -> Answer<Shop> {
        self.store.shop(id).map_err(stored)?.ok_or_else(|| absent("shop-unknown", format_args!("retailer {id}")))
    }

    fn shop_view(&self, shop: Shop) -> Answer<ShopView> {
        let fetched = self.store.shop_fetches(shop.id, LINES_SHOWN).map_err(stored)?;
        let accepted = self.store.shop_acceptances(shop.id, LINES_SHOWN).map_err(stored)?;
        Ok(ShopView { shop, fetched, accepted })
    }

    /// A unit that came back, with where it was seen last and what is known of its wipe.
    fn returned(&self, back: Back) -> Answer<Option<Returned>> {
        let end = Timestamp::from_micros(i64::MAX);
        let seen = self.store.sightings_of(&back.device, end, 1).map_err(stored)?;
        let Some(last) = seen.into_iter().next() else { return Ok(None) };
        let Back { device, product, at } = back;
        let wipe = self.wipe_of(&device)?;
        Ok(Some(Returned { wipe, device, product, back: at, station: last.reader.station, seen: last.sighting.at }))
    }

    fn wipe_of(&self, device: &DeviceId) -> Answer<Wipe> {
        if self.store.ownership(device).map_err(stored)?.is_some() {
            return Ok(Wipe::StillOwned);
        }
        let release = self.store.home_release(device).map_err(stored)?;
        Ok(release.map_or(Wipe::NeverOwned, |release| match release.wiped {
            Some(at) => Wipe::Wiped { at },
            None => Wipe::Waits { since: release.begun },
        }))
    }

    /// After a sighting: whether a unit that came back is on its way to a buyer with somebody's data on it.
    pub(super) fn watch_resale(&self, device: &DeviceId) -> Answer<()> {
        let Some(at) = self.store.unit_back(device).map_err(stored)? else { return Ok(()) };
        let unit = self.device_or_absent(device)?;
        let Some(unit) = self.returned(Back { device: unit.id, product: unit.product, at })? else { return Ok(()) };
        let filter = AlertFilter { open_only: true, device: Some(device.clone()) };
        let open = self.store.alerts(&filter, None, ALERTS_MAX).map_err(stored)?;
        let now = clock::now();
        let alert = AlertId::new(now, clock::random());
        if let Some(decision) = rules::resold(&unit, &open, alert, now) {
            self.decide(decision)?;
            self.tell(LiveEvent::Alert(alert));
        }
        Ok(())
    }
}

fn refused(why: ShopRefusal) -> Stop {
    let kind = match why {
        ShopRefusal::Retired | ShopRefusal::Version => RefusalKind::Conflict,
        ShopRefusal::Name | ShopRefusal::Readers | ShopRefusal::NotAll => RefusalKind::Unacceptable,
    };
    refuse(kind, why.name(), why.to_string())
}
