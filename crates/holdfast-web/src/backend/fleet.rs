//! Port of the rooms `fleet` and `telemetry`: products, batches, devices, shadows, commands, messages.

use std::collections::BTreeMap;

use holdfast_core::id::{CommandId, DeviceId, ProductId, StreamId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{Command, Device, DeviceCertificate, Enrolment, FactoryBatch, Product, Shadow};
use holdfast_domain::updates::Execution;

use super::people::Caller;
use super::returning::Recovery;
use super::{Answer, Ground, Page, PageAsk};

/// How the fleet stands, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FleetCounts {
    /// Devices waiting for a person.
    pub pending: u64,
    /// Devices with an operational certificate.
    pub accepted: u64,
    /// Devices a person said no to.
    pub rejected: u64,
    /// Devices from a factory manifest, not yet seen.
    pub preauthorised: u64,
    /// Devices that may not connect any more.
    pub revoked: u64,
    /// Devices whose lease runs.
    pub online: u64,
    /// Devices in quarantine.
    pub quarantined: u64,
    /// Devices that lack a security update because somebody at home refused it.
    pub refused_at_home: u64,
    /// Which versions run, highest sequence first; devices without known software are not in it.
    pub versions: Vec<VersionShare>,
}

/// How many devices of one product run one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionShare {
    /// The product.
    pub product: ProductId,
    /// The version text.
    pub version: String,
    /// Its manifest sequence number.
    pub sequence: u64,
    /// How many devices.
    pub devices: u64,
}

/// The telemetry of the whole fleet, as it flows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pulse {
    /// Messages stored in each of the last seconds, oldest first, at most 60.
    pub messages: Vec<u32>,
    /// Open device connections.
    pub connections: u64,
    /// Messages stored since the server started.
    pub stored: u64,
    /// Messages refused since the server started.
    pub refused: u64,
}

/// Which devices a list shows. An empty filter shows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceFilter {
    /// Only those in this state.
    pub state: Option<Enrolment>,
    /// Only those of this product.
    pub product: Option<ProductId>,
    /// Only those in quarantine, or only those not in it.
    pub quarantined: Option<bool>,
    /// Only those online, or only those not.
    pub online: Option<bool>,
    /// Only those that run this version text.
    pub version: Option<String>,
    /// Only those whose id starts with this text.
    pub prefix: Option<String>,
}

/// A device with what its page shows beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceView {
    /// The device.
    pub device: Device,
    /// Title of its product.
    pub product_title: String,
    /// Its operational certificates, newest first.
    pub certificates: Vec<DeviceCertificate>,
    /// What its product's model declares.
    pub model: ModelView,
    /// Its last executions, newest first, at most 20.
    pub executions: Vec<Execution>,
    /// Lowest sequence it may run, as far as known.
    pub security_floor: Option<u64>,
    /// Whether a person allowed one more first enrolment.
    pub reenrolment_allowed: bool,
}

/// A product's model as far as pages need it: names, types and limits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelView {
    /// Declared telemetry streams.
    pub streams: Vec<StreamView>,
    /// Fields a person may set, in the shadow.
    pub settings: Vec<FieldView>,
    /// Actions a person may order.
    pub actions: Vec<ActionView>,
}

/// One declared stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamView {
    /// Its id.
    pub id: StreamId,
    /// What people call it.
    pub title: String,
    /// Its fields.
    pub fields: Vec<FieldView>,
}

/// One declared action.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionView {
    /// Its name in the model.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it takes.
    pub inputs: Vec<FieldView>,
}

/// One declared field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldView {
    /// Its name in the model.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its unit, as people write it, such as `°C`.
    pub unit: Option<String>,
    /// Its type and limits.
    pub kind: FieldKind,
    /// Whether the model marks it as personal data.
    pub personal: bool,
    /// Whether the model marks it as sensitive for security.
    pub sensitive: bool,
}

/// Type and limits of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A number between limits.
    Number {
        /// Lowest.
        min: Option<f64>,
        /// Highest.
        max: Option<f64>,
    },
    /// A whole number between limits.
    Integer {
        /// Lowest.
        min: Option<i64>,
        /// Highest.
        max: Option<i64>,
    },
    /// True or false.
    Boolean,
    /// One of these words.
    Choice(Vec<String>),
    /// Any text up to so many characters.
    Text {
        /// Most characters.
        chars_max: u32,
    },
}

/// What a person orders about one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceOrder {
    /// Contain it.
    Quarantine {
        /// In the person's words, 1 to 200 characters; never written to the ledger.
        reason: String,
    },
    /// Let it back without waiting for fresh evidence.
    Release,
    /// Take its certificates away for good.
    Revoke,
    /// Let it enrol once more with its factory key.
    AllowReenrolment,
}

/// A change to the desired side of a shadow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredChange {
    /// Refuse (`shadow-version-conflict`) unless this is the current version; `None` applies to whatever is current.
    pub from_version: Option<u64>,
    /// JSON merge patch of flat fields (RFC 7396), JSON text of an object.
    pub patch: String,
}

/// An order to a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// The action's name in the model.
    pub action: String,
    /// Input, a flat JSON object as text.
    pub input: String,
    /// How long it may wait for the device.
    pub lifetime: Millis,
}

/// A product to be made or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProduct {
    /// Its id.
    pub id: ProductId,
    /// What people call it, 1 to 120 characters.
    pub title: String,
    /// The maker's domain.
    pub vendor_domain: String,
    /// The Thing Model, JSON text.
    pub thing_model: String,
}

