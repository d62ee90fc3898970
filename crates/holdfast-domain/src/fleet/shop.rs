//! Retailers: a key for the feed of support dates, the duties that somebody accepted for a shop, and units that came back.
//!
//! A key is a name for a feed and opens nothing else: everything behind it is public, but for the shop's own list of units.
//! When a shop fetched what is kept; who did it is not.

use holdfast_core::id::{AlertId, DeviceId, PersonId, ProductId, ReaderId, ShopId};
use holdfast_core::time::{Millis, Timestamp};

use super::custody::Station;
use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::integrity::{Alert, Severity, alert_kind};

/// Most characters of a shop's or a person's name.
pub const NAME_CHARS_MAX: usize = 120;
/// Most readers of one shop.
pub const READERS_MAX: usize = 64;
/// A fetch is written down at most so often: a shop that asks each second costs no write each second.
pub const FETCH_EVERY: Millis = Millis::from_secs(60);
/// The version of the list of duties; it rises whenever a duty changes.
pub const DUTIES_VERSION: u32 = 1;
/// The duties, each the key of its words.
pub const DUTIES: [&str; 7] = ["date", "statement", "stop", "password", "returns", "buyers", "tell"];

/// A retailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// Its id.
    pub id: ShopId,
    /// What it is called: a company.
    pub name: String,
    /// SHA-256 of the secret in its address.
    pub secret_hash: [u8; 32],
    /// When its key was made.
    pub made: Timestamp,
    /// Its key opens nothing from then on.
    pub retired: Option<Timestamp>,
    /// Readers of tags that stand in its rooms.
    pub readers: Vec<ReaderId>,
}

/// When a shop last fetched one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// `feed`, or a product's id.
    pub document: String,
    /// When last.
    pub at: Timestamp,
    /// How often it was written down.
    pub times: u64,
}

/// Somebody accepted the duties for a shop.
#[derive(Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The shop.
    pub shop: ShopId,
    /// Which version of the duties.
    pub version: u32,
    /// Who, as they wrote it; personal.
    pub who: String,
    /// When.
    pub at: Timestamp,
}

impl std::fmt::Debug for Acceptance {
    /// Without the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acceptance").field("shop", &self.shop).field("version", &self.version).finish_non_exhaustive()
    }
}

/// A change of retailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopChange {
    /// Adds a shop.
    Add(Shop),
    /// Ends a shop's key.
    Retire {
        /// The shop.
        shop: ShopId,
        /// When.
        at: Timestamp,
    },
    /// Replaces the readers that stand in its rooms.
    Readers {
        /// The shop.
        shop: ShopId,
        /// Its readers.
        readers: Vec<ReaderId>,
    },
    /// Notes a fetch.
    Fetched {
        /// The shop.
        shop: ShopId,
        /// What.
        document: String,
        /// When.
        at: Timestamp,
    },
    /// Keeps an acceptance.
    Accept(Acceptance),
}

/// Why a shop does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShopRefusal {
    /// No name.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters")]
    Name,
    /// Its key is ended.
    #[error("the key of this shop is ended")]
    Retired,
    /// Too many readers.
    #[error("at most {READERS_MAX} readers of one shop")]
    Readers,
    /// Another version of the duties.
    #[error("the duties are at version {DUTIES_VERSION}; read them again")]
    Version,
    /// Not every duty was ticked.
    #[error("every duty is accepted, or none")]
    NotAll,
}

impl ShopRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "shop-name",
            Self::Retired => "shop-retired",
            Self::Readers => "shop-readers-too-many",
            Self::Version => "duties-version",
            Self::NotAll => "duties-not-all",
        }
    }
}

fn named(text: &str) -> Result<String, ShopRefusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(ShopRefusal::Name) }
}

/// Decides to make a key for a shop.
///
/// # Errors
///
/// [`ShopRefusal`] names why not.
pub fn add(id: ShopId, name: &str, hash: [u8; 32], by: &PersonId, now: Timestamp) -> Result<Decision, ShopRefusal> {
    let shop = Shop { id, name: named(name)?, secret_hash: hash, made: now, retired: None, readers: Vec::new() };
    let line = LedgerLine::new(kind::SHOP_ADDED, now).fact("shop", &id).fact("person", by);
    Ok(Decision::new(vec![Change::Shop(ShopChange::Add(shop))], line))
}

