//! What is said to the platform: telemetry and events from the queue, and what has only a newest state.

use std::fmt::Write as _;

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::telemetry::log;
use holdfast_core::time::Millis;
use holdfast_core::topic::UpChannel;
use holdfast_core::update::journal::Report;
use serde_json::Value;

use super::{Agent, FLUSH_AFTER, OnTheWay, SYNC_AFTER};
use crate::clock;
use crate::fault::Fault;
use crate::link::ToLink;
use crate::queue::{EVENTS, LOG, Lane, Message, Range};

/// Wait after the platform said that it is too much, or that it is in trouble.
const HOLD: Millis = Millis(1_000);
/// Most bytes of one message.
const PAYLOAD_BYTES_MAX: usize = 16 * 1024;
/// Longest text of an event.
const EVENT_TEXT_CHARS_MAX: usize = 200;
/// A batch of security lines is closed at the latest after this time.
const LOG_AFTER: Millis = Millis(10_000);
/// Most bytes of an event.
const EVENT_BYTES_MAX: usize = 1_024;

impl Agent {
    /// Says everything that may be said now.
    pub(super) fn speak(&mut self) {
        if !self.connection.is_ready() || self.hold_until.is_some() || self.returning.awaits_policy(clock::monotonic())
        {
            return;
        }
        self.tell_gaps();
        self.tell_shed();
        if let Some(report) = self.software.untold_report() {
            self.publish(&UpChannel::UpdateReport, report_json(&report), OnTheWay::Report(report));
        }
        if !self.quarantined {
            if let Some(payload) = self.shadow.untold() {
                self.shadow.set_told(true);
                self.publish(&UpChannel::ShadowReported, payload, OnTheWay::Shadow);
            }
            while self.hold_until.is_none()
                && let Some((id, payload)) = self.commands.take_untold()
            {
                self.publish(&UpChannel::CommandResult(id), payload, OnTheWay::Result(id));
            }
        }
        let window = usize::from(self.config.limits.in_flight_max);
        // What the link does not take stands first in the queue again: another try now would be the same for ever.
        while self.on_the_way.len() < window && self.hold_until.is_none() {
            let Some(message) = self.queue.take(self.quarantined) else { return };
            self.publish_queued(message);
        }
    }

    fn publish_queued(&mut self, message: Message) {
        let channel = match message.stream.as_str() {
            EVENTS => Ok(UpChannel::Event),
            LOG => Ok(UpChannel::Log),
            stream => stream.parse().map(UpChannel::Telemetry),
        };
        if let Ok(channel) = channel {
            self.publish(&channel, message.payload, OnTheWay::Queued(message.id));
        } else {
            let dropped = self.queue.refused(message.id);
            self.note("drop a message of no stream", dropped);
        }
    }

    /// Publishes a message; `what` is done when the answer comes.
    pub(super) fn publish(&mut self, channel: &UpChannel, payload: Vec<u8>, what: OnTheWay) {
        let token = self.next_token;
        self.next_token += 1;
        if self.connection.order(ToLink::Publish { channel: channel.clone(), payload, token }) {
            self.on_the_way.insert(token, what);
        } else {
            self.not_sent(&what);
        }
    }

    /// A message could not be given to the link, or has to be said again.
    fn not_sent(&mut self, what: &OnTheWay) {
        match what {
            OnTheWay::Queued(id) => self.queue.release(*id),
            OnTheWay::Report(_) => self.software.report_lost(),
            OnTheWay::Shadow => self.shadow.set_told(false),
            OnTheWay::Result(_) => self.commands.release_all(),
            OnTheWay::Shed(_) => self.queue.shed_lost(),
            OnTheWay::Evidence { .. } => {}
        }
        self.hold_until = Some(Millis(clock::monotonic().0 + HOLD.0));
    }

    /// The platform has stored a message.
    pub(super) fn acked(&mut self, token: u64) {
        match self.on_the_way.remove(&token) {
            Some(OnTheWay::Queued(id)) => {
                self.queue.acknowledged(id);
                self.flush_at.get_or_insert(Millis(clock::monotonic().0 + FLUSH_AFTER.0));
            }
            Some(OnTheWay::Report(report)) => self.report_acknowledged(&report),
            Some(OnTheWay::Result(id)) => {
                let kept = self.commands.acknowledged(id);
                self.note("keep a result's acknowledgement", kept);
            }
            Some(OnTheWay::Shed(range)) => self.shed_told(&range),
            Some(OnTheWay::Evidence { changed: true }) => self.change_reported(),
            Some(OnTheWay::Shadow | OnTheWay::Evidence { changed: false }) | None => {}
        }
    }

    /// The platform refused a message. What is too much, or refused because of the quarantine, is said again later.
    pub(super) fn refused(&mut self, token: u64, reason: ReasonCode, name: &str) {
        let Some(what) = self.on_the_way.remove(&token) else { return };
        self.refusals.count(name, "publish");
        let again = reason == ReasonCode::QuotaExceeded
            || reason == ReasonCode::Unspecified
            || reason == ReasonCode::ImplementationSpecific
            || name.contains("quarantine");
        if again {
            self.not_sent(&what);
            return;
        }
        match what {
            OnTheWay::Queued(id) => {
                let dropped = self.queue.refused(id);
                self.note("drop a refused message", dropped);
            }
            OnTheWay::Result(id) => {
                let kept = self.commands.acknowledged(id);
                self.note("drop a refused result", kept);
            }
            OnTheWay::Shed(range) => self.shed_told(&range),
            // An execution that is over for the server: it has its outcome.
            OnTheWay::Report(report) => self.report_acknowledged(&report),
            OnTheWay::Shadow | OnTheWay::Evidence { .. } => {}
        }
    }

