//! The guides of a product for anyone, made from its model and its dossier: how it is set up securely, how its data are deleted.
//! Made for paper too: each step stands by itself.

use askama::Template;
use axum::response::Response;
use holdfast_domain::fleet::dossier::network::{Peer, Talk};
use holdfast_domain::telemetry::Confirm;
use holdfast_domain::telemetry::guard::read;

use super::view::ProductView;
use super::visit::{Named, Visit};
use super::words;
use crate::backend::homes::SetUp;
use crate::door::problem::Problem;
use crate::lang::Lang;

/// One step of a guide.
pub(super) struct GuideStep {
    /// Which picture stands beside it.
    pub(super) picture: &'static str,
    pub(super) title: String,
    pub(super) words: Vec<String>,
    /// What belongs to it, with what is said of each.
    pub(super) list: Vec<(String, Vec<String>)>,
}

impl GuideStep {
    fn new(l: Lang, picture: &'static str, key: &str) -> Self {
        let words = vec![l.say(&format!("public-guide-{key}-text"))];
        Self { picture, title: l.say(&format!("public-guide-{key}")), words, list: Vec::new() }
    }

    fn and(mut self, words: Option<String>) -> Self {
        self.words.extend(words);
        self
    }

    fn with(self, list: Vec<(String, Vec<String>)>) -> Self {
        Self { list, ..self }
    }
}

/// What a rule of the manufacturer usage description lets the product do, in words.
pub(crate) fn talk(l: Lang, talk: &Talk) -> (String, String) {
    let with = match &talk.with {
        Peer::Host(name) => name.clone(),
        Peer::LocalNetwork => l.say("public-talk-local"),
        Peer::Controller => l.say("public-talk-controller"),
        Peer::SameMaker => l.say("public-talk-same"),
    };
    (with, talk.port.clone())
}

fn paragraphs(v: &ProductView, topic: &str) -> Option<String> {
    v.says(topic).map(|said| said.parts.join(" "))
}

fn set_up_steps(l: Lang, v: &ProductView, set_up: &SetUp) -> Vec<GuideStep> {
    let dossier = &v.d.public.dossier;
    let confirm = l.say(match set_up.confirm {
        Confirm::Button => "claim-how-button",
        Confirm::LocalPage => "claim-how-local-page",
        Confirm::PowerCycle => "claim-how-power-cycle",
    });
    let signal = read(&set_up.signals, l.tag()).map(str::to_owned);
    let talks: Vec<(String, Vec<String>)> = dossier.mud.iter().flat_map(|mud| &mud.talks).map(|one| talk(l, one)).fold(
        Vec::new(),
        |mut all, (with, port)| {
            match all.iter_mut().find(|(known, _): &&mut (String, Vec<String>)| *known == with) {
                Some((_, ports)) => ports.push(port),
                None => all.push((with, vec![port])),
            }
            all
        },
    );
    let network = GuideStep::new(l, "network", if talks.is_empty() { "network-open" } else { "network" });
    let choices = set_up.settings.iter().filter_map(|setting| {
        let guard = setting.guard.as_ref()?;
        let safe = setting.value.as_ref().map(|value| l.with("public-guide-starts", "value", said(l, value)));
        let protects = read(&guard.protects, l.tag()).map(str::to_owned);
        let risk = read(&guard.risk, l.tag()).map(|words| l.with("public-guide-risk", "words", words));
        let steps = read(&guard.steps, l.tag()).map(str::to_owned);
        Some((setting.title.clone(), [safe, protects, risk, steps].into_iter().flatten().collect()))
    });
    let choices: Vec<(String, Vec<String>)> = choices.collect();
    let others = set_up.settings.iter().filter(|setting| setting.guard.is_none());
    let others: Vec<String> =
        others.filter_map(|setting| Some(format!("{}: {}", setting.title, said(l, setting.value.as_ref()?)))).collect();
    let sensors = v.sensors().into_iter().map(|sensor| {
        let words = [sensor.what, sensor.off].into_iter().flatten().map(|said| said.parts.join(" "));
        (sensor.kind, words.collect())
    });
    let mut steps = vec![
        GuideStep::new(l, "scan", "claim").and(Some(confirm)).and(signal),
        network.with(talks),
        GuideStep::new(l, "key", "account"),
        GuideStep::new(l, "update", "updates").and(paragraphs(v, "update-duty")),
    ];
    if !choices.is_empty() {
        steps.push(GuideStep::new(l, "shield", "choices").with(choices));
    }
    let sensors: Vec<(String, Vec<String>)> = sensors.collect();
    if !sensors.is_empty() {
        steps.push(GuideStep::new(l, "eye", "privacy").with(sensors));
    }
    if !others.is_empty() {
        let start = GuideStep::new(l, "list", "others");
        steps.push(start.with(others.into_iter().map(|one| (one, Vec::new())).collect()));
    }
    steps.push(GuideStep::new(l, "check", "check"));
    steps.push(GuideStep::new(l, "reset", "reset"));
    steps
}

/// A value of a model as people read it.
fn said(l: Lang, value: &str) -> String {
    match value {
        "true" => l.say("home-on"),
        "false" => l.say("home-off"),
        other => other.to_owned(),
    }
}

#[derive(Template)]
#[template(path = "public/product/guide.html")]
struct GuidePage {
    l: Lang,
    q: String,
    tab: &'static str,
    v: ProductView,
    title: String,
    lead: String,
    more: Option<super::view::Said>,
    steps: Vec<GuideStep>,
}

pub(super) async fn setup(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let v = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
    let (l, product) = (visit.l, v.d.product.clone());
    let set_up = visit.app.ask(move |b| b.set_up(&product)).await?;
    let steps = set_up_steps(l, &v, &set_up);
    let (title, lead) = (l.with("public-guide-title", "name", v.name()), l.say("public-guide-lead"));
    let more = v.says("setup");
    visit.page(&GuidePage { l, q: visit.q.clone(), tab: "setup", v, title, lead, more, steps })
}

pub(super) async fn delete(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let v = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
    let l = visit.l;
    let kept = v.d.data.iter().filter(|datum| datum.personal).map(|datum| {
        let title = datum.title.read(l.tag()).map_or_else(|| datum.path.clone(), |(_, words)| words.to_owned());
        let kept = datum.kept.map_or_else(|| l.say("public-kept-setting"), |kept| words::span(l, kept));
        (title, vec![kept])
    });
    let steps = vec![
        GuideStep::new(l, "phone", "delete-pages"),
        GuideStep::new(l, "reset", "delete-device"),
        GuideStep::new(l, "key", "delete-account"),
        GuideStep::new(l, "list", "delete-what"),
        GuideStep::new(l, "list", "delete-kept").with(kept.collect()),
        GuideStep::new(l, "eye", "delete-help").and(paragraphs(&v, "redress")),
    ];
    let (title, lead) = (l.with("public-delete-title", "name", v.name()), l.say("public-delete-lead"));
    let more = v.says("deletion");
    visit.page(&GuidePage { l, q: visit.q.clone(), tab: "delete", v, title, lead, more, steps })
}

impl ProductView {
    /// From when on updates may cost something.
    pub(crate) fn paid_from(&self) -> Option<String> {
        self.day(self.d.public.dossier.paid_from.as_ref())
    }
}
