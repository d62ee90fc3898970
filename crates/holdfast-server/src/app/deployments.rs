//! Deployments: planned over the fleet, steered by people, moved by the reconciler, shown in figures.

use std::collections::BTreeMap;

use holdfast_core::id::{AlertId, DeploymentId, DeviceId, GroupId, PersonId, ProductId, ReleaseId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::filter::Filter;
use holdfast_domain::fleet::{Device, Enrolment};
use holdfast_domain::updates::choice::ANSWER_WITHIN;
use holdfast_domain::updates::plan::{PlanFacts, Share, Wish, WishedPhase, create_deployment, joiners};
use holdfast_domain::updates::progress::{
    DeploymentRefusal, NUDGES_MAX, Progress, Tally, abort, advance, pause, resume,
};
use holdfast_domain::updates::{Deployment, DeploymentState};
use holdfast_store::StoreError;
use holdfast_store::fleet::DeviceFilter;
use holdfast_store::updates::ExecutionCount;
use holdfast_web::backend::fleet::ExecutionCounts;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{
    DeploymentOrder, DeploymentView, NewDeployment, NewPhase, PhaseSize, PhaseView, RolloutMoment,
};
use holdfast_web::backend::{Answer, LiveEvent, RefusalKind, Stop};

use super::{House, absent, refuse, stored};
use crate::clock;

/// Devices read at once when a roll-out is planned.
const DEVICES_AT_ONCE: u32 = 5_000;
/// Late runs that one step puts aside; more are put aside by the next one.
const LATE_MAX: u32 = 5_000;

impl House {
    pub(super) fn plan_deployment(&self, by: &Caller, new: &NewDeployment) -> Answer<DeploymentView> {
        let _turn = self.turns.updates.take();
        let release = self.store.release(new.release).map_err(stored)?;
        let release = release.ok_or_else(|| absent("release-unknown", format_args!("release {}", new.release)))?;
        let fleet = match &new.group {
            Some(group) => self.members_of(group)?,
            None => self.fleet_of(&release.product)?,
        };
        let mut open = Vec::new();
        for deployment in self.store.active_deployments().map_err(stored)? {
            if let Some(other) = self.store.release(deployment.release).map_err(stored)? {
                open.push((deployment, other.sequence));
            }
        }
        let facts = PlanFacts { release: &release, fleet: &fleet, group: new.group.as_ref(), open: &open };
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
        let nudged = u32::try_from(NUDGES_MAX).unwrap_or(u32::MAX);
        let Some(deployment) = self.store.deployment_to_move(id, nudged).map_err(stored)? else { return Ok(false) };
        let now = clock::now();
        let progress = self.progress_of(&deployment, now)?;
        let mut failed = None;
        let joins = |phase| match self.joining(&deployment, phase) {
            Ok(devices) => Some(devices),
            Err(why) => {
                failed = Some(why);
                None
            }
        };
        let alert = AlertId::new(now, clock::random());
        let Some(decision) = advance(&deployment, &progress, joins, alert, now) else {
            return failed.map_or(Ok(false), Err);
        };
        self.decide(decision)?;
        self.tell(LiveEvent::Deployment(id));
        Ok(true)
    }

    /// How far a deployment is, from what is counted as its runs move: no run is read but the late ones.
    fn progress_of(&self, deployment: &Deployment, now: Timestamp) -> Answer<Progress> {
        let mut phases = vec![Tally::default(); deployment.plan.phases.len()];
        let at = |phase: u32| usize::try_from(phase).unwrap_or(usize::MAX);
        for count in self.store.execution_counts(deployment.id).map_err(stored)? {
            let Some(tally) = phases.get_mut(at(count.phase)) else { continue };
            let place = match count.state.as_str() {
                "succeeded" => Some(&mut tally.succeeded),
                "failed" => Some(&mut tally.failed),
                "rolled_back" => Some(&mut tally.rolled_back),
                "declined" => Some(&mut tally.declined),
                "unknown" => Some(&mut tally.unknown),
                _ => None,
            };
            if let Some(place) = place {
                *place += count.devices;
            }
            tally.total += count.devices;
        }
        for (phase, homes) in self.silent_homes(deployment, now).map_err(stored)? {
            if let Some(tally) = phases.get_mut(at(phase)) {
                tally.silent = homes;
            }
        }
        let since = before(now, deployment.plan.deadline);
        let late = self.store.stalled_executions(deployment.id, u32::MAX, since, LATE_MAX).map_err(stored)?;
        Ok(Progress { phases, late })
    }

    /// Homes of the phases that have started which had their time to answer and did not, by phase.
    pub(crate) fn silent_homes(&self, deployment: &Deployment, now: Timestamp) -> Result<Vec<(u32, u64)>, StoreError> {
        let DeploymentState::Running { phase } = deployment.state else { return Ok(Vec::new()) };
        let Some(release) = self.store.release(deployment.release)? else { return Ok(Vec::new()) };
        self.store.silent_homes(deployment, (phase, release.kind), before(now, ANSWER_WITHIN), now)
    }

    /// The devices of a group that a phase takes, as the group stands now.
    fn joining(&self, deployment: &Deployment, phase: u32) -> Answer<Vec<DeviceId>> {
        let Some(group) = &deployment.group else { return Ok(Vec::new()) };
        let release = self.store.release(deployment.release).map_err(stored)?;
        let release =
            release.ok_or_else(|| absent("release-unknown", format_args!("release {}", deployment.release)))?;
        let share = usize::try_from(phase).ok().and_then(|phase| deployment.plan.phases.get(phase));
        let share = share.and_then(|phase| phase.share_percent).unwrap_or(100);
        // A group that was removed meanwhile has nobody: the deployment ends with whom it reached.
        let members = match self.store.group(group).map_err(stored)? {
            Some(_) => self.members_of(group)?,
            None => Vec::new(),
        };
        let known = self.store.deployment_devices(deployment.id).map_err(stored)?.into_iter().collect();
        Ok(joiners(deployment.id, &release, &members, &known, share))
    }

    /// Every device that is in a group now.
    fn members_of(&self, group: &GroupId) -> Answer<Vec<Device>> {
        let filter = Filter::group(group.clone());
        let (now, mut members) = (clock::now(), Vec::<Device>::new());
        self.group_or_absent(group)?;
        loop {
            let after = members.last().map(|device| device.id.clone());
            let rows = self.store.search_devices((&filter, now), after.as_ref(), DEVICES_AT_ONCE).map_err(stored)?;
            let full = rows.len() == DEVICES_AT_ONCE as usize;
            members.extend(rows);
            if !full {
                return Ok(members);
            }
        }
    }

    pub(super) fn shown_deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>> {
        let Some(found) = self.store.deployment_head(id).map_err(stored)? else { return Ok(None) };
        let silent = self.silent_homes(&found, clock::now()).map_err(stored)?;
        let Some(mut view) = views(self, vec![found])?.pop() else { return Ok(None) };
        for (phase, homes) in silent {
            if let Some(phase) = usize::try_from(phase).ok().and_then(|at| view.phases.get_mut(at)) {
                phase.silent = homes;
            }
        }
        view.moments = self.store.moments(id).map_err(stored)?.into_iter().map(moment).collect();
        Ok(Some(view))
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
        share_percent: phase.share_percent,
        started: phase.started,
        silent: 0,
        counts: counted(counts.iter().filter(|count| count.phase == index)),
    });
    Ok(DeploymentView {
        version: names.version(house, deployment.release)?,
        phases: phases.collect(),
        id: deployment.id,
        release: deployment.release,
        product: deployment.product,
        group: deployment.group,
        moments: Vec::new(),
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

const fn moment(kept: holdfast_store::updates::Moment) -> RolloutMoment {
    let holdfast_store::updates::Moment { at, waiting, under_way, succeeded, failed, rolled_back, aside } = kept;
    RolloutMoment { at, waiting, under_way, succeeded, failed, rolled_back, aside }
}

fn before(now: Timestamp, span: Millis) -> Timestamp {
    let micros = i64::try_from(span.0.saturating_mul(1_000)).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(micros))
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
