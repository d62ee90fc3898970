//! Factory reset: what belongs to the owner and to the operation goes; what the factory put there stays.
//!
//! Gone: operational keys and certificates, pairings and the local door's key, queue and acknowledgements, shadow, command
//! results, the application's data, unpacked programs. Kept: the factory identity, trust documents, slots and boot state,
//! `agent.toml`, counters (a number used twice would be taken for a repeat) and the proven time.
//!
//! A journal is written first and removed last, and every step may be repeated: a power cut in between ends in a whole
//! reset at the next start. Files with secrets are overwritten before they are unlinked; a flash medium may keep old
//! copies of them nevertheless, so what protects a key is that it is sealed, or never leaves its chip.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use holdfast_core::id::CommandId;
use serde::{Deserialize, Serialize};

use crate::device_state::{DEVICE_RECORD, DeviceRecord};
use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::unpack;

/// Its presence in `state/` means that a reset has to be completed.
const JOURNAL: &str = "reset";
/// Its presence in `state/` means that a reset was completed and nobody was told.
const DONE: &str = "reset-done";
/// The secret with which the device comes back under a new key, until that key has made a connection.
const RETURNS: &str = "return-secret";
/// Records in `state/` that go.
const RECORDS: [&str; 4] = ["shadow", "commands", "controllers", "shed"];
/// Bytes written over at once.
const PIECE_BYTES: usize = 16 * 1024;
/// Most bytes of one file that are written over: more than any secret, and no more than a slow medium takes in a moment.
const OVERWRITTEN_BYTES_MAX: u64 = 1024 * 1024;

/// Who asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the name stands in journals of devices in use")]
pub(crate) struct Order {
    /// `command-line`, `local` or `owner`, who gave the device away.
    pub(crate) by: String,
    /// The order that asked for it; it is answered when nothing of the owner is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<String>,
    /// The secret of that order: with it the device may come back under a new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returns: Option<String>,
}

/// The steps, in order. Operational credentials go first: they are what lets somebody else speak for the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Credentials,
    Pairings,
    Queue,
    Records,
    Data,
    Programs,
    Note,
}

const STEPS: [Step; 7] =
    [Step::Credentials, Step::Pairings, Step::Queue, Step::Records, Step::Data, Step::Programs, Step::Note];

/// Writes the journal: from now on the reset happens, whatever comes between.
pub(crate) fn begin(layout: &Layout, by: &str, order: Option<CommandId>, returns: Option<String>) -> Result<(), Fault> {
    let path = layout.state(JOURNAL);
    let order = serde_json::to_vec(&Order { by: by.to_owned(), order: order.map(|id| id.to_string()), returns })
        .map_err(|why| Fault::content(&path, why))?;
    durable::write(&path, &order)
}

/// Whether a reset was begun and not completed.
pub(crate) fn is_pending(layout: &Layout) -> bool {
    layout.state(JOURNAL).exists()
}

/// Completes a reset that was begun; does nothing if there is none. `wipe_keys` destroys the operational keys where they
/// are kept, and may be called again.
pub(crate) fn complete(layout: &Layout, wipe_keys: &mut dyn FnMut() -> Result<(), Fault>) -> Result<bool, Fault> {
    if !is_pending(layout) {
        return Ok(false);
    }
    STEPS.into_iter().try_for_each(|step| carry_out(layout, step, wipe_keys))?;
    durable::remove(&layout.state(JOURNAL))?;
    Ok(true)
}

/// Who asked for a reset that was completed and not told; it counts as told with [`told`].
pub(crate) fn untold(layout: &Layout) -> Option<Order> {
    let bytes = durable::read(&layout.state(DONE)).ok()??;
    let order: Option<Order> = serde_json::from_slice(&bytes).ok();
    Some(order.unwrap_or_else(|| Order { by: "unknown".to_owned(), order: None, returns: None }))
}

/// The secret with which the device comes back under a new key after its owner gave it away.
pub(crate) fn return_secret(layout: &Layout) -> Option<String> {
    let bytes = durable::read(&layout.state(RETURNS)).ok()??;
    String::from_utf8(bytes).ok()
}

/// The new key has made a connection: its secret is of no use any more.
pub(crate) fn returned(layout: &Layout) -> Result<(), Fault> {
    erase(&layout.state(RETURNS))
}

/// The event about the reset is in the queue.
pub(crate) fn told(layout: &Layout) -> Result<(), Fault> {
    durable::remove(&layout.state(DONE))
}

