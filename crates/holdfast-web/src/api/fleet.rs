//! Interface of the room `fleet`: devices, orders about them, shadows, commands.

use axum::extract::State;
use holdfast_core::id::DeviceId;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{Command, CommandOutcome, Device, DeviceCertificate, Shadow, Software};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::history::EntryRow;
use super::updates::ExecutionRow;
use super::{Done, List, Reply, document, done, hex, us};
use crate::backend::fleet::{DesiredChange, DeviceFilter, DeviceOrder, NewCommand};
use crate::console::fleet::{certificate_word, enrolment_of, enrolment_word};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Fields, Id, Ids, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

/// How long a command waits if nothing is said.
const COMMAND_SECONDS: u64 = 300;

const DEVICES: &[Ask] = &[
    Ask::of(
        "filter",
        Kind::Text,
        "Only those that fit, such as `product:hearth version:<1.2.0 -online:yes`; stands alone.",
    ),
    Ask::of(
        "state",
        Kind::Word(&["pending", "accepted", "rejected", "preauthorised", "revoked"]),
        "Only in this state.",
    ),
    Ask::of("product", Kind::Slug, "Only of this product."),
    Ask::of("quarantined", Kind::Flag, "Only those in quarantine, or only the others."),
    Ask::of("online", Kind::Flag, "Only those that are connected, or only the others."),
    Ask::of("version", Kind::Text, "Only those that run this version."),
    Ask::of("prefix", Kind::Text, "Only ids that begin so."),
    Ask::AFTER,
    Ask::LIMIT,
];
const REVOKE: About = About::new("Revoke a device for good.").more("Its certificates open nothing more, at once.");
const DESIRE: About = About::new("Change what is wanted of a device.")
    .more("A merge patch (RFC 7396) of `desired`; refused if `version` is given and has moved on.");
const COMMAND: About = About::new("Give a device a command.").more(
    "`action` and `input` must fit the product's model. The answer is the command as it waits; ask again for its end.",
);

pub(super) fn routes(routes: Routes) -> Routes {
    let (look, contain) = (Access::May(Act::ViewFleet), Access::May(Act::ContainDevice));
    routes
        .api_get("/api/v1/devices", look, devices, About::new("The devices, by id.").query(DEVICES))
        .api_get("/api/v1/devices/{id}", look, device, "One device with certificates, updates and streams.")
        .api_post("/api/v1/devices/{id}/quarantine", contain, quarantine, "Put a device into quarantine.")
        .api_post("/api/v1/devices/{id}/release", contain, release, "Let a device out of quarantine.")
        .api_post("/api/v1/devices/{id}/revoke", Access::Fresh(Act::RevokeDevice), revoke, REVOKE)
        .api_post(
            "/api/v1/devices/{id}/allow-reenrolment",
            Access::May(Act::AllowReenrolment),
            allow_reenrolment,
            "Let a device enrol anew, once, with a new key.",
        )
        .api_get("/api/v1/devices/{id}/shadow", look, shadow, "What is wanted of a device and what it reported.")
        .api_patch("/api/v1/devices/{id}/shadow", Access::May(Act::SetShadow), change_desired, DESIRE)
        .api_get(
            "/api/v1/devices/{id}/commands",
            look,
            commands,
            About::new("A device's commands, newest first.").query(Ask::PAGE),
        )
        .api_post("/api/v1/devices/{id}/commands", Access::May(Act::GiveCommand), add_command, COMMAND)
        .api_get("/api/v1/devices/{id}/commands/{command}", look, command, "One command and how it ended.")
        .api_get(
            "/api/v1/devices/{id}/ledger",
            Access::May(Act::ViewEvidence),
            device_ledger,
            About::new("Ledger lines about a device, newest first.").query(Ask::PAGE),
        )
}

