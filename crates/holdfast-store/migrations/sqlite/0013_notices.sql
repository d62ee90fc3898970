-- What people are told, where they are reached, and the mail that waits.

create table notice (
    id text not null primary key,
    person text not null references person (id),
    kind text not null,
    facts text not null,
    at integer not null,
    read integer
) strict, without rowid;
create index notice_by_person on notice (person, id);
create index notice_unread on notice (person) where read is null;

create table contact (
    person text not null primary key references person (id),
    language text not null,
    address text,
    verified integer,
    wish_address text,
    wish_expires integer,
    wish_hash blob,
    asked_since integer not null,
    asked_times integer not null
) strict, without rowid;
create unique index contact_by_wish on contact (wish_hash) where wish_hash is not null;

-- A mail without a notice carries the link that confirms an address.
create table mail (
    id integer primary key autoincrement,
    person text not null references person (id),
    notice text references notice (id),
    address text not null,
    language text not null,
    queued integer not null,
    next integer not null,
    tries integer not null,
    state text not null,
    answer text,
    unique (notice, address)
) strict;
create index mail_due on mail (next) where state = 'waiting';
create index mail_by_age on mail (queued);
create index mail_by_person on mail (person, id);

-- Accounts of the staff at their own identity provider.
create table identity (
    issuer text not null,
    subject text not null,
    person text not null unique references person (id),
    bound integer not null,
    primary key (issuer, subject)
) strict, without rowid;
