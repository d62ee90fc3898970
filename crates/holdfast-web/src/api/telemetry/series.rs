//! A stream in few points, with what is missing and how good it is; and messages as a table that spreadsheets read.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use holdfast_core::id::{DeviceId, StreamId};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{Reply, us};
use super::beside::ScoreDoc;
use crate::backend::Page;
use crate::backend::fleet::{ChartAsk, ChartLine, Message, Reading};
use crate::door::App;

/// Most points of a series.
pub(super) const POINTS_MAX: u16 = 2_000;

#[derive(Serialize, ToSchema)]
struct Line {
    field: String,
    unit: Option<String>,
    mean: Vec<Option<f64>>,
    min: Vec<Option<f64>>,
    max: Vec<Option<f64>>,
    doubtful: Vec<bool>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Series {
    device: String,
    stream: String,
    from_us: i64,
    to_us: i64,
    at_us: Vec<i64>,
    lines: Vec<Line>,
    quality: ScoreDoc,
}

/// The series of a stream: lowest, mean and highest value of each span; `null` where nothing came.
pub(super) async fn answer(app: &App, device: DeviceId, stream: StreamId, ask: ChartAsk) -> Reply<Series> {
    let (id, of) = (device.to_string(), stream.to_string());
    let (chart, account) =
        app.ask(move |b| Ok((b.chart(&device, &stream, ask)?, b.account(&device, &stream)?))).await?;
    let line = |line: ChartLine| Line {
        field: line.field.name,
        unit: line.field.unit,
        mean: line.values,
        min: line.low,
        max: line.high,
        doubtful: line.doubtful,
    };
    Ok(axum::Json(Series {
        device: id,
        stream: of,
        from_us: us(ask.from),
        to_us: us(ask.to),
        at_us: chart.at.into_iter().map(us).collect(),
        lines: chart.lines.into_iter().map(line).collect(),
        quality: ScoreDoc::from(account.score),
    }))
}

/// Messages as CSV (RFC 4180), newest first; no cell is a formula.
pub(super) fn csv(page: &Page<Message>, name: &str) -> Response {
    let fields: BTreeSet<&str> =
        page.rows.iter().flat_map(|message| message.fields.keys().map(String::as_str)).collect();
    let mut out = String::from("counter,measured,stored");
    for field in &fields {
        write!(out, ",{field}").unwrap_or_default();
    }
    out.push_str(",quality\r\n");
    for message in &page.rows {
        write!(out, "{},{},{}", message.counter, message.measured, message.stored).unwrap_or_default();
        for field in &fields {
            out.push(',');
            out.push_str(&cell(message.fields.get(*field)));
        }
        let quality: Vec<_> = message.quality.iter().map(|(field, word)| format!("{field}={word}")).collect();
        write!(out, ",{}\r\n", quoted(&quality.join(" "))).unwrap_or_default();
    }
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)], out).into_response()
}

fn cell(reading: Option<&Reading>) -> String {
    match reading {
        None => String::new(),
        Some(Reading::Number(n)) => n.to_string(),
        Some(Reading::Flag(flag)) => flag.to_string(),
        Some(Reading::Redacted) => "redacted".to_owned(),
        Some(Reading::Text(text)) => quoted(text),
    }
}

/// A text in quotes; one that a spreadsheet would compute gets an apostrophe before it.
fn quoted(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_never_becomes_a_formula_or_another_cell() {
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("@SUM(A1)"), "\"'@SUM(A1)\"");
        assert_eq!(quoted("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(cell(Some(&Reading::Number(-3.5))), "-3.5");
        assert_eq!(cell(Some(&Reading::Redacted)), "redacted");
        assert_eq!(quoted(""), "");
    }
}
