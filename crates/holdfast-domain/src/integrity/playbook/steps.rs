//! One bounded step of a run, forwards or back.

use holdfast_core::time::Timestamp;

use super::{Action, ActionState, Play, SetThrottle, Touch};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::fleet::{Device, Enrolment, Quarantine};
use crate::integrity::appraisal::BY_PLAYBOOK;
use crate::integrity::finding::FindingChange;

/// A device as it stands when a step comes to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The device.
    pub device: Device,
    /// The budget in force on it, if it was lowered.
    pub throttle: Option<SetThrottle>,
}

/// Deals with the next devices of a run; without any, the run is done.
#[must_use]
pub fn advance(action: &Action, next: &[Standing], last_step: bool, now: Timestamp) -> Decision {
    let mut after = action.clone();
    let mut decision = Decision::default();
    let mut changed = 0_u32;
    for standing in next {
        after.cursor = Some(standing.device.id.clone());
        if apply(action, standing, &mut decision, now) {
            changed = changed.saturating_add(1);
        } else {
            after.left = after.left.saturating_add(1);
        }
    }
    after.changed = after.changed.saturating_add(changed);
    if last_step {
        (after.state, after.done) = (ActionState::Done, Some(now));
        if let Some(finding) = action.finding {
            decision.changes.push(Change::Findings(FindingChange::Contained { finding, at: now }));
        }
    }
    let line = LedgerLine::new(kind::PLAYBOOK_STEP, now)
        .fact("action", &action.id)
        .fact("changed", u64::from(changed))
        .fact("complete", if last_step { "yes" } else { "no" });
    finished(decision, after, line)
}

/// Restores the next devices that a run had changed; without any more, it is undone. What was changed meanwhile by
/// somebody else stays as they left it.
#[must_use]
pub fn take_back(action: &Action, next: &[(Touch, Standing)], last_step: bool, now: Timestamp) -> Decision {
    let mut after = action.clone();
    let mut decision = Decision::default();
    let mut restored = 0_u32;
    for (touch, standing) in next {
        after.cursor = Some(standing.device.id.clone());
        if restore(action, touch, standing, &mut decision) {
            restored = restored.saturating_add(1);
        }
        let done = Touch { restored: Some(now), ..touch.clone() };
        decision.changes.push(Change::Findings(FindingChange::PutTouch(done)));
    }
    after.restored = after.restored.saturating_add(restored);
    if last_step {
        (after.state, after.undone) = (ActionState::Undone, Some(now));
    }
    let line = LedgerLine::new(kind::PLAYBOOK_UNDONE, now)
        .fact("action", &action.id)
        .fact("restored", u64::from(restored))
        .fact("complete", if last_step { "yes" } else { "no" });
    finished(decision, after, line)
}

fn finished(mut decision: Decision, after: Action, line: LedgerLine) -> Decision {
    if after.state == ActionState::Running || after.state == ActionState::Undoing {
        decision.effects.push(Effect::WakePlaybook(after.id));
    }
    decision.changes.push(Change::Findings(FindingChange::PutAction(Box::new(after))));
    decision.line = Some(line);
    decision
}

fn apply(action: &Action, standing: &Standing, decision: &mut Decision, now: Timestamp) -> bool {
    let Standing { device, throttle } = standing;
    if device.enrolment == Enrolment::Revoked {
        return false;
    }
    let id = &device.id;
    match action.play {
        Play::Tell => return false,
        Play::Throttle(to) => {
            let lower = throttle.is_none_or(|now| {
                to.packets_per_second < now.throttle.packets_per_second
                    || to.bytes_per_second < now.throttle.bytes_per_second
            });
            if !lower {
                return false;
            }
            let to = Some(SetThrottle { throttle: to, action: action.id });
            decision.changes.push(Change::Findings(FindingChange::SetThrottle { device: id.clone(), to }));
            decision.effects.push(Effect::PushThrottle(id.clone()));
        }
        Play::Quarantine => {
            if device.quarantine.is_some() {
                return false;
            }
            let to = Some(Quarantine { since: now, reason: BY_PLAYBOOK.to_owned() });
            decision.changes.push(Change::SetQuarantine { device: id.clone(), to });
            decision.effects.push(Effect::PushPolicy(id.clone()));
        }
    }
    let touch = Touch { action: action.id, device: id.clone(), at: now, before: *throttle, restored: None };
    decision.changes.push(Change::Findings(FindingChange::PutTouch(touch)));
    true
}

fn restore(action: &Action, touch: &Touch, standing: &Standing, decision: &mut Decision) -> bool {
    let id = &standing.device.id;
    match action.play {
        Play::Tell => false,
        Play::Throttle(_) => {
            let ours = standing.throttle.is_some_and(|now| now.action == action.id);
            if ours {
                let to = touch.before;
                decision.changes.push(Change::Findings(FindingChange::SetThrottle { device: id.clone(), to }));
                decision.effects.push(Effect::PushThrottle(id.clone()));
            }
            ours
        }
        Play::Quarantine => {
            let quarantine = standing.device.quarantine.as_ref();
            let ours = quarantine.is_some_and(|now| now.reason == BY_PLAYBOOK && now.since == touch.at);
            if ours {
                decision.changes.push(Change::SetQuarantine { device: id.clone(), to: None });
                decision.effects.extend([
                    Effect::PushPolicy(id.clone()),
                    Effect::Challenge(id.clone()),
                    Effect::PushShadow(id.clone()),
                    Effect::PushCommands(id.clone()),
                ]);
            }
            ours
        }
    }
}
