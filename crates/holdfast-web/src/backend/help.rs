//! Port of the help desk: requests of owners, answers of the maker's people.

use std::collections::BTreeMap;

use holdfast_core::id::{DeviceId, HelpId, PersonId};
use holdfast_domain::people::help::{Message, Outcome, Request, Topic};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A request to be opened.
#[derive(Clone, PartialEq, Eq)]
pub struct NewHelp {
    /// About which of the caller's devices.
    pub device: Option<DeviceId>,
    /// What for.
    pub topic: Topic,
    /// In the caller's words; personal.
    pub text: String,
}

/// A request with its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// The request.
    pub request: Request,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
    /// What to call who wrote them.
    pub names: BTreeMap<PersonId, String>,
}

/// What people ask and order about requests for help.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. A request of somebody else and one that does not exist
/// answer the same: `help-unknown` (kind `Absent`).
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait HelpDesk: Ground {
    /// Opens a request. Refusals: `help-text-length`, `help-text-unseen`, `help-too-many-open`, `device-unknown`.
    fn ask_help(&self, by: &Caller, new: &NewHelp) -> Answer<HelpId>;
    /// The caller's requests, newest first.
    fn my_help(&self, by: &Caller, page: &PageAsk) -> Answer<Page<Request>>;
    /// One of the caller's requests.
    fn my_talk(&self, by: &Caller, id: HelpId) -> Answer<Talk>;
    /// Adds to one's own request; opens it again if it is closed.
    fn add_help(&self, by: &Caller, id: HelpId, text: &str) -> Answer<()>;
    /// Ends one's own request: taken back, or solved.
    fn end_help(&self, by: &Caller, id: HelpId, outcome: Outcome) -> Answer<()>;
    /// Everybody's requests, for the maker's people, newest first; only open ones if `open_only`.
    fn help_requests(&self, open_only: bool, page: &PageAsk) -> Answer<Page<Request>>;
    /// One request, for the maker's people.
    fn help_talk(&self, id: HelpId) -> Answer<Talk>;
    /// How many requests wait for the maker.
    fn help_waiting(&self) -> Answer<u64>;
    /// Answers a request.
    fn answer_help(&self, by: &Caller, id: HelpId, text: &str) -> Answer<()>;
    /// Ends a request with an outcome.
    fn close_help(&self, by: &Caller, id: HelpId, outcome: Outcome) -> Answer<()>;
}
