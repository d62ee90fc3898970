//! What a request on the local network, and a person at the device, do to the device.

mod asking;

use std::collections::BTreeMap;

use holdfast_core::id::CommandId;
use holdfast_core::time::Millis;
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;

use super::{Agent, page};
use crate::admin::{self, Order, Ordered};
use crate::application::LINE_BYTES_MAX;
use crate::clock;
use crate::durable::Record;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::local::http::{Method, Request, Response};
use crate::local::identity::Identity;
use crate::local::keeper::{Controller, Controllers, Keeper, Known, Permission};
use crate::local::visit::Visits;
use crate::local::{Asked, Settings, query, refusal};

/// Time for the application to answer an action.
const ACTION_WITHIN: Millis = Millis(10_000);
/// Actions that may wait for the application.
const ACTIONS_MAX: usize = 8;

/// What becomes of an action that was started locally.
#[derive(Debug)]
struct Started {
    reply: oneshot::Sender<Response>,
    until: Millis,
}

/// The local door as the loop sees it.
#[derive(Debug)]
pub(super) struct LocalDoor {
    keeper: Keeper,
    /// Browsers that use the page without script.
    pub(super) visits: Visits,
    /// How long one of them stays.
    pub(super) stay: Millis,
    record: Record<Controllers>,
    identity: Identity,
    port: u16,
    started: BTreeMap<CommandId, Started>,
    /// Who asked for a factory reset, and until when it may be confirmed.
    reset_asked: Option<(String, Millis)>,
    confirm_within: Millis,
}

impl LocalDoor {
    pub(super) fn open(layout: &Layout, settings: &Settings, identity: Identity) -> Self {
        let record = Record::<Controllers>::load(layout, "controllers");
        let confirm_within = Millis::from_secs(settings.confirm_within_s);
        let token_for = Millis::from_secs(settings.token_minutes.saturating_mul(60));
        let keeper = Keeper::new(identity.fingerprint, record.value.clone(), token_for, confirm_within);
        let (port, started, reset_asked) = (settings.port, BTreeMap::new(), None);
        let (visits, stay) = (Visits::new(token_for, confirm_within), token_for);
        Self { keeper, visits, stay, record, identity, port, started, reset_asked, confirm_within }
    }

    pub(super) fn deadline(&self) -> Option<Millis> {
        let actions = self.started.values().map(|started| started.until);
        let reset = self.reset_asked.as_ref().map(|(_, until)| *until);
        actions.chain(self.keeper.deadline()).chain(self.visits.deadline()).chain(reset).min()
    }

    /// What running `status` tells about it.
    fn told(&self) -> Value {
        json!({
            "fingerprint": self.identity.fingerprint.to_string(), "host": self.identity.host, "port": self.port,
            "controllers": self.keeper.controllers.0.len(),
        })
    }

    pub(super) fn controllers(&self) -> &[Controller] {
        &self.keeper.controllers.0
    }

    /// Whether a person at the device is asked something by this door.
    pub(super) fn question_waits(&mut self, now: Millis) -> bool {
        self.reset_asked.is_some() || self.keeper.waiting(now).is_some() || self.visits.waiting(now).is_some()
    }

    /// Fingerprint of the door's certificate.
    pub(super) fn fingerprint(&self) -> String {
        self.identity.fingerprint.to_string()
    }

    fn save(&mut self) -> Result<(), Fault> {
        self.record.value = self.keeper.controllers.clone();
        self.record.save()
    }
}

impl Agent {
    /// Answers a request of the local network.
    pub(super) fn asked(&mut self, asked: Asked) {
        let Asked { peer, request, reply } = asked;
        let now = clock::monotonic();
        if page::is_ours(&request.path) {
            let _ = reply.send(self.page_asked(&request, peer));
            return;
        }
        if let Some(response) = self.before_sign_in(&request, now) {
            if response.status == 401 {
                self.alarmed_by_stranger("local-sign-in-failed", &format!("from {peer}"));
            }
            let _ = reply.send(response);
            return;
        }
        let Some(door) = &mut self.local else { return };
        let token = request.token.as_deref().unwrap_or_default();
        let Some(known) = door.keeper.who(token, now) else {
            if !token.is_empty() {
                self.alarmed_by_stranger("local-token-refused", &format!("from {peer}"));
            }
            let _ = reply.send(refusal(if token.is_empty() { 403 } else { 401 }, "sign-in-needed"));
            return;
        };
        let answer = match (request.method, request.path.strip_prefix("/local/v1/").unwrap_or_default()) {
            (Method::Post, path) if path.starts_with("actions/") => {
                return self.act_here(&known, path.trim_start_matches("actions/"), &request, reply);
            }
            (method, path) => self.answer(&known, method, path, &request),
        };
        let _ = reply.send(answer.unwrap_or_else(|(status, name)| refusal(status, name)));
    }

