//! Statements about papers of the maker, and how far owners were told. There is none that changes or deletes a paper.

use super::catalogue;

catalogue! { PAPERS:
    PAPER_ADD = "insert into paper (id, version, kind, product, document, at, person)
        select $1, $2, $3, $4, $5, $6, $7
        where $2 = 1 + (select coalesce(max(version), 0) from paper where id = $1)";
    PAPERS_NEWEST = "select id, version, document, at, person from paper p
        where version = (select max(version) from paper q where q.id = p.id) order by at desc, id limit $1";
    PAPER_VERSIONS = "select id, version, document, at, person from paper where id = $1 order by version desc";
    PAPERS_UNTOLD = "select p.id, p.version, p.document, p.at, p.person, coalesce(t.after, '')
        from paper p left join paper_telling t on t.paper = p.id and t.version = p.version
        where coalesce(t.done, 0) = 0 order by p.at limit $1";
    PAPER_TOLD_PUT = "insert into paper_telling (paper, version, after, told, done) values ($1, $2, $3, $4, $5)
        on conflict (paper, version) do update
        set after = excluded.after, told = paper_telling.told + excluded.told, done = excluded.done";
    PAPER_TOLD = "select coalesce(sum(told), 0), coalesce(min(done), 0) from paper_telling
        where paper = $1 and version = $2";
    OWNERS_ALL = "select distinct person from ownership where person > $1 order by person limit $2";
    OWNERS_OF_PRODUCT = "select count(distinct o.person) from ownership o join device d on d.id = o.device
        where d.product = coalesce($1, d.product)";
    PAPER_FACTS = "select count(*), coalesce(sum(told), 0) from paper p
        join paper_telling t on t.paper = p.id and t.version = p.version
        where p.kind = 'policy' and p.version > 1 and t.done = 1";
}
