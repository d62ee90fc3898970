//! Effects that wait for delivery: written with their decision, deleted only when delivered, so a crash loses none.

use holdfast_domain::decision::Effect;
use rusqlite::params;

use crate::error::{CommitError, StoreError};
use crate::row::{Fields, all};
use crate::sql;
use crate::store::{Store, wait};
use crate::writer::Desk;

/// An effect that was not yet delivered, or whose delivery was not yet recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its place in the outbox; rises, is never used again.
    pub id: i64,
    /// What must happen.
    pub effect: Effect,
}

impl Store {
    /// The oldest effects that wait, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn outbox_pending(&self, limit: u32) -> Result<Vec<Posted>, StoreError> {
        self.read(|conn| all(conn, (sql::OUTBOX, "outbox"), [limit], posted_row))
    }

    /// Forgets delivered effects; one that is already forgotten is no error.
    ///
    /// # Errors
    ///
    /// [`CommitError::Fault`] if the store fails.
    pub fn outbox_done(&self, ids: Vec<i64>) -> Result<(), CommitError> {
        wait(self.write(move |desk| {
            for id in ids {
                desk.execute(sql::OUTBOX_DONE, [id])?;
            }
            Ok(())
        }))
    }
}

impl Desk {
    pub(crate) fn post(&self, effect: &Effect) -> Result<(), CommitError> {
        let (kind, subject) = match effect {
            Effect::PushShadow(device) => ("push-shadow", device.to_string()),
            Effect::PushCommands(device) => ("push-commands", device.to_string()),
            Effect::NudgeUpdate(device) => ("nudge-update", device.to_string()),
            Effect::Challenge(device) => ("challenge", device.to_string()),
            Effect::PushPolicy(device) => ("push-policy", device.to_string()),
            Effect::Disconnect(device) => ("disconnect", device.to_string()),
            Effect::WakeDeployment(deployment) => ("wake-deployment", deployment.to_string()),
            Effect::PushThrottle(device) => ("push-throttle", device.to_string()),
            Effect::WakePlaybook(action) => ("wake-playbook", action.to_string()),
        };
        self.execute(sql::OUTBOX_ADD, params![kind, subject])?;
        Ok(())
    }
}

fn posted_row(f: &mut Fields<'_>) -> Result<Posted, StoreError> {
    let (id, kind) = (f.number()?, f.str()?);
    let effect = match kind {
        "push-shadow" => Effect::PushShadow(f.parsed()?),
        "push-commands" => Effect::PushCommands(f.parsed()?),
        "nudge-update" => Effect::NudgeUpdate(f.parsed()?),
        "challenge" => Effect::Challenge(f.parsed()?),
        "push-policy" => Effect::PushPolicy(f.parsed()?),
        "disconnect" => Effect::Disconnect(f.parsed()?),
        "wake-deployment" => Effect::WakeDeployment(f.parsed()?),
        "push-throttle" => Effect::PushThrottle(f.parsed()?),
        "wake-playbook" => Effect::WakePlaybook(f.parsed()?),
        _ => return Err(f.inconsistent("is an unknown word")),
    };
    Ok(Posted { id, effect })
}
