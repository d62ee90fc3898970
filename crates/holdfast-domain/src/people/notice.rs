//! What a person is told: that something happened to their account, their home or their devices, and what to do.
//!
//! A rule that wants somebody to know pushes [`Change::AddNotice`](crate::decision::Change::AddNotice). The notice waits
//! for the person on their pages, and goes to their address if they have one that they confirmed. Its texts are not here
//! but where the languages are: keys `mail-WORD-subject` and `mail-WORD-body`.

use std::collections::BTreeMap;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{NoticeId, PersonId};
use holdfast_core::time::Timestamp;

use crate::fleet::dossier::{ENGLISH, Text};

/// Most bytes of one fact; a longer value is cut.
pub const FACT_BYTES_MAX: usize = 200;

/// Most bytes of a fact that is the maker's own sentences; a longer value is cut.
pub const SENTENCES_BYTES_MAX: usize = 4_000;

/// What stands for a line break within a fact (U+2028), because facts are kept as lines.
pub const LINE_BREAK: char = '\u{2028}';

/// Facts that a text does not name: each is a paragraph of its own after the text, in this order, with its heading. Sentences
/// of the maker come in several languages: `risk` is English, `risk@de` the same in German.
pub const PARAGRAPHS: [&str; 15] = [
    "what",
    "risk",
    "urgency",
    "minutes",
    "todo",
    "more",
    "steps",
    "deadline",
    "contact",
    "advisories",
    "before",
    "after",
    "effect",
    "plan",
    "link",
];

/// Every fact that a text may name. What a notice does not say is filled in by general words of the language.
pub const FACTS: [&str; 11] =
    ["product", "device", "version", "end", "until", "case", "browser", "reason", "digits", "title", "place"];

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $concern:ident;)*) => {
        /// What a notice is about. Closed; each has its texts in every language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum NoticeKind { $($(#[$doc])* $name),* }

        impl NoticeKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable kebab-case word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The kind of this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// What it concerns, which says where to look.
            #[must_use]
            pub const fn concern(self) -> Concern {
                match self { $(Self::$name => Concern::$concern),* }
            }
        }
    };
}