fn carry_out(layout: &Layout, step: Step, wipe_keys: &mut dyn FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
    match step {
        Step::Credentials => {
            wipe_keys()?;
            for name in files_in(&layout.keys("."))?.into_iter().filter(|path| is_operational(path)) {
                erase(&name)?;
            }
            erase_within(&layout.root().join("secrets"))?;
            let mut record = DeviceRecord::load(layout, DEVICE_RECORD);
            (record.value.credential, record.value.candidate) = (None, None);
            // Both copies, so that no older one brings a credential back.
            record.save()?;
            record.save()
        }
        Step::Pairings => erase_within(&layout.root().join("local")),
        Step::Queue => {
            erase_within(&layout.queue())?;
            erase(&layout.acked())?;
            erase(&layout.acked().with_added_extension("old"))
        }
        Step::Records => {
            let is_record = |path: &PathBuf| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                RECORDS.iter().any(|record| name.strip_prefix(record).is_some_and(|rest| rest.starts_with('.')))
            };
            files_in(&layout.state("."))?.iter().filter(|path| is_record(path)).try_for_each(|path| erase(path))
        }
        Step::Data => erase_within(&layout.data()),
        Step::Programs => erase_within(&layout.root().join("run")),
        Step::Note => {
            let Some(journal) = durable::read(&layout.state(JOURNAL))? else { return Ok(()) };
            let order: Option<Order> = serde_json::from_slice(&journal).ok();
            let returns = order.and_then(|order| order.returns);
            match returns {
                Some(secret) => durable::write(&layout.state(RETURNS), secret.as_bytes())?,
                None => erase(&layout.state(RETURNS))?,
            }
            durable::write(&layout.state(DONE), &journal)
        }
    }
}

fn is_operational(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ldevid-"))
}

fn files_in(dir: &Path) -> Result<Vec<PathBuf>, Fault> {
    match std::fs::read_dir(dir) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(why) => Err(Fault::files("read", dir)(why)),
    }
}

/// Erases everything in a directory, also in directories below it; the directory itself stays.
fn erase_within(dir: &Path) -> Result<(), Fault> {
    if std::fs::symlink_metadata(dir).is_ok_and(|meta| meta.is_symlink()) {
        // Put there by a program, and it may lead anywhere.
        return durable::remove(dir);
    }
    unpack::let_in(dir);
    for path in files_in(dir)? {
        let is_dir = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        if is_dir {
            erase_within(&path)?;
            unpack::clear(&path)?;
        } else {
            erase(&path)?;
        }
    }
    Ok(())
}

/// Writes over a file and unlinks it, durably. Links and pipes are only unlinked. What cannot be written over is unlinked
/// too: a damaged or full medium must not keep a device from its end of a reset.
fn erase(path: &Path) -> Result<(), Fault> {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if meta.is_file()
        && let Ok(mut file) = OpenOptions::new().write(true).open(path)
    {
        let length = usize::try_from(meta.len().min(OVERWRITTEN_BYTES_MAX)).unwrap_or(0);
        let zeros = [0_u8; PIECE_BYTES];
        let pieces = std::iter::successors(Some(length), |left| left.checked_sub(PIECE_BYTES));
        let written = pieces
            .map(|left| zeros.get(..left.min(PIECE_BYTES)).unwrap_or_default())
            .try_for_each(|piece| file.write_all(piece))
            .and_then(|()| file.sync_data());
        if let Err(why) = written {
            tracing::warn!(path = %path.display(), error = %why, "not written over before it is removed");
        }
    }
    durable::remove(path)
}

