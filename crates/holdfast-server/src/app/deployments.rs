//! Deployments: planned over the fleet, steered by people, moved by the reconciler, shown in figures.

use std::collections::BTreeMap;

use holdfast_core::id::{AlertId, DeploymentId, PersonId, ProductId, ReleaseId};
use holdfast_domain::fleet::{Device, Enrolment};
use holdfast_domain::updates::Deployment;
use holdfast_domain::updates::plan::{PlanFacts, Share, Wish, WishedPhase, create_deployment};
use holdfast_domain::updates::progress::{DeploymentRefusal, abort, advance, pause, resume};
use holdfast_store::fleet::DeviceFilter;
use holdfast_store::updates::ExecutionCount;
use holdfast_web::backend::fleet::ExecutionCounts;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{DeploymentOrder, DeploymentView, NewDeployment, NewPhase, PhaseSize, PhaseView};
use holdfast_web::backend::{Answer, LiveEvent, RefusalKind, Stop};

use super::{House, absent, refuse, stored};
use crate::clock;

/// Devices read at once when a roll-out is planned.
const DEVICES_AT_ONCE: u32 = 5_000;

impl House {
    pub(super) fn plan_deployment(&self, by: &Caller, new: &NewDeployment) -> Answer<DeploymentView> {
        let _turn = self.turns.updates.take();
        let release = self.store.release(new.release).map_err(stored)?;
        let release = release.ok_or_else(|| absent("release-unknown", format_args!("release {}", new.release)))?;
        let fleet = self.fleet_of(&release.product)?;
        let mut open = Vec::new();
        for deployment in self.store.active_deployments().map_err(stored)? {
            if let Some(other) = self.store.release(deployment.release).map_err(stored)? {
                open.push((deployment, other.sequence));
            }
        }
        let facts = PlanFacts { release: &release, fleet: &fleet, open: &open };
        let now = clock::now();
        let id = DeploymentId::new(now, clock::random());
        let wish = wish(new, fleet.len());
        let decision = create_deployment(id, &facts, &wish, &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision)?;
        self.shown_deployment(id)?.ok_or_else(|| unknown(id))
    }

    pub(super) fn steer_deployment(
        &self,
        by: &Caller,
        id: DeploymentId,
        order: DeploymentOrder,
    ) -> Answer<DeploymentView> {
        let _turn = self.turns.updates.take();
        let deployment = self.store.deployment(id).map_err(stored)?.ok_or_else(|| unknown(id))?;
        let (person, now) = (&by.person.id, clock::now());
        let decision = match order {
            DeploymentOrder::Pause => pause(&deployment, person, now),
            DeploymentOrder::Resume => resume(&deployment, person, now),
            DeploymentOrder::Abort => abort(&deployment, person, now),
        };
        let refused = |why: DeploymentRefusal| refuse(RefusalKind::Conflict, why.name(), why.to_string());
        self.decide(decision.map_err(refused)?)?;
        self.tell(LiveEvent::Deployment(id));
        self.shown_deployment(id)?.ok_or_else(|| unknown(id))
    }

    /// Moves one deployment a step, if there is one to take, and says whether there was. Run again, it changes nothing.
    pub(crate) fn advance_deployment(&self, id: DeploymentId) -> Answer<bool> {
        let _turn = self.turns.updates.take();
        let Some(deployment) = self.store.deployment(id).map_err(stored)? else { return Ok(false) };
        let executions = self.store.executions(id, None, None, u32::MAX).map_err(stored)?;
        let now = clock::now();
        let Some(decision) = advance(&deployment, &executions, AlertId::new(now, clock::random()), now) else {
            return Ok(false);
        };
        self.decide(decision)?;
        self.tell(LiveEvent::Deployment(id));
        Ok(true)
    }

    pub(super) fn shown_deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>> {
        let found = self.store.deployment_head(id).map_err(stored)?;
        Ok(views(self, found.into_iter().collect())?.pop())
    }

