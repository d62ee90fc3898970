//! Looks for updates: when, and what an answer means after everything in it was verified again.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::ReleaseKind;
use holdfast_core::statement::{Assignment, Expectation, Nonce, TimestampStatement, verify_statement};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_core::update::journal::{Job, Report, ReportState, Target};
use holdfast_core::update::machine::Event;

use super::{Agent, Bring, Brought};
use crate::check::{self, Answer, Question};
use crate::clock;
use crate::durable;
use crate::fault::Fault;
use crate::slots::{self, Accepted, Judge};

/// Wait after a look that failed, while an image is on trial.
const TRIAL_RETRY: Millis = Millis(1_000);
/// Wait after a look that failed otherwise.
const RETRY: Millis = Millis(15_000);
/// Start of the names of kept envelopes.
const OFFER: &str = "offer-";

impl Agent {
    pub(super) fn look_if_due(&mut self, now: Millis) {
        let software = &mut self.software;
        if software.machine.is_on_trial() && software.looked_in_start != software.starts {
            software.look_at = Millis(0);
        }
        if software.looking || software.look_at > now {
            return;
        }
        let start = software.starts;
        software.look_at = Millis(now.0 + RETRY.0);
        let (sequence, image) = match &self.software.running {
            Some(running) => (running.manifest.sequence, running.manifest.image_digest),
            // Neither slot starts: what the platform assigns is the way back.
            None if self.software.machine.is_stranded() => (0, Sha256Digest::from_bytes([0; 32])),
            None => return,
        };
        let Some(door) = self.door() else { return };
        let question = Question {
            door,
            device: self.config.device.clone(),
            trust: self.trust.document().clone(),
            counter_floor: self.record.value.statement_counter,
            time_floor: Timestamp::from_micros(self.record.value.time_floor_us),
            sequence,
            image,
            held: self.held_offer(),
            start,
        };
        self.software.looking = true;
        self.software.looked_in_start = start;
        let brings = self.brings.clone();
        tokio::spawn(async move {
            let answer = check::ask(question).await.map(Box::new);
            brings.send(Bring::Software(Brought::Looked(answer))).await
        });
    }

    pub(super) fn looked(&mut self, result: Result<Box<Answer>, Fault>) {
        self.software.looking = false;
        let now = clock::monotonic();
        let taken = result.and_then(|answer| self.take_answer(*answer));
        let next = match &taken {
            Ok(()) => self.config.timing.poll_ms,
            Err(_) if self.software.machine.is_on_trial() => TRIAL_RETRY.0,
            Err(_) => RETRY.0.min(self.config.timing.poll_ms),
        };
        if self.note("look for an update", taken) || self.software.look_at > now {
            self.software.look_at = Millis(now.0.saturating_add(next));
        }
        if self.software.looked_in_start != self.software.starts {
            self.software.look_now();
        }
    }

    fn take_answer(&mut self, answer: Answer) -> Result<(), Fault> {
        self.trust_more(&answer.trust)?;
        let statement = self.believe(&answer.statement, &answer.nonce)?;
        if answer.start != self.software.starts {
            return Ok(());
        }
        let now = clock::monotonic();
        self.software.machine.handle(Event::Reached, now);
        match statement.assignment {
            None => self.software.machine.handle(Event::Unassigned, now),
            Some(assignment) => match self.accept_offer(&assignment, answer.envelope) {
                Ok(target) => self.software.machine.handle(Event::Assigned(target), now),
                Err(fault) if fault.is_passing() => return Err(fault),
                Err(fault) => self.refuse_offer(&assignment, &fault),
            },
        }
        Ok(())
    }

    /// Verifies a statement, raises the floors to it, and compares the clock with it.
    pub(in crate::agent) fn believe(&mut self, statement: &[u8], nonce: &Nonce) -> Result<TimestampStatement, Fault> {
        let expected = Expectation {
            device: &self.config.device,
            nonce,
            counter_floor: self.record.value.statement_counter,
            time_floor: Timestamp::from_micros(self.record.value.time_floor_us),
        };
        let statement = verify_statement(statement, self.trust.document(), &expected)
            .map_err(|why| Fault::unverified(why.name()))?
            .into_inner();
        self.record.value.statement_counter = statement.counter;
        self.record.value.time_floor_us = statement.time.as_micros();
        self.record.save()?;
        self.compare_clock(statement.time);
        Ok(statement)
    }

