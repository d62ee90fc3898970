//! What owners read about a release before and after it comes: the risk it removes, how urgent it is, how long the device is
//! away, and what they must do.
//!
//! A note belongs to a manifest, not to the signed envelope: it can be written anew when words were wrong, each version stays
//! in history with its author, and the release itself does not change. No release is published without one.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::PersonId;
use holdfast_core::time::Timestamp;
use serde_json::{Value as Json, json};

use crate::decision::{Change, Decision, LedgerLine, kind};
use crate::fleet::dossier::document::{At, DossierError, DossierProblem, said, written};
use crate::fleet::dossier::{ENGLISH, Text};

/// Most bytes of a note.
pub const NOTE_BYTES_MAX: usize = 16 * 1024;
/// Longest interruption that may be announced: a day, in minutes.
pub const INTERRUPTION_MINUTES_MAX: u32 = 24 * 60;
/// Most characters of an advisory's id.
const ADVISORY_CHARS_MAX: usize = 64;
/// Most characters of the risk and of the words on what to do, in one language.
pub const WORDS_CHARS_MAX: usize = 800;

crate::words::word_lists! {
    /// How soon an update should be installed.
    Urgency {
        /// At once: the flaw is used, or easily usable.
        Now = "now",
        /// Within days.
        Soon = "soon",
        /// When it suits.
        Whenever = "whenever",
    }
    /// What somebody must do so that an update arrives in time.
    ToDo {
        /// Nothing at all.
        Nothing = "nothing",
        /// Restart the device.
        Restart = "restart",
        /// Leave it connected to power.
        KeepPowered = "keep-powered",
        /// Update the app first.
        UpdateAppFirst = "update-app-first",
    }
}

/// What owners read about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which risk it removes, in plain words.
    pub risk: Text,
    /// How soon it should be installed.
    pub urgency: Urgency,
    /// How long the device is away, in minutes.
    pub interruption_minutes: u32,
    /// What owners must do.
    pub to_do: ToDo,
    /// More on that, such as which version of the app.
    pub to_do_words: Text,
    /// Ids of the advisories that it settles.
    pub advisories: Vec<String>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    ///
    /// [`DossierError`] of the first part that is missing or cannot be used.
    pub fn parse(text: &str) -> Result<Self, DossierError> {
        let whole = |problem| DossierError { path: "document".to_owned(), problem };
        if text.len() > NOTE_BYTES_MAX {
            return Err(whole(DossierProblem::TooLarge));
        }
        let json: Json = serde_json::from_str(text).map_err(|_| whole(DossierProblem::NotJson))?;
        let root = At::root(&json);
        root.object(&["risk", "urgency", "interruption_minutes", "to_do", "to_do_words", "advisories"])?;
        let absent = |path: &str| DossierError { path: path.to_owned(), problem: DossierProblem::Absent };
        let minutes = root.need("interruption_minutes").and_then(|_| root.count("interruption_minutes"))?;
        let note = Self {
            risk: root.need("risk")?.text()?,
            urgency: root.word("urgency", Urgency::from_word)?.ok_or_else(|| absent("urgency"))?,
            interruption_minutes: minutes.ok_or_else(|| absent("interruption_minutes"))?,
            to_do: root.word("to_do", ToDo::from_word)?.ok_or_else(|| absent("to_do"))?,
            to_do_words: root.text_of("to_do_words")?,
            advisories: root.list("advisories", advisory)?,
        };
        if !note.risk.has(ENGLISH) {
            return Err(absent("risk.en"));
        }
        if note.to_do == ToDo::UpdateAppFirst && !note.to_do_words.has(ENGLISH) {
            return Err(absent("to_do_words.en"));
        }
        if note.interruption_minutes > INTERRUPTION_MINUTES_MAX {
            let path = "interruption_minutes".to_owned();
            return Err(DossierError { path, problem: DossierProblem::Number });
        }
        for (name, text) in [("risk", &note.risk), ("to_do_words", &note.to_do_words)] {
            if let Some((language, _)) = text.iter().find(|(_, words)| words.chars().count() > WORDS_CHARS_MAX) {
                let problem = DossierProblem::Words(crate::fleet::dossier::WordProblem::TooLong);
                return Err(DossierError { path: format!("{name}.{language}"), problem });
            }
        }
        Ok(note)
    }

    /// The note as JSON text; what [`Note::parse`] reads back.
    #[must_use]
    pub fn text(&self) -> String {
        let document = said([
            ("risk", written(&self.risk)),
            ("urgency", json!(self.urgency.word())),
            ("interruption_minutes", json!(self.interruption_minutes)),
            ("to_do", json!(self.to_do.word())),
            ("to_do_words", written(&self.to_do_words)),
            ("advisories", json!(self.advisories)),
        ]);
        document.to_string()
    }
}

