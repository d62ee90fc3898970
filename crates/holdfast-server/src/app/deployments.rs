//! A deployment in figures, counted by the store.

use holdfast_domain::updates::Deployment;
use holdfast_store::updates::ExecutionCount;
use holdfast_web::backend::Answer;
use holdfast_web::backend::fleet::ExecutionCounts;
use holdfast_web::backend::updates::{DeploymentView, PhaseView};

use super::{House, stored};

/// The deployment as pages show it.
pub(super) fn view(house: &House, deployment: Deployment) -> Answer<DeploymentView> {
    let release = house.store.release(deployment.release).map_err(stored)?;
    let counts = house.store.execution_counts(deployment.id).map_err(stored)?;
    let creator = house.store.person(deployment.created_by).map_err(stored)?;
    let phases = deployment.plan.phases.iter().zip(0_u32..).map(|(phase, index)| PhaseView {
        success_percent: phase.success_percent,
        counts: counted(counts.iter().filter(|count| count.phase == index)),
    });
    Ok(DeploymentView {
        version: release.map(|release| release.version).unwrap_or_default(),
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
        created_by_name: creator.map(|person| person.name).unwrap_or_default(),
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