    /// What may be asked without a token; tells nothing about the device.
    fn before_sign_in(&mut self, request: &Request, now: Millis) -> Option<Response> {
        let door = self.local.as_mut()?;
        let fingerprint = door.identity.fingerprint.to_string();
        let path = request.path.strip_prefix("/local/v1/")?;
        let answer = match (request.method, path) {
            (Method::Post, "nonce") => {
                let mut nonce = door.keeper.nonce(clock::random(), now);
                put(&mut nonce, "fingerprint", fingerprint);
                Ok((200, nonce))
            }
            (Method::Post, "token") => match request.json() {
                Some(ask) => door
                    .keeper
                    .sign_in(&ask, clock::random(), now)
                    .map(|token| (200, token))
                    .map_err(|name| (401, name)),
                None => Err((400, "body-malformed")),
            },
            (Method::Post, "pairing") => match request.json() {
                Some(link) => {
                    door.keeper.begin(link, clock::random(), now).map(|begun| (202, begun)).map_err(|name| (409, name))
                }
                None => Err((400, "body-malformed")),
            },
            (Method::Post, _) if path.starts_with("pairing/") => {
                #[derive(serde::Deserialize)]
                struct Opened {
                    nonce: String,
                }
                let id = path.trim_start_matches("pairing/");
                // One question at a time: a button that is pressed for one must not answer another.
                let claim_waits = self.claim_asked.is_some() || door.visits.waiting(now).is_some();
                let free = if claim_waits || door.reset_asked.is_some() { Err("question-waits") } else { Ok(()) };
                let opened = free.and_then(|()| request.json::<Opened>().ok_or("body-malformed"));
                match opened.and_then(|opened| door.keeper.open(id, &opened.nonce, now)) {
                    Ok(waiting) => {
                        let body =
                            json!({ "state": "waiting", "fingerprint": fingerprint, "key": waiting.fingerprint });
                        let digits = waiting.code.clone();
                        self.happened("local-pairing-waits", &digits);
                        self.show_question();
                        Ok((202, body))
                    }
                    Err(name @ "question-waits") => Err((409, name)),
                    Err(name) => Err((404, name)),
                }
            }
            (Method::Get, _) if path.starts_with("pairing/") => {
                let id = path.trim_start_matches("pairing/");
                door.keeper.standing(id, now).map(|standing| (200, standing)).map_err(|name| (404, name))
            }
            _ => return None,
        };
        Some(match answer {
            Ok((status, body)) => Response::json(status, &body),
            Err((status, name)) => refusal(status, name),
        })
    }

    fn answer(
        &mut self,
        known: &Known,
        method: Method,
        path: &str,
        request: &Request,
    ) -> Result<Response, (u16, &'static str)> {
        let may = |what| if known.may(what) { Ok(()) } else { Err((403, "permission-missing")) };
        let ok = |body: Value| Ok(Response::json(200, &body));
        match (method, path) {
            (Method::Get, "status") => may(Permission::Read).and_then(|()| ok(self.local_status(known))),
            (Method::Get, "state") => may(Permission::Read).and_then(|()| ok(self.local_state())),
            (Method::Get, "events") => {
                may(Permission::Read)?;
                let after = query(&request.query).get("after").and_then(|n| n.parse().ok()).unwrap_or(0);
                ok(json!({ "events": self.recent.after(after) }))
            }
            (Method::Patch, "state") => may(Permission::Control).and_then(|()| self.wish_here(known, request)),
            (Method::Get, "controllers") => {
                may(Permission::Manage)?;
                ok(json!({ "controllers": self.local.as_ref().map(|door| door.keeper.list()) }))
            }
            (Method::Delete, _) if path.starts_with("controllers/") => {
                let id = path.trim_start_matches("controllers/");
                if id != known.id {
                    may(Permission::Manage)?;
                }
                self.revoke(id, &known.name).map(|body| Response::json(200, &body)).map_err(|name| (404, name))
            }
            (Method::Post, "reset") => {
                may(Permission::Manage)?;
                self.ask_for_reset(&known.name)?;
                Ok(Response::json(202, &json!({ "state": "waiting" })))
            }
            // A phone that somebody paired at the device may answer for whoever is beside it.
            (Method::Get, "claim") => {
                may(Permission::Manage)?;
                ok(json!({ "claim": self.claim_question(clock::monotonic()) }))
            }
            (Method::Post, "claim") => {
                may(Permission::Manage)?;
                self.claim_here(request)
            }
            (_, "status" | "state" | "events" | "controllers" | "reset" | "claim") => Err((405, "method-not-allowed")),
            _ => Err((404, "not-found")),
        }
    }

