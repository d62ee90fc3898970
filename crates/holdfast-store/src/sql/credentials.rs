//! Statements about ways in, sessions of a person, and how accounts stand.

use super::catalogue;

macro_rules! passkey {
    ($rest:literal) => {
        concat!("select id, person, credential, label, document, created, used, counts_from from passkey ", $rest)
    };
}

macro_rules! session {
    ($rest:literal) => {
        concat!(
            "select id, secret_hash, person, kind, browser, created, authenticated, last_used, expires, ended
            from session ",
            $rest
        )
    };
}

catalogue! { CREDENTIALS:
    SESSION = session!("where secret_hash = $1");
    SESSION_BY_ID = session!("where id = $1");
    SESSIONS_OF = session!("where person = $1 and ended is null and expires > $2 order by last_used desc, id limit $3");
    SESSION_ANY = "select count(*) from (select 1 from session limit 1)";
    SESSION_ADD = "insert into session (id, secret_hash, person, kind, browser, created, authenticated, last_used,
        expires, ended) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    SESSION_TOUCH = "update session set last_used = $1 where id = $2 and last_used < $1 and ended is null";
    SESSION_END = "update session set ended = $1 where secret_hash = $2 and ended is null";
    SESSIONS_END = "update session set ended = $1
        where person = $2 and ended is null and (cast($3 as text) is null or id <> $3)";

    PASSKEY = passkey!("where id = $1");
    PASSKEY_BY_CREDENTIAL = passkey!("where credential = $1");
    PASSKEYS_OF = passkey!("where person = $1 order by created, id");
    PASSKEY_ADD = "insert into passkey (id, person, credential, label, document, created, used, counts_from)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    PASSKEY_USE = "update passkey set used = $1, document = coalesce($2, document) where id = $3";
    PASSKEY_RENAME = "update passkey set label = $1 where id = $2";
    PASSKEY_REMOVE = "delete from passkey where id = $1";
    PASSKEYS_REMOVE = "delete from passkey where person = $1 and counts_from > $2";

    PASSKEYS_REMOVE_NEW = "delete from passkey where person = $1 and created >= $2";
    PASSKEYS_DELAY_NEW = "update passkey set counts_from = $1
        where person = $2 and created >= $3 and counts_from < $1";
    PASSKEYS_BEFORE = "select count(*) from passkey where person = $1 and created < $2 and counts_from <= $3";

    PASSWORD_OF = "select person, login, hash, long, changed from password where person = $1";
    PASSWORD_BY_LOGIN = "select person, login, hash, long, changed from password where login = $1";
    PASSWORD_SET = "insert into password (person, login, hash, long, changed) values ($1, $2, $3, $4, $5)
        on conflict (person) do update set login = excluded.login, hash = excluded.hash, long = excluded.long,
        changed = excluded.changed";
    PASSWORD_REMOVE = "delete from password where person = $1";

    SECOND_FACTOR = "select person, sealed, confirmed, step from second_factor where person = $1";
    SECOND_FACTOR_SET = "insert into second_factor (person, sealed, confirmed, step) values ($1, $2, $3, $4)
        on conflict (person) do update set sealed = excluded.sealed, confirmed = excluded.confirmed, step = excluded.step";
    SECOND_FACTOR_STEP = "update second_factor set step = $1 where person = $2 and step < $1";
    SECOND_FACTOR_REMOVE = "delete from second_factor where person = $1";

    RECOVERY_CODE = "select person from recovery_code where hash = $1 and used is null";
    RECOVERY_CODE_ADD = "insert into recovery_code (hash, person, made) values ($1, $2, $3)";
    RECOVERY_CODE_USE = "update recovery_code set used = $1 where hash = $2 and used is null";
    RECOVERY_CODES_REMOVE = "delete from recovery_code where person = $1";
    RECOVERY = "select person, begun, until from recovery where person = $1";
    RECOVERY_PUT = "insert into recovery (person, begun, until) values ($1, $2, $3)
        on conflict (person) do update set begun = excluded.begun, until = excluded.until";
    RECOVERY_END = "delete from recovery where person = $1";

    STANDING = "select failures, locked, lock_reason, removed from standing where person = $1";
    STANDINGS = "select person, failures, locked, lock_reason, removed from standing";
    STANDING_SET = "insert into standing (person, failures, locked, lock_reason, removed) values ($1, $2, $3, $4, $5)
        on conflict (person) do update set failures = excluded.failures, locked = excluded.locked,
        lock_reason = excluded.lock_reason, removed = excluded.removed";
    ROLE_SET = "update person set role = $1 where id = $2";
    TOKENS_REVOKE = "update api_token set revoked = $1 where person = $2 and revoked is null";

    WAYS = "select (select count(*) from passkey k where k.person = p.id and k.counts_from <= $1),
        (select count(*) from password w where w.person = p.id),
        (select coalesce(max(w.long), 0) from password w where w.person = p.id),
        (select count(*) from second_factor f where f.person = p.id and f.confirmed is not null),
        (select count(*) from recovery_code c where c.person = p.id and c.used is null)
        from person p where p.id = $2";

    BROWSER = "select count(*) from known_browser where hash = $1 and person = $2 and seen > $3";
    BROWSERS_OF = "select count(*) from known_browser where person = $1";
    BROWSER_PUT = "insert into known_browser (hash, person, seen) values ($1, $2, $3)
        on conflict (hash, person) do update set seen = excluded.seen";
    BROWSERS_KEEP = "delete from known_browser where person = $1 and hash not in
        (select b.hash from known_browser b where b.person = $1 order by b.seen desc, b.hash limit $2)";
    BROWSERS_FORGET = "delete from known_browser where person = $1";
}
