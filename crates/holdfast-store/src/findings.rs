//! Reads of findings, playbooks, lowered budgets and what the detectors have learnt.

use holdfast_core::id::{ActionId, DeviceId, FindingId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::Severity;
use holdfast_domain::integrity::finding::{Evidence, Finding, FindingKind, FindingState, Subject};
use holdfast_domain::integrity::playbook::{Action, Play, Rule, Scope, SetThrottle, Throttle, Touch};
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::fleet::NEWEST;
use crate::row::{self, Fields, all, blob, exactly, one};
use crate::sql;
use crate::store::Store;
use crate::words::Word;

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

/// A device as the detectors need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The device.
    pub device: DeviceId,
    /// Its product.
    pub product: ProductId,
    /// Sequence number of what it runs, if it is known.
    pub software: Option<u64>,
}

/// How the devices of a product stand; revoked ones are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProductStanding {
    /// All of them.
    pub devices: u64,
    /// Those whose lease runs.
    pub online: u64,
    /// In quarantine.
    pub quarantined: u64,
    /// With a lowered budget.
    pub throttled: u64,
}

#[expect(clippy::missing_errors_doc, reason = "each read fails only as `StoreError` says, each write as `CommitError`")]
impl Store {
    /// Findings, newest first, before `before` if given.
    pub fn findings(
        &self,
        filter: &FindingFilter,
        before: Option<FindingId>,
        limit: u32,
    ) -> Result<Vec<Finding>, StoreError> {
        let statement = if filter.open_only { sql::FINDING_LIST_OPEN } else { sql::FINDING_LIST };
        let asked = params![
            before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string()),
            filter.subject.as_ref().map(ToString::to_string),
            filter.state.map(Word::word),
            filter.kind.map(FindingKind::name),
            filter.severity.map(Word::word),
            limit,
        ];
        self.read(|conn| all(conn, (statement, "finding"), asked, finding_row))
    }

    /// One finding.
    pub fn finding(&self, id: FindingId) -> Result<Option<Finding>, StoreError> {
        self.read(|conn| one(conn, (sql::FINDING, "finding"), [id.to_string()], finding_row))
    }

    /// The newest finding of this kind about this subject.
    pub fn finding_of(&self, subject: &Subject, kind: FindingKind) -> Result<Option<Finding>, StoreError> {
        let asked = params![subject.to_string(), kind.name()];
        self.read(|conn| one(conn, (sql::FINDING_OF, "finding"), asked, finding_row))
    }

    /// Findings that were dismissed after a moment, oldest first.
    pub fn findings_dismissed(&self, after: Timestamp, limit: u32) -> Result<Vec<Finding>, StoreError> {
        let asked = params![after.as_micros(), limit];
        self.read(|conn| all(conn, (sql::FINDINGS_DISMISSED, "finding"), asked, finding_row))
    }

    /// How many findings wait for somebody.
    pub fn open_findings(&self) -> Result<u64, StoreError> {
        self.read(|conn| exactly(conn, (sql::FINDINGS_OPEN_COUNT, "finding"), [], row::number))
    }

    /// One run of a playbook.
    pub fn action(&self, id: ActionId) -> Result<Option<Action>, StoreError> {
        self.read(|conn| one(conn, (sql::ACTION, "playbook_action"), [id.to_string()], action_row))
    }

    /// Runs, newest first, before `before` if given; only those for `finding` if given.
    pub fn actions(
        &self,
        finding: Option<FindingId>,
        before: Option<ActionId>,
        limit: u32,
    ) -> Result<Vec<Action>, StoreError> {
        let before = before.map_or_else(|| NEWEST.to_owned(), |id| id.to_string());
        let asked = params![before, finding.map(|id| id.to_string()), limit];
        self.read(|conn| all(conn, (sql::ACTIONS, "playbook_action"), asked, action_row))
    }

    /// Runs that are under way, oldest first.
    pub fn active_actions(&self, limit: u32) -> Result<Vec<Action>, StoreError> {
        self.read(|conn| all(conn, (sql::ACTIONS_ACTIVE, "playbook_action"), [limit], action_row))
    }

    /// How many runs the rules of a product have started by themselves since a moment.
    pub fn actions_by_rule(&self, product: &ProductId, since: Timestamp) -> Result<u32, StoreError> {
        let asked = params![since.as_micros(), product.as_str()];
        self.read(|conn| exactly(conn, (sql::ACTIONS_BY_RULE_SINCE, "playbook_action"), asked, row::number))
    }

    /// What a run has changed and not yet restored, by device, after `after` if given.
    pub fn touches_to_restore(
        &self,
        action: ActionId,
        after: Option<&DeviceId>,
        limit: u32,
    ) -> Result<Vec<Touch>, StoreError> {
        let asked = params![action.to_string(), after.map_or("", DeviceId::as_str), limit];
        self.read(|conn| all(conn, (sql::TOUCHES_TO_RESTORE, "playbook_touch"), asked, touch_row))
    }

    /// The lowered budget of a device, if there is one.
    pub fn throttle(&self, device: &DeviceId) -> Result<Option<SetThrottle>, StoreError> {
        let found = self.read(|conn| one(conn, (sql::THROTTLE, "throttle"), [device.as_str()], throttle_row))?;
        Ok(found.map(|(_, throttle)| throttle))
    }

    /// Every lowered budget, by device.
    pub fn throttles(&self) -> Result<Vec<(DeviceId, SetThrottle)>, StoreError> {
        self.read(|conn| all(conn, (sql::THROTTLES, "throttle"), [], throttle_row))
    }

    /// Standing rules, of one product if given.
    pub fn playbook_rules(&self, product: Option<&ProductId>) -> Result<Vec<Rule>, StoreError> {
        let asked = params![product.map(ProductId::as_str)];
        self.read(|conn| all(conn, (sql::RULES, "playbook_rule"), asked, rule_row))
    }

    /// What the detectors have learnt, by subject, after `after`.
    pub fn detector_states(&self, after: &str, limit: u32) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.read(|conn| all(conn, (sql::DETECTORS, "detector"), params![after, limit], |f| Ok((f.text()?, f.blob()?))))
    }

    /// What was learnt of one subject.
    pub fn detector_state(&self, subject: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|conn| one(conn, (sql::DETECTOR, "detector"), [subject], blob))
    }

    /// How a product's devices stand, for the preview of a playbook.
    pub fn product_standing(&self, product: &ProductId, now: Timestamp) -> Result<ProductStanding, StoreError> {
        let asked = params![now.as_micros(), product.as_str()];
        self.read(|conn| {
            exactly(conn, (sql::PRODUCT_STANDING, "device"), asked, |f| {
                Ok(ProductStanding {
                    devices: f.number()?,
                    online: f.number()?,
                    quarantined: f.number()?,
                    throttled: f.number()?,
                })
            })
        })
    }

    /// Keeps what the detectors have learnt.
    pub fn keep_detectors(
        &self,
        states: Vec<(String, Vec<u8>)>,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), CommitError>> + Send + use<> {
        self.write(move |desk| {
            for (subject, state) in states {
                desk.execute(sql::DETECTOR_PUT, params![subject, now.as_micros(), state])?;
            }
            Ok(())
        })
    }

    /// Enrolled devices with their product and what they run, by id, after `after` if given.
    pub fn watched_devices(&self, after: Option<&DeviceId>, limit: u32) -> Result<Vec<Watched>, StoreError> {
        let asked = params![after.map_or("", DeviceId::as_str), limit];
        self.read(|conn| {
            all(conn, (sql::DEVICE_PRODUCTS, "device"), asked, |f| {
                Ok(Watched { device: f.parsed()?, product: f.parsed()?, software: f.optional(Fields::number)? })
            })
        })
    }
}

