-- Groups of devices, acts on many devices, and what makes a fleet of any size quick to look through.

create table device_group (
    id text not null primary key,
    about text not null,
    filter text,
    created integer not null,
    created_by text not null
) strict;

create table device_group_member (
    member_of text not null references device_group (id),
    device text not null references device (id),
    primary key (member_of, device)
) strict, without rowid;
create index device_group_member_by_device on device_group_member (device);

create table bulk (
    id text not null primary key,
    act text not null,
    member_of text,
    action text,
    document text,
    life_ms integer,
    chosen text not null,
    reason text not null,
    ordered_by text not null,
    ordered integer not null,
    state text not null,
    devices integer not null,
    changed integer not null,
    refused integer not null,
    restored integer not null,
    kept integer not null,
    done integer,
    undone_by text,
    undone integer
) strict;
create index bulk_active on bulk (id) where state in ('running', 'undoing');

create table bulk_item (
    bulk text not null references bulk (id),
    device text not null references device (id),
    state text not null,
    why text,
    before text,
    at integer,
    primary key (bulk, device)
) strict, without rowid;
create index bulk_item_by_state on bulk_item (bulk, state, device);

-- Each common filter finds its devices in the order of their ids; each common figure is counted in an index.
create index device_by_enrolment on device (enrolment, id);
create index device_by_batch on device (batch, id);
create index device_by_version on device (software_version, id);
create index device_by_software on device (product, software_version, software_sequence);
create index device_contained on device (id) where quarantine_since is not null;
create index alert_open_by_device on alert (device) where closed is null;

-- Which lines of the ledger name a person.
create table ledger_person (
    person text not null,
    leaf integer not null references ledger_leaf (leaf),
    primary key (person, leaf)
) strict, without rowid;
insert into ledger_person (person, leaf)
    select json_extract(line, '$.person'), leaf from ledger_leaf where json_extract(line, '$.person') is not null;
