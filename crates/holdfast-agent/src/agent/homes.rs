//! Orders that the agent carries out itself: asking whoever is at the device whether it may be claimed, erasing what belongs
//! to an owner who gave it away, ending a paired controller. They come signed like every order; no application sees them.

use holdfast_core::id::CommandId;
use holdfast_core::time::{Millis, Timestamp};
use serde_json::{Value, json};

use super::Agent;
use crate::clock;
use crate::conversation::{Order, refused};
use crate::fault::Fault;
use crate::local::http::{Request, Response};
use crate::local::keeper::Controller;

/// Start of the names of such orders; no Thing Model can declare one.
const PLATFORM_ACTION: &str = "holdfast:";
/// Longest time for which a claim is asked, whatever the order says.
const CLAIM_MS_MAX: u64 = 120_000;
/// Wrong digits after which a claim is denied.
const WRONG_DIGITS_MAX: u8 = 3;
/// How many digits both sides show.
const DIGITS: usize = 6;
/// How somebody agreed who is on the local network.
pub(super) const LOCAL_PAGE: &str = "local-page";
/// Digits of the secret with which a device that was erased comes back.
const RETURN_DIGITS: usize = 64;

/// A claim that somebody at the device has to decide about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClaimAsked {
    order: CommandId,
    digits: String,
    /// The device has an owner: only whoever touches it may agree.
    presence: bool,
    until: Millis,
    wrong: u8,
}

/// Whether the agent carries out an order of this name itself.
pub(super) fn is_own(action: &str) -> bool {
    action.starts_with(PLATFORM_ACTION)
}

/// The digits of an order to ask.
fn digits_of(input: &Value) -> Option<String> {
    let digits = input.get("digits")?.as_str()?;
    (digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_owned())
}

/// The secret of an order to erase: 32 bytes as hexadecimal digits. With it the device comes back under a new key.
fn return_secret(input: &Value) -> Option<String> {
    let secret = input.get("return")?.as_str()?;
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (secret.len() == RETURN_DIGITS && secret.bytes().all(is_digit)).then(|| secret.to_owned())
}

/// Which of the orders it is, with what it needs.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Claim(String, bool),
    Erase(Option<String>),
    Revoke(String),
}

fn read(order: &Order) -> Option<Wanted> {
    match order.action.strip_prefix(PLATFORM_ACTION)? {
        "claim-confirm" => {
            let presence = order.input.get("presence") == Some(&Value::Bool(true));
            digits_of(&order.input).map(|digits| Wanted::Claim(digits, presence))
        }
        "owner-reset" => Some(Wanted::Erase(return_secret(&order.input))),
        "revoke-controller" => order.input.get("controller")?.as_str().map(|id| Wanted::Revoke(id.to_owned())),
        _ => None,
    }
}

/// Reads an order as [`Agent::carry_out`] does; for the fuzzers.
pub(crate) fn read_any(action: &str, input: Value) -> bool {
    let order = Order { id: String::new(), action: action.to_owned(), input, expires: 0 };
    read(&order).is_some_and(|wanted| match wanted {
        Wanted::Claim(digits, _) => digits.len() == DIGITS,
        Wanted::Erase(secret) => secret.is_none_or(|secret| secret.len() == RETURN_DIGITS),
        Wanted::Revoke(_) => true,
    })
}

impl Agent {
    /// Carries out an order that was taken and is the agent's own.
    pub(super) fn carry_out_here(&mut self, order: &Order) -> Result<(), Fault> {
        let Ok(id) = order.id.parse::<CommandId>() else { return Err(Fault::refused("bad-command-id")) };
        match read(order) {
            None => self.commands.answered(id, refused("action-not-known")),
            Some(Wanted::Claim(digits, presence)) => {
                self.ask_for_claim(id, (digits, presence), Timestamp::from_micros(order.expires))
            }
            Some(Wanted::Erase(secret)) => {
                // Not answered now: the receipt comes from the device as it is afterwards.
                self.alarmed("owner-reset", "the owner gave the device away");
                self.begin_reset("owner", Some(id), secret)
            }
            Some(Wanted::Revoke(controller)) => {
                let result = match self.revoke(&controller, "owner") {
                    Ok(_) => json!({ "ok": true, "output": {} }),
                    Err(name) => refused(name),
                };
                self.commands.answered(id, result)
            }
        }
    }

