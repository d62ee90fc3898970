//! The fleet at a glance, and the list of devices with its filter.

use askama::Template;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::bulk::BulkState;
use holdfast_domain::fleet::{CertificateState, Device, Enrolment};
use holdfast_domain::integrity::Alert;
use holdfast_domain::people::access::Act;
use holdfast_domain::updates::DeploymentState;

use super::pictures::{Line, Part, Stack};
use super::{Desk, Frame, PageReply, page};
use crate::api::severity_word;
use crate::backend::fleet::{DeviceFilter, FleetCounts, Pulse, VersionShare};
use crate::backend::updates::DeploymentView;
use crate::backend::{Page, PageAsk};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console", Access::May(Act::ViewFleet), overview)
}

/// Words of enrolment states, with what they mean.
const ENROLMENTS: [(&str, Enrolment); 5] = [
    ("accepted", Enrolment::Accepted),
    ("preauthorised", Enrolment::Preauthorised),
    ("pending", Enrolment::Pending),
    ("rejected", Enrolment::Rejected),
    ("revoked", Enrolment::Revoked),
];

/// The stable word of an enrolment state.
pub(crate) const fn enrolment_word(state: Enrolment) -> &'static str {
    match state {
        Enrolment::Pending => "pending",
        Enrolment::Accepted => "accepted",
        Enrolment::Rejected => "rejected",
        Enrolment::Preauthorised => "preauthorised",
        Enrolment::Revoked => "revoked",
    }
}

/// Reads an enrolment state.
pub(crate) fn enrolment_of(word: &str) -> Result<Enrolment, Problem> {
    ENROLMENTS.iter().find(|(name, _)| *name == word).map(|(_, state)| *state).ok_or_else(|| {
        Problem::malformed("state-unknown", "`state` is accepted, preauthorised, pending, rejected or revoked.")
    })
}

/// The stable word of a certificate's state.
pub(crate) const fn certificate_word(state: CertificateState) -> &'static str {
    match state {
        CertificateState::Issued => "issued",
        CertificateState::Proven => "proven",
        CertificateState::Superseded => "superseded",
        CertificateState::Revoked => "revoked",
    }
}

/// One line in a list of devices.
pub(crate) struct DeviceLine {
    pub(crate) id: String,
    pub(crate) product: String,
    pub(crate) version: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) quarantine: Option<String>,
    pub(crate) online: bool,
    pub(crate) seen: Option<super::words::When>,
}

impl DeviceLine {
    pub(crate) fn new(device: Device, desk: &Desk) -> Self {
        Self {
            id: device.id.to_string(),
            product: device.product.to_string(),
            version: device.software.map(|software| software.version),
            state: enrolment_word(device.enrolment),
            quarantine: device.quarantine.map(|quarantine| desk.l.term(&quarantine.reason)),
            online: device.online_until.is_some_and(|until| until > desk.now),
            seen: device.last_seen.map(|at| desk.when(at)),
        }
    }
}

/// One line in a list of alerts.
pub(crate) struct AlertLine {
    pub(crate) id: String,
    pub(crate) severity: &'static str,
    pub(crate) kind: String,
    pub(crate) text: String,
    pub(crate) device: Option<String>,
    pub(crate) opened: super::words::When,
    pub(crate) closed: Option<super::words::When>,
}

impl AlertLine {
    pub(crate) fn new(alert: Alert, desk: &Desk) -> Self {
        Self {
            id: alert.id.to_string(),
            severity: severity_word(alert.severity),
            kind: desk.l.term(&alert.kind),
            text: alert.text,
            device: alert.device.map(|device| device.to_string()),
            opened: desk.when(alert.opened),
            closed: alert.closed.map(|at| desk.when(at)),
        }
    }
}

/// The versions of one product as a bar.
struct Spread {
    product: String,
    stack: Stack,
}

/// Classes of versions, newest first; the oldest ones share the last.
const VERSION_CLASSES: [&str; 5] = ["part-v1", "part-v2", "part-v3", "part-v4", "part-v5"];

fn spreads(versions: &[VersionShare]) -> Vec<Spread> {
    let mut products: Vec<&ProductId> = versions.iter().map(|share| &share.product).collect();
    products.sort();
    products.dedup();
    let spread = |product: &ProductId| {
        let mut shares: Vec<_> = versions.iter().filter(|share| share.product == *product).collect();
        shares.sort_by_key(|share| std::cmp::Reverse(share.sequence));
        let last = VERSION_CLASSES.last().copied().unwrap_or_default();
        let classes = VERSION_CLASSES.into_iter().chain(std::iter::repeat(last));
        let part = |(share, class): (&&VersionShare, &'static str)| Part::new(class, &share.version, share.devices);
        Spread { product: product.to_string(), stack: Stack::new(shares.iter().zip(classes).map(part).collect()) }
    };
    products.into_iter().map(spread).collect()
}

/// One thing that waits for somebody, with where it is dealt with.
struct Todo {
    class: &'static str,
    text: String,
    address: &'static str,
}

/// How much waits for somebody.
struct Waits {
    alerts: u64,
    findings: u64,
    paused: u64,
    acts: u64,
}

/// What needs somebody today, most urgent first; nothing that has sorted itself out.
fn todos(l: Lang, waits: &Waits, counts: &FleetCounts) -> Vec<Todo> {
    let one = |n: u64, class, key: &str, address| (n > 0).then(|| Todo { class, text: l.count(key, n), address });
    let all = [
        one(counts.quarantined, "bad", "fleet-todo-quarantine", "/console/devices?filter=quarantine%3Ayes"),
        one(waits.alerts, "warn", "fleet-todo-alerts", "/console/alerts"),
        one(waits.findings, "warn", "fleet-todo-findings", "/console/findings"),
        one(counts.pending, "busy", "fleet-todo-pending", "/console/devices?filter=state%3Apending"),
        one(waits.paused, "busy", "fleet-todo-paused", "/console/deployments"),
        one(waits.acts, "busy", "fleet-todo-acts", "/console/bulk"),
        one(counts.refused_at_home, "warn", "fleet-todo-refused", "/console/deployments"),
    ];
    all.into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "fleet/overview.html")]
