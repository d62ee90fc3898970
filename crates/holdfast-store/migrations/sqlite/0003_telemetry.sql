-- Telemetry: quality, provenance, gaps, what was refused, logs, retention.

-- What the device says of the quality of its values, a flat JSON object; null if it says nothing.
alter table telemetry add column quality text;
alter table telemetry_fresh add column quality text;

-- Unbroken runs of counters that came, of the messages in `telemetry`. They stay when messages are deleted by retention.
create table telemetry_run (
    series integer not null references series (id),
    first integer not null,
    last integer not null,
    primary key (series, first)
) strict, without rowid;
insert into telemetry_run (series, first, last)
    select series, min(counter), max(counter)
    from (select series, counter, counter - row_number() over (partition by series order by counter) as run
        from telemetry where counter < 1125899906842624) as counted
    group by series, run;

-- Figures of a series: counters that are missing and too old to be listed, and messages that came again.
create table telemetry_count (
    series integer not null primary key references series (id),
    unlisted integer not null,
    repeats integer not null
) strict, without rowid;

-- Counters that the device dropped by intent.
create table telemetry_shed (
    series integer not null references series (id),
    first integer not null,
    last integer not null,
    reason text not null,
    declared integer not null,
    primary key (series, first)
) strict, without rowid;

-- Signatures of devices over messages: counter and digest of each, the signature, the key that made it, and who passed it on.
create table telemetry_proof (
    id integer not null primary key,
    series integer not null references series (id),
    first integer not null,
    last integer not null,
    readings blob not null,
    signature blob not null,
    key blob not null,
    forwarder text references device (id),
    received integer not null
) strict;
create index telemetry_proof_by_last on telemetry_proof (series, last);

-- Messages that were refused and are kept for a look, or until the model knows them.
create table telemetry_aside (
    id integer not null primary key,
    device text not null references device (id),
    stream text not null,
    reason text not null,
    field text,
    waits integer not null,
    received integer not null,
    payload blob not null
) strict;
create index telemetry_aside_by_device on telemetry_aside (device, id);

-- How often a sensor's values were refused, by reason.
create table telemetry_fault (
    device text not null references device (id),
    stream text not null,
    field text not null,
    reason text not null,
    count integer not null,
    last integer not null,
    primary key (device, stream, field, reason)
) strict, without rowid;

create table device_log (
    device text not null references device (id),
    counter integer not null,
    line integer not null,
    level text not null,
    code text not null,
    text text not null,
    device_time integer not null,
    received integer not null,
    primary key (device, counter, line)
) strict, without rowid;

-- What retention deleted, by product and stream.
create table telemetry_retention (
    product text not null references product (id),
    stream text not null,
    deleted integer not null,
    deleted_last integer not null,
    last_run integer not null,
    primary key (product, stream)
) strict, without rowid;
