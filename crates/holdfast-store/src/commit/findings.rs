//! Changes to findings, playbooks and lowered budgets.

use holdfast_core::id::{DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::finding::{Finding, FindingChange, FindingKind};
use holdfast_domain::integrity::playbook::{Action, Play, Rule, Scope, SetThrottle, Throttle, Touch};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::sql;
use crate::words::Word;
use crate::writer::Desk;

impl Desk {
    pub(super) fn change_findings(&self, change: &FindingChange) -> Result<(), CommitError> {
        match change {
            FindingChange::Add(finding) => self.add_finding(finding),
            FindingChange::Seen { finding, at } => {
                self.must(sql::FINDING_SEEN, params![at.as_micros(), finding.to_string()], "finding-unknown")
            }
            FindingChange::SetState { finding, to, by, at } => {
                let by = by.map(|person| person.to_string());
                let row = params![to.word(), by, at.as_micros(), finding.to_string()];
                self.must(sql::FINDING_STATE, row, "finding-dismissed")
            }
            FindingChange::Contained { finding, at } => {
                self.execute(sql::FINDING_CONTAINED, params![at.as_micros(), finding.to_string()])?;
                Ok(())
            }
            FindingChange::PutAction(action) => self.put_action(action),
            FindingChange::PutTouch(touch) => self.put_touch(touch),
            FindingChange::SetThrottle { device, to } => self.set_throttle(device, to.as_ref()),
            FindingChange::PutRule(rule) => self.put_rule(rule),
        }
    }

    fn add_finding(&self, finding: &Finding) -> Result<(), CommitError> {
        let on = On { key: "finding-known", unique: "finding-known", foreign: "alert-unknown" };
        let row = params![
            finding.id.to_string(),
            finding.subject.to_string(),
            finding.subject.device().map(DeviceId::as_str),
            finding.kind.name(),
            finding.severity.word(),
            finding.began.as_micros(),
            finding.opened.as_micros(),
            finding.last.as_micros(),
            finding.times,
            finding.state.word(),
            finding.state_by.map(|person| person.to_string()),
            finding.state_at.as_micros(),
            finding.alert.to_string(),
            finding.evidence.to_json(),
        ];
        self.add(sql::FINDING_ADD, row, on)
    }

    fn put_action(&self, action: &Action) -> Result<(), CommitError> {
        let on = On { key: "action-known", unique: "action-known", foreign: "finding-or-device-unknown" };
        let (packets, bytes) = budget(action.play);
        let (device, product) = match &action.scope {
            Scope::Device(device) => (Some(device.as_str()), None),
            Scope::Model(product) => (None, Some(product.as_str())),
        };
        let row = params![
            action.id.to_string(),
            action.finding.map(|finding| finding.to_string()),
            action.play.word(),
            packets,
            bytes,
            device,
            product,
            action.by.map(|person| person.to_string()),
            action.reason,
            action.ordered.as_micros(),
            action.state.word(),
            action.cursor.as_ref().map(DeviceId::as_str),
            action.changed,
            action.left,
            action.restored,
            action.done.map(Timestamp::as_micros),
            action.undone.map(Timestamp::as_micros),
        ];
        match self.execute(sql::ACTION_PUT, row) {
            // A step that was decided before the run was taken back.
            Ok(0) => Err(CommitError::Conflict("action-undone")),
            Ok(_) => Ok(()),
            Err(error) => Err(on.conflict(error)),
        }
    }

    fn put_touch(&self, touch: &Touch) -> Result<(), CommitError> {
        let on = On { key: "touch-known", unique: "touch-known", foreign: "action-or-device-unknown" };
        let before = touch.before.as_ref();
        let row = params![
            touch.action.to_string(),
            touch.device.as_str(),
            touch.at.as_micros(),
            before.map(|before| before.action.to_string()),
            before.map(|before| before.throttle.packets_per_second),
            before.map(|before| before.throttle.bytes_per_second),
            touch.restored.map(Timestamp::as_micros),
        ];
        self.add(sql::TOUCH_PUT, row, on)
    }

    fn set_throttle(&self, device: &DeviceId, to: Option<&SetThrottle>) -> Result<(), CommitError> {
        let on = On { key: "throttle-known", unique: "throttle-known", foreign: "device-unknown" };
        let Some(SetThrottle { throttle, action }) = to else {
            self.execute(sql::THROTTLE_LIFT, [device.as_str()])?;
            return Ok(());
        };
        let Throttle { packets_per_second, bytes_per_second } = throttle;
        let row = params![device.as_str(), packets_per_second, bytes_per_second, action.to_string()];
        self.add(sql::THROTTLE_SET, row, on)
    }

    fn put_rule(&self, rule: &Rule) -> Result<(), CommitError> {
        let on = On { key: "rule-known", unique: "rule-known", foreign: "product-unknown" };
        let (product, kind) = (ProductId::as_str(&rule.product), rule.kind.map_or("", FindingKind::name));
        if rule.play == Play::Tell {
            self.execute(sql::RULE_REMOVE, params![product, kind])?;
            return Ok(());
        }
        let (packets, bytes) = budget(rule.play);
        let row = params![product, kind, rule.severity.word(), rule.play.word(), packets, bytes];
        self.add(sql::RULE_PUT, row, on)
    }
}

const fn budget(play: Play) -> (Option<u32>, Option<u32>) {
    match play {
        Play::Throttle(to) => (Some(to.packets_per_second), Some(to.bytes_per_second)),
        Play::Tell | Play::Quarantine => (None, None),
    }
}