fn finding_row(f: &mut Fields<'_>) -> Result<Finding, StoreError> {
    Ok(Finding {
        id: f.parsed()?,
        subject: f.parsed()?,
        kind: {
            let name = f.str()?;
            FindingKind::from_name(name).ok_or_else(|| f.inconsistent("is an unknown word"))?
        },
        severity: f.word()?,
        began: f.time()?,
        opened: f.time()?,
        last: f.time()?,
        times: f.number()?,
        state: f.word()?,
        state_by: f.optional(Fields::parsed)?,
        state_at: f.time()?,
        alert: f.parsed()?,
        evidence: {
            let text = f.str()?;
            Evidence::parse(text).map_err(|_| f.inconsistent("is no evidence"))?
        },
        contained: f.optional(Fields::time)?,
    })
}

fn action_row(f: &mut Fields<'_>) -> Result<Action, StoreError> {
    let (id, finding) = (f.parsed()?, f.optional(Fields::parsed)?);
    let play = play(f)?;
    let (device, product) = (f.optional(Fields::parsed)?, f.optional(Fields::parsed)?);
    let scope = match (device, product) {
        (Some(device), None) => Scope::Device(device),
        (None, Some(product)) => Scope::Model(product),
        _ => return Err(f.inconsistent("and device fit no scope")),
    };
    Ok(Action {
        id,
        finding,
        play,
        scope,
        by: f.optional(Fields::parsed)?,
        reason: f.text()?,
        ordered: f.time()?,
        state: f.word()?,
        cursor: f.optional(Fields::parsed)?,
        changed: f.number()?,
        left: f.number()?,
        restored: f.number()?,
        done: f.optional(Fields::time)?,
        undone: f.optional(Fields::time)?,
    })
}

/// The three columns of a play.
fn play(f: &mut Fields<'_>) -> Result<Play, StoreError> {
    let word = f.text()?;
    let (packets, bytes) = (f.optional(Fields::number)?, f.optional(Fields::number)?);
    match (word.as_str(), packets, bytes) {
        ("quarantine", None, None) => Ok(Play::Quarantine),
        ("throttle", Some(packets_per_second), Some(bytes_per_second)) => {
            Ok(Play::Throttle(Throttle { packets_per_second, bytes_per_second }))
        }
        _ => Err(f.inconsistent("and play fit no budget")),
    }
}

fn touch_row(f: &mut Fields<'_>) -> Result<Touch, StoreError> {
    let (action, device, at) = (f.parsed()?, f.parsed()?, f.time()?);
    let before = match (f.optional(Fields::parsed)?, f.optional(Fields::number)?, f.optional(Fields::number)?) {
        (Some(action), Some(packets_per_second), Some(bytes_per_second)) => {
            Some(SetThrottle { throttle: Throttle { packets_per_second, bytes_per_second }, action })
        }
        (None, None, None) => None,
        _ => return Err(f.inconsistent("and action fit no budget")),
    };
    Ok(Touch { action, device, at, before, restored: f.optional(Fields::time)? })
}

fn throttle_row(f: &mut Fields<'_>) -> Result<(DeviceId, SetThrottle), StoreError> {
    let device = f.parsed()?;
    let throttle = Throttle { packets_per_second: f.number()?, bytes_per_second: f.number()? };
    Ok((device, SetThrottle { throttle, action: f.parsed()? }))
}

fn rule_row(f: &mut Fields<'_>) -> Result<Rule, StoreError> {
    let product = f.parsed()?;
    let kind = match f.str()? {
        "" => None,
        name => Some(FindingKind::from_name(name).ok_or_else(|| f.inconsistent("is an unknown word"))?),
    };
    Ok(Rule { product, kind, severity: f.word()?, play: play(f)? })
}
