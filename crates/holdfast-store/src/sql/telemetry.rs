//! Statements about messages and events of devices. Messages stand in `telemetry`, the newest in `telemetry_fresh`.
//! While messages are moved, some stand in both: whoever reads fresh ones leaves those out.

use super::catalogue;

catalogue! { TELEMETRY:
    SERIES = "select id from series where device = $1 and stream = $2";
    SERIES_IDS = "select id from series order by id";
    SERIES_ADD = "insert into series (device, stream) select id, $1 from device where id = $2 returning id";
    STREAMS = "select s.stream, s.id from series s where s.device = $1 order by s.stream";

    FRESH_ADD = "insert into telemetry_fresh (id, series, counter, device_time, received, fields, quality)
        values ($1, $2, $3, $4, $5, $6, $7)";
    FRESH_ALL = "select id, series, counter from telemetry_fresh order by id";
    FRESH_MOVE = "insert into telemetry (series, counter, device_time, received, fields, quality)
        select series, counter, device_time, received, fields, quality from telemetry_fresh where id = $1";
    FRESH_DROP = "delete from telemetry_fresh where id <= $1";
    FRESH_DROP_MOVED = "delete from telemetry_fresh where exists
        (select 1 from telemetry t where t.series = telemetry_fresh.series and t.counter = telemetry_fresh.counter)";
    MESSAGE_KNOWN = "select counter from telemetry where series = $1 and counter = $2";
    MESSAGE_HIGHEST = "select coalesce(max(counter), -1) from telemetry where series = $1";

    MESSAGES = "select counter, device_time, received, fields, quality from (
        select * from (select counter, device_time, received, fields, quality from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) > ($4, $5)
            order by device_time, counter limit $6) as a
        union all select counter, device_time, received, fields, quality from telemetry_fresh f
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) > ($4, $5)
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)) as m
        order by device_time, counter limit $6";
    MESSAGES_NEWEST = "select counter, device_time, received, fields, quality from (
        select * from (select counter, device_time, received, fields, quality from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) < ($4, $5)
            order by device_time desc, counter desc limit $6) as a
        union all select counter, device_time, received, fields, quality from telemetry_fresh f
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) < ($4, $5)
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)) as m
        order by device_time desc, counter desc limit $6";
    TRAFFIC = "select count(*), coalesce(sum(octet_length(fields)), 0) from (
        select fields from telemetry where series = $1 and device_time >= $2 and device_time < $3
        union all select fields from telemetry_fresh f where series = $1 and device_time >= $2 and device_time < $3
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)) as m";
    MESSAGES_COUNT = "select
        (select count(*) from telemetry where series = $1 and device_time >= $2 and device_time < $3)
        + (select count(*) from telemetry_fresh f where series = $1 and device_time >= $2 and device_time < $3
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter))";
    MESSAGES_SAMPLED = "select device_time, fields, quality from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and counter % $4 = 0
        union all select device_time, fields, quality from telemetry_fresh f
            where series = $1 and device_time >= $2 and device_time < $3 and counter % $4 = 0
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)";
    COUNTERS = "select counter from (
        select * from (select counter from telemetry where series = $1 and counter > $2
            order by counter limit $3) as a
        union all select counter from telemetry_fresh f where series = $1 and counter > $2
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)) as m
        order by counter limit $3";

    MESSAGE = "select counter, device_time, received, fields, quality from telemetry where series = $1 and counter = $2
        union all select counter, device_time, received, fields, quality from telemetry_fresh f
            where series = $1 and counter = $2
            and not exists (select 1 from telemetry p where p.series = f.series and p.counter = f.counter)";
    MESSAGES_LAST = "select s.device, s.stream, d.product, t.counter, t.device_time, t.received, t.fields, t.quality
        from series s join device d on d.id = s.device
        join telemetry t on t.series = s.id and t.counter = (select max(counter) from telemetry where series = s.id)
        where s.id > $1 order by s.id limit $2";
    MESSAGES_FRESH = "select s.device, s.stream, d.product, t.counter, t.device_time, t.received, t.fields, t.quality
        from telemetry_fresh t join series s on s.id = t.series join device d on d.id = s.device order by t.id";

    RUNS = "select first, last from telemetry_run where series = $1 order by first";
    RUNS_NEAR = "select first, last from telemetry_run
        where series = $1 and first <= $2 and last >= $3 order by first";
    RUN_ADD = "insert into telemetry_run (series, first, last) values ($1, $2, $3)";
    RUN_GROW = "update telemetry_run set last = $1 where series = $2 and first = $3";
    RUN_DROP = "delete from telemetry_run where series = $1 and first = $2";
    RUNS_OLDEST = "select first, last from telemetry_run where series = $1 order by first limit 2";
    RUNS_COUNT = "select count(*) from telemetry_run where series = $1";
    FRESH_COUNTERS = "select counter from telemetry_fresh where series = $1 order by counter";
    UNLISTED_ADD = "insert into telemetry_count (series, unlisted, repeats) values ($1, $2, 0)
        on conflict (series) do update set unlisted = telemetry_count.unlisted + excluded.unlisted";
    REPEATS_ADD = "insert into telemetry_count (series, unlisted, repeats) values ($1, 0, $2)
        on conflict (series) do update set repeats = telemetry_count.repeats + excluded.repeats";
    SERIES_COUNT = "select unlisted, repeats from telemetry_count where series = $1";
    SHED_ADD = "insert into telemetry_shed (series, first, last, reason, declared) values ($1, $2, $3, $4, $5)
        on conflict (series, first) do update set last = excluded.last, reason = excluded.reason,
            declared = excluded.declared where excluded.last > telemetry_shed.last";
    SHED_PRUNE = "delete from telemetry_shed where series = $1 and first <
        (select min(first) from (select first from telemetry_shed where series = $1 order by first desc limit $2) as kept)";
    SHEDS = "select first, last, reason from telemetry_shed where series = $1 order by first";

    PROOF_ADD = "insert into telemetry_proof (series, first, last, readings, signature, key, forwarder, received)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    PROOFS = "select id, first, last, readings, signature, key, forwarder, received from telemetry_proof
        where series = $1 and last >= $2 and first <= $3 and id > $4 order by id limit $5";

    ASIDE_ADD = "insert into telemetry_aside (device, stream, reason, field, waits, received, payload)
        select id, $1, $2, $3, $4, $5, $6 from device where id = $7";
    ASIDE_PRUNE = "delete from telemetry_aside where device = $1 and id <
        (select min(id) from (select id from telemetry_aside where device = $1 order by id desc limit $2) as kept)";
    ASIDES = "select id, device, stream, reason, field, waits, received, payload from telemetry_aside
        where device = $1 and id < $2 order by id desc limit $3";
    ASIDES_WAITING = "select a.id, a.device, a.stream, a.reason, a.field, a.waits, a.received, a.payload
        from telemetry_aside a join device d on d.id = a.device
        where d.product = $1 and a.waits = 1 and a.id > $2 order by a.id limit $3";
    ASIDE_DROP = "delete from telemetry_aside where id = $1";
    ASIDE_SINCE = "select count(*) from telemetry_aside where device = $1 and stream = $2 and received >= $3";
    FAULT_ADD = "insert into telemetry_fault (device, stream, field, reason, count, last)
        select id, $1, $2, $3, 1, $4 from device where id = $5
        on conflict (device, stream, field, reason) do update
            set count = telemetry_fault.count + 1, last = excluded.last";
    FAULTS = "select stream, field, reason, count, last from telemetry_fault where device = $1
        order by stream, field, reason";
    FAULTS_COUNT = "select count(*) from telemetry_fault where device = $1";

    LOG_ADD = "insert into device_log (device, counter, line, level, code, text, device_time, received)
        select id, $1, $2, $3, $4, $5, $6, $7 from device where id = $8 on conflict (device, counter, line) do nothing";
    LOGS = "select counter, line, level, code, text, device_time, received from device_log
        where device = $1 and (counter, line) < ($2, $3) order by counter desc, line desc limit $4";
    LOG_PRUNE = "delete from device_log where device = $1 and counter <
        (select min(counter) from (select counter from device_log where device = $1
            order by counter desc, line desc limit $2) as kept)";

    RETENTION_SERIES = "select s.id from series s join device d on d.id = s.device
        where d.product = $1 and s.stream = $2 and s.id > $3 order by s.id limit $4";
    RETENTION_DROP = "delete from telemetry where series = $1 and counter in
        (select counter from telemetry where series = $1 and device_time < $2 and received < $3
            order by device_time limit $4)";
    RETENTION_ASIDE = "delete from telemetry_aside where id in
        (select id from telemetry_aside where received < $1 order by received, id limit $2)";
    RETENTION_LOG = "delete from device_log where (device, counter, line) in
        (select device, counter, line from device_log where received < $1 limit $2)";
    RETENTION_NOTE = "insert into telemetry_retention (product, stream, deleted, deleted_last, last_run)
        values ($1, $2, $3, $3, $4) on conflict (product, stream) do update
        set deleted = telemetry_retention.deleted + excluded.deleted, deleted_last = excluded.deleted_last,
            last_run = excluded.last_run";
    RETENTIONS = "select product, stream, deleted, deleted_last, last_run from telemetry_retention
        order by product, stream";
    FRESH_BEFORE = "select max(id) from telemetry_fresh where received < $1";

    EVENT_ADD = "insert into device_event (device, counter, kind, text, device_time, received)
        select id, $1, $2, $3, $4, $5 from device where id = $6 on conflict (device, counter) do nothing";
    EVENTS = "select device, counter, kind, text, device_time, received from device_event
        where device = $1 and counter < $2 order by counter desc limit $3";

    TALLY_ADD = "insert into tally (name, count) values ($1, $2)
        on conflict (name) do update set count = tally.count + excluded.count";
    TALLY = "select count from tally where name = $1";
}
