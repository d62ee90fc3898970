//! All devices of a storm at once: each connects, stays, is thrown out, and comes back in its own way.
//!
//! One task for each device; what happened is counted in one place. Ends with the value.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_core::backoff::{Backoff, BackoffConfig};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;

use super::guest::{CALM, Ended, Guest, Line, Window};
use super::{Fault, bar};
use crate::clock;

/// Wait of a device that knows nothing of jitter, after a failed try.
const PLAIN_WAIT: Duration = Duration::from_secs(1);
/// Time for the whole fleet to connect calmly.
const CALM_WITHIN: Duration = Duration::from_mins(10);
/// How often the bar moves.
const BAR_EVERY: Duration = Duration::from_millis(200);

/// How a device comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In the moment the server listens, and a second after a failed try.
    Together,
    /// In the window that the platform gave, and with decorrelated jitter after a failed try.
    Spread,
}

impl Way {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Together => "together",
            Self::Spread => "windows and jitter",
        }
    }
}

/// Who is back, and what went wrong.
#[derive(Debug, Default)]
pub(super) struct Back {
    /// When each device was back, and whether it matters for safety.
    pub(super) at: Vec<(Duration, bool)>,
    /// Tries that failed, with the time at which each began.
    failed: Vec<(Duration, String)>,
    pub(super) nobody_listened: u64,
}

impl Back {
    /// Tries that failed, by name.
    pub(super) fn failures(&self) -> BTreeMap<String, u64> {
        let mut by_name = BTreeMap::new();
        for (_, name) in &self.failed {
            *by_name.entry(name.clone()).or_default() += 1;
        }
        by_name
    }

    /// A try that met the old process while it ended found nobody, however the system put it.
    fn listening_since(&mut self, opened: Duration) {
        let all = self.failed.len();
        self.failed.retain(|(began, _)| *began >= opened);
        self.nobody_listened += (all - self.failed.len()) as u64;
    }
}

/// What the tasks share.
struct Square {
    address: String,
    way: Way,
    book: Mutex<Back>,
    bell: Notify,
    calm: Semaphore,
    /// Raised when the server listens again.
    gate: watch::Receiver<bool>,
    /// Changes when the network is gone.
    cut: watch::Receiver<u32>,
}

impl Square {
    fn note(&self, change: impl FnOnce(&mut Back)) {
        change(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_one();
    }

    fn count(&self) -> usize {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).at.len()
    }

