//! What the maker says to everybody: the index of policies with their days, each policy with what changes and its earlier
//! versions, bulletins with a check by serial number. No sign-in, no cookie.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use holdfast_domain::fleet::dossier::{Link, Text};
use holdfast_domain::papers::{Bulletin, Document, POLICIES, Paper, Policy, in_force};

use super::visit::Visit;
use super::words;
use crate::backend::papers::Papers;
use crate::door::extract::Asked;
use crate::door::problem::Problem;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/policies", Access::Public, policies)
        .get("/policies/{name}", Access::Public, policy)
        .get("/notices", Access::Public, notices)
        .get("/notices/{name}", Access::Public, notice)
}

/// Words of the maker with their language, if it is another one than the page's.
pub(super) struct Words {
    pub(super) lang: String,
    pub(super) parts: Vec<String>,
}

fn said(l: Lang, text: &Text) -> Words {
    let (lang, words) = text.read(l.tag()).unwrap_or((l.tag(), ""));
    let parts = words.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    Words { lang: lang.to_owned(), parts }
}

fn one_line(l: Lang, text: &Text) -> String {
    text.read(l.tag()).map(|(_, words)| words.to_owned()).unwrap_or_default()
}

struct PolicyRow {
    id: String,
    title: String,
    owner: String,
    version: u64,
    /// Which version, and since when it counts.
    standing: String,
    review: String,
    lapsed: bool,
    coming: Option<String>,
}

#[derive(Template)]
#[template(path = "public/policies.html")]
struct PoliciesPage {
    l: Lang,
    q: String,
    rows: Vec<PolicyRow>,
    missing: Vec<String>,
}

fn standing(l: Lang, paper: &Paper, policy: &Policy) -> String {
    l.with2("public-policy-since", ("version", paper.version), ("day", words::day(l, policy.effective)))
}

fn row(visit: &Visit, versions: &[Paper]) -> Option<PolicyRow> {
    let l = visit.l;
    let paper = in_force(versions, visit.now)?;
    let Document::Policy(policy) = &paper.document else { return None };
    let newest = versions.first().filter(|newest| newest.version != paper.version);
    let coming = newest.and_then(|newest| match &newest.document {
        Document::Policy(next) => Some(words::day(l, next.effective)),
        Document::Bulletin(_) => None,
    });
    Some(PolicyRow {
        id: paper.id.clone(),
        title: l.say(&format!("public-policy-{}", paper.id)),
        owner: policy.owner.clone(),
        version: paper.version,
        standing: standing(l, paper, policy),
        review: words::day(l, policy.review),
        lapsed: policy.is_lapsed(visit.now),
        coming,
    })
}

async fn policies(visit: Visit) -> Result<Response, Problem> {
    let mut rows = Vec::new();
    let mut missing = Vec::new();
    for id in POLICIES {
        let versions = visit.app.ask(move |b| b.paper(id)).await?;
        match row(&visit, &versions) {
            Some(one) => rows.push(one),
            None => missing.push(visit.l.say(&format!("public-policy-{id}"))),
        }
    }
    visit.page(&PoliciesPage { l: visit.l, q: visit.q.clone(), rows, missing })
}

struct Version {
    standing: String,
    since: String,
    change: Words,
    text: Words,
}

#[derive(Template)]
#[template(path = "public/policy.html")]
struct PolicyPage {
    l: Lang,
    q: String,
    row: PolicyRow,
    text: Words,
    /// The version that takes its place, with what is different.
    next: Option<Version>,
    earlier: Vec<Version>,
    /// Whom people may complain to, as the policy on privacy names it.
    authority: Vec<String>,
}

fn version(l: Lang, paper: &Paper, policy: &Policy) -> Version {
    Version {
        standing: standing(l, paper, policy),
        since: words::day(l, policy.effective),
        change: said(l, &policy.change),
        text: said(l, &policy.text),
    }
}

