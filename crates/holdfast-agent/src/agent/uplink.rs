//! What is said to the platform: telemetry and events from the queue, and what has only a newest state.

use std::fmt::Write as _;

use holdfast_core::mqtt::reason::ReasonCode;
use holdfast_core::time::Millis;
use holdfast_core::topic::UpChannel;
use holdfast_core::update::journal::Report;
use serde_json::Value;

use super::{Agent, FLUSH_AFTER, OnTheWay};
use crate::clock;
use crate::fault::Fault;
use crate::link::ToLink;
use crate::queue::{EVENTS, Message};

/// Wait after the platform said that it is too much, or that it is in trouble.
const HOLD: Millis = Millis(1_000);
/// Most bytes of one message.
const PAYLOAD_BYTES_MAX: usize = 16 * 1024;

impl Agent {
    /// Says everything that may be said now.
    pub(super) fn speak(&mut self) {
        if !self.connection.is_ready() || self.hold_until.is_some() || self.returning.awaits_policy(clock::monotonic())
        {
            return;
        }
        self.tell_gaps();
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
        let channel = if message.stream == EVENTS {
            Ok(UpChannel::Event)
        } else {
            message.stream.parse().map(UpChannel::Telemetry)
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
            // An execution that is over for the server: it has its outcome.
            OnTheWay::Report(report) => self.report_acknowledged(&report),
            OnTheWay::Shadow | OnTheWay::Evidence { .. } => {}
        }
    }

    /// Puts a measurement into the queue under the next number of its stream.
    pub(super) fn measured(&mut self, stream: &str, fields: &serde_json::Map<String, Value>) -> Result<(), Fault> {
        let counter = self.counters.take(stream)?;
        let payload = serde_json::json!({ "c": counter, "t": self.trusted_now().as_micros(), "f": fields });
        self.enqueue(stream, counter, &payload)
    }

    /// Puts an event into the queue.
    pub(super) fn happened(&mut self, kind: &str, text: &str) {
        let queued = self.counters.take(EVENTS).and_then(|counter| {
            let payload =
                serde_json::json!({ "c": counter, "t": self.trusted_now().as_micros(), "kind": kind, "text": text });
            self.enqueue(EVENTS, counter, &payload)
        });
        self.note("queue an event", queued);
    }

    fn enqueue(&mut self, stream: &str, counter: u64, payload: &Value) -> Result<(), Fault> {
        let payload = payload.to_string().into_bytes();
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Fault::refused("reading-too-large"));
        }
        self.queue.push(stream, counter, payload)
    }

    fn tell_gaps(&mut self) {
        while let Some((stream, gap)) = self.queue.take_gap() {
            let text =
                format!("stream {stream}: {} readings from {} to {} did not fit", gap.count, gap.first, gap.last);
            self.happened("telemetry-dropped", &text);
        }
    }
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
