//! Port of the room `shops`: retailers with their keys, what they fetched and accepted, and units that came back to them.

use holdfast_core::id::{ReaderId, ShopId};
use holdfast_domain::fleet::shop::{Acceptance, Fetched, Returned, Shop};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A retailer as the maker sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopView {
    /// The retailer.
    pub shop: Shop,
    /// What it fetched, and when last.
    pub fetched: Vec<Fetched>,
    /// Who accepted the duties, newest first.
    pub accepted: Vec<Acceptance>,
}

/// What pages ask and order about retailers. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Shops: Ground {
    /// Every retailer, oldest first.
    fn shops(&self) -> Answer<Vec<ShopView>>;
    /// One retailer.
    fn shop(&self, id: ShopId) -> Answer<Option<ShopView>>;
    /// Makes a key for a retailer; only its hash comes here.
    fn add_shop(&self, by: &Caller, name: &str, secret_hash: &[u8; 32]) -> Answer<ShopId>;
    /// Ends a retailer's key.
    fn retire_shop(&self, by: &Caller, id: ShopId) -> Answer<()>;
    /// Says which readers of tags stand in a retailer's rooms.
    fn set_shop_readers(&self, by: &Caller, id: ShopId, readers: &[ReaderId]) -> Answer<()>;
    /// The retailer whose key has this hash; `None` if there is none or it was ended.
    fn shop_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ShopView>>;
    /// Notes that a retailer fetched a document.
    fn shop_fetched(&self, shop: &Shop, document: &str) -> Answer<()>;
    /// Units that came back to a retailer, each with the state of its wipe.
    fn shop_units(&self, shop: ShopId, page: &PageAsk) -> Answer<Page<Returned>>;
    /// Keeps that somebody accepts the duties for a retailer.
    fn accept_duties(&self, shop: &Shop, who: &str, version: u32, ticked: &[&str]) -> Answer<()>;
}
