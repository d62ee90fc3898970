//! Statements about what homes choose, what listens in them, and how far owners were told.

use super::catalogue;

catalogue! { CHOICES:
    CHOICE = "select wish, offset_minutes, until, person, session, at from update_choice
        where device = $1 and release = $2";
    CHOICE_PUT = "insert into update_choice (device, release, manifest_digest, wish, offset_minutes, until, person, session,
        at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (device, release) do update set manifest_digest = excluded.manifest_digest, wish = excluded.wish,
        offset_minutes = excluded.offset_minutes, until = excluded.until, person = excluded.person,
        session = excluded.session, at = excluded.at";
    CHOICES_WAITING = "select c.wish, c.offset_minutes, c.until, c.person, c.session, c.at, c.device, r.kind
        from update_choice c join release r on r.id = c.release
        join execution e on e.device = c.device and e.state = 'queued'
        join deployment d on d.id = e.deployment and d.release = c.release and d.state = 'running' and e.phase <= d.phase
        where c.wish in ('tonight', 'later') and c.device > $1 order by c.device limit $2";
    CHOICES_SWEEP = "delete from update_choice where device = $1 and at <= $2";
    REFUSED_AT_HOME = "select c.device, c.release, c.person, c.at, r.version from update_choice c
        join release r on r.id = c.release and r.kind = 'security' and r.withdrawn = 0
        join execution e on e.device = c.device and e.state = 'declined'
        join deployment d on d.id = e.deployment and d.release = c.release
        where c.wish = 'never' and c.device > $1 order by c.device limit $2";
    REFUSED_COUNT = "select count(distinct c.device) from update_choice c
        join release r on r.id = c.release and r.kind = 'security' and r.withdrawn = 0
        join execution e on e.device = c.device and e.state = 'declined'
        join deployment d on d.id = e.deployment and d.release = c.release
        where c.wish = 'never'";
    OWNERS_WAITING = "select e.device, o.person from execution e join ownership o on o.device = e.device
        where e.deployment = $1 and e.phase <= $2 and e.state = 'queued' and e.device > $3 order by e.device limit $4";

    SENSING = "select property, active, since from sensing where device = $1 order by property";
    SENSING_PUT = "insert into sensing (device, property, active, since) values ($1, $2, $3, $4)
        on conflict (device, property) do update set active = excluded.active, since = excluded.since";
    SENSING_SWEEP = "delete from sensing where device = $1 and since <= $2";

    TOLD = "select leaf from history_told where reader = $1";
    TOLD_MOVE = "insert into history_told (reader, leaf) values ($1, $2)
        on conflict (reader) do update set leaf = excluded.leaf";
}
