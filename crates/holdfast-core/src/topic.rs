//! The closed list of topics a device may use, in both directions, and nothing else.
//!
//! Owns parsing and formatting of `hf/v1/{device}/…`. Each device has its own tree; a topic outside the list is
//! refused with a name, never passed on. Does not know MQTT packets (see `mqtt`) nor what a payload means.

use alloc::string::String;
use core::fmt;

use crate::id::{CommandId, DeviceId, StreamId};

/// Start of every topic of this version of the devices' door.
const ROOT: &str = "hf/v1/";

/// Why a topic is not one that this device may use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TopicRefusal {
    /// The topic lies in the tree of another device.
    ForeignDeviceTree,
    /// No such topic exists.
    UnknownTopic,
    /// The topic exists, but for the other direction.
    WrongDirection,
    /// The level that names the device is not a device id.
    BadDeviceId,
    /// The level that names the telemetry stream is not a stream id.
    BadStreamId,
    /// The level that names the command is not a command id.
    BadCommandId,
}

impl TopicRefusal {
    /// The stable name under which this refusal is counted and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForeignDeviceTree => "foreign-device-tree",
            Self::UnknownTopic => "unknown-topic",
            Self::WrongDirection => "wrong-direction",
            Self::BadDeviceId => "bad-device-id",
            Self::BadStreamId => "bad-stream-id",
            Self::BadCommandId => "bad-command-id",
        }
    }
}

impl fmt::Display for TopicRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "topic refused: {}", self.name())
    }
}

impl core::error::Error for TopicRefusal {}

/// What a device says to the platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UpChannel {
    /// Measurements of one declared stream: `telemetry/{stream}`.
    Telemetry(StreamId),
    /// Measurements that another device signed and this one only passes on: `forward/{device}/{stream}`.
    Forward(DeviceId, StreamId),
    /// What the device says its state is: `shadow/reported`.
    ShadowReported,
    /// The result of one command: `command/{id}/result`.
    CommandResult(CommandId),
    /// Progress of an update: `update/report`.
    UpdateReport,
    /// Evidence for integrity: `attest`.
    Attest,
    /// Something the device wants known, such as a refused sign-in: `event`.
    Event,
    /// Diagnostic lines: `log`.
    Log,
}

impl UpChannel {
    /// Reads a topic that `device` wants to publish to; needs no allocation except for a stream id.
    ///
    /// # Errors
    ///
    /// [`TopicRefusal`] says why `device` may not publish there.
    ///
    /// # Examples
    ///
    /// ```
    /// use holdfast_core::topic::UpChannel;
    ///
    /// let device = "hearth-0001".parse().unwrap();
    /// assert_eq!(UpChannel::parse_for(&device, "hf/v1/hearth-0001/event"), Ok(UpChannel::Event));
    /// let refusal = UpChannel::parse_for(&device, "hf/v1/hearth-0002/event").unwrap_err();
    /// assert_eq!(refusal.name(), "foreign-device-tree");
    /// ```
    pub fn parse_for(device: &DeviceId, topic: &str) -> Result<Self, TopicRefusal> {
        let (owner, path) = split(topic)?;
        let channel = up_path(path);
        if owner == device.as_str() {
            return channel;
        }
        owner.parse::<DeviceId>().map_err(|_| TopicRefusal::BadDeviceId)?;
        Err(TopicRefusal::ForeignDeviceTree)
    }

    /// The full topic of this channel in the tree of `device`.
    #[must_use]
    pub fn topic_of(&self, device: &DeviceId) -> String {
        alloc::format!("{ROOT}{device}/{self}")
    }

    const fn stays_in_quarantine(&self) -> bool {
        match self {
            Self::UpdateReport | Self::Attest | Self::Event => true,
            Self::Telemetry(_) | Self::Forward(..) | Self::ShadowReported | Self::CommandResult(_) | Self::Log => false,
        }
    }
}

impl fmt::Display for UpChannel {
    /// The part of the topic below the device's level.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Telemetry(stream) => write!(f, "telemetry/{stream}"),
            Self::Forward(device, stream) => write!(f, "forward/{device}/{stream}"),
            Self::ShadowReported => f.write_str("shadow/reported"),
            Self::CommandResult(id) => write!(f, "command/{id}/result"),
            Self::UpdateReport => f.write_str("update/report"),
            Self::Attest => f.write_str("attest"),
            Self::Event => f.write_str("event"),
            Self::Log => f.write_str("log"),
        }
    }
}

/// What the platform says to a device.
///
/// None of these topics carries an id. The server announces that wildcard filters are not available (MQTT 5.0
/// §3.2.2.3.11), so a device must be able to name every filter it needs before the first message exists; a command's
/// id therefore stands in its payload and not in the topic, unlike in the topic of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DownChannel {
    /// What the shadow wants changed: `shadow/delta`.
    ShadowDelta,
    /// An order that expects a result: `command`.
    Command,
    /// News about this device's update: `update`.
    Update,
    /// A nonce that asks for fresh evidence: `challenge`.
    Challenge,
    /// Rates, budgets and switches the device has to keep: `policy`.
    Policy,
}

