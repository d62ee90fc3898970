//! What a notice says to its person, in their language: on their pages and in their mail.

use std::fmt;

use holdfast_core::id::{DeviceId, HelpId};
use holdfast_domain::people::notice::{Concern, FACTS, LINE_BREAK, Notice, NoticeKind, PARAGRAPHS};

use crate::lang::Lang;
use crate::public::note;

/// The texts of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeText {
    /// One line.
    pub subject: String,
    /// What happened, what to do, and what to do if it was not the reader.
    pub paragraphs: Vec<String>,
}

/// Puts a notice into words. A fact that it does not hold is filled in by general words.
#[must_use]
pub fn text(l: Lang, notice: &Notice) -> NoticeText {
    let facts: Vec<(&str, String)> = FACTS
        .into_iter()
        .map(|name| (name, notice.facts.get(name).cloned().unwrap_or_else(|| l.say(&format!("mail-fact-{name}")))))
        .collect();
    let values: Vec<(&str, &dyn fmt::Display)> =
        facts.iter().map(|(name, value)| (*name, value as &dyn fmt::Display)).collect();
    let word = notice.kind.word();
    let body = l.fill(&format!("mail-{word}-body"), &values);
    let parts = body.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty());
    NoticeText {
        subject: one_line(&l.fill(&format!("mail-{word}-subject"), &values)),
        paragraphs: parts.chain(PARAGRAPHS.into_iter().flat_map(|name| paragraph(l, notice, name))).collect(),
    }
}

/// A fact that is a paragraph of its own, or several: its heading with the maker's words in the reader's language.
fn paragraph(l: Lang, notice: &Notice, name: &str) -> Vec<String> {
    let own = notice.facts.get(&format!("{name}@{}", l.tag()));
    let Some(value) = own.or_else(|| notice.facts.get(name)) else { return Vec::new() };
    let words = match name {
        "urgency" => l.say(&format!("note-urgency-{value}")),
        "todo" => l.say(&format!("note-do-{value}")),
        "minutes" => note::away(l, value.parse().unwrap_or(0)),
        _ => value.clone(),
    };
    let said = l.with(&format!("mail-more-{name}"), "value", words);
    said.split("\u{2028}\u{2028}").map(|part| part.replace(LINE_BREAK, "\n").trim().to_owned()).collect()
}

/// The page, below the server's address, on which a notice goes on.
#[must_use]
pub fn path(notice: &Notice, staff: bool) -> String {
    let fact = |name: &str| notice.facts.get(name);
    let device = fact("device").filter(|device| device.parse::<DeviceId>().is_ok());
    match (notice.kind.concern(), staff, device) {
        (Concern::Account, _, _) => "/account".to_owned(),
        (Concern::Help, true, _) => "/console/help".to_owned(),
        (Concern::Help, false, _) => match fact("case").filter(|case| case.parse::<HelpId>().is_ok()) {
            Some(case) => format!("/home/help/{case}"),
            None => "/home/help".to_owned(),
        },
        (Concern::Papers, _, _) => match fact("place").filter(|place| is_paper(place)) {
            Some(place) => format!("/{place}"),
            None => "/notices".to_owned(),
        },
        (Concern::Product, false, None) => "/home/support".to_owned(),
        (_, false, Some(device)) => format!("/home/devices/{device}{}", part_of_device(notice.kind)),
        (_, false, None) => "/home".to_owned(),
        (_, true, _) => "/console".to_owned(),
    }
}

/// Whether a fact is the place of a paper, and no other address.
fn is_paper(place: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    place
        .split_once('/')
        .is_some_and(|(room, id)| matches!(room, "notices" | "policies") && !id.is_empty() && id.bytes().all(plain))
}

/// The page of a device on which a notice of this kind goes on.
const fn part_of_device(kind: NoticeKind) -> &'static str {
    let updates = matches!(
        kind,
        NoticeKind::UpdateAvailable
            | NoticeKind::UpdateRequired
            | NoticeKind::UpdateInstalled
            | NoticeKind::UpdateFailed
            | NoticeKind::SecurityUpdateRefused
            | NoticeKind::SecurityUpdateDone
    );
    let people = matches!(
        kind,
        NoticeKind::ClaimContested | NoticeKind::MemberInvited | NoticeKind::MemberJoined | NoticeKind::PairingWaits
    );
    match (updates, people) {
        (true, _) => "/updates",
        (_, true) => "/people",
        _ => "",
    }
}

/// The whole mail about a notice: subject and plain text. `objection` is the secret of the link by which its reader says that
/// it was not them.
#[must_use]
pub fn mail(l: Lang, notice: &Notice, staff: bool, server: &str, objection: Option<&str>) -> (String, String) {
    let NoticeText { subject, mut paragraphs } = text(l, notice);
    if let Some(secret) = objection {
        paragraphs.push(l.with("mail-not-me-link", "place", format_args!("{server}/account/not-me?code={secret}")));
    }
    let look = l.with("mail-look", "place", format_args!("{server}{}", path(notice, staff)));
    (subject, letter(l, &paragraphs.join("\n\n"), &look, server))
}

