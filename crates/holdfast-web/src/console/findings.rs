//! Pages of findings: the list, one finding with its picture, and the playbooks with preview and undo.

mod picture;

use askama::Template;
use holdfast_core::id::{ActionId, FindingId};
use holdfast_core::time::Millis;
use holdfast_domain::integrity::finding::{Finding, FindingKind, FindingState, Subject};
use holdfast_domain::integrity::playbook::{Action, ActionState, Order, Play, Scope};
use holdfast_domain::people::access::Act;

use super::fleet::encoded;
use super::words::When;
use super::{Attempt, Desk, Frame, PageReply, go, page, page_with};
use crate::api::{action_state_word, finding_filter, finding_state_word, no_finding, play_of, scope_of, severity_word};
use crate::backend::findings::{FindingView, Preview};
use crate::backend::{Answer, Backend};
use crate::door::extract::{Fields, Id, Sent};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use picture::Band;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/console/findings", Access::May(Act::ViewFleet), findings)
        .get("/console/findings/{id}", Access::May(Act::ViewFleet), show)
        .post("/console/findings/{id}/acknowledge", Access::May(Act::CloseAlert), acknowledge)
        .post("/console/findings/{id}/dismiss", Access::May(Act::CloseAlert), dismiss)
        .post("/console/findings/{id}/act", Access::May(Act::ContainDevice), act)
        .post("/console/findings/{id}/undo/{action}", Access::May(Act::ContainDevice), undo)
}

/// Fields that choose findings, in the address.
const FILTER_FIELDS: [&str; 5] = ["state", "kind", "severity", "device", "product"];

/// One finding in a list.
pub(crate) struct FindingLine {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) severity: &'static str,
    pub(crate) class: &'static str,
    pub(crate) state: &'static str,
    pub(crate) device: Option<String>,
    pub(crate) about: String,
    pub(crate) opened: When,
    pub(crate) times: u32,
}

impl FindingLine {
    pub(crate) fn new(finding: &Finding, desk: &Desk) -> Self {
        Self {
            id: finding.id.to_string(),
            title: desk.l.finding_title(&finding.kind),
            text: sentence(desk.l, finding),
            severity: severity_word(finding.severity),
            class: severity_class(finding),
            state: finding_state_word(finding.state),
            device: finding.subject.device().map(ToString::to_string),
            about: about(desk.l, &finding.subject),
            opened: desk.when(finding.opened),
            times: finding.times,
        }
    }
}

impl Lang {
    /// What a kind of finding says.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "a template hands it over so")]
    pub(super) fn finding_title(self, kind: &FindingKind) -> String {
        self.say(&format!("finding-kind-{}", kind.name()))
    }
}

/// What was seen against what is usual, in one sentence.
fn sentence(l: Lang, finding: &Finding) -> String {
    let evidence = &finding.evidence;
    let title = l.finding_title(&finding.kind);
    let title = match &evidence.field {
        Some(field) => l.with2("finding-of-field", ("field", field), ("title", title)),
        None => title,
    };
    let (seen, usual) = (picture::plain(l, evidence.observed), picture::plain(l, evidence.expected));
    let unit = unit(l, finding.kind);
    let key = if evidence.scaled { "finding-sentence-scaled" } else { "finding-sentence" };
    let devices = evidence.devices.max(1);
    l.fill(key, &[("count", &devices), ("title", &title), ("seen", &seen), ("unit", &unit), ("usual", &usual)])
}

/// What the figures of a kind count.
fn unit(l: Lang, kind: FindingKind) -> String {
    l.say(&format!("finding-unit-{}", kind.unit().replace(' ', "-")))
}

const fn severity_class(finding: &Finding) -> &'static str {
    use holdfast_domain::integrity::Severity;
    match (finding.state, finding.severity) {
        (FindingState::Dismissed, _) | (_, Severity::Notice) => "quiet",
        (_, Severity::Warning) => "warn",
        (_, Severity::Critical) => "bad",
    }
}

fn about(l: Lang, subject: &Subject) -> String {
    match subject {
        Subject::Device(device) => device.to_string(),
        Subject::Model(product) => l.with("finding-about-model", "product", product),
        Subject::Person(_) => l.say("finding-about-person"),
        Subject::Doors => l.say("finding-about-doors"),
    }
}

#[derive(Template)]
#[template(path = "findings/findings.html")]
struct FindingsPage {
    frame: Frame,
    query: Fields,
    lines: Vec<FindingLine>,
    next: Option<String>,
    filtered: bool,
}

impl FindingsPage {
    fn picked(&self, field: &str, value: &str) -> bool {
        self.query.typed(field) == value
    }
}