    /// Asks whoever is at the device whether it should go back to the state of the factory.
    pub(super) fn ask_for_reset(&mut self, by: &str) -> Result<(), (u16, &'static str)> {
        let now = clock::monotonic();
        if self.question_waits(now) {
            return Err((409, "question-waits"));
        }
        let Some(door) = &mut self.local else { return Err((503, "busy")) };
        let until = Millis(now.0.saturating_add(door.confirm_within.0));
        door.reset_asked = Some((by.to_owned(), until));
        self.show_question();
        Ok(())
    }

    fn local_status(&self, known: &Known) -> Value {
        json!({
            "device": self.config.device.as_str(), "product": self.config.product.as_str(),
            "title": self.declared.title, "version": self.software.version(), "online": self.connection.is_ready(),
            "application": self.application.is_alive(), "uptime_s": clock::monotonic().0 / 1_000,
            "queued": self.queue.len(), "quarantined": self.quarantined, "permissions": PERMISSIONS.into_iter()
                .filter(|(what, _)| known.may(*what)).map(|(_, name)| name).collect::<Vec<_>>(),
            "time_us": self.trusted_now().as_micros(),
        })
    }

    fn local_state(&self) -> Value {
        json!({
            "version": self.shadow.version(), "reported": self.shadow.last_reported(), "desired": self.shadow.desired(),
            "controls": self.declared.controls, "ask": self.open_questions(),
        })
    }

