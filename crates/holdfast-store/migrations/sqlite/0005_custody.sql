-- Custody: tags, readers, sightings, replaced units.

create table reader (
    id text not null primary key,
    station text not null,
    place text not null,
    band text not null,
    secret_hash blob not null unique,
    added integer not null,
    retired integer
) strict;

create table tag (
    id text not null primary key,
    device text not null references device (id),
    kind text not null,
    bound integer not null
) strict;
create index tag_by_device on tag (device);

create table sighting (
    tag text not null references tag (id),
    at integer not null,
    reader text not null references reader (id),
    received integer not null,
    doubt text,
    primary key (tag, at, reader)
) strict, without rowid;
create index sighting_by_time on sighting (received);

-- Which unit took the place of which; each is part of one replacement at most.
create table replacement (
    old text not null primary key references device (id),
    new text not null unique references device (id),
    at integer not null
) strict, without rowid;
