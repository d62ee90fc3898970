//! The users that the two processes run as. Started as root, the agent gives both their own user and is root no more.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::vault::TERMS;
use super::{Keys, remote};
use crate::cli;
use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// Users of a system without a name service beyond its files (passwd(5)).
const PASSWD: &str = "/etc/passwd";
/// Others may pass through the agent's directory to the vault, and see nothing in it.
const PASSABLE: u32 = 0o711;

/// A user of this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    gid: u32,
}

/// The user of this name.
pub(super) fn named(name: &str) -> Option<Account> {
    let bytes = durable::read(Path::new(PASSWD)).ok().flatten()?;
    in_passwd(&String::from_utf8_lossy(&bytes), name)
}

fn in_passwd(text: &str, name: &str) -> Option<Account> {
    let fields = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    fields
        .filter(|fields| fields.first() == Some(&name))
        .find_map(|fields| Some(Account { uid: fields.get(2)?.parse().ok()?, gid: fields.get(3)?.parse().ok()? }))
}

/// The way to the keys for `run`. Started as root it does not return if both users exist: this process becomes the agent
/// under its own user, beside a key process under another.
pub(crate) fn take_own_user(args: &cli::Run, layout: &Layout) -> Result<Arc<Keys>, Fault> {
    if args.keys_inherited {
        let input = std::io::stdin().as_fd().try_clone_to_owned();
        let stream = UnixStream::from(input.map_err(Fault::files("use the input of", layout.root()))?);
        return Ok(Keys::inherited(stream));
    }
    let is_root = rustix::process::geteuid().is_root();
    match (named(&args.user), named(&args.keys_user)) {
        (Some(agent), Some(keys)) if is_root && agent.uid != 0 && agent.uid != keys.uid => {
            return Err(become_agent(args, layout, agent, keys));
        }
        _ if is_root => tracing::warn!(
            "keys: same user (this system has no users {} and {}, so both processes run as root)",
            args.user,
            args.keys_user
        ),
        _ if args.keys_socket.is_none() => tracing::info!("keys: same user"),
        _ => {}
    }
    Ok(args.keys_socket.as_deref().map_or_else(|| Keys::in_child(layout.root()), Keys::at))
}

/// Starts the key process, then replaces this program by itself under the agent's user. Returns only if that fails.
fn become_agent(args: &cli::Run, layout: &Layout, agent: Account, keys: Account) -> Fault {
    let files = |why| Fault::files("start as another user in", layout.root())(why);
    if let Err(fault) = give_both(layout, agent, keys) {
        return fault;
    }
    let mut again = Command::new("/proc/self/exe");
    again.args(std::env::args_os().skip(1)).uid(agent.uid).gid(agent.gid);
    if args.keys_socket.is_none() {
        let mut program = Command::new("/proc/self/exe");
        program.uid(keys.uid).gid(keys.gid);
        match remote::start(program, layout.root()) {
            Ok((stream, _)) => again.arg("--keys-inherited").stdin(Stdio::from(OwnedFd::from(stream))),
            Err(why) => return files(why),
        };
    }
    tracing::info!(agent.uid = agent.uid, keys.uid = keys.uid, "each process gets its own user");
    files(again.exec())
}

/// `hand-over`: does that and nothing else, for systems whose service manager starts the two processes.
pub(crate) fn hand_over(args: &cli::HandOver) -> Result<(), Fault> {
    let user = |name: &str| named(name).ok_or_else(|| Fault::refused("no-such-user"));
    give_both(&Layout::new(&args.dir), user(&args.user)?, user(&args.keys_user)?)
}

/// What the factory made as root is given to the two users, once: later neither the directory nor the vault's terms are
/// root's, and what is in it is no longer to be trusted by root. The directory itself may have been given away before the
/// factory made anything in it, by the package that made it.
fn give_both(layout: &Layout, agent: Account, keys: Account) -> Result<(), Fault> {
    let root = layout.root();
    let vault = layout.vault();
    let owner = |path: &Path| std::fs::symlink_metadata(path).map(|about| about.uid());
    let fresh = owner(&vault.join(TERMS)).is_ok_and(|uid| uid == 0);
    if owner(root).map_err(Fault::files("look at", root))? != 0 && !fresh {
        return Ok(());
    }
    let terms = vault.join(TERMS);
    give(&vault, keys, Some(&terms))?;
    let mode = std::fs::Permissions::from_mode(PASSABLE);
    std::fs::set_permissions(root, mode).map_err(Fault::files("change the mode of", root))?;
    give(root, agent, Some(&vault))?;
    // The terms change hands last: until then a start after a power cut does all of this again.
    if terms.exists() { give(&terms, keys, None) } else { Ok(()) }
}

/// Gives a file, or a directory with all that is in it, to a user. Links are given, not followed.
fn give(path: &Path, to: Account, except: Option<&Path>) -> Result<(), Fault> {
    if Some(path) == except {
        return Ok(());
    }
    let about = std::fs::symlink_metadata(path).map_err(Fault::files("look at", path))?;
    if about.is_dir() {
        for entry in std::fs::read_dir(path).map_err(Fault::files("look into", path))? {
            give(&entry.map_err(Fault::files("look into", path))?.path(), to, except)?;
        }
    }
    lchown(path, Some(to.uid), Some(to.gid)).map_err(Fault::files("give away", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_whole_name_and_half_a_line_is_none() {
        let text = "root:x:0:0::/root:/bin/sh\nholdfast-keys:x:990:980::/:/bin/false\nholdfast:x:991\nbad:x:-1:7:::\n";
        assert_eq!(in_passwd(text, "holdfast-keys"), Some(Account { uid: 990, gid: 980 }));
        for none in ["holdfast", "hold", "bad", ""] {
            assert_eq!(in_passwd(text, none), None, "{none}");
        }
    }
}
