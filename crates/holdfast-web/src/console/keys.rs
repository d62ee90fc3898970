//! The page of keys: what there is, until when, what to do next; changing the server's keys; the crypto policy.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::keys::inventory::{Due, FleetKeys, KeyEntry};
use holdfast_domain::keys::policy::{PERMITTED, REVIEW_DUE, REVIEWED, review_overdue};
use holdfast_domain::keys::{KeyState, ServerRole};
use holdfast_domain::people::access::Act;

use super::words::{Day, When, hex};
use super::{Attempt, Desk, Frame, PageReply, go, page_with};
use crate::api::key_role;
use crate::backend::keys::{ChangeStep, CrlView, Keys, KeysView, ServerKeyView};
use crate::door::extract::Sent;
use crate::door::routes::{Access, Routes};
use crate::lang::{Html, Lang};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/keys", Access::May(Act::ViewEvidence), keys)
        .post("/console/keys/{role}/rotate", Access::Fresh(Act::ChangeKeys), rotate)
        .post("/console/keys/{role}/activate", Access::Fresh(Act::ChangeKeys), activate)
        .post("/console/keys/{role}/retire", Access::Fresh(Act::ChangeKeys), retire)
}

/// What the picture shows before today.
const BEHIND: Millis = Millis::from_secs(183 * 86_400);
/// What it shows after today: long enough for the end of a support year, short enough to see 90 days.
const AHEAD: Millis = Millis::from_secs(3 * 365 * 86_400);
/// Width of the picture, in its own units.
const WIDTH: u64 = 1_000;

/// One key's line in the picture: from when until when, the change that is due, and today.
struct Bar {
    class: &'static str,
    from: u64,
    to: u64,
    endless: bool,
    change: Option<u64>,
    today: u64,
}

impl Bar {
    fn new(key: &KeyEntry, now: Timestamp) -> Self {
        let place = |at: Timestamp| {
            let start = Timestamp::from_micros(now.as_micros().saturating_sub(micros(BEHIND)));
            (at.since(start).0.saturating_mul(WIDTH) / (BEHIND.0 + AHEAD.0)).min(WIDTH)
        };
        let class = match (key.due(now), key.state) {
            (Due::Overdue, _) => "part-bad",
            (Due::Soon, _) => "part-warn",
            (Due::Fine, KeyState::Active) => "part-ok",
            (Due::Fine, KeyState::Next) => "part-busy1",
            (Due::Fine, KeyState::Retiring) => "part-odd",
            (Due::Fine, KeyState::Retired) => "part-rest",
        };
        let to = key.ends.map_or(WIDTH, place);
        let shown = |at: &Timestamp| *at <= now.plus(AHEAD) && key.state != KeyState::Retired;
        Self {
            class,
            from: key.created.map_or(0, place).min(to),
            to,
            endless: key.ends.is_none(),
            change: key.change_due.filter(shown).map(place),
            today: place(now),
        }
    }
}

fn micros(span: Millis) -> i64 {
    i64::try_from(span.0.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, from, to, today, .. } = self;
        let width = to.saturating_sub(*from).max(4);
        f.write_str(
            "<svg class=\"stack span\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        )?;
        f.write_str("<rect class=\"track\" x=\"0\" y=\"9\" width=\"1000\" height=\"2\"/>")?;
        let height = if self.endless { 4 } else { 10 };
        write!(
            f,
            "<rect class=\"{class}\" x=\"{from}\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>",
            10 - height / 2
        )?;
        if let Some(change) = self.change {
            write!(f, "<rect class=\"mark\" x=\"{}\" y=\"1\" width=\"5\" height=\"18\"/>", change.saturating_sub(2))?;
        }
        write!(f, "<rect class=\"today\" x=\"{today}\" y=\"0\" width=\"2\" height=\"20\"/></svg>")
    }
}

impl HtmlSafe for Bar {}

