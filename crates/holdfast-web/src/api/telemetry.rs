//! Interface of the room `telemetry`: messages of a stream, series in few points, CSV, and what surrounds them.

mod beside;
mod series;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::{Act, may};
use serde::Serialize;
use utoipa::ToSchema;

use super::{List, Reply, us};
use crate::backend::fleet::{ChartAsk, Message, MessageAsk, Reading};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::described::{Answers, Sketch};
use crate::door::extract::{Asked, Ids, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const MESSAGES: About = About::new("What a device measured, newest first.")
    .more("With `points` a series in so many points between `from` and `to`; with `format=csv` a table.")
    .query(&[
        Ask::of("from", Kind::Number(i64::MIN, i64::MAX), "Not before, microseconds since 1970."),
        Ask::of("to", Kind::Number(i64::MIN, i64::MAX), "Before, microseconds since 1970."),
        Ask::of("points", Kind::Number(1, 2_000), "A series in so many points; needs `from` and `to`."),
        Ask::of("format", Kind::Word(&["json", "csv"]), "How it is written."),
        Ask::AFTER,
        Ask::LIMIT,
    ])
    .gives(&["text/csv"]);

pub(super) fn routes(routes: Routes) -> Routes {
    let routes =
        routes.api_get("/api/v1/devices/{id}/telemetry/{stream}", Access::May(Act::ReadTelemetry), messages, MESSAGES);
    beside::routes(routes)
}

/// Rows of one CSV file.
const CSV_ROWS: u16 = 500;

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum ReadingDoc {
    Number(f64),
    Flag(bool),
    Text(String),
    Redacted { redacted: bool },
}

#[derive(Serialize, ToSchema)]
struct MessageRow {
    counter: u64,
    measured_us: i64,
    stored_us: i64,
    fields: BTreeMap<String, ReadingDoc>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    quality: BTreeMap<String, String>,
}

impl From<Message> for MessageRow {
    fn from(message: Message) -> Self {
        let reading = |reading| match reading {
            Reading::Number(n) => ReadingDoc::Number(n),
            Reading::Flag(flag) => ReadingDoc::Flag(flag),
            Reading::Text(text) => ReadingDoc::Text(text),
            Reading::Redacted => ReadingDoc::Redacted { redacted: true },
        };
        Self {
            counter: message.counter,
            measured_us: us(message.measured),
            stored_us: us(message.stored),
            fields: message.fields.into_iter().map(|(name, value)| (name, reading(value))).collect(),
            quality: message.quality,
        }
    }
}

/// The three forms in which measured values are told.
enum Told {
    Page(axum::Json<List<MessageRow>>),
    Series(axum::Json<series::Series>),
    Table(Response),
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => page.into_response(),
            Self::Series(series) => series.into_response(),
            Self::Table(table) => table,
        }
    }
}

impl Answers for Told {
    fn describe(sketch: &mut Sketch) {
        sketch.either::<List<MessageRow>, series::Series>();
    }
}

/// Messages newest first; with `points` the series in so many points; with `format=csv` a table.
async fn messages(
    State(app): State<App>,
    Who(caller): Who,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Result<Told, Problem> {
    let query = query.only(&["from", "to", "after", "limit", "points", "format"])?;
    let clear = may(caller.person.role, Act::ReadSensitive);
    let (from, to): (Option<i64>, Option<i64>) = (query.parsed("from")?, query.parsed("to")?);
    if let Some(points) = query.parsed::<u16>("points")? {
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Problem::malformed("range-absent", "A series needs from and to, in microseconds."));
        };
        if from >= to || !(1..=series::POINTS_MAX).contains(&points) {
            return Err(Problem::malformed("range-malformed", "from is before to, and points is 1 to 2000."));
        }
        let ask = ChartAsk { from: Timestamp::from_micros(from), to: Timestamp::from_micros(to), points, clear };
        return Ok(Told::Series(series::answer(&app, device, stream, ask).await?));
    }
    let csv = match query.text("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::malformed("format-unknown", "format is json or csv.")),
    };
    let mut page = query.page()?;
    if csv && query.text("limit").is_none() {
        page.rows = CSV_ROWS;
    }
    let ask = MessageAsk { from: from.map(Timestamp::from_micros), to: to.map(Timestamp::from_micros), page, clear };
    let name = format!("{device}-{stream}.csv");
    let rows = app.ask(move |b| b.messages(&device, &stream, &ask)).await?;
    Ok(if csv { Told::Table(series::csv(&rows, &name)) } else { Told::Page(List::of(rows, MessageRow::from)) })
}

type Listed<T> = Reply<List<T>>;
