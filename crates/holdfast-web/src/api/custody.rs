//! Interface of the room `custody`: readers, tags, sightings, replacement of a unit.

use std::str::FromStr;

use axum::Extension;
use axum::extract::State;
use holdfast_core::id::{DeviceId, ReaderId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::custody::{Band, Doubt, Reader, Station, TagId, TagKind};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, no_device, us};
use crate::backend::custody::{CustodyChain, NewReader, Seen, Told};
use crate::door::App;
use crate::door::about::{About, Ask};
use crate::door::extract::{Asked, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::secret::Secret;

/// Most sightings of one message of a reader.
const SIGHTINGS_MAX: usize = 500;

const ADD_READER: About = About::new("Register a reader.").secret();
const SIGHTED: About = About::new("Tell which tags were seen.").more(
    "Sent by a reader with its own key. Each sighting is kept or refused by name; the whole message may be sent again, \
     what is kept already is kept once.",
);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    let order = Access::May(Act::ManageCustody);
    routes
        .api_get(
            "/api/v1/custody/readers",
            look,
            readers,
            About::new("Every reader of tags, retired ones too.").query(Ask::PAGE),
        )
        .api_post("/api/v1/custody/readers", order, add_reader, ADD_READER)
        .api_post(
            "/api/v1/custody/readers/{id}/retire",
            order,
            retire_reader,
            "End a reader: its key opens nothing more.",
        )
        .api_get(
            "/api/v1/custody/sightings",
            look,
            sightings,
            About::new("What readers saw, newest first.").query(Ask::PAGE),
        )
        .api_post("/api/v1/custody/sightings", Access::Reader, sighted, SIGHTED)
        .api_get(
            "/api/v1/devices/{id}/custody",
            look,
            custody,
            "A unit's tags, where they were seen, and what it replaced.",
        )
        .api_post("/api/v1/devices/{id}/tags", order, bind_tag, "Bind a tag to a unit.")
        .api_post("/api/v1/devices/{id}/replace", order, replace, "Put another unit in this one's place.")
}

#[derive(Serialize, ToSchema)]
struct ReaderRow {
    id: String,
    station: &'static str,
    place: String,
    band: &'static str,
    added_us: i64,
    retired_us: Option<i64>,
}

impl From<Reader> for ReaderRow {
    fn from(reader: Reader) -> Self {
        Self {
            id: reader.id.to_string(),
            station: reader.station.name(),
            place: reader.place,
            band: reader.band.name(),
            added_us: us(reader.added),
            retired_us: reader.retired.map(us),
        }
    }
}

