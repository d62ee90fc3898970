//! What the audience sees: one line a step while it runs, the facts each step established, and the summary.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::{Failure, Output};
use crate::clock;

/// The steps of a run and what they showed.
pub(super) struct Stage {
    bar: ProgressBar,
    terminal: bool,
    done: Vec<Done>,
    total: usize,
}

struct Done {
    title: &'static str,
    ms: u64,
    facts: Vec<(&'static str, String)>,
}

/// A step in progress; facts are added while it runs.
pub(super) struct Step<'a> {
    stage: &'a mut Stage,
    title: &'static str,
    started: u64,
    facts: Vec<(&'static str, String)>,
}

impl Stage {
    /// A stage for so many steps.
    pub(super) fn new(total: usize) -> Self {
        use std::io::IsTerminal as _;
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::new_spinner();
        bar.set_draw_target(if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, terminal, done: Vec::new(), total }
    }

    /// Starts a step.
    pub(super) fn step(&mut self, title: &'static str) -> Step<'_> {
        let number = self.done.len() + 1;
        self.bar.set_message(format!("[{number}/{}] {title}", self.total));
        Step { title, started: clock::monotonic().0, facts: Vec::new(), stage: self }
    }

    fn line(&self, text: &str) {
        if self.terminal {
            self.bar.println(text);
        } else {
            crate::cli::progress(text);
        }
    }

    /// Ends the show.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// The run as a record.
    pub(super) fn record(&self, more: &Value) -> Value {
        let steps: Vec<Value> = self
            .done
            .iter()
            .map(|step| {
                let facts: serde_json::Map<String, Value> =
                    step.facts.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
                json!({"step": step.title, "held": true, "ms": step.ms, "facts": facts})
            })
            .collect();
        json!({"held": self.done.len() == self.total, "steps": steps, "end": more})
    }

    /// Prints the summary table, or the record.
    pub(super) fn summary(&self, out: Output, more: &Value) {
        let record = self.record(more);
        if out.is_json() {
            return out.item(&record, &[]);
        }
        let rows: Vec<Value> = self
            .done
            .iter()
            .map(|step| {
                let shown: Vec<String> = step.facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
                json!({"step": step.title, "s": format!("{}.{} s", step.ms / 1_000, step.ms % 1_000 / 100), "shown": shown.join("\n")})
            })
            .collect();
        out.list(&rows, &[("Step", "/step"), ("Took", "/s"), ("What it showed", "/shown")], "");
    }
}

impl Step<'_> {
    /// Says what is being done right now.
    pub(super) fn now(&self, text: &str) {
        let number = self.stage.done.len() + 1;
        self.stage.bar.set_message(format!("[{number}/{}] {} · {text}", self.stage.total, self.title));
    }

    /// Keeps a fact that the step established.
    pub(super) fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, value.into()));
    }

    /// Ends the step: every check in it held.
    pub(super) fn held(self) {
        let ms = clock::monotonic().0 - self.started;
        let number = self.stage.done.len() + 1;
        let first = self.facts.first().map(|(name, value)| format!(" ({name}: {value})")).unwrap_or_default();
        self.stage.line(&format!("✓ [{number}/{}] {}{first}", self.stage.total, self.title));
        self.stage.done.push(Done { title: self.title, ms, facts: self.facts });
    }
}

/// A check that must hold for the run to go on.
pub(super) fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::verification("demo-step-failed", what())) }
}

/// Asks again and again until the answer is there; polling, since the outside is what is being watched.
pub(super) async fn until<T, F, A>(what: &str, limit: Duration, mut ask: A) -> Result<T, Failure>
where
    F: Future<Output = Result<Option<T>, Failure>>,
    A: FnMut() -> F,
{
    /// Pause between two looks.
    const LOOK_MS: u64 = 100;
    let deadline = clock::monotonic().0 + u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if clock::monotonic().0 > deadline {
            return Err(Failure::verification("demo-step-failed", format!("waited {} s for {what}", limit.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}
