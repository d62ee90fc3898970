-- Dossiers: what the public reads about products, how it came about, and what owners were told of it. Nothing here is ever deleted.

create table dossier (
    product text not null primary key references product (id),
    version integer not null,
    draft text not null,
    public text,
    until integer,
    first_until integer,
    since integer,
    public_changed integer,
    changed integer not null
) strict;

create table dossier_line (
    product text not null references product (id),
    version integer not null,
    act text not null,
    at integer not null,
    person text not null references person (id),
    until integer,
    document text not null,
    primary key (product, version)
) strict, without rowid;

-- How far the owners of a product have been told; after is the last one who was.
create table support_telling (
    product text not null references product (id),
    what text not null,
    until integer not null,
    at integer not null,
    after text not null,
    done integer not null,
    primary key (product, what, until)
) strict, without rowid;
