-- Anomalies: findings, playbooks and what was undone.

create table finding (
    id text not null primary key,
    subject text not null,
    product text,
    kind text not null,
    severity text not null,
    began integer not null,
    opened integer not null,
    last integer not null,
    times integer not null,
    state text not null,
    state_by text,
    state_at integer not null,
    alert text not null references alert (id),
    evidence text not null,
    contained integer
) strict;
create index finding_by_subject on finding (subject, id);
create index finding_by_state on finding (state, state_at);

create table playbook_action (
    id text not null primary key,
    finding text references finding (id),
    play text not null,
    packets_per_second integer,
    bytes_per_second integer,
    device text references device (id),
    product text references product (id),
    ordered_by text,
    reason text not null,
    ordered integer not null,
    state text not null,
    cursor text,
    changed integer not null,
    left_alone integer not null,
    restored integer not null,
    done integer,
    undone integer
) strict;
create index playbook_action_by_state on playbook_action (state, id);
create index playbook_action_by_finding on playbook_action (finding, id);

-- What a run changed on a device, and what was there before.
create table playbook_touch (
    action text not null references playbook_action (id),
    device text not null references device (id),
    at integer not null,
    before_action text,
    before_packets integer,
    before_bytes integer,
    restored integer,
    primary key (action, device)
) strict, without rowid;

-- Lowered budgets in force.
create table throttle (
    device text not null primary key references device (id),
    packets_per_second integer not null,
    bytes_per_second integer not null,
    action text not null
) strict, without rowid;

-- Standing rules; the empty kind is every kind.
create table playbook_rule (
    product text not null references product (id),
    kind text not null,
    severity text not null,
    play text not null,
    packets_per_second integer,
    bytes_per_second integer,
    primary key (product, kind)
) strict, without rowid;

-- What the detectors have learnt, a few hundred bytes for each subject.
create table detector (
    subject text not null primary key,
    at integer not null,
    state blob not null
) strict, without rowid;
