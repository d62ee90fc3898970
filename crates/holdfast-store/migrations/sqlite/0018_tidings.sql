-- What the maker tells people about products: notes of releases, notices, changes that are announced; by which way it reached whom; who
-- reads along by mail without an account.

-- Each version of a note stays.
create table release_note (
    manifest blob not null,
    version integer not null,
    document text not null,
    person text not null references person (id),
    at integer not null,
    primary key (manifest, version)
) strict, without rowid;

-- Notices to everybody who has a product.
create table bulletin (
    id text not null primary key,
    product text not null references product (id),
    version integer not null,
    state text not null,
    document text not null,
    written integer not null,
    published integer,
    ended integer,
    after text not null,
    done integer not null
) strict, without rowid;
create index bulletin_by_product on bulletin (product, id);

create table bulletin_line (
    bulletin text not null references bulletin (id),
    version integer not null,
    act text not null,
    at integer not null,
    person text not null references person (id),
    document text not null,
    primary key (bulletin, version)
) strict, without rowid;

-- By which way a release or a notice went to whom; reference is the person's notice or the device's command.
create table told_by (
    subject text not null,
    way text not null,
    whom text not null,
    reference text not null,
    at integer not null,
    primary key (subject, way, whom)
) strict, without rowid;
create index told_by_reference on told_by (reference);

-- Changes of what a dossier says that take effect on a day that was announced. Nothing here is ever deleted.
create table change_ahead (
    product text not null references product (id),
    number integer not null,
    state text not null,
    document text not null,
    differences text not null,
    announced integer not null,
    effect integer not null,
    settled integer,
    person text not null references person (id),
    primary key (product, number)
) strict, without rowid;
create unique index change_ahead_open on change_ahead (product) where state = 'announced';

-- Addresses that asked for a product's news. An address that was not confirmed in time, or that left, is deleted with its mail.
create table subscriber (
    id integer primary key autoincrement,
    product text not null references product (id),
    address text not null,
    language text not null,
    asked integer not null,
    asked_times integer not null,
    confirmed integer,
    after text not null,
    unique (product, address)
) strict;

-- A mail without an item carries the link that confirms. The link's secret is made when the mail leaves; kept is its hash.
create table news_mail (
    id integer primary key autoincrement,
    subscriber integer not null references subscriber (id) on delete cascade,
    item text,
    subject text,
    body text,
    secret_hash blob,
    queued integer not null,
    next integer not null,
    tries integer not null,
    state text not null,
    answer text,
    unique (subscriber, item)
) strict;
create index news_mail_due on news_mail (next) where state = 'waiting';
create unique index news_mail_by_secret on news_mail (secret_hash) where secret_hash is not null;
create index news_mail_by_age on news_mail (queued);
