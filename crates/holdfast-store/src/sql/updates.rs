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
            "select id, release, product, member_of, generation, abort_threshold_percent, min_devices, deadline_ms, state,
             phase, reason, created_by, created from deployment ",
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
    DEPLOYMENT_ADD = "insert into deployment (id, release, product, member_of, generation, abort_threshold_percent,
        min_devices, deadline_ms, state, phase, reason, created_by, created)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    DEPLOYMENT_STATE = "update deployment set state = $1, phase = $2, reason = $3
        where id = $4 and state not in ('aborted', 'completed')";
    PHASES = "select success_percent, share_percent, started from deployment_phase where deployment = $1 order by phase";
    PHASE_ADD = "insert into deployment_phase (deployment, phase, success_percent, share_percent, started)
        values ($1, $2, $3, $4, $5)";
    PHASE_START = "update deployment_phase set started = $1 where deployment = $2 and phase <= $3 and started is null";
    PHASE_KNOWN = "select phase from deployment_phase where deployment = $1 and phase = $2";
    PHASE_DEVICES_COUNT = "select count(*) from deployment_device where deployment = $1 and phase = $2";
    PHASE_DEVICES = "select device from deployment_device where deployment = $1 and phase = $2 order by position limit $3";
    DEPLOYMENT_DEVICES = "select device from deployment_device where deployment = $1";
    PHASE_DEVICE_ADD = "insert into deployment_device (deployment, phase, position, device)
        values ($1, $2, $3, $4)";

    EXECUTIONS = execution!("where deployment = $1 and device > $2 order by device limit $3");
    EXECUTIONS_IN_STATE = "select e.deployment, e.device, e.phase, e.state, e.reason, e.percent, e.changed
        from (select x.device from execution x where x.deployment = $1 and x.state = $2 and x.device > $3
            order by x.device limit $4) as found
        join execution e on e.deployment = $1 and e.device = found.device";
    EXECUTION = execution!("where deployment = $1 and device = $2");
    EXECUTIONS_OF_DEVICE = execution!("where device = $1 order by deployment desc limit $2");
    EXECUTIONS_STALLED = execution!("where deployment = $1 and phase <= $2 and changed <= $3
        and state in ('downloading', 'installing', 'rebooting') order by state, device limit $4");
    EXECUTION_COUNTS = "select phase, state, devices from execution_tally where deployment = $1 and devices > 0
        order by phase, state";
    EXECUTION_TALLY = "insert into execution_tally (deployment, phase, state, devices) values ($1, $2, $3, $4)
        on conflict (deployment, phase, state) do update set devices = execution_tally.devices + excluded.devices";
    SILENT_HOMES = "select e.phase, count(*) from execution e
        join ownership o on o.device = e.device and o.since <= $1
        join deployment_phase f on f.deployment = e.deployment and f.phase = e.phase and f.started <= $1
        left join update_choice c on c.device = e.device and c.release = $2
        where e.deployment = $3 and e.state = 'queued' and e.phase <= $4
        and case when c.wish is null then $5 when c.wish = 'later' and c.until <= $6 then $5
            when c.wish in ('now', 'tonight') then 0 else 1 end = 1
        group by e.phase order by e.phase";
    MOMENT_ADD = "insert into deployment_moment (deployment, at, waiting, under_way, succeeded, failed, rolled_back, aside)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (deployment, at) do nothing";
    MOMENTS = "select at, waiting, under_way, succeeded, failed, rolled_back, aside from deployment_moment
        where deployment = $1 order by at";
    MOMENTS_COUNT = "select count(*) from deployment_moment where deployment = $1";
    MOMENTS_THIN = "delete from deployment_moment where deployment = $1 and at in
        (select at from (select at, row_number() over (order by at) as n from deployment_moment where deployment = $1)
            as numbered where n % 2 = 0)";
    EXECUTION_ADD = "insert into execution (deployment, device, phase, state, reason, percent, changed)
        values ($1, $2, $3, $4, $5, $6, $7)";
    EXECUTION_SET = "update execution set phase = $1, state = $2, reason = $3, percent = $4, changed = $5
        where deployment = $6 and device = $7";
}
