//! Statements about messages and events of devices. Messages stand in `telemetry`, the newest in `telemetry_fresh`.

use super::catalogue;

catalogue! { TELEMETRY:
    SERIES = "select id from series where device = $1 and stream = $2";
    SERIES_ADD = "insert into series (device, stream) select id, $1 from device where id = $2 returning id";
    STREAMS = "select s.stream, s.id from series s where s.device = $1 order by s.stream";

    FRESH_ADD = "insert into telemetry_fresh (id, series, counter, device_time, received, fields)
        values ($1, $2, $3, $4, $5, $6)";
    FRESH_ALL = "select id, series, counter from telemetry_fresh order by id";
    FRESH_MOVE = "insert into telemetry (series, counter, device_time, received, fields)
        select series, counter, device_time, received, fields from telemetry_fresh where id <= $1
        order by series, counter";
    FRESH_DROP = "delete from telemetry_fresh where id <= $1";
    MESSAGE_KNOWN = "select counter from telemetry where series = $1 and counter = $2";
    MESSAGE_HIGHEST = "select coalesce(max(counter), -1) from telemetry where series = $1";

    MESSAGES = "select counter, device_time, received, fields from (
        select * from (select counter, device_time, received, fields from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) > ($4, $5)
            order by device_time, counter limit $6) as a
        union all select counter, device_time, received, fields from telemetry_fresh
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) > ($4, $5)) as m
        order by device_time, counter limit $6";
    MESSAGES_NEWEST = "select counter, device_time, received, fields from (
        select * from (select counter, device_time, received, fields from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) < ($4, $5)
            order by device_time desc, counter desc limit $6) as a
        union all select counter, device_time, received, fields from telemetry_fresh
            where series = $1 and device_time >= $2 and device_time < $3 and (device_time, counter) < ($4, $5)) as m
        order by device_time desc, counter desc limit $6";
    MESSAGES_COUNT = "select
        (select count(*) from telemetry where series = $1 and device_time >= $2 and device_time < $3)
        + (select count(*) from telemetry_fresh where series = $1 and device_time >= $2 and device_time < $3)";
    MESSAGES_SAMPLED = "select device_time, fields from telemetry
            where series = $1 and device_time >= $2 and device_time < $3 and counter % $4 = 0
        union all select device_time, fields from telemetry_fresh
            where series = $1 and device_time >= $2 and device_time < $3 and counter % $4 = 0";
    COUNTERS = "select counter from (
        select * from (select counter from telemetry where series = $1 and counter > $2
            order by counter limit $3) as a
        union all select counter from telemetry_fresh where series = $1 and counter > $2) as m
        order by counter limit $3";

    EVENT_ADD = "insert into device_event (device, counter, kind, text, device_time, received)
        select id, $1, $2, $3, $4, $5 from device where id = $6 on conflict (device, counter) do nothing";
    EVENTS = "select device, counter, kind, text, device_time, received from device_event
        where device = $1 and counter < $2 order by counter desc limit $3";

    TALLY_ADD = "insert into tally (name, count) values ($1, $2)
        on conflict (name) do update set count = tally.count + excluded.count";
    TALLY = "select count from tally where name = $1";
}
