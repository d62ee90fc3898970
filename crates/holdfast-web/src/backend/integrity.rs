//! Port of the room `integrity`: appraisals, alerts, counted refusals.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::{Alert, Appraisal};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// How often one named refusal happened at one door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalCount {
    /// Which door: `mqtt`, `est`, `device`, `api`.
    pub door: String,
    /// The stable name.
    pub name: String,
    /// How often, since the store was made.
    pub count: u64,
    /// When last.
    pub last: Option<Timestamp>,
}

/// What the pages ask and order about integrity.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Integrity: Ground {
    /// A device's appraisals, newest first.
    fn appraisals(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<Appraisal>>;
    /// Alerts, newest first; only open ones if `open_only`, only of `device` if given.
    fn alerts(&self, open_only: bool, device: Option<&DeviceId>, page: &PageAsk) -> Answer<Page<Alert>>;
    /// One alert, open or closed.
    fn alert(&self, id: AlertId) -> Answer<Option<Alert>>;
    /// How many alerts are open.
    fn open_alerts(&self) -> Answer<u64>;
    /// Closes an alert. Refusals: `alert-unknown`, `alert-closed`.
    fn close_alert(&self, by: &Caller, id: AlertId) -> Answer<()>;
    /// Counted refusals, by door and name.
    fn refusals(&self) -> Answer<Vec<RefusalCount>>;
    /// Counts one refusal of this crate's door (`api`).
    fn count_refusal(&self, name: &'static str);
}
