//! What each page of a dossier's form asks for: labels, hints and where the answer stands in the document.

/// How an answer is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line,
    Link,
    Day,
    Number,
    /// Several lines of one text.
    Area,
    /// One entry in each line.
    Lines,
    /// A text in each language.
    Text,
    /// One of these words, with what people read.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list of entries with these answers each.
    Rows(&'static [Spec]),
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) path: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) kind: Kind,
}

const fn ask(path: &'static str, label: &'static str, kind: Kind, hint: &'static str) -> Spec {
    Spec { path, label, hint, kind }
}

/// One page of the form.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) specs: &'static [Spec],
}

use Kind::{Area, Choice, Day, Line, Lines, Link, Number, Rows, Text};

const PARTY: &[Spec] = &[
    ask("name", "Name", Line, ""),
    ask("address", "Postal address", Area, ""),
    ask("contact", "Contact", Link, "mailto:, tel: or https://"),
];

/// Every page of the form, in the order of work.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "product",
        title: "Product and maker",
        about: "What it is, who makes it, what belongs to it.",
        specs: &[
            ask("name", "Name in shops", Line, ""),
            ask("models", "Type or model numbers", Lines, "One in each line, as on the type plate."),
            ask("texts.summary", "What it is", Text, "Two sentences for somebody who has never seen it."),
            ask("maker.name", "Maker", Line, "As in the company register."),
            ask("maker.address", "Postal address", Area, ""),
            ask("maker.contact", "Contact for customers", Link, "mailto:, tel: or https://"),
            ask("website", "Page of the product", Link, "https://"),
            ask("representatives", "Authorised representative or importer", Rows(PARTY), ""),
            ask("languages", "Languages of the manual", Lines, "Codes of two letters, one in each line."),
            ask("accessories", "In the box", Lines, "One in each line."),
            ask("links.manual", "Manual", Link, ""),
            ask("links.help", "Help", Link, ""),
        ],
    },
    Part {
        name: "support",
        title: "Support and updates",
        about: "The promise. Once public, the last day can move later and never nearer.",
        specs: &[
            ask(
                "first_supplied",
                "First supplied on",
                Day,
                "Stands in the statement of compliance; fixed once it is public.",
            ),
            ask("support.until", "Security updates until", Day, "The last day with updates."),
            ask("texts.support-reason", "Why until then", Text, "The law and buyers ask for the reason."),
            ask("texts.support-after", "What happens then", Text, "What goes on working, what stops, what to do."),
            ask(
                "support.updates",
                "Can units be updated?",
                Choice(&[("possible", "Yes"), ("impossible", "No, they are replaced")]),
                "Without updates the plan, the hardware's last day and the schedule below must be said.",
            ),
            ask("texts.update-cadence", "How often updates come", Text, ""),
            ask("texts.update-duty", "What the owner must do", Text, "“Nothing” is a good answer."),
            ask("texts.no-update-why", "Why it cannot be updated", Text, "Only if it cannot."),
            ask("texts.replacement-plan", "How units are replaced", Text, "Conditions, period, method."),
            ask("support.hardware_until", "Repair and replacement until", Day, ""),
            ask("support.warranty_months", "Warranty, months from purchase", Number, ""),
            ask(
                "texts.terms",
                "Subscriptions",
                Text,
                "Price, period, what stops without one. Security updates are never behind a payment.",
            ),
            ask(
                "sunsets",
                "What ends on the way",
                Rows(&[ask("on", "Ends on", Day, ""), ask("what", "What ends, and what to do", Text, "")]),
                "Radio standards, root certificates, ciphers.",
            ),
            ask("discontinued", "Not sold any more since", Day, "The page stays when the product goes."),
        ],
    },
    Part {
        name: "security",
        title: "Security",
        about: "Where flaws are reported, how fast you answer, what opens a unit.",
        specs: &[
            ask("security.contact", "Contact for security problems", Link, "Open to anyone, without an account."),
            ask("security.policy", "Disclosure policy", Link, ""),
            ask("security.acknowledge_days", "Days until a report is acknowledged", Number, ""),
            ask("security.news_days", "At most so many days between news", Number, ""),
            ask(
                "credentials",
                "What opens a unit as it leaves the factory",
                Choice(&[
                    ("no-password", "No password at all"),
                    ("unique-per-device", "A password unique to each unit"),
                    ("user-defined", "None until the owner sets one"),
                ]),
                "A default that units share is not among the answers.",
            ),
            ask("texts.credentials-note", "More about it", Text, ""),
            ask("texts.setup", "Setting it up securely", Text, ""),
            ask("texts.offline", "What works without the internet", Text, ""),
            ask("links.sbom", "Software bill of materials", Link, ""),
            ask("links.mud", "MUD file", Link, ""),
            ask("links.reports", "Test reports", Link, ""),
        ],
    },
    Part {
        name: "privacy",
        title: "Privacy and sensors",
        about: "The table of data is made from the model; this is what stands around it.",
        specs: &[
            ask(
                "sensors",
                "Sensor",
                Rows(&[
                    ask(
                        "kind",
                        "Kind",
                        Choice(&[
                            ("microphone", "Microphone"),
                            ("camera", "Camera"),
                            ("location", "Location"),
                            ("presence", "Presence"),
                            ("radio", "Radio surroundings"),
                            ("other", "Other"),
                        ]),
                        "",
                    ),
                    ask("what", "What it notices, and when", Text, ""),
                    ask("off", "How it is switched off", Text, "Needed for a microphone and a camera."),
                ]),
                "",
            ),
            ask(
                "recipients",
                "Recipient of personal data",
                Rows(&[
                    ask("name", "Who", Line, ""),
                    ask("country", "Country", Line, ""),
                    ask("what", "What for", Text, ""),
                ]),
                "",
            ),
            ask("texts.privacy-note", "Anything else", Text, ""),
            ask("texts.privacy-risks", "What sharing it can lead to", Text, ""),
            ask("texts.privacy-steps", "What lessens it", Text, ""),
            ask("texts.privacy-rights", "Rights, and how to use them", Text, ""),
            ask("texts.deletion", "How an owner deletes their data", Text, ""),
            ask("texts.redress", "Whom to turn to, the authority included", Text, ""),
        ],
    },
    Part {
        name: "labels",
        title: "Labels and statement",
        about: "Certificates that it holds, and the statement of compliance.",
        specs: &[
            ask(
                "labels",
                "Label",
                Rows(&[
                    ask("scheme", "Scheme", Line, "Such as JC-STAR or Singapore CLS."),
                    ask("level", "Level", Line, ""),
                    ask("number", "Number", Line, ""),
                    ask("versions", "Versions it counts for", Line, ""),
                    ask("until", "Until", Day, ""),
                    ask("link", "Where it can be checked", Link, ""),
                ]),
                "",
            ),
            ask(
                "statement.batch",
                "Statement: type and batch",
                Line,
                "Leave all of the statement empty to publish none.",
            ),
            ask(
                "statement.by",
                "Statement: rests on",
                Choice(&[
                    ("requirements", "The requirements (Schedule 1)"),
                    ("conditions", "Conditions deemed to comply (Schedule 2)"),
                ]),
                "",
            ),
            ask("statement.standards", "Statement: standards and paragraphs", Line, ""),
            ask("statement.signatory", "Statement: signed by", Line, "Name, published as the law demands."),
            ask("statement.function", "Statement: function", Line, ""),
            ask("statement.place", "Statement: place", Line, ""),
            ask("statement.date", "Statement: date", Day, ""),
        ],
    },
];

/// The page of this name.
pub(super) fn part(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.name == name)
}

/// What people call the answer at this place of the document.
pub(super) fn label_of(path: &str) -> String {
    for spec in PARTS.iter().flat_map(|part| part.specs) {
        let Some(rest) = path.strip_prefix(spec.path) else { continue };
        if rest.is_empty() {
            return spec.label.to_owned();
        }
        let Some(rest) = rest.strip_prefix('.') else { continue };
        let Rows(inner) = spec.kind else {
            return format!("{} ({rest})", spec.label);
        };
        let (at, below) = rest.split_once('.').unwrap_or((rest, ""));
        let number = at.parse::<usize>().map_or_else(|_| at.to_owned(), |at| (at + 1).to_string());
        let name = below.split('.').next().unwrap_or_default();
        let inner = inner.iter().find(|spec| spec.path == name).map_or("", |spec| spec.label);
        return format!("{} {number}: {inner}", spec.label);
    }
    path.to_owned()
}

/// The page on which the answer at this place is typed.
pub(super) fn part_of(path: &str) -> &'static str {
    let has = |part: &&Part| part.specs.iter().any(|spec| path.starts_with(spec.path));
    PARTS.iter().find(has).map_or("product", |part| part.name)
}
