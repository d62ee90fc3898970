//! Makes `docs/mqtt-conformance.md` from the list of MQTT 5.0's statements and the tests that name them.
//!
//! The table is computed, so it cannot claim a test that does not exist; `cargo xtask tidy` fails when it is out of date.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use crate::run;

/// What becomes of each statement.
const LIST: &str = "crates/holdfast-core/testdata/mqtt/statements.txt";
/// Which tests show that what is announced as missing is refused.
const PROOFS: &str = "crates/holdfast-core/testdata/mqtt/proofs.txt";
/// Where tests stand that name statements, or that the proofs name.
const SOURCES: &[&str] = &[
    "crates/holdfast-core/src/mqtt/tests.rs",
    "crates/holdfast-core/src/mqtt/tests/round_trip.rs",
    "crates/holdfast-core/src/mqtt/session/tests.rs",
    "crates/holdfast-core/src/mqtt/session/tests/downward.rs",
    "crates/holdfast-core/src/mqtt/session/hints.rs",
    "crates/holdfast-core/src/mqtt/client/tests.rs",
    "crates/holdfast-server/src/gateway/registry.rs",
];
/// Where the table goes.
const TABLE: &str = "docs/mqtt-conformance.md";

/// Names of tests, by what they show.
type Tests = BTreeMap<String, BTreeSet<String>>;

/// What stands above the table.
const HEAD: &str = "\
# MQTT 5.0 conformance

One row for each of the 251 normative statements of MQTT Version 5.0 (OASIS Standard, 7 March 2019). This file is made by
`cargo xtask mqtt-table` from `crates/holdfast-core/testdata/mqtt/statements.txt` and from the tests that name a statement;
`cargo xtask tidy` fails when the two differ.

- **kept**: a test names the statement and shows that it is kept.
- **absent**: it concerns a feature that the server announces as unavailable in CONNACK, or that it never uses. Who uses the
  feature nevertheless is refused with the standard's reason code and a name; the test shows the refusal.
- **by structure**: types or structure leave no way to break it; there is nothing that a test could do.
- **narrowed**: less is accepted than the statement asks for, by a right that another statement gives.

What a client meets at this door: quality of service 0 and 1; no retained messages, wills, wildcards, shared subscriptions,
subscription identifiers, topic aliases or sessions that outlive their connection; client id = device id = certificate;
topics of the device's own tree only. PUBACK means that the message is on disk. MQTT 3.1.1 is spoken too, within the same limits.

Real clients that are run against the door in the tests: `mosquitto_pub` and `mosquitto_sub` (5.0 and 3.1.1), paho-mqtt for Python
(5.0 and 3.1.1), MQTT.js (5.0 and 3.1.1).

";

/// `cargo xtask mqtt-table`.
pub(crate) fn write() -> Result<(), String> {
    let table = table()?;
    fs::write(run::root().join(TABLE), table).map_err(|why| format!("{TABLE}: {why}"))?;
    run::say(&format!("written: {TABLE}"));
    Ok(())
}

/// Whether the table in the repository is the one that the tests give.
pub(crate) fn check(faults: &mut Vec<String>) -> Result<(), String> {
    if read(TABLE).unwrap_or_default() != table()? {
        faults.push(format!("{TABLE} is out of date; run `cargo xtask mqtt-table`"));
    }
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(run::root().join(path)).map_err(|why| format!("{path}: {why}"))
}

fn table() -> Result<String, String> {
    let (named, functions) = tests()?;
    let proofs = proofs(&functions)?;
    let mut rows = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in read(LIST)?.lines() {
        let (id, state) = line.split_once(' ').ok_or_else(|| format!("{LIST}: {line}"))?;
        let (class, why) = state.split_once(": ").unwrap_or((state, ""));
        let proven = if class == "tested" { named.get(id) } else { proofs.get(why) };
        let verdict = match class {
            "tested" | "type" | "shell" if proven.is_some() => "kept",
            "absent" => "absent",
            "narrowed" => "narrowed",
            "type" | "shell" => "by structure",
            other => return Err(format!("{LIST}: {id}: no such class: {other}")),
        };
        if verdict != "by structure" && proven.is_none_or(BTreeSet::is_empty) {
            return Err(format!("{id} ({why}) names no test"));
        }
        *counts.entry(verdict).or_default() += 1;
        let tests: Vec<String> = proven.into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(rows, "| {id} | {verdict} | {why} | {} |", tests.join("<br>"));
    }
    let total: Vec<String> = counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let sum: usize = counts.values().sum();
    Ok(format!(
        "{HEAD}{sum} statements: {}.\n\n| statement | verdict | how | tests |\n|---|---|---|---|\n{rows}",
        total.join(", ")
    ))
}

/// Which test functions name which statement, and all functions there are.
fn tests() -> Result<(Tests, BTreeSet<String>), String> {
    let mut named = Tests::new();
    let mut functions = BTreeSet::new();
    for path in SOURCES {
        let source = read(path)?;
        // A table of cases stands in a function that a test calls: its name leads to the test.
        let callers = callers(&source);
        let mut inside = String::new();
        for line in source.lines() {
            if let Some(name) = function(line) {
                name.clone_into(&mut inside);
                functions.insert(inside.clone());
            }
            for (at, _) in line.match_indices("MQTT-") {
                if line.get(..at).is_some_and(|before| before.ends_with("3.1.1 ")) {
                    continue;
                }
                let id: String = line.get(at..).unwrap_or_default().chars().take_while(|c| is_of_an_id(*c)).collect();
                let id = id.trim_end_matches('.').to_owned();
                let tests = named.entry(id).or_default();
                tests.extend(callers.get(&inside).cloned().unwrap_or_else(|| BTreeSet::from([inside.clone()])));
            }
        }
    }
    Ok((named, functions))
}

fn is_of_an_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

fn function(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    let rest = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// For each function that is not a test itself: the tests that call it.
fn callers(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tests = BTreeSet::new();
    let mut others = BTreeSet::new();
    let mut marked = false;
    for line in source.lines() {
        marked |= line.trim_start().starts_with("#[test]") || line.trim_start().starts_with("#[tokio::test");
        if let Some(name) = function(line) {
            if std::mem::take(&mut marked) {
                tests.insert(name.to_owned())
            } else {
                others.insert(name.to_owned())
            };
        }
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut inside = String::new();
    for line in source.lines() {
        if let Some(name) = function(line) {
            name.clone_into(&mut inside);
            continue;
        }
        for other in others.iter().filter(|other| tests.contains(&inside) && line.contains(&format!("{other}("))) {
            found.entry(other.clone()).or_default().insert(inside.clone());
        }
    }
    found
}

fn proofs(functions: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let mut proofs = BTreeMap::new();
    for line in read(PROOFS)?.lines() {
        let (why, tests) = line.split_once(" => ").ok_or_else(|| format!("{PROOFS}: {line}"))?;
        let tests: BTreeSet<String> = tests.split(", ").map(str::to_owned).collect();
        if let Some(absent) = tests.iter().find(|test| !functions.contains(*test)) {
            return Err(format!("{PROOFS}: there is no test {absent}"));
        }
        proofs.insert(why.to_owned(), tests);
    }
    Ok(proofs)
}
