//! Port of the consumer's pages: one's devices in words, what they do now, and what becomes of their updates.
//!
//! A device at which the caller has no place and one that does not exist answer the same: `device-unknown`.

use holdfast_core::id::{DeviceId, ReleaseId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::{Command, Shadow};
use holdfast_domain::homes::check::Point;
use holdfast_domain::homes::story::{Line, Reach};
use holdfast_domain::telemetry::guard::{Stands, Words};
use holdfast_domain::telemetry::schema::Sense;
use holdfast_domain::updates::choice::{Chosen, Standing, Wish};
use holdfast_domain::updates::note::Note;
use holdfast_domain::updates::{ExecutionState, ReleaseKind};

use super::fleet::{DesiredChange, FieldView, Message, ModelView, NewCommand};
use super::homes::MyDevice;
use super::people::Caller;
use super::{Answer, Ground};

/// A device with its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeDevice {
    /// The device and the caller's place.
    pub my: MyDevice,
    /// What is with it, the most urgent first; never empty.
    pub lines: Vec<Line>,
    /// Whether it is reachable.
    pub reach: Reach,
    /// What it runs.
    pub version: Option<String>,
    /// How many sensors listen, watch or locate now.
    pub listening: u32,
}

impl HomeDevice {
    /// What its people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.my.nickname.as_deref().unwrap_or(&self.my.title)
    }
}

/// A device with what its own page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct HomeDeviceView {
    /// The device.
    pub device: HomeDevice,
    /// What its model lets people set and order.
    pub model: ModelView,
    /// What is wanted and what is; empty for whom may not control it and not see its data.
    pub shadow: Shadow,
    /// What it takes in of its surroundings.
    pub sensing: Vec<SensingView>,
    /// What it sent.
    pub sent: Vec<SentView>,
}

/// A sensor that listens, watches or locates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensingView {
    /// What people call it.
    pub title: String,
    /// What it takes in.
    pub sense: Sense,
    /// Whether it is at work, and since when; `None` if the device never said.
    pub active: Option<(bool, Timestamp)>,
}

/// What a device sent in one stream.
#[derive(Debug, Clone, PartialEq)]
pub struct SentView {
    /// The stream.
    pub stream: StreamId,
    /// What people call it.
    pub title: String,
    /// How many readings came.
    pub readings: u64,
    /// How many did not come without a reason.
    pub missing: u64,
    /// Its fields.
    pub fields: Vec<FieldView>,
    /// The newest values, for whom may see them.
    pub newest: Option<Message>,
}

/// A device with its updates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeUpdates {
    /// The device.
    pub device: HomeDevice,
    /// What is known of the version that runs; `None` if it is of no release that we know.
    pub installed: Option<Installed>,
    /// The update that is offered or under way.
    pub offered: Option<Offer>,
    /// Earlier ones, newest first.
    pub past: Vec<PastUpdate>,
}

/// The version that runs, and how it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The release.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// When the device last proved that it runs this image, and whether that is what was published.
    pub appraised: Option<(bool, Timestamp)>,
    /// Key ids of those who signed it (RFC 9679 thumbprints).
    pub signer_keys: Vec<[u8; 32]>,
    /// How many signatures the trust document asks for.
    pub signers_needed: u32,
    /// SHA-256 of the signed manifest.
    pub manifest_digest: [u8; 32],
    /// SHA-256 of the image.
    pub artifact_digest: [u8; 32],
    /// The line of the public history in which it was published.
    pub entry: Option<LogEntry>,
}

/// A line of the history that anyone may check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Its place, from 0.
    pub index: u64,
    /// Its leaf hash.
    pub hash: [u8; 32],
    /// The line itself.
    pub line: String,
}

