//! Orders to one device: given, answered, or out of time.

use holdfast_core::id::{CommandId, DeviceId, PersonId};
use holdfast_core::time::{Millis, Timestamp};

use super::{Command, CommandOutcome, Device, Enrolment};
use crate::decision::{Change, Decision, Effect, LedgerLine, kind};
use crate::reason::Reason;
use crate::telemetry::value::FieldMap;
use crate::telemetry::{ActionRefusal, Model};

/// Shortest life of a command.
pub const COMMAND_LIFE_MIN: Millis = Millis::from_secs(1);
/// Longest life of a command: seven days.
pub const COMMAND_LIFE_MAX: Millis = Millis::from_secs(7 * 86_400);
/// Most open commands of one device.
pub const OPEN_COMMANDS_MAX: usize = 32;

/// An order as a person gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The command's id.
    pub id: CommandId,
    /// The action's name in the model.
    pub action: String,
    /// Its input.
    pub input: FieldMap,
    /// How long it may wait for the device.
    pub life: Millis,
}

/// How a device answers a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Carried out.
    Done(FieldMap),
    /// Could not.
    Failed(Reason),
}

/// Why a command is not given or not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefusal {
    /// The device has no operational certificate.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// A quarantined device receives no commands.
    #[error("the device is quarantined and receives no commands")]
    Quarantined,
    /// Too many wait already.
    #[error("{OPEN_COMMANDS_MAX} commands wait for this device already")]
    TooManyOpen,
    /// The life is outside its limits.
    #[error("a command lives between one second and seven days")]
    LifeOutOfRange,
    /// The action or its input does not fit.
    #[error(transparent)]
    Action(#[from] ActionRefusal),
    /// No such command.
    #[error("there is no such command")]
    Unknown,
    /// It was given to another device.
    #[error("the command was given to another device")]
    Foreign,
    /// It has ended.
    #[error("the command has ended already")]
    Ended,
}

impl CommandRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotEnrolled => "device-not-enrolled",
            Self::Quarantined => "device-quarantined",
            Self::TooManyOpen => "too-many-open-commands",
            Self::LifeOutOfRange => "life-out-of-range",
            Self::Action(refusal) => refusal.name(),
            Self::Unknown => "unknown-command",
            Self::Foreign => "foreign-command",
            Self::Ended => "command-ended",
        }
    }
}

/// Decides to give a command; `open` is how many wait for the device.
///
/// # Errors
///
/// [`CommandRefusal`] names why not.
pub fn issue_command(
    device: &Device,
    model: &Model,
    open: usize,
    order: Order,
    by: &PersonId,
    now: Timestamp,
) -> Result<Decision, CommandRefusal> {
    if device.enrolment != Enrolment::Accepted {
        return Err(CommandRefusal::NotEnrolled);
    }
    if device.quarantine.is_some() {
        return Err(CommandRefusal::Quarantined);
    }
    if !(COMMAND_LIFE_MIN..=COMMAND_LIFE_MAX).contains(&order.life) {
        return Err(CommandRefusal::LifeOutOfRange);
    }
    model.check_action_input(&order.action, &order.input)?;
    if open >= OPEN_COMMANDS_MAX {
        return Err(CommandRefusal::TooManyOpen);
    }
    let line = LedgerLine::new(kind::COMMAND_ISSUED, now)
        .fact("device", &device.id)
        .fact("command", &order.id)
        .fact("person", by);
    let command = Command {
        id: order.id,
        device: device.id.clone(),
        action: order.action,
        input: order.input.to_string(),
        created: now,
        expires: now.plus(order.life),
        outcome: None,
        ended: None,
    };
    let effect = Effect::PushCommands(device.id.clone());
    Ok(Decision::new(vec![Change::AddCommand(command)], line).with_effect(effect))
}

/// Decides a device's answer. One that comes after the end of the command's life, but before [`expire_commands`] has
/// ended it, is still kept: the device did what it says.
///
/// # Errors
///
/// [`CommandRefusal`] names why the answer is not kept.
pub fn finish_command(
    command: Option<&Command>,
    from: &DeviceId,
    answer: Answer,
    now: Timestamp,
) -> Result<Decision, CommandRefusal> {
    let command = command.ok_or(CommandRefusal::Unknown)?;
    if command.device != *from {
        return Err(CommandRefusal::Foreign);
    }
    if command.outcome.is_some() {
        return Err(CommandRefusal::Ended);
    }
    let (outcome, result) = match answer {
        Answer::Done(output) => (CommandOutcome::Succeeded(output.to_string()), "succeeded"),
        Answer::Failed(reason) => (CommandOutcome::Failed(reason.into()), "failed"),
    };
    let line = LedgerLine::new(kind::COMMAND_FINISHED, now)
        .fact("device", from)
        .fact("command", &command.id)
        .fact("result", result);
    Ok(Decision::new(vec![Change::EndCommand { command: command.id, outcome, at: now }], line))
}

