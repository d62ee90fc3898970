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

use super::{List, Reply, us};
use crate::backend::fleet::{ChartAsk, Message, MessageAsk, Reading};
use crate::door::App;
use crate::door::extract::{Asked, Ids, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes.get("/api/v1/devices/{id}/telemetry/{stream}", Access::May(Act::ReadTelemetry), messages);
    beside::routes(routes)
}

/// Rows of one CSV file.
const CSV_ROWS: u16 = 500;

#[derive(Serialize)]
#[serde(untagged)]
enum ReadingDoc {
    Number(f64),
    Flag(bool),
    Text(String),
    Redacted { redacted: bool },
}

#[derive(Serialize)]
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

/// Messages newest first; with `points` the series in so many points; with `format=csv` a table.
async fn messages(
    State(app): State<App>,
    Who(caller): Who,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Result<Response, Problem> {
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
        return Ok(series::answer(&app, device, stream, ask).await?.into_response());
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
    if csv { Ok(series::csv(&rows, &name)) } else { Ok(List::of(rows, MessageRow::from).into_response()) }
}

type Listed<T> = Reply<List<T>>;
