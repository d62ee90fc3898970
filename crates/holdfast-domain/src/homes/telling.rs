//! What of history an owner is told. A reader goes through the ledger line by line and asks here about each; the same line
//! gives the same notice, so reading one twice tells nobody twice.

use holdfast_core::id::{DeviceId, PersonId};
use holdfast_core::time::Timestamp;

use crate::decision::{Change, kind};
use crate::people::notice::{Notice, NoticeKind};
use crate::updates::note::Note;
use crate::updates::{Release, ReleaseKind};

/// Whom a line of history concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// The home of the device that it names.
    Device(News),
    /// The homes of all devices that its deployment offers something to.
    Deployment,
}

/// What happened to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// An update was installed.
    Installed,
    /// An update was not installed, or taken back.
    NotInstalled,
    /// It was put in quarantine, for this reason.
    Contained(Why),
    /// It came out of quarantine, for this reason.
    LetOut(Why),
}

/// Why a device was put in quarantine, or let out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// What it runs: its evidence.
    Software,
    /// One of the maker's people ordered it.
    Person,
    /// A playbook, because of what it did.
    Behaviour,
}

impl Why {
    /// The stable word; texts choose by it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Person => "person",
            Self::Behaviour => "behaviour",
        }
    }
}

/// What a playbook did to a device, if its people should know: a playbook writes one line of history for many devices.
#[must_use]
pub fn of_playbook(change: &Change) -> Option<(&DeviceId, News)> {
    let Change::SetQuarantine { device, to } = change else { return None };
    let news = if to.is_some() { News::Contained } else { News::LetOut };
    Some((device, news(Why::Behaviour)))
}

/// Whom a line of this kind concerns; `None` for most.
#[must_use]
pub fn concerns(line: &str) -> Option<Concerns> {
    Some(match line {
        kind::UPDATE_SUCCEEDED => Concerns::Device(News::Installed),
        kind::UPDATE_FAILED | kind::UPDATE_ROLLED_BACK => Concerns::Device(News::NotInstalled),
        kind::DEVICE_QUARANTINED => Concerns::Device(News::Contained(Why::Person)),
        kind::EVIDENCE_CONTRADICTED => Concerns::Device(News::Contained(Why::Software)),
        kind::DEVICE_RELEASED => Concerns::Device(News::LetOut(Why::Person)),
        kind::EVIDENCE_AFFIRMED => Concerns::Device(News::LetOut(Why::Software)),
        kind::DEPLOYMENT_CREATED | kind::DEPLOYMENT_PHASE_STARTED => Concerns::Deployment,
        _ => return None,
    })
}

/// A device as a notice names it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Its id.
    pub device: &'a str,
    /// What people call the product.
    pub title: &'a str,
}

/// The notice about what happened to a device at `at`; `release` is the one that the line names.
#[must_use]
pub fn about(news: News, whom: PersonId, named: Named<'_>, release: Option<&Release>, at: Timestamp) -> Notice {
    let security = release.is_some_and(|release| release.kind == ReleaseKind::Security);
    let what = match news {
        News::Installed if security => NoticeKind::SecurityUpdateDone,
        News::Installed => NoticeKind::UpdateInstalled,
        News::NotInstalled => NoticeKind::UpdateFailed,
        News::Contained(_) => NoticeKind::Quarantined,
        News::LetOut(_) => NoticeKind::QuarantineLifted,
    };
    let notice = named_notice(whom, what, named, release, at);
    match news {
        News::Contained(why) | News::LetOut(why) => notice.fact("reason", why.word()),
        News::Installed | News::NotInstalled => notice,
    }
}

/// The notice about an update that comes: a feature waits for a choice, a security update is needed and comes by itself. It
/// says what `note` says. `at` is when its deployment was made, so that a second phase tells nobody of the first one again.
#[must_use]
pub fn offered(whom: PersonId, named: Named<'_>, (release, note): (&Release, Option<&Note>), at: Timestamp) -> Notice {
    let kind = match release.kind {
        ReleaseKind::Feature => NoticeKind::UpdateAvailable,
        ReleaseKind::Security => NoticeKind::UpdateRequired,
    };
    explained(named_notice(whom, kind, named, Some(release), at), note)
}

/// The same notice with what a release's note says.
#[must_use]
pub fn explained(notice: Notice, note: Option<&Note>) -> Notice {
    let Some(note) = note else { return notice };
    let notice = notice
        .says("risk", &note.risk)
        .fact("urgency", note.urgency.word())
        .fact("minutes", note.interruption_minutes)
        .fact("todo", note.to_do.word())
        .says("more", &note.to_do_words);
    if note.advisories.is_empty() { notice } else { notice.fact("advisories", note.advisories.join(", ")) }
}

