//! Interface of findings and playbooks.

use axum::extract::State;
use holdfast_core::id::{ActionId, FindingId};
use holdfast_core::time::Timestamp;
use holdfast_domain::integrity::Severity;
use holdfast_domain::integrity::finding::{Evidence, Finding, FindingKind, FindingState, Subject};
use holdfast_domain::integrity::playbook::{Action, ActionState, Order, Play, Rule, Scope, Throttle};
use holdfast_domain::people::access::Act;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Done, List, Reply, done, severity_word, us};
use crate::backend::RefusalKind;
use crate::backend::findings::{FindingFilter, FindingView, Findings};
use crate::door::App;
use crate::door::about::{About, Ask, Kind};
use crate::door::extract::{Asked, Fields, Id, Json, Who};
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};

const DEVICE: Ask = Ask::of("device", Kind::Slug, "Only of this device.");
const PRODUCT: Ask = Ask::of("product", Kind::Slug, "Only of this product.");
const FINDINGS: &[Ask] = &[
    Ask::of("open", Kind::Flag, "Only what is not over."),
    DEVICE,
    PRODUCT,
    Ask::of("state", Kind::Word(&["open", "acknowledged", "dismissed", "acted"]), "Only in this state."),
    Ask::of("kind", Kind::Text, "Only of this kind, by its name."),
    Ask::of("severity", Kind::Word(&["notice", "warning", "critical"]), "Only of this severity."),
    Ask::AFTER,
    Ask::LIMIT,
];
const SCOPE: &[Ask] = &[DEVICE, PRODUCT];
const RULES: &[Ask] = &[PRODUCT, Ask::AFTER, Ask::LIMIT];
const START: About = About::new("Run a playbook on a device or on a whole product.").more(
    "Exactly one of `device` and `product`. A run on a product needs `confirm_devices`: the number of devices that the preview \
     showed. A budget belongs to the play `throttle`.",
);

pub(super) fn routes(routes: Routes) -> Routes {
    let look = Access::May(Act::ViewFleet);
    let (close, contain) = (Access::May(Act::CloseAlert), Access::May(Act::ContainDevice));
    routes
        .api_get("/api/v1/findings", look, findings, About::new("What was found, newest first.").query(FINDINGS))
        .api_get("/api/v1/findings/{id}", look, finding, "One finding with its evidence and what was done about it.")
        .api_post("/api/v1/findings/{id}/acknowledge", close, acknowledge, "Say that somebody looks into it.")
        .api_post("/api/v1/findings/{id}/dismiss", close, dismiss, "Call a finding expected; the detector learns it.")
        .api_get("/api/v1/playbooks", look, actions, About::new("Runs of playbooks, newest first.").query(Ask::PAGE))
        .api_post("/api/v1/playbooks", contain, start, START)
        .api_get("/api/v1/playbooks/{id}", look, action, "One run of a playbook.")
        .api_post(
            "/api/v1/playbooks/{id}/undo",
            contain,
            undo,
            "Take a run back: every device it changed gets out again.",
        )
        .api_get(
            "/api/v1/playbook-preview",
            look,
            preview,
            About::new("How many devices a run would touch.").query(SCOPE),
        )
        .api_get("/api/v1/playbook-rules", look, rules, About::new("Which play answers which finding.").query(RULES))
        .api_put("/api/v1/playbook-rules", contain, put_rule, "Set the play for a product, a kind and a severity.")
}

/// The word of a finding's state.
pub(crate) const fn finding_state_word(state: FindingState) -> &'static str {
    match state {
        FindingState::Open => "open",
        FindingState::Acknowledged => "acknowledged",
        FindingState::Dismissed => "dismissed",
        FindingState::Acted => "acted",
    }
}

/// The word of a run's state.
pub(crate) const fn action_state_word(state: ActionState) -> &'static str {
    match state {
        ActionState::Running => "running",
        ActionState::Done => "done",
        ActionState::Undoing => "undoing",
        ActionState::Undone => "undone",
    }
}

/// The severity of this word.
pub(crate) fn severity_of(word: &str) -> Result<Severity, Problem> {
    [Severity::Notice, Severity::Warning, Severity::Critical]
        .into_iter()
        .find(|severity| severity_word(*severity) == word)
        .ok_or_else(|| Problem::malformed("field-malformed", "`severity` is notice, warning or critical."))
}