    /// A phone that somebody paired at the device answers for whoever is beside it.
    pub(super) fn claim_here(&mut self, request: &Request) -> Result<Response, (u16, &'static str)> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Decision {
            digits: String,
            agree: bool,
        }
        let decision: Decision = request.json().ok_or((400, "body-malformed"))?;
        let asked = self.claim_question(clock::monotonic()).ok_or((404, "nothing-to-confirm"))?;
        if decision.agree || asked.get("code").and_then(Value::as_str) != Some(decision.digits.as_str()) {
            let outcome = self.confirm_claim(Some(&decision.digits), LOCAL_PAGE).unwrap_or(Err("nothing-to-confirm"));
            return outcome.map(|body| Response::json(200, &body)).map_err(|name| (409, name));
        }
        self.deny_claim();
        Ok(Response::json(200, &json!({ "denied": "claim" })))
    }

    fn ask_for_claim(
        &mut self,
        order: CommandId,
        (digits, presence): (String, bool),
        expires: Timestamp,
    ) -> Result<(), Fault> {
        let now = clock::monotonic();
        if self.question_waits(now) {
            return self.commands.answered(order, refused("question-waits"));
        }
        let left = expires.since(self.trusted_now()).0.min(CLAIM_MS_MAX);
        self.claim_asked =
            Some(ClaimAsked { order, digits, presence, until: Millis(now.0.saturating_add(left)), wrong: 0 });
        self.alarmed("claim-asked", "somebody who has the code of the label claims this device");
        self.show_question();
        Ok(())
    }

    /// Whether a person at the device is asked something: one question at a time.
    pub(super) fn question_waits(&mut self, now: Millis) -> bool {
        self.claim_asked.as_ref().is_some_and(|asked| asked.until > now)
            || self.local.as_mut().is_some_and(|door| door.question_waits(now))
    }

    /// The claim that waits, as a question.
    pub(super) fn claim_question(&self, now: Millis) -> Option<Value> {
        let asked = self.claim_asked.as_ref().filter(|asked| asked.until > now)?;
        let left = asked.until.0.saturating_sub(now.0) / 1_000;
        let mut question = json!({ "what": "claim", "code": asked.digits, "expires_s": left });
        if let Some(members) = question.as_object_mut().filter(|_| asked.presence) {
            members.insert("presence".to_owned(), Value::Bool(true));
        }
        Some(question)
    }

    /// A person decides about the claim; `None` if none waits. `by` tells the platform how: `button`, `console`,
    /// `local-page`.
    pub(super) fn confirm_claim(
        &mut self,
        code: Option<&str>,
        by: &'static str,
    ) -> Option<Result<Value, &'static str>> {
        let now = clock::monotonic();
        let asked = self.claim_asked.as_mut().filter(|asked| asked.until > now)?;
        // A phone of the household that has it may be anywhere on the network, and in the hands of whoever wants it.
        if asked.presence && by == LOCAL_PAGE {
            return Some(Err("presence-needed"));
        }
        if code.is_some_and(|code| code.replace([' ', '-'], "") != asked.digits) {
            asked.wrong += 1;
            if asked.wrong >= WRONG_DIGITS_MAX {
                let _ = self.end_claim(refused("denied"));
            }
            self.alarmed("claim-denied", "wrong digits");
            return Some(Err("wrong-code"));
        }
        Some(match self.end_claim(json!({ "ok": true, "output": { "by": by } })) {
            Ok(()) => {
                self.alarmed("claim-confirmed", "somebody at the device agreed");
                Ok(json!({ "confirmed": "claim" }))
            }
            Err(_) => Err("storage-failed"),
        })
    }

    /// A person at the device says no to the claim; false if none waits.
    pub(super) fn deny_claim(&mut self) -> bool {
        let now = clock::monotonic();
        if self.claim_asked.as_ref().is_none_or(|asked| asked.until <= now) {
            return false;
        }
        let ended = self.end_claim(refused("denied"));
        self.note("answer a claim", ended);
        self.alarmed("claim-denied", "somebody at the device refused");
        true
    }

    fn end_claim(&mut self, result: Value) -> Result<(), Fault> {
        let Some(asked) = self.claim_asked.take() else { return Ok(()) };
        let answered = self.commands.answered(asked.order, result);
        self.show_question();
        answered
    }

    /// A claim that nobody decided about is over.
    pub(super) fn drive_claim(&mut self, now: Millis) {
        if self.claim_asked.as_ref().is_some_and(|asked| asked.until <= now) {
            let ended = self.end_claim(refused("not-confirmed"));
            self.note("answer a claim", ended);
            self.alarmed("claim-denied", "not confirmed in time");
        }
    }

    /// When [`Self::drive_claim`] has something to do.
    pub(super) fn claim_deadline(&self) -> Option<Millis> {
        self.claim_asked.as_ref().map(|asked| asked.until)
    }

    /// Tells the platform who is paired on the local network, so that the owner sees it also from elsewhere.
    pub(super) fn tell_controllers(&mut self) {
        let lines: Vec<String> =
            self.local.as_ref().map(|door| door.controllers().iter().map(line).collect()).unwrap_or_default();
        for line in lines {
            self.happened("local-controller", &line);
        }
    }

    /// Tells that this controller was paired.
    pub(super) fn tell_paired(&mut self, controller: &Controller) {
        self.happened("local-controller", &line(controller));
    }

    /// Tells that this controller is no more.
    pub(super) fn tell_unpaired(&mut self, controller: &Controller) {
        self.happened("local-controller", &format!("- {}", controller.id));
    }
}