/// The notice that a security update which somebody refused still waits.
#[must_use]
pub fn still_refused(whom: PersonId, named: Named<'_>, version: &str, at: Timestamp) -> Notice {
    named_notice(whom, NoticeKind::SecurityUpdateRefused, named, None, at).fact("version", version)
}

fn named_notice(
    whom: PersonId,
    what: NoticeKind,
    named: Named<'_>,
    release: Option<&Release>,
    at: Timestamp,
) -> Notice {
    let notice = Notice::new(whom, what, at).fact("device", named.device).fact("product", named.title);
    match release {
        Some(release) => notice.fact("version", &release.version),
        None => notice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, person, release};
    use crate::fleet::Quarantine;

    const NAMED: Named<'static> = Named { device: "hearth-000001", title: "Hearth thermostat" };

    #[test]
    fn what_concerns_a_home_is_told_in_its_own_word() {
        let told = |line: &str, kind| match concerns(line) {
            Some(Concerns::Device(news)) => {
                let release = Release { kind, ..release(2) };
                Some(about(news, person(), NAMED, Some(&release), NOW).kind.word())
            }
            Some(Concerns::Deployment) | None => None,
        };
        assert_eq!(told("update-succeeded", ReleaseKind::Feature), Some("update-installed"));
        assert_eq!(told("update-succeeded", ReleaseKind::Security), Some("security-update-done"));
        assert_eq!(told("update-rolled-back", ReleaseKind::Security), Some("update-failed"));
        assert_eq!(told("device-quarantined", ReleaseKind::Security), Some("quarantined"));
        assert_eq!(told("device-released", ReleaseKind::Security), Some("quarantine-lifted"));
        assert_eq!(told("shadow-desired", ReleaseKind::Security), None);
        assert_eq!(concerns("deployment-phase-started"), Some(Concerns::Deployment));
    }

    #[test]
    fn a_quarantine_says_why_and_a_playbooks_is_told_too() {
        let device: DeviceId = "hearth-000001".parse().expect("an id");
        let told = |news| about(news, person(), NAMED, None, NOW);
        let why = |line: &str| match concerns(line) {
            Some(Concerns::Device(news)) => told(news).facts["reason"].clone(),
            Some(Concerns::Deployment) | None => String::new(),
        };
        assert_eq!((why("device-quarantined"), why("evidence-contradicted")), ("person".into(), "software".into()));
        let set = |to| Change::SetQuarantine { device: device.clone(), to };
        let contained = set(Some(Quarantine { since: NOW, reason: "by-playbook".to_owned() }));
        let (whose, news) = of_playbook(&contained).expect("told");
        assert_eq!((whose, told(news).facts["reason"].as_str()), (&device, "behaviour"));
        let lifted = set(None);
        assert_eq!(of_playbook(&lifted).map(|(_, news)| told(news).kind), Some(NoticeKind::QuarantineLifted));
    }

    #[test]
    fn reading_a_line_twice_tells_nobody_twice() {
        let once = || about(News::Installed, person(), NAMED, Some(&release(2)), NOW);
        assert_eq!(once().id, once().id);
    }

    #[test]
    fn an_update_is_told_with_what_it_is_for_and_what_to_do() {
        let note = r#"{"risk":{"en":"Somebody could read along.","de":"Jemand konnte mitlesen."},"urgency":"now",
            "interruption_minutes":2,"to_do":"keep-powered","advisories":["HEARTH-2026-1"]}"#;
        let note = Note::parse(note).expect("a note");
        let of = |kind| offered(person(), NAMED, (&Release { kind, ..release(2) }, Some(&note)), NOW);
        let told = of(ReleaseKind::Security);
        assert_eq!(
            (told.kind, of(ReleaseKind::Feature).kind),
            (NoticeKind::UpdateRequired, NoticeKind::UpdateAvailable)
        );
        let fact = |name: &str| told.facts.get(name).map(String::as_str);
        assert_eq!(
            (fact("risk@de"), fact("urgency"), fact("minutes")),
            (Some("Jemand konnte mitlesen."), Some("now"), Some("2"))
        );
        assert_eq!((fact("todo"), fact("advisories")), (Some("keep-powered"), Some("HEARTH-2026-1")));
        let bare = offered(person(), NAMED, (&release(2), None), NOW);
        assert_eq!(bare.facts.get("risk"), None, "releases from before there were notes are told too");
    }
}