kinds! {
    /// A passkey was added.
    PasskeyAdded = "passkey-added", Account;
    /// A passkey was removed.
    PasskeyRemoved = "passkey-removed", Account;
    /// The password was set, changed or removed.
    PasswordChanged = "password-changed", Account;
    /// The second factor was set, changed or removed.
    SecondFactorChanged = "second-factor-changed", Account;
    /// Somebody came in by recovery.
    RecoveryUsed = "recovery-used", Account;
    /// A recovery was stopped; every recovery code is void.
    RecoveryStopped = "recovery-stopped", Account;
    /// A passkey answered as a copy of it would; it was not accepted.
    PasskeyCopied = "passkey-copied", Account;
    /// Somebody said that a change was not theirs: sessions and keys of the account have ended.
    AccountFrozen = "account-frozen", Account;
    /// New recovery codes were made; older ones are void.
    RecoveryCodesMade = "recovery-codes-made", Account;
    /// A sign-in from a browser that was not seen before.
    SignInNewBrowser = "sign-in-new-browser", Account;
    /// Sign-ins are delayed because many failed.
    SignInDelayed = "sign-in-delayed", Account;
    /// An account of the staff was locked.
    AccountLocked = "account-locked", Account;
    /// The address for notices changed; told to the old one and the new one.
    AddressChanged = "address-changed", Account;
    /// Sessions were ended.
    SessionsEnded = "sessions-ended", Account;
    /// A key to the management interface was made.
    TokenMade = "token-made", Account;
    /// An account at the staff's identity provider was linked or let go.
    SignInLinked = "sign-in-linked", Account;
    /// The person's role changed.
    RoleChanged = "role-changed", Account;
    /// A device is now theirs.
    DeviceClaimed = "device-claimed", Home;
    /// Somebody else asks for their device.
    ClaimContested = "claim-contested", Home;
    /// Somebody was invited into the household.
    MemberInvited = "member-invited", Home;
    /// Somebody joined the household.
    MemberJoined = "member-joined", Home;
    /// Somebody left the household or was taken out.
    MemberRemoved = "member-removed", Home;
    /// The maker's people want to end the ownership; until when the owner can stop it.
    RecallAsked = "recall-asked", Home;
    /// The device is nobody's now.
    DeviceReleased = "device-released", Home;
    /// The device is somebody else's now.
    DeviceTransferred = "device-transferred", Home;
    /// A phone or a service waits for a yes.
    PairingWaits = "pairing-waits", Home;
    /// An update can be installed.
    UpdateAvailable = "update-available", Device;
    /// An update that is needed comes; what it is for and what to do.
    UpdateRequired = "update-required", Device;
    /// An update was installed.
    UpdateInstalled = "update-installed", Device;
    /// An update was not installed; the device runs as before.
    UpdateFailed = "update-failed", Device;
    /// A security update was refused at home and still waits.
    SecurityUpdateRefused = "security-update-refused", Device;
    /// A flaw was removed by an update.
    SecurityUpdateDone = "security-update-done", Device;
    /// A device was put in quarantine.
    Quarantined = "quarantined", Device;
    /// A device came out of quarantine.
    QuarantineLifted = "quarantine-lifted", Device;
    /// Something at a device needs a look.
    Alarm = "alarm", Device;
    /// Support ends soon.
    SupportEndsSoon = "support-ends-soon", Product;
    /// Support has ended.
    SupportEnded = "support-ended", Product;
    /// Support lasts longer than was said.
    SupportExtended = "support-extended", Product;
    /// Something that was promised about a product will be otherwise.
    PromiseChanges = "promise-changes", Product;
    /// A question to the maker arrived.
    HelpReceived = "help-received", Help;
    /// The maker answered.
    HelpAnswered = "help-answered", Help;
    /// A question waits longer than was promised; told to the staff.
    HelpOverdue = "help-overdue", Help;
    /// A flaw of a product is fixed.
    VulnerabilityFixed = "vulnerability-fixed", Product;
    /// A flaw that no update can remove.
    Unpatchable = "unpatchable", Product;
    /// News of the maker that a person should know.
    Bulletin = "bulletin", Papers;
    /// A policy changes on a day ahead.
    PolicyChanges = "policy-changes", Papers;
    /// Their data may be in other hands.
    DataBreach = "data-breach", Account;
}

/// What a notice concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// The person's own account.
    Account,
    /// Who has a place at a device.
    Home,
    /// One device.
    Device,
    /// A product as a whole.
    Product,
    /// A question to the maker.
    Help,
    /// What the maker says to everybody.
    Papers,
}

/// One thing that a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id, made from all that it says: the same notice told twice is one notice.
    pub id: NoticeId,
    /// Whom it tells.
    pub person: PersonId,
    /// What it is about.
    pub kind: NoticeKind,
    /// Ids, figures and titles by name, from [`FACTS`]. No personal data.
    pub facts: BTreeMap<String, String>,
    /// When it happened.
    pub at: Timestamp,
    /// When the person saw it on their pages.
    pub read: Option<Timestamp>,
}

impl Notice {
    /// A notice without facts yet.
    #[must_use]
    pub fn new(person: PersonId, kind: NoticeKind, at: Timestamp) -> Self {
        let facts = BTreeMap::new();
        Self { id: id(person, kind, &facts, at), person, kind, facts, at, read: None }
    }

