//! A fleet of any size as it stands in a store: devices, what they run, who is online, groups, alerts, a roll-out, telemetry,
//! history. Made once through the store's own interface and kept beside the build folder.

mod facts;

use std::path::Path;

use holdfast_core::id::{
    AlertId, BatchId, BulkId, DeploymentId, DeviceId, FindingId, GroupId, HelpId, PersonId, ProductId, ReleaseId,
    StreamId,
};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision, LedgerLine, kind};
use holdfast_domain::fleet::FactoryBatch;
use holdfast_domain::fleet::bulk::{Bulk, BulkAct, BulkChange, BulkState};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::group::{Group, GroupChange, Members};
use holdfast_domain::integrity::finding::FindingChange;
use holdfast_domain::integrity::{Alert, Severity};
use holdfast_domain::updates::{Deployment, DeploymentState, Execution, ExecutionState, RolloutPlan};
use holdfast_store::telemetry::TelemetryRow;
use holdfast_store::{CommitError, Store, wait};

use self::facts::{device, finding, release, touch};
pub(super) use self::facts::{key, phase};
use super::house::House;
use super::pages::is_made;
use super::process::Cores;
use super::{Fault, MODEL, bar, folk, say};
use crate::clock;

const PRODUCT: &str = "hearth-thermostat";
/// Devices of one factory batch.
const BATCH: u32 = 5_000;
/// Devices with telemetry.
const TALKATIVE: u32 = 200;
/// Messages of each.
const MESSAGES: u64 = 500;
/// Members of the group by hand.
const MEMBERS: u32 = 1_000;
/// Alerts, a tenth of them open.
const ALERTS: u32 = 5_000;
/// Findings.
const FINDINGS: u32 = 1_000;
/// Entries of the ledger beside those that the decisions make.
const ENTRIES: u32 = 100_000;
/// Every so many of them name a person.
const ENTRY_OF_PERSON: u32 = 5;
/// Releases that the fleet runs.
const VERSIONS: u64 = 6;
/// Products that have no devices yet, but something to read about.
const SHELF: u32 = 11;
/// What the public reads about each of them.
const DOSSIER: &str = include_str!("../../../../examples/hearth-thermostat.dossier.json");

/// Ids of what was made, to fill addresses with.
pub(super) struct Town {
    pub(super) devices: u32,
}

pub(super) fn seeded<T>(make: impl Fn(Timestamp, [u8; 10]) -> T, n: u32) -> T {
    let mut random = [0x5a; 10];
    for (slot, byte) in random.iter_mut().zip(n.to_be_bytes()) {
        *slot = byte;
    }
    make(Timestamp::from_micros(1_790_000_000_000_000 + i64::from(n) * 1_000), random)
}

pub(super) fn device_id(n: u32) -> Result<DeviceId, Fault> {
    format!("hearth-{n:07}").parse().map_err(|why| Fault::new("a device id", why))
}

pub(super) fn product() -> Result<ProductId, Fault> {
    PRODUCT.parse().map_err(|why| Fault::new("a product id", why))
}

fn group(name: &str) -> Result<GroupId, Fault> {
    name.parse().map_err(|why| Fault::new("a group", why))
}

fn fault(why: &CommitError) -> Fault {
    Fault::new("the store", why)
}

/// Filters that the list of devices is asked with; the last ones find nothing.
const FILTERS: &[&str] = &[
    "0042",
    "-0042",
    "hearth-00000*",
    "product%3Ahearth-thermostat",
    "-product%3Ahearth-thermostat",
    "version%3A1.2.0",
    "-version%3A1.2.0",
    "version%3A%3C1.2.0",
    "version%3A%3E%3D1.6.0",
    "state%3Apreauthorised",
    "-state%3Aaccepted",
    "quarantine%3Ayes",
    "quarantine%3Ano",
    "online%3Ano",
    "online%3Ayes",
    "group%3Abeta-testers",
    "-group%3Abeta-testers",
    "group%3Aold-firmware",
    "-group%3Aold-firmware",
    "alert%3Aopen",
    "alert%3Anone",
    "seen%3A%3C7d",
    "seen%3A%3E30d",
    "seen%3Anever",
    "owner%3Ayes",
    "owner%3Ano",
    "product%3Ahearth-thermostat+version%3A%3C1.3.0+-online%3Ayes+seen%3A%3C7d",
    "owner%3Ayes+seen%3A%3E30d+alert%3Anone+-group%3Abeta-testers",
    "zzz",
    "version%3A9.9.9",
    "product%3Ahearth-shelf-1",
    "seen%3A%3E3000d",
    "owner%3Ayes+seen%3Anever+quarantine%3Ayes+0042+zzz",
];
/// Filters without an index of their own, asked for their last pages as well.
const FAR_DOWN: [&str; 7] =
    ["", "online%3Ano", "owner%3Ano", "seen%3A%3E30d", "0042", "-group%3Abeta-testers", "version%3A%3C1.2.0"];
