//! What is done about a finding: throttle or quarantine, one device or a whole model, and the way back.
//!
//! A run is ordered in one decision and carried out in bounded steps, each a decision of its own, so that it survives a kill
//! and a fleet of any size. What it changed on each device is recorded; undo restores exactly that and nothing else.

mod steps;

use holdfast_core::id::{ActionId, DeviceId, FindingId, PersonId, ProductId};
use holdfast_core::time::{Millis, Timestamp};

use super::Severity;
use super::finding::{Finding, FindingChange, FindingKind, FindingState, Subject};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};

pub use steps::{Standing, advance, take_back};

/// Devices of one step.
pub const STEP_DEVICES_MAX: usize = 200;
/// Most characters of a reason.
pub const REASON_CHARS_MAX: usize = 280;
/// Runs that the rules of one product start by themselves in one hour; more wait for a person.
pub const AUTOMATIC_PER_HOUR_MAX: u32 = 20;

/// A lowered budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Packets for each second; as many as five seconds' at once.
    pub packets_per_second: u32,
    /// Bytes for each second; as many as five seconds' at once.
    pub bytes_per_second: u32,
}

impl Default for Throttle {
    /// A message a second and one kilobyte: enough for what an honest thermostat says.
    fn default() -> Self {
        Self { packets_per_second: 1, bytes_per_second: 1_024 }
    }
}

/// A budget in force on a device, and by which run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetThrottle {
    /// The budget.
    pub throttle: Throttle,
    /// The run that set it.
    pub action: ActionId,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// People are told, and nothing else: what every finding does.
    Tell,
    /// The gateway takes less from the device.
    Throttle(Throttle),
    /// The device may prove itself and take updates, and nothing else.
    Quarantine,
}

impl Play {
    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Throttle(_) => "throttle",
            Self::Quarantine => "quarantine",
        }
    }

    /// The play of this word, with an ordinary budget.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "tell" => Some(Self::Tell),
            "throttle" => Some(Self::Throttle(Throttle::default())),
            "quarantine" => Some(Self::Quarantine),
            _ => None,
        }
    }
}

/// To whom it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One device.
    Device(DeviceId),
    /// Every device of a product.
    Model(ProductId),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionState {
    /// Devices are dealt with, after `cursor`.
    Running,
    /// All are.
    Done,
    /// It is taken back.
    Undoing,
    /// All of it was taken back.
    Undone,
}

/// One run of a playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// For which finding, if for one.
    pub finding: Option<FindingId>,
    /// What is done.
    pub play: Play,
    /// To whom.
    pub scope: Scope,
    /// Who ordered it; `None` for a standing rule.
    pub by: Option<PersonId>,
    /// Why, in the words of who ordered it.
    pub reason: String,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// How far it is.
    pub state: ActionState,
    /// The last device that was dealt with.
    pub cursor: Option<DeviceId>,
    /// Devices that it changed.
    pub changed: u32,
    /// Devices that it left as they were: there was nothing to change.
    pub left: u32,
    /// Devices that were restored.
    pub restored: u32,
    /// When all devices were dealt with.
    pub done: Option<Timestamp>,
    /// When all of it was taken back.
    pub undone: Option<Timestamp>,
}

impl Action {
    /// Time from the order until every device was dealt with.
    #[must_use]
    pub fn took(&self) -> Option<Millis> {
        self.done.map(|at| at.since(self.ordered))
    }
}

/// What a run changed on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The run.
    pub action: ActionId,
    /// The device.
    pub device: DeviceId,
    /// When it was changed.
    pub at: Timestamp,
    /// The budget that was in force before, if there was one.
    pub before: Option<SetThrottle>,
    /// When it was restored.
    pub restored: Option<Timestamp>,
}

/// A standing rule of a product: what is done by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The product.
    pub product: ProductId,
    /// For this kind only; `None` for every kind.
    pub kind: Option<FindingKind>,
    /// From this severity on.
    pub severity: Severity,
    /// What is done; [`Play::Tell`] is as if there were no rule.
    pub play: Play,
}