    /// The same notice with one more fact; `name` is one of [`FACTS`], any other is left out, and a value longer than
    /// [`FACT_BYTES_MAX`] is cut.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads better where a fact is told")]
    pub fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        if FACTS.contains(&name) || PARAGRAPHS.contains(&name) {
            self.put(name.to_owned(), &value.to_string().replace('\n', ""), FACT_BYTES_MAX);
        }
        self
    }

    /// The same notice with sentences of the maker, in every language there is; `name` is one of [`PARAGRAPHS`].
    #[must_use]
    pub fn says(mut self, name: &'static str, text: &Text) -> Self {
        for (language, words) in text.iter().filter(|_| PARAGRAPHS.contains(&name)) {
            let name = if language == ENGLISH { name.to_owned() } else { format!("{name}@{language}") };
            self.put(name, words, SENTENCES_BYTES_MAX);
        }
        self
    }

    fn put(&mut self, name: String, value: &str, bytes_max: usize) {
        let plain: String = value.replace('\n', "\u{2028}").chars().filter(|c| !c.is_control()).collect();
        let (kept, _) = plain.split_at(plain.floor_char_boundary(bytes_max));
        self.facts.insert(name, kept.to_owned());
        self.id = id(self.person, self.kind, &self.facts, self.at);
    }
}

/// A moment as a notice tells it, to the minute.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, clock) = (text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default());
    format!("{day} {clock} UTC")
}

fn id(person: PersonId, kind: NoticeKind, facts: &BTreeMap<String, String>, at: Timestamp) -> NoticeId {
    let mut text = format!("{person}\n{}\n{}\n", kind.word(), at.as_micros());
    for (name, value) in facts {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('\n');
    }
    let digest = Sha256Digest::of(text.as_bytes());
    let mut random = [0; 10];
    for (to, from) in random.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    NoticeId::new(at, random)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person};
    use std::collections::BTreeSet;

    #[test]
    fn words_are_unique_kebab_case_and_read_back() {
        let words: BTreeSet<_> = NoticeKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(words.len(), NoticeKind::ALL.len());
        for kind in NoticeKind::ALL {
            assert!(kind.word().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{kind:?}");
            assert_eq!(NoticeKind::from_word(kind.word()), Some(*kind));
        }
        assert_eq!(NoticeKind::from_word("weather"), None);
    }

    #[test]
    fn the_same_notice_has_the_same_id_and_any_difference_another() {
        let one = || Notice::new(person(), NoticeKind::UpdateInstalled, NOW).fact("version", "1.2.0");
        assert_eq!(one(), one());
        let others = [
            Notice::new(person(), NoticeKind::UpdateFailed, NOW).fact("version", "1.2.0"),
            Notice::new(person(), NoticeKind::UpdateInstalled, later(1)).fact("version", "1.2.0"),
            one().fact("version", "1.2.1"),
            Notice::new(PersonId::new(NOW, [1; 10]), NoticeKind::UpdateInstalled, NOW).fact("version", "1.2.0"),
        ];
        assert!(others.iter().all(|other| other.id != one().id));
    }

    #[test]
    fn a_fact_holds_no_line_break_has_a_limit_and_is_one_of_the_list() {
        let notice = Notice::new(person(), NoticeKind::Alarm, NOW)
            .fact("product", "Hearth\r\nBcc: everybody@example.com")
            .fact("reason", "ä".repeat(FACT_BYTES_MAX))
            .fact("colour", "red");
        assert_eq!(notice.facts["product"], "HearthBcc: everybody@example.com");
        assert_eq!(notice.facts["reason"].len(), FACT_BYTES_MAX);
        assert_eq!(notice.facts.len(), 2);
    }

    #[test]
    fn the_makers_sentences_stay_in_each_language_with_their_breaks_and_a_longer_limit() {
        let text = Text::default().with("en", "One.\n\nTwo.").and_then(|t| t.with("de", "Eins.")).expect("a text");
        let notice = Notice::new(person(), NoticeKind::Unpatchable, NOW).says("steps", &text).says("colour", &text);
        assert_eq!(notice.facts["steps"], "One.\u{2028}\u{2028}Two.");
        assert_eq!((notice.facts["steps@de"].as_str(), notice.facts.len()), ("Eins.", 2));
        let long = Text::default().with("en", &"x".repeat(3_900)).expect("a text");
        let notice = Notice::new(person(), NoticeKind::Unpatchable, NOW).says("plan", &long);
        assert_eq!(notice.facts["plan"].len(), 3_900);
    }
}