fn advisory(at: &At<'_>) -> Result<String, DossierError> {
    let id = at.line()?;
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if plain && (3..=ADVISORY_CHARS_MAX).contains(&id.len()) { Ok(id) } else { Err(at.wrong(DossierProblem::Word)) }
}

/// A note as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNote {
    /// SHA-256 of the manifest that it explains.
    pub manifest: [u8; 32],
    /// Counts every version, from 1; all of them stay.
    pub version: u32,
    /// What it says.
    pub note: Note,
    /// Who wrote it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// Decides to keep a note for a manifest: as its first version, or as the next one. `None` if it says what is kept already.
#[must_use]
pub fn keep(
    current: Option<&KeptNote>,
    manifest: [u8; 32],
    note: Note,
    by: &PersonId,
    now: Timestamp,
) -> Option<(KeptNote, Decision)> {
    if current.is_some_and(|kept| kept.note == note) {
        return None;
    }
    let version = current.map_or(0, |kept| kept.version).saturating_add(1);
    let line = LedgerLine::new(kind::RELEASE_NOTE_PUT, now)
        .fact("manifest", &manifest)
        .fact("version", u64::from(version))
        .fact("document", Sha256Digest::of(note.text().as_bytes()).as_bytes())
        .fact("person", by);
    let kept = KeptNote { manifest, version, note, by: *by, at: now };
    Some((kept.clone(), Decision::new(vec![Change::PutReleaseNote(kept)], line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};

    const WHOLE: &str = r#"{"risk":{"en":"Somebody near could read along.","de":"Jemand in der Nähe konnte mitlesen."},
        "urgency":"soon","interruption_minutes":2,"to_do":"keep-powered","advisories":["HEARTH-2026-1"]}"#;

    fn problem(text: &str) -> (String, &'static str) {
        let why = Note::parse(text).expect_err("refused");
        (why.path, why.problem.name())
    }

    #[test]
    fn a_note_without_one_of_its_parts_is_refused_by_its_path() {
        let without = |part: &str, with: &str| WHOLE.replace(part, with);
        for (text, path) in [
            (without(r#""urgency":"soon","#, ""), "urgency"),
            (without(r#""interruption_minutes":2,"#, ""), "interruption_minutes"),
            (without(r#""to_do":"keep-powered","#, ""), "to_do"),
            (without(r#""en":"Somebody near could read along.","#, ""), "risk.en"),
            (without("keep-powered", "update-app-first"), "to_do_words.en"),
        ] {
            assert_eq!(problem(&text), (path.to_owned(), "member-absent"), "{text}");
        }
        assert_eq!(problem(&without(":2,", ":1441,")).1, "number-out-of-range");
        assert_eq!(problem(&without("HEARTH-2026-1", "<b>")), ("advisories.0".to_owned(), "word-unknown"));
        assert_eq!(problem(&without("soon", "later")).1, "word-unknown");
        assert_eq!(problem(&without("{\"risk\"", "{\"riks\":1,\"risk\"")), ("riks".to_owned(), "member-unknown"));
    }

    #[test]
    fn a_note_reads_back_and_an_interruption_of_nothing_is_said() {
        let note = Note::parse(WHOLE).expect("a note");
        assert_eq!(Note::parse(&note.text()), Ok(note));
        let unnoticed = Note::parse(&WHOLE.replace(":2,", ":0,")).expect("a note");
        assert!(unnoticed.text().contains(r#""interruption_minutes":0"#));
    }

    #[test]
    fn each_version_has_its_line_and_the_same_words_make_no_new_one() {
        let note = Note::parse(WHOLE).expect("a note");
        let (first, decision) = keep(None, [7; 32], note.clone(), &person(), NOW).expect("kept");
        assert_eq!((first.version, decision.line.map(|line| line.kind)), (1, Some("release-note-put")));
        assert!(keep(Some(&first), [7; 32], note.clone(), &person(), later(1)).is_none());
        let other = Note { interruption_minutes: 5, ..note };
        let (second, _) = keep(Some(&first), [7; 32], other, &person(), later(1)).expect("kept");
        assert_eq!(second.version, 2);
    }
}
