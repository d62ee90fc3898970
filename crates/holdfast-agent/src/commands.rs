//! Commands: each is carried out at most once, an expired one never, and its result is told until it is acknowledged.
//!
//! Each is signed for this device, and an id that was forgotten stays used up: ids rise with time, so that the newest
//! forgotten one is a floor, and nobody can have an old order carried out again. That a command is given to the
//! application is durable before it is given: after a power cut or a crash nobody knows whether it was carried out, so it
//! is answered as `interrupted` and never given again.

use std::collections::BTreeMap;

use holdfast_core::id::CommandId;
use holdfast_core::order::CommandOrder;
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
/// Most bytes of them, with room for the rest of the record.
const RESULTS_BYTES_MAX: usize = copies::PAYLOAD_BYTES_MAX - 2_048;
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

/// The record `state/commands.*`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Results {
    done: Vec<Done>,
    /// Ids that were given to the application and not answered.
    given: Vec<String>,
    /// The newest id whose result was forgotten; an unknown one that is not newer is not carried out.
    floor: String,
}

/// The record as it may be found: earlier agents wrote the list of results alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Whole {
        done: Vec<Done>,
        given: Vec<String>,
        #[serde(default)]
        floor: String,
    },
    Results(Vec<Done>),
}

impl From<Stored> for Results {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Whole { done, given, floor } => Self { done, given, floor },
            Stored::Results(done) => Self { done, given: Vec::new(), floor: String::new() },
        }
    }
}

#[derive(Debug)]
struct Open {
    line: Value,
    action: String,
    expires: Timestamp,
}

