//! Port of the room `redress`: complaints about privacy from anybody, and the register of breaches.

use std::collections::BTreeMap;
use std::net::IpAddr;

use holdfast_core::id::{BreachId, ComplaintId, PersonId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::breach::{Breach, BreachAct, Entry};
use holdfast_domain::people::complaint::{Complaint, Matter, Said};
use holdfast_domain::people::help::Outcome;

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// A complaint to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewComplaint {
    /// About what.
    pub matter: Matter,
    /// About which product.
    pub product: Option<ProductId>,
    /// In somebody's words; personal.
    pub text: String,
    /// SHA-256 of the secret in the link that they keep.
    pub secret_hash: [u8; 32],
}

/// A complaint with its conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintTalk {
    /// The complaint.
    pub complaint: Complaint,
    /// Its messages, oldest first.
    pub said: Vec<Said>,
    /// What to call who answered.
    pub names: BTreeMap<PersonId, String>,
}

/// An entry of the register of breaches with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachView {
    /// The entry.
    pub breach: Breach,
    /// What was done, newest first: version, act, when, by whom.
    pub lines: Vec<(u64, BreachAct, Timestamp, String)>,
    /// How many owners would be told.
    pub owners: u64,
}

/// What pages ask and order about complaints and breaches. Each call stops for a rule or a fault, as [`super::Stop`] says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Redress: Ground {
    /// Takes a complaint from anybody; tries are counted by address: `too-many-tries`.
    fn complain(&self, new: &NewComplaint, from: IpAddr) -> Answer<ComplaintId>;
    /// The complaint of a link.
    fn complaint_by_secret(&self, secret_hash: &[u8; 32]) -> Answer<Option<ComplaintTalk>>;
    /// Adds to the complaint of a link.
    fn add_to_complaint(&self, secret_hash: &[u8; 32], text: &str, from: IpAddr) -> Answer<()>;
    /// Complaints, newest first; only open ones if `open_only`.
    fn complaints(&self, open_only: bool, page: &PageAsk) -> Answer<Page<Complaint>>;
    /// One complaint, for the maker's people.
    fn complaint(&self, id: ComplaintId) -> Answer<Option<ComplaintTalk>>;
    /// Answers a complaint.
    fn answer_complaint(&self, by: &Caller, id: ComplaintId, text: &str) -> Answer<()>;
    /// Ends a complaint with an outcome.
    fn close_complaint(&self, by: &Caller, id: ComplaintId, outcome: Outcome) -> Answer<()>;

    /// The register of breaches, newest first.
    fn breaches(&self, page: &PageAsk) -> Answer<Page<Breach>>;
    /// One entry.
    fn breach(&self, id: BreachId) -> Answer<Option<BreachView>>;
    /// Enters a breach.
    fn note_breach(&self, by: &Caller, entry: &Entry) -> Answer<BreachId>;
    /// Corrects an entry.
    fn amend_breach(&self, by: &Caller, id: BreachId, entry: &Entry, from_version: Option<u64>) -> Answer<()>;
    /// Notes that the authority was told.
    fn breach_notified(&self, by: &Caller, id: BreachId, reference: &str) -> Answer<()>;
    /// Tells the owners of the products concerned.
    fn tell_breach_owners(&self, by: &Caller, id: BreachId) -> Answer<u64>;
    /// Closes an entry.
    fn close_breach(&self, by: &Caller, id: BreachId) -> Answer<()>;
    /// The report to the authority as plain text.
    fn breach_report(&self, id: BreachId) -> Answer<Option<String>>;
}
