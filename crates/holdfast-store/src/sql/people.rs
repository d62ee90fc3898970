//! Statements about people, one-time links and API tokens.

use super::catalogue;

macro_rules! token {
    ($rest:literal) => {
        concat!("select id, secret_hash, person, label, scope, created, expires, revoked from api_token ", $rest)
    };
}

catalogue! { PEOPLE:
    PEOPLE_STAFF = "select id, name, role, created from person p where role <> 'owner' and not exists
        (select 1 from standing s where s.person = p.id and s.removed is not null) order by name, id";
    PEOPLE_OWNERS = "select id, name, role, created from person p where role = 'owner'
        and (cast($1 as text) is null or lower(name) like $1) and not exists
        (select 1 from standing s where s.person = p.id and s.removed is not null) order by id desc limit $2";
    PEOPLE_OWNERS_COUNT = "select count(*) from person where role = 'owner'";
    PEOPLE_COUNT = "select count(*) from person";
    PERSON = "select id, name, role, created from person where id = $1";
    PERSON_ADD = "insert into person (id, name, role, created) values ($1, $2, $3, $4)";

    LINK = "select secret_hash, person, expires, used from sign_in_link where secret_hash = $1";
    LINK_ADD = "insert into sign_in_link (secret_hash, person, expires, used) values ($1, $2, $3, $4)";
    LINK_USE = "update sign_in_link set used = $1 where secret_hash = $2 and used is null";

    TOKEN_BY_HASH = token!("where secret_hash = $1");
    TOKEN = token!("where id = $1");
    TOKENS = token!("where (cast($1 as text) is null or person = $1) and revoked is null and expires > $2 order by id");
    TOKEN_ADD = "insert into api_token (id, secret_hash, person, label, scope, created, expires, revoked)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    TOKEN_REVOKE = "update api_token set revoked = $1 where id = $2 and revoked is null";
}
