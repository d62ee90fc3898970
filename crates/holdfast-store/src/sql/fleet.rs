//! Statements about products, devices, certificates, shadows and commands.

use super::catalogue;

macro_rules! device {
    ($rest:literal) => {
        concat!(
            "select d.id, d.product, d.batch, d.factory_key, d.enrolment, d.quarantine_since, d.quarantine_reason,
             d.software_version, d.software_sequence, d.software_digest, d.software_slot, d.software_at, d.created,
             p.last_seen, p.online_until
             from device d left join presence p on p.device = d.id ",
            $rest
        )
    };
}

macro_rules! certificate {
    ($rest:literal) => {
        concat!("select serial, device, key, not_before, not_after, state from certificate ", $rest)
    };
}

macro_rules! command {
    ($rest:literal) => {
        concat!("select id, device, action, input, created, expires, outcome, detail, ended from command ", $rest)
    };
}

macro_rules! roster {
    ($rest:literal) => {
        concat!(
            "select d.id, d.product, case when d.quarantine_since is null then 0 else 1 end,
             c.serial, c.key, c.not_before, c.not_after,
             case when exists (select 1 from command o where o.device = d.id and o.outcome is null) then 1 else 0 end,
             s.desired, s.reported
             from device d join certificate c on c.device = d.id and c.state = 'proven'
             left join shadow s on s.device = d.id where d.enrolment = 'accepted' ",
            $rest
        )
    };
}

catalogue! { FLEET:
    ROSTER = roster!("");
    ROSTER_ONE = roster!("and d.id = $1");

    PRODUCTS = "select id, title, vendor_domain, thing_model, created from product order by id";
    PRODUCT = "select id, title, vendor_domain, thing_model, created from product where id = $1";
    PRODUCT_PUT = "insert into product (id, title, vendor_domain, thing_model, created) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set title = excluded.title, vendor_domain = excluded.vendor_domain,
        thing_model = excluded.thing_model";
    PRODUCT_COUNTS = "select (select count(*) from device where product = $1),
        (select count(*) from release where product = $1), (select count(*) from batch where product = $1)";

    BATCHES = "select id, product, devices, manifest_digest, imported from batch order by id desc";
    BATCH = "select id, product, devices, manifest_digest, imported from batch where id = $1";
    BATCH_ADD = "insert into batch (id, product, devices, manifest_digest, imported) values ($1, $2, $3, $4, $5)";

    DEVICE = device!("where d.id = $1");
    DEVICE_BY_FACTORY_KEY = device!("where d.factory_key = $1");
    DEVICES = device!("where d.id > $1 and d.id >= $2 and d.id < $3
        and (cast($4 as text) is null or d.product = $4)
        and (cast($5 as text) is null or d.enrolment = $5)
        and (cast($6 as bigint) is null or case when d.quarantine_since is null then 0 else 1 end = $6)
        and (cast($7 as bigint) is null or case when p.online_until > $8 then 1 else 0 end = $7)
        and (cast($9 as text) is null or d.software_version = $9)
        order by d.id limit $10");
    DEVICE_IDS = "select id from device where product = $1 and enrolment = $2 and id > $3 order by id limit $4";
    DEVICE_KNOWN = "select id from device where id = $1";
    FACTORY_KEY_KNOWN = "select id from device where factory_key = $1";
    DEVICE_STATE = "select id, enrolment from device where id = $1";
    DEVICE_ADD = "insert into device (id, product, batch, factory_key, enrolment, created)
        values ($1, $2, $3, $4, $5, $6)";
    DEVICE_ENROLMENT = "update device set enrolment = $1 where id = $2";
    DEVICE_QUARANTINE = "update device set quarantine_since = $1, quarantine_reason = $2 where id = $3";
    DEVICE_SOFTWARE = "update device set software_version = $1, software_sequence = $2, software_digest = $3,
        software_slot = $4, software_at = $5 where id = $6";
    DEVICE_TOUCH = "insert into presence (device, last_seen, online_until)
        select id, $1, $2 from device where id = $3
        on conflict (device) do update set online_until = excluded.online_until,
        last_seen = case when presence.last_seen > excluded.last_seen then presence.last_seen
            else excluded.last_seen end";
    FLEET_COUNTS = "select
        (select count(*) from device where enrolment = 'pending'),
        (select count(*) from device where enrolment = 'accepted'),
        (select count(*) from device where enrolment = 'rejected'),
        (select count(*) from device where enrolment = 'preauthorised'),
        (select count(*) from device where enrolment = 'revoked'),
        (select count(*) from presence where online_until > $1),
        (select count(*) from device where quarantine_since is not null)";
    VERSION_COUNTS = "select product, software_version, software_sequence, count(*) from device
        where software_version is not null group by product, software_version, software_sequence
        order by product, software_sequence desc, software_version";

    FLEET_ALIVE = "select d.product, count(*) from device d join presence p on p.device = d.id
        where d.enrolment = 'accepted' and p.last_seen > $1 group by d.product order by d.product";

    CLAIM_ADD = "insert into claim_code (device, salt, hash, lookup) values ($1, $2, $3, $4)";
    CLAIM = "select device, salt, hash, lookup from claim_code where device = $1";

    CERTIFICATES = certificate!("where device = $1 order by not_before desc, serial desc");
    CERTIFICATE = certificate!("where serial = $1");
    CERTIFICATE_ADD = "insert into certificate (serial, device, key, not_before, not_after, state, state_changed)
        values ($1, $2, $3, $4, $5, $6, $7)";
    CERTIFICATES_SUPERSEDE_UNUSED = "update certificate set state = 'superseded', state_changed = $1
        where device = $2 and serial <> $3 and state = 'issued'";
    CERTIFICATES_SUPERSEDE = "update certificate set state = 'superseded', state_changed = $1
        where serial <> $2 and device = $3 and state in ('issued', 'proven')";
    CERTIFICATE_PROVE = "update certificate set state = 'proven', state_changed = $1
        where serial = $2 and device = $3 and state = 'issued'";
    CERTIFICATES_REVOKE = "update certificate set state = 'revoked', state_changed = $1
        where device = $2 and state <> 'revoked'";

    SHADOW = "select device, version, desired, reported, applied_version, reported_at from shadow where device = $1";
    SHADOW_VERSION = "select version from shadow where device = $1";
    SHADOW_DESIRE = "insert into shadow (device, version, desired, reported, applied_version)
        values ($1, $2, $3, '{}', 0)
        on conflict (device) do update set version = excluded.version, desired = excluded.desired";
    SHADOW_REPORT = "insert into shadow (device, version, desired, reported, applied_version, reported_at)
        values ($1, 0, '{}', $2, $3, $4)
        on conflict (device) do update set reported = excluded.reported,
        applied_version = excluded.applied_version, reported_at = excluded.reported_at";

    COMMAND = command!("where id = $1");
    COMMAND_DEVICE = "select device from command where id = $1";
    COMMANDS = command!("where device = $1 and id < $2 order by id desc limit $3");
    COMMANDS_OPEN = command!("where device = $1 and outcome is null order by id");
    COMMANDS_OVERDUE = command!("where outcome is null and expires <= $1 order by id limit $2");
    COMMAND_ADD = "insert into command (id, device, action, input, created, expires)
        values ($1, $2, $3, $4, $5, $6)";
    COMMAND_END = "update command set outcome = $1, detail = $2, ended = $3 where id = $4 and outcome is null";
}