/// The mail with the link that confirms an address.
#[must_use]
pub fn confirmation(l: Lang, server: &str, secret: &str) -> (String, String) {
    let link = format!("{server}/account/contact/confirm?code={secret}");
    let body = l.with("mail-confirm-body", "place", link);
    (one_line(&l.say("mail-confirm-subject")), format!("{}\n\n{body}\n", l.say("mail-greeting")))
}

fn letter(l: Lang, body: &str, look: &str, server: &str) -> String {
    let why = l.with("mail-why", "place", format_args!("{server}/account/contact"));
    format!("{}\n\n{body}\n\n{look}\n\n-- \n{why}\n", l.say("mail-greeting"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use holdfast_core::id::PersonId;
    use holdfast_core::time::Timestamp;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_408_200_000_000);

    fn notice(kind: NoticeKind) -> Notice {
        Notice::new(PersonId::new(NOW, [7; 10]), kind, NOW)
    }

    #[test]
    fn every_kind_has_its_subject_and_body_in_every_language() {
        for (tag, _) in Lang::all() {
            let l = Lang::from_tag(tag).unwrap();
            for kind in NoticeKind::ALL {
                let bare = text(l, &notice(*kind));
                assert!(!bare.subject.contains("mail-") && bare.subject.chars().count() <= 90, "{tag}: {bare:?}");
                assert!(!bare.paragraphs.is_empty(), "{tag} {kind:?}");
                for part in &bare.paragraphs {
                    // A fact that a text asks for and nobody gives would stand there as its own name.
                    assert!(!part.contains('$') && !part.contains('{') && !part.contains("mail-"), "{tag}: {part}");
                }
                let own = Lang::default();
                assert!(tag == "en" || bare != text(own, &notice(*kind)), "{tag} {kind:?} is not translated");
            }
        }
    }

    #[test]
    fn what_concerns_the_account_says_what_to_do_if_it_was_somebody_else() {
        let asks_nothing = [
            NoticeKind::SignInDelayed,
            NoticeKind::AccountLocked,
            NoticeKind::RoleChanged,
            NoticeKind::AccountFrozen,
            NoticeKind::DataBreach,
        ];
        for (tag, _) in Lang::all() {
            let l = Lang::from_tag(tag).unwrap();
            for kind in NoticeKind::ALL.iter().filter(|kind| kind.concern() == Concern::Account) {
                let said = text(l, &notice(*kind)).paragraphs.contains(&l.say("mail-not-you"));
                assert_eq!(said, !asks_nothing.contains(kind), "{tag} {kind:?}");
            }
        }
    }

    #[test]
    fn a_mail_about_a_change_of_the_account_brings_the_link_that_stops_it() {
        for (tag, _) in Lang::all() {
            let l = Lang::from_tag(tag).unwrap();
            let told = notice(NoticeKind::PasskeyAdded);
            let (_, body) = mail(l, &told, false, "https://hearth.example", Some("s3cret"));
            assert!(body.contains("https://hearth.example/account/not-me?code=s3cret"), "{tag}: {body}");
            let (_, body) = mail(l, &told, false, "https://hearth.example", None);
            assert!(!body.contains("not-me"), "{tag}: {body}");
        }
    }

    #[test]
    fn facts_stand_in_the_text_and_a_subject_is_one_line() {
        let told = notice(NoticeKind::UpdateInstalled).fact("product", "Hearth").fact("version", "1.2.0");
        let said = text(Lang::default(), &told);
        assert_eq!(said.subject, "Hearth was updated");
        assert!(said.paragraphs[0].contains("version 1.2.0"), "{said:?}");
        let mut told = told;
        told.facts.insert("product".to_owned(), "Hearth\r\nBcc: x@y.example".to_owned());
        assert!(!text(Lang::default(), &told).subject.contains(['\r', '\n']));
    }

    #[test]
    fn a_mail_leads_to_the_page_where_it_goes_on_and_to_nowhere_else() {
        let told = notice(NoticeKind::Quarantined).fact("device", "hearth-0001");
        let (_, body) = mail(Lang::default(), &told, false, "https://hearth.example", None);
        let links: Vec<_> = body.split_whitespace().filter(|word| word.contains("://")).collect();
        assert_eq!(
            links,
            ["https://hearth.example/home/devices/hearth-0001", "https://hearth.example/account/contact"]
        );
        assert_eq!(path(&notice(NoticeKind::TokenMade), true), "/account");
        let of_device = |kind| path(&notice(kind).fact("device", "hearth-0001"), false);
        assert_eq!(of_device(NoticeKind::UpdateAvailable), "/home/devices/hearth-0001/updates");
        assert_eq!(of_device(NoticeKind::PairingWaits), "/home/devices/hearth-0001/people");
        assert_eq!(path(&notice(NoticeKind::SupportEnded), false), "/home/support");
        let elsewhere = notice(NoticeKind::HelpAnswered).fact("case", "../account");
        assert_eq!(path(&elsewhere, false), "/home/help", "a fact is not an address");
    }
}