async fn findings(desk: Desk) -> PageReply {
    let ask = desk.query.page()?;
    let mut filter = finding_filter(&desk.query)?;
    // What was called expected is shown when it is asked for.
    filter.open_only = filter.state.is_none();
    let filtered = FILTER_FIELDS.iter().any(|name| desk.query.text(name).is_some());
    let found = desk.ask(move |b| b.findings(&filter, &ask)).await?;
    let next = found.next.as_deref().map(|after| next_address(&desk.query, after));
    page(&FindingsPage {
        frame: desk.frame(desk.l.say("console-nav-findings"), "findings").await?.live("all"),
        lines: found.rows.iter().map(|finding| FindingLine::new(finding, &desk)).collect(),
        next,
        filtered,
        query: desk.query,
    })
}

fn next_address(query: &Fields, after: &str) -> String {
    let kept = FILTER_FIELDS.iter().filter_map(|name| query.text(name).map(|v| format!("{name}={}&", encoded(v))));
    format!("/console/findings?{}after={}", kept.collect::<String>(), encoded(after))
}

/// One run of a playbook on the page.
struct ActionLine {
    id: String,
    what: String,
    state: &'static str,
    class: &'static str,
    reason: String,
    by_rule: bool,
    changed: u32,
    left: u32,
    restored: u32,
    ordered: When,
    took: Option<String>,
    undoable: bool,
}

impl ActionLine {
    fn new(action: &Action, desk: &Desk) -> Self {
        let l = desk.l;
        let scope = match &action.scope {
            Scope::Device(device) => device.to_string(),
            Scope::Model(product) => l.with("finding-every", "product", product),
        };
        let what = match action.play {
            Play::Throttle(to) => {
                let packets = l.count("finding-packets", to.packets_per_second);
                let bytes = l.count("console-bytes", to.bytes_per_second);
                l.fill("finding-do-throttle", &[("scope", &scope), ("packets", &packets), ("bytes", &bytes)])
            }
            Play::Quarantine | Play::Tell => l.with("finding-do-quarantine", "scope", &scope),
        };
        Self {
            id: action.id.to_string(),
            what,
            state: action_state_word(action.state),
            class: match action.state {
                ActionState::Running | ActionState::Undoing => "busy",
                ActionState::Done => "warn",
                ActionState::Undone => "quiet",
            },
            reason: action.reason.clone(),
            by_rule: action.by.is_none(),
            changed: action.changed,
            left: action.left,
            restored: action.restored,
            ordered: desk.when(action.ordered),
            took: action.took().map(|took| span(l, took)),
            undoable: matches!(action.state, ActionState::Running | ActionState::Done),
        }
    }
}

/// A span with tenths of seconds where that tells something.
fn span(l: Lang, span: Millis) -> String {
    let tenths = span.0 / 100;
    match span.0 {
        0..60_000 => l.with("finding-seconds", "n", l.number(format_args!("{}.{}", tenths / 10, tenths % 10))),
        60_000..7_200_000 => l.count("when-for-minutes", span.0 / 60_000),
        _ => l.count("when-for-hours", span.0 / 3_600_000),
    }
}

/// A playbook that can be chosen, with what it would touch.
struct Choice {
    play: &'static str,
    scope: &'static str,
    target: String,
    title: String,
    explains: String,
    button: String,
    confirmed: u64,
    danger: bool,
}

#[derive(Template)]
#[template(path = "findings/finding.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that the page shows or not")]
struct FindingPage {
    frame: Frame,
    id: String,
    line: FindingLine,
    advice: String,
    began: When,
    last: When,
    detect: String,
    contain: Option<String>,
    observed: String,
    expected: String,
    spread: String,
    unit: String,
    scaled: bool,
    devices: u32,
    window: String,
    picture: Option<Band>,
    actions: Vec<ActionLine>,
    choices: Vec<Choice>,
    may_close: bool,
    may_act: bool,
    open: bool,
    fresh: bool,
    attempt: Attempt,
}

async fn show(desk: Desk, Id(id): Id<FindingId>) -> PageReply {
    finding_page(desk, id, Attempt::default()).await
}

/// A finding, and what an action on its device and on its model would touch.
type Facts = (FindingView, Vec<(Scope, Preview)>);

fn facts(b: &dyn Backend, id: FindingId) -> Answer<Option<Facts>> {
    let Some(view) = b.finding(id)? else { return Ok(None) };
    let device = view.finding.subject.device().cloned().map(Scope::Device);
    let scopes = device.into_iter().chain(view.product.clone().map(Scope::Model));
    let previews = scopes.map(|scope| b.preview_action(&scope).map(|preview| (scope, preview)));
    let previews = previews.collect::<Answer<Vec<_>>>()?;
    Ok(Some((view, previews)))
}

