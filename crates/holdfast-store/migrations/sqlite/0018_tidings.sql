-- What a release says to owners.

-- Each version of a note stays.
create table release_note (
    manifest blob not null,
    version integer not null,
    document text not null,
    person text not null references person (id),
    at integer not null,
    primary key (manifest, version)
) strict, without rowid;
