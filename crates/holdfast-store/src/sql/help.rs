//! Statements about requests for help and their messages.

use super::catalogue;

macro_rules! request {
    ($rest:literal) => {
        concat!(
            "select id, person, device, topic, opened, due, answered, overdue, state, outcome, closed, messages
             from help_request ",
            $rest
        )
    };
}

catalogue! { HELP:
    HELP_REQUEST = request!("where id = $1");
    HELP_OF = request!("where person = $1 and id < $2 order by id desc limit $3");
    HELP_ALL = request!("where id < $1 order by id desc limit $2");
    HELP_OPEN = request!("where state <> 'closed' and id < $1 order by id desc limit $2");
    HELP_LATE = request!("where state = 'waiting' and answered is null and overdue is null and due <= $1
        order by due limit $2");
    HELP_OPEN_OF = "select count(*) from help_request where person = $1 and state <> 'closed'";
    HELP_WAITING = "select count(*) from help_request where state = 'waiting'";
    HELP_ADD = "insert into help_request (id, person, device, topic, opened, due, answered, overdue, state, outcome, closed,
        messages) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    HELP_PUT = "update help_request set due = $1, answered = $2, overdue = $3, state = $4, outcome = $5, closed = $6,
        messages = $7 where id = $8";
    HELP_MESSAGES = "select request, number, author, staff, at, text from help_message where request = $1 order by number";
    HELP_MESSAGE_ADD = "insert into help_message (request, number, author, staff, at, text)
        values ($1, $2, $3, $4, $5, $6)";
}
