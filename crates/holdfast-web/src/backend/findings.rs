//! Port of findings and playbooks: what is not as it was, and what is done about it.

use holdfast_core::id::{ActionId, FindingId, ProductId};
use holdfast_domain::integrity::Severity;
use holdfast_domain::integrity::finding::{Finding, FindingKind, FindingState, Subject};
use holdfast_domain::integrity::playbook::{Action, Order, Rule, Scope};

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// Which findings a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindingFilter {
    /// Without those that were dismissed.
    pub open_only: bool,
    /// About this.
    pub subject: Option<Subject>,
    /// In this state.
    pub state: Option<FindingState>,
    /// Of this kind.
    pub kind: Option<FindingKind>,
    /// This urgent.
    pub severity: Option<Severity>,
}

/// A finding with what was done about it.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingView {
    /// The finding.
    pub finding: Finding,
    /// The product it is about, directly or by its device.
    pub product: Option<ProductId>,
    /// Runs of playbooks for it, newest first.
    pub actions: Vec<Action>,
}

/// What a playbook would touch now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preview {
    /// Devices.
    pub devices: u64,
    /// Of these: connected.
    pub online: u64,
    /// Of these: in quarantine already.
    pub quarantined: u64,
    /// Of these: with a lowered budget already.
    pub throttled: u64,
}

/// What the pages ask and order about findings.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Findings: Ground {
    /// Findings, newest first.
    fn findings(&self, filter: &FindingFilter, page: &PageAsk) -> Answer<Page<Finding>>;
    /// One finding.
    fn finding(&self, id: FindingId) -> Answer<Option<FindingView>>;
    /// How many findings wait for somebody.
    fn open_findings(&self) -> Answer<u64>;
    /// Somebody looks into it. Refusals: `finding-unknown`, `finding-acknowledged`, `finding-dismissed`.
    fn acknowledge_finding(&self, by: &Caller, id: FindingId) -> Answer<()>;
    /// It is expected; the detector learns it. Refusals: `finding-unknown`, `finding-dismissed`.
    fn dismiss_finding(&self, by: &Caller, id: FindingId) -> Answer<()>;
    /// Runs of playbooks, newest first.
    fn actions(&self, page: &PageAsk) -> Answer<Page<Action>>;
    /// One run.
    fn action(&self, id: ActionId) -> Answer<Option<Action>>;
    /// What a playbook would touch. Refusals: `device-unknown`, `product-unknown`.
    fn preview_action(&self, scope: &Scope) -> Answer<Preview>;
    /// Starts a run. Refusals: those of the rule.
    fn start_action(&self, by: &Caller, finding: Option<FindingId>, order: Order) -> Answer<Action>;
    /// Takes a run back. Refusals: `action-unknown`, `action-undone`.
    fn undo_action(&self, by: &Caller, id: ActionId) -> Answer<()>;
    /// Standing rules, of one product if given.
    fn playbook_rules(&self, product: Option<&ProductId>) -> Answer<Vec<Rule>>;
    /// Sets a standing rule; one that only tells removes it. Refusal: `product-unknown`.
    fn put_playbook_rule(&self, by: &Caller, rule: Rule) -> Answer<()>;
    /// Counts one answered request of a caller, for the detectors of this door.
    fn used(&self, by: &Caller, bytes: u64);
}
