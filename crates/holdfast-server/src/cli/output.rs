//! Printing results: a table for people, JSON for programs. The only place of the command line that prints or asks.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use holdfast_core::time::Timestamp;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::{Exit, Failure, Format};

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

/// A column of a table: its title and the JSON pointer of its value.
pub(super) type Column = (&'static str, &'static str);

/// What a progress bar counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Bytes, shown as kB and MB.
    Bytes,
    /// Lines.
    Lines,
}

impl Output {
    /// Output in this format.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether programs read us.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Prints a list of records.
    pub(crate) fn list(self, items: &[Value], columns: &[Column], when_empty: &str) {
        if self.is_json() {
            print(&pretty(&Value::Array(items.to_vec())));
        } else if items.is_empty() {
            print(when_empty);
        } else {
            print(&rows(items, columns, new_table().width()));
        }
    }

    /// Prints one record: all of it as JSON, or chosen fields as lines.
    pub(crate) fn item(self, item: &Value, fields: &[Column]) {
        print(&if self.is_json() { pretty(item) } else { lines(item, fields, "") });
    }

    /// Prints that something was done: a sentence, or the record as JSON.
    pub(super) fn done(self, sentence: &str, item: &Value) {
        print(&if self.is_json() { pretty(item) } else { sentence.to_owned() });
    }

    /// Prints why a command failed, to standard error, and returns its exit code.
    pub(super) fn failure(self, failure: &Failure) -> Exit {
        let text = if self.is_json() {
            pretty(&json!({"error": {"name": failure.name, "text": failure.text, "exit": failure.exit as u8}}))
        } else {
            format!("holdfast: {failure}")
        };
        progress(&text);
        failure.exit
    }

    /// A bar on standard error for something that takes its time; nothing is drawn for programs and into files.
    pub(super) fn bar(self, what: &'static str, total: u64, unit: Unit) -> ProgressBar {
        let target = if self.is_json() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let template = match unit {
            Unit::Bytes => "{msg} {wide_bar} {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left",
            Unit::Lines => "{msg} {wide_bar} {pos} of {len} lines, {eta} left",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(total), target).with_style(style).with_message(what)
    }
}

/// Asks on the terminal unless it was answered before; without a terminal the command is refused as incomplete.
pub(super) fn confirmed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::usage(format!("{question} Say --yes, or run this on a terminal")));
    }
    progress(&format!("{question} [y/N]"));
    let mut line = String::new();
    input.lock().read_line(&mut line).map_err(Failure::fault)?;
    if matches!(line.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::refused("not-confirmed", "nothing was changed"))
}

/// A moment as people read it, to the second, in UTC.
pub(super) fn moment(value: &Value) -> String {
    value.as_i64().map_or_else(
        || "–".to_owned(),
        |micros| {
            let text = Timestamp::from_micros(micros).to_string();
            let seconds = text.split_once('.').map_or(text.as_str(), |(seconds, _)| seconds);
            format!("{}Z", seconds.replace('T', " "))
        },
    )
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Records as a table, or one below the other where a table would tear a word apart: an id in two pieces is no id.
fn rows(items: &[Value], columns: &[Column], width: Option<u16>) -> String {
    let mut table = new_table();
    if let Some(width) = width {
        table.set_width(width);
    }
    let cells = |item| columns.iter().map(move |(_, pointer)| cell(item, pointer));
    table.set_header(columns.iter().map(|(title, _)| *title));
    for item in items {
        table.add_row(cells(item));
    }
    let text = table.to_string();
    let whole = |cell: String| cell.split_whitespace().all(|word| text.contains(word));
    if items.iter().flat_map(cells).all(whole) {
        return text;
    }
    let block = |item: &Value| match columns.split_first() {
        Some(((_, key), rest)) => format!("{}\n{}", cell(item, key), lines(item, rest, "  ")),
        None => String::new(),
    };
    items.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

fn lines(item: &Value, fields: &[Column], indent: &str) -> String {
    let widest = fields.iter().map(|(title, _)| title.chars().count()).max().unwrap_or(0);
    let line = |(title, pointer): &Column| format!("{indent}{title:widest$}  {}", cell(item, pointer));
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// One cell; members that end in `_us` are moments.
fn cell(item: &Value, pointer: &str) -> String {
    match item.pointer(pointer) {
        Some(value) if pointer.ends_with("_us") => moment(value),
        Some(value) => words(value),
        None => "–".to_owned(),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "–".to_owned(),
        Value::Array(list) => list.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) if fields.is_empty() => "–".to_owned(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}={}", words(value))).collect::<Vec<_>>().join(" ")
        }
    }
}

/// Prints to standard output; a reader that went away is not an error.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Prints progress to standard error.
pub fn progress(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] =
        &[("Device", "/id"), ("Online", "/online"), ("Fields", "/fields"), ("Last seen", "/last_seen_us")];

    fn devices() -> Vec<Value> {
        vec![
            json!({"id": "hearth-0001", "online": true, "fields": {"a": 1, "b": "x"}, "last_seen_us": 1_795_408_200_123_456_i64}),
            json!({"id": "hearth-0002", "online": false, "fields": {}, "last_seen_us": null}),
        ]
    }

    #[test]
    fn a_cell_is_in_words_and_a_moment_is_readable() {
        let rows = rows(&devices(), COLUMNS, None);
        for seen in ["hearth-0001", "yes", "a=1 b=x", "2026-11-23 04:30:00Z", "hearth-0002", "no", "–"] {
            assert!(rows.contains(seen), "{seen} in\n{rows}");
        }
    }

    #[test]
    fn a_narrow_terminal_gets_one_record_below_the_other_and_never_a_torn_id() {
        let long: Vec<Value> =
            (1..=2).map(|n| json!({"id": format!("0193{n}000-0000-7000-8000-000000000000")})).collect();
        for width in [30, 40, 60, 80, 200] {
            let text = rows(&long, COLUMNS, Some(width));
            assert!(text.contains("01931000-0000-7000-8000-000000000000"), "{width}:\n{text}");
        }
        let narrow = rows(&devices(), COLUMNS, Some(40));
        let first = "hearth-0001\n  Online     yes\n  Fields     a=1 b=x\n  Last seen  2026-11-23 04:30:00Z";
        assert!(narrow.starts_with(first), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    }
}