    /// Puts a measurement into the queue under the next number of its stream.
    pub(super) fn measured(&mut self, stream: &str, fields: &serde_json::Map<String, Value>) -> Result<(), Fault> {
        let lane = if self.declared.bulk.contains(stream) { Lane::Bulk } else { Lane::Telemetry };
        let payload = |c: u64, t: i64| serde_json::json!({ "c": c, "t": t, "f": fields });
        self.enqueue(lane, stream, payload)?;
        self.sync_at.get_or_insert(Millis(clock::monotonic().0 + SYNC_AFTER.0));
        Ok(())
    }

    /// Puts an event into the queue.
    pub(super) fn happened(&mut self, kind: &str, text: &str) {
        self.recent.add(self.trusted_now().as_micros(), kind, text);
        let queued = self.enqueue_event(Lane::Event, kind, text);
        self.note("queue an event", queued);
    }

    /// Puts a security event into the queue: it is never dropped for want of room, only counted with others of its kind.
    pub(super) fn alarmed(&mut self, kind: &str, text: &str) {
        tracing::warn!(event.kind = kind, event.text = text, "security event");
        self.recent.add(self.trusted_now().as_micros(), kind, text);
        let queued = if self.queue.has_room_for_security(EVENT_BYTES_MAX) {
            self.enqueue_event(Lane::Security, kind, text)
        } else {
            self.queue.condense(kind, self.trusted_now())
        };
        self.note("queue a security event", queued);
        self.log(kind, text);
    }

    /// The same of what a stranger on the local network can bring about at will: the first few of an hour are events of
    /// their own, the others are counted.
    pub(super) fn alarmed_by_stranger(&mut self, kind: &'static str, text: &str) {
        if self.strangers.did(kind, clock::monotonic()) {
            self.alarmed(kind, text);
        }
    }

    /// Tells what strangers did beside that, when its hour is over.
    pub(super) fn tell_of_strangers(&mut self, now: Millis) {
        for (kind, count) in self.strangers.take_over(now) {
            self.alarmed(kind, &format!("{count} more within an hour"));
        }
    }

    /// Adds a line to the batch of security lines; the batch is closed when it is full or old enough.
    fn log(&mut self, code: &str, text: &str) {
        self.log_lines.push(serde_json::json!({ "level": "security", "code": code, "text": shortened(text) }));
        let now = clock::monotonic();
        if self.log_lines.len() >= log::LINES_MAX {
            self.close_log();
        } else {
            self.log_at.get_or_insert(Millis(now.0 + LOG_AFTER.0));
        }
    }

    /// Queues the batch of security lines.
    pub(super) fn close_log(&mut self) {
        self.log_at = None;
        let lines = std::mem::take(&mut self.log_lines);
        if !lines.is_empty() {
            let queued = self.enqueue(Lane::Telemetry, LOG, |c, t| serde_json::json!({ "c": c, "t": t, "l": lines }));
            self.note("queue log lines", queued);
        }
    }

    fn enqueue_event(&mut self, lane: Lane, kind: &str, text: &str) -> Result<(), Fault> {
        let text = shortened(text);
        self.enqueue(lane, EVENTS, |c, t| serde_json::json!({ "c": c, "t": t, "kind": kind, "text": text }))
    }

    fn enqueue(&mut self, lane: Lane, stream: &str, payload: impl FnOnce(u64, i64) -> Value) -> Result<(), Fault> {
        let counter = self.counters.take(stream)?;
        let payload = payload(counter, self.trusted_now().as_micros()).to_string().into_bytes();
        let pushed = if payload.len() > PAYLOAD_BYTES_MAX {
            Err(Fault::refused("reading-too-large"))
        } else {
            self.queue.push(lane, stream, counter, &payload)
        };
        if pushed.is_err() {
            // The number is used: whoever counts must know that nothing will come under it.
            let _ = self.queue.lost(stream, (counter, counter));
        }
        pushed
    }

    /// Tells which numbers of telemetry are missing on purpose, so that they do not count as lost.
    fn tell_shed(&mut self) {
        while !self.quarantined
            && self.hold_until.is_none()
            && let Some(range) = self.queue.take_shed()
        {
            let Ok(stream) = range.stream.parse() else {
                self.shed_told(&range);
                continue;
            };
            let payload = serde_json::json!({ "x": [[range.from, range.to]], "w": "dropped-by-device" });
            self.publish(&UpChannel::Telemetry(stream), payload.to_string().into_bytes(), OnTheWay::Shed(range));
        }
    }

    fn shed_told(&mut self, range: &Range) {
        let told = self.queue.shed_told(range);
        self.note("keep that drops were told", told);
    }

    fn tell_gaps(&mut self) {
        while let Some((kind, text)) = self.queue.untold() {
            let told = self.enqueue_event(Lane::Event, kind, &text).and_then(|()| self.queue.told());
            if !self.note("tell what was dropped", told) {
                return;
            }
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(EVENT_TEXT_CHARS_MAX).collect()
}

fn report_json(report: &Report) -> Vec<u8> {
    let digest = report.image.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let mut json = serde_json::json!({
        "deployment": report.deployment, "generation": report.generation, "state": report.state.name(),
        "percent": report.percent, "sequence": report.sequence, "digest": digest,
    });
    if let (Some(reason), Some(members)) = (&report.reason, json.as_object_mut()) {
        members.insert("reason".to_owned(), Value::String(reason.clone()));
    }
    json.to_string().into_bytes()
}
