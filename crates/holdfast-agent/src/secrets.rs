//! Secrets of the device for its application: encrypted by the key process, kept as files that give nothing away.
//!
//! `secret put` brings them from outside, the application asks for them by a line, and gives them to be kept by another.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::{SecretCommand, SecretStore};
use crate::conversation::Hidden;
use crate::durable;
use crate::fault::Fault;
use crate::keys::{Keys, secret_name};
use crate::layout::Layout;

/// Most bytes of one secret; it has to fit into a line to the application.
pub(crate) const SECRET_BYTES_MAX: usize = 4 * 1024;
/// Most secrets of one device.
const SECRETS_MAX: usize = 64;
/// How files of secrets end.
const SUFFIX: &str = ".sealed";

/// `secret …`.
pub(crate) fn carry_out(what: &SecretCommand) -> Result<(), Fault> {
    match what {
        SecretCommand::Put(args) => {
            let mut secret = Zeroizing::new(Vec::new());
            let limit = SECRET_BYTES_MAX as u64 + 1;
            let input = std::io::stdin().take(limit).read_to_end(&mut secret);
            input.map_err(Fault::files("read", "standard input".as_ref()))?;
            put(&args.store.layout(), &args.store.keys(), &args.name, &secret)
        }
        SecretCommand::Remove(args) => remove(&args.store.layout(), &args.name),
        SecretCommand::List(store) => {
            let text: String = names(&store.layout())?.into_iter().map(|name| name + "\n").collect();
            std::io::stdout().write_all(text.as_bytes()).map_err(Fault::files("write to", "standard output".as_ref()))
        }
    }
}

impl SecretStore {
    fn layout(&self) -> Layout {
        Layout::new(&self.dir)
    }

    fn keys(&self) -> Arc<Keys> {
        self.keys_socket.as_deref().map_or_else(|| Keys::in_child(self.layout().root()), Keys::at)
    }
}

/// Keeps a secret; one of the same name is replaced.
pub(crate) fn put(layout: &Layout, keys: &Keys, name: &str, secret: &[u8]) -> Result<(), Fault> {
    let name = checked(name)?;
    if secret.len() > SECRET_BYTES_MAX {
        return Err(Fault::refused("secret-too-long"));
    }
    if std::str::from_utf8(secret).is_err() {
        return Err(Fault::refused("secret-not-text"));
    }
    let path = layout.secret(name);
    if !path.exists() && names(layout)?.len() >= SECRETS_MAX {
        return Err(Fault::refused("secrets-too-many"));
    }
    let sealed = keys.seal(name, secret)?;
    if let Some(dir) = path.parent() {
        durable::create_dir(dir)?;
    }
    durable::write(&path, &sealed)
}

/// Opens a secret; `None` if there is none of this name.
fn get(layout: &Layout, keys: &Keys, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Fault> {
    let name = checked(name)?;
    durable::read(&layout.secret(name))?.map(|sealed| keys.unseal(name, &sealed)).transpose()
}

/// Forgets a secret, if it is there.
pub(crate) fn remove(layout: &Layout, name: &str) -> Result<(), Fault> {
    durable::remove(&layout.secret(checked(name)?))
}

/// The line that answers an application's question for a secret.
pub(crate) fn answer(layout: &Layout, keys: &Keys, name: &str) -> Value {
    let found = get(layout, keys, name).and_then(|secret| secret.ok_or_else(|| Fault::refused("no-such-secret")));
    let found = found.and_then(|secret| {
        let text = std::str::from_utf8(&secret).map_err(|_| Fault::refused("secret-not-text"))?;
        Ok(json!({ "secret": { "name": name, "value": text } }))
    });
    found.unwrap_or_else(|fault| json!({ "secret": { "name": name, "reason": fault.name() } }))
}

/// Keeps or forgets what the application gave; the line that answers it.
pub(crate) fn keep(layout: &Layout, keys: &Keys, name: &str, value: Option<&Hidden>) -> Value {
    let done = match value {
        Some(Hidden(text)) => put(layout, keys, name, text.as_bytes()),
        None => remove(layout, name),
    };
    match done {
        Ok(()) => json!({ "kept": { "name": name, "ok": true } }),
        Err(fault) => json!({ "kept": { "name": name, "ok": false, "reason": fault.name() } }),
    }
}

/// The names of all secrets.
fn names(layout: &Layout) -> Result<Vec<String>, Fault> {
    let dir = layout.root().join("secrets");
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(Fault::files("look into", &dir)(why)),
    };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(SUFFIX).map(str::to_owned)
    };
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    Ok(names)
}

fn checked(name: &str) -> Result<&str, Fault> {
    secret_name(name).map_err(|refusal| Fault::refused(refusal.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Terms, Vault};

    fn desk() -> (tempfile::TempDir, Layout, Arc<Keys>) {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.create().unwrap();
        let keys = Keys::here(Vault::create(&layout.vault(), &Terms::of("hearth-0001")).unwrap());
        (dir, layout, keys)
    }

    #[test]
    fn a_secret_is_kept_given_back_replaced_and_forgotten_and_its_file_says_nothing() {
        let (_dir, layout, keys) = desk();
        let hidden = |text: &str| Hidden(Zeroizing::new(text.to_owned()));
        assert_eq!(answer(&layout, &keys, "wifi")["secret"]["reason"], "no-such-secret");
        for text in ["correct horse", "battery staple"] {
            assert_eq!(keep(&layout, &keys, "wifi", Some(&hidden(text)))["kept"]["ok"], true);
            assert_eq!(answer(&layout, &keys, "wifi")["secret"]["value"], text);
        }
        let on_disk = std::fs::read(layout.secret("wifi")).unwrap();
        assert!(!on_disk.windows(7).any(|bytes| bytes == b"battery"));
        assert_eq!(names(&layout).unwrap(), ["wifi"]);
        keep(&layout, &keys, "wifi", None);
        assert!(names(&layout).unwrap().is_empty());
    }

    #[test]
    fn what_was_sealed_is_lost_for_good_after_a_wipe() {
        let (_dir, layout, keys) = desk();
        put(&layout, &keys, "wifi", b"correct horse").unwrap();
        keys.wipe().unwrap();
        assert_eq!(answer(&layout, &keys, "wifi")["secret"]["reason"], "sealed-damaged");
    }

    #[test]
    fn a_bad_name_a_long_secret_and_bytes_that_are_no_text_are_refused_by_name() {
        let (_dir, layout, keys) = desk();
        let refused = |name: &str, secret: &[u8]| put(&layout, &keys, name, secret).unwrap_err().name().to_owned();
        assert_eq!(refused("../wifi", b"x"), "secret-name-bad");
        assert_eq!(refused("wifi", &[b'x'; SECRET_BYTES_MAX + 1]), "secret-too-long");
        assert_eq!(refused("wifi", &[0xff]), "secret-not-text");
        for n in 0..SECRETS_MAX {
            put(&layout, &keys, &format!("s{n}"), b"x").unwrap();
        }
        assert_eq!(refused("wifi", b"x"), "secrets-too-many");
        assert!(put(&layout, &keys, "s0", b"y").is_ok(), "replacing is no growth");
    }
}