    fn take(&self) -> Back {
        std::mem::take(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Devices that are connected, or coming back.
pub(super) struct Crowd {
    square: Arc<Square>,
    gate: watch::Sender<bool>,
    cut: watch::Sender<u32>,
    end: watch::Sender<bool>,
    tasks: JoinSet<()>,
    count: usize,
}

impl Crowd {
    /// Connects everybody, some at a time.
    pub(super) async fn connect(guests: &[Guest], address: &str, way: Way) -> Result<Self, Fault> {
        let (gate, opened) = watch::channel(false);
        let (cut, lost) = watch::channel(0);
        let (end, ended) = watch::channel(false);
        let square = Arc::new(Square {
            address: address.to_owned(),
            way,
            book: Mutex::default(),
            bell: Notify::new(),
            calm: Semaphore::new(CALM),
            gate: opened,
            cut: lost,
        });
        let mut tasks = JoinSet::new();
        for (guest, seed) in guests.iter().cloned().zip(1_u64..) {
            let (square, mut ended) = (Arc::clone(&square), ended.clone());
            tasks.spawn(async move {
                let mut line = None;
                tokio::select! {
                    () = live(&guest, seed, &square, &mut line) => {}
                    _ = ended.wait_for(|end| *end) => {}
                }
                if let Some(line) = line {
                    line.leave().await;
                }
            });
        }
        let crowd = Self { square, gate, cut, end, tasks, count: guests.len() };
        crowd.everybody("devices connecting", CALM_WITHIN).await?;
        let failed = crowd.square.take().failures();
        if failed.is_empty() {
            return Ok(crowd);
        }
        Err(Fault::new("fleet", format!("not everybody could connect: {failed:?}")))
    }

    /// The server listens again: waits until everybody is back.
    pub(super) async fn come_back(&self, within: Duration) -> Result<Back, Fault> {
        let opened = clock::elapsed();
        self.gate.send_replace(true);
        self.everybody("devices back", within).await?;
        let mut back = self.square.take();
        back.listening_since(opened);
        Ok(back)
    }

    /// Every connection breaks without a word; everybody comes back at once.
    pub(super) async fn lose_all(&self, within: Duration) -> Result<Back, Fault> {
        self.gate.send_replace(true);
        self.cut.send_modify(|times| *times += 1);
        self.everybody("devices back", within).await?;
        Ok(self.square.take())
    }

    async fn everybody(&self, what: &str, within: Duration) -> Result<(), Fault> {
        let progress = bar(what, self.count as u64);
        let begun = clock::elapsed();
        while self.square.count() < self.count {
            let waited = clock::elapsed().saturating_sub(begun);
            if waited >= within {
                let back = self.square.take();
                let (failed, nobody) = (back.failures(), back.nobody_listened);
                let (count, all, secs) = (back.at.len(), self.count, waited.as_secs());
                let text = format!("{count} of {all} after {secs} s; failed tries {failed:?}, {nobody} found nobody");
                return Err(Fault::new(what, text));
            }
            let _ = tokio::time::timeout(BAR_EVERY, self.square.bell.notified()).await;
            progress.set_position(self.square.count() as u64);
        }
        progress.finish_and_clear();
        Ok(())
    }

    /// Everybody says goodbye.
    pub(super) async fn leave(mut self) {
        self.end.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// One device, forever.
async fn live(guest: &Guest, seed: u64, square: &Square, line: &mut Option<Line>) {
    let mut gate = square.gate.clone();
    let mut backoff = Backoff::new(BackoffConfig::default(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut first = true;
    loop {
        let permit = if first { square.calm.acquire().await.ok() } else { None };
        let began = clock::elapsed();
        let tried = guest.connect(&square.address).await;
        drop(permit);
        match tried {
            Ok(open) => {
                first = false;
                let window = open.window;
                backoff.connected(clock::monotonic());
                let safety = guest.safety;
                square.note(|book| book.at.push((clock::elapsed(), safety)));
                let mut cut = square.cut.clone();
                // What was lost before does not count.
                cut.mark_unchanged();
                tokio::select! {
                    () = stay(line.insert(open)) => {}
                    _ = cut.changed() => {}
                }
                *line = None;
                match square.way {
                    // Everybody has gone before the gate opens, or comes late through the open gate.
                    Way::Together => drop(gate.wait_for(|open| *open).await),
                    Way::Spread => tokio::time::sleep(first_wait(window, &mut backoff, seed)).await,
                }
                continue;
            }
            Err(Ended::Refused) => square.note(|book| book.nobody_listened += 1),
            Err(Ended::Failed(name)) => square.note(|book| book.failed.push((began, name))),
        }
        let wait = match square.way {
            Way::Together => PLAIN_WAIT,
            Way::Spread => Duration::from_millis(backoff.next_wait(clock::monotonic()).0),
        };
        tokio::time::sleep(wait).await;
    }
}

/// The wait after a loss: somewhere in the window, or the shortest of the jitter.
fn first_wait(window: Option<Window>, backoff: &mut Backoff, seed: u64) -> Duration {
    let Some(Window { first, last }) = window else {
        return Duration::from_millis(backoff.next_wait(clock::monotonic()).0);
    };
    // The upper half of a multiplicative hash is as good as random here.
    let share = u128::from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32);
    let part = u64::try_from((u128::from(last - first) * share) >> 32).unwrap_or(0);
    Duration::from_millis(first + part)
}

/// Answers until the connection ends.
async fn stay(line: &mut Line) {
    while line.hear().await.is_ok() && line.write().await.is_ok() {
        line.told.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_that_began_before_the_server_listened_is_no_failed_try() {
        let tried = |ms, name: &str| (Duration::from_millis(ms), name.to_owned());
        let failed = vec![tried(5, "connect: reset"), tried(10, "tls: eof"), tried(12, "tls: eof")];
        let mut back = Back { at: Vec::new(), failed, nobody_listened: 3 };
        back.listening_since(Duration::from_millis(10));
        assert_eq!(back.nobody_listened, 4);
        assert_eq!(back.failures(), BTreeMap::from([("tls: eof".to_owned(), 2)]));
    }
}
