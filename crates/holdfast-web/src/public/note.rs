//! What owners read about a release, in the reader's language: on the public page, on their own, in the console.

use holdfast_domain::updates::note::{Note, ToDo, Urgency};

use super::view::Said;
use crate::lang::Lang;

/// A release's note for pages.
pub(crate) struct NoteView {
    pub(crate) risk: Option<Said>,
    pub(crate) urgency: String,
    pub(crate) class: &'static str,
    pub(crate) away: String,
    pub(crate) to_do: String,
    pub(crate) more: Option<Said>,
    pub(crate) advisories: String,
}

impl NoteView {
    pub(crate) fn new(l: Lang, note: &Note) -> Self {
        let (urgency, class) = match note.urgency {
            Urgency::Now => ("note-urgency-now", "bad"),
            Urgency::Soon => ("note-urgency-soon", "warn"),
            Urgency::Whenever => ("note-urgency-whenever", "quiet"),
        };
        Self {
            risk: Said::new(l, &note.risk),
            urgency: l.say(urgency),
            class,
            away: away(l, note.interruption_minutes),
            to_do: to_do(l, note.to_do),
            more: Said::new(l, &note.to_do_words),
            advisories: note.advisories.join(", "),
        }
    }
}

/// How long the device is away.
pub(crate) fn away(l: Lang, minutes: u32) -> String {
    if minutes == 0 { l.say("note-away-none") } else { l.count("note-away", minutes) }
}

/// What must be done.
pub(crate) fn to_do(l: Lang, to_do: ToDo) -> String {
    l.say(match to_do {
        ToDo::Nothing => "note-do-nothing",
        ToDo::Restart => "note-do-restart",
        ToDo::KeepPowered => "note-do-keep-powered",
        ToDo::UpdateAppFirst => "note-do-update-app-first",
    })
}
