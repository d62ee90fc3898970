-- Retailers, complaints about privacy, the register of breaches, records about products, and which
-- privacy notice was shown before a claim.

create table shop (
    id text not null primary key,
    name text not null,
    secret_hash blob not null unique,
    made integer not null,
    retired integer
) strict;

create table shop_reader (
    shop text not null references shop (id),
    reader text not null references reader (id),
    primary key (shop, reader)
) strict, without rowid;

-- When a shop last fetched a document; who did it is not kept.
create table shop_fetch (
    shop text not null references shop (id),
    document text not null,
    at integer not null,
    times integer not null,
    primary key (shop, document)
) strict, without rowid;

create table shop_acceptance (
    shop text not null references shop (id),
    at integer not null,
    version integer not null,
    who text not null,
    primary key (shop, at)
) strict, without rowid;

create table complaint (
    id text not null primary key,
    secret_hash blob not null unique,
    matter text not null,
    product text references product (id),
    opened integer not null,
    due integer not null,
    answered integer,
    state text not null,
    outcome text,
    closed integer,
    messages integer not null,
    alert text references alert (id)
) strict;
create index complaint_late on complaint (due) where state = 'waiting' and answered is null and alert is null;

create table complaint_message (
    complaint text not null references complaint (id),
    number integer not null,
    author text references person (id),
    at integer not null,
    text text not null,
    primary key (complaint, number)
) strict, without rowid;

create table breach (
    id text not null primary key,
    version integer not null,
    noticed integer not null,
    due integer not null,
    risk text not null,
    products text not null,
    account text not null,
    notified integer,
    reference text not null,
    told integer,
    told_count integer,
    closed integer,
    alert text references alert (id)
) strict;

create table breach_line (
    breach text not null references breach (id),
    version integer not null,
    act text not null,
    at integer not null,
    person text not null references person (id),
    primary key (breach, version)
) strict, without rowid;

create table product_proof (
    id text not null primary key,
    product text not null references product (id),
    kind text not null,
    document text not null,
    at integer not null,
    person text not null references person (id)
) strict;
create index product_proof_by_product on product_proof (product, id);

-- Which privacy notice stood on the page from which somebody claimed a device.
create table claim_notice (
    claim text not null primary key references claim (id),
    product text not null references product (id),
    notice blob not null,
    at integer not null
) strict;
