//! The house rules that no compiler knows: who may depend on whom, sizes, headers, and documents that tell the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::{run, statements};

/// Allowed edges between our crates (ARCHITECTURE.md, "Crates"). Anything else fails.
const EDGES: &[(&str, &[&str])] = &[
    ("holdfast-core", &[]),
    ("holdfast-domain", &["holdfast-core"]),
    ("holdfast-store", &["holdfast-core", "holdfast-domain"]),
    ("holdfast-web", &["holdfast-core", "holdfast-domain"]),
    ("holdfast-server", &["holdfast-core", "holdfast-domain", "holdfast-store", "holdfast-web"]),
    ("holdfast-agent", &["holdfast-core"]),
    (
        "holdfast-sim",
        &["holdfast-core", "holdfast-domain", "holdfast-store", "holdfast-web", "holdfast-server", "holdfast-agent"],
    ),
    ("xtask", &[]),
];
/// Most lines of production code in one file.
const FILE_LINES_MAX: usize = 500;
/// Most lines of a file's opening comment.
const HEADER_LINES_MAX: usize = 10;
/// Names that say nothing about what a thing is.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helpers", "misc", "manager", "service"];
/// Crates that must not be in the lock file: a second TLS provider, or one with unpatched faults.
const BANNED: &[&str] = &["openssl-sys", "native-tls", "rustls-pemfile", "rumqttc", "ring"];
/// Words that say that something was left undone.
const FOREIGN: &[&str] = &["TODO", "FIXME", "XXX"];

