//! The page of the custody chain: readers, and what they saw last.

use askama::Template;
use holdfast_domain::fleet::custody::{Doubt, Station};
use holdfast_domain::people::access::Act;

use super::words::When;
use super::{Desk, Frame, PageReply, page};
use crate::backend::custody::Seen;
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/custody", Access::May(Act::ViewFleet), custody)
}

/// One sighting as a line.
struct SeenLine {
    device: String,
    station: &'static str,
    place: String,
    at: When,
    doubt: Option<String>,
}

/// One reader as a line.
struct ReaderLine {
    id: String,
    station: &'static str,
    place: String,
    band: &'static str,
    retired: bool,
}

#[derive(Template)]
#[template(path = "fleet/custody.html")]
struct CustodyPage {
    frame: Frame,
    /// Stations in their order, with how many of the sightings on this page were there.
    way: Vec<(&'static str, usize)>,
    readers: Vec<ReaderLine>,
    seen: Vec<SeenLine>,
    next: Option<String>,
}

async fn custody(desk: Desk) -> PageReply {
    let ask = desk.query.page()?;
    let (readers, found) = desk.ask(move |b| Ok((b.readers()?, b.sightings(&ask)?))).await?;
    let way =
        Station::ALL.map(|station| (station.name(), found.rows.iter().filter(|seen| seen.station == station).count()));
    let line = |seen: Seen| SeenLine {
        device: seen.device.to_string(),
        station: seen.station.name(),
        at: desk.when(seen.sighting.at),
        doubt: seen.sighting.doubt.map(|doubt| desk.l.term(Doubt::name(doubt))),
        place: seen.place,
    };
    page(&CustodyPage {
        frame: desk.frame(desk.l.say("console-nav-custody"), "custody").await?,
        way: way.to_vec(),
        readers: readers
            .into_iter()
            .map(|reader| ReaderLine {
                id: reader.id.to_string(),
                station: reader.station.name(),
                place: reader.place,
                band: reader.band.name(),
                retired: reader.retired.is_some(),
            })
            .collect(),
        next: found.next.map(|after| format!("/console/custody?after={}", super::fleet::encoded(&after))),
        seen: found.rows.into_iter().map(line).collect(),
    })
}
