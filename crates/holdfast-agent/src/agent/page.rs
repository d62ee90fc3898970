//! The device's page without script: who may see it, and what its forms do. What it says is in `page/shown.rs`.

mod control;
mod shown;
mod words;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, json};
use tokio::sync::oneshot;

use super::Agent;
use super::homes::LOCAL_PAGE;
use crate::clock;
use crate::keys::secret_name;
use crate::local::form::Form;
use crate::local::http::{Method, Request, Response};
use crate::local::keeper::{Known, Permission};
use crate::local::refusal;
use crate::local::visit::{Standing, Visit, form_token};
use crate::secrets;

/// Longest secret that is taken from a page, in bytes.
const TYPED_BYTES_MAX: usize = 512;

/// Whether an address is one of the page without script.
pub(super) fn is_ours(path: &str) -> bool {
    path == "/page" || path.starts_with("/page/")
}

/// How a form ended: the word of what was done, or the name of what stood against it.
type Ended = Result<&'static str, &'static str>;

impl Agent {
    /// Answers a request for the page.
    pub(super) fn page_asked(&mut self, request: &Request, peer: IpAddr) -> Response {
        let now = clock::monotonic();
        let secret = request.visit.clone().unwrap_or_default();
        let Some(door) = &mut self.local else { return refusal(404, "not-found") };
        let standing = door.visits.standing(&secret, now);
        match (request.method, request.path.as_str(), standing) {
            (Method::Get, "/page/help", _) => Response::page(200, shown::help(request.german)),
            (Method::Get, "/page", Standing::Stranger) => Response::page(200, shown::entry(request.german, None)),
            (Method::Post, "/page/enter", Standing::Stranger) => self.knock(request),
            (Method::Get, _, Standing::Waits(code, left)) => {
                Response::page(200, shown::waiting(request.german, &code, left))
            }
            (Method::Get, "/page", Standing::In(visit)) => self.house(request, &secret, &visit, None),
            (Method::Get, "/page/now", Standing::In(_)) => Response::page(200, self.sensing_page(request.german)),
            (Method::Post, path, Standing::In(visit)) => {
                let form = if request.is_form { Form::parse(&request.body) } else { None };
                if let Some(form) = form.filter(|form| form.text("form") == form_token(&secret)) {
                    return self.sent(request, &secret, (visit, path), &form);
                }
                self.alarmed_by_stranger("local-form-refused", &format!("from {peer}"));
                Response::page(403, shown::entry(request.german, Some("form-not-ours")))
            }
            (Method::Post, _, _) => Response::page(403, shown::entry(request.german, Some("sign-in-needed"))),
            (Method::Patch | Method::Delete, _, _) => refusal(405, "method-not-allowed"),
            (Method::Get, _, Standing::Stranger | Standing::In(_)) => Response::go_to("/page"),
        }
    }

    /// A browser asks to be let in. One question at a time: a button that is pressed for one must not answer another.
    fn knock(&mut self, request: &Request) -> Response {
        let now = clock::monotonic();
        let again = |why| Response::page(409, shown::entry(request.german, Some(why)));
        if self.question_waits(now) {
            return again("question-waits");
        }
        let form = if request.is_form { Form::parse(&request.body) } else { None };
        let random: [u8; 32] = clock::random();
        let secret = URL_SAFE_NO_PAD.encode(random);
        let [a, b, c, d, ..]: [u8; 32] = clock::random();
        let digits = u32::from_be_bytes([a, b, c, d]);
        let Some(door) = &mut self.local else { return again("not-found") };
        let name = form.as_ref().map_or("", |form| form.text("name"));
        if let Err(why) = door.visits.knock(name, &secret, digits, now) {
            return again(why);
        }
        let stay = door.stay.0 / 1_000;
        self.happened("local-pairing-waits", "a browser");
        self.show_question();
        Response::go_to("/page").with_visit(&secret, stay)
    }