/// Decides to end a shop's key.
///
/// # Errors
///
/// [`ShopRefusal::Retired`].
pub fn retire(shop: &Shop, by: &PersonId, now: Timestamp) -> Result<Decision, ShopRefusal> {
    if shop.retired.is_some() {
        return Err(ShopRefusal::Retired);
    }
    let line = LedgerLine::new(kind::SHOP_RETIRED, now).fact("shop", &shop.id).fact("person", by);
    Ok(Decision::new(vec![Change::Shop(ShopChange::Retire { shop: shop.id, at: now })], line))
}

/// Decides which readers stand in a shop's rooms; what they see come back is on the shop's list.
///
/// # Errors
///
/// [`ShopRefusal`] names why not.
pub fn set_readers(shop: &Shop, mut readers: Vec<ReaderId>) -> Result<Decision, ShopRefusal> {
    if shop.retired.is_some() {
        return Err(ShopRefusal::Retired);
    }
    readers.sort();
    readers.dedup();
    if readers.len() > READERS_MAX {
        return Err(ShopRefusal::Readers);
    }
    Ok(Decision::quiet(vec![Change::Shop(ShopChange::Readers { shop: shop.id, readers })]))
}

/// Decides to note a fetch; `None` if the last one is written down and not long ago.
#[must_use]
pub fn fetched(shop: &Shop, document: &str, last: Option<Timestamp>, now: Timestamp) -> Option<Decision> {
    if last.is_some_and(|last| now < last.plus(FETCH_EVERY)) {
        return None;
    }
    let change = ShopChange::Fetched { shop: shop.id, document: document.to_owned(), at: now };
    Some(Decision::quiet(vec![Change::Shop(change)]))
}

/// Decides to keep that somebody accepts the duties for a shop: all of this version, by name.
///
/// # Errors
///
/// [`ShopRefusal`] names why not.
pub fn accept(shop: &Shop, who: &str, version: u32, ticked: &[&str], now: Timestamp) -> Result<Decision, ShopRefusal> {
    if shop.retired.is_some() {
        return Err(ShopRefusal::Retired);
    }
    let who = named(who)?;
    if version != DUTIES_VERSION {
        return Err(ShopRefusal::Version);
    }
    if !DUTIES.iter().all(|duty| ticked.contains(duty)) {
        return Err(ShopRefusal::NotAll);
    }
    let line = LedgerLine::new(kind::DUTIES_ACCEPTED, now).fact("shop", &shop.id).fact("version", u64::from(version));
    let acceptance = Acceptance { shop: shop.id, version, who, at: now };
    Ok(Decision::new(vec![Change::Shop(ShopChange::Accept(acceptance))], line))
}

/// What is known of a unit's wipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wipe {
    /// Nobody ever owned it.
    NeverOwned,
    /// It still has an owner.
    StillOwned,
    /// It is ordered; the unit has not said that it is done.
    Waits {
        /// Since when.
        since: Timestamp,
    },
    /// The unit said that nothing of its owner is on it.
    Wiped {
        /// When.
        at: Timestamp,
    },
}

impl Wipe {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NeverOwned => "never-owned",
            Self::StillOwned => "still-owned",
            Self::Waits { .. } => "waits",
            Self::Wiped { .. } => "wiped",
        }
    }

    /// Whether the unit may be sold.
    #[must_use]
    pub const fn is_clean(self) -> bool {
        matches!(self, Self::NeverOwned | Self::Wiped { .. })
    }
}

/// A unit that came back, as its shop sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The unit.
    pub device: DeviceId,
    /// Of which product.
    pub product: ProductId,
    /// When a reader of the shop saw it come back.
    pub back: Timestamp,
    /// Where it was seen last, by any reader.
    pub station: Station,
    /// When.
    pub seen: Timestamp,
    /// Whether anything of an owner is on it.
    pub wipe: Wipe,
}

impl Returned {
    /// Whether it is on its way to a buyer with somebody's data on it.
    #[must_use]
    pub const fn is_resold_unwiped(&self) -> bool {
        matches!(self.station, Station::Shop | Station::Distribution) && !self.wipe.is_clean()
    }
}

