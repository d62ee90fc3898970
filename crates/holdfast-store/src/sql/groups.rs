//! Statements about groups of devices and acts on many; and the pieces of which a filter's statement is made.

use super::catalogue;

macro_rules! bulk {
    ($rest:literal) => {
        concat!(
            "select id, act, member_of, action, document, life_ms, chosen, reason, ordered_by, ordered, state, devices,
             changed, refused, restored, kept, done, undone_by, undone from bulk ",
            $rest
        )
    };
}

catalogue! { GROUPS:
    VERSION_SEQUENCES = "select product, min(sequence) from release where version = $1 group by product order by product";
    GROUP_PUT = "insert into device_group (id, about, filter, created, created_by) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set about = excluded.about, filter = excluded.filter";
    GROUP_REMOVE = "delete from device_group where id = $1";
    GROUP_EMPTY = "delete from device_group_member where member_of = $1";
    GROUP = "select id, about, filter, created, created_by from device_group where id = $1";
    GROUP_LIST = "select id, about, filter, created, created_by from device_group where id > $1 order by id limit $2";
    GROUP_COUNT = "select count(*) from device_group";
    GROUP_IS_LISTED = "select case when filter is null then 1 else 0 end from device_group where id = $1";
    GROUPS_OF_DEVICE = "select member_of from device_group_member where device = $1 order by member_of";
    GROUP_MEMBER_PUT = "insert into device_group_member (member_of, device) values ($1, $2) on conflict (member_of, device) do nothing";
    GROUP_MEMBER_TAKE = "delete from device_group_member where member_of = $1 and device = $2";
    GROUP_MEMBER = "select device from device_group_member where member_of = $1 and device = $2";
    GROUP_MEMBERS_COUNT = "select count(*) from device_group_member where member_of = $1";

    ORIGIN_PUT = "insert into origin (device, what, person, at) values ($1, $2, $3, $4)
        on conflict (device, what) do update set person = excluded.person, at = excluded.at";
    ORIGINS = "select what, person, at from origin where device = $1 order by what";
    ORIGIN_DROP = "delete from origin where device = $1 and what = $2";
    ORIGINS_OF_GROUP = "delete from origin where what = $1";
    ORIGINS_SWEEP = "delete from origin where device = $1 and at <= $2 and what >= 'desired/' and what < 'desired0'";
    BEFORE_SWEEP = "update bulk_item set before = null where device = $1 and at <= $2 and before is not null";

    BULK_ADD = "insert into bulk (id, act, member_of, action, document, life_ms, chosen, reason, ordered_by, ordered, state,
            devices, changed, refused, restored, kept)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0)";
    BULK_MOVE = "update bulk set state = $1, done = $2, undone_by = $3, undone = $4 where id = $5
        and ((state = 'running' and $1 in ('done', 'undoing')) or (state = 'done' and $1 = 'undoing')
            or (state = 'undoing' and $1 = 'undone'))";
    BULK = bulk!("where id = $1");
    BULKS = bulk!("where id < $1 order by id desc limit $2");
    BULKS_ACTIVE = bulk!("where state in ('running', 'undoing') order by id limit $1");
    BULK_COUNT_CHANGED = "update bulk set changed = changed + 1 where id = $1 and state = 'running'";
    BULK_COUNT_REFUSED = "update bulk set refused = refused + 1 where id = $1 and state = 'running'";
    BULK_COUNT_RESTORED = "update bulk set restored = restored + 1 where id = $1 and state = 'undoing'";
    BULK_COUNT_KEPT = "update bulk set kept = kept + 1 where id = $1 and state = 'undoing'";
    ITEM_ADD = "insert into bulk_item (bulk, device, state) values ($1, $2, 'waiting')";
    ITEM_SETTLE = "update bulk_item set state = $1, why = $2, before = $3, at = $4
        where bulk = $5 and device = $6 and state = $7";
    ITEMS = "select bulk, device, state, why, before, at from bulk_item
        where bulk = $1 and device > $2 order by device limit $3";
    ITEMS_IN_STATE = "select bulk, device, state, why, before, at from bulk_item
        where bulk = $1 and state = $2 and device > $3 order by device limit $4";
}

