//! How the agent asks the key process: one connection, made when it is needed and made again when it was lost.
//!
//! Waiting for an answer blocks the thread, at most [`ANSWER_WITHIN`]: a file key takes less than a millisecond, a TPM up
//! to some hundred. The runtime is told, so that its other tasks go on meanwhile.

use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_core::cose::{PublicKey, SignError, Signer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::{SignatureAlgorithm, SignatureScheme};
use tokio::runtime::{Handle, RuntimeFlavor};
use zeroize::Zeroizing;

use super::wire::{Answer, parse_answer, read_frame, write_frame};
use super::{KeySlot, POINT_AT, Purpose, Refusal, Request};
use crate::fault::Fault;

/// An answer that takes longer is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// A key process that takes longer to end, in seconds, is made to.
const END_WITHIN_S: i64 = 2;

/// The way to the keys.
enum Reach {
    /// A key process of its own unit listens here.
    Socket(PathBuf),
    /// This process starts it, for this directory.
    Child(PathBuf),
    /// Whoever started this process also started that one and connected the two.
    Inherited,
    /// In this process, for tests of the agent alone.
    #[cfg(test)]
    Here(Box<Mutex<super::Vault>>),
}

/// The device's keys, as the agent sees them: it can use them and never has them.
pub(crate) struct Keys {
    reach: Reach,
    line: Mutex<Line>,
    answered: AtomicBool,
    gone: AtomicBool,
}

#[derive(Default)]
struct Line {
    stream: Option<UnixStream>,
    child: Option<Child>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reach {
            Reach::Socket(path) => write!(f, "Keys(at {})", path.display()),
            Reach::Child(_) => f.write_str("Keys(in a child)"),
            Reach::Inherited => f.write_str("Keys(in a process beside)"),
            #[cfg(test)]
            Reach::Here(_) => f.write_str("Keys(here)"),
        }
    }
}

impl Keys {
    /// A key process that listens at `path`.
    pub(crate) fn at(path: &Path) -> Arc<Self> {
        Self::over(Reach::Socket(path.to_path_buf()), None)
    }

    /// A key process of our own for this directory; it ends when this process does.
    pub(crate) fn in_child(dir: &Path) -> Arc<Self> {
        Self::over(Reach::Child(dir.to_path_buf()), None)
    }

    /// The one at the other end of this stream.
    pub(crate) fn inherited(stream: UnixStream) -> Arc<Self> {
        Self::over(Reach::Inherited, Some(stream))
    }

    /// The vault in this process.
    #[cfg(test)]
    pub(crate) fn here(vault: super::Vault) -> Arc<Self> {
        Self::over(Reach::Here(Box::new(Mutex::new(vault))), None)
    }

    fn over(reach: Reach, stream: Option<UnixStream>) -> Arc<Self> {
        let line = Mutex::new(Line { stream, child: None });
        Arc::new(Self { reach, line, answered: AtomicBool::new(false), gone: AtomicBool::new(false) })
    }

    /// Asks, and waits for the answer.
    fn ask(&self, request: Request<'_>) -> Result<Zeroizing<Vec<u8>>, Fault> {
        #[cfg(test)]
        if let Reach::Here(vault) = &self.reach {
            return vault.lock().unwrap().answer(request).map_err(|refusal| Fault::refused(refusal.name()));
        }
        aside(|| {
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = request.encode();
            let fresh = line.stream.is_none();
            let mut answer = self.exchange(&mut line, &bytes);
            if answer.is_err() && !fresh {
                // The key process ended since the last question: another one may be there by now.
                answer = self.exchange(&mut line, &bytes);
            }
            answer?.map_err(Fault::refused)
        })
    }

