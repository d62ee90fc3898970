//! What the device page shows, in the words and pictures of its template.

use askama::Template;
use holdfast_core::id::GroupId;
use holdfast_domain::fleet::{CertificateState, Command, CommandOutcome, Shadow};
use holdfast_domain::integrity::finding::Finding;
use holdfast_domain::integrity::{Alert, Appraisal, Verdict};
use holdfast_domain::people::Role;
use holdfast_domain::people::access::{Act, may};
use serde_json::{Map, Value};

use super::super::charts::{Range, StreamPanel};
use super::super::findings::FindingLine;
use super::super::fleet::{AlertLine, certificate_word, enrolment_word};
use super::super::updates::ExecutionLine;
use super::super::words::{Day, Digest, When, calendar, digest};
use super::super::{Attempt, Desk, Frame};
use crate::backend::fleet::{ActionView, Chart, DeviceView, FieldView, Message};
use crate::backend::history::LedgerEntry;
use crate::backend::telemetry::{Account, AsideView, FaultView, LogView};
use crate::lang::Lang;

/// Everything the page was told.
pub(super) struct Facts {
    pub(super) view: DeviceView,
    pub(super) shadow: Shadow,
    pub(super) commands: Vec<Command>,
    pub(super) appraisals: Vec<Appraisal>,
    pub(super) alerts: Vec<Alert>,
    pub(super) findings: Vec<Finding>,
    pub(super) ledger: Vec<LedgerEntry>,
    pub(super) streams: Vec<StreamFacts>,
    pub(super) asides: Vec<AsideView>,
    pub(super) faults: Vec<FaultView>,
    pub(super) log: Vec<LogView>,
    pub(super) groups: Vec<GroupId>,
}

/// One stream's chart and last messages.
pub(in super::super) struct StreamFacts {
    pub(in super::super) chart: Chart,
    pub(in super::super) last: Vec<Message>,
    pub(in super::super) account: Account,
}

/// One refused message that is kept aside.
pub(super) struct AsideLine {
    stream: String,
    reason: String,
    field: String,
    waits: bool,
    payload: String,
    at: When,
}

/// How often a sensor's values were refused.
pub(super) struct FaultLine {
    sensor: String,
    reason: String,
    count: u64,
    at: When,
}

/// One line of the device's log.
pub(super) struct LogLine {
    level: String,
    class: &'static str,
    code: String,
    text: String,
    at: When,
}

impl LogLine {
    fn new(line: LogView, desk: &Desk) -> Self {
        Self {
            class: match line.level.as_str() {
                "security" | "error" => "bad",
                "warn" => "busy",
                _ => "",
            },
            level: desk.l.term(&line.level),
            code: desk.l.term(&line.code),
            text: line.text,
            at: desk.when(line.at),
        }
    }
}

pub(super) struct CertificateLine {
    serial: String,
    state: &'static str,
    class: &'static str,
    until: Day,
    left: When,
}

/// One setting: what is wanted, what is, and the control to change it.
pub(super) struct SettingLine {
    field: FieldView,
    desired: String,
    reported: String,
    /// Wanted, and not yet so.
    differs: bool,
}

impl SettingLine {
    /// Field name in the form.
    fn name(&self) -> String {
        format!("set.{}", self.field.name)
    }
}

pub(super) struct CommandLine {
    action: String,
    input: String,
    given: When,
    state: String,
    class: &'static str,
    result: String,
}

pub(super) struct AppraisalLine {
    good: bool,
    reason: String,
    image: Digest,
    at: When,
}

pub(crate) struct EntryLine {
    pub(crate) index: u64,
    pub(crate) kind: String,
    pub(crate) at: When,
    pub(crate) leaf: String,
    pub(crate) hash: Digest,
}

impl EntryLine {
    pub(crate) fn new(entry: LedgerEntry, desk: &Desk) -> Self {
        Self {
            index: entry.index,
            kind: desk.l.term(&entry.kind),
            at: desk.when(entry.at),
            leaf: entry.leaf,
            hash: digest(entry.leaf_hash),
        }
    }
}