/// One key, as the table shows it.
struct KeyLine {
    title: String,
    id: String,
    owner: String,
    place: String,
    algorithm: &'static str,
    state: String,
    soon: bool,
    badge: &'static str,
    created: Option<Day>,
    ends: Option<When>,
    change: Option<When>,
    to_do: Option<String>,
    bar: Bar,
}

impl KeyLine {
    fn new(key: KeyEntry, desk: &Desk) -> Self {
        let (l, now) = (desk.l, desk.now);
        let due = key.due(now);
        let (badge, state) = match (due, key.state) {
            (Due::Overdue, _) => ("bad", "overdue"),
            (Due::Soon, _) => ("warn", "due-soon"),
            (Due::Fine, KeyState::Active) => ("ok", "in-use"),
            (Due::Fine, KeyState::Next) => ("busy", "next"),
            (Due::Fine, KeyState::Retiring) => ("warn", "retiring"),
            (Due::Fine, KeyState::Retired) => ("quiet", "destroyed"),
        };
        Self {
            bar: Bar::new(&key, now),
            title: l.say(&format!("keys-title-{}", key.purpose.name())),
            owner: l.term(&key.purpose.owner().replace(' ', "-")),
            place: l.term(key.place.name()),
            algorithm: key.algorithm,
            state: l.term(state),
            soon: due == Due::Soon,
            badge,
            created: key.created.map(|at| desk.day(at)),
            ends: key.ends.map(|at| desk.when(at)),
            change: key.change_due.map(|at| desk.when(at)),
            to_do: (due != Due::Fine).then(|| l.say(&format!("keys-remedy-{}", key.purpose.name()))),
            id: key.id,
        }
    }

    fn short(&self) -> &str {
        self.id.get(..8).unwrap_or(&self.id)
    }
}

/// One of the server's two roles, and the step that can be taken now.
struct RoleLine {
    name: &'static str,
    title: String,
    step: Step,
}

/// What can be done about a role's keys.
enum Step {
    /// Make the next key.
    Rotate,
    /// Wait for the maker: the next key is in no trust document yet.
    Name,
    /// Put the next key to use.
    Activate,
    /// Destroy the old key; so many devices depend on it.
    Retire(u64),
}

impl RoleLine {
    fn new(l: Lang, role: ServerRole, keys: &[ServerKeyView]) -> Self {
        let of = |state| keys.iter().find(|view| view.key.role == role && view.key.state == state);
        let step = match (of(KeyState::Next), of(KeyState::Retiring)) {
            (Some(next), _) if next.named => Step::Activate,
            (Some(_), _) => Step::Name,
            (None, Some(old)) => Step::Retire(old.depending),
            (None, None) => Step::Rotate,
        };
        let title = l.say(match role {
            ServerRole::OperationalCa => "keys-title-operational-ca",
            ServerRole::Freshness => "keys-title-freshness",
        });
        Self { name: role.name(), title, step }
    }
}

/// The operational certificates of one product.
struct FleetLine {
    product: String,
    proven: u64,
    unused: u64,
    ending: u64,
    ended: u64,
    oldest: Option<When>,
    hardware: u64,
    retiring_ca: u64,
}

impl FleetLine {
    fn new(keys: &FleetKeys, desk: &Desk) -> Self {
        Self {
            product: keys.product.to_string(),
            proven: keys.proven,
            unused: keys.unused,
            ending: keys.ending,
            ended: keys.ended,
            oldest: keys.oldest.map(|at| desk.when(at)),
            hardware: keys.hardware,
            retiring_ca: keys.retiring_ca,
        }
    }
}

/// One revocation list.
struct CrlLine {
    issuer: String,
    said: Html,
    entries: u64,
    until: Day,
}

impl CrlLine {
    fn new(crl: &CrlView, desk: &Desk) -> Self {
        Self {
            issuer: hex(&crl.issuer.0),
            said: desk.l.at2("keys-crl-said", desk.when(crl.this_update), ("n", crl.number)),
            entries: crl.entries,
            until: desk.day(crl.next_update),
        }
    }
}