/// What a person orders.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// What is done.
    pub play: Play,
    /// To whom.
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// How many devices the person was shown; needed for a whole model.
    pub confirmed: Option<u64>,
}

/// Why an order does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaybookRefusal {
    /// There is nothing to carry out.
    #[error("people are told of every finding by itself; choose throttle or quarantine")]
    NothingToDo,
    /// A reason must be given, and be short.
    #[error("say why, in at most {REASON_CHARS_MAX} characters on one line")]
    ReasonMissing,
    /// Another number of devices than the person confirmed.
    #[error("the number of devices is another than the one confirmed; look at the preview again")]
    CountNotConfirmed,
    /// The finding is about other devices.
    #[error("the finding is about another device or product")]
    ScopeForeign,
    /// The finding was called expected.
    #[error("the finding was dismissed")]
    FindingDismissed,
    /// It is being taken back or was.
    #[error("it was taken back already")]
    Undone,
    /// A budget must let something through.
    #[error("a budget is at least one packet and 128 bytes a second")]
    BudgetTooSmall,
}

impl PlaybookRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingToDo => "nothing-to-do",
            Self::ReasonMissing => "reason-missing",
            Self::CountNotConfirmed => "count-not-confirmed",
            Self::ScopeForeign => "scope-foreign",
            Self::FindingDismissed => "finding-dismissed",
            Self::Undone => "action-undone",
            Self::BudgetTooSmall => "budget-too-small",
        }
    }
}

/// What is known when a run is ordered.
#[derive(Debug, Clone, Copy)]
pub struct StartFacts<'a> {
    /// The finding it is for, if for one.
    pub finding: Option<&'a Finding>,
    /// The product of the finding's device, if it is about one.
    pub product: Option<&'a ProductId>,
    /// Devices that it would touch now.
    pub devices: u64,
}

/// Starts a run that a person ordered.
///
/// # Errors
///
/// [`PlaybookRefusal`] names why it does not apply.
pub fn start(
    order: Order,
    facts: &StartFacts<'_>,
    (id, by): (ActionId, &PersonId),
    now: Timestamp,
) -> Result<(Action, Decision), PlaybookRefusal> {
    let Order { play, scope, reason, confirmed } = order;
    let reason = reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.chars().any(char::is_control) {
        return Err(PlaybookRefusal::ReasonMissing);
    }
    if matches!(scope, Scope::Model(_)) && confirmed != Some(facts.devices) {
        return Err(PlaybookRefusal::CountNotConfirmed);
    }
    begin((play, scope, reason), facts, (id, Some(by)), now)
}

fn begin(
    (play, scope, reason): (Play, Scope, String),
    facts: &StartFacts<'_>,
    (id, by): (ActionId, Option<&PersonId>),
    now: Timestamp,
) -> Result<(Action, Decision), PlaybookRefusal> {
    match play {
        Play::Tell => return Err(PlaybookRefusal::NothingToDo),
        Play::Throttle(to) if to.packets_per_second == 0 || to.bytes_per_second < 128 => {
            return Err(PlaybookRefusal::BudgetTooSmall);
        }
        Play::Throttle(_) | Play::Quarantine => {}
    }
    let mut line = LedgerLine::new(kind::PLAYBOOK_STARTED, now).fact("action", &id).fact("play", play.word());
    match &scope {
        Scope::Device(device) => line = line.fact("device", device),
        Scope::Model(product) => line = line.fact("product", product),
    }
    if let Some(by) = by {
        line = line.fact("person", by);
    }
    let mut changes = Vec::new();
    if let Some(finding) = facts.finding {
        fits(finding, facts.product, &scope)?;
        line = line.fact("finding", &finding.id);
        changes.push(Change::Findings(FindingChange::SetState {
            finding: finding.id,
            to: FindingState::Acted,
            by: by.copied(),
            at: now,
        }));
    }
    let action = Action {
        id,
        finding: facts.finding.map(|finding| finding.id),
        play,
        scope,
        by: by.copied(),
        reason,
        ordered: now,
        state: ActionState::Running,
        cursor: None,
        changed: 0,
        left: 0,
        restored: 0,
        done: None,
        undone: None,
    };
    changes.insert(0, Change::Findings(FindingChange::PutAction(Box::new(action.clone()))));
    Ok((action, Decision::new(changes, line).with_effect(Effect::WakePlaybook(id))))
}