    fn wish_here(&mut self, known: &Known, request: &Request) -> Result<Response, (u16, &'static str)> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wish {
            desired: Map<String, Value>,
            if_version: Option<u64>,
        }
        let wish: Wish = request.json().ok_or((400, "body-malformed"))?;
        if wish.if_version.is_some_and(|version| version != self.shadow.version()) {
            return Err((409, "version-conflict"));
        }
        self.wish_of(&known.name, wish.desired)?;
        Ok(Response::json(202, &self.local_state()))
    }

    /// Takes a wish of somebody of this name on the local network.
    pub(super) fn wish_of(&mut self, by: &str, desired: Map<String, Value>) -> Result<(), (u16, &'static str)> {
        self.declared.controls.accept(&desired).map_err(|name| (400, name))?;
        let names = desired.keys().cloned().collect::<Vec<_>>().join(" ");
        let at = self.trusted_now().as_micros();
        self.decided(desired.keys());
        self.shadow.wished_here(desired, by, at).map_err(|fault| {
            self.refusals.count(fault.name(), "local wish");
            (503, "busy")
        })?;
        self.happened("local-change", &format!("{by}: {names}"));
        self.wish_changed();
        Ok(())
    }

    pub(super) fn act_here(
        &mut self,
        known: &Known,
        action: &str,
        request: &Request,
        reply: oneshot::Sender<Response>,
    ) {
        let input = if request.body.is_empty() { Some(Value::Null) } else { request.json::<Value>() };
        let checked = if !known.may(Permission::Control) {
            Err((403, "permission-missing"))
        } else if !self.declared.controls.actions.contains_key(action) {
            Err((404, "control-not-declared"))
        } else {
            input.ok_or((400, "body-malformed"))
        };
        let input = match checked {
            Ok(input) => input,
            Err((status, name)) => {
                let _ = reply.send(refusal(status, name));
                return;
            }
        };
        let now = clock::monotonic();
        let id = CommandId::new(self.trusted_now(), clock::random());
        let line = json!({ "command": { "id": id.to_string(), "action": action, "input": input } });
        let fits = line.to_string().len() as u64 <= LINE_BYTES_MAX;
        let busy = self.local.as_ref().is_none_or(|door| door.started.len() >= ACTIONS_MAX);
        let taken = fits
            && !busy
            && if self.core_function.carries_out(action) {
                self.say_to_core(&line)
            } else {
                self.application.tell(&line)
            };
        if !taken {
            let _ = reply.send(refusal(503, if busy { "busy" } else { "application-not-running" }));
            return;
        }
        self.happened("local-action", &format!("{}: {action}", known.name));
        if let Some(door) = &mut self.local {
            door.started.insert(id, Started { reply, until: Millis(now.0.saturating_add(ACTION_WITHIN.0)) });
        }
    }

    /// Gives a result to whoever started the action locally; false if nobody did.
    pub(super) fn answered_here(&mut self, id: CommandId, result: &Value) -> bool {
        let Some(started) = self.local.as_mut().and_then(|door| door.started.remove(&id)) else { return false };
        let done = result.get("ok").and_then(Value::as_bool) == Some(true);
        let _ = started.reply.send(Response::json(
            if done { 200 } else { 409 },
            &if done {
                result.clone()
            } else {
                let name = result.get("reason").and_then(Value::as_str).unwrap_or("application-refused");
                json!({ "error": { "name": name, "text": "The device did not do it." } })
            },
        ));
        true
    }

    /// What ran out at the local door.
    pub(super) fn drive_local(&mut self, now: Millis) {
        self.tell_of_strangers(now);
        let Some(door) = &mut self.local else { return };
        let late: Vec<CommandId> = door.started.iter().filter(|(_, s)| s.until <= now).map(|(id, _)| *id).collect();
        for id in late {
            if let Some(started) = door.started.remove(&id) {
                let _ = started.reply.send(refusal(504, "action-unanswered"));
            }
        }
        let ran_out = door.keeper.take_ran_out(now).or_else(|| door.visits.take_ran_out(now));
        let reset_over = door.reset_asked.take_if(|(_, until)| *until <= now);
        if let Some(name) = ran_out {
            self.alarmed_by_stranger("local-pairing-denied", &format!("{name}: not confirmed in time"));
            self.show_question();
        } else if reset_over.is_some() {
            self.show_question();
        }
    }

    pub(super) fn revoke(&mut self, id: &str, by: &str) -> Result<Value, &'static str> {
        let door = self.local.as_mut().ok_or("local-door-closed")?;
        let gone = door.keeper.revoke(id)?;
        // Its tokens have ended whether this can be written or not; a pairing that comes back would be worse than a no.
        door.save().map_err(|_| "storage-failed")?;
        self.alarmed("local-controller-revoked", &format!("{} {} by {by}", gone.name, start(&gone.id)));
        self.tell_unpaired(&gone);
        Ok(json!({ "revoked": gone.id, "name": gone.name }))
    }

    /// Answers the command line.
    pub(super) fn ordered_here(&mut self, ordered: Ordered) {
        let outcome = match ordered.order {
            Order::Waiting if self.local.is_none() && self.claim_asked.is_none() => Err("local-door-closed"),
            Order::Waiting => Ok(json!({ "waiting": self.question() })),
            Order::Confirm { code } => self.confirm(code.as_deref()),
            Order::Deny => self.deny(),
            Order::Controllers => match &self.local {
                Some(door) => Ok(json!({ "controllers": door.keeper.list() })),
                None => Err("local-door-closed"),
            },
            Order::Revoke { controller } => self.revoke(&controller, "command line"),
            Order::Reset => self
                .begin_reset("command-line", None, None)
                .map(|()| json!({ "begun": true }))
                .map_err(|_| "storage-failed"),
            Order::Status => Ok(self.running_status()),
        };
        let _ = ordered.reply.send(outcome.unwrap_or_else(admin::refused));
    }

    pub(super) fn begin_reset(
        &mut self,
        by: &str,
        order: Option<CommandId>,
        returns: Option<String>,
    ) -> Result<(), Fault> {
        crate::reset::begin(&self.layout, by, order, returns)?;
        tracing::warn!(reset.by = by, "factory reset begins");
        self.resetting = true;
        Ok(())
    }

    fn running_status(&self) -> Value {
        let [security, events, telemetry, bulk] = self.queue.fill().map(|(count, bytes)| json!([count, bytes]));
        json!({
            "online": self.connection.is_ready(), "uptime_s": clock::monotonic().0 / 1_000,
            "application": self.application.is_alive(), "quarantined": self.quarantined,
            "queue": { "security": security, "events": events, "telemetry": telemetry, "bulk": bulk },
            "memory_kib": resident_kib(), "local": self.local.as_ref().map(LocalDoor::told),
        })
    }
}

const PERMISSIONS: [(Permission, &str); 3] =
    [(Permission::Read, "read"), (Permission::Control, "control"), (Permission::Manage, "manage")];

fn start(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

fn put(into: &mut Value, name: &str, value: String) {
    if let Some(members) = into.as_object_mut() {
        members.insert(name.to_owned(), Value::String(value));
    }
}

/// Memory that this process holds, as the kernel counts it (`proc_pid_status(5)`).
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
