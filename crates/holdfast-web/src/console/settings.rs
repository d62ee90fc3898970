//! What this server runs with. Shows, and changes nothing: what it was started with is not changed behind its back.

use askama::Template;
use holdfast_domain::people::access::Act;

use super::{Desk, Frame, PageReply, page};
use crate::backend::settings::{Section, Settings};
use crate::door::routes::{Access, Routes};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/settings", Access::May(Act::ChangeSettings), settings)
}

#[derive(Template)]
#[template(path = "settings/settings.html")]
struct SettingsPage {
    frame: Frame,
    sections: Vec<Section>,
}

async fn settings(desk: Desk) -> PageReply {
    let sections = desk.ask(Settings::settings).await?;
    page(&SettingsPage { frame: desk.frame("Settings", "settings").await?, sections })
}