    /// A form of a browser that was let in.
    fn sent(&mut self, request: &Request, secret: &str, (visit, path): (Visit, &str), form: &Form) -> Response {
        let ended = match path {
            "/page/set" => self.set_on_page(&visit, form),
            "/page/do" => self.do_on_page(&visit, form),
            "/page/claim" => self.claim_on_page(form),
            "/page/remove" => self.remove_on_page(&visit, form),
            "/page/credential" => self.credential_on_page(&visit, form),
            "/page/reset" => self.reset_on_page(&visit),
            "/page/leave" => {
                if let Some(door) = &mut self.local {
                    let _ = door.visits.end(&visit.id);
                }
                return Response::go_to("/page").with_visit("", 0);
            }
            _ => Err("not-found"),
        };
        match ended {
            Ok(done) => Response::go_to(&format!("/page?done={done}")),
            Err(why) => {
                self.refusals.count(why, "device's page");
                self.house(request, secret, &visit, Some(why))
            }
        }
    }

    fn set_on_page(&mut self, visit: &Visit, form: &Form) -> Ended {
        let name = form.text("property").to_owned();
        let property = self.declared.controls.properties.get(&name).ok_or("control-not-declared")?;
        let value = property.read(form.text("value")).ok_or("value-kind")?;
        self.wish_of(&visit.name, Map::from_iter([(name, value)])).map_err(|(_, why)| why)?;
        Ok("set")
    }

    /// Starts an action. What the application answers stands among what happened; the page does not wait for it.
    fn do_on_page(&mut self, visit: &Visit, form: &Form) -> Ended {
        let name = form.text("action").to_owned();
        let action = self.declared.controls.actions.get(&name).ok_or("control-not-declared")?;
        if action.confirm && form.text("sure") != "yes" {
            return Err("not-sure");
        }
        let known = Known::visitor(&visit.id, &visit.name, &[Permission::Control]);
        let (reply, mut answer) = oneshot::channel();
        self.act_here(&known, &name, &Request::empty(), reply);
        match answer.try_recv() {
            Ok(response) if response.status >= 400 => Err("application-not-running"),
            Ok(_) | Err(_) => Ok("done"),
        }
    }

    fn claim_on_page(&mut self, form: &Form) -> Ended {
        let digits = form.text("digits");
        if form.text("say") == "no" {
            return if self.deny_claim() { Ok("denied") } else { Err("nothing-to-confirm") };
        }
        self.confirm_claim(Some(digits), LOCAL_PAGE).unwrap_or(Err("nothing-to-confirm")).map(|_| "confirmed")
    }

    fn remove_on_page(&mut self, visit: &Visit, form: &Form) -> Ended {
        let id = form.text("id");
        if form.text("kind") == "phone" {
            return self.revoke(id, &visit.name).map(|_| "removed");
        }
        let door = self.local.as_mut().ok_or("local-door-closed")?;
        let name = door.visits.end(id).ok_or("controller-unknown")?;
        self.alarmed("local-controller-revoked", &format!("browser {name} by {}", visit.name));
        Ok("removed")
    }

    /// Changes a secret of the application. The earlier one ends with the line that tells the application the new one.
    fn credential_on_page(&mut self, visit: &Visit, form: &Form) -> Ended {
        let name = form.text("name").to_owned();
        let least = self.declared.credentials.get(&name).ok_or("control-not-declared")?.least;
        let typed = form.text("value");
        if typed.chars().count() < usize::from(least) || typed.len() > TYPED_BYTES_MAX {
            return Err("credential-too-short");
        }
        if typed.chars().any(char::is_control) || secret_name(&name).is_err() {
            return Err("value-kind");
        }
        secrets::put(&self.layout, &self.keys, &name, typed.as_bytes()).map_err(|fault| {
            self.refusals.count(fault.name(), "change a credential");
            "storage-failed"
        })?;
        let line = json!({ "secret": { "name": name, "value": typed } });
        let _ = self.application.tell(&line);
        let _ = self.say_to_core(&line);
        self.alarmed("local-credential-changed", &format!("{name} by {}", visit.name));
        Ok("credential")
    }

    fn reset_on_page(&mut self, visit: &Visit) -> Ended {
        self.ask_for_reset(&visit.name).map_err(|(_, why)| why)?;
        Ok("reset")
    }
}

impl Request {
    /// A request without anything, for what a form starts.
    fn empty() -> Self {
        Self {
            method: Method::Post,
            path: String::new(),
            query: String::new(),
            host: String::new(),
            origin: None,
            site: None,
            token: None,
            visit: None,
            german: false,
            is_json: false,
            is_form: false,
            keep_alive: true,
            body: Vec::new(),
        }
    }
}
