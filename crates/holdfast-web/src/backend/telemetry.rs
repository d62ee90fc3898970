//! Port of what surrounds telemetry: gaps, quality, signatures, what was refused and kept aside, logs, retention.

use holdfast_core::id::{DeviceId, ProductId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::telemetry::gaps::{Gap, Span};
use holdfast_domain::telemetry::score::Score;

use super::people::Caller;
use super::{Answer, Ground, Page, PageAsk};

/// What came of a stream, what did not, and how good it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Unbroken runs of counters that came.
    pub runs: Vec<Span>,
    /// Counters that did not come, with the reason if the device gave one.
    pub gaps: Vec<Gap>,
    /// Counters missing without an explanation, those too old to be listed included.
    pub missing: u64,
    /// Counters that the device declared as shed.
    pub shed: u64,
    /// Missing counters that are too old to be listed.
    pub unlisted: u64,
    /// Messages that came again.
    pub repeats: u64,
    /// The quality of the newest readings.
    pub score: Score,
    /// How many readings the score looks at.
    pub looked_at: u64,
}

/// A message that was refused and is kept aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideView {
    /// Its number.
    pub id: i64,
    /// The stream, as its topic said.
    pub stream: String,
    /// The stable name of the refusal.
    pub reason: String,
    /// The field it is about.
    pub field: Option<String>,
    /// Whether a newer model may admit it.
    pub waits: bool,
    /// When it arrived.
    pub received: Timestamp,
    /// What was sent, harmless to show; `None` if the asker may not see it.
    pub payload: Option<String>,
}

/// How often a sensor's values were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultView {
    /// The stream.
    pub stream: String,
    /// The field; empty for whole messages.
    pub field: String,
    /// The stable name of the refusal.
    pub reason: String,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Timestamp,
}

/// One line of a device's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogView {
    /// The batch's counter.
    pub counter: u64,
    /// Its place in the batch.
    pub line: u32,
    /// How much it matters.
    pub level: String,
    /// What it is about.
    pub code: String,
    /// What it says, harmless to show.
    pub text: String,
    /// By the device's clock.
    pub at: Timestamp,
    /// When it arrived.
    pub received: Timestamp,
}

/// What a check of stored readings against their signatures found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignatureCheck {
    /// Signatures that were looked at.
    pub signatures: u64,
    /// Readings that are as they were signed.
    pub verified: u64,
    /// Counters of readings that are not.
    pub altered: Vec<u64>,
    /// Signed readings that are not stored any more.
    pub absent: u64,
    /// First counters of signatures that do not hold.
    pub broken: Vec<u64>,
    /// Readings by the device that passed them on.
    pub forwarded: Vec<(String, u64)>,
    /// Whether there are more signatures than were looked at.
    pub more: bool,
}

/// What became of messages that waited for a newer model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Readings that are stored now.
    pub stored: u64,
    /// Readings that were stored already.
    pub repeats: u64,
    /// Messages that the model still refuses, and that wait on.
    pub waiting: u64,
}

/// What retention deleted of a stream, and what it will look at next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionView {
    /// The product.
    pub product: ProductId,
    /// The stream.
    pub stream: String,
    /// How long its readings are kept, in milliseconds.
    pub keep_ms: u64,
    /// Readings deleted ever.
    pub deleted: u64,
    /// Readings deleted by the last run.
    pub deleted_last: u64,
    /// When that was; `None` if there was none.
    pub last_run: Option<Timestamp>,
    /// When the next one is.
    pub next_run: Option<Timestamp>,
}

/// What the pages ask about telemetry beside its values.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says; `device-unknown`, `product-unknown` and `stream-unknown`
/// are of kind `Absent`.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Telemetry: Ground {
    /// What came of a stream and how good it is.
    fn account(&self, id: &DeviceId, stream: &StreamId) -> Answer<Account>;
    /// Messages of a device that are kept aside, newest first.
    fn asides(&self, id: &DeviceId, page: &PageAsk, clear: bool) -> Answer<Page<AsideView>>;
    /// How often values of a device's sensors were refused.
    fn faults(&self, id: &DeviceId) -> Answer<Vec<FaultView>>;
    /// A device's log, newest first.
    fn device_log(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<LogView>>;
    /// Checks stored readings of a stream against the signatures that came with them.
    fn check_signatures(&self, id: &DeviceId, stream: &StreamId) -> Answer<SignatureCheck>;
    /// Judges messages that wait for a newer model again, and stores those it admits.
    fn replay(&self, by: &Caller, product: &ProductId) -> Answer<Replayed>;
    /// What retention deletes, by product and stream.
    fn retention(&self) -> Answer<Vec<RetentionView>>;
}