/// Around a search's statement for ids: whole rows of the few that were found. Walking looks only at what is in the index.
pub(crate) const SEARCH_ROWS: &str = "select d.id, d.product, d.batch, d.factory_key, d.enrolment, d.quarantine_since,
    d.quarantine_reason, d.software_version, d.software_sequence, d.software_digest, d.software_slot, d.software_at,
    d.created, p.last_seen, p.online_until from (";
/// The end of it.
pub(crate) const SEARCH_ROWS_END: &str =
    ") as found join device d on d.id = found.id left join presence p on p.device = d.id";
/// The beginning of a search's statement for ids.
pub(crate) const SEARCH_IDS: &str = "select d.id from device d left join presence p on p.device = d.id where d.id > ";
/// Before a search's statement for ids: how many there are, up to its limit.
pub(crate) const SEARCH_COUNT: &str = "select count(*) from (";
/// The end of it.
pub(crate) const SEARCH_COUNT_END: &str = ") as found";
/// The beginning of a search's statement for classes of devices, before it the moment at which a device is online or not.
pub(crate) const SEARCH_CLASSES: [&str; 2] = [
    "select d.enrolment || '', d.quarantine_reason, count(*), sum(case when p.online_until > ",
    " then 1 else 0 end), min(d.id) from device d left join presence p on p.device = d.id where d.id > ",
];
/// The end of it.
pub(crate) const SEARCH_CLASSES_END: &str = " group by d.enrolment || '', d.quarantine_reason";

/// One condition, forwards and turned round; `#` is the place of a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) is: &'static str,
    pub(crate) is_not: &'static str,
}

macro_rules! pieces {
    ($($name:ident = $is:literal, $is_not:literal;)*) => {
        $(pub(crate) const $name: Piece = Piece { is: $is, is_not: $is_not };)*
    };
}

pieces! {
    WHERE_CONTAINS = "d.id like #", "d.id not like #";
    WHERE_BEGINS = "d.id >= # and d.id < #", "not (d.id >= # and d.id < #)";
    WHERE_OF_PRODUCT = "d.product = #", "d.product <> #";
    WHERE_RUNS = "d.software_version = #", "(d.software_version is null or d.software_version <> #)";
    WHERE_RUNS_BEFORE = "(d.product || '') = # and d.software_sequence < #", "";
    WHERE_RUNS_UP_TO = "(d.product || '') = # and d.software_sequence <= #", "";
    WHERE_RUNS_AFTER = "(d.product || '') = # and d.software_sequence > #", "";
    WHERE_RUNS_FROM = "(d.product || '') = # and d.software_sequence >= #", "";
    WHERE_IN_STATE = "d.enrolment = #", "d.enrolment <> #";
    WHERE_CONTAINED = "d.quarantine_since is not null", "d.quarantine_since is null";
    WHERE_ONLINE = "p.online_until > #", "(p.online_until is null or p.online_until <= #)";
    WHERE_MEMBER_OF = "d.id in (select m.device from device_group_member m where m.member_of = #)",
        "not exists (select 1 from device_group_member m where m.member_of = # and m.device = d.id)";
    WHERE_OF_BATCH = "d.batch = #", "d.batch <> #";
    WHERE_ALERTED = "d.id in (select a.device from alert a where a.closed is null and a.device is not null)",
        "not exists (select 1 from alert a where a.closed is null and a.device = d.id)";
    WHERE_HEARD = "p.last_seen > #", "(p.last_seen is null or p.last_seen <= #)";
    WHERE_HEARD_EVER = "p.last_seen is not null", "p.last_seen is null";
    WHERE_CLASS_CONTAINED = "d.enrolment = # and d.quarantine_reason = #", "";
    WHERE_CLASS_FREE = "d.enrolment = # and d.quarantine_reason is null", "";
    WHERE_OWNED = "exists (select 1 from ownership o where o.device = d.id)",
        "not exists (select 1 from ownership o where o.device = d.id)";
}
