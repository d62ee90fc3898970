//! A hit becomes a finding: opened once with its figures, seen again afterwards, and acted on if a rule says so.

use holdfast_core::id::{ActionId, AlertId, FindingId, ProductId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::integrity::anomaly::{Hit, Settings};
use holdfast_domain::integrity::finding::{self, Evidence, Finding, FindingChange, FindingState, Found, Subject};
use holdfast_domain::integrity::playbook::by_rule;
use holdfast_store::StoreError;
use holdfast_web::backend::LiveEvent;

use crate::app::{House, chain};
use crate::clock;
use crate::gateway::observe::name_hash;

/// A finding that was acted on and not seen for so long is over; the next is a new one.
const OVER_AFTER: Millis = Millis::from_secs(24 * 3_600);
/// What was dismissed is not told again so soon: the detector still learns.
const DISMISSED_FOR: Millis = Millis::from_secs(3_600);
/// An hour, for the limit of what rules do by themselves.
const HOUR: Millis = Millis::from_secs(3_600);

/// A hit with what is shown of it.
pub(super) struct Shown {
    pub(super) hit: Hit,
    /// How many devices do it.
    pub(super) devices: u32,
    /// The last windows, in spreads.
    pub(super) series: Vec<f32>,
}

/// Tells of a device or a model.
pub(super) fn tell(house: &House, (subject, product): (Subject, &ProductId), shown: Shown, settings: &Settings) {
    let field = shown.hit.field.and_then(|key| named(house, product, key));
    match put(house, &subject, shown, field, settings) {
        Ok(Some(finding)) => act(house, &finding, product),
        Ok(None) => {}
        Err(why) => tracing::error!(why = %chain(&why), "a finding cannot be kept; it is told in the next window"),
    }
}

/// Tells of a person's use or of the doors.
pub(super) fn tell_plain(house: &House, subject: &Subject, shown: Shown, settings: &Settings) {
    if let Err(why) = put(house, subject, shown, None, settings) {
        tracing::error!(why = %chain(&why), "a finding cannot be kept; it is told in the next window");
    }
}

/// The new finding, if it is one.
fn put(
    house: &House,
    subject: &Subject,
    shown: Shown,
    field: Option<(String, bool)>,
    settings: &Settings,
) -> Result<Option<Finding>, StoreError> {
    let now = clock::now();
    let kind = shown.hit.kind;
    if let Some(known) = house.store.finding_of(subject, kind)? {
        let quiet = now.since(known.last);
        match known.state {
            FindingState::Open | FindingState::Acknowledged | FindingState::Acted if quiet < OVER_AFTER => {
                let seen = Change::Findings(FindingChange::Seen { finding: known.id, at: now });
                commit(house, Decision::quiet(vec![seen]));
                return Ok(None);
            }
            FindingState::Dismissed if now.since(known.state_at) < DISMISSED_FOR => return Ok(None),
            FindingState::Open | FindingState::Acknowledged | FindingState::Acted | FindingState::Dismissed => {}
        }
    }
    let since = u64::from(shown.hit.since.max(1)).saturating_mul(settings.window_ms);
    let began = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(since.saturating_mul(1_000)));
    let found = Found { subject: subject.clone(), kind, began, evidence: evidence(shown, field, settings) };
    let ids = (FindingId::new(now, clock::random()), AlertId::new(now, clock::random()));
    let alert = ids.1;
    let (finding, decision) = finding::open(found, ids, now);
    if !commit(house, decision) {
        return Ok(None);
    }
    house.tell(LiveEvent::Alert(alert));
    if let Subject::Device(device) = subject {
        house.tell(LiveEvent::Device(device.clone()));
    }
    tracing::warn!(finding.id = %finding.id, finding.kind = kind.name(), finding.about = subject.word(), "found");
    Ok(Some(finding))
}

fn commit(house: &House, decision: Decision) -> bool {
    match house.decide(decision) {
        Ok(_) => true,
        Err(why) => {
            tracing::error!(why = %why, "a finding cannot be kept");
            false
        }
    }
}

fn evidence(shown: Shown, field: Option<(String, bool)>, settings: &Settings) -> Evidence {
    let Shown { hit, devices, series } = shown;
    let (field, personal) = field.map_or((None, false), |(field, personal)| (Some(field), personal));
    let (observed, expected, spread) = (f64::from(hit.observed), f64::from(hit.expected), f64::from(hit.spread));
    let scaled = personal && spread > 0.0;
    // Of a field that says something about people only the distance from its usual is kept.
    let (observed, expected, spread) =
        if scaled { ((observed - expected) / spread, 0.0, 1.0) } else { (observed, expected, spread) };
    let series = series.into_iter().map(f64::from).collect();
    Evidence { field, observed, expected, spread, window_ms: settings.window_ms, series, devices, scaled }
}

/// The name of a field, `stream.field`, and whether it says something about people.
fn named(house: &House, product: &ProductId, key: u16) -> Option<(String, bool)> {
    let model = house.models.known(product)?;
    model.streams().iter().find_map(|stream| {
        let field = stream.fields.iter().find(|field| name_hash([&stream.name, &field.name]) == key)?;
        Some((format!("{}.{}", stream.name, field.name), field.labels.personal))
    })
}

/// The key of a field from its name, `stream.field`.
pub(super) fn field_key(name: &str) -> u16 {
    let (stream, field) = name.split_once('.').unwrap_or((name, ""));
    name_hash([stream, field])
}

/// Carries out the product's standing rule, if there is one for this finding.
fn act(house: &House, finding: &Finding, product: &ProductId) {
    let now = clock::now();
    let hour_ago = Timestamp::from_micros(now.as_micros().saturating_sub_unsigned(HOUR.0 * 1_000));
    let facts = house.store.playbook_rules(Some(product)).and_then(|rules| {
        let lately = if rules.is_empty() { 0 } else { house.store.actions_by_rule(product, hour_ago)? };
        Ok((rules, lately))
    });
    let (rules, lately) = match facts {
        Ok(facts) => facts,
        Err(why) => return tracing::error!(why = %chain(&why), "standing rules cannot be read"),
    };
    let id = ActionId::new(now, clock::random());
    if let Some((_, decision)) = by_rule(finding, product, (&rules, lately), id, now) {
        commit(house, decision);
        house.playbooks.notify_one();
    }
}
