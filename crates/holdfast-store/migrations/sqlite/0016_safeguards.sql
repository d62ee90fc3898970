-- Safeguards: ends of ownership that wait, promises that will change, addresses from before, links that say "not me".

-- The maker's people want to end an ownership; its owner can stop it until then.
create table recall (
    device text not null primary key references device (id),
    owner text not null references person (id),
    asked_by text not null references person (id),
    reason text not null,
    asked integer not null,
    until integer not null
) strict, without rowid;
create index recall_due on recall (until);

alter table dossier add column coming text;
alter table dossier add column coming_announced integer;
alter table dossier add column coming_from integer;
alter table dossier add column coming_by text references person (id);

-- Notices of the account go to an address that was replaced or removed for some days more.
create table former_address (
    person text not null references person (id),
    address text not null,
    until integer not null,
    primary key (person, address)
) strict, without rowid;
create index former_address_over on former_address (until);

create table objection_link (
    hash blob not null primary key,
    notice text not null references notice (id),
    expires integer not null
) strict, without rowid;
create index objection_link_over on objection_link (expires);
create index objection_link_notice on objection_link (notice);

create index notice_by_age on notice (at);
create index notice_lately on notice (person, kind, at);
create index mail_lately on mail (person, queued);