    fn exchange(&self, line: &mut Line, request: &[u8]) -> Result<Answer, Fault> {
        let mut stream = match line.stream.take() {
            Some(stream) => stream,
            None => self.connect(line)?,
        };
        for limit in [UnixStream::set_read_timeout, UnixStream::set_write_timeout] {
            limit(&stream, Some(ANSWER_WITHIN))
                .map_err(Fault::files("reach the key process of", Path::new("this device")))?;
        }
        let lost = |why: io::Error| {
            tracing::warn!(reason = %why, "the key process did not answer");
            Fault::refused("key-process-lost")
        };
        write_frame(&mut stream, request).map_err(lost)?;
        let frame = read_frame(&mut stream).map_err(lost)?;
        let frame = frame.ok_or_else(|| lost(io::ErrorKind::UnexpectedEof.into()))?;
        let answer = parse_answer(&frame).ok_or_else(|| lost(io::ErrorKind::InvalidData.into()))?;
        line.stream = Some(stream);
        self.answered.store(true, Ordering::Relaxed);
        Ok(answer)
    }

    fn connect(&self, line: &mut Line) -> Result<UnixStream, Fault> {
        let (stream, child) = match &self.reach {
            Reach::Socket(path) => {
                (UnixStream::connect(path).map_err(Fault::files("reach the key process at", path))?, None)
            }
            Reach::Child(dir) => {
                end(line.child.take());
                let command = Command::new("/proc/self/exe");
                let (stream, child) = start(command, dir).map_err(Fault::files("start the key process of", dir))?;
                (stream, Some(child))
            }
            Reach::Inherited => {
                self.gone.store(self.answered.load(Ordering::Relaxed), Ordering::Relaxed);
                return Err(Fault::refused("key-process-gone"));
            }
            #[cfg(test)]
            Reach::Here(_) => return Err(Fault::refused("key-process-gone")),
        };
        line.child = child;
        Ok(stream)
    }

    /// Whether the key process was there and is gone, and this process cannot start another one.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// What the key process says of itself: the device's id, and what protects its keys.
    pub(crate) fn hello(&self) -> Result<serde_json::Value, Fault> {
        let told = self.ask(Request::Hello)?;
        serde_json::from_slice(&told).map_err(|_| Fault::refused("key-process-lost"))
    }

    /// A key that is there and whole; a damaged one counts as missing, and is logged by the key process.
    pub(crate) fn key(self: &Arc<Self>, slot: KeySlot) -> Result<Option<RemoteKey>, Fault> {
        match self.ask(Request::Public(slot)) {
            Ok(spki) => self.with(slot, &spki).map(Some),
            Err(fault) if is_loss(&fault) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The operational key of this slot; made if there is none, made anew if it is damaged.
    pub(crate) fn make(self: &Arc<Self>, slot: KeySlot) -> Result<RemoteKey, Fault> {
        let spki = match self.ask(Request::Make(slot)) {
            Err(fault) if is_loss(&fault) => {
                self.erase(slot)?;
                self.ask(Request::Make(slot))?
            }
            other => other?,
        };
        self.with(slot, &spki)
    }

    /// The key that belongs to this `SubjectPublicKeyInfo`, without asking whether it is still there.
    pub(crate) fn with(self: &Arc<Self>, slot: KeySlot, spki: &[u8]) -> Result<RemoteKey, Fault> {
        let public = PublicKey::p256_from_sec1(spki.get(POINT_AT..).unwrap_or_default());
        let public = public.map_err(|why| Fault::crypto("read a public key", why.name()))?;
        Ok(RemoteKey { keys: Arc::clone(self), slot, spki: spki.to_vec(), public })
    }

    /// Destroys an operational key.
    pub(crate) fn erase(&self, slot: KeySlot) -> Result<(), Fault> {
        self.ask(Request::Erase(slot)).map(drop)
    }

    /// A certificate request (PKCS#10) for an operational key, DER.
    pub(crate) fn certify(&self, slot: KeySlot) -> Result<Vec<u8>, Fault> {
        self.ask(Request::Certify(slot)).map(|der| der.to_vec())
    }

    /// Encrypts a secret under its name.
    pub(crate) fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, Fault> {
        self.ask(Request::Seal(name, plain)).map(|sealed| sealed.to_vec())
    }

    /// Decrypts it.
    pub(crate) fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        self.ask(Request::Unseal(name, sealed))
    }

    /// Destroys both operational keys and, for good, everything that was ever sealed.
    pub(crate) fn wipe(&self) -> Result<(), Fault> {
        self.ask(Request::Wipe).map(drop)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let line = self.line.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(line.stream.take());
        end(line.child.take());
    }
}

fn is_loss(fault: &Fault) -> bool {
    [Refusal::KeyMissing, Refusal::KeyDamaged, Refusal::KeyForeign].iter().any(|loss| loss.name() == fault.name())
}

/// A key process that has no other end any more ends by itself; one that hangs is made to.
fn end(child: Option<Child>) {
    let Some(mut child) = child else { return };
    if let Ok(handle) = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
        let limit = Timespec { tv_sec: END_WITHIN_S, tv_nsec: 0 };
        let _ = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&limit));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Starts a key process; the stream is its input.
