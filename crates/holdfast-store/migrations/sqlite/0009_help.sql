-- What homes choose about updates, what listens in them, what people ask the maker, and how far history was told to owners.

create table update_choice (
    device text not null references device (id),
    release text not null references release (id),
    manifest_digest blob not null,
    wish text not null,
    offset_minutes integer,
    until integer,
    person text not null references person (id),
    session text,
    at integer not null,
    primary key (device, release)
) strict, without rowid;
create index update_choice_waiting on update_choice (device) where wish in ('tonight', 'later');

create table sensing (
    device text not null references device (id),
    property text not null,
    active integer not null,
    since integer not null,
    primary key (device, property)
) strict, without rowid;

create table help_request (
    id text not null primary key,
    person text not null references person (id),
    device text references device (id),
    topic text not null,
    opened integer not null,
    due integer not null,
    answered integer,
    overdue integer,
    state text not null,
    outcome text,
    closed integer,
    messages integer not null
) strict, without rowid;
create index help_request_by_person on help_request (person, id);
create index help_request_open on help_request (id) where state <> 'closed';
create index help_request_late on help_request (due) where state = 'waiting' and answered is null and overdue is null;

create table help_message (
    request text not null references help_request (id),
    number integer not null,
    author text not null references person (id),
    staff integer not null,
    at integer not null,
    text text not null,
    primary key (request, number)
) strict, without rowid;

create table history_told (
    reader text not null primary key,
    leaf integer not null
) strict, without rowid;