async fn readers(State(app): State<App>, Asked(query): Asked) -> Reply<List<ReaderRow>> {
    let rows = app.ask(CustodyChain::readers).await?;
    List::cut(rows.into_iter().map(ReaderRow::from).collect(), &query.page()?, |row| row.id.clone())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReaderBody {
    id: String,
    station: String,
    place: String,
    band: String,
}

/// The secret stands in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
struct NewReaderDoc {
    id: String,
    key: String,
}

async fn add_reader(State(app): State<App>, Who(by): Who, Json(body): Json<ReaderBody>) -> Reply<NewReaderDoc> {
    let secret = Secret::from_random(app.ground().random());
    let new = NewReader {
        id: read(&body.id)?,
        station: one_of("station", &body.station, &Station::ALL, Station::name)?,
        band: one_of("band", &body.band, &Band::ALL, Band::name)?,
        place: body.place,
        secret_hash: secret.hash(),
    };
    app.ask(move |b| b.add_reader(&by, &new)).await?;
    Ok(axum::Json(NewReaderDoc { id: body.id, key: secret.reader_text() }))
}

async fn retire_reader(State(app): State<App>, Who(by): Who, Id(id): Id<ReaderId>) -> Reply<Done> {
    app.ask(move |b| b.retire_reader(&by, &id)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct SeenRow {
    device: String,
    tag: String,
    reader: String,
    station: &'static str,
    place: String,
    at_us: i64,
    received_us: i64,
    doubt: Option<&'static str>,
}

impl From<Seen> for SeenRow {
    fn from(seen: Seen) -> Self {
        Self {
            device: seen.device.to_string(),
            tag: seen.sighting.tag.to_string(),
            reader: seen.sighting.reader.to_string(),
            station: seen.station.name(),
            place: seen.place,
            at_us: us(seen.sighting.at),
            received_us: us(seen.sighting.received),
            doubt: seen.sighting.doubt.map(Doubt::name),
        }
    }
}

async fn sightings(State(app): State<App>, Asked(query): Asked) -> Reply<List<SeenRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.sightings(&page)).await?, SeenRow::from))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SightingsBody {
    items: Vec<SightingBody>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SightingBody {
    tag: String,
    at_us: i64,
}

#[derive(Serialize, ToSchema)]
struct ToldRow {
    tag: String,
    at_us: i64,
    kept: bool,
    doubt: Option<&'static str>,
    refused: Option<&'static str>,
}

/// `{"items":[{"tag":"urn:epc:…","at_us":…}]}` from a reader, with its key as bearer token. Each is kept or refused by name;
/// the whole message may be sent again, what is kept already is kept once.
async fn sighted(
    State(app): State<App>,
    Extension(reader): Extension<Reader>,
    Json(body): Json<SightingsBody>,
) -> Reply<List<ToldRow>> {
    if body.items.len() > SIGHTINGS_MAX {
        let detail = format!("At most {SIGHTINGS_MAX} sightings in one message.");
        return Err(Problem::malformed("sightings-too-many", detail));
    }
    let seen: Vec<(TagId, Timestamp)> = body
        .items
        .iter()
        .map(|item| Ok((read(&item.tag)?, Timestamp::from_micros(item.at_us))))
        .collect::<Result<_, Problem>>()?;
    let told = app.ask(move |b| b.sighted(&reader, &seen)).await?;
    let row = |(item, told): (SightingBody, Told)| {
        let (kept, doubt, refused) = match told {
            Told::Kept(doubt) => (true, doubt.map(Doubt::name), None),
            Told::Refused(name) => (false, None, Some(name)),
        };
        ToldRow { tag: item.tag, at_us: item.at_us, kept, doubt, refused }
    };
    Ok(List::whole(body.items.into_iter().zip(told).map(row).collect()))
}

#[derive(Serialize, ToSchema)]
struct TagRow {
    tag: String,
    kind: &'static str,
    bound_us: i64,
}

#[derive(Serialize, ToSchema)]
struct ReplacementRow {
    old: String,
    new: String,
    at_us: i64,
}

#[derive(Serialize, ToSchema)]
struct CustodyDoc {
    tags: Vec<TagRow>,
    seen: Vec<SeenRow>,
    replacements: Vec<ReplacementRow>,
    has_ended: bool,
}

async fn custody(State(app): State<App>, Id(id): Id<DeviceId>) -> Reply<CustodyDoc> {
    let found = app.ask(move |b| b.custody(&id)).await?.ok_or_else(no_device)?;
    let tag = |tag: holdfast_domain::fleet::custody::Tag| TagRow {
        tag: tag.id.to_string(),
        kind: tag.kind.name(),
        bound_us: us(tag.bound),
    };
    let replacement = |one: holdfast_domain::fleet::replacement::Replacement| ReplacementRow {
        old: one.old.to_string(),
        new: one.new.to_string(),
        at_us: us(one.at),
    };
    Ok(axum::Json(CustodyDoc {
        tags: found.tags.into_iter().map(tag).collect(),
        seen: found.seen.into_iter().map(SeenRow::from).collect(),
        replacements: found.replacements.into_iter().map(replacement).collect(),
        has_ended: found.has_ended,
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TagBody {
    tag: String,
    kind: String,
}

async fn bind_tag(
    State(app): State<App>,
    Who(by): Who,
    Id(id): Id<DeviceId>,
    Json(body): Json<TagBody>,
) -> Reply<Done> {
    let (tag, kind) = (read(&body.tag)?, one_of("kind", &body.kind, &TagKind::ALL, TagKind::name)?);
    app.ask(move |b| b.bind_tag(&by, &id, &tag, kind)).await?;
    Ok(done())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplaceBody {
    by: String,
}

/// `{"by": "hearth-0002"}`: that unit takes this one's place.
async fn replace(
    State(app): State<App>,
    Who(caller): Who,
    Id(old): Id<DeviceId>,
    Json(body): Json<ReplaceBody>,
) -> Reply<Done> {
    let new: DeviceId = read(&body.by)?;
    app.ask(move |b| b.replace_device(&caller, &old, &new)).await?;
    Ok(done())
}

fn read<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|why| Problem::malformed("id-malformed", format!("{why}.")))
}

fn one_of<T: Copy>(what: &str, word: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, Problem> {
    all.iter().copied().find(|one| name(*one) == word).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|one| name(*one)).collect();
        Problem::malformed("word-unknown", format!("`{what}` is one of: {}.", words.join(", ")))
    })
}

/// Reads any bytes as each body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    drop(serde_json::from_slice::<ReaderBody>(bytes));
    drop(serde_json::from_slice::<SightingsBody>(bytes));
    drop(serde_json::from_slice::<TagBody>(bytes));
    drop(serde_json::from_slice::<ReplaceBody>(bytes));
}
