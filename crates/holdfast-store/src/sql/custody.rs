//! Statements about readers, tags, sightings and replaced units.

use super::catalogue;

macro_rules! reader {
    ($rest:literal) => {
        concat!("select id, station, place, band, secret_hash, added, retired from reader ", $rest)
    };
}

macro_rules! sighting {
    ($rest:literal) => {
        concat!(
            "select s.tag, s.reader, s.at, s.received, s.doubt, t.device, r.id, r.station, r.place, r.band, r.secret_hash,
            r.added, r.retired from sighting s join tag t on t.id = s.tag join reader r on r.id = s.reader ",
            $rest
        )
    };
}

catalogue! { CUSTODY:
    READERS = reader!("order by id limit $1");
    READER = reader!("where id = $1");
    READER_BY_HASH = reader!("where secret_hash = $1");
    READER_ADD = "insert into reader (id, station, place, band, secret_hash, added) values ($1, $2, $3, $4, $5, $6)";
    READER_RETIRE = "update reader set retired = $1 where id = $2 and retired is null";

    TAG = "select id, device, kind, bound from tag where id = $1";
    TAGS_OF_DEVICE = "select id, device, kind, bound from tag where device = $1 order by bound, id";
    TAG_ADD = "insert into tag (id, device, kind, bound) values ($1, $2, $3, $4)";

    SIGHTING_ADD = "insert into sighting (tag, at, reader, received, doubt) values ($1, $2, $3, $4, $5)
        on conflict (tag, at, reader) do nothing";
    SIGHTINGS_OF_DEVICE = sighting!("where t.device = $1 and s.at <= $2 order by s.at desc, s.tag, s.reader limit $3");
    SIGHTINGS_NEWEST = sighting!("where s.received < $1 order by s.received desc, s.tag, s.at limit $2");

    REPLACEMENT_ADD = "insert into replacement (old, new, at) values ($1, $2, $3)";
    REPLACEMENTS_OF = "select old, new, at from replacement where old = $1 or new = $1 order by at";
}
