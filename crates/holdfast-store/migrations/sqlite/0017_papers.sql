-- Papers of the maker: policies, bulletins, breaches; each version is a row that never changes. And how far owners were told.

create table paper (
    id text not null,
    version integer not null,
    kind text not null,
    product text references product (id),
    document text not null,
    at integer not null,
    person text not null references person (id),
    primary key (id, version)
) strict, without rowid;

-- After is the last owner who was looked at, told how many got a notice.
create table paper_telling (
    paper text not null,
    version integer not null,
    after text not null,
    told integer not null,
    done integer not null,
    primary key (paper, version)
) strict, without rowid;
