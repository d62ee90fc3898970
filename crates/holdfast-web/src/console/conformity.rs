//! The page of requirements and how each stands.

use askama::Template;
use holdfast_domain::conformity::Status;
use holdfast_domain::people::access::Act;

use super::pictures::{Part, Stack};
use super::words::When;
use super::{Desk, Frame, PageReply, page};
use crate::backend::history::{Conformity, ConformityRow, History};
use crate::door::extract::Fields;
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/conformity", Access::May(Act::ViewEvidence), conformity)
}

/// The stable word of a status.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Met => "met",
        Status::MetOtherwise => "met_otherwise",
        Status::NotMet => "not_met",
        Status::NotApplicable => "not_applicable",
        Status::Open => "open",
    }
}

/// A status in the reader's language.
fn status_title(l: Lang, status: Status) -> String {
    l.term(status_word(status))
}

const fn status_class(status: Status) -> &'static str {
    match status {
        Status::Met => "ok",
        Status::MetOtherwise => "busy",
        Status::NotMet => "bad",
        Status::NotApplicable => "quiet",
        Status::Open => "warn",
    }
}

const STATUSES: [Status; 5] = [Status::Met, Status::MetOtherwise, Status::NotMet, Status::NotApplicable, Status::Open];

/// One requirement on the page.
struct RequirementLine {
    id: String,
    text: String,
    level: String,
    title: String,
    class: &'static str,
    evidence: String,
    as_of: Option<When>,
}

/// One capability with those of its requirements that are shown.
struct Group {
    id: String,
    title: String,
    met: usize,
    total: usize,
    lines: Vec<RequirementLine>,
}

#[derive(Template)]
#[template(path = "conformity/conformity.html")]
struct ConformityPage {
    frame: Frame,
    query: Fields,
    catalogue: String,
    at: When,
    total: usize,
    shown: usize,
    stack: Stack,
    counts: Vec<(&'static str, String, usize)>,
    capabilities: Vec<(String, String)>,
    groups: Vec<Group>,
}

impl ConformityPage {
    fn picked(&self, field: &str, value: &str) -> bool {
        self.query.typed(field) == value
    }
}

fn wanted(query: &Fields, row: &ConformityRow) -> bool {
    let matches = |name: &str, value: &str| query.text(name).is_none_or(|asked| asked == value);
    let text = query.text("text").map(str::to_lowercase);
    matches("status", status_word(row.status))
        && matches("capability", &row.capability)
        && text.is_none_or(|text| row.id.to_lowercase().contains(&text) || row.text.to_lowercase().contains(&text))
}

fn groups(report: &Conformity, query: &Fields, desk: &Desk) -> Vec<Group> {
    let line = |row: &ConformityRow| RequirementLine {
        id: row.id.clone(),
        text: row.text.clone(),
        level: row.level.clone(),
        title: status_title(desk.l, row.status),
        class: status_class(row.status),
        evidence: row.evidence.clone(),
        as_of: row.as_of.map(|at| desk.when(at)),
    };
    let group = |(id, title): &(String, String)| {
        let all: Vec<_> = report.rows.iter().filter(|row| row.capability == *id).collect();
        let good = |row: &&&ConformityRow| matches!(row.status, Status::Met | Status::MetOtherwise);
        Group {
            id: id.clone(),
            title: title.clone(),
            met: all.iter().filter(good).count(),
            total: all.len(),
            lines: all.iter().filter(|row| wanted(query, row)).map(|row| line(row)).collect(),
        }
    };
    report.capabilities.iter().map(group).filter(|group| !group.lines.is_empty()).collect()
}

async fn conformity(desk: Desk) -> PageReply {
    let report = desk.ask(History::conformity).await?;
    let count = |status: Status| report.rows.iter().filter(|row| row.status == status).count();
    let part = |status: Status| {
        let class = match status {
            Status::Met => "part-ok",
            Status::MetOtherwise => "part-busy1",
            Status::NotMet => "part-bad",
            Status::NotApplicable => "part-odd",
            Status::Open => "part-rest",
        };
        Part::new(class, status_title(desk.l, status), u64::try_from(count(status)).unwrap_or(0))
    };
    let groups = groups(&report, &desk.query, &desk);
    page(&ConformityPage {
        frame: desk.frame(desk.l.say("console-nav-conformity"), "conformity").await?,
        at: desk.when(report.at),
        total: report.rows.len(),
        shown: groups.iter().map(|group| group.lines.len()).sum(),
        stack: Stack::new(STATUSES.into_iter().map(part).collect()),
        counts: STATUSES.into_iter().map(|s| (status_word(s), status_title(desk.l, s), count(s))).collect(),
        capabilities: report.capabilities,
        catalogue: report.catalogue,
        groups,
        query: desk.query,
    })
}
