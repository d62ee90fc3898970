//! Port of choosing devices: filters, groups, and acts on many devices with preview and undo.

use holdfast_core::id::{BulkId, DeviceId, GroupId};
use holdfast_domain::fleet::Device;
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, Item, ItemState};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{Group, Wish};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A group with how many devices are in it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// Its devices; counting stops at [`COUNT_MAX`].
    pub devices: u64,
    /// What to call who made it.
    pub created_by_name: String,
}

/// Lists count no further than this and say "more than".
pub const COUNT_MAX: u32 = 10_000;

/// Whom an act on many is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Whoever fits when it is ordered.
    Fitting(Filter),
    /// These.
    Ticked(Vec<DeviceId>),
}

impl Chosen {
    /// How a run keeps it: the filter's text, or nothing.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Fitting(filter) => filter.to_string(),
            Self::Ticked(_) => String::new(),
        }
    }
}

/// An act on many as it is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkAsk {
    /// What is done.
    pub act: BulkAct,
    /// To whom.
    pub chosen: Chosen,
}

/// What an act would do now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkPreview {
    /// Devices that are meant.
    pub devices: u64,
    /// Of these: connected.
    pub online: u64,
    /// Of these: looked at one by one. The others are judged when their turn comes.
    pub judged: u64,
    /// Of those looked at: would be changed.
    pub changed: u64,
    /// Of those looked at: would be left as they are, by reason.
    pub refused: Vec<Refusals>,
}

/// Devices that an act would leave as they are, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// The refusal's stable name.
    pub name: &'static str,
    /// What the rule says.
    pub text: String,
    /// How many.
    pub devices: u64,
    /// The first of them.
    pub examples: Vec<DeviceId>,
}

/// An act with what to call the people in it.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkView {
    /// The act.
    pub bulk: Bulk,
    /// Who ordered it.
    pub by_name: String,
    /// Who took it back.
    pub undone_by_name: Option<String>,
}

/// What the pages ask and order about many devices.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. A filter that names a group which is not there is refused
/// with `group-unknown`.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Groups: Ground {
    /// Devices that fit, by id, rising.
    fn search(&self, filter: &Filter, page: &PageAsk) -> Answer<Page<Device>>;
    /// How many fit; counting stops at `limit`.
    fn count(&self, filter: &Filter, limit: u32) -> Answer<u64>;
    /// Groups by name.
    fn groups(&self, page: &PageAsk) -> Answer<Page<GroupView>>;
    /// One group.
    fn group(&self, id: &GroupId) -> Answer<Option<GroupView>>;
    /// Groups by hand that a device is in.
    fn groups_of(&self, device: &DeviceId) -> Answer<Vec<GroupId>>;
    /// Makes a group, or changes what it is for and its filter.
    fn put_group(&self, by: &Caller, wish: Wish) -> Answer<GroupView>;
    /// Removes a group; its devices stay.
    fn remove_group(&self, by: &Caller, id: &GroupId) -> Answer<()>;
    /// Puts devices into a group by hand, or takes them out.
    fn change_members(&self, by: &Caller, id: &GroupId, devices: Vec<DeviceId>, into: bool) -> Answer<GroupView>;
    /// What an act would do now.
    fn preview_bulk(&self, by: &Caller, ask: &BulkAsk) -> Answer<BulkPreview>;
    /// Orders an act for exactly as many devices as were `confirmed`.
    fn start_bulk(&self, by: &Caller, ask: &BulkAsk, reason: &str, confirmed: u64) -> Answer<BulkView>;
    /// Acts, newest first.
    fn bulks(&self, page: &PageAsk) -> Answer<Page<BulkView>>;
    /// One act.
    fn bulk(&self, id: BulkId) -> Answer<Option<BulkView>>;
    /// Its devices, by id, rising.
    fn bulk_items(&self, id: BulkId, state: Option<ItemState>, page: &PageAsk) -> Answer<Page<Item>>;
    /// Takes an act back.
    fn undo_bulk(&self, by: &Caller, id: BulkId) -> Answer<BulkView>;
}