impl DownChannel {
    /// Every channel, in the order in which a device subscribes.
    pub const ALL: [Self; 5] = [Self::ShadowDelta, Self::Command, Self::Update, Self::Challenge, Self::Policy];

    /// The part of the topic below the device's level.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::ShadowDelta => "shadow/delta",
            Self::Command => "command",
            Self::Update => "update",
            Self::Challenge => "challenge",
            Self::Policy => "policy",
        }
    }

    /// Reads a topic on which `device` wants to be told something.
    ///
    /// # Errors
    ///
    /// [`TopicRefusal`] says why `device` may not listen there.
    pub fn parse_for(device: &DeviceId, topic: &str) -> Result<Self, TopicRefusal> {
        let (owner, path) = split(topic)?;
        let channel = down_path(path);
        if owner == device.as_str() {
            return channel;
        }
        owner.parse::<DeviceId>().map_err(|_| TopicRefusal::BadDeviceId)?;
        Err(TopicRefusal::ForeignDeviceTree)
    }

    /// The full topic, which is also the exact filter, of this channel in the tree of `device`.
    #[must_use]
    pub fn topic_of(self, device: &DeviceId) -> String {
        alloc::format!("{ROOT}{device}/{}", self.path())
    }

    const fn stays_in_quarantine(self) -> bool {
        match self {
            Self::Update | Self::Challenge | Self::Policy => true,
            Self::ShadowDelta | Self::Command => false,
        }
    }
}

/// How much of its tree a device may use at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of it.
    #[default]
    Full,
    /// Only what leads out of quarantine: `attest`, `event` and `update/report` up; `challenge`, `policy` and `update`
    /// down.
    Quarantine,
}

impl Scope {
    /// Whether the device may say something on `channel`.
    #[must_use]
    pub const fn permits_up(self, channel: &UpChannel) -> bool {
        matches!(self, Self::Full) || channel.stays_in_quarantine()
    }

    /// Whether the device may be told something on `channel`.
    #[must_use]
    pub const fn permits_down(self, channel: DownChannel) -> bool {
        matches!(self, Self::Full) || channel.stays_in_quarantine()
    }
}

/// A topic on which a device speaks: whose tree, and which channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UpTopic {
    /// Whose tree it is.
    pub device: DeviceId,
    /// What is said there.
    pub channel: UpChannel,
}

impl UpTopic {
    /// Reads any device's topic towards the platform.
    ///
    /// # Errors
    ///
    /// [`TopicRefusal`] says why it is none.
    pub fn parse(topic: &str) -> Result<Self, TopicRefusal> {
        let (owner, path) = split(topic)?;
        let device = owner.parse().map_err(|_| TopicRefusal::BadDeviceId)?;
        Ok(Self { device, channel: up_path(path)? })
    }
}

impl fmt::Display for UpTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}{}/{}", self.device, self.channel)
    }
}

/// A topic on which a device is told something: whose tree, and which channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DownTopic {
    /// Whose tree it is.
    pub device: DeviceId,
    /// What is said there.
    pub channel: DownChannel,
}

impl DownTopic {
    /// Reads any device's topic from the platform.
    ///
    /// # Errors
    ///
    /// [`TopicRefusal`] says why it is none.
    pub fn parse(topic: &str) -> Result<Self, TopicRefusal> {
        let (owner, path) = split(topic)?;
        let device = owner.parse().map_err(|_| TopicRefusal::BadDeviceId)?;
        Ok(Self { device, channel: down_path(path)? })
    }
}

impl fmt::Display for DownTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ROOT}{}/{}", self.device, self.channel.path())
    }
}

/// Splits a topic into the level of the device and what is below it.
fn split(topic: &str) -> Result<(&str, &str), TopicRefusal> {
    topic.strip_prefix(ROOT).and_then(|rest| rest.split_once('/')).ok_or(TopicRefusal::UnknownTopic)
}

fn up_path(path: &str) -> Result<UpChannel, TopicRefusal> {
    if let Some(stream) = path.strip_prefix("telemetry/") {
        return stream.parse().map(UpChannel::Telemetry).map_err(|_| TopicRefusal::BadStreamId);
    }
    if let Some((author, stream)) = path.strip_prefix("forward/").and_then(|rest| rest.split_once('/')) {
        let author = author.parse().map_err(|_| TopicRefusal::BadDeviceId)?;
        return stream.parse().map(|stream| UpChannel::Forward(author, stream)).map_err(|_| TopicRefusal::BadStreamId);
    }
    if let Some(id) = path.strip_prefix("command/").and_then(|rest| rest.strip_suffix("/result")) {
        return id.parse().map(UpChannel::CommandResult).map_err(|_| TopicRefusal::BadCommandId);
    }
    match path {
        "shadow/reported" => Ok(UpChannel::ShadowReported),
        "update/report" => Ok(UpChannel::UpdateReport),
        "attest" => Ok(UpChannel::Attest),
        "event" => Ok(UpChannel::Event),
        "log" => Ok(UpChannel::Log),
        _ if listed_down(path).is_some() => Err(TopicRefusal::WrongDirection),
        _ => Err(TopicRefusal::UnknownTopic),
    }
}

