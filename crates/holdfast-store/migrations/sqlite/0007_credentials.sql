-- Credentials: passkeys, passwords, second factors, recovery, sessions with their proof, how accounts stand.

alter table session add column kind text not null default 'link';
alter table session add column browser text not null default '';
alter table session add column authenticated integer not null default 0;
alter table session add column last_used integer not null default 0;
update session set authenticated = created, last_used = created;
create index session_by_person on session (person, ended);

alter table api_token add column scope text not null default 'full';

create table passkey (
    id text not null primary key,
    person text not null references person (id),
    credential blob not null unique,
    label text not null,
    document text not null,
    created integer not null,
    used integer,
    counts_from integer not null
) strict;
create index passkey_by_person on passkey (person);

create table password (
    person text not null primary key references person (id),
    login text not null unique,
    hash text not null,
    long integer not null,
    changed integer not null
) strict;

-- The secret is sealed with a key that is not in this database.
create table second_factor (
    person text not null primary key references person (id),
    sealed blob not null,
    confirmed integer,
    step integer not null
) strict;

create table recovery_code (
    hash blob not null primary key,
    person text not null references person (id),
    made integer not null,
    used integer
) strict;
create index recovery_code_by_person on recovery_code (person);

create table recovery (
    person text not null primary key references person (id),
    begun integer not null,
    until integer not null
) strict;

create table standing (
    person text not null primary key references person (id),
    failures integer not null,
    locked integer,
    lock_reason text,
    removed integer
) strict;

create table known_browser (
    hash blob not null,
    person text not null references person (id),
    seen integer not null,
    primary key (hash, person)
) strict, without rowid;
create index known_browser_by_person on known_browser (person, seen);