async fn policy(visit: Visit, Path(name): Path<String>) -> Result<Response, Problem> {
    let nothing = || Problem::absent("paper-unknown", "There is no such policy here.");
    let versions = visit.app.ask(move |b| b.paper(&name)).await?;
    let row = row(&visit, &versions).ok_or_else(nothing)?;
    let (mut text, mut next, mut earlier, mut authority) = (None, None, Vec::new(), Vec::new());
    for paper in &versions {
        let Document::Policy(policy) = &paper.document else { return Err(nothing()) };
        match paper.version.cmp(&row.version) {
            std::cmp::Ordering::Greater => next = next.or_else(|| Some(version(visit.l, paper, policy))),
            std::cmp::Ordering::Equal => {
                text = Some(said(visit.l, &policy.text));
                authority = policy.authority.lines().map(str::to_owned).collect();
            }
            std::cmp::Ordering::Less => earlier.push(version(visit.l, paper, policy)),
        }
    }
    let text = text.ok_or_else(nothing)?;
    visit.page(&PolicyPage { l: visit.l, q: visit.q.clone(), row, text, next, earlier, authority })
}

/// A bulletin in a list.
struct NoticeRow {
    id: String,
    title: String,
    kind: String,
    class: &'static str,
    at: String,
}

#[derive(Template)]
#[template(path = "public/notices.html")]
struct NoticesPage {
    l: Lang,
    q: String,
    rows: Vec<NoticeRow>,
}

fn notice_row(l: Lang, paper: &Paper, bulletin: &Bulletin) -> NoticeRow {
    use holdfast_domain::papers::What;
    NoticeRow {
        id: paper.id.clone(),
        title: one_line(l, &bulletin.title),
        kind: l.say(&format!("public-notice-{}", bulletin.what.word())),
        class: match bulletin.what {
            What::Action => "bad",
            What::Advisory => "warn",
            What::Outage | What::Change => "quiet",
        },
        at: words::day_of(l, paper.at),
    }
}

async fn notices(visit: Visit) -> Result<Response, Problem> {
    let all = visit.app.ask(Papers::public_papers).await?;
    let rows = all.iter().filter_map(|paper| match &paper.document {
        Document::Bulletin(bulletin) => Some(notice_row(visit.l, paper, bulletin)),
        Document::Policy(_) => None,
    });
    visit.page(&NoticesPage { l: visit.l, q: visit.q.clone(), rows: rows.collect() })
}

#[derive(Template)]
#[template(path = "public/notice.html")]
struct NoticePage {
    l: Lang,
    q: String,
    row: NoticeRow,
    product: Option<String>,
    serials: Vec<String>,
    happened: Words,
    steps: Vec<Words>,
    deadline: Option<String>,
    contact: (String, String),
    typed: String,
    /// Whether the unit that was typed is among those concerned.
    concerned: Option<bool>,
}

async fn notice(visit: Visit, Path(name): Path<String>, Asked(query): Asked) -> Result<Response, Problem> {
    let nothing = || Problem::absent("paper-unknown", "There is no such notice here.");
    let versions = visit.app.ask(move |b| b.paper(&name)).await?;
    let paper = versions.first().ok_or_else(nothing)?;
    let Document::Bulletin(bulletin) = &paper.document else { return Err(nothing()) };
    let l = visit.l;
    let typed: String = query.typed("serial").trim().chars().take(64).collect::<String>().to_ascii_lowercase();
    let contact = |link: &Link| (link.as_str().to_owned(), link.plain().to_owned());
    visit.page(&NoticePage {
        l,
        q: visit.q.clone(),
        row: notice_row(l, paper, bulletin),
        product: bulletin.product.as_ref().map(ToString::to_string),
        serials: bulletin.serials.iter().map(|start| format!("{start}…")).collect(),
        happened: said(l, &bulletin.happened),
        steps: bulletin.steps.iter().map(|step| said(l, step)).collect(),
        deadline: bulletin.deadline.map(|day| words::day(l, day)),
        contact: contact(&bulletin.contact),
        concerned: (!typed.is_empty()).then(|| bulletin.concerns_id(&typed)),
        typed,
    })
}
