//! Statements about trust documents, releases, deployments and executions.

use super::catalogue;

macro_rules! release {
    ($rest:literal) => {
        concat!(
            "select id, product, version, sequence, kind, security_floor, description, manifest_digest,
             artifact_digest, artifact_bytes, signers, envelope, published, withdrawn from release ",
            $rest
        )
    };
}

macro_rules! deployment {
    ($rest:literal) => {
        concat!(
            "select id, release, product, generation, abort_threshold_percent, min_devices, deadline_ms, state, phase,
             reason, created_by, created from deployment ",
            $rest
        )
    };
}

macro_rules! execution {
    ($rest:literal) => {
        concat!("select deployment, device, phase, state, reason, percent, changed from execution ", $rest)
    };
}

catalogue! { UPDATES:
    TRUST_LATEST = "select version, document, accepted from trust_version order by version desc limit 1";
    TRUST = "select version, document, accepted from trust_version where version = $1";
    TRUST_HIGHEST = "select coalesce(max(version), 0) from trust_version";
    TRUST_ADD = "insert into trust_version (version, document, accepted) values ($1, $2, $3)";

    RELEASES = release!("where (cast($1 as text) is null or product = $1) and id < $2 order by id desc limit $3");
    RELEASE = release!("where id = $1");
    RELEASE_BY_MANIFEST = release!("where manifest_digest = $1");
    RELEASES_BY_ARTIFACT = release!("where artifact_digest = $1 order by sequence desc");
    RELEASE_NEWEST = release!("where product = $1 and withdrawn = 0 order by sequence desc limit 1");
    RELEASE_HIGHEST = "select coalesce(max(sequence), -1) from release where product = $1";
    RELEASES_SIGNED_BY_FEWER = "select count(*) from release where signers < $1";
    RELEASE_ADD = "insert into release (id, product, version, sequence, kind, security_floor, description,
        manifest_digest, artifact_digest, artifact_bytes, signers, envelope, published, withdrawn)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    RELEASE_WITHDRAW = "update release set withdrawn = 1 where id = $1";

    DEPLOYMENTS = deployment!("where id < $1 order by id desc limit $2");
    DEPLOYMENTS_OF_RELEASE = deployment!("where release = $1 order by id desc");
    DEPLOYMENTS_ACTIVE = deployment!("where state in ('awaiting-approval', 'running', 'paused') order by id");
    DEPLOYMENT = deployment!("where id = $1");
    DEPLOYMENT_ADD = "insert into deployment (id, release, product, generation, abort_threshold_percent, min_devices,
        deadline_ms, state, phase, reason, created_by, created)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    DEPLOYMENT_STATE = "update deployment set state = $1, phase = $2, reason = $3
        where id = $4 and state not in ('aborted', 'completed')";
    PHASES = "select phase, success_percent from deployment_phase where deployment = $1 order by phase";
    PHASE_ADD = "insert into deployment_phase (deployment, phase, success_percent) values ($1, $2, $3)";
    PHASE_DEVICES = "select device from deployment_device where deployment = $1 and phase = $2 order by position";
    PHASE_DEVICE_ADD = "insert into deployment_device (deployment, phase, position, device)
        values ($1, $2, $3, $4)";

    EXECUTIONS = execution!("where deployment = $1 and device > $2 and (cast($3 as text) is null or state = $3)
        order by device limit $4");
    EXECUTION = execution!("where deployment = $1 and device = $2");
    EXECUTIONS_OF_DEVICE = execution!("where device = $1 order by deployment desc limit $2");
    EXECUTIONS_STALLED = execution!("where deployment = $1 and phase <= $2 and changed <= $3
        and state in ('downloading', 'installing', 'rebooting') order by device limit $4");
    EXECUTION_COUNTS = "select phase, state, count(*) from execution where deployment = $1
        group by phase, state order by phase, state";
    EXECUTION_ADD = "insert into execution (deployment, device, phase, state, reason, percent, changed)
        values ($1, $2, $3, $4, $5, $6, $7)";
    EXECUTION_SET = "update execution set phase = $1, state = $2, reason = $3, percent = $4, changed = $5
        where deployment = $6 and device = $7";
}
