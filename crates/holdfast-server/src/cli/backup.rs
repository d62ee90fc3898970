//! `holdfast backup …`: copies of a server's state, taken while it runs, checked, and put back. Files only.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::output::Unit;
use super::{Failure, Output};
use crate::backup::{self, BackupError, List};
use crate::clock;

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast backup create --state /var/lib/holdfast --to /mnt/backup/2026-11-23      while the server runs
  holdfast backup verify /mnt/backup/2026-11-23
  holdfast backup restore /mnt/backup/2026-11-23 --state /var/lib/holdfast          into an empty folder

A backup holds the server's keys only if they are sealed (`holdfast serve --help`); else keep them apart yourself.";

/// Verbs of `backup`; none of them meets the server.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Copy a server's state into a new folder; the server may run meanwhile.
    Create {
        /// The server's state folder.
        #[arg(long, value_name = "DIR", env = "HOLDFAST_STATE")]
        state: PathBuf,
        /// The new folder of the backup.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Check every file of a backup against its list, and the database in itself.
    Verify {
        /// The backup's folder.
        from: PathBuf,
    },
    /// Check a backup and put it into an empty state folder.
    Restore {
        /// The backup's folder.
        from: PathBuf,
        /// The new state folder.
        #[arg(long, value_name = "DIR", env = "HOLDFAST_STATE")]
        state: PathBuf,
    },
}

/// Runs the verb.
pub(super) fn run(verb: &Verb, out: Output) -> Result<(), Failure> {
    let bar = out.bar("Backup", 0, Unit::Lines);
    let mut progress = |what: &'static str, done: u64, all: u64| {
        bar.set_message(what);
        bar.set_length(all);
        bar.set_position(done);
    };
    let result = match verb {
        Verb::Create { state, to } => backup::create(state, to, clock::now(), &mut progress),
        Verb::Verify { from } => backup::verify(from, &mut progress),
        Verb::Restore { from, state } => backup::restore(from, state, &mut progress),
    };
    bar.finish_and_clear();
    let list = result.map_err(failure)?;
    let did = match verb {
        Verb::Create { to, .. } => format!("Copied to {}", to.display()),
        Verb::Verify { from } => format!("{} is whole", from.display()),
        Verb::Restore { state, .. } => format!("Put back into {}; start it with `holdfast serve`", state.display()),
    };
    out.done(&format!("{did}: {}", described(&list)), &json!(list));
    Ok(())
}

fn described(list: &List) -> String {
    let bytes: u64 = list.files.values().map(|entry| entry.bytes).sum();
    let keys =
        if list.keys { "with its sealed keys" } else { "WITHOUT its keys: they are not sealed, keep them apart" };
    let (files, lines) = (list.files.len(), list.ledger_lines);
    format!("{files} files, {} KiB, ledger of {lines} lines, {keys}.", bytes.div_ceil(1024))
}

fn failure(why: BackupError) -> Failure {
    let name = why.name();
    match why {
        BackupError::NotEmpty(_) | BackupError::NoState(_) => Failure::refused(name, why),
        BackupError::File { .. } | BackupError::Store(_) => Failure::fault(why),
        BackupError::List(_) | BackupError::Changed(_) | BackupError::Foreign(_) | BackupError::Damaged(_) => {
            Failure::verification(name, why)
        }
    }
}
