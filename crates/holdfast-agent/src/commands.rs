//! Commands: each is carried out at most once, an expired one never, and its result is told until it is acknowledged.

use std::collections::BTreeMap;

use holdfast_core::id::CommandId;
use holdfast_core::time::Timestamp;
use holdfast_core::update::copies;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conversation::{Order, refused};
use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;

/// Results that are remembered, so that a repeated command is not carried out again.
const RESULTS_MAX: usize = 64;
/// Commands that may wait for the application.
const OPEN_MAX: usize = 16;
/// Longest name of an action.
const ACTION_BYTES_MAX: usize = 64;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Done {
    id: String,
    result: Value,
    acknowledged: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Results(Vec<Done>);

#[derive(Debug)]
struct Open {
    line: Value,
    expires: Timestamp,
}

/// The commands of a device.
#[derive(Debug)]
pub(crate) struct Commands {
    record: Record<Results>,
    open: BTreeMap<CommandId, Open>,
    on_the_way: Vec<CommandId>,
}

impl Commands {
    pub(crate) fn load(layout: &Layout) -> Self {
        Self { record: Record::load(layout, "commands"), open: BTreeMap::new(), on_the_way: Vec::new() }
    }

    /// Takes an order; the line for the application comes back if it is to be carried out now.
    pub(crate) fn ordered(&mut self, order: &Order, now: Timestamp) -> Result<Option<Value>, Fault> {
        let Ok(id) = order.id.parse::<CommandId>() else { return Err(Fault::refused("bad-command-id")) };
        let text = id.to_string();
        if let Some(done) = self.record.value.0.iter_mut().find(|done| done.id == text) {
            done.acknowledged = false;
            self.on_the_way.retain(|other| *other != id);
            return Ok(None);
        }
        if self.open.contains_key(&id) {
            return Ok(None);
        }
        let expires = Timestamp::from_micros(order.expires);
        let refusal = if expires <= now {
            Some("command-expired")
        } else if self.open.len() >= OPEN_MAX {
            Some("too-many-commands")
        } else if order.action.is_empty() || order.action.len() > ACTION_BYTES_MAX {
            Some("action-not-known")
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.finish(id, refused(reason))?;
            return Ok(None);
        }
        let line = serde_json::json!({ "command": { "id": text, "action": order.action, "input": order.input } });
        self.open.insert(id, Open { line: line.clone(), expires });
        Ok(Some(line))
    }

    /// Takes the application's result; one that nobody asked for is refused.
    pub(crate) fn answered(&mut self, id: CommandId, result: Value) -> Result<(), Fault> {
        if self.open.contains_key(&id) { self.finish(id, result) } else { Err(Fault::refused("result-not-asked-for")) }
    }

    /// Lines of commands that the application has not answered: a new start of it gets them again.
    pub(crate) fn unanswered(&self) -> impl Iterator<Item = &Value> {
        self.open.values().map(|open| &open.line)
    }

    /// Ends commands that the application did not answer in time.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Result<(), Fault> {
        let late: Vec<CommandId> =
            self.open.iter().filter(|(_, open)| open.expires <= now).map(|(id, _)| *id).collect();
        for id in late {
            self.finish(id, refused("command-expired"))?;
        }
        Ok(())
    }

    /// When [`Self::expire`] has something to do.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.open.values().map(|open| open.expires).min()
    }

    /// A result that the server should be told and that is not on its way; it is on its way then.
    pub(crate) fn take_untold(&mut self) -> Option<(CommandId, Vec<u8>)> {
        let next = self.record.value.0.iter().filter(|done| !done.acknowledged).find_map(|done| {
            let id = done.id.parse().ok()?;
            (!self.on_the_way.contains(&id)).then(|| (id, done.result.to_string().into_bytes()))
        })?;
        self.on_the_way.push(next.0);
        Some(next)
    }

    /// The server has the result, or will never take it.
    pub(crate) fn acknowledged(&mut self, id: CommandId) -> Result<(), Fault> {
        let text = id.to_string();
        self.on_the_way.retain(|other| *other != id);
        match self.record.value.0.iter_mut().find(|done| done.id == text && !done.acknowledged) {
            Some(done) => {
                done.acknowledged = true;
                self.record.save()
            }
            None => Ok(()),
        }
    }

    /// The connection ended: nothing is on its way.
    pub(crate) fn release_all(&mut self) {
        self.on_the_way.clear();
    }

    fn finish(&mut self, id: CommandId, result: Value) -> Result<(), Fault> {
        self.open.remove(&id);
        let results = &mut self.record.value.0;
        if results.len() >= RESULTS_MAX {
            results.remove(0);
        }
        results.push(Done { id: id.to_string(), result, acknowledged: false });
        // The oldest make room: a record that is too large could not be read after a restart.
        while results.len() > 1 && bytes_of(results) > copies::PAYLOAD_BYTES_MAX {
            results.remove(0);
        }
        self.record.save()
    }
}

/// The record's size on disk.
fn bytes_of(results: &[Done]) -> usize {
    serde_json::to_vec(results).map_or(usize::MAX, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";
    const NOW: Timestamp = Timestamp::from_micros(1_000);

    fn order(expires: i64) -> Order {
        Order { id: ID.to_owned(), action: "identify".to_owned(), input: Value::Null, expires }
    }

    fn fresh() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        (dir, layout)
    }

    #[test]
    fn a_repeated_command_is_answered_again_and_not_carried_out_again() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&order(2_000), NOW).unwrap().is_some());
        assert!(commands.ordered(&order(2_000), NOW).unwrap().is_none(), "still open");
        commands.answered(ID.parse().unwrap(), serde_json::json!({"ok": true, "output": {}})).unwrap();
        let (id, told) = commands.take_untold().unwrap();
        assert!(commands.take_untold().is_none());
        commands.acknowledged(id).unwrap();
        let mut commands = Commands::load(&layout);
        assert!(commands.take_untold().is_none());
        assert!(commands.ordered(&order(2_000), NOW).unwrap().is_none());
        assert_eq!(commands.take_untold(), Some((id, told)));
    }

    #[test]
    fn large_results_leave_a_record_that_is_read_after_a_restart() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let id = |n: u8| format!("018bcfe5-6800-7fff-bfff-ffffffffff{n:02x}");
        for n in 0..9 {
            assert!(commands.ordered(&Order { id: id(n), ..order(2_000) }, NOW).unwrap().is_some());
            commands.answered(id(n).parse().unwrap(), Value::from("x".repeat(16_000))).unwrap();
        }
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&Order { id: id(8), ..order(2_000) }, NOW).unwrap().is_none(), "carried out before");
    }

    #[test]
    fn an_expired_command_is_refused_by_name() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&order(1_000), NOW).unwrap().is_none());
        assert_eq!(commands.take_untold().unwrap().1, br#"{"ok":false,"reason":"command-expired"}"#);
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let _ = commands.ordered(&order(2_000), NOW);
        let _ = commands.expire(Timestamp::from_micros(2_000));
        assert!(commands.unanswered().next().is_none(), "not carried out later");
    }

    #[test]
    fn a_result_that_nobody_asked_for_is_refused() {
        let (_dir, layout) = fresh();
        let fault = Commands::load(&layout).answered(ID.parse().unwrap(), Value::Null).unwrap_err();
        assert_eq!(fault.name(), "result-not-asked-for");
    }
}
