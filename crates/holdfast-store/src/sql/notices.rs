//! Statements about notices, addresses, mail that waits, and linked accounts.

use super::catalogue;

macro_rules! notice {
    ($rest:literal) => {
        concat!("select id, person, kind, facts, at, read from notice ", $rest)
    };
}

macro_rules! contact {
    ($rest:literal) => {
        concat!(
            "select person, language, address, verified, wish_address, wish_expires, asked_since, asked_times from contact ",
            $rest
        )
    };
}

macro_rules! mail {
    ($rest:literal) => {
        concat!("select id, person, notice, address, language, queued, next, tries, state, answer from mail ", $rest)
    };
}

catalogue! { NOTICES:
    NOTICE = notice!("where id = $1");
    NOTICES_OF = notice!("where person = $1 and id < $2 order by id desc limit $3");
    NOTICES_UNREAD = "select count(*) from notice where person = $1 and read is null";
    NOTICE_ADD = "insert into notice (id, person, kind, facts, at, read) values ($1, $2, $3, $4, $5, $6)
        on conflict (id) do nothing";
    NOTICES_LATELY = "select count(*) from notice where person = $1 and kind = $2 and at > $3";
    NOTICES_KEPT = "select count(*) from notice where person = $1";
    NOTICES_TRIM = "delete from notice where person = $1 and id in (select n.id from notice n where n.person = $1
        and not exists (select 1 from mail m where m.notice = n.id)
        and not exists (select 1 from objection_link l where l.notice = n.id) order by n.id limit $2)";
    NOTICES_FORGET = "delete from notice where at < $1
        and not exists (select 1 from mail m where m.notice = notice.id)
        and not exists (select 1 from objection_link l where l.notice = notice.id)";
    MAILS_LATELY = "select count(*) from mail where person = $1 and queued > $2 and notice is not null";

    OBJECTION_ADD = "insert into objection_link (hash, notice, expires) values ($1, $2, $3)";
    OBJECTION = "select notice from objection_link where hash = $1 and expires > $2";
    OBJECTIONS_END = "delete from objection_link where notice in (select id from notice where person = $1)";
    OBJECTIONS_FORGET = "delete from objection_link where expires <= $1";

    FORMER_PUT = "insert into former_address (person, address, until) values ($1, $2, $3)
        on conflict (person, address) do update set until = excluded.until";
    FORMER_DROP = "delete from former_address where person = $1 and address = $2";
    FORMER_FORGET = "delete from former_address where until <= $1";
    MAIL_FORMER = "insert into mail (person, notice, address, language, queued, next, tries, state)
        select f.person, $1, f.address, c.language, $2, $2, 0, 'waiting' from former_address f
        join contact c on c.person = f.person
        where f.person = $3 and f.until > $2 on conflict (notice, address) do nothing";

    NOTICES_READ = "update notice set read = $1 where person = $2 and id <= $3 and read is null";

    IDENTITY = "select issuer, subject, person, bound from identity where issuer = $1 and subject = $2";
    IDENTITY_OF = "select issuer, subject, person, bound from identity where person = $1";
    IDENTITY_ADD = "insert into identity (issuer, subject, person, bound) values ($1, $2, $3, $4)";
    IDENTITY_DROP = "delete from identity where person = $1";

    CONTACT = contact!("where person = $1");
    CONTACT_BY_WISH = contact!("where wish_hash = $1");
    CONTACT_PUT = "insert into contact (person, language, address, verified, wish_address, wish_expires, wish_hash,
        asked_since, asked_times) values ($1, $2, $3, $4, $5, $6, null, $7, $8)
        on conflict (person) do update set language = excluded.language, address = excluded.address,
        verified = excluded.verified, wish_address = excluded.wish_address, wish_expires = excluded.wish_expires,
        wish_hash = null, asked_since = excluded.asked_since, asked_times = excluded.asked_times";
    CONTACT_HASH = "update contact set wish_hash = $1 where person = $2 and wish_address = $3";

    MAIL_NOTICE = "insert into mail (person, notice, address, language, queued, next, tries, state)
        select person, $1, address, language, $2, $2, 0, 'waiting' from contact
        where person = $3 and address is not null on conflict (notice, address) do nothing";
    MAIL_LINK = "insert into mail (person, notice, address, language, queued, next, tries, state)
        select person, null, wish_address, language, $1, $1, 0, 'waiting' from contact
        where person = $2 and wish_address is not null";
    MAIL_LINKS_DROP = "update mail set state = 'dropped' where person = $1 and notice is null and state = 'waiting'";
    MAIL_DUE = mail!("where state = 'waiting' and next <= $1 order by next, id limit $2");
    MAIL_NEXT = "select min(next) from mail where state = 'waiting'";
    MAIL_OF = mail!("where person = $1 order by id desc limit $2");
    MAIL_MOVE = "update mail set state = $1, next = $2, tries = $3, answer = $4 where id = $5 and state = 'waiting'";
    MAIL_COUNT = "select coalesce(sum(case when state = 'waiting' then 1 else 0 end), 0),
        coalesce(sum(case when state = 'given-up' then 1 else 0 end), 0),
        coalesce(sum(case when state = 'sent' then 1 else 0 end), 0) from mail";
    MAIL_FORGET = "delete from mail where queued < $1 and state <> 'waiting'";
}