pub(super) struct QuarantineBanner {
    reason: String,
    since: When,
}

pub(super) struct SoftwareLine {
    version: String,
    sequence: u64,
    slot: char,
    other_slot: char,
    digest: Digest,
    at: When,
}

#[derive(Template)]
#[template(path = "fleet/device.html")]
pub(super) struct DevicePage {
    frame: Frame,
    id: String,
    product: String,
    product_title: String,
    batch: String,
    factory_key: Digest,
    state: &'static str,
    online: bool,
    seen: Option<When>,
    known: Day,
    quarantine: Option<QuarantineBanner>,
    software: Option<SoftwareLine>,
    security_floor: Option<u64>,
    reenrolment_allowed: bool,
    certificates: Vec<CertificateLine>,
    alerts: Vec<AlertLine>,
    findings: Vec<FindingLine>,
    shadow_version: u64,
    applied_version: u64,
    reported_at: Option<When>,
    settings: Vec<SettingLine>,
    actions: Vec<ActionView>,
    commands: Vec<CommandLine>,
    appraisals: Vec<AppraisalLine>,
    executions: Vec<ExecutionLine>,
    ledger: Vec<EntryLine>,
    panels: Vec<StreamPanel>,
    asides: Vec<AsideLine>,
    faults: Vec<FaultLine>,
    log: Vec<LogLine>,
    groups: Vec<GroupId>,
    range: Range,
    role: Role,
    attempt: Attempt,
}

fn aside_line(aside: AsideView, desk: &Desk) -> AsideLine {
    AsideLine {
        stream: aside.stream,
        reason: desk.l.term(&aside.reason),
        field: aside.field.unwrap_or_default(),
        waits: aside.waits,
        payload: aside.payload.unwrap_or_else(|| desk.l.say("console-hidden")),
        at: desk.when(aside.received),
    }
}

fn fault_line(fault: FaultView, desk: &Desk) -> FaultLine {
    let sensor = if fault.field.is_empty() { fault.stream } else { format!("{} · {}", fault.stream, fault.field) };
    FaultLine { sensor, reason: desk.l.term(&fault.reason), count: fault.count, at: desk.when(fault.last) }
}

impl DevicePage {
    /// Whether the page offers what needs this act.
    const fn may(&self, act: Act) -> bool {
        may(self.role, act)
    }

    #[expect(clippy::too_many_lines, reason = "one line for each thing that the page shows")]
    pub(super) fn new(frame: Frame, facts: Facts, desk: &Desk, range: Range, attempt: Attempt) -> Self {
        let (l, now) = (desk.l, desk.now);
        let Facts {
            view,
            shadow,
            commands,
            appraisals,
            alerts,
            findings,
            ledger,
            streams,
            asides,
            faults,
            log,
            groups,
        } = facts;
        let device = view.device;
        let panel = |(stream, facts): (_, StreamFacts)| StreamPanel::new(l, &device.id, stream, facts);
        Self {
            frame,
            groups,
            asides: asides.into_iter().map(|aside| aside_line(aside, desk)).collect(),
            faults: faults.into_iter().map(|fault| fault_line(fault, desk)).collect(),
            log: log.into_iter().map(|line| LogLine::new(line, desk)).collect(),
            panels: view.model.streams.iter().zip(streams).map(panel).collect(),
            id: device.id.to_string(),
            product: device.product.to_string(),
            product_title: view.product_title,
            batch: device.batch.to_string(),
            factory_key: digest(device.factory_key.0),
            state: enrolment_word(device.enrolment),
            online: device.online_until.is_some_and(|until| until > now),
            seen: device.last_seen.map(|at| desk.when(at)),
            known: desk.day(device.created),
            quarantine: device
                .quarantine
                .map(|q| QuarantineBanner { reason: l.term(&q.reason), since: desk.when(q.since) }),
            software: device.software.map(|software| SoftwareLine {
                version: software.version,
                sequence: software.sequence,
                slot: software.slot,
                other_slot: if software.slot == 'a' { 'b' } else { 'a' },
                digest: digest(software.image_digest),
                at: desk.when(software.at),
            }),
            security_floor: view.security_floor,
            reenrolment_allowed: view.reenrolment_allowed,
            certificates: view
                .certificates
                .iter()
                .map(|certificate| CertificateLine {
                    serial: certificate.serial.clone(),
                    state: certificate_word(certificate.state),
                    class: certificate_class(certificate.state),
                    until: desk.day(certificate.not_after),
                    left: desk.when(certificate.not_after),
                })
                .collect(),
            alerts: alerts.into_iter().map(|alert| AlertLine::new(alert, desk)).collect(),
            findings: findings.iter().map(|finding| FindingLine::new(finding, desk)).collect(),
            settings: settings(l, &view.model.settings, &shadow),
            shadow_version: shadow.version,
            applied_version: shadow.applied_version,
            reported_at: shadow.reported_at.map(|at| desk.when(at)),
            actions: view.model.actions,
            commands: commands.into_iter().map(|command| command_line(command, desk)).collect(),
            appraisals: appraisals.into_iter().map(|appraisal| appraisal_line(appraisal, desk)).collect(),
            executions: view.executions.into_iter().map(|execution| ExecutionLine::new(&execution, desk)).collect(),
            ledger: ledger.into_iter().map(|entry| EntryLine::new(entry, desk)).collect(),
            range,
            role: desk.caller.person.role,
            attempt,
        }
    }
}

