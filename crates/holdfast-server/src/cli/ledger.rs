//! `holdfast ledger …`: the whole history as one file, and its check without any server.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use holdfast_core::id::{DeviceId, PersonId};
use holdfast_core::ledger::checkpoint::{Checkpoint, Origin};
use holdfast_core::ledger::note::NoteVerifier;
use holdfast_core::ledger::tree::{Frontier, leaf_hash};
use serde_json::{Value, json};

use super::answer::{items, member, number};
use super::client::Client;
use super::device::escaped;
use super::output::Unit;
use super::{Failure, Output};

/// Lines asked for at once.
const LINES_AT_ONCE: usize = 500;
/// Most bytes of one line of an exported ledger.
const LINE_BYTES_MAX: u64 = 64 * 1024;

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast ledger list --kind device-revoked
  holdfast ledger show 4711
  holdfast ledger export --out ledger.txt
  holdfast ledger verify ledger.txt --key 'holdfast.dev/ledger+…'    with the key as you noted it before";

/// Verbs of `ledger`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Entries, newest first.
    List {
        /// Only those that name this device.
        #[arg(long, conflicts_with_all = ["person", "kind"])]
        device: Option<DeviceId>,
        /// Only those that name this person.
        #[arg(long, conflicts_with = "kind")]
        person: Option<PersonId>,
        /// Only of this kind, such as `device-enrolled`.
        #[arg(long)]
        kind: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One entry with the proof that it is in the tree.
    Show {
        /// Its place, from 0.
        index: u64,
    },
    /// Write the whole ledger to a file: first its checkpoint and key, then one line an entry.
    Export {
        /// The file; it is replaced once everything is there.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check an exported ledger without any server: every hash, the root and the signature.
    Verify {
        /// The file.
        file: PathBuf,
        /// The ledger's verifier key, as you know it from elsewhere; without it, the key in the file is used and shown.
        #[arg(long, value_name = "VKEY")]
        key: Option<String>,
    },
}

/// Runs the verb; only `export` opens the profile.
pub(super) async fn run(verb: Verb, profile: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::List { device, person, kind, limit } => {
            let asked = [
                ("device", device.map(|id| id.to_string())),
                ("person", person.map(|id| id.to_string())),
                ("kind", kind.map(|kind| escaped(&kind))),
            ];
            let asked = asked.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}")));
            let path = format!("/api/v1/ledger/search?{}", asked.collect::<Vec<_>>().join("&"));
            let rows = Client::open(profile)?.all(&path, u64::from(limit)).await?;
            let columns = [("Entry", "/index"), ("When", "/at_us"), ("What", "/kind"), ("Leaf", "/leaf")];
            out.list(&rows, &columns, "No entry matches.");
            Ok(())
        }
        Verb::Show { index } => {
            let proof = Client::open(profile)?.get(&format!("/api/v1/ledger/entries/{index}")).await?;
            let fields = [
                ("Entry", "/entry/index"),
                ("When", "/entry/at_us"),
                ("What", "/entry/kind"),
                ("Leaf", "/entry/leaf"),
                ("Leaf hash", "/entry/leaf_hash"),
                ("Path to the root", "/path"),
                ("Tree size", "/size"),
                ("Root", "/root"),
            ];
            out.item(&proof, &fields);
            Ok(())
        }
        Verb::Export { out: file } => export(&Client::open(profile)?, &file, out).await,
        Verb::Verify { file, key } => verify(&file, key.as_deref(), out),
    }
}

/// Writes beside the file first, so that there is never half a ledger under its name.
async fn export(client: &Client, path: &Path, out: Output) -> Result<(), Failure> {
    let unwritten = |why: io::Error| Failure::usage(format!("{}: {why}", path.display()));
    let authority = client.get("/api/v1/authority").await?;
    let head = client.get("/api/v1/ledger/checkpoint").await?;
    let size = number(&head, "size");
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let mut file = BufWriter::new(File::create(&part).map_err(unwritten)?);
    let (origin, key) = (member(&authority, "ledger_origin"), member(&authority, "ledger_key"));
    let first = json!({"origin": origin, "key": key, "checkpoint": member(&head, "note")});
    writeln!(file, "{first}").map_err(unwritten)?;
    let bar = out.bar("Ledger", size, Unit::Lines);
    let copied = copy(client, size, &mut file, &bar).await;
    bar.finish_and_clear();
    copied.inspect_err(|_| drop(std::fs::remove_file(&part)))?;
    let file = file.into_inner().map_err(|why| unwritten(why.into_error()))?;
    file.sync_all().and_then(|()| std::fs::rename(&part, path)).map_err(unwritten)?;
    out.done(&format!("{size} lines written to {}.", path.display()), &json!({"lines": size, "file": path}));
    Ok(())
}

async fn copy(
    client: &Client,
    size: u64,
    file: &mut BufWriter<File>,
    bar: &indicatif::ProgressBar,
) -> Result<(), Failure> {
    let mut next = 0;
    while next < size {
        let page = client.get(&format!("/api/v1/ledger/entries?from={next}&limit={LINES_AT_ONCE}")).await?;
        let before = next;
        // Lines that came after the checkpoint are not covered by it.
        for entry in
            items(&page).iter().filter(|entry| member(entry, "index").as_u64().is_some_and(|index| index < size))
        {
            let leaf = member(entry, "leaf").as_str().ok_or_else(|| Failure::fault("an entry without its leaf"))?;
            writeln!(file, "{leaf}").map_err(Failure::fault)?;
            next += 1;
        }
        if next == before {
            return Err(Failure::fault(format!("the server gave no entry {next} of {size}")));
        }
        bar.set_position(next);
    }
    Ok(())
}