/// What a person is told who asked for the reset.
pub(crate) const WORDS: &str = "The device is as it left the factory, with the software it has now. It keeps its factory \
    identity and connects again by itself as soon as somebody with that right allows it:\n  holdfast device \
    allow-reenrolment DEVICE\nor \"Allow enrolment again\" on the device's page in the console. Phones have to be paired anew.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_state::CredentialSlot;

    const KEPT: [&str; 6] =
        ["keys/factory.crt", "trust/1.cose", "slots/a/image", "state/boot.0", "state/counters.0", "agent.toml"];
    const GONE: [&str; 10] = [
        "keys/ldevid-a.crt",
        "keys/ldevid-b.key",
        "secrets/wifi",
        "local/door.key",
        "queue/0000000000000000.seg",
        "acked.log",
        "state/shadow.0",
        "state/controllers.1",
        "data/inner/schedule",
        "run/a/bin/app",
    ];

    fn used_device() -> (tempfile::TempDir, Layout) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        for name in KEPT.into_iter().chain(GONE) {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let mut record = DeviceRecord::load(&layout, DEVICE_RECORD);
        record.value.credential = Some(CredentialSlot::B);
        record.value.time_floor_us = 77;
        record.save().unwrap();
        (dir, layout)
    }

    fn check_reset(dir: &Path, layout: &Layout) {
        assert!(!is_pending(layout));
        for name in KEPT {
            assert_eq!(std::fs::read_to_string(dir.join(name)).unwrap(), name);
        }
        for name in GONE {
            assert!(!dir.join(name).exists(), "{name}");
        }
        let state = DeviceRecord::load(layout, DEVICE_RECORD).value;
        assert_eq!((state.credential, state.candidate, state.time_floor_us), (None, None, 77));
        assert_eq!(untold(layout).map(|order| order.by).as_deref(), Some("local"));
        told(layout).unwrap();
        assert_eq!(untold(layout), None);
    }

    #[test]
    fn a_reset_that_is_cut_after_any_step_is_completed_at_the_next_start() {
        for cut in 0..=STEPS.len() {
            let (dir, layout) = used_device();
            begin(&layout, "local", None, None).unwrap();
            for step in STEPS.into_iter().take(cut) {
                carry_out(&layout, step, &mut || Ok(())).unwrap();
            }
            let mut wiped = 0;
            let mut wipe = || {
                wiped += 1;
                Ok(())
            };
            assert!(complete(&layout, &mut wipe).unwrap());
            assert_eq!(wiped, 1);
            check_reset(dir.path(), &layout);
        }
    }

    #[test]
    fn the_secret_to_come_back_survives_the_reset_and_is_gone_after_its_use() {
        let (_dir, layout) = used_device();
        begin(&layout, "owner", None, Some("a7".repeat(32))).unwrap();
        complete(&layout, &mut || Ok(())).unwrap();
        assert_eq!(return_secret(&layout), Some("a7".repeat(32)));
        returned(&layout).unwrap();
        assert_eq!(return_secret(&layout), None);
        begin(&layout, "owner", None, Some("a7".repeat(32))).unwrap();
        complete(&layout, &mut || Ok(())).unwrap();
        begin(&layout, "local", None, None).unwrap();
        complete(&layout, &mut || Ok(())).unwrap();
        assert_eq!(return_secret(&layout), None, "a reset of another kind has none");
    }

    #[test]
    fn a_reset_whose_keys_cannot_be_wiped_stays_pending() {
        let (dir, layout) = used_device();
        begin(&layout, "local", None, None).unwrap();
        assert!(complete(&layout, &mut || Err(Fault::refused("key-process-gone"))).is_err());
        assert!(is_pending(&layout) && dir.path().join("data/inner/schedule").exists());
        complete(&layout, &mut || Ok(())).unwrap();
        check_reset(dir.path(), &layout);
    }

    #[test]
    fn nothing_that_a_program_leaves_in_its_directories_keeps_a_reset_from_its_end() {
        use std::os::unix::fs::PermissionsExt as _;
        let (dir, layout) = used_device();
        let endless = std::fs::File::create(dir.path().join("data/endless")).unwrap();
        endless.set_len(1 << 40).unwrap();
        for closed in ["data/inner", "run/a/bin"] {
            std::fs::set_permissions(dir.path().join(closed), std::fs::Permissions::from_mode(0o000)).unwrap();
        }
        let elsewhere = tempfile::tempdir().unwrap();
        std::fs::write(elsewhere.path().join("precious"), b"x").unwrap();
        std::fs::remove_dir_all(dir.path().join("secrets")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("secrets")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("data/away")).unwrap();
        begin(&layout, "local", None, None).unwrap();
        complete(&layout, &mut || Ok(())).unwrap();
        assert!(!dir.path().join("data/endless").exists());
        assert!(elsewhere.path().join("precious").exists(), "links are not followed");
        check_reset(dir.path(), &layout);
    }

    #[test]
    fn without_an_order_nothing_is_reset() {
        let (dir, layout) = used_device();
        assert!(!complete(&layout, &mut || panic!("asked to wipe")).unwrap());
        assert!(GONE.iter().all(|name| dir.path().join(name).exists()));
    }
}