const fn certificate_class(state: CertificateState) -> &'static str {
    match state {
        CertificateState::Proven => "ok",
        CertificateState::Issued => "busy",
        CertificateState::Superseded => "quiet",
        CertificateState::Revoked => "bad",
    }
}

fn settings(l: Lang, fields: &[FieldView], shadow: &Shadow) -> Vec<SettingLine> {
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (desired, reported) = (read(&shadow.desired), read(&shadow.reported));
    let line = |field: &FieldView| {
        let (wanted, is) = (desired.get(&field.name), reported.get(&field.name));
        SettingLine {
            differs: wanted.is_some_and(|wanted| is != Some(wanted)),
            desired: wanted.map(plain).unwrap_or_default(),
            reported: is.map(|is| spoken(l, is)).unwrap_or_default(),
            field: field.clone(),
        }
    };
    fields.iter().map(line).collect()
}

/// A value as people write it: texts without quotation marks.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A value as people say it: switches are on or off.
fn spoken(l: Lang, value: &Value) -> String {
    value.as_bool().map_or_else(|| plain(value), |on| l.say(if on { "console-on" } else { "console-off" }))
}

/// A flat object as people read it: `level 3, mode auto`.
fn flat(text: &str) -> String {
    let map = serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let pairs: Vec<String> =
        map.iter().map(|(name, value)| format!("{} {}", name.replace(['-', '_'], " "), plain(value))).collect();
    pairs.join(", ")
}

fn command_line(command: Command, desk: &Desk) -> CommandLine {
    let l = desk.l;
    let (state, class, result) = match command.outcome {
        None => ("waiting", "busy", l.with("device-command-until", "at", calendar(l, command.expires))),
        Some(CommandOutcome::Succeeded(output)) => ("succeeded", "ok", flat(&output)),
        Some(CommandOutcome::Failed(why)) => ("failed", "bad", l.term(&why)),
        Some(CommandOutcome::Expired) => ("expired", "warn", l.say("device-command-expired")),
    };
    let (action, input) = (command.action, flat(&command.input));
    CommandLine { action, input, given: desk.when(command.created), state: l.term(state), class, result }
}

fn appraisal_line(appraisal: Appraisal, desk: &Desk) -> AppraisalLine {
    let (good, why) = match appraisal.verdict {
        Verdict::Affirming => (true, desk.l.say("device-matches")),
        Verdict::Contraindicated(why) => (false, desk.l.term(&why)),
    };
    AppraisalLine { good, reason: why, image: digest(appraisal.image_digest), at: desk.when(appraisal.at) }
}