fn listed_down(path: &str) -> Option<DownChannel> {
    DownChannel::ALL.into_iter().find(|channel| channel.path() == path)
}

fn down_path(path: &str) -> Result<DownChannel, TopicRefusal> {
    listed_down(path).ok_or_else(|| match up_path(path) {
        Ok(_) => TopicRefusal::WrongDirection,
        Err(refusal) => refusal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    const COMMAND: &str = "018bcfe5-6800-7fff-bfff-ffffffffffff";

    fn device(text: &str) -> DeviceId {
        text.parse().unwrap()
    }

    #[test]
    fn every_topic_of_the_list_reads_back_and_only_in_its_direction() {
        let up = [
            "telemetry/climate",
            "forward/leaf-0007/climate",
            "shadow/reported",
            "update/report",
            "attest",
            "event",
            "log",
        ];
        let result = alloc::format!("command/{COMMAND}/result");
        for path in up.into_iter().chain([result.as_str()]) {
            let topic = alloc::format!("hf/v1/hearth-0001/{path}");
            assert_eq!(UpTopic::parse(&topic).unwrap().to_string(), topic);
            let own = UpChannel::parse_for(&device("hearth-0001"), &topic).unwrap();
            assert_eq!(own.topic_of(&device("hearth-0001")), topic);
            assert_eq!(DownTopic::parse(&topic), Err(TopicRefusal::WrongDirection), "{topic}");
        }
        for channel in DownChannel::ALL {
            let topic = channel.topic_of(&device("hearth-0001"));
            assert_eq!(DownTopic::parse(&topic).unwrap().to_string(), topic);
            assert_eq!(DownChannel::parse_for(&device("hearth-0001"), &topic), Ok(channel));
            assert_eq!(UpTopic::parse(&topic), Err(TopicRefusal::WrongDirection), "{topic}");
        }
    }

    #[test]
    fn everything_outside_the_list_is_refused_by_name() {
        let own = device("hearth-0001");
        for (topic, name) in [
            ("", "unknown-topic"),
            ("hf/v1/", "unknown-topic"),
            ("hf/v1/hearth-0001", "unknown-topic"),
            ("hf/v1/hearth-0001/", "unknown-topic"),
            ("hf/v2/hearth-0001/event", "unknown-topic"),
            ("HF/v1/hearth-0001/event", "unknown-topic"),
            ("/hf/v1/hearth-0001/event", "unknown-topic"),
            ("hf/v1/hearth-0001/event/", "unknown-topic"),
            ("hf/v1/hearth-0001//event", "unknown-topic"),
            ("hf/v1/hearth-0001/Event", "unknown-topic"),
            ("hf/v1/hearth-0001/telemetry", "unknown-topic"),
            ("hf/v1/hearth-0001/telemetry/", "bad-stream-id"),
            ("hf/v1/hearth-0001/telemetry/a/b", "bad-stream-id"),
            ("hf/v1/hearth-0001/forward/leaf-0007", "unknown-topic"),
            ("hf/v1/hearth-0001/forward/leaf-0007/", "bad-stream-id"),
            ("hf/v1/hearth-0001/forward/leaf-0007/a/b", "bad-stream-id"),
            ("hf/v1/hearth-0001/forward/+/climate", "bad-device-id"),
            ("hf/v1/hearth-0001/command/x/result", "bad-command-id"),
            ("hf/v1/hearth-0001/command/result", "unknown-topic"),
            ("hf/v1/hearth-0001/command", "wrong-direction"),
            ("hf/v1/hearth-0002/event", "foreign-device-tree"),
            ("hf/v1/hearth-0002/no-such", "foreign-device-tree"),
            ("hf/v1/h\u{e9}arth/event", "bad-device-id"),
            ("$SYS/broker/uptime", "unknown-topic"),
        ] {
            assert_eq!(UpChannel::parse_for(&own, topic).map_err(TopicRefusal::name), Err(name), "{topic}");
        }
    }

    #[test]
    fn quarantine_leaves_the_way_back_open() {
        for (topic, open) in [
            ("hf/v1/hearth-0001/attest", true),
            ("hf/v1/hearth-0001/event", true),
            ("hf/v1/hearth-0001/update/report", true),
            ("hf/v1/hearth-0001/telemetry/climate", false),
            ("hf/v1/hearth-0001/forward/leaf-0007/climate", false),
            ("hf/v1/hearth-0001/shadow/reported", false),
            ("hf/v1/hearth-0001/log", false),
        ] {
            let channel = UpTopic::parse(topic).unwrap().channel;
            assert_eq!(Scope::Quarantine.permits_up(&channel), open, "{topic}");
            assert!(Scope::Full.permits_up(&channel));
        }
        assert_eq!(DownChannel::ALL.into_iter().filter(|c| Scope::Quarantine.permits_down(*c)).count(), 3);
    }
}
