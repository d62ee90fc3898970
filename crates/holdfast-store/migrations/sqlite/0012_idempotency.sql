-- Requests that their sender named with a key, and what they were answered, for a day.
create table kept_request (
    person text not null references person (id),
    key_hash blob not null,
    request_digest blob not null,
    began integer not null,
    status integer,
    content_type text,
    answer blob,
    primary key (person, key_hash)
) strict, without rowid;
create index kept_request_by_age on kept_request (began);