/// A command of the platform, whose signature was checked, as the rest of the agent knows it.
pub(crate) fn read(order: CommandOrder) -> Result<Order, Fault> {
    let input = serde_json::from_str(&order.input).map_err(|_| Fault::refused("message-malformed"))?;
    Ok(Order { id: order.id.to_string(), action: order.action, input, expires: order.expires.as_micros() })
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
        let mut commands =
            Self { record: Record::load(layout, "commands"), open: BTreeMap::new(), on_the_way: Vec::new() };
        for id in std::mem::take(&mut commands.record.value.given) {
            commands.keep(id, refused("interrupted"));
        }
        commands
    }

    /// Takes an order; true if it waits to be given to the application.
    pub(crate) fn ordered(&mut self, order: &Order, now: Timestamp) -> Result<bool, Fault> {
        let Ok(id) = order.id.parse::<CommandId>() else { return Err(Fault::refused("bad-command-id")) };
        let text = id.to_string();
        if let Some(done) = self.record.value.done.iter_mut().find(|done| done.id == text) {
            done.acknowledged = false;
            self.on_the_way.retain(|other| *other != id);
            return Ok(false);
        }
        if self.open.contains_key(&id) {
            return Ok(false);
        }
        let expires = Timestamp::from_micros(order.expires);
        let refusal = if expires <= now {
            Some("command-expired")
        } else if text <= self.record.value.floor {
            Some("command-too-old")
        } else if self.open.len() >= OPEN_MAX {
            Some("too-many-commands")
        } else if order.action.is_empty() || order.action.len() > ACTION_BYTES_MAX {
            Some("action-not-known")
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.finish(id, refused(reason))?;
            return Ok(false);
        }
        let line = serde_json::json!({ "command": { "id": text, "action": order.action, "input": order.input } });
        self.open.insert(id, Open { line, action: order.action.clone(), expires });
        Ok(true)
    }

    /// The next command that was not given to the program that carries out `is_its` actions; from now on it counts as
    /// given, whatever happens to it.
    pub(crate) fn give(&mut self, is_its: impl Fn(&str) -> bool) -> Result<Option<Value>, Fault> {
        let given = &self.record.value.given;
        let next = self.open.iter().find(|(id, open)| is_its(&open.action) && !given.contains(&id.to_string()));
        let Some((id, line)) = next.map(|(id, open)| (id.to_string(), open.line.clone())) else { return Ok(None) };
        self.record.value.given.push(id);
        if let Err(fault) = self.record.save() {
            self.record.value.given.pop();
            return Err(fault);
        }
        Ok(Some(line))
    }

    /// The program that carries out `is_its` actions ended: what it was given and did not answer is over.
    pub(crate) fn interrupted(&mut self, is_its: impl Fn(&str) -> bool) -> Result<(), Fault> {
        let given = &self.record.value.given;
        let over: Vec<CommandId> = self
            .open
            .iter()
            .filter(|(id, open)| is_its(&open.action) && given.contains(&id.to_string()))
            .map(|(id, _)| *id)
            .collect();
        over.into_iter().try_for_each(|id| self.finish(id, refused("interrupted")))
    }

    /// Takes the application's result; one that nobody asked for is refused.
    pub(crate) fn answered(&mut self, id: CommandId, result: Value) -> Result<(), Fault> {
        if self.open.contains_key(&id) { self.finish(id, result) } else { Err(Fault::refused("result-not-asked-for")) }
    }

    /// Answers an order that was carried out by an agent which remembers nothing of it: the device was erased.
    pub(crate) fn receipt(&mut self, id: CommandId) -> Result<(), Fault> {
        self.finish(id, serde_json::json!({ "ok": true, "output": {} }))
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
        let next = self.record.value.done.iter().filter(|done| !done.acknowledged).find_map(|done| {
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
        match self.record.value.done.iter_mut().find(|done| done.id == text && !done.acknowledged) {
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
        self.keep(id.to_string(), result);
        self.record.save()
    }

    fn keep(&mut self, id: String, result: Value) {
        self.record.value.given.retain(|given| *given != id);
        self.record.value.done.push(Done { id, result, acknowledged: false });
        // The lowest ids make room, for one of a far future must not become the floor under all that follow; a record
        // that is too large could not be read after a restart.
        let Results { done, floor, .. } = &mut self.record.value;
        while done.len() > RESULTS_MAX || done.len() > 1 && bytes_of(done) > RESULTS_BYTES_MAX {
            let others = done.len().saturating_sub(1);
            let lowest = done.iter().take(others).enumerate().min_by(|(_, a), (_, b)| a.id.cmp(&b.id));
            let forgotten = done.remove(lowest.map_or(0, |(at, _)| at)).id;
            *floor = forgotten.max(std::mem::take(floor));
        }
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

    fn all(_: &str) -> bool {
        true
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
        assert!(commands.ordered(&order(2_000), NOW).unwrap());
        assert!(!commands.ordered(&order(2_000), NOW).unwrap(), "still open");
        assert!(commands.give(all).unwrap().is_some());
        assert!(commands.give(all).unwrap().is_none(), "given once");
        commands.answered(ID.parse().unwrap(), serde_json::json!({"ok": true, "output": {}})).unwrap();
        let (id, told) = commands.take_untold().unwrap();
        assert!(commands.take_untold().is_none());
        commands.acknowledged(id).unwrap();
        let mut commands = Commands::load(&layout);
        assert!(commands.take_untold().is_none());
        assert!(!commands.ordered(&order(2_000), NOW).unwrap());
        assert_eq!(commands.take_untold(), Some((id, told)));
    }

    #[test]
    fn large_results_leave_a_record_that_is_read_after_a_restart() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let id = |n: u8| format!("018bcfe5-6800-7fff-bfff-ffffffffff{n:02x}");
        for n in 0..9 {
            assert!(commands.ordered(&Order { id: id(n), ..order(2_000) }, NOW).unwrap());
            commands.answered(id(n).parse().unwrap(), Value::from("x".repeat(16_000))).unwrap();
        }
        let mut commands = Commands::load(&layout);
        assert!(!commands.ordered(&Order { id: id(8), ..order(2_000) }, NOW).unwrap(), "carried out before");
    }

    #[test]
    fn an_order_whose_result_was_forgotten_cannot_be_played_again() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let id = |n: usize| format!("018bcfe5-6800-7fff-bfff-fffffffff{n:03x}");
        for n in 0..=RESULTS_MAX {
            assert!(commands.ordered(&Order { id: id(n), ..order(2_000) }, NOW).unwrap());
            commands.answered(id(n).parse().unwrap(), Value::Null).unwrap();
        }
        let mut commands = Commands::load(&layout);
        assert!(!commands.ordered(&Order { id: id(0), ..order(2_000) }, NOW).unwrap(), "forgotten, and used up");
        assert!(commands.ordered(&Order { id: id(0x200), ..order(2_000) }, NOW).unwrap(), "a newer one is carried out");
    }

    #[test]
    fn an_order_with_an_id_of_a_far_future_does_not_shut_the_door_behind_it() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let far = "ffffffff-ffff-7fff-bfff-ffffffffffff".to_owned();
        let id = |n: usize| format!("018bcfe5-6800-7fff-bfff-fffffffff{n:03x}");
        for id in std::iter::once(far.clone()).chain((0..=RESULTS_MAX).map(id)) {
            assert!(commands.ordered(&Order { id: id.clone(), ..order(2_000) }, NOW).unwrap());
            commands.answered(id.parse().unwrap(), Value::Null).unwrap();
        }
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&Order { id: id(0x200), ..order(2_000) }, NOW).unwrap(), "a newer one is carried out");
        assert!(!commands.ordered(&Order { id: far, ..order(2_000) }, NOW).unwrap(), "and that one is used up");
        assert!(!commands.ordered(&Order { id: id(0), ..order(2_000) }, NOW).unwrap(), "as are forgotten ones");
    }

    #[test]
    fn an_expired_command_is_refused_by_name() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        assert!(!commands.ordered(&order(1_000), NOW).unwrap());
        assert_eq!(commands.take_untold().unwrap().1, br#"{"ok":false,"reason":"command-expired"}"#);
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        let _ = commands.ordered(&order(2_000), NOW);
        let _ = commands.expire(Timestamp::from_micros(2_000));
        assert!(commands.give(all).unwrap().is_none(), "not carried out later");
    }

    #[test]
    fn a_command_that_a_power_cut_interrupted_is_never_given_again() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&order(2_000), NOW).unwrap());
        assert!(commands.give(|action| action == "identify").unwrap().is_some());
        let mut commands = Commands::load(&layout);
        assert!(!commands.ordered(&order(2_000), NOW).unwrap(), "sent again by the platform");
        assert!(commands.give(all).unwrap().is_none());
        assert_eq!(commands.take_untold().unwrap().1, br#"{"ok":false,"reason":"interrupted"}"#);
    }

    #[test]
    fn a_command_that_was_not_given_yet_waits_for_the_program_and_an_interrupted_one_does_not() {
        let (_dir, layout) = fresh();
        let mut commands = Commands::load(&layout);
        assert!(commands.ordered(&order(2_000), NOW).unwrap());
        commands.interrupted(all).unwrap();
        assert!(commands.give(|_| false).unwrap().is_none(), "another program's");
        assert!(commands.give(all).unwrap().is_some());
        commands.interrupted(|_| false).unwrap();
        assert!(commands.take_untold().is_none());
        commands.interrupted(all).unwrap();
        assert_eq!(commands.take_untold().unwrap().1, br#"{"ok":false,"reason":"interrupted"}"#);
    }

    #[test]
    fn results_of_an_earlier_agent_are_still_known() {
        let (_dir, layout) = fresh();
        let mut record = Record::<Vec<Done>>::load(&layout, "commands");
        record.value.push(Done { id: ID.to_owned(), result: refused("x"), acknowledged: true });
        record.save().unwrap();
        assert!(!Commands::load(&layout).ordered(&order(2_000), NOW).unwrap(), "carried out before");
    }

    #[test]
    fn a_result_that_nobody_asked_for_is_refused() {
        let (_dir, layout) = fresh();
        let fault = Commands::load(&layout).answered(ID.parse().unwrap(), Value::Null).unwrap_err();
        assert_eq!(fault.name(), "result-not-asked-for");
    }
}