#[derive(Serialize, ToSchema)]
struct QuarantineDoc {
    since_us: i64,
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct SoftwareDoc {
    version: String,
    sequence: u64,
    image_digest: String,
    slot: char,
    at_us: i64,
}

impl From<&Software> for SoftwareDoc {
    fn from(software: &Software) -> Self {
        Self {
            version: software.version.clone(),
            sequence: software.sequence,
            image_digest: hex(&software.image_digest),
            slot: software.slot,
            at_us: us(software.at),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DeviceRow {
    id: String,
    product: String,
    batch: String,
    factory_key: String,
    state: &'static str,
    quarantine: Option<QuarantineDoc>,
    software: Option<SoftwareDoc>,
    created_us: i64,
    last_seen_us: Option<i64>,
    online: bool,
}

impl DeviceRow {
    fn new(device: &Device, now: Timestamp) -> Self {
        Self {
            id: device.id.to_string(),
            product: device.product.to_string(),
            batch: device.batch.to_string(),
            factory_key: hex(&device.factory_key.0),
            state: enrolment_word(device.enrolment),
            quarantine: device
                .quarantine
                .as_ref()
                .map(|q| QuarantineDoc { since_us: us(q.since), reason: q.reason.clone() }),
            software: device.software.as_ref().map(SoftwareDoc::from),
            created_us: us(device.created),
            last_seen_us: device.last_seen.map(us),
            online: device.online_until.is_some_and(|until| until > now),
        }
    }
}

/// Reads a filter of devices from a query.
pub(crate) fn filter(query: &Fields) -> Result<DeviceFilter, Problem> {
    Ok(DeviceFilter {
        state: query.text("state").map(enrolment_of).transpose()?,
        product: query.parsed("product")?,
        quarantined: query.parsed("quarantined")?,
        online: query.parsed("online")?,
        version: query.text("version").map(str::to_owned),
        prefix: query.text("prefix").map(str::to_owned),
    })
}

/// Names of a filter's fields and of paging.
pub(crate) const FILTER_FIELDS: [&str; 8] =
    ["state", "product", "quarantined", "online", "version", "prefix", "after", "limit"];

async fn devices(State(app): State<App>, Asked(query): Asked) -> Reply<List<DeviceRow>> {
    let now = app.ground().now();
    if let Some(text) = query.text("filter") {
        let (chosen, page) = (super::filter_of(text)?, query.page()?);
        if query.clone().only(&["filter", "after", "limit"]).is_err() {
            return Err(Problem::malformed("field-malformed", "`filter` stands alone: say the rest in it."));
        }
        return Ok(List::of(app.ask(move |b| b.search(&chosen, &page)).await?, |device| DeviceRow::new(&device, now)));
    }
    let query = query.only(&FILTER_FIELDS)?;
    let (filter, page) = (filter(&query)?, query.page()?);
    Ok(List::of(app.ask(move |b| b.devices(&filter, &page)).await?, |device| DeviceRow::new(&device, now)))
}

#[derive(Serialize, ToSchema)]
struct CertificateDoc {
    serial: String,
    key: String,
    not_before_us: i64,
    not_after_us: i64,
    state: &'static str,
}

impl From<&DeviceCertificate> for CertificateDoc {
    fn from(certificate: &DeviceCertificate) -> Self {
        Self {
            serial: certificate.serial.clone(),
            key: hex(&certificate.key.0),
            not_before_us: us(certificate.not_before),
            not_after_us: us(certificate.not_after),
            state: certificate_word(certificate.state),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DeviceDoc {
    #[serde(flatten)]
    row: DeviceRow,
    certificates: Vec<CertificateDoc>,
    executions: Vec<ExecutionRow>,
    streams: Vec<String>,
    security_floor: Option<u64>,
    reenrolment_allowed: bool,
}

async fn device(State(app): State<App>, Id(id): Id<DeviceId>) -> Reply<DeviceDoc> {
    let now = app.ground().now();
    let view = app.ask(move |b| b.device(&id)).await?.ok_or_else(no_device)?;
    Ok(axum::Json(DeviceDoc {
        row: DeviceRow::new(&view.device, now),
        certificates: view.certificates.iter().map(CertificateDoc::from).collect(),
        streams: view.model.streams.iter().map(|stream| stream.id.to_string()).collect(),
        security_floor: view.security_floor,
        reenrolment_allowed: view.reenrolment_allowed,
        executions: view.executions.into_iter().map(ExecutionRow::from).collect(),
    }))
}

/// There is no such device.
pub(crate) fn no_device() -> Problem {
    Problem::absent("device-unknown", "There is no such device.")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuarantineBody {
    reason: Option<String>,
}

async fn quarantine(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<QuarantineBody>,
) -> Reply<Done> {
    let order = quarantine_order(body.reason.as_deref())?;
    app.ask(move |b| b.order_device(&by, &id, &order)).await?;
    Ok(done())
}

/// Most characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// Reads the reason a person gave, if they gave one.
pub(crate) fn quarantine_order(reason: Option<&str>) -> Result<DeviceOrder, Problem> {
    let reason = reason.unwrap_or("by-person").trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(Problem::malformed("reason-length", format!("A reason has 1 to {REASON_CHARS_MAX} characters.")));
    }
    Ok(DeviceOrder::Quarantine { reason: reason.to_owned() })
}

async fn release(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<Done> {
    app.ask(move |b| b.order_device(&by, &id, &DeviceOrder::Release)).await?;
    Ok(done())
}

async fn revoke(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<Done> {
    app.ask(move |b| b.order_device(&by, &id, &DeviceOrder::Revoke)).await?;
    Ok(done())
}

async fn allow_reenrolment(State(app): State<App>, Who(by): Who, Id(id): Id<DeviceId>) -> Reply<Done> {
    app.ask(move |b| b.order_device(&by, &id, &DeviceOrder::AllowReenrolment)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct ShadowDoc {
    version: u64,
    desired: Value,
    reported: Value,
    applied_version: u64,
    reported_at_us: Option<i64>,
}

impl From<Shadow> for ShadowDoc {
    fn from(shadow: Shadow) -> Self {
        Self {
            version: shadow.version,
            desired: document(&shadow.desired),
            reported: document(&shadow.reported),
            applied_version: shadow.applied_version,
            reported_at_us: shadow.reported_at.map(us),
        }
    }
}

async fn shadow(State(app): State<App>, Id(id): Id<DeviceId>) -> Reply<ShadowDoc> {
    Ok(axum::Json(app.ask(move |b| b.shadow(&id)).await?.ok_or_else(no_device)?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DesiredBody {
    version: Option<u64>,
    desired: Map<String, Value>,
}

/// `{"version": 3, "desired": {"target": 21.5, "old": null}}`: a merge patch (RFC 7396), refused if `version` moved on.
async fn change_desired(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<DesiredBody>,
) -> Reply<ShadowDoc> {
    let change = DesiredChange { from_version: body.version, patch: Value::Object(body.desired).to_string() };
    Ok(axum::Json(app.ask(move |b| b.change_desired(&by, &id, &change)).await?.into()))
}

#[derive(Serialize, ToSchema)]
struct CommandRow {
    id: String,
    action: String,
    input: Value,
    created_us: i64,
    expires_us: i64,
    state: &'static str,
    output: Option<Value>,
    reason: Option<String>,
    ended_us: Option<i64>,
}

impl From<Command> for CommandRow {
    fn from(command: Command) -> Self {
        let (state, output, reason) = match command.outcome {
            None => ("open", None, None),
            Some(CommandOutcome::Succeeded(output)) => ("succeeded", Some(document(&output)), None),
            Some(CommandOutcome::Failed(reason)) => ("failed", None, Some(reason)),
            Some(CommandOutcome::Expired) => ("expired", None, None),
        };
        Self {
            id: command.id.to_string(),
            action: command.action,
            input: document(&command.input),
            created_us: us(command.created),
            expires_us: us(command.expires),
            state,
            output,
            reason,
            ended_us: command.ended.map(us),
        }
    }
}

async fn commands(State(app): State<App>, Id(id): Id<DeviceId>, Asked(query): Asked) -> Reply<List<CommandRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.commands(&id, &page)).await?, CommandRow::from))
}

async fn command(
    State(app): State<App>,
    Ids(device, command): Ids<DeviceId, holdfast_core::id::CommandId>,
) -> Reply<CommandRow> {
    let found = app.ask(move |b| b.command(command)).await?.filter(|found| found.device == device);
    let found = found.ok_or_else(|| Problem::absent("command-unknown", "This device has no such command."))?;
    Ok(axum::Json(found.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CommandBody {
    action: String,
    #[serde(default)]
    input: Map<String, Value>,
    expires_s: Option<u64>,
}

async fn add_command(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<CommandBody>,
) -> Reply<CommandRow> {
    let lifetime = command_lifetime(body.expires_s);
    let new = NewCommand { action: body.action, input: Value::Object(body.input).to_string(), lifetime };
    Ok(axum::Json(app.ask(move |b| b.add_command(&by, &id, &new)).await?.into()))
}

/// How long a command may wait for its device; the domain knows the limits.
pub(crate) fn command_lifetime(seconds: Option<u64>) -> Millis {
    Millis::from_secs(seconds.unwrap_or(COMMAND_SECONDS))
}

async fn device_ledger(State(app): State<App>, Id(id): Id<DeviceId>, Asked(query): Asked) -> Reply<List<EntryRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.device_ledger(&id, &page)).await?, EntryRow::from))
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<QuarantineBody>(bytes));
    drop(serde_json::from_slice::<DesiredBody>(bytes));
    drop(serde_json::from_slice::<CommandBody>(bytes));
}