    /// Every device that may be offered a release of this product.
    fn fleet_of(&self, product: &ProductId) -> Answer<Vec<Device>> {
        let filter =
            DeviceFilter { product: Some(product.clone()), enrolment: Some(Enrolment::Accepted), ..Default::default() };
        let mut fleet: Vec<Device> = Vec::new();
        loop {
            let after = fleet.last().map(|device| device.id.clone());
            let rows = self.store.devices(&filter, after.as_ref(), DEVICES_AT_ONCE).map_err(stored)?;
            let full = rows.len() == DEVICES_AT_ONCE as usize;
            fleet.extend(rows);
            if !full {
                return Ok(fleet);
            }
        }
    }
}

/// Deployments as pages show them; a release or a person that several share is looked up once.
pub(super) fn views(house: &House, deployments: Vec<Deployment>) -> Answer<Vec<DeploymentView>> {
    let mut names = Names::default();
    deployments.into_iter().map(|deployment| view(house, &mut names, deployment)).collect()
}

#[derive(Default)]
struct Names {
    versions: BTreeMap<ReleaseId, String>,
    people: BTreeMap<PersonId, String>,
}

impl Names {
    fn version(&mut self, house: &House, id: ReleaseId) -> Answer<String> {
        if let Some(known) = self.versions.get(&id) {
            return Ok(known.clone());
        }
        let version = house.store.release(id).map_err(stored)?.map(|release| release.version).unwrap_or_default();
        Ok(self.versions.entry(id).or_insert(version).clone())
    }

    fn person(&mut self, house: &House, id: PersonId) -> Answer<String> {
        if let Some(known) = self.people.get(&id) {
            return Ok(known.clone());
        }
        let name = house.store.person(id).map_err(stored)?.map(|person| person.name).unwrap_or_default();
        Ok(self.people.entry(id).or_insert(name).clone())
    }
}

fn view(house: &House, names: &mut Names, deployment: Deployment) -> Answer<DeploymentView> {
    let counts = house.store.execution_counts(deployment.id).map_err(stored)?;
    let phases = deployment.plan.phases.iter().zip(0_u32..).map(|(phase, index)| PhaseView {
        success_percent: phase.success_percent,
        counts: counted(counts.iter().filter(|count| count.phase == index)),
    });
    Ok(DeploymentView {
        version: names.version(house, deployment.release)?,
        phases: phases.collect(),
        id: deployment.id,
        release: deployment.release,
        product: deployment.product,
        state: deployment.state,
        generation: deployment.plan.generation,
        abort_threshold_percent: deployment.plan.abort_threshold_percent,
        min_devices: deployment.plan.min_devices,
        deadline: deployment.plan.deadline,
        created_by: deployment.created_by,
        created_by_name: names.person(house, deployment.created_by)?,
        created: deployment.created,
    })
}

fn counted<'a>(counts: impl Iterator<Item = &'a ExecutionCount>) -> ExecutionCounts {
    let mut sum = ExecutionCounts::default();
    for count in counts {
        let place = match count.state.as_str() {
            "queued" => &mut sum.queued,
            "downloading" => &mut sum.downloading,
            "installing" => &mut sum.installing,
            "rebooting" => &mut sum.rebooting,
            "succeeded" => &mut sum.succeeded,
            "failed" => &mut sum.failed,
            "rolled_back" => &mut sum.rolled_back,
            "declined" => &mut sum.declined,
            _ => &mut sum.unknown,
        };
        *place += count.devices;
    }
    sum
}

/// The plan's rule knows shares only: a number of devices becomes the smallest share that holds them.
fn wish(new: &NewDeployment, fleet: usize) -> Wish {
    let all = u64::try_from(fleet).unwrap_or(u64::MAX).max(1);
    let percent_of = |devices: u32| u8::try_from((u64::from(devices) * 100).div_ceil(all).clamp(1, 100)).unwrap_or(100);
    let phase = |phase: &NewPhase| WishedPhase {
        share: Share::Percent(match phase.size {
            PhaseSize::Percent(percent) => percent,
            PhaseSize::Devices(devices) => percent_of(devices),
        }),
        success_percent: phase.success_percent,
    };
    Wish {
        phases: new.phases.iter().map(phase).collect(),
        abort_threshold_percent: new.abort_threshold_percent,
        min_devices: new.min_devices,
        deadline: new.deadline,
    }
}

fn unknown(id: DeploymentId) -> Stop {
    absent("deployment-unknown", format_args!("deployment {id}"))
}