/// Raises the alarm that a unit which came back is sold again with somebody's data; `open` is one that stands already.
#[must_use]
pub fn resold(unit: &Returned, open: &[Alert], alert: AlertId, now: Timestamp) -> Option<Decision> {
    if !unit.is_resold_unwiped() || crate::integrity::open_alert(open, alert_kind::RESOLD_UNWIPED).is_some() {
        return None;
    }
    let opened = Alert {
        id: alert,
        device: Some(unit.device.clone()),
        kind: alert_kind::RESOLD_UNWIPED.to_owned(),
        severity: Severity::Critical,
        text: format!(
            "The unit came back and is on its way to a buyer again ({}), but it was not wiped ({}). Stop the sale.",
            unit.station.name(),
            unit.wipe.word()
        ),
        opened: now,
        closed: None,
    };
    let line = LedgerLine::new(kind::RESOLD_UNWIPED, now)
        .fact("device", &unit.device)
        .fact("station", unit.station.name())
        .fact("wipe", unit.wipe.word());
    Some(Decision::new(vec![Change::OpenAlert(opened)], line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    fn shop() -> Shop {
        let by = PersonId::new(NOW, [1; 10]);
        let decision = add(ShopId::new(NOW, [2; 10]), " Corner Electrics ", [3; 32], &by, NOW).expect("added");
        let Change::Shop(ShopChange::Add(shop)) = decision.changes[0].clone() else { panic!("no shop") };
        assert_eq!(shop.name, "Corner Electrics");
        shop
    }

    #[test]
    fn a_fetch_is_written_down_at_most_once_a_minute() {
        let shop = shop();
        assert!(fetched(&shop, "feed", None, NOW).is_some());
        assert!(fetched(&shop, "feed", Some(NOW), NOW.plus(Millis(59_999))).is_none());
        assert!(fetched(&shop, "feed", Some(NOW), NOW.plus(FETCH_EVERY)).is_some());
    }

    #[test]
    fn duties_are_accepted_all_together_in_the_version_that_was_read_and_by_name() {
        let shop = shop();
        let yes = accept(&shop, "B. Keeper", DUTIES_VERSION, &DUTIES, NOW).expect("accepted");
        assert!(!yes.line.expect("a line").to_string().contains("Keeper"));
        assert_eq!(accept(&shop, "B. Keeper", 9, &DUTIES, NOW), Err(ShopRefusal::Version));
        assert_eq!(accept(&shop, "B. Keeper", DUTIES_VERSION, &DUTIES[1..], NOW), Err(ShopRefusal::NotAll));
        assert_eq!(accept(&shop, " ", DUTIES_VERSION, &DUTIES, NOW), Err(ShopRefusal::Name));
        let retired = Shop { retired: Some(NOW), ..shop };
        assert_eq!(accept(&retired, "B. Keeper", DUTIES_VERSION, &DUTIES, NOW), Err(ShopRefusal::Retired));
    }

    #[test]
    fn an_unwiped_unit_that_goes_to_a_buyer_again_is_an_alert_and_a_wiped_one_is_not() {
        let unit = |station, wipe| Returned {
            device: "hearth-0001".parse().unwrap(),
            product: "hearth-thermostat".parse().unwrap(),
            back: NOW,
            station,
            seen: NOW,
            wipe,
        };
        let alarm = |station, wipe| resold(&unit(station, wipe), &[], AlertId::new(NOW, [4; 10]), NOW);
        assert!(alarm(Station::Shop, Wipe::StillOwned).is_some());
        assert!(alarm(Station::Distribution, Wipe::Waits { since: NOW }).is_some());
        assert!(alarm(Station::Shop, Wipe::Wiped { at: NOW }).is_none());
        assert!(alarm(Station::Return, Wipe::StillOwned).is_none(), "it may wait there");
        let Some(Change::OpenAlert(open)) = alarm(Station::Shop, Wipe::StillOwned).map(|d| d.changes[0].clone()) else {
            panic!("no alert")
        };
        let again = resold(&unit(Station::Shop, Wipe::StillOwned), &[open], AlertId::new(NOW, [5; 10]), NOW);
        assert!(again.is_none(), "one alert for one unit");
    }
}