/// An update as its home sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The release.
    pub release: ReleaseId,
    /// Its version.
    pub version: String,
    /// Why it exists.
    pub kind: ReleaseKind,
    /// What it changes, in the maker's words.
    pub description: String,
    /// Bytes to fetch.
    pub bytes: u64,
    /// When it was published.
    pub published: Timestamp,
    /// How many people of the maker signed it.
    pub signers: u32,
    /// How far the device is.
    pub state: ExecutionState,
    /// How far its download is.
    pub percent: u8,
    /// What the home's word means now.
    pub standing: Standing,
    /// What was chosen.
    pub chosen: Option<Chosen>,
    /// Whether there is still something to choose.
    pub open: bool,
    /// Why it is needed and what to do.
    pub note: Option<Note>,
}

/// An update that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastUpdate {
    /// Its version.
    pub version: String,
    /// Why it existed.
    pub kind: ReleaseKind,
    /// What it changed.
    pub description: String,
    /// How it ended.
    pub state: ExecutionState,
    /// When.
    pub at: Timestamp,
}

/// A setting that matters, with how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardedSetting {
    /// Its name in the model.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How it stands.
    pub stands: Stands,
    /// What the safe value protects against, and how to see that it is right.
    pub protects: Words,
    /// What another value can lead to.
    pub risk: Words,
    /// What lessens that.
    pub steps: Words,
}

/// The check of a set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckView {
    /// The device.
    pub device: HomeDevice,
    /// What does not depend on its model, the open points first.
    pub points: Vec<Point>,
    /// Every setting that matters.
    pub settings: Vec<GuardedSetting>,
    /// Whether one order of the caller repairs something.
    pub repairable: bool,
}

/// What a device sent in one stream within a span of time, as far as it is still kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    /// The stream.
    pub stream: StreamId,
    /// What people call it.
    pub title: String,
    /// Whether any of it says something about a person.
    pub personal: bool,
    /// Messages that were stored.
    pub messages: u64,
    /// Bytes of their readings.
    pub bytes: u64,
}

/// What a device sent lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryView {
    /// The device.
    pub device: HomeDevice,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Each stream of its model.
    pub streams: Vec<Traffic>,
    /// What it takes in of its surroundings, and whether it does so now; for whom may see data.
    pub sensing: Vec<SensingView>,
}

/// What a consumer asks and orders about their devices.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. `device-unknown` (kind `Absent`) where the caller has no
/// place, `right-missing` (kind `Forbidden`) where their place does not reach that far.
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Owners: Ground {
    /// Every device at which the caller has a place, the most urgent first.
    fn my_home(&self, by: &Caller) -> Answer<Vec<HomeDevice>>;
    /// One device.
    fn home_device(&self, by: &Caller, device: &DeviceId) -> Answer<HomeDeviceView>;
    /// One device with its updates.
    fn home_updates(&self, by: &Caller, device: &DeviceId) -> Answer<HomeUpdates>;
    /// Chooses what becomes of the release that the caller saw. Refusals: `update-none`, `update-changed`, `update-begun`,
    /// `update-too-late`, `offset-out-of-range`.
    fn choose_update(&self, by: &Caller, device: &DeviceId, seen: ReleaseId, wish: Wish) -> Answer<()>;
    /// Changes what is desired of a device; needs the right to control it. Refuses (`risk-not-accepted`) a change away from
    /// the safe value of a setting whose danger is not among `accepted`, by the setting's name.
    fn set_at_home(
        &self,
        by: &Caller,
        device: &DeviceId,
        change: &DesiredChange,
        accepted: &[String],
    ) -> Answer<Shadow>;
    /// The settings whose danger has to be told before this change.
    fn risks_at_home(&self, by: &Caller, device: &DeviceId, change: &DesiredChange) -> Answer<Vec<GuardedSetting>>;
    /// Whether everything that protects one device is as it should be.
    fn home_check(&self, by: &Caller, device: &DeviceId) -> Answer<CheckView>;
    /// Sets every setting that matters to its safe value; needs the right to control it.
    fn repair_home(&self, by: &Caller, device: &DeviceId) -> Answer<Shadow>;
    /// What one device sent in the last thirty days.
    fn home_summary(&self, by: &Caller, device: &DeviceId) -> Answer<SummaryView>;
    /// Orders something of a device; needs the right to control it.
    fn order_at_home(&self, by: &Caller, device: &DeviceId, new: &NewCommand) -> Answer<Command>;
}