/// Other pages that are asked with words.
const BESIDE: [&str; 15] = [
    "/console/ledger?kind=device-enrolled&after=15000",
    "/console/ledger?until=2026-09-23",
    "/console/ledger?until=2020-01-01",
    "/console/ledger?kind=key-destroyed",
    "/console/alerts?show=all",
    "/console/findings?kind=device-silent&state=open",
    "/console/findings?state=dismissed",
    "/console/bulk/new?filter=state%3Aaccepted&act=quarantine",
    "/console/bulk/new?filter=online%3Ano&act=revoke",
    "/console/bulk/new?filter=state%3Aaccepted&act=join&group=beta-testers",
    "/console/search?q=0042",
    "/console/search?q=1.3.0",
    "/console/search?q=nothing-of-that-kind",
    "/api/v1/devices?filter=owner%3Ano&limit=200",
    "/api/v1/deployments",
];

/// The town in this folder; made first if it is not there.
pub(super) async fn at(dir: &Path, devices: u32, holdfast: &Path, cores: &Cores) -> Result<Town, Fault> {
    let town = Town { devices };
    if is_made(dir) {
        return Ok(town);
    }
    say(&format!("making a fleet of {devices} in {}; it is kept for the next run", dir.display()));
    match std::fs::remove_dir_all(dir) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(Fault::new("the old fleet", why)),
        _ => {}
    }
    std::fs::create_dir_all(dir).map_err(|why| Fault::new(&dir.display().to_string(), why))?;
    let model = dir.join("model.tm.json");
    std::fs::write(&model, MODEL).map_err(|why| Fault::new("model.tm.json", why))?;
    let mut house = House::found(holdfast, dir, cores).await?;
    let model = model.to_string_lossy().into_owned();
    let args = ["product", "create", PRODUCT, "--model", &model, "--vendor-domain", "hearth.example"];
    house.holdfast(&args).await?;
    let dossier = dir.join("dossier.json");
    std::fs::write(&dossier, DOSSIER).map_err(|why| Fault::new("dossier.json", why))?;
    let dossier = dossier.to_string_lossy().into_owned();
    for n in 0..=SHELF {
        let id = if n == 0 { PRODUCT.to_owned() } else { format!("hearth-shelf-{n}") };
        if n > 0 {
            house.holdfast(&["product", "create", &id, "--model", &model, "--vendor-domain", "hearth.example"]).await?;
        }
        house.holdfast(&["product", "describe", &id, &dossier, "--publish"]).await?;
    }
    house.stop().await?;
    let store = Store::open(&house.state).map_err(|why| Fault::new("the store", why))?;
    town.fill_store(&store)?;
    drop(store);
    std::fs::write(dir.join("made"), "").map_err(|why| Fault::new("made", why))?;
    Ok(town)
}

