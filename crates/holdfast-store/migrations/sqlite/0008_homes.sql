-- Homes: claims by the code of the label, ownership, household, invitations, release, paired controllers.

alter table claim_code add column lookup blob;
create index claim_code_by_lookup on claim_code (lookup);

-- The primary key is the rule: a device has one owner.
create table ownership (
    device text not null primary key references device (id),
    person text not null references person (id),
    since integer not null,
    nickname text
) strict;
create index ownership_by_person on ownership (person);

create table member (
    device text not null references device (id),
    person text not null references person (id),
    control integer not null,
    manage_updates integer not null,
    see_data integer not null,
    since integer not null,
    primary key (device, person)
) strict, without rowid;
create index member_by_person on member (person);

create table invitation (
    id text not null primary key,
    secret_hash blob not null unique,
    device text not null references device (id),
    invited_by text not null references person (id),
    control integer not null,
    manage_updates integer not null,
    see_data integer not null,
    created integer not null,
    expires integer not null
) strict;
create index invitation_by_device on invitation (device);

create table claim (
    id text not null primary key,
    device text not null references device (id),
    person text not null references person (id),
    command text not null unique references command (id),
    digits text not null,
    begun integer not null,
    state text not null,
    at integer not null,
    why text
) strict;
create index claim_by_person on claim (person, id);
create unique index claim_open on claim (device) where state in ('asking', 'contested');
create index claim_contested on claim (at) where state = 'contested';

-- Orders of earlier homes go; the release that named one stays, so it does not refer to it.
create table home_release (
    command text not null primary key,
    device text not null references device (id),
    begun integer not null,
    held blob,
    wiped integer,
    swept integer
) strict;
create index home_release_by_device on home_release (device, begun);
create index home_release_open on home_release (begun) where swept is null;

create table paired_controller (
    device text not null references device (id),
    id text not null,
    name text not null,
    permissions text not null,
    paired integer not null,
    primary key (device, id)
) strict, without rowid;
