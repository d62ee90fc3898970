//! The key process: locks itself down, then answers one request after the other, for allowed peers alone.

use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{DumpableBehavior, Resource, Rlimit, geteuid, set_dumpable_behavior, setrlimit};

use super::wire::{encode_answer, read_frame, write_frame};
use super::{Refusal, Request, Vault, accounts};
use crate::cli;
use crate::conversation::Refusals;
use crate::fault::Fault;
use crate::layout::Layout;

/// Most connections at once; one more is closed.
const PEERS_MAX: usize = 8;
/// Time for the question of somebody who may not ask.
const STRANGER_WITHIN: Duration = Duration::from_secs(1);
/// What a new socket's mode leaves out: everything for others, execution for all.
const SOCKET_UMASK: u32 = 0o117;

/// `keys`: runs until its socket's other end is closed, or for ever.
pub(crate) fn serve(args: &cli::Keys) -> Result<(), Fault> {
    lock_down().map_err(Fault::files("lock down the key process of", &args.dir))?;
    let vault = Vault::open(&Layout::new(&args.dir).vault())?;
    tracing::info!(keys.protection = vault.protection(), "key process ready");
    let desk = Desk { vault: Mutex::new(vault), refusals: Mutex::default() };
    if args.inherited {
        let input = io::stdin().as_fd().try_clone_to_owned();
        let mut stream = UnixStream::from(input.map_err(Fault::files("use the input of", &args.dir))?);
        desk.converse(&mut stream);
        return Ok(());
    }
    let mut allowed = vec![0, geteuid().as_raw()];
    if let Some(name) = &args.peer_user {
        allowed.push(accounts::named(name).ok_or_else(|| Fault::refused("no-such-user"))?.uid);
    }
    listen(&args.socket, &allowed, &Arc::new(desk))
}

/// No memory of this process reaches a disk or a debugger, and no program it starts gains rights.
fn lock_down() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

fn listen(path: &Path, allowed: &[u32], desk: &Arc<Desk>) -> Result<(), Fault> {
    remove_stale(path).map_err(Fault::files("take the place of", path))?;
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(SOCKET_UMASK));
    let listener = UnixListener::bind(path).map_err(Fault::files("listen at", path))?;
    tracing::info!(keys.socket = %path.display(), "key process listens");
    let peers = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let mut stream = stream.map_err(Fault::files("accept at", path))?;
        if peers.fetch_add(1, Ordering::AcqRel) >= PEERS_MAX {
            peers.fetch_sub(1, Ordering::AcqRel);
            continue;
        }
        let uid = rustix::net::sockopt::socket_peercred(&stream).map(|peer| peer.uid.as_raw());
        let is_allowed = uid.as_ref().is_ok_and(|uid| allowed.contains(uid));
        let (desk, peers) = (Arc::clone(desk), Arc::clone(&peers));
        std::thread::spawn(move || {
            if is_allowed {
                desk.converse(&mut stream);
            } else {
                tracing::warn!(peer.uid = ?uid.ok(), "peer turned away");
                let _ = stream.set_read_timeout(Some(STRANGER_WITHIN)).and_then(|()| read_frame(&mut stream));
                turn_away(&mut stream, Refusal::PeerNotAllowed);
            }
            peers.fetch_sub(1, Ordering::AcqRel);
        });
    }
    Ok(())
}

/// Removes a socket that nobody listens at any more.
fn remove_stale(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(about) if about.file_type().is_socket() => match UnixStream::connect(path) {
            Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
            Err(_) => std::fs::remove_file(path),
        },
        Ok(_) | Err(_) => Ok(()),
    }
}

fn turn_away(stream: &mut UnixStream, refusal: Refusal) {
    let _ = write_frame(stream, &encode_answer(Err(refusal.name())));
}

/// Where requests are answered, one at a time.
struct Desk {
    vault: Mutex<Vault>,
    refusals: Mutex<Refusals>,
}

impl Desk {
    fn converse(&self, stream: &mut UnixStream) {
        loop {
            let answer = match read_frame(stream) {
                Ok(Some(frame)) => Request::parse(&frame)
                    .and_then(|request| self.vault.lock().unwrap_or_else(PoisonError::into_inner).answer(request)),
                Err(why) if why.kind() == io::ErrorKind::InvalidData => {
                    turn_away(stream, Refusal::RequestTooLong);
                    return;
                }
                Ok(None) | Err(_) => return,
            };
            if let Err(refusal) = &answer {
                let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
                refusals.count(refusal.name(), "keys");
            }
            let bytes = encode_answer(answer.as_deref().map(Vec::as_slice).map_err(|refusal| refusal.name()));
            if write_frame(stream, &bytes).is_err() {
                return;
            }
        }
    }
}