/// Ends the commands whose life is over; `None` if there are none.
#[must_use]
pub fn expire_commands(open: &[Command], now: Timestamp) -> Option<Decision> {
    let over = |command: &&Command| command.outcome.is_none() && command.expires <= now;
    let end = |command: &Command| Change::EndCommand { command: command.id, outcome: CommandOutcome::Expired, at: now };
    let changes: Vec<Change> = open.iter().filter(over).map(end).collect();
    let count = u64::try_from(changes.len()).unwrap_or(u64::MAX);
    (count > 0).then(|| Decision::new(changes, LedgerLine::new(kind::COMMANDS_EXPIRED, now).fact("commands", count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, THERMOSTAT, device, device_id, later, person};
    use crate::fleet::Quarantine;

    fn order(action: &str) -> Order {
        Order {
            id: CommandId::new(NOW, [1; 10]),
            action: action.to_owned(),
            input: FieldMap::default(),
            life: Millis::from_secs(60),
        }
    }

    fn issue(device: &Device, open: usize, order: Order) -> Result<Decision, &'static str> {
        let model = Model::compile(THERMOSTAT).expect("compiles");
        issue_command(device, &model, open, order, &person(), NOW).map_err(|refusal| refusal.name())
    }

    fn issued() -> Command {
        let decision = issue(&device(), 0, order("identify")).expect("issued");
        match decision.changes.into_iter().next() {
            Some(Change::AddCommand(command)) => command,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_is_given_and_pushed() {
        let decision = issue(&device(), 31, order("identify")).expect("issued");
        assert_eq!(decision.effects, [Effect::PushCommands(device().id)]);
        assert_eq!(issued().expires, later(60));
    }

    #[test]
    fn a_command_is_refused_by_name() {
        let quarantine = Some(Quarantine { since: NOW, reason: "by-person".to_owned() });
        let contained = Device { quarantine, ..device() };
        let waiting = Device { enrolment: Enrolment::Preauthorised, ..device() };
        let forever = Order { life: Millis(COMMAND_LIFE_MAX.0 + 1), ..order("identify") };
        assert_eq!(issue(&waiting, 0, order("identify")), Err("device-not-enrolled"));
        assert_eq!(issue(&contained, 0, order("identify")), Err("device-quarantined"));
        assert_eq!(issue(&device(), 0, order("explode")), Err("undeclared-action"));
        assert_eq!(issue(&device(), 0, order("boost")), Err("missing-field"));
        assert_eq!(issue(&device(), 0, forever), Err("life-out-of-range"));
        assert_eq!(issue(&device(), 32, order("identify")), Err("too-many-open-commands"));
    }

    #[test]
    fn an_answer_ends_the_command_once_and_only_from_its_device() {
        let command = issued();
        let done = || Answer::Done(FieldMap::default().with("blinked", 5_i64));
        let finish = |command: Option<&Command>, from: &DeviceId, answer| {
            finish_command(command, from, answer, later(1)).map_err(|refusal| refusal.name())
        };
        let decision = finish(Some(&command), &device().id, done()).expect("finished");
        let [Change::EndCommand { outcome, .. }] = decision.changes.as_slice() else { panic!() };
        assert_eq!(*outcome, CommandOutcome::Succeeded(r#"{"blinked":5}"#.to_owned()));
        assert_eq!(finish(None, &device().id, done()), Err("unknown-command"));
        assert_eq!(finish(Some(&command), &device_id(99), done()), Err("foreign-command"));
        let ended = Command { outcome: Some(outcome.clone()), ..command };
        assert_eq!(finish(Some(&ended), &device().id, done()), Err("command-ended"));
    }

    #[test]
    fn commands_expire_together_and_only_once() {
        let command = issued();
        assert_eq!(expire_commands(std::slice::from_ref(&command), later(59)), None);
        let decision = expire_commands(&[command.clone(), command.clone()], later(60)).expect("expired");
        assert_eq!(decision.changes.len(), 2);
        let ended = Command { outcome: Some(CommandOutcome::Expired), ..command };
        assert_eq!(expire_commands(&[ended], later(60)), None);
    }
}
