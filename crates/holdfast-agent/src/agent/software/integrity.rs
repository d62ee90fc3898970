//! Evidence: on a challenge the running image is measured anew, and what was measured is said, whatever it is.

use holdfast_core::attest::{self, Evidence};
use holdfast_core::hash::Sha256Digest;
use holdfast_core::statement::Nonce;
use holdfast_core::topic::UpChannel;
use holdfast_core::update::machine::Event;

use super::{Agent, Bring, Brought};
use crate::agent::OnTheWay;
use crate::clock;
use crate::fault::Fault;
use crate::slots;

/// Stands in evidence for an image that cannot be read.
const UNREADABLE: Sha256Digest = Sha256Digest::from_bytes([0; 32]);

impl Agent {
    /// The platform wants evidence.
    pub(in crate::agent) fn challenged(&mut self, nonce: Nonce) {
        self.software.next_nonce = Some(nonce);
        self.measure_next();
    }

    /// The platform wants the device to go back to its known-good image; it does if its own measurement agrees.
    pub(in crate::agent) fn asked_to_recover(&mut self) {
        if !self.software.measuring {
            self.measure(None);
        }
    }

    fn measure_next(&mut self) {
        if !self.software.measuring
            && let Some(nonce) = self.software.next_nonce.take()
        {
            self.measure(Some(nonce));
        }
    }

    fn measure(&mut self, nonce: Option<Nonce>) {
        let Some(running) = &self.software.running else {
            self.refusals.count("nothing-runs", "challenge");
            return;
        };
        let (layout, slot, start, brings) =
            (self.layout.clone(), running.slot, self.software.starts, self.brings.clone());
        self.software.measuring = true;
        tokio::spawn(async move {
            let digest = tokio::task::spawn_blocking(move || slots::measure(&layout, slot)).await;
            let digest = digest.unwrap_or_else(|_| Err(Fault::refused("task-ended")));
            brings.send(Bring::Software(Brought::Measured { nonce, start, digest })).await
        });
    }

    /// The measurement is there: it is compared, signed and said.
    pub(super) fn measured_image(&mut self, nonce: Option<Nonce>, start: u64, digest: Result<Sha256Digest, Fault>) {
        self.software.measuring = false;
        if start == self.software.starts {
            let digest = digest.unwrap_or(UNREADABLE);
            let changed = self.software.running.as_ref().is_some_and(|running| running.manifest.image_digest != digest);
            if changed && self.software.changed_in_start != Some(start) {
                self.software.changed_in_start = Some(start);
                tracing::error!(image.digest = %digest, "the running slot no longer holds its signed image");
                self.alarmed("image-changed", "the running slot no longer holds its signed image");
            }
            match nonce {
                Some(nonce) => self.testify(nonce, digest, changed),
                None if changed => self.change_reported(),
                None => {}
            }
        } else if let (Some(nonce), None) = (nonce, &self.software.next_nonce) {
            // Another image runs by now: the challenge is answered for that one.
            self.software.next_nonce = Some(nonce);
        }
        self.measure_next();
    }

    fn testify(&mut self, nonce: Nonce, digest: Sha256Digest, changed: bool) {
        let Some(running) = &self.software.running else { return };
        let on_trial = self.software.machine.boot().trial.is_some_and(|trial| trial.slot == running.slot);
        let evidence = Evidence {
            nonce,
            uptime_s: clock::monotonic().0.saturating_sub(running.since.0) / 1_000,
            boot_count: self.record.value.boots,
            version: running.manifest.version.clone(),
            slot: running.slot,
            image_digest: digest,
            manifest_digest: running.manifest.digest(),
            sequence: running.manifest.sequence,
            security_floor: self.software.machine.journal().floor,
            boot_state: if on_trial { attest::BootState::Trying } else { attest::BootState::Committed },
        };
        match evidence.sign(&self.evidence_key) {
            Ok(message) => self.publish(&UpChannel::Attest, message, OnTheWay::Evidence { changed }),
            Err(why) => self.refusals.count("key-unusable", &why.to_string()),
        }
    }

    /// The platform knows that the image has changed: time to recover.
    pub(in crate::agent) fn change_reported(&mut self) {
        if self.software.changed_in_start == Some(self.software.starts) {
            self.software.machine.handle(Event::Tampered, clock::monotonic());
            self.software.look_now();
        }
    }
}
