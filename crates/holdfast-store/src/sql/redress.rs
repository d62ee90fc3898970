//! Statements about complaints and breaches.

use super::catalogue;

macro_rules! complaint {
    ($rest:literal) => {
        concat!(
            "select id, secret_hash, matter, product, opened, due, answered, state, outcome, closed, messages, alert
            from complaint ",
            $rest
        )
    };
}

macro_rules! breach {
    ($rest:literal) => {
        concat!(
            "select id, version, noticed, due, risk, products, account, notified, reference, told, told_count, closed, alert
            from breach ",
            $rest
        )
    };
}

catalogue! { REDRESS:
    COMPLAINT = complaint!("where id = $1");
    COMPLAINT_BY_HASH = complaint!("where secret_hash = $1");
    COMPLAINTS_ALL = complaint!("where id < $1 order by id desc limit $2");
    COMPLAINTS_OPEN = complaint!("where state <> 'closed' and id < $1 order by id desc limit $2");
    COMPLAINTS_LATE = complaint!("where state = 'waiting' and answered is null and alert is null and due <= $1
        order by due limit $2");
    COMPLAINT_ADD = "insert into complaint (id, secret_hash, matter, product, opened, due, answered, state, outcome, closed,
        messages, alert) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    COMPLAINT_PUT = "update complaint set answered = $1, state = $2, outcome = $3, closed = $4, messages = $5, alert = $6
        where id = $7";
    COMPLAINT_MESSAGES = "select complaint, number, author, at, text from complaint_message where complaint = $1
        order by number";
    COMPLAINT_SAY = "insert into complaint_message (complaint, number, author, at, text) values ($1, $2, $3, $4, $5)";
    COMPLAINT_FACTS = "select (select count(*) from complaint),
        (select count(*) from complaint where answered is not null and answered <= due),
        (select count(*) from complaint where (answered is null and state = 'waiting' and due <= $1) or answered > due)";

    BREACH = breach!("where id = $1");
    BREACHES = breach!("where id < $1 order by id desc limit $2");
    BREACHES_OPEN = breach!("where closed is null order by id limit $1");
    BREACH_ADD = "insert into breach (id, version, noticed, due, risk, products, account, notified, reference, told, told_count,
        closed, alert) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    BREACH_PUT = "update breach set version = $1, risk = $2, products = $3, account = $4, notified = $5, reference = $6,
        told = $7, told_count = $8, closed = $9, alert = $10 where id = $11 and version = $12";
    BREACH_LINE_ADD = "insert into breach_line (breach, version, act, at, person) values ($1, $2, $3, $4, $5)";
    BREACH_LINES = "select version, act, at, person from breach_line where breach = $1 order by version desc limit $2";
    BREACH_FACTS = "select (select count(*) from breach),
        (select count(*) from breach where risk <> 'unlikely'
            and (notified > due or (notified is null and due <= $1)))";
}