/// The kind of this name.
pub(crate) fn kind_of(word: &str) -> Result<FindingKind, Problem> {
    FindingKind::from_name(word)
        .ok_or_else(|| Problem::malformed("field-malformed", "`kind` is not the name of something that is found."))
}

fn state_of(word: &str) -> Result<FindingState, Problem> {
    [FindingState::Open, FindingState::Acknowledged, FindingState::Dismissed, FindingState::Acted]
        .into_iter()
        .find(|state| finding_state_word(*state) == word)
        .ok_or_else(|| Problem::malformed("field-malformed", "`state` is open, acknowledged, dismissed or acted."))
}

/// Reads the fields that choose findings.
pub(crate) fn filter(query: &Fields) -> Result<FindingFilter, Problem> {
    let subject = match (query.parsed("device")?, query.parsed("product")?) {
        (Some(device), None) => Some(Subject::Device(device)),
        (None, Some(product)) => Some(Subject::Model(product)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Problem::malformed("field-malformed", "Give `device` or `product`.")),
    };
    Ok(FindingFilter {
        open_only: query.parsed("open")?.unwrap_or(false),
        subject,
        state: query.text("state").map(state_of).transpose()?,
        kind: query.text("kind").map(kind_of).transpose()?,
        severity: query.text("severity").map(severity_of).transpose()?,
    })
}

#[derive(Serialize, ToSchema)]
struct EvidenceRow {
    field: Option<String>,
    observed: f64,
    expected: f64,
    spread: f64,
    unit: &'static str,
    window_ms: u64,
    devices: u32,
    scaled: bool,
    series: Vec<f64>,
}

impl EvidenceRow {
    fn of(evidence: Evidence, kind: FindingKind) -> Self {
        let Evidence { field, observed, expected, spread, window_ms, series, devices, scaled } = evidence;
        let unit = if scaled { "spreads" } else { kind.unit() };
        Self { field, observed, expected, spread, unit, window_ms, devices, scaled, series }
    }
}

#[derive(Serialize, ToSchema)]
struct FindingRow {
    id: String,
    subject: &'static str,
    device: Option<String>,
    product: Option<String>,
    person: Option<String>,
    kind: &'static str,
    title: &'static str,
    text: String,
    advice: &'static str,
    severity: &'static str,
    state: &'static str,
    began_us: i64,
    opened_us: i64,
    last_us: i64,
    times: u32,
    time_to_detect_ms: u64,
    contained_us: Option<i64>,
    time_to_contain_ms: Option<u64>,
    alert: String,
    evidence: EvidenceRow,
}

