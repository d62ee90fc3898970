//! Effects that wait for delivery: written with their decision, deleted only when delivered, so a crash loses none.
//!
//! Effects of one kind that a decision has side by side share a row, so that telling a thousand devices is one row.

use std::str::FromStr;

use holdfast_domain::decision::Effect;
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{Fields, all};
use crate::sql;
use crate::store::{Store, wait};
use crate::writer::Desk;

/// Most effects in one row. A device id has at most 64 bytes, so a row has at most 65 KB.
const EFFECTS_IN_ROW_MAX: usize = 1_000;
/// Stands between the subjects of a row; no id has one.
const BETWEEN: char = ' ';

/// Effects that were not yet delivered, or whose delivery was not yet recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Their place in the outbox; rises, is never used again.
    pub id: i64,
    /// What must happen, in order.
    pub effects: Vec<Effect>,
}

impl Store {
    /// The oldest rows that wait, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn outbox_pending(&self, limit: u32) -> Result<Vec<Posted>, StoreError> {
        self.read(|conn| all(conn, (sql::OUTBOX, "outbox"), [limit], posted_row))
    }

    /// Forgets every row up to and with `through`: all of them have been delivered. Rows are written in the order of
    /// their numbers, so whoever has read one has seen all before it.
    ///
    /// # Errors
    ///
    /// [`CommitError::Fault`] if the store fails.
    pub fn outbox_done(&self, through: i64) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            desk.execute(sql::OUTBOX_DONE, [through])?;
            Ok(())
        }))
    }
}

impl Desk {
    pub(crate) fn post(&self, effects: &[Effect]) -> Result<(), CommitError> {
        let mut rest = effects;
        while let Some(first) = rest.first() {
            let kind = kind(first);
            let same = rest.iter().take(EFFECTS_IN_ROW_MAX).take_while(|effect| self::kind(effect) == kind).count();
            let (row, after) = rest.split_at(same);
            let mut subjects = String::new();
            for effect in row {
                if !subjects.is_empty() {
                    subjects.push(BETWEEN);
                }
                add_subject(&mut subjects, effect);
            }
            self.execute(sql::OUTBOX_ADD, params![kind, subjects])?;
            rest = after;
        }
        Ok(())
    }
}

const fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::PushShadow(_) => "push-shadow",
        Effect::PushCommands(_) => "push-commands",
        Effect::NudgeUpdate(_) => "nudge-update",
        Effect::Challenge(_) => "challenge",
        Effect::PushPolicy(_) => "push-policy",
        Effect::Disconnect(_) => "disconnect",
        Effect::WakeDeployment(_) => "wake-deployment",
        Effect::PushThrottle(_) => "push-throttle",
        Effect::WakePlaybook(_) => "wake-playbook",
        Effect::WakeBulk(_) => "wake-bulk",
    }
}

fn add_subject(to: &mut String, effect: &Effect) {
    match effect {
        Effect::PushShadow(device)
        | Effect::PushCommands(device)
        | Effect::NudgeUpdate(device)
        | Effect::Challenge(device)
        | Effect::PushPolicy(device)
        | Effect::PushThrottle(device)
        | Effect::Disconnect(device) => to.push_str(device.as_str()),
        Effect::WakeDeployment(deployment) => to.push_str(&deployment.to_string()),
        Effect::WakePlaybook(action) => to.push_str(&action.to_string()),
        Effect::WakeBulk(bulk) => to.push_str(&bulk.to_string()),
    }
}

fn posted_row(f: &mut Fields<'_>) -> Result<Posted, StoreError> {
    let (id, kind) = (f.number()?, f.str()?);
    let effects = match kind {
        "push-shadow" => each(f, Effect::PushShadow),
        "push-commands" => each(f, Effect::PushCommands),
        "nudge-update" => each(f, Effect::NudgeUpdate),
        "challenge" => each(f, Effect::Challenge),
        "push-policy" => each(f, Effect::PushPolicy),
        "disconnect" => each(f, Effect::Disconnect),
        "wake-deployment" => each(f, Effect::WakeDeployment),
        "push-throttle" => each(f, Effect::PushThrottle),
        "wake-playbook" => each(f, Effect::WakePlaybook),
        "wake-bulk" => each(f, Effect::WakeBulk),
        _ => Err(f.inconsistent("is an unknown word")),
    };
    Ok(Posted { id, effects: effects? })
}

fn each<T: FromStr>(f: &mut Fields<'_>, effect: impl Fn(T) -> Effect) -> Result<Vec<Effect>, StoreError> {
    let subjects = f.str()?.split(BETWEEN).map(|subject| subject.parse().map(&effect)).collect::<Result<_, _>>();
    subjects.map_err(|_| f.inconsistent("cannot be read"))
}
