//! What a person at the device is asked, one thing at a time, and what their yes or no does.

use serde_json::{Value, json};

use super::start;
use crate::agent::Agent;
use crate::clock;

impl Agent {
    /// Tells the application what a person should be asked, so that a device with a display can show it.
    pub(in crate::agent) fn show_question(&mut self) {
        let question = self.question();
        let _ = self.application.tell(&json!({ "confirm": question }));
    }

    pub(super) fn question(&mut self) -> Value {
        let now = clock::monotonic();
        if let Some(claim) = self.claim_question(now) {
            return claim;
        }
        let Some(door) = &mut self.local else { return Value::Null };
        if let Some((name, until)) = &door.reset_asked {
            return json!({ "what": "factory-reset", "name": name, "expires_s": until.0.saturating_sub(now.0) / 1_000 });
        }
        if let Some(one) = door.visits.waiting(now) {
            return json!({
                "what": "pairing", "name": one.name, "code": one.code, "permissions": ["read", "control", "manage"],
                "browser": true, "expires_s": one.until.0.saturating_sub(now.0) / 1_000,
            });
        }
        door.keeper.waiting(now).map_or(Value::Null, |waiting| {
            json!({
                "what": "pairing", "name": waiting.name, "code": waiting.code, "fingerprint": waiting.fingerprint,
                "permissions": waiting.permissions, "expires_s": waiting.until.0.saturating_sub(now.0) / 1_000,
            })
        })
    }

    /// A person at the device confirms what is asked.
    pub(in crate::agent) fn confirm(&mut self, code: Option<&str>) -> Result<Value, &'static str> {
        if let Some(decided) = self.confirm_claim(code, if code.is_some() { "console" } else { "button" }) {
            return decided;
        }
        let at = self.trusted_now();
        let door = self.local.as_mut().ok_or("local-door-closed")?;
        if let Some((name, _)) = door.reset_asked.take_if(|_| code.is_none_or(|code| code == "reset")) {
            self.begin_reset("local", None, None).map_err(|_| "storage-failed")?;
            return Ok(json!({ "confirmed": "factory-reset", "name": name }));
        }
        match door.visits.confirm(code, clock::monotonic()) {
            Some(Ok(visit)) => {
                self.alarmed("local-paired", &format!("browser {}", visit.name));
                self.show_question();
                return Ok(json!({ "confirmed": "pairing", "name": visit.name }));
            }
            Some(Err(name)) => {
                self.alarmed("local-pairing-denied", "wrong code");
                return Err(name);
            }
            None => {}
        }
        let outcome = door.keeper.confirm(code, (clock::monotonic(), at));
        let saved = outcome.is_err() || door.save().is_ok();
        match outcome {
            Ok(controller) if saved => {
                self.alarmed("local-paired", &format!("{} {}", controller.name, start(&controller.id)));
                self.tell_paired(&controller);
                self.show_question();
                Ok(json!({ "confirmed": "pairing", "name": controller.name, "controller": controller.id }))
            }
            Ok(controller) => {
                // What a person is told has failed must not work until the next start.
                let _ = door.keeper.revoke(&controller.id);
                Err("storage-failed")
            }
            Err(name) => {
                if name == "wrong-code" {
                    self.alarmed("local-pairing-denied", "wrong code");
                }
                Err(name)
            }
        }
    }

    /// A person at the device denies what is asked.
    pub(in crate::agent) fn deny(&mut self) -> Result<Value, &'static str> {
        if self.deny_claim() {
            return Ok(json!({ "denied": "claim" }));
        }
        let door = self.local.as_mut().ok_or("local-door-closed")?;
        let denied = match door.reset_asked.take() {
            Some((name, _)) => Some(name),
            None => door.visits.deny().or_else(|| door.keeper.deny()),
        };
        let name = denied.ok_or("nothing-to-confirm")?;
        self.alarmed("local-pairing-denied", &format!("{name}: denied at the device"));
        self.show_question();
        Ok(json!({ "denied": name }))
    }
}