impl Town {
    /// A route's address with parameters of things that are there.
    pub(super) fn fill(&self, route: &str) -> String {
        let middle = self.devices / 2;
        let device = format!("hearth-{middle:07}");
        let id = |text: String| text;
        let record = if route.starts_with("/home/devices/") {
            format!("hearth-{:07}", folk::our_device(self.devices))
        } else if route.contains("/devices/") {
            device
        } else if route.contains("/help/") {
            id(seeded(HelpId::new, 1).to_string())
        } else if route.contains("/products/") || route.starts_with("/p/") {
            PRODUCT.to_owned()
        } else if route.contains("/groups/") {
            "beta-testers".to_owned()
        } else if route.contains("/releases/") {
            id(seeded(ReleaseId::new, 3).to_string())
        } else if route.contains("/deployments/") {
            id(seeded(DeploymentId::new, 2).to_string())
        } else if route.contains("/findings/") {
            id(seeded(FindingId::new, FINDINGS / 2).to_string())
        } else if route.contains("/bulk/") {
            id(seeded(BulkId::new, 1).to_string())
        } else {
            id(seeded(AlertId::new, 1).to_string())
        };
        let mut path = route.replace("{id}", &record).replace("{stream}", "climate").replace("{index}", "7");
        path = path.replace("{product}", PRODUCT).replace("{part}", "support");
        path = path.replace("{device}", &format!("hearth-{:07}", folk::our_device(self.devices)));
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            path.replace_range(from..=to, "none");
        }
        if route == "/console/bulk/new" {
            path.push_str("?filter=group%3Abeta-testers&act=quarantine");
        }
        path
    }

    /// The list of devices with each kind of filter, its last pages, and what else is asked for with words of one's own.
    pub(super) fn filters(&self) -> Vec<String> {
        let (far, last) = (self.devices - self.devices / 10, self.devices - 60);
        let mut all: Vec<String> = FILTERS.iter().map(|filter| format!("/console/devices?filter={filter}")).collect();
        for filter in FAR_DOWN {
            all.push(format!("/console/devices?filter={filter}&after=hearth-{far:07}"));
            all.push(format!("/console/devices?filter={filter}&after=hearth-{last:07}"));
        }
        all.extend(BESIDE.map(str::to_owned));
        let person = seeded(PersonId::new, 1);
        all.push(format!("/console/ledger?person={person}"));
        all.push(format!("/console/ledger?device=hearth-{:07}", self.devices / 2));
        all.push(format!("/console/ledger?device=hearth-{:07}&kind=device-enrolled", self.devices / 2));
        for n in [1, 2] {
            let id = seeded(DeploymentId::new, n);
            for state in ["", "queued", "rolled_back", "failed"] {
                all.push(format!("/console/deployments/{id}?state={state}&after=hearth-{far:07}"));
            }
        }
        all.push(format!("/console/search?q=hearth-{:07}", self.devices / 2));
        all.push(format!("/console/search?q={}", seeded(AlertId::new, 1)));
        all.push(format!("/console/bulk/{}?state=waiting", seeded(BulkId::new, 1)));
        all
    }

    fn fill_store(&self, store: &Store) -> Result<(), Fault> {
        let put = |changes: Vec<Change>| store.commit(Decision::quiet(changes)).map(drop).map_err(|why| fault(&why));
        put((1..=VERSIONS).map(|n| release(n).map(Change::AddRelease)).collect::<Result<_, _>>()?)?;
        let bar = bar("devices", u64::from(self.devices));
        let now = clock::now();
        for first in (0..self.devices).step_by(BATCH as usize) {
            let numbers = first..self.devices.min(first + BATCH);
            let count = numbers.end - numbers.start;
            let batch = FactoryBatch {
                id: seeded(BatchId::new, first),
                product: product()?,
                devices: count,
                manifest_digest: [7; 32],
                imported: now,
            };
            let devices = numbers.clone().map(|n| device(n, batch.id, now)).collect::<Result<_, _>>()?;
            put(vec![Change::AddBatch { batch, devices, claims: Vec::new() }])?;
            let touches = numbers.filter(|n| n % 10 != 9).map(|n| touch(n, now)).collect::<Result<_, _>>()?;
            wait(store.touch_devices(touches)).map_err(|why| fault(&why))?;
            bar.inc(u64::from(count));
        }
        bar.finish_and_clear();
        self.fill_groups(&put, now)?;
        self.fill_alerts(&put)?;
        self.fill_rollout(&put, now)?;
        self.fill_telemetry(store, now)?;
        self.settle(&put, now)?;
        for n in 0..ENTRIES {
            let device = device_id(n % self.devices)?;
            let kind = if n % 3 == 0 { kind::DEVICE_ENROLLED } else { kind::CERTIFICATE_RENEWED };
            let at = Timestamp::from_micros(1_790_000_000_000_000 + i64::from(n) * 60_000_000);
            let line = LedgerLine::new(kind, at).fact("device", &device);
            let named = n.is_multiple_of(ENTRY_OF_PERSON);
            let line = if named { line.fact("person", &seeded(PersonId::new, 1)) } else { line };
            // Not one by one: the last of each hundred is waited for.
            let committed = store.commit_async(Decision::new(Vec::new(), line));
            if n % 100 == 99 {
                wait(committed).map_err(|why| fault(&why))?;
            } else {
                drop(committed);
            }
        }
        Ok(())
    }

    fn fill_groups(&self, put: &impl Fn(Vec<Change>) -> Result<(), Fault>, now: Timestamp) -> Result<(), Fault> {
        let person = seeded(PersonId::new, 1);
        let filter = Filter::parse("version:<1.3.0 state:accepted").map_err(|why| Fault::new("a filter", why))?;
        let made = |id: GroupId, members| {
            let group = Group { id, about: "Made by the bench".to_owned(), members, created: now, created_by: person };
            Change::Group(GroupChange::Put(group))
        };
        put(vec![
            made(group("beta-testers")?, Members::Listed),
            made(group("old-firmware")?, Members::Fitting(filter)),
        ])?;
        let step = (self.devices / MEMBERS).max(1);
        let devices: Vec<DeviceId> =
            (0..MEMBERS).map(|n| device_id((n * step) % self.devices)).collect::<Result<_, _>>()?;
        put(vec![Change::Group(GroupChange::Add { group: group("beta-testers")?, devices: devices.clone() })])?;
        let bulk = Bulk {
            id: seeded(BulkId::new, 1),
            act: BulkAct::AllowReenrolment,
            chosen: "group:beta-testers".to_owned(),
            reason: "Made by the bench".to_owned(),
            by: person,
            ordered: now,
            state: BulkState::Done,
            devices: MEMBERS,
            changed: 0,
            refused: 0,
            restored: 0,
            kept: 0,
            done: Some(now),
            undone_by: None,
            undone: None,
        };
        put(vec![Change::Bulk(BulkChange::Start { bulk: Box::new(bulk), devices })])
    }

    fn fill_alerts(&self, put: &impl Fn(Vec<Change>) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut changes = Vec::new();
        for n in 0..ALERTS {
            let (id, opened) = (seeded(AlertId::new, n), Timestamp::from_micros(1_790_000_000_000_000 + i64::from(n)));
            let device = device_id((n * 17) % self.devices)?;
            changes.push(Change::OpenAlert(Alert {
                id,
                device: Some(device.clone()),
                kind: "integrity-contradicted".to_owned(),
                severity: Severity::Warning,
                text: "Made by the bench.".to_owned(),
                opened,
                closed: None,
            }));
            if n < FINDINGS {
                changes.push(Change::Findings(FindingChange::Add(Box::new(finding(n, device, id, opened)))));
            }
            if n % 10 != 0 {
                changes.push(Change::CloseAlert { alert: id, at: opened, by: None });
            }
        }
        put(changes)
    }

    fn fill_rollout(&self, put: &impl Fn(Vec<Change>) -> Result<(), Fault>, now: Timestamp) -> Result<(), Fault> {
        let all: Vec<DeviceId> = (0..self.devices).map(device_id).collect::<Result<_, _>>()?;
        let cut = all.len() / 100;
        let (first, rest) = all.split_at_checked(cut).unwrap_or_default();
        let id = seeded(DeploymentId::new, 1);
        let states = [
            ExecutionState::Succeeded,
            ExecutionState::Succeeded,
            ExecutionState::Succeeded,
            ExecutionState::Downloading,
            ExecutionState::Queued,
            ExecutionState::RolledBack("health-check-failed".to_owned()),
        ];
        let phases = [(0_u32, first), (1, rest)];
        let executions = phases.iter().flat_map(|(phase, devices)| {
            devices.iter().zip(states.iter().cycle()).map(move |(device, state)| Execution {
                deployment: id,
                device: device.clone(),
                phase: *phase,
                state: state.clone(),
                percent: 0,
                changed: now,
            })
        });
        let plan = RolloutPlan {
            generation: 1,
            phases: phases.map(|(_, devices)| phase(devices, now)).to_vec(),
            abort_threshold_percent: 20,
            min_devices: 2,
            deadline: Millis::from_secs(3_600),
        };
        let deployment = Deployment {
            id,
            release: seeded(ReleaseId::new, 3),
            product: product()?,
            group: None,
            plan,
            state: DeploymentState::Completed,
            created_by: seeded(PersonId::new, 1),
            created: now,
        };
        put(vec![Change::AddDeployment { executions: executions.collect(), deployment }])
    }

    fn fill_telemetry(&self, store: &Store, now: Timestamp) -> Result<(), Fault> {
        let middle = self.devices / 2;
        for n in middle..self.devices.min(middle + TALKATIVE) {
            let device = device_id(n)?;
            let stream: StreamId = "climate".parse().map_err(|why| Fault::new("a stream", why))?;
            let row = |counter: u64| {
                let back = i64::try_from(MESSAGES - counter).unwrap_or(0) * 30_000_000;
                let at = Timestamp::from_micros(now.as_micros() - back);
                TelemetryRow {
                    device: device.clone(),
                    stream: stream.clone(),
                    counter,
                    device_time: at,
                    received: at,
                    fields: format!("{{\"temperature\":{}.5}}", 18 + counter % 6),
                    quality: None,
                }
            };
            let rows = (1..=MESSAGES).map(row).collect();
            wait(store.append_telemetry(rows)).map_err(|why| Fault::new("the store", why))?;
        }
        Ok(())
    }
}
