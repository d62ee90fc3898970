//! Interface of the room `telemetry`: stored messages of a stream.

use std::collections::BTreeMap;

use axum::extract::State;
use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::people::access::Act;
use serde::Serialize;

use super::{List, Reply, us};
use crate::backend::fleet::{Message, MessageAsk, Reading};
use crate::door::App;
use crate::door::extract::{Asked, Ids};
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/api/v1/devices/{id}/telemetry/{stream}", Access::May(Act::ReadTelemetry), messages)
}

#[derive(Serialize)]
#[serde(untagged)]
enum ReadingDoc {
    Number(f64),
    Flag(bool),
    Text(String),
}

#[derive(Serialize)]
struct MessageRow {
    counter: u64,
    measured_us: i64,
    stored_us: i64,
    fields: BTreeMap<String, ReadingDoc>,
}

impl From<Message> for MessageRow {
    fn from(message: Message) -> Self {
        let reading = |reading| match reading {
            Reading::Number(n) => ReadingDoc::Number(n),
            Reading::Flag(flag) => ReadingDoc::Flag(flag),
            Reading::Text(text) => ReadingDoc::Text(text),
        };
        Self {
            counter: message.counter,
            measured_us: us(message.measured),
            stored_us: us(message.stored),
            fields: message.fields.into_iter().map(|(name, value)| (name, reading(value))).collect(),
        }
    }
}

async fn messages(
    State(app): State<App>,
    Ids(device, stream): Ids<DeviceId, StreamId>,
    Asked(query): Asked,
) -> Reply<List<MessageRow>> {
    let query = query.only(&["from", "to", "after", "limit"])?;
    let ask = MessageAsk {
        from: query.parsed("from")?.map(Timestamp::from_micros),
        to: query.parsed("to")?.map(Timestamp::from_micros),
        page: query.page()?,
    };
    Ok(List::of(app.ask(move |b| b.messages(&device, &stream, &ask)).await?, MessageRow::from))
}
