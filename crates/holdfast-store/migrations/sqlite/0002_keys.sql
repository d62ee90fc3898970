-- Keys: inventory, revocation lists, authorities.

-- Which CA signed a certificate; one that is not here was signed by the server's first CA.
create table certificate_issuer (
    serial text not null primary key references certificate (serial),
    issuer blob not null
) strict, without rowid;

create index certificate_standing on certificate (device, not_after) where state in ('issued', 'proven');
create index certificate_fallen on certificate (not_after) where state in ('revoked', 'superseded');

-- Devices whose factory key the factory station saw in hardware.
create table hardware_key (
    device text not null primary key references device (id)
) strict, without rowid;

-- The newest trust document that a device said it holds.
create table device_trust (
    device text not null primary key references device (id),
    version integer not null,
    at integer not null
) strict, without rowid;
create index device_trust_by_version on device_trust (version);

-- The newest revocation list of each CA.
create table crl (
    issuer blob not null primary key,
    number integer not null,
    this_update integer not null,
    next_update integer not null,
    entries integer not null,
    der blob not null
) strict;