fn verify(path: &Path, key: Option<&str>, out: Output) -> Result<(), Failure> {
    let file = File::open(path).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    let checked = check(BufReader::new(file), key)?;
    let note = if key.is_some() { "" } else { " (key taken from the file: compare it with one you know)" };
    let sentence = format!("{} lines hold: root and signature of {}{note}", checked.lines, checked.key);
    let record = json!({
        "lines": checked.lines, "key": checked.key, "key_from_file": key.is_none(), "kinds": checked.kinds,
    });
    out.done(&sentence, &record);
    Ok(())
}

/// What holds of an exported ledger.
#[derive(Debug, PartialEq, Eq)]
struct Checked {
    lines: u64,
    key: String,
    /// How many lines of each kind.
    kinds: BTreeMap<String, u64>,
}

fn check(mut file: impl BufRead, key: Option<&str>) -> Result<Checked, Failure> {
    let malformed = || Failure::verification("header-malformed", "line 1 is not a ledger's first line");
    let first = next_line(&mut file)?.ok_or_else(malformed)?;
    let first: Value = serde_json::from_slice(&first).map_err(|_| malformed())?;
    let field = |name: &str| member(&first, name).as_str().ok_or_else(malformed);
    let key = key.map_or_else(|| field("key"), Ok)?;
    let verifier: NoteVerifier =
        key.parse().map_err(|why| Failure::verification("key-malformed", format!("{key}: {why}")))?;
    let origin: Origin = field("origin")?.parse().map_err(|_| malformed())?;
    let head = Checkpoint::open(field("checkpoint")?, &verifier, &origin)
        .map_err(|why| Failure::verification(why.name(), format!("the checkpoint does not hold: {why}")))?;
    let mut tree = Frontier::new();
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(line) = next_line(&mut file)? {
        match tree.push(leaf_hash(&line), |_, _| Ok::<(), std::convert::Infallible>(())) {
            Ok(()) => {}
            Err(never) => match never {},
        }
        let entry: Value = serde_json::from_slice(&line).unwrap_or(Value::Null);
        *kinds.entry(member(&entry, "kind").as_str().unwrap_or("unreadable").to_owned()).or_default() += 1;
    }
    if tree.size() != head.size {
        let text = format!("the checkpoint signs {} lines, the file has {}", head.size, tree.size());
        return Err(Failure::verification("size-differs", text));
    }
    if tree.root() != head.root {
        return Err(Failure::verification(
            "root-differs",
            "a line was changed: the root is not the one that was signed",
        ));
    }
    Ok(Checked { lines: head.size, key: key.to_owned(), kinds })
}

/// The next line without its end; a ledger of any length is read line by line.
fn next_line(file: &mut impl BufRead) -> Result<Option<Vec<u8>>, Failure> {
    let mut line = Vec::new();
    file.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line).map_err(Failure::usage)?;
    if line.len() as u64 > LINE_BYTES_MAX {
        return Err(Failure::verification("line-over-long", format!("a line has more than {LINE_BYTES_MAX} bytes")));
    }
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_core::ledger::note::NoteSigner;

    /// An exported ledger of these lines.
    fn exported(lines: &[&str]) -> String {
        let mut tree = Frontier::new();
        for line in lines {
            tree.push(leaf_hash(line.as_bytes()), |_, _| Ok::<(), std::convert::Infallible>(())).unwrap();
        }
        let signer = NoteSigner::new("test.example/ledger".parse().unwrap(), &[7; 32]);
        let origin = "test.example/ledger".parse().unwrap();
        let note = Checkpoint { origin, size: tree.size(), root: tree.root() }.sign(&signer).unwrap();
        let key = signer.verifier().to_string();
        let first = json!({"origin": "test.example/ledger", "key": key, "checkpoint": note});
        format!("{first}\n{}\n", lines.join("\n"))
    }

    fn refused(text: &str) -> String {
        check(text.as_bytes(), None).unwrap_err().name.unwrap()
    }

    #[test]
    fn a_whole_ledger_holds_and_a_changed_one_does_not() {
        let good = exported(&[r#"{"at":1,"kind":"a"}"#, r#"{"at":2,"kind":"b"}"#, r#"{"at":3,"kind":"a"}"#]);
        let checked = check(good.as_bytes(), None).unwrap();
        assert_eq!((checked.lines, checked.kinds["a"], checked.kinds["b"]), (3, 2, 1));
        assert_eq!(check(good.as_bytes(), Some(&checked.key)).unwrap(), checked);
        assert_eq!(refused(&good.replace("\"at\":2", "\"at\":9")), "root-differs");
        assert_eq!(refused(&good.replace("{\"at\":2,\"kind\":\"b\"}\n", "")), "size-differs");
        assert_eq!(refused(&format!("{good}{{}}\n")), "size-differs");
        assert_eq!(refused(&good.replace("\"at\":2,\"kind\":\"b\"}", "\"at\":2,\"kind\":\"b\"}\r")), "root-differs");
        for bad in ["", "\n", "{}\n", "[1]\n", "not json\n"] {
            assert_eq!(refused(bad), "header-malformed", "{bad:?}");
        }
    }

    #[test]
    fn another_key_or_an_endless_line_is_refused() {
        let good = exported(&["{}"]);
        let other = NoteSigner::new("test.example/ledger".parse().unwrap(), &[8; 32]).verifier().to_string();
        assert!(check(good.as_bytes(), Some(&other)).is_err());
        assert_eq!(refused(&format!("{good}{}", "x".repeat(70_000))), "line-over-long");
    }
}
