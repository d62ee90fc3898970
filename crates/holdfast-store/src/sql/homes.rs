//! Statements about claims, ownership, households, invitations, releases and paired controllers.

use super::catalogue;

macro_rules! claim {
    ($rest:literal) => {
        concat!("select id, device, person, command, digits, begun, state, at, why from claim ", $rest)
    };
}

macro_rules! invitation {
    ($rest:literal) => {
        concat!(
            "select id, secret_hash, device, invited_by, control, manage_updates, see_data, created, expires
            from invitation ",
            $rest
        )
    };
}

macro_rules! member {
    ($rest:literal) => {
        concat!("select device, person, control, manage_updates, see_data, since from member ", $rest)
    };
}

macro_rules! release {
    ($rest:literal) => {
        concat!("select command, device, begun, held, wiped, swept from home_release ", $rest)
    };
}

catalogue! { HOMES:
    CLAIM_BY_LOOKUP = "select device, salt, hash, lookup from claim_code where lookup = $1 order by device limit 4";

    CLAIM_ROW = claim!("where id = $1");
    CLAIM_BY_COMMAND = claim!("where command = $1");
    CLAIM_OPEN = claim!("where device = $1 and state in ('asking', 'contested')");
    CLAIMS_OF = claim!("where person = $1 order by id desc limit $2");
    CLAIMS_DUE = claim!("where state = 'contested' and at <= $1 order by at limit $2");
    CLAIM_BEGIN = "insert into claim (id, device, person, command, digits, begun, state, at, why)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    CLAIM_SET = "update claim set state = $1, at = $2, why = $3 where id = $4 and state in ('asking', 'contested')";

    OWNERSHIP = "select device, person, since, nickname from ownership where device = $1";
    OWNERSHIPS_OF = "select device, person, since, nickname from ownership where person = $1 order by since, device";
    OWNERSHIP_ADD = "insert into ownership (device, person, since, nickname) values ($1, $2, $3, $4)";
    OWNERSHIP_END = "delete from ownership where device = $1 and person = $2";
    NICKNAME_SET = "update ownership set nickname = $1 where device = $2";

    MEMBER = member!("where device = $1 and person = $2");
    MEMBERS = member!("where device = $1 order by since, person");
    MEMBERSHIPS_OF = member!("where person = $1 order by since, device");
    MEMBER_PUT = "insert into member (device, person, control, manage_updates, see_data, since)
        values ($1, $2, $3, $4, $5, $6) on conflict (device, person) do update set control = excluded.control,
        manage_updates = excluded.manage_updates, see_data = excluded.see_data";
    MEMBER_REMOVE = "delete from member where device = $1 and person = $2";
    MEMBERS_CLEAR = "delete from member where device = $1";

    INVITATION_BY_HASH = invitation!("where secret_hash = $1");
    INVITATIONS = invitation!("where device = $1 order by id");
    INVITATION_ADD = "insert into invitation
        (id, secret_hash, device, invited_by, control, manage_updates, see_data, created, expires)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    INVITATION_END = "delete from invitation where id = $1";
    INVITATIONS_CLEAR = "delete from invitation where device = $1";

    HOME_RELEASE = release!("where device = $1 order by begun desc, command desc limit 1");
    RELEASES_OPEN = release!("where swept is null order by wiped is null, begun, command limit $1");
    HOME_RELEASE_ADD = "insert into home_release (command, device, begun, held) values ($1, $2, $3, $4)";
    RELEASES_OVER = "update home_release set wiped = coalesce(wiped, $1), swept = coalesce(swept, $1)
        where device = $2 and swept is null";
    RELEASE_WIPED = "update home_release set wiped = $1 where command = $2 and wiped is null";
    RELEASE_SWEPT = "update home_release set swept = $1 where command = $2 and swept is null";

    RECALL = "select owner, asked_by, reason, asked, until from recall where device = $1";
    RECALLS_DUE = "select device from recall where until <= $1 order by until limit $2";
    RECALL_ADD = "insert into recall (device, owner, asked_by, reason, asked, until) values ($1, $2, $3, $4, $5, $6)";
    RECALL_END = "delete from recall where device = $1";

    CONTROLLERS = "select id, name, permissions, paired from paired_controller where device = $1 order by paired, id";
    CONTROLLER_ADD = "insert into paired_controller (device, id, name, permissions, paired)
        values ($1, $2, $3, $4, $5)";
    CONTROLLERS_CLEAR = "delete from paired_controller where device = $1";

    SWEEP_SERIES = "select id from series where device = $1 order by id";
    SWEEP_TELEMETRY = "delete from telemetry where series = $1 and counter in
        (select counter from telemetry where series = $1 and received <= $2 limit $3)";
    SWEEP_PROOFS = "delete from telemetry_proof where series = $1 and received <= $2";
    SWEEP_ASIDE = "delete from telemetry_aside where device = $1 and received <= $2";
    SWEEP_LOG = "delete from device_log where device = $1 and received <= $2";
    SWEEP_EVENTS = "delete from device_event where device = $1 and received <= $2";
    SWEEP_COMMANDS = "update command set input = '{}', detail = null
        where device = $1 and created <= $2 and ended is not null and (input <> '{}' or detail is not null)";
    SWEEP_REPORTED = "update shadow set reported = '{}'
        where device = $1 and reported_at <= $2 and reported <> '{}'";
}
