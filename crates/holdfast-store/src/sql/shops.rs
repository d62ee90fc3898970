//! Statements about retailers, records about products, and privacy notices that were shown.

use super::catalogue;

macro_rules! shop {
    ($rest:literal) => {
        concat!("select id, name, secret_hash, made, retired from shop ", $rest)
    };
}

catalogue! { SHOPS:
    SHOPS_ALL = shop!("order by id");
    SHOP = shop!("where id = $1");
    SHOP_BY_HASH = shop!("where secret_hash = $1");
    SHOP_ADD = "insert into shop (id, name, secret_hash, made) values ($1, $2, $3, $4)";
    SHOP_RETIRE = "update shop set retired = $1 where id = $2 and retired is null";
    SHOP_READERS = "select reader from shop_reader where shop = $1 order by reader";
    SHOP_READERS_CLEAR = "delete from shop_reader where shop = $1";
    SHOP_READER_ADD = "insert into shop_reader (shop, reader) values ($1, $2)";
    SHOP_FETCHES = "select document, at, times from shop_fetch where shop = $1 order by document limit $2";
    SHOP_FETCH = "select at from shop_fetch where shop = $1 and document = $2";
    SHOP_FETCH_PUT = "insert into shop_fetch (shop, document, at, times) values ($1, $2, $3, 1)
        on conflict (shop, document) do update set at = excluded.at, times = shop_fetch.times + 1";
    SHOP_ACCEPT = "insert into shop_acceptance (shop, at, version, who) values ($1, $2, $3, $4)";
    SHOP_ACCEPTANCES = "select shop, version, who, at from shop_acceptance where shop = $1 order by at desc limit $2";
    SHOP_BACK = "select d.id, d.product, min(s.at) from sighting s join tag t on t.id = s.tag join device d on d.id = t.device
        join reader r on r.id = s.reader join shop_reader h on h.reader = r.id
        where h.shop = $1 and r.station in ('return', 'refurbishment') and d.id > $2
        group by d.id, d.product order by d.id limit $3";
    UNIT_BACK = "select min(s.at) from sighting s join tag t on t.id = s.tag join reader r on r.id = s.reader
        where t.device = $1 and r.station in ('return', 'refurbishment') having count(*) > 0";
    SHOP_FACTS = "select (select count(*) from shop where retired is null),
        (select count(distinct f.shop) from shop_fetch f join shop s on s.id = f.shop where s.retired is null),
        (select count(distinct a.shop) from shop_acceptance a join shop s on s.id = a.shop where s.retired is null
            and a.version >= $1)";

    PRODUCT_PROOFS = "select id, product, document, at, person from product_proof where product = $1 order by id desc limit $2";
    PRODUCT_PROOF = "select id, product, document, at, person from product_proof where id = $1";
    PRODUCT_PROOF_ADD = "insert into product_proof (id, product, kind, document, at, person) values ($1, $2, $3, $4, $5, $6)";

    FIRMWARE_PROVED = "select max(a.at) from appraisal a join device d on d.id = a.device
        where d.product = $1 and a.verdict = 'affirming' and a.image_digest = $2 having count(*) > 0";
    CLAIM_NOTICE_ADD = "insert into claim_notice (claim, product, notice, at) values ($1, $2, $3, $4)";
    CLAIM_NOTICE = "select notice from claim_notice where claim = $1";
    CLAIM_NOTICE_FACTS = "select (select count(*) from claim_notice),
        (select count(*) from claim c where c.begun >= (select min(n.at) from claim_notice n)
            and not exists (select 1 from claim_notice n where n.claim = c.id))";
}