/// One controller as an event says it: id, letters of its permissions, when it was paired, what it calls itself.
fn line(controller: &Controller) -> String {
    let letters: String = controller.permissions.iter().map(|permission| permission.letter()).collect();
    format!("+ {} {letters} {} {}", controller.id, controller.paired_us(), controller.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(action: &str, input: Value) -> Order {
        Order { id: String::new(), action: action.to_owned(), input, expires: 0 }
    }

    #[test]
    fn orders_of_the_platform_are_known_by_name_and_content() {
        let claim = |input| read(&order("holdfast:claim-confirm", input));
        assert_eq!(claim(json!({ "digits": "012345" })), Some(Wanted::Claim("012345".to_owned(), false)));
        let owned = claim(json!({ "digits": "012345", "presence": true }));
        assert_eq!(owned, Some(Wanted::Claim("012345".to_owned(), true)));
        for bad in
            [json!({}), json!({ "digits": "12345" }), json!({ "digits": 123_456 }), json!({ "digits": "12345x" })]
        {
            assert_eq!(claim(bad.clone()), None, "{bad}");
        }
        assert_eq!(read(&order("holdfast:owner-reset", json!({}))), Some(Wanted::Erase(None)));
        let secret = "a7".repeat(32);
        let erase = |text: &str| read(&order("holdfast:owner-reset", json!({ "return": text })));
        assert_eq!(erase(&secret), Some(Wanted::Erase(Some(secret.clone()))));
        assert_eq!(erase("short"), Some(Wanted::Erase(None)), "it is erased in any case");
        assert_eq!(read(&order("holdfast:other", json!({}))), None);
        assert_eq!(read(&order("owner-reset", json!({}))), None, "an action of the application");
        assert!(is_own("holdfast:other") && !is_own("identify"));
    }
}
