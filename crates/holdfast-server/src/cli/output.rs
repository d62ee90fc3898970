//! Printing results: a table for people, JSON for programs. The only place of the command line that prints.

use std::io::Write as _;

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use serde_json::{Value, json};

use super::{Exit, Failure, Format};

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

/// A column of a table: its title and the JSON pointer of its value.
pub(super) type Column = (&'static str, &'static str);

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
    pub fn list(self, items: &[Value], columns: &[Column], when_empty: &str) {
        if self.is_json() {
            return print(&pretty(&Value::Array(items.to_vec())));
        }
        if items.is_empty() {
            return print(when_empty);
        }
        let mut table = new_table();
        table.set_header(columns.iter().map(|(title, _)| *title));
        for item in items {
            table.add_row(columns.iter().map(|(_, pointer)| cell(item, pointer)));
        }
        print(&table.to_string());
    }

    /// Prints one record: all of it as JSON, or chosen fields as lines.
    pub fn item(self, item: &Value, fields: &[Column]) {
        if self.is_json() {
            return print(&pretty(item));
        }
        let mut table = new_table();
        for (title, pointer) in fields {
            table.add_row([(*title).to_owned(), cell(item, pointer)]);
        }
        print(&table.to_string());
    }

    /// Prints that something was done: a sentence, or the record as JSON.
    pub fn done(self, sentence: &str, item: &Value) {
        print(&if self.is_json() { pretty(item) } else { sentence.to_owned() });
    }

    /// Prints why a command failed, to standard error, and returns its exit code.
    pub fn failure(self, failure: &Failure) -> Exit {
        let text = if self.is_json() {
            pretty(&json!({"error": {"name": failure.name, "text": failure.text, "exit": failure.exit as u8}}))
        } else {
            format!("holdfast: {failure}")
        };
        let _ = writeln!(std::io::stderr(), "{text}");
        failure.exit
    }
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// One cell; members that end in `_us` are moments.
fn cell(item: &Value, pointer: &str) -> String {
    let value = item.pointer(pointer);
    if let (true, Some(micros)) = (pointer.ends_with("_us"), value.and_then(Value::as_i64)) {
        return holdfast_core::time::Timestamp::from_micros(micros).to_string();
    }
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
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