/// `cargo xtask tidy`.
pub(crate) fn check() -> Result<(), String> {
    run::say("── tidy");
    let mut faults = Vec::new();
    edges(&mut faults)?;
    built(&mut faults)?;
    rooms(&mut faults);
    let mut files = Vec::new();
    for dir in ["crates", "xtask", "fuzz"] {
        rust_files(&run::root().join(dir), &mut files);
    }
    for file in &files {
        source(file, &mut faults)?;
    }
    documents(&mut faults)?;
    decisions(&mut faults)?;
    statements::check(&mut faults)?;
    if faults.is_empty() {
        return Ok(());
    }
    faults.sort();
    Err(format!("tidy found {} fault(s):\n  {}", faults.len(), faults.join("\n  ")))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(run::root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", shown(path)))
}

fn edges(faults: &mut Vec<String>) -> Result<(), String> {
    let metadata = run::output(run::cargo(&["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).map_err(|why| format!("cargo metadata: {why}"))?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    if packages.len() > 10 {
        faults.push(format!("{} workspace members; ten is the limit", packages.len()));
    }
    for package in &packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(may) = allowed.get(name) else {
            faults.push(format!("crate {name} is not in the table of edges"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            if to.starts_with("holdfast-") && !may.contains(&to) {
                faults.push(format!("{name} must not know {to}"));
            }
        }
    }
    Ok(())
}

/// What is really built, on any target: a lock file also lists what optional features could bring.
fn built(faults: &mut Vec<String>) -> Result<(), String> {
    let args = [
        "tree",
        "--workspace",
        "--edges",
        "normal,build,dev",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    ];
    let tree = run::output(run::cargo(&args))?;
    let allowed = allowed_licences()?;
    let mut seen = BTreeSet::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (package, licence) = line.trim_end_matches(" (*)").split_once('|').unwrap_or((line, ""));
        let name = package.split(' ').next().unwrap_or_default();
        if !seen.insert(name.to_owned()) {
            continue;
        }
        if BANNED.contains(&name) {
            faults.push(format!("{name} is built, but banned (deny.toml says why)"));
        }
        if !may_be_used(licence, &allowed) {
            faults.push(format!("{name} has the licence `{licence}`, which deny.toml does not allow"));
        }
    }
    Ok(())
}

/// The licences that deny.toml allows: the quoted words between `allow = [` and `]`.
fn allowed_licences() -> Result<BTreeSet<String>, String> {
    let text = read(&run::root().join("deny.toml"))?;
    let list = text.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    Ok(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

/// Whether an SPDX expression can be satisfied. Parentheses only ever group alternatives in what we use.
fn may_be_used(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|licence| allowed.contains(licence.trim())))
}

/// Each room of `domain` has its file in `store`.
fn rooms(faults: &mut Vec<String>) {
    let crates = run::root().join("crates");
    for room in ["fleet", "telemetry", "updates", "integrity", "people", "conformity"] {
        for layer in ["holdfast-domain", "holdfast-store"] {
            let file = crates.join(layer).join("src").join(format!("{room}.rs"));
            if !file.is_file() {
                faults.push(format!("{} is missing: the noun names its room in every layer", shown(&file)));
            }
        }
    }
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|n| n != "target") {
                rust_files(&path, into);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn source(path: &Path, faults: &mut Vec<String>) -> Result<(), String> {
    let text = read(path)?;
    let name = shown(path);
    let header = text.lines().take_while(|l| l.starts_with("//!")).count();
    if header == 0 {
        faults.push(format!("{name}: the first line must be a `//!` comment that says what the file owns"));
    } else if header > HEADER_LINES_MAX && !name.ends_with("lib.rs") {
        faults.push(format!("{name}: its opening comment has {header} lines; {HEADER_LINES_MAX} is the limit"));
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if stem == "mod" || EMPTY_NAMES.contains(&stem.as_str()) {
        faults.push(format!("{name}: name the thing (no mod.rs, util, common, helpers …)"));
    }
    let production = text.lines().take_while(|l| l.trim() != "#[cfg(test)]").count();
    let is_test = name.contains("/tests/") || stem == "tests";
    if production > FILE_LINES_MAX && !is_test {
        faults.push(format!("{name}: {production} lines of production code; {FILE_LINES_MAX} is the limit"));
    }
    if !name.starts_with("xtask/") {
        for word in FOREIGN {
            if text.contains(word) {
                faults.push(format!("{name}: holds `{word}`"));
            }
        }
        if text.contains("#[ignore") {
            faults.push(format!("{name}: an ignored test is no test"));
        }
    }
    Ok(())
}

/// Every path that ARCHITECTURE.md and README.md name in backticks must exist.
fn documents(faults: &mut Vec<String>) -> Result<(), String> {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        let path = run::root().join(document);
        if !path.is_file() {
            faults.push(format!("{document} is missing"));
            continue;
        }
        let text = read(&path)?;
        if document == "ARCHITECTURE.md" && text.lines().count() > 400 {
            faults.push("ARCHITECTURE.md has more than 400 lines".to_owned());
        }
        for named in text.split('`').skip(1).step_by(2) {
            let looks_like_path =
                ["crates/", "xtask/", "docs/", "examples/", "fuzz/", ".ci/"].iter().any(|p| named.starts_with(p));
            if looks_like_path && !named.contains(['*', '{', ' ']) && !run::root().join(named).exists() {
                faults.push(format!("{document} names `{named}`, which does not exist"));
            }
        }
    }
    Ok(())
}

/// Decision records are numbered without gaps, and each number once.
fn decisions(faults: &mut Vec<String>) -> Result<(), String> {
    let dir = run::root().join("docs/decisions");
    let entries = fs::read_dir(&dir).map_err(|why| format!("{}: {why}", shown(&dir)))?;
    let mut numbers = BTreeSet::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match name.get(..4).and_then(|n| n.parse::<u32>().ok()) {
            Some(n) if !numbers.insert(n) => faults.push(format!("docs/decisions: number {n:04} is used twice")),
            Some(_) => {}
            None => faults.push(format!("docs/decisions/{name}: its name must start with four digits")),
        }
    }
    for (expected, found) in (1..).zip(&numbers) {
        if expected != *found {
            faults.push(format!("docs/decisions: {expected:04} is missing"));
            break;
        }
    }
    Ok(())
}