pub(super) fn start(mut program: Command, dir: &Path) -> io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    let log = std::env::var_os("HOLDFAST_LOG").map(|filter| ("HOLDFAST_LOG", filter));
    let child = program
        .args(["keys", "--inherited", "--dir"])
        .arg(dir)
        .env_clear()
        .envs(log)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()?;
    Ok((ours, child))
}

/// Runs what blocks. In the agent's runtime other tasks of this thread move to another one first.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// One key: its public half, and the way to a signature.
#[derive(Clone)]
pub(crate) struct RemoteKey {
    keys: Arc<Keys>,
    slot: KeySlot,
    spki: Vec<u8>,
    public: PublicKey,
}

impl fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteKey({}, {})", self.slot.name(), self.public.key_id())
    }
}

impl RemoteKey {
    /// Its `SubjectPublicKeyInfo`, DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }
}

impl rustls::sign::SigningKey for RemoteKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn rustls::sign::Signer>> {
        offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256).then(|| Box::new(self.clone()) as _)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.spki.as_slice().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl rustls::sign::Signer for RemoteKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature = self.keys.ask(Request::Sign(self.slot, Purpose::TlsClientVerify, message));
        signature
            .map(|signature| signature.to_vec())
            .map_err(|fault| rustls::Error::General(format!("{}: {}", self.slot.name(), fault.name())))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// The factory key in its second use: it signs evidence.
impl Signer for RemoteKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.keys.ask(Request::Sign(self.slot, Purpose::Evidence, message));
        signature.map(|signature| signature.to_vec()).map_err(|fault| {
            tracing::warn!(fault.name = fault.name(), "no signature under evidence");
            SignError::KeyUnavailable
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_process_that_says_nothing_is_not_waited_for_for_ever_however_it_was_reached() {
        let (ours, _mute) = UnixStream::pair().unwrap();
        let fault = Keys::inherited(ours).hello().unwrap_err();
        assert_eq!(fault.name(), "key-process-gone");
    }

    #[test]
    fn a_key_process_that_was_there_and_went_is_gone_and_one_that_never_answered_is_not_waited_for_in_circles() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let keys = Keys::inherited(ours);
        let beside = std::thread::spawn(move || {
            let mut theirs = theirs;
            read_frame(&mut theirs).unwrap();
            write_frame(&mut theirs, &super::super::wire::encode_answer(Ok(b"{}"))).unwrap();
        });
        keys.hello().unwrap();
        beside.join().unwrap();
        assert!(!keys.is_gone());
        assert_eq!(keys.hello().unwrap_err().name(), "key-process-gone");
        assert!(keys.is_gone());
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let keys = Keys::inherited(ours);
        assert!(keys.hello().is_err());
        assert!(!keys.is_gone(), "its application runs without a connection");
    }
}
