//! Statements about findings, playbooks, lowered budgets and what the detectors have learnt.

use super::catalogue;

macro_rules! finding {
    ($rest:literal) => {
        concat!(
            "select id, subject, kind, severity, began, opened, last, times, state, state_by, state_at, alert, evidence,
             contained from finding ",
            $rest
        )
    };
}

macro_rules! action {
    ($rest:literal) => {
        concat!(
            "select id, finding, play, packets_per_second, bytes_per_second, device, product, ordered_by, reason, ordered,
             state, cursor, changed, left_alone, restored, done, undone from playbook_action ",
            $rest
        )
    };
}

catalogue! { FINDINGS:
    FINDING_ADD = "insert into finding (id, subject, product, kind, severity, began, opened, last, times, state, state_by,
            state_at, alert, evidence)
        values ($1, $2, (select product from device where id = $3), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    FINDING_SEEN = "update finding set last = $1, times = times + 1 where id = $2";
    FINDING_STATE = "update finding set state = $1, state_by = $2, state_at = $3 where id = $4 and state <> 'dismissed'";
    FINDING_CONTAINED = "update finding set contained = $1 where id = $2 and contained is null";
    FINDING = finding!("where id = $1");
    FINDING_LIST = finding!("where id < $1 and (cast($2 as text) is null or subject = $2)
        and (cast($3 as text) is null or state = $3) and (cast($4 as text) is null or kind = $4)
        and (cast($5 as text) is null or severity = $5) order by id desc limit $6");
    FINDING_LIST_OPEN = finding!("where state <> 'dismissed' and id < $1 and (cast($2 as text) is null or subject = $2)
        and (cast($3 as text) is null or state = $3) and (cast($4 as text) is null or kind = $4)
        and (cast($5 as text) is null or severity = $5) order by id desc limit $6");
    FINDING_OF = finding!("where subject = $1 and kind = $2 order by id desc limit 1");
    FINDINGS_DISMISSED = finding!("where state = 'dismissed' and state_at > $1 order by state_at, id limit $2");
    FINDINGS_OPEN_COUNT = "select count(*) from finding where state in ('open', 'acknowledged')";

    ACTION_PUT = "insert into playbook_action (id, finding, play, packets_per_second, bytes_per_second, device, product,
            ordered_by, reason, ordered, state, cursor, changed, left_alone, restored, done, undone)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        on conflict (id) do update set state = excluded.state, cursor = excluded.cursor, changed = excluded.changed,
            left_alone = excluded.left_alone, restored = excluded.restored, done = excluded.done,
            undone = excluded.undone
        where playbook_action.state in ('running', 'done') or excluded.state in ('undoing', 'undone')";
    ACTION = action!("where id = $1");
    ACTIONS = action!("where id < $1 and (cast($2 as text) is null or finding = $2) order by id desc limit $3");
    ACTIONS_ACTIVE = action!("where state in ('running', 'undoing') order by id limit $1");
    ACTIONS_BY_RULE_SINCE = "select count(*) from playbook_action a left join device d on d.id = a.device
        where a.ordered_by is null and a.ordered > $1 and d.product = $2";
    TOUCH_PUT = "insert into playbook_touch (action, device, at, before_action, before_packets, before_bytes, restored)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (action, device) do update set restored = excluded.restored";
    TOUCHES_TO_RESTORE = "select action, device, at, before_action, before_packets, before_bytes, restored
        from playbook_touch where action = $1 and restored is null and device > $2 order by device limit $3";

    THROTTLE_SET = "insert into throttle (device, packets_per_second, bytes_per_second, action) values ($1, $2, $3, $4)
        on conflict (device) do update set packets_per_second = excluded.packets_per_second,
            bytes_per_second = excluded.bytes_per_second, action = excluded.action";
    THROTTLE_LIFT = "delete from throttle where device = $1";
    THROTTLE = "select device, packets_per_second, bytes_per_second, action from throttle where device = $1";
    THROTTLES = "select device, packets_per_second, bytes_per_second, action from throttle order by device";

    RULE_PUT = "insert into playbook_rule (product, kind, severity, play, packets_per_second, bytes_per_second)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (product, kind) do update set severity = excluded.severity, play = excluded.play,
            packets_per_second = excluded.packets_per_second, bytes_per_second = excluded.bytes_per_second";
    RULE_REMOVE = "delete from playbook_rule where product = $1 and kind = $2";
    RULES = "select product, kind, severity, play, packets_per_second, bytes_per_second from playbook_rule
        where cast($1 as text) is null or product = $1 order by product, kind";

    DETECTOR_PUT = "insert into detector (subject, at, state) values ($1, $2, $3)
        on conflict (subject) do update set at = excluded.at, state = excluded.state";
    DETECTORS = "select subject, state from detector where subject > $1 order by subject limit $2";
    DETECTOR = "select state from detector where subject = $1";
    PRODUCT_STANDING = "select count(*), coalesce(sum(case when p.online_until > $1 then 1 else 0 end), 0),
            coalesce(sum(case when d.quarantine_since is not null then 1 else 0 end), 0),
            (select count(*) from throttle t join device h on h.id = t.device
                where h.product = $2 and h.enrolment <> 'revoked')
        from device d left join presence p on p.device = d.id where d.product = $2 and d.enrolment <> 'revoked'";
    DEVICE_PRODUCTS = "select id, product, software_sequence from device where enrolment = 'accepted' and id > $1
        order by id limit $2";
}