struct OverviewPage {
    frame: Frame,
    todos: Vec<Todo>,
    counts: FleetCounts,
    enrolment: Stack,
    spreads: Vec<Spread>,
    rate: String,
    flow: Line,
    pulse: Pulse,
    alerts: Vec<AlertLine>,
    devices: Vec<DeviceLine>,
    running: Vec<super::updates::DeploymentLine>,
}

impl OverviewPage {
    fn known(&self) -> u64 {
        let counts = &self.counts;
        counts.pending + counts.accepted + counts.rejected + counts.preauthorised + counts.revoked
    }
}

/// The states of enrolment as a bar.
fn enrolment_stack(l: Lang, counts: &FleetCounts) -> Stack {
    Stack::new(vec![
        Part::new("part-ok", l.term("accepted"), counts.accepted),
        Part::new("part-busy1", l.term("preauthorised"), counts.preauthorised),
        Part::new("part-warn", l.term("pending"), counts.pending),
        Part::new("part-odd", l.term("rejected"), counts.rejected),
        Part::new("part-bad", l.term("revoked"), counts.revoked),
    ])
}

/// How much the overview shows of each list.
const OVERVIEW_ALERTS: u16 = 5;
const OVERVIEW_DEVICES: u16 = 12;
const OVERVIEW_DEPLOYMENTS: u16 = 3;

/// Messages per second over the last ten seconds.
fn rate(l: Lang, messages: &[u32]) -> String {
    let last: Vec<u64> = messages.iter().rev().take(10).map(|n| u64::from(*n)).collect();
    let sum: u64 = last.iter().sum();
    let seconds = u64::try_from(last.len()).unwrap_or(1).max(1);
    let tenths = sum * 10 / seconds;
    if tenths >= 100 { l.number(tenths / 10) } else { l.number(format_args!("{}.{}", tenths / 10, tenths % 10)) }
}

async fn overview(desk: Desk) -> PageReply {
    let (counts, pulse, alerts, devices, deployments, (findings, acts)) = desk
        .ask(|b| {
            let devices = b.devices(&DeviceFilter::default(), &PageAsk::first(OVERVIEW_DEVICES))?;
            let alerts = b.alerts(true, None, &PageAsk::first(OVERVIEW_ALERTS))?;
            let deployments: Page<DeploymentView> = b.deployments(&PageAsk::first(OVERVIEW_DEPLOYMENTS))?;
            let acts = b.bulks(&PageAsk::first(OVERVIEW_DEPLOYMENTS))?.rows;
            let active = acts.iter().filter(|view| matches!(view.bulk.state, BulkState::Running | BulkState::Undoing));
            let waits = (b.open_findings()?, u64::try_from(active.count()).unwrap_or(0));
            Ok((b.fleet_counts()?, b.pulse()?, alerts, devices, deployments, waits))
        })
        .await?;
    let frame = desk.frame(desk.l.say("console-nav-fleet"), "fleet").await?.live("all");
    let paused = deployments.rows.iter().filter(|view| matches!(view.state, DeploymentState::Paused { .. })).count();
    let waits = Waits { alerts: frame.alerts, findings, paused: u64::try_from(paused).unwrap_or(0), acts };
    page(&OverviewPage {
        todos: todos(desk.l, &waits, &counts),
        frame,
        enrolment: enrolment_stack(desk.l, &counts),
        spreads: spreads(&counts.versions),
        rate: rate(desk.l, &pulse.messages),
        flow: Line::of_counts(&pulse.messages),
        alerts: alerts.rows.into_iter().map(|alert| AlertLine::new(alert, &desk)).collect(),
        devices: devices.rows.into_iter().map(|device| DeviceLine::new(device, &desk)).collect(),
        running: deployments.rows.into_iter().map(|view| super::updates::DeploymentLine::new(view, &desk)).collect(),
        counts,
        pulse,
    })
}

/// A value for a query (RFC 3986 §2.3: everything but unreserved characters is escaped).
pub(crate) fn encoded(text: &str) -> String {
    let one = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_the_mean_of_the_last_ten_seconds() {
        assert_eq!(rate(Lang::default(), &[]), "0.0");
        assert_eq!(rate(Lang::default(), &[9000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]), "1.1");
        assert_eq!(rate(Lang::default(), &[20_000; 60]), "20,000");
    }

    #[test]
    fn a_value_is_escaped_for_an_address() {
        assert_eq!(encoded("a&b=c d"), "a%26b%3Dc%20d");
    }
}
