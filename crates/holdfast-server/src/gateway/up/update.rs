//! A device's report about its run of a deployment.

use holdfast_core::id::{AlertId, DeviceId};
use holdfast_domain::decision::Decision;
use holdfast_domain::updates::report::{ReportFacts, ReportRefusal, UpdateReport, report as judge};
use holdfast_store::{Store, StoreError};

use super::{Asked, carry_through, open_alerts};
use crate::clock;
use crate::gateway::pending::{Refused, Stop};

/// Judges a report and records what it changes.
pub(super) async fn report(asked: Asked, report: UpdateReport) -> Result<(), Stop> {
    let Asked { door, device, .. } = asked;
    let of = device.clone();
    let decision = door.records.read(move |store| decide(store, &of, &report)).await??;
    carry_through(&door, device, decision).await
}

fn decide(store: &Store, device: &DeviceId, report: &UpdateReport) -> Result<Result<Decision, Refused>, StoreError> {
    let now = clock::now();
    let Some(device) = store.device(device)? else { return Ok(Err(Refused::not_authorized("device-unknown"))) };
    let deployment = store.deployment(report.deployment)?;
    let release = match &deployment {
        Some(deployment) => store.release(deployment.release)?,
        None => None,
    };
    let execution = store.execution(report.deployment, &device.id)?;
    let alerts = open_alerts(store, &device.id)?;
    let facts = ReportFacts {
        device: &device,
        deployment: deployment.as_ref(),
        release: release.as_ref(),
        execution: execution.as_ref(),
        alerts: &alerts,
    };
    Ok(judge(&facts, report, AlertId::new(now, clock::random()), now).map_err(refused))
}

const fn refused(refusal: ReportRefusal) -> Refused {
    let name = refusal.name();
    match refusal {
        ReportRefusal::ForeignDeployment | ReportRefusal::PhaseNotStarted => Refused::not_authorized(name),
        ReportRefusal::Percentage => Refused::payload(name),
        ReportRefusal::OlderGeneration
        | ReportRefusal::UnknownGeneration
        | ReportRefusal::Late
        | ReportRefusal::IllegalTransition
        | ReportRefusal::DigestMismatch => Refused::does_not_fit(name),
    }
}
