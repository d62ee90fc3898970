//! Statements about appraisals, alerts, counted refusals and the outbox.

use super::catalogue;

macro_rules! alert {
    ($rest:literal) => {
        concat!("select id, device, kind, severity, text, opened, closed, closed_by from alert ", $rest)
    };
}

catalogue! { INTEGRITY:
    APPRAISAL_ADD = "insert into appraisal (device, verdict, reason, evidence_digest, image_digest, at)
        values ($1, $2, $3, $4, $5, $6)";
    APPRAISALS = "select id, device, verdict, reason, evidence_digest, image_digest, at from appraisal
        where device = $1 and id < $2 order by id desc limit $3";
    ALERTS = alert!("where id < $1 and (cast($2 as text) is null or device = $2) order by id desc limit $3");
    ALERTS_OPEN = alert!("where closed is null and id < $1 and (cast($2 as text) is null or device = $2)
        order by id desc limit $3");
    ALERT = alert!("where id = $1");
    ALERTS_OPEN_COUNT = "select count(*) from alert where closed is null";
    ALERT_OPEN_OF_KIND = alert!("where device = $1 and kind = $2 and closed is null order by id desc limit 1");
    ALERT_ADD = "insert into alert (id, device, kind, severity, text, opened, closed)
        values ($1, $2, $3, $4, $5, $6, $7)";
    ALERT_CLOSE = "update alert set closed = $1, closed_by = $2 where id = $3 and closed is null";

    REFUSALS = "select door, name, count, last from refusal order by door, name";
    REFUSAL_ADD = "insert into refusal (door, name, count, last) values ($1, $2, $3, $4)
        on conflict (door, name) do update set count = refusal.count + excluded.count, last = excluded.last";

    OUTBOX_ADD = "insert into outbox (kind, subject) values ($1, $2)";
    OUTBOX = "select id, kind, subject from outbox order by id limit $1";
    OUTBOX_DONE = "delete from outbox where id <= $1";

    FACTS = "select
        (select count(*) from product), (select count(*) from device),
        (select count(*) from device where enrolment = 'accepted'),
        (select count(*) from device where enrolment = 'revoked'),
        (select count(*) from device where quarantine_since is not null),
        (select count(distinct factory_key) from device),
        (select count(distinct device) from certificate),
        (select count(*) from claim_code),
        (select count(*) from certificate), (select count(*) from certificate where state in ('issued', 'proven') and state = 'proven'),
        (select count(*) from certificate where state in ('revoked', 'superseded') and state = 'revoked'),
        (select coalesce(max(version), 0) from trust_version),
        (select count(*) from release), (select count(*) from release where kind = 'security'),
        (select coalesce(min(signers), 0) from release),
        (select count(*) from deployment), (select count(*) from deployment where state = 'completed'),
        (select count(*) from deployment where state = 'aborted'),
        (select coalesce(sum(devices), 0) from execution_tally where state = 'succeeded'),
        (select coalesce(sum(devices), 0) from execution_tally where state = 'failed'),
        (select coalesce(sum(devices), 0) from execution_tally where state = 'rolled_back'),
        (select coalesce(sum(count), 0) from tally where name = 'appraisal-affirming'),
        (select coalesce(sum(count), 0) from tally where name = 'appraisal-contraindicated'),
        (select count(*) from alert where kind = 'integrity-contradicted'),
        (select count(*) from alert), (select count(*) from alert where closed is null),
        (select count(*) from command), (select count(*) from command where outcome = 'succeeded'),
        (select coalesce(sum(count), 0) from tally where name = 'telemetry-stored'),
        (select coalesce(sum(count), 0) from tally where name = 'telemetry-repeated'),
        (select count(*) from device_event), (select coalesce(sum(count), 0) from refusal),
        (select count(*) from person),
        (select count(*) from ledger_leaf), (select coalesce(max(size), 0) from checkpoint),
        (select count(*) from ledger_leaf where kind = 'evidence-affirmed'),
        (select count(*) from alert where kind = 'key-replaced'),
        (select count(*) from alert where kind = 'tag-clone-suspected'),
        (select count(*) from alert where kind = 'forward-forged'),
        (select count(*) from presence p where not exists (select 1 from certificate c where c.device = p.device)),
        (select count(*) from tag),
        (select count(*) from telemetry_proof where forwarder is not null
            and id > (select coalesce(max(id), 0) - 100000 from telemetry_proof)),
        (select count(*) from certificate where state in ('revoked', 'superseded') and state = 'superseded' and state_changed < not_after),
        (select coalesce(sum(count), 0) from refusal where name in ('device-revoked', 'certificate-revoked')),
        (select count(*) from device d join presence p on p.device = d.id where d.enrolment = 'revoked'
            and p.last_seen > 60000000 + (select max(c.state_changed) from certificate c
                where c.device = d.id and c.state = 'revoked')),
        (select count(distinct f.id) from playbook_action a join finding f on f.id = a.finding
            where a.ordered_by is null and a.play = 'quarantine' and f.contained is not null),
        (select count(distinct f.id) from playbook_action a join finding f on f.id = a.finding
            where a.ordered_by is null and a.play = 'quarantine' and f.contained is null),
        (select coalesce(max(f.contained - f.opened), 0) from playbook_action a join finding f on f.id = a.finding
            where a.ordered_by is null and a.play = 'quarantine'),
        (select coalesce(max(case when f.opened > f.began then f.opened - f.began else 0 end), 0)
            from playbook_action a join finding f on f.id = a.finding
            where a.ordered_by is null and a.play = 'quarantine'),
        (select count(*) from series), (select count(*) from series s
            where not exists (select 1 from telemetry_proof p where p.series = s.id)),
        (select coalesce(sum(count), 0) from refusal where name in ('signature-wrong', 'forward-forged')),
        (select count(*) from telemetry_run r
            where exists (select 1 from telemetry_run b where b.series = r.series and b.first < r.first)
            and not exists (select 1 from telemetry_shed h
                where h.series = r.series and h.first < r.first and h.last >= r.first - 1))";
}
