//! What a device that asks is offered: the release of its deployment, or nothing.

use holdfast_core::id::DeploymentId;
use holdfast_core::time::Timestamp;

use super::choice::{Say, Standing, standing};
use super::{Deployment, DeploymentState, Execution, ExecutionState, Release};
use crate::fleet::{Device, Enrolment};

/// What is known when a device asks for news.
#[derive(Debug, Clone, Copy)]
pub struct AssignmentFacts<'a> {
    /// The device.
    pub device: &'a Device,
    /// The sequence number that it says it runs.
    pub runs_sequence: u64,
    /// The newest deployment that names it.
    pub deployment: &'a Deployment,
    /// That deployment's release.
    pub release: &'a Release,
    /// Its run of that deployment.
    pub execution: &'a Execution,
    /// What its home says to the release.
    pub say: Say,
}

/// What the timestamp statement says about this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// SHA-256 of the SUIT manifest.
    pub manifest_digest: [u8; 32],
    /// Its sequence number.
    pub sequence: u64,
    /// The deployment to name in reports.
    pub deployment: DeploymentId,
    /// The plan's generation to name in reports.
    pub generation: u32,
}

/// Decides what a device is offered now.
///
/// A device that rolled back, failed or declined is not asked again. One that succeeded and later went back to an older
/// slot is, also when its deployment is complete. One that belongs to somebody is offered a release only as far as its
/// home says ([`standing`]); a device that has begun is let to finish.
#[must_use]
pub fn assignment(facts: &AssignmentFacts<'_>, now: Timestamp) -> Option<Assignment> {
    let AssignmentFacts { device, runs_sequence, deployment, release, execution, say } = *facts;
    let its_own = execution.device == device.id
        && execution.deployment == deployment.id
        && deployment.release == release.id
        && device.enrolment == Enrolment::Accepted;
    let may_be_offered = match deployment.state {
        DeploymentState::Running { phase } => execution.phase <= phase,
        DeploymentState::Completed => true,
        DeploymentState::AwaitingApproval | DeploymentState::Paused { .. } | DeploymentState::Aborted { .. } => false,
    };
    let wants = match execution.state {
        ExecutionState::Failed(_) | ExecutionState::RolledBack(_) | ExecutionState::Declined => false,
        ExecutionState::Queued => standing(release.kind, say, now) == Standing::Goes,
        ExecutionState::Downloading
        | ExecutionState::Installing
        | ExecutionState::Rebooting
        | ExecutionState::Succeeded
        | ExecutionState::Unknown => true,
    };
    (its_own && may_be_offered && wants && !release.withdrawn && release.sequence > runs_sequence).then_some(
        Assignment {
            manifest_digest: release.manifest_digest,
            sequence: release.sequence,
            deployment: deployment.id,
            generation: deployment.plan.generation,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, deployment, device, execution, release};
    use crate::updates::choice::{Chosen, Wish};

    fn offered(
        state: DeploymentState,
        execution: ExecutionState,
        phase: u32,
        change: impl FnOnce(&mut Device, &mut Release, &mut u64),
    ) -> bool {
        let (mut device, mut release, mut runs_sequence) = (device(), release(2), 1);
        change(&mut device, &mut release, &mut runs_sequence);
        let deployment = Deployment { state, ..deployment(1) };
        let execution = Execution { phase, ..crate::fixture::execution(1, execution) };
        let facts = AssignmentFacts {
            device: &device,
            runs_sequence,
            deployment: &deployment,
            release: &release,
            execution: &execution,
            say: Say::Nobodys,
        };
        assignment(&facts, NOW).is_some()
    }

    const RUNNING: DeploymentState = DeploymentState::Running { phase: 1 };

    #[test]
    fn a_device_is_offered_the_release_once_its_phase_has_started() {
        let queued = || ExecutionState::Queued;
        assert!(offered(RUNNING, queued(), 0, |_, _, _| ()));
        assert!(offered(RUNNING, queued(), 1, |_, _, _| ()));
        assert!(!offered(RUNNING, queued(), 2, |_, _, _| ()));
        assert!(!offered(DeploymentState::Paused { phase: 1 }, queued(), 0, |_, _, _| ()));
        assert!(!offered(DeploymentState::AwaitingApproval, queued(), 0, |_, _, _| ()));
        assert!(!offered(DeploymentState::Aborted { reason: "by-person".to_owned() }, queued(), 0, |_, _, _| ()));
    }

    #[test]
    fn a_release_that_failed_or_was_declined_is_not_offered_again() {
        let why = || "health-check-failed".to_owned();
        for state in [ExecutionState::Failed(why()), ExecutionState::RolledBack(why()), ExecutionState::Declined] {
            assert!(!offered(RUNNING, state, 0, |_, _, _| ()));
        }
        assert!(offered(RUNNING, ExecutionState::Unknown, 0, |_, _, _| ()), "a silent device may try again");
    }

    #[test]
    fn a_device_that_fell_back_after_success_is_offered_it_again() {
        assert!(!offered(RUNNING, ExecutionState::Succeeded, 0, |_, _, runs| *runs = 2));
        assert!(offered(RUNNING, ExecutionState::Succeeded, 0, |_, _, runs| *runs = 1));
        assert!(offered(DeploymentState::Completed, ExecutionState::Succeeded, 0, |_, _, runs| *runs = 1));
    }

    #[test]
    fn withdrawn_older_or_foreign_offers_are_not_made() {
        assert!(!offered(RUNNING, ExecutionState::Queued, 0, |_, release, _| release.withdrawn = true));
        assert!(!offered(RUNNING, ExecutionState::Queued, 0, |_, _, runs| *runs = 3));
        assert!(!offered(RUNNING, ExecutionState::Queued, 0, |device, _, _| device.enrolment = Enrolment::Revoked));
        assert!(!offered(RUNNING, ExecutionState::Queued, 0, |device, _, _| device.id = crate::fixture::device_id(2)));
    }

    #[test]
    fn an_offer_names_manifest_deployment_and_generation() {
        let (device, release, deployment) = (device(), release(2), deployment(1));
        let execution = execution(1, ExecutionState::Queued);
        let facts = AssignmentFacts {
            device: &device,
            runs_sequence: 1,
            deployment: &deployment,
            release: &release,
            execution: &execution,
            say: Say::Nobodys,
        };
        let expected = Assignment {
            manifest_digest: release.manifest_digest,
            sequence: 2,
            deployment: deployment.id,
            generation: 1,
        };
        assert_eq!(assignment(&facts, NOW), Some(expected));
    }

    #[test]
    fn a_home_is_asked_before_a_feature_and_its_device_finishes_what_it_began() {
        let (device, release, deployment) = (device(), release(2), deployment(1));
        let offered = |state, say| {
            let execution = execution(1, state);
            let facts = AssignmentFacts {
                device: &device,
                runs_sequence: 1,
                deployment: &deployment,
                release: &release,
                execution: &execution,
                say,
            };
            assignment(&facts, NOW).is_some()
        };
        let yes = Chosen { wish: Wish::Now, person: crate::fixture::person(), session: None, at: NOW };
        assert!(!offered(ExecutionState::Queued, Say::Homes(None)));
        assert!(offered(ExecutionState::Queued, Say::Homes(Some(yes))));
        assert!(offered(ExecutionState::Downloading, Say::Homes(None)));
    }
}