    /// Verifies the offered release with everything that is known now, and keeps its envelope.
    fn accept_offer(&self, assignment: &Assignment, envelope: Option<Vec<u8>>) -> Result<Target, Fault> {
        let path = self.layout.state(&offer_name(assignment.manifest_digest));
        let fresh = envelope.is_some();
        let envelope = match envelope {
            Some(envelope) => envelope,
            None => durable::read(&path)?.ok_or_else(|| Fault::refused("manifest-missing"))?,
        };
        let accepted = self.judge().accept(envelope)?;
        let Accepted { manifest, envelope } = &accepted;
        if manifest.digest() != assignment.manifest_digest || manifest.sequence != assignment.sequence {
            return Err(Fault::unverified("assignment-of-another-manifest"));
        }
        if fresh {
            durable::write(&path, envelope)?;
        }
        let security_floor = if manifest.kind == ReleaseKind::Security { manifest.security_floor } else { 0 };
        Ok(Target {
            manifest: *manifest.digest().as_bytes(),
            image: *manifest.image_digest.as_bytes(),
            image_bytes: manifest.image_bytes,
            sequence: manifest.sequence,
            security_floor,
            health_ms_max: manifest.health.deadline.0,
            deployment: assignment.deployment.to_string(),
            generation: assignment.generation,
        })
    }

    fn judge(&self) -> Judge<'_> {
        Judge {
            trust: self.trust.document(),
            product: self.config.product.as_str(),
            floor: self.software.machine.journal().floor,
        }
    }

    /// An offer that does not verify is reported by name, once.
    fn refuse_offer(&mut self, assignment: &Assignment, fault: &Fault) {
        let report = Report {
            deployment: assignment.deployment.to_string(),
            generation: assignment.generation,
            state: ReportState::Failed,
            percent: 0,
            reason: Some(fault.name().to_owned()),
            sequence: assignment.sequence,
            image: *assignment.manifest_digest.as_bytes(),
        };
        self.refusals.count(fault.name(), "offered release");
        if self.software.refused_before.as_ref() != Some(&report) {
            self.software.refused_offer = Some(report);
        }
    }

    /// Puts the envelope of a job beside its image.
    pub(super) fn seal(&self, job: &Job) -> Result<(), Fault> {
        let digest = Sha256Digest::from_bytes(job.target.manifest);
        let lost = || Fault::Network { what: "seal a slot", why: "the manifest has to be fetched again".to_owned() };
        let envelope = durable::read(&self.layout.state(&offer_name(digest)))?.ok_or_else(lost)?;
        let accepted = self.judge().accept(envelope)?;
        if accepted.manifest.digest() != digest {
            return Err(Fault::unverified("assignment-of-another-manifest"));
        }
        slots::seal(&self.layout, job.slot, &accepted.envelope)
    }

    /// The kept envelope that still verifies, by its digest.
    fn held_offer(&self) -> Option<Sha256Digest> {
        let names = std::fs::read_dir(self.layout.state(".")).ok()?;
        let newest = names.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with(OFFER))?;
        let envelope = durable::read(&newest.path()).ok()??;
        self.judge().accept(envelope).ok().map(|accepted| accepted.manifest.digest())
    }

    /// Removes envelopes that no job needs.
    pub(super) fn clear_offers(&self) {
        let needed = self
            .software
            .journal
            .value
            .job
            .as_ref()
            .map(|job| offer_name(Sha256Digest::from_bytes(job.target.manifest)));
        let Ok(names) = std::fs::read_dir(self.layout.state(".")) else { return };
        for entry in names.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(OFFER) && Some(&name) != needed.as_ref() {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn offer_name(digest: Sha256Digest) -> String {
    format!("{OFFER}{digest}.suit")
}
