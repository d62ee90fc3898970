-- Many devices: deployments to groups, counts that are kept instead of counted, how roll-outs went, and who set what.

-- A deployment to a group finds the devices of a phase when that phase starts.
alter table deployment add column member_of text;
alter table deployment_phase add column share_percent integer;
alter table deployment_phase add column started integer;
update deployment_phase set started = (select d.created from deployment d where d.id = deployment_phase.deployment)
    where phase <= (select coalesce(d.phase, case when d.state = 'completed' then deployment_phase.phase else 0 end)
        from deployment d where d.id = deployment_phase.deployment);

-- How many runs are in which phase and state; kept with each run.
create table execution_tally (
    deployment text not null references deployment (id),
    phase integer not null,
    state text not null,
    devices integer not null,
    primary key (deployment, phase, state)
) strict, without rowid;
insert into execution_tally (deployment, phase, state, devices)
    select deployment, phase, state, count(*) from execution group by deployment, phase, state;
drop index execution_by_state;
create index execution_by_state on execution (deployment, state, device, phase);

-- How a deployment stood at a moment, for its picture; thinned out as it grows.
create table deployment_moment (
    deployment text not null references deployment (id),
    at integer not null,
    waiting integer not null,
    under_way integer not null,
    succeeded integer not null,
    failed integer not null,
    rolled_back integer not null,
    aside integer not null,
    primary key (deployment, at)
) strict, without rowid;

-- Who set something of a device last, and when: an undo takes back only what nobody has set since.
create table origin (
    device text not null references device (id),
    what text not null,
    person text not null,
    at integer not null,
    primary key (device, what)
) strict, without rowid;
create index origin_by_what on origin (what);
create index bulk_item_before on bulk_item (device) where before is not null;

-- What filters ask for stands in one index by id: a filter without an index of its own walks over that, not over the rows.
create index device_facets on device
    (id, product, enrolment, software_version, software_sequence, quarantine_since, quarantine_reason, batch);
drop index device_by_product;
create index device_by_product on device (product, id, enrolment, quarantine_since);

-- Reports on certificates read this index alone, and those on orders and evidence what is counted.
drop index certificate_standing;
create index certificate_standing on certificate (device, state, not_after, not_before, serial)
    where state in ('issued', 'proven');
create index command_by_outcome on command (outcome);
insert into tally (name, count) select 'appraisal-' || verdict, count(*) from appraisal group by verdict;

-- The maker's people are few among the owners.
create index person_by_role on person (role, id);