/// A product with what its page shows beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductView {
    /// The product.
    pub product: Product,
    /// Its compiled model.
    pub model: ModelView,
    /// How many devices it has.
    pub devices: u64,
    /// How many releases it has.
    pub releases: u64,
    /// How many batches were imported for it.
    pub batches: u64,
}

/// Which messages of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAsk {
    /// Measured at or after.
    pub from: Option<Timestamp>,
    /// Measured before.
    pub to: Option<Timestamp>,
    /// Which page, newest first.
    pub page: PageAsk,
    /// Whether values that are sensitive for security are shown.
    pub clear: bool,
}

/// One stored telemetry message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The device's counter.
    pub counter: u64,
    /// When the device says it was measured.
    pub measured: Timestamp,
    /// When it was stored.
    pub stored: Timestamp,
    /// Its fields by name.
    pub fields: BTreeMap<String, Reading>,
    /// Words of quality by field, for those that are not simply good: `suspect`, `bad`, `missing`, `calibration-expired`.
    pub quality: BTreeMap<String, String>,
}

/// One value of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A text.
    Text(String),
    /// A value that the asker may not see.
    Redacted,
}

/// Which part of a stream to draw, in how many points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChartAsk {
    /// Measured at or after.
    pub from: Timestamp,
    /// Measured before.
    pub to: Timestamp,
    /// Most points; where there are more messages, a point is the mean of its bucket.
    pub points: u16,
    /// Whether values that are sensitive for security are shown.
    pub clear: bool,
}

/// Numbers of a stream over time, ready to draw. Only number fields are in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Times of the points, rising.
    pub at: Vec<Timestamp>,
    /// One line for each field; each has as many values as there are times.
    pub lines: Vec<ChartLine>,
}

/// One field's line.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartLine {
    /// The field.
    pub field: FieldView,
    /// Its mean at each time; `None` where there is none.
    pub values: Vec<Option<f64>>,
    /// Its lowest value at each time.
    pub low: Vec<Option<f64>>,
    /// Its highest value at each time.
    pub high: Vec<Option<f64>>,
    /// At which times there is a value that is not to be trusted.
    pub doubtful: Vec<bool>,
}

/// How a roll-out stands in figures: one count for each execution state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExecutionCounts {
    /// Not begun.
    pub queued: u64,
    /// Fetching.
    pub downloading: u64,
    /// Writing the spare slot.
    pub installing: u64,
    /// Trial start.
    pub rebooting: u64,
    /// Done.
    pub succeeded: u64,
    /// Did not come to a trial start.
    pub failed: u64,
    /// Went back by itself.
    pub rolled_back: u64,
    /// The owner said no.
    pub declined: u64,
    /// No progress in time.
    pub unknown: u64,
}

impl ExecutionCounts {
    /// All executions together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queued
            + self.downloading
            + self.installing
            + self.rebooting
            + self.succeeded
            + self.failed
            + self.rolled_back
            + self.declined
            + self.unknown
    }
}

/// What the pages ask and order about products, devices and telemetry.
///
/// # Errors
///
/// Each method: [`super::Stop`], as the rule or the store says. An order about a device or product that is not there is
/// refused with `device-unknown` or `product-unknown` (kind `Absent`).
#[expect(clippy::missing_errors_doc, reason = "said once for all methods, at the trait")]
pub trait Fleet: Ground {
    /// The fleet in figures.
    fn fleet_counts(&self) -> Answer<FleetCounts>;
    /// The flow of telemetry.
    fn pulse(&self) -> Answer<Pulse>;
    /// How the fleet came back in the last minutes.
    fn recovery(&self) -> Answer<Recovery>;
    /// Devices by id, rising.
    fn devices(&self, filter: &DeviceFilter, page: &PageAsk) -> Answer<Page<Device>>;
    /// One device.
    fn device(&self, id: &DeviceId) -> Answer<Option<DeviceView>>;
    /// Carries out an order about one device.
    fn order_device(&self, by: &Caller, id: &DeviceId, order: &DeviceOrder) -> Answer<()>;
    /// A device's shadow; `None` if there is no such device.
    fn shadow(&self, id: &DeviceId) -> Answer<Option<Shadow>>;
    /// Changes what is desired. Refusals: `shadow-version-conflict`, `field-undeclared`, `field-out-of-range` …
    fn change_desired(&self, by: &Caller, id: &DeviceId, change: &DesiredChange) -> Answer<Shadow>;
    /// A device's commands, newest first.
    fn commands(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<Command>>;
    /// One command.
    fn command(&self, id: CommandId) -> Answer<Option<Command>>;
    /// Orders something of a device.
    fn add_command(&self, by: &Caller, id: &DeviceId, new: &NewCommand) -> Answer<Command>;
    /// Stored messages of a stream.
    fn messages(&self, id: &DeviceId, stream: &StreamId, ask: &MessageAsk) -> Answer<Page<Message>>;
    /// A stream's numbers, ready to draw.
    fn chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart>;
    /// All products, by id.
    fn products(&self) -> Answer<Vec<ProductView>>;
    /// One product.
    fn product(&self, id: &ProductId) -> Answer<Option<ProductView>>;
    /// Makes or replaces a product.
    fn put_product(&self, by: &Caller, new: &NewProduct) -> Answer<Product>;
    /// Imported batches, newest first.
    fn batches(&self, page: &PageAsk) -> Answer<Page<FactoryBatch>>;
    /// Imports a factory manifest, JSON.
    fn import_batch(&self, by: &Caller, manifest: &[u8]) -> Answer<FactoryBatch>;
}
