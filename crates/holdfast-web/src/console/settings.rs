//! What this server runs with. Shows, and changes nothing: what it was started with is not changed behind its back.

use askama::Template;
use holdfast_domain::people::access::Act;

use super::{Desk, Frame, PageReply, page};
use crate::backend::settings::{Section, Settings, Value};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;
use crate::public::words;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/settings", Access::May(Act::ChangeSettings), settings)
}

#[derive(Template)]
#[template(path = "settings/settings.html")]
struct SettingsPage {
    frame: Frame,
    sections: Vec<Section>,
}

impl Value {
    /// A setting in the reader's language.
    pub(crate) fn said(&self, l: Lang) -> String {
        match self {
            Value::Said(text) => text.clone(),
            Value::Word(key) => l.say(key),
            Value::Number(n) => l.number(n),
            Value::Bytes(bytes) => words::size(l, *bytes),
        }
    }
}

impl SettingsPage {
    fn said(&self, value: &Value) -> String {
        value.said(self.frame.l)
    }
}

async fn settings(desk: Desk) -> PageReply {
    let sections = desk.ask(Settings::settings).await?;
    page(&SettingsPage { frame: desk.frame(desk.l.say("console-nav-settings"), "settings").await?, sections })
}