async fn finding_page(desk: Desk, id: FindingId, attempt: Attempt) -> PageReply {
    let (view, previews) = desk.ask(move |b| facts(b, id)).await?.ok_or_else(no_finding)?;
    let finding = &view.finding;
    let (l, evidence) = (desk.l, &finding.evidence);
    let frame = desk.frame(desk.l.finding_title(&finding.kind), "findings").await?.live_unless(&attempt, "all");
    let status = attempt.status();
    page_with(
        status,
        &FindingPage {
            frame,
            id: id.to_string(),
            line: FindingLine::new(finding, &desk),
            advice: l.say(&format!("finding-advice-{}", finding.kind.name())),
            began: desk.when(finding.began),
            last: desk.when(finding.last),
            detect: span(l, finding.time_to_detect()),
            contain: finding.time_to_contain().map(|time| span(l, time)),
            observed: picture::plain(l, evidence.observed),
            expected: picture::plain(l, evidence.expected),
            spread: picture::plain(l, evidence.spread),
            unit: if evidence.scaled { l.say("finding-unit-spreads") } else { unit(l, finding.kind) },
            scaled: evidence.scaled,
            devices: evidence.devices,
            window: span(l, Millis(evidence.window_ms)),
            picture: Band::new(l, finding),
            actions: view.actions.iter().map(|action| ActionLine::new(action, &desk)).collect(),
            choices: previews.iter().flat_map(|(scope, preview)| choices(l, scope, preview)).collect(),
            may_close: desk.may(Act::CloseAlert),
            may_act: desk.may(Act::ContainDevice),
            open: finding.is_open(),
            fresh: finding.state == FindingState::Open,
            attempt,
        },
    )
}

fn choices(l: Lang, scope: &Scope, preview: &Preview) -> Vec<Choice> {
    let Preview { devices, online, quarantined, throttled } = *preview;
    let (scope, target, all) = match scope {
        Scope::Device(device) => ("device", device.to_string(), device.to_string()),
        Scope::Model(product) => {
            ("product", product.to_string(), l.fill("finding-all-of", &[("count", &devices), ("product", product)]))
        }
    };
    let touches = |already: u64, key: &str| {
        let left = l.number(devices.saturating_sub(already));
        let (all, online, already) = (l.number(devices), l.number(online), l.number(already));
        l.fill(key, &[("left", &left), ("all", &all), ("online", &online), ("already", &already)])
    };
    let throttle = Choice {
        play: "throttle",
        scope,
        target: target.clone(),
        title: l.with("finding-throttle", "scope", &all),
        explains: format!(
            "{} {}",
            l.with("finding-throttle-text", "bytes", l.number(1_024)),
            touches(throttled, "finding-touches-throttled")
        ),
        button: l.with("finding-throttle", "scope", &all),
        confirmed: devices,
        danger: false,
    };
    let quarantine = Choice {
        play: "quarantine",
        scope,
        target,
        title: l.with("finding-do-quarantine", "scope", &all),
        explains: format!(
            "{} {}",
            l.say("finding-quarantine-text"),
            touches(quarantined, "finding-touches-quarantined")
        ),
        button: l.with("finding-do-quarantine", "scope", &all),
        confirmed: devices,
        danger: true,
    };
    vec![throttle, quarantine]
}

async fn settle(
    desk: Desk,
    id: FindingId,
    (form, done, fields): (&'static str, &'static str, Fields),
    ended: Result<(), Problem>,
) -> PageReply {
    match ended {
        Ok(()) => Ok(go(&format!("/console/findings/{id}"), done)),
        Err(problem) if problem.reference.is_some() => Err(problem),
        Err(problem) => {
            let attempt = desk.refused(form, fields, problem);
            finding_page(desk, id, attempt).await
        }
    }
}

async fn acknowledge(desk: Desk, Id(id): Id<FindingId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let ended = desk.ask(move |b| b.acknowledge_finding(&by, id)).await;
    settle(desk, id, ("state", "acknowledged", fields), ended).await
}

async fn dismiss(desk: Desk, Id(id): Id<FindingId>, Sent(fields): Sent) -> PageReply {
    let by = desk.caller.clone();
    let ended = desk.ask(move |b| b.dismiss_finding(&by, id)).await;
    settle(desk, id, ("state", "dismissed", fields), ended).await
}

async fn act(desk: Desk, Id(id): Id<FindingId>, Sent(fields): Sent) -> PageReply {
    let ended = match order(&fields) {
        Ok(order) => {
            let by = desk.caller.clone();
            desk.ask(move |b| b.start_action(&by, Some(id), order)).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    settle(desk, id, ("act", "acted", fields), ended).await
}

fn order(fields: &Fields) -> Result<Order, Problem> {
    let play: String = fields.needed("play")?;
    Ok(Order {
        play: play_of(&play, (None, None))?,
        scope: scope_of(fields.text("device"), fields.text("product"))?,
        reason: fields.typed("reason").to_owned(),
        confirmed: fields.parsed("confirm_devices")?,
    })
}

async fn undo(
    desk: Desk,
    crate::door::extract::Ids(id, action): crate::door::extract::Ids<FindingId, ActionId>,
    Sent(fields): Sent,
) -> PageReply {
    let by = desk.caller.clone();
    let ended = desk.ask(move |b| b.undo_action(&by, action)).await;
    settle(desk, id, ("act", "undone", fields), ended).await
}