/// One row of the crypto policy.
struct PolicyLine {
    algorithm: &'static str,
    purpose: String,
    until: Option<Day>,
    source: &'static str,
}

fn policy_lines(desk: &Desk) -> Vec<PolicyLine> {
    let line = |row: &holdfast_domain::keys::policy::Permission| PolicyLine {
        algorithm: row.algorithm,
        purpose: desk.l.term(row.purpose.name()),
        until: row.until.map(|at| desk.day(at)),
        source: row.source,
    };
    PERMITTED.iter().map(line).collect()
}

#[derive(Template)]
#[template(path = "keys/keys.html")]
struct KeysPage {
    frame: Frame,
    attempt: Attempt,
    keys: Vec<KeyLine>,
    overdue: usize,
    soon: usize,
    fleet: Vec<FleetLine>,
    roles: Vec<RoleLine>,
    crls: Vec<CrlLine>,
    tokens: u64,
    first_token_end: Option<When>,
    sealed: bool,
    policy: Vec<PolicyLine>,
    reviewed: Day,
    review: When,
    review_overdue: bool,
    may_change: bool,
}

async fn keys(desk: Desk) -> PageReply {
    shown(desk, Attempt::default()).await
}

async fn shown(desk: Desk, attempt: Attempt) -> PageReply {
    let view: KeysView = desk.ask(Keys::keys).await?;
    let now = desk.now;
    let due = |wanted| view.inventory.keys.iter().filter(|key| key.due(now) == wanted).count();
    let (overdue, soon) = (due(Due::Overdue), due(Due::Soon));
    let status = attempt.status();
    page_with(
        status,
        &KeysPage {
            frame: desk.frame(desk.l.say("console-nav-keys"), "keys").await?,
            overdue,
            soon,
            roles: [ServerRole::OperationalCa, ServerRole::Freshness]
                .into_iter()
                .map(|role| RoleLine::new(desk.l, role, &view.server))
                .collect(),
            keys: view.inventory.keys.into_iter().map(|key| KeyLine::new(key, &desk)).collect(),
            fleet: view.inventory.fleet.into_iter().map(|keys| FleetLine::new(&keys, &desk)).collect(),
            crls: view.crls.iter().map(|crl| CrlLine::new(crl, &desk)).collect(),
            tokens: view.tokens,
            first_token_end: view.first_token_end.map(|at| desk.when(at)),
            sealed: view.sealed,
            policy: policy_lines(&desk),
            reviewed: desk.day(REVIEWED),
            review: desk.when(REVIEW_DUE),
            review_overdue: review_overdue(now),
            may_change: desk.may(Act::ChangeKeys),
            attempt,
        },
    )
}

async fn change(desk: Desk, role: String, fields: Sent, step: ChangeStep, done: &'static str) -> PageReply {
    let role = key_role(&role)?;
    let by = desk.caller.clone();
    match desk.ask(move |b| b.change_key(&by, role, step)).await {
        Ok(_) => Ok(go("/console/keys", done)),
        Err(problem) => {
            let Sent(fields) = fields;
            let attempt = desk.refused(role.name(), fields, problem);
            shown(desk, attempt).await
        }
    }
}

async fn rotate(desk: Desk, Path(role): Path<String>, fields: Sent) -> PageReply {
    change(desk, role, fields, ChangeStep::Rotate, "key-made").await
}

async fn activate(desk: Desk, Path(role): Path<String>, fields: Sent) -> PageReply {
    change(desk, role, fields, ChangeStep::Activate, "key-activated").await
}

async fn retire(desk: Desk, Path(role): Path<String>, fields: Sent) -> PageReply {
    let anyway = fields.0.typed("anyway") == "yes";
    change(desk, role, fields, ChangeStep::Retire { anyway }, "key-destroyed").await
}
