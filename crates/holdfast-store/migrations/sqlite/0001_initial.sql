-- Times are microseconds since 1970 (UTC), ids are text, digests and keys are blobs, documents are JSON text.

create table product (
    id text not null primary key,
    title text not null,
    vendor_domain text not null,
    thing_model text not null,
    created integer not null
) strict;

create table trust_version (
    version integer not null primary key,
    document blob not null,
    accepted integer not null
) strict;

create table batch (
    id text not null primary key,
    product text not null references product (id),
    devices integer not null,
    manifest_digest blob not null,
    imported integer not null
) strict;

create table device (
    id text not null primary key,
    product text not null references product (id),
    batch text not null references batch (id),
    factory_key blob not null unique,
    enrolment text not null,
    quarantine_since integer,
    quarantine_reason text,
    software_version text,
    software_sequence integer,
    software_digest blob,
    software_slot text,
    software_at integer,
    created integer not null
) strict;
create index device_by_product on device (product, id);

-- Written often and apart from the device, so that a sign of life touches little.
create table presence (
    device text not null primary key references device (id),
    last_seen integer not null,
    online_until integer not null
) strict, without rowid;

create table claim_code (
    device text not null primary key references device (id),
    salt blob not null,
    hash blob not null
) strict;

create table certificate (
    serial text not null primary key,
    device text not null references device (id),
    key blob not null,
    not_before integer not null,
    not_after integer not null,
    state text not null,
    state_changed integer not null
) strict;
create index certificate_by_device on certificate (device, not_before);

create table shadow (
    device text not null primary key references device (id),
    version integer not null,
    desired text not null,
    reported text not null,
    applied_version integer not null,
    reported_at integer
) strict;

create table command (
    id text not null primary key,
    device text not null references device (id),
    action text not null,
    input text not null,
    created integer not null,
    expires integer not null,
    outcome text,
    detail text,
    ended integer
) strict;
create index command_by_device on command (device, id);
create index command_open on command (device, id) where outcome is null;

create table release (
    id text not null primary key,
    product text not null references product (id),
    version text not null,
    sequence integer not null,
    kind text not null,
    security_floor integer not null,
    description text not null,
    manifest_digest blob not null unique,
    artifact_digest blob not null,
    artifact_bytes integer not null,
    signers integer not null,
    envelope blob not null,
    published integer not null,
    withdrawn integer not null,
    unique (product, sequence)
) strict;
create index release_by_artifact on release (artifact_digest);

create table deployment (
    id text not null primary key,
    release text not null references release (id),
    product text not null references product (id),
    generation integer not null,
    abort_threshold_percent integer not null,
    min_devices integer not null,
    deadline_ms integer not null,
    state text not null,
    phase integer,
    reason text,
    created_by text not null,
    created integer not null
) strict;
create index deployment_by_release on deployment (release);

create table deployment_phase (
    deployment text not null references deployment (id),
    phase integer not null,
    success_percent integer not null,
    primary key (deployment, phase)
) strict, without rowid;

create table deployment_device (
    deployment text not null references deployment (id),
    phase integer not null,
    position integer not null,
    device text not null references device (id),
    primary key (deployment, phase, position)
) strict, without rowid;

create table execution (
    deployment text not null references deployment (id),
    device text not null references device (id),
    phase integer not null,
    state text not null,
    reason text,
    percent integer not null,
    changed integer not null,
    primary key (deployment, device)
) strict, without rowid;
create index execution_by_device on execution (device, deployment);
create index execution_by_state on execution (deployment, phase, state);

create table appraisal (
    id integer primary key,
    device text not null references device (id),
    verdict text not null,
    reason text,
    evidence_digest blob not null,
    image_digest blob not null,
    at integer not null
) strict;
create index appraisal_by_device on appraisal (device, id);

create table alert (
    id text not null primary key,
    device text references device (id),
    kind text not null,
    severity text not null,
    text text not null,
    opened integer not null,
    closed integer,
    closed_by text
) strict;
create index alert_open on alert (id) where closed is null;
create index alert_by_device on alert (device, id);

create table person (
    id text not null primary key,
    name text not null,
    role text not null,
    created integer not null
) strict;

create table sign_in_link (
    secret_hash blob not null primary key,
    person text not null references person (id),
    expires integer not null,
    used integer
) strict;

create table session (
    id text not null primary key,
    secret_hash blob not null unique,
    person text not null references person (id),
    created integer not null,
    expires integer not null,
    ended integer
) strict;

create table api_token (
    id text not null primary key,
    secret_hash blob not null unique,
    person text not null references person (id),
    label text not null,
    created integer not null,
    expires integer not null,
    revoked integer
) strict;

-- A short number for one stream of one device, so that a message costs few bytes.
create table series (
    id integer primary key,
    device text not null references device (id),
    stream text not null,
    unique (device, stream)
) strict;

create table telemetry (
    series integer not null references series (id),
    counter integer not null,
    device_time integer not null,
    received integer not null,
    fields text not null,
    primary key (series, counter)
) strict, without rowid;
create index telemetry_by_time on telemetry (series, device_time);

-- Messages as they come, of all devices one after the other; moved to `telemetry` many at a time, series by series.
create table telemetry_fresh (
    id integer not null primary key,
    series integer not null,
    counter integer not null,
    device_time integer not null,
    received integer not null,
    fields text not null
) strict;

create table device_event (
    device text not null references device (id),
    counter integer not null,
    kind text not null,
    text text not null,
    device_time integer not null,
    received integer not null,
    primary key (device, counter)
) strict, without rowid;

-- Figures that only rise and would be slow to count.
create table tally (
    name text not null primary key,
    count integer not null
) strict, without rowid;

create table refusal (
    door text not null,
    name text not null,
    count integer not null,
    last integer not null,
    primary key (door, name)
) strict, without rowid;

create table outbox (
    id integer primary key autoincrement,
    kind text not null,
    subject text not null
) strict;

create table ledger_leaf (
    leaf integer not null primary key,
    kind text not null,
    line text not null
) strict;
create index ledger_leaf_by_kind on ledger_leaf (kind);

-- Hashes of all complete subtrees; level 0 is a leaf's hash.
create table ledger_hash (
    level integer not null,
    node integer not null,
    hash blob not null,
    primary key (level, node)
) strict, without rowid;

create table ledger_mention (
    device text not null,
    leaf integer not null references ledger_leaf (leaf),
    primary key (device, leaf)
) strict, without rowid;

create table checkpoint (
    size integer not null primary key,
    note text not null
) strict;