fn fits(finding: &Finding, product: Option<&ProductId>, scope: &Scope) -> Result<(), PlaybookRefusal> {
    if finding.state == FindingState::Dismissed {
        return Err(PlaybookRefusal::FindingDismissed);
    }
    let fits = match (&finding.subject, scope) {
        (Subject::Device(found), Scope::Device(device)) => found == device,
        (Subject::Device(_), Scope::Model(of)) => product == Some(of),
        (Subject::Model(found), Scope::Model(of)) => found == of,
        // One device of many that do the same.
        (Subject::Model(found), Scope::Device(_)) => product == Some(found),
        (Subject::Person(_) | Subject::Doors, _) => false,
    };
    if fits { Ok(()) } else { Err(PlaybookRefusal::ScopeForeign) }
}

/// The rule that applies to a kind: its own before the general one.
#[must_use]
pub fn rule_for(rules: &[Rule], kind: FindingKind, severity: Severity) -> Option<&Rule> {
    let fits = |rule: &&Rule| severity >= rule.severity;
    let own = rules.iter().find(|rule| rule.kind == Some(kind));
    own.or_else(|| rules.iter().find(|rule| rule.kind.is_none())).filter(fits)
}

/// What a standing rule does about a new finding. Only about single devices: a whole model is a person's order. `lately` is
/// how many runs the product's rules have started within an hour.
#[must_use]
pub fn by_rule(
    finding: &Finding,
    product: &ProductId,
    (rules, lately): (&[Rule], u32),
    id: ActionId,
    now: Timestamp,
) -> Option<(Action, Decision)> {
    let device = finding.subject.device()?;
    let rule = rule_for(rules, finding.kind, finding.severity)?;
    if lately >= AUTOMATIC_PER_HOUR_MAX {
        return None;
    }
    let facts = StartFacts { finding: Some(finding), product: Some(product), devices: 1 };
    let reason = format!("Standing rule of {product} for {}.", finding.kind.name());
    begin((rule.play, Scope::Device(device.clone()), reason), &facts, (id, None), now).ok()
}

/// Takes a run back: what it changed is restored, device by device.
///
/// # Errors
///
/// [`PlaybookRefusal::Undone`].
pub fn undo(action: &Action, by: &PersonId, now: Timestamp) -> Result<Decision, PlaybookRefusal> {
    match action.state {
        ActionState::Running | ActionState::Done => {}
        ActionState::Undoing | ActionState::Undone => return Err(PlaybookRefusal::Undone),
    }
    let line = LedgerLine::new(kind::PLAYBOOK_UNDO_ORDERED, now).fact("action", &action.id).fact("person", by);
    let next = Action { state: ActionState::Undoing, cursor: None, ..action.clone() };
    let change = Change::Findings(FindingChange::PutAction(Box::new(next)));
    Ok(Decision::new(vec![change], line).with_effect(Effect::WakePlaybook(action.id)))
}

/// Sets or removes a standing rule of a product.
#[must_use]
pub fn put_rule(rule: Rule, by: &PersonId, now: Timestamp) -> Decision {
    let line = LedgerLine::new(kind::PLAYBOOK_RULE_SET, now)
        .fact("product", &rule.product)
        .fact("anomaly", rule.kind.map_or("every", FindingKind::name))
        .fact("play", rule.play.word())
        .fact("person", by);
    Decision::new(vec![Change::Findings(FindingChange::PutRule(rule))], line)
}

#[cfg(test)]
mod tests;