impl From<Finding> for FindingRow {
    fn from(finding: Finding) -> Self {
        let (product, person) = match &finding.subject {
            Subject::Model(product) => (Some(product.to_string()), None),
            Subject::Person(person) => (None, Some(person.to_string())),
            Subject::Device(_) | Subject::Doors => (None, None),
        };
        Self {
            id: finding.id.to_string(),
            subject: finding.subject.word(),
            device: finding.subject.device().map(ToString::to_string),
            product,
            person,
            kind: finding.kind.name(),
            title: finding.kind.title(),
            text: finding.evidence.sentence(finding.kind),
            advice: finding.kind.advice(),
            severity: severity_word(finding.severity),
            state: finding_state_word(finding.state),
            began_us: us(finding.began),
            opened_us: us(finding.opened),
            last_us: us(finding.last),
            times: finding.times,
            time_to_detect_ms: finding.time_to_detect().0,
            contained_us: finding.contained.map(us),
            time_to_contain_ms: finding.time_to_contain().map(|span| span.0),
            alert: finding.alert.to_string(),
            evidence: EvidenceRow::of(finding.evidence, finding.kind),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct FindingDetail {
    #[serde(flatten)]
    finding: FindingRow,
    of_product: Option<String>,
    playbooks: Vec<ActionRow>,
}

impl From<FindingView> for FindingDetail {
    fn from(view: FindingView) -> Self {
        Self {
            finding: view.finding.into(),
            of_product: view.product.map(|product| product.to_string()),
            playbooks: view.actions.into_iter().map(ActionRow::from).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct ActionRow {
    id: String,
    finding: Option<String>,
    play: &'static str,
    packets_per_second: Option<u32>,
    bytes_per_second: Option<u32>,
    device: Option<String>,
    product: Option<String>,
    by: Option<String>,
    reason: String,
    state: &'static str,
    changed: u32,
    left: u32,
    restored: u32,
    ordered_us: i64,
    done_us: Option<i64>,
    undone_us: Option<i64>,
}

impl From<Action> for ActionRow {
    fn from(action: Action) -> Self {
        let (device, product) = match &action.scope {
            Scope::Device(device) => (Some(device.to_string()), None),
            Scope::Model(product) => (None, Some(product.to_string())),
        };
        let budget = match action.play {
            Play::Throttle(to) => Some(to),
            Play::Tell | Play::Quarantine => None,
        };
        Self {
            id: action.id.to_string(),
            finding: action.finding.map(|id| id.to_string()),
            play: action.play.word(),
            packets_per_second: budget.map(|to| to.packets_per_second),
            bytes_per_second: budget.map(|to| to.bytes_per_second),
            device,
            product,
            by: action.by.map(|person| person.to_string()),
            reason: action.reason,
            state: action_state_word(action.state),
            changed: action.changed,
            left: action.left,
            restored: action.restored,
            ordered_us: us(action.ordered),
            done_us: action.done.map(us),
            undone_us: action.undone.map(Timestamp::as_micros),
        }
    }
}

/// Nothing with this id was found.
pub(crate) fn no_finding() -> Problem {
    Problem::absent("finding-unknown", "There is no finding with this id.")
}

async fn findings(State(app): State<App>, Asked(query): Asked) -> Reply<List<FindingRow>> {
    let query = query.only(&["open", "device", "product", "state", "kind", "severity", "after", "limit"])?;
    let (filter, page) = (filter(&query)?, query.page()?);
    Ok(List::of(app.ask(move |b| b.findings(&filter, &page)).await?, FindingRow::from))
}

async fn finding(State(app): State<App>, Id(id): Id<FindingId>) -> Reply<FindingDetail> {
    let view = app.ask(move |b| b.finding(id)).await?.ok_or_else(no_finding)?;
    Ok(axum::Json(view.into()))
}

async fn acknowledge(State(app): State<App>, Who(by): Who, Id(id): Id<FindingId>) -> Reply<Done> {
    app.ask(move |b| b.acknowledge_finding(&by, id)).await?;
    Ok(done())
}

async fn dismiss(State(app): State<App>, Who(by): Who, Id(id): Id<FindingId>) -> Reply<Done> {
    app.ask(move |b| b.dismiss_finding(&by, id)).await?;
    Ok(done())
}

async fn actions(State(app): State<App>, Asked(query): Asked) -> Reply<List<ActionRow>> {
    let page = query.only(&["after", "limit"])?.page()?;
    Ok(List::of(app.ask(move |b| b.actions(&page)).await?, ActionRow::from))
}

async fn action(State(app): State<App>, Id(id): Id<ActionId>) -> Reply<ActionRow> {
    let action = app.ask(move |b| b.action(id)).await?;
    let action = action.ok_or_else(|| Problem::absent("action-unknown", "There is no playbook run with this id."))?;
    Ok(axum::Json(action.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartBody {
    play: String,
    #[serde(default)]
    device: Option<String>,
    #[serde(default)]
    product: Option<String>,
    #[serde(default)]
    finding: Option<String>,
    reason: String,
    #[serde(default)]
    confirm_devices: Option<u64>,
    #[serde(default)]
    packets_per_second: Option<u32>,
    #[serde(default)]
    bytes_per_second: Option<u32>,
}

/// The play of this word, with a budget if one is given.
pub(crate) fn play_of(word: &str, budget: (Option<u32>, Option<u32>)) -> Result<Play, Problem> {
    let usual = Throttle::default();
    match (Play::from_word(word), budget) {
        (Some(Play::Throttle(_)), (packets, bytes)) => Ok(Play::Throttle(Throttle {
            packets_per_second: packets.unwrap_or(usual.packets_per_second),
            bytes_per_second: bytes.unwrap_or(usual.bytes_per_second),
        })),
        (Some(play), (None, None)) => Ok(play),
        (Some(_), _) => Err(Problem::malformed("budget-without-throttle", "A budget belongs to the play `throttle`.")),
        (None, _) => Err(Problem::malformed("play-unknown", "`play` is tell, throttle or quarantine.")),
    }
}

/// One device or one product, from two fields of which exactly one is given.
pub(crate) fn scope_of(device: Option<&str>, product: Option<&str>) -> Result<Scope, Problem> {
    let bad = |what: &str| Problem::malformed("id-malformed", format!("`{what}` is not an identifier."));
    match (device, product) {
        (Some(device), None) => device.parse().map(Scope::Device).map_err(|_| bad("device")),
        (None, Some(product)) => product.parse().map(Scope::Model).map_err(|_| bad("product")),
        _ => Err(Problem::malformed("scope-missing", "Give exactly one of `device` and `product`.")),
    }
}

async fn start(State(app): State<App>, Who(by): Who, Json(body): Json<StartBody>) -> Reply<ActionRow> {
    let finding = body.finding.as_deref().map(str::parse::<FindingId>).transpose();
    let finding = finding.map_err(|_| Problem::malformed("id-malformed", "`finding` is not an identifier."))?;
    let order = Order {
        play: play_of(&body.play, (body.packets_per_second, body.bytes_per_second))?,
        scope: scope_of(body.device.as_deref(), body.product.as_deref())?,
        reason: body.reason,
        confirmed: body.confirm_devices,
    };
    let action = app.ask(move |b| b.start_action(&by, finding, order)).await?;
    Ok(axum::Json(action.into()))
}

async fn undo(State(app): State<App>, Who(by): Who, Id(id): Id<ActionId>) -> Reply<Done> {
    app.ask(move |b| b.undo_action(&by, id)).await?;
    Ok(done())
}

#[derive(Serialize, ToSchema)]
struct PreviewRow {
    devices: u64,
    online: u64,
    quarantined: u64,
    throttled: u64,
}

async fn preview(State(app): State<App>, Asked(query): Asked) -> Reply<PreviewRow> {
    let query = query.only(&["device", "product"])?;
    let scope = scope_of(query.text("device"), query.text("product"))?;
    let seen = app.ask(move |b| b.preview_action(&scope)).await?;
    let (devices, online, quarantined, throttled) = (seen.devices, seen.online, seen.quarantined, seen.throttled);
    Ok(axum::Json(PreviewRow { devices, online, quarantined, throttled }))
}

#[derive(Serialize, ToSchema)]
struct RuleRow {
    product: String,
    kind: Option<&'static str>,
    severity: &'static str,
    play: &'static str,
}

impl From<Rule> for RuleRow {
    fn from(rule: Rule) -> Self {
        Self {
            product: rule.product.to_string(),
            kind: rule.kind.map(FindingKind::name),
            severity: severity_word(rule.severity),
            play: rule.play.word(),
        }
    }
}

async fn rules(State(app): State<App>, Asked(query): Asked) -> Reply<List<RuleRow>> {
    let (product, page) = (query.parsed("product")?, query.page()?);
    let rules = app.ask(move |b| Findings::playbook_rules(b, product.as_ref())).await?;
    let key = |row: &RuleRow| format!("{}.{}.{}", row.product, row.kind.unwrap_or_default(), row.severity);
    List::cut(rules.into_iter().map(RuleRow::from).collect(), &page, key)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RuleBody {
    product: String,
    #[serde(default)]
    kind: Option<String>,
    severity: String,
    play: String,
    #[serde(default)]
    packets_per_second: Option<u32>,
    #[serde(default)]
    bytes_per_second: Option<u32>,
}

async fn put_rule(State(app): State<App>, Who(by): Who, Json(body): Json<RuleBody>) -> Reply<Done> {
    let product = body.product.parse();
    let rule = Rule {
        product: product.map_err(|_| Problem::malformed("id-malformed", "`product` is not an identifier."))?,
        kind: body.kind.as_deref().map(kind_of).transpose()?,
        severity: severity_of(&body.severity)?,
        play: play_of(&body.play, (body.packets_per_second, body.bytes_per_second))?,
    };
    if matches!(rule.play, Play::Throttle(to) if to.packets_per_second == 0 || to.bytes_per_second < 128) {
        let detail = "A budget is at least one packet and 128 bytes a second.";
        return Err(Problem::new(RefusalKind::Unacceptable, "budget-too-small", detail));
    }
    app.ask(move |b| b.put_playbook_rule(&by, rule)).await?;
    Ok(done())
}

/// Reads any bytes as each JSON body of this room; for the fuzzers.
pub(super) fn read_bodies(bytes: &[u8]) {
    let _ = serde_json::from_slice::<StartBody>(bytes).map(|body| play_of(&body.play, (None, None)).is_ok());
    let _ = serde_json::from_slice::<RuleBody>(bytes).map(|body| kind_of(&body.severity).is_ok());
}
