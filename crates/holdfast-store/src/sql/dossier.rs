//! Statements about dossiers, their history, and what owners are told of support. There is none that deletes.

use super::catalogue;

macro_rules! dossier {
    ($rest:literal) => {
        concat!(
            "select product, version, draft, public, until, first_until, since, public_changed, coming, coming_announced,
            coming_from, coming_by, changed from dossier ",
            $rest
        )
    };
}

catalogue! { DOSSIERS:
    DOSSIERS_ALL = dossier!("order by product");
    DOSSIER = dossier!("where product = $1");
    DOSSIERS_PUBLIC = dossier!("where public is not null order by product");
    DOSSIER_ADD = "insert into dossier (product, version, draft, public, until, first_until, since, public_changed, changed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    DOSSIER_PUT = "update dossier set version = $1, draft = $2, public = coalesce($3, public), until = coalesce($4, until),
        first_until = coalesce(first_until, $5), since = coalesce(since, $6),
        public_changed = coalesce($7, public_changed), coming = $8, coming_announced = $9, coming_from = $10,
        coming_by = $11, changed = $12
        where product = $13 and version = $14 and (until is null or until <= $4)";
    DOSSIERS_DUE = dossier!("where coming_from <= $1 order by product");
    DOSSIER_UNTIL = "select until from dossier where product = $1 and until is not null";
    DOSSIER_LINE_ADD = "insert into dossier_line (product, version, act, at, person, until, document)
        values ($1, $2, $3, $4, $5, $6, $7)";
    DOSSIER_LINES = "select version, act, at, person, until, document from dossier_line where product = $1
        order by version desc limit $2";
    PROMISES = "select min(at), until from dossier_line where product = $1 and until is not null
        group by until order by until";

    SUPPORT_FACTS = "select
        (select count(*) from dossier_line where act = 'extended'),
        (select count(*) from dossier_line a join dossier_line b on b.product = a.product and b.version > a.version
            where b.until < a.until),
        (select count(*) from ledger_leaf where kind = 'support-shortening-refused')";

    TELLING_ADD = "insert into support_telling (product, what, until, at, after, done) values ($1, $2, $3, $4, '', 0)
        on conflict (product, what, until) do nothing";
    TELLINGS_OPEN = "select product, what, until, at, after from support_telling where done = 0
        order by product, what, until";
    TELLING_MOVE = "update support_telling set after = $1, done = $2 where product = $3 and what = $4 and until = $5";
    PRODUCT_OWNERS = "select distinct o.person from ownership o join device d on d.id = o.device
        where d.product = $1 and o.person > $2 order by o.person limit $3";
}
