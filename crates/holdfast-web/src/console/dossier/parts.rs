//! What each page of a dossier's form asks for: keys of its labels and hints, and where the answer stands in the document.

use crate::lang::Lang;

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
    ask("name", "console-name", Line, ""),
    ask("address", "dossier-is-postal-address", Area, ""),
    ask("contact", "dossier-is-contact", Link, "dossier-is-mailto-tel-or-https"),
];

/// Every page of the form, in the order of work.
pub(super) const PARTS: &[Part] = &[
    Part {
        name: "product",
        title: "dossier-is-product-and-maker",
        about: "dossier-is-what-it-is-who-makes-it-what-belon",
        specs: &[
            ask("name", "dossier-is-name-in-shops", Line, ""),
            ask("models", "dossier-is-type-or-model-numbers", Lines, "dossier-is-one-in-each-line-as-on-the-type-pl"),
            ask("texts.summary", "dossier-is-what-it-is", Text, "dossier-is-two-sentences-for-somebody-who-has"),
            ask("maker.name", "dossier-is-maker", Line, "dossier-is-as-in-the-company-register"),
            ask("maker.address", "dossier-is-postal-address", Area, ""),
            ask("maker.contact", "dossier-is-contact-for-customers", Link, "dossier-is-mailto-tel-or-https"),
            ask("website", "dossier-is-page-of-the-product", Link, "dossier-https"),
            ask("representatives", "dossier-is-authorised-representative-or-impor", Rows(PARTY), ""),
            ask(
                "languages",
                "dossier-is-languages-of-the-manual",
                Lines,
                "dossier-is-codes-of-two-letters-one-in-each-l",
            ),
            ask("accessories", "dossier-is-in-the-box", Lines, "dossier-is-one-in-each-line"),
            ask("links.manual", "dossier-is-manual", Link, ""),
            ask("links.help", "dossier-is-help", Link, ""),
        ],
    },
    Part {
        name: "support",
        title: "dossier-is-support-and-updates",
        about: "dossier-is-the-promise-once-public-the-last-d",
        specs: &[
            ask("first_supplied", "dossier-is-first-supplied-on", Day, "dossier-is-stands-in-the-statement-of-complia"),
            ask("support.until", "dossier-is-security-updates-until", Day, "dossier-is-the-last-day-with-updates"),
            ask(
                "texts.support-reason",
                "dossier-is-why-until-then",
                Text,
                "dossier-is-the-law-and-buyers-ask-for-the-rea",
            ),
            ask(
                "texts.support-after",
                "dossier-is-what-happens-then",
                Text,
                "dossier-is-what-goes-on-working-what-stops-wh",
            ),
            ask(
                "support.updates",
                "dossier-is-can-units-be-updated",
                Choice(&[("possible", "dossier-is-yes"), ("impossible", "dossier-is-no-they-are-replaced")]),
                "dossier-is-without-updates-the-plan-the-hardw",
            ),
            ask("texts.update-cadence", "dossier-is-how-often-updates-come", Text, ""),
            ask("texts.update-duty", "dossier-is-what-the-owner-must-do", Text, "dossier-is-nothing-is-a-good-answer"),
            ask("texts.no-update-why", "dossier-is-why-it-cannot-be-updated", Text, "dossier-is-only-if-it-cannot"),
            ask(
                "texts.replacement-plan",
                "dossier-is-how-units-are-replaced",
                Text,
                "dossier-is-conditions-period-method",
            ),
            ask("support.hardware_until", "dossier-is-repair-and-replacement-until", Day, ""),
            ask("support.warranty_months", "dossier-is-warranty-months-from-purchase", Number, ""),
            ask("texts.terms", "dossier-is-subscriptions", Text, "dossier-is-price-period-what-stops-without-on"),
            ask("texts.terms-lapse", "dossier-is-what-stops-when-it-ends", Text, "dossier-is-nothing-is-a-good-answer"),
            ask("support.paid_from", "dossier-is-updates-may-cost-from", Day, "dossier-is-never-before-the-last-day"),
            ask(
                "sunsets",
                "dossier-is-what-ends-on-the-way",
                Rows(&[
                    ask("on", "dossier-is-ends-on", Day, ""),
                    ask("what", "dossier-is-what-ends-and-what-to-do", Text, ""),
                ]),
                "dossier-is-radio-standards-root-certificates",
            ),
            ask(
                "discontinued",
                "dossier-is-not-sold-any-more-since",
                Day,
                "dossier-is-the-page-stays-when-the-product-go",
            ),
        ],
    },
    Part {
        name: "security",
        title: "dossier-is-security",
        about: "dossier-is-where-flaws-are-reported-how-fast",
        specs: &[
            ask(
                "security.contact",
                "dossier-is-contact-for-security-problems",
                Link,
                "dossier-is-open-to-anyone-without-an-account",
            ),
            ask("security.policy", "dossier-is-disclosure-policy", Link, ""),
            ask("security.acknowledge_days", "dossier-is-days-until-a-report-is-acknowledge", Number, ""),
            ask("security.news_days", "dossier-is-at-most-so-many-days-between-news", Number, ""),
            ask(
                "credentials",
                "dossier-is-what-opens-a-unit-as-it-leaves-the",
                Choice(&[
                    ("no-password", "dossier-is-no-password-at-all"),
                    ("unique-per-device", "dossier-is-a-password-unique-to-each-unit"),
                    ("user-defined", "dossier-is-none-until-the-owner-sets-one"),
                ]),
                "dossier-is-a-default-that-units-share-is-not",
            ),
            ask("texts.credentials-note", "dossier-is-more-about-it", Text, ""),
            ask("texts.setup", "dossier-is-setting-it-up-securely", Text, ""),
            ask("texts.offline", "dossier-is-what-works-without-the-internet", Text, ""),
            ask("links.sbom", "dossier-is-software-bill-of-materials", Link, ""),
            ask("links.mud", "dossier-is-mud-file", Link, ""),
            ask("links.reports", "dossier-is-test-reports", Link, ""),
        ],
    },
    Part {
        name: "privacy",
        title: "dossier-is-privacy-and-sensors",
        about: "dossier-is-the-table-of-data-is-made-from-the",
        specs: &[
            ask(
                "sensors",
                "dossier-is-sensor",
                Rows(&[
                    ask(
                        "kind",
                        "dossier-is-kind",
                        Choice(&[
                            ("microphone", "dossier-is-microphone"),
                            ("camera", "dossier-is-camera"),
                            ("location", "dossier-is-location"),
                            ("presence", "dossier-is-presence"),
                            ("radio", "dossier-is-radio-surroundings"),
                            ("other", "dossier-is-other"),
                        ]),
                        "",
                    ),
                    ask("what", "dossier-is-what-it-notices-and-when", Text, ""),
                    ask(
                        "off",
                        "dossier-is-how-it-is-switched-off",
                        Text,
                        "dossier-is-needed-for-a-microphone-and-a-came",
                    ),
                ]),
                "",
            ),
            ask(
                "recipients",
                "dossier-is-recipient-of-personal-data",
                Rows(&[
                    ask("name", "dossier-is-who", Line, ""),
                    ask("country", "dossier-is-country", Line, ""),
                    ask("what", "dossier-what-for", Text, ""),
                ]),
                "",
            ),
            ask("texts.privacy-note", "dossier-is-anything-else", Text, ""),
            ask("texts.privacy-risks", "dossier-is-what-sharing-it-can-lead-to", Text, ""),
            ask("texts.privacy-steps", "dossier-is-what-lessens-it", Text, ""),
            ask("texts.privacy-rights", "dossier-is-rights-and-how-to-use-them", Text, ""),
            ask("texts.deletion", "dossier-is-how-an-owner-deletes-their-data", Text, ""),
            ask("texts.redress", "dossier-is-whom-to-turn-to-the-authority-incl", Text, ""),
        ],
    },
    Part {
        name: "labels",
        title: "dossier-is-labels-and-statement",
        about: "dossier-is-certificates-that-it-holds-and-the",
        specs: &[
            ask(
                "labels",
                "dossier-is-label",
                Rows(&[
                    ask("scheme", "dossier-is-scheme", Line, "dossier-is-such-as-jc-star-or-singapore-cls"),
                    ask("level", "dossier-is-level", Line, ""),
                    ask("number", "dossier-is-number", Line, ""),
                    ask("versions", "dossier-is-versions-it-counts-for", Line, ""),
                    ask("until", "dossier-is-until", Day, ""),
                    ask("link", "dossier-is-where-it-can-be-checked", Link, ""),
                ]),
                "",
            ),
            ask(
                "statement.batch",
                "dossier-is-statement-type-and-batch",
                Line,
                "dossier-is-leave-all-of-the-statement-empty-t",
            ),
            ask(
                "statement.by",
                "dossier-is-statement-rests-on",
                Choice(&[
                    ("requirements", "dossier-is-the-requirements-schedule-1"),
                    ("conditions", "dossier-is-conditions-deemed-to-comply-schedu"),
                ]),
                "",
            ),
            ask("statement.standards", "dossier-is-statement-standards-and-paragraphs", Line, ""),
            ask(
                "statement.signatory",
                "dossier-is-statement-signed-by",
                Line,
                "dossier-is-name-published-as-the-law-demands",
            ),
            ask("statement.function", "dossier-is-statement-function", Line, ""),
            ask("statement.place", "dossier-is-statement-place", Line, ""),
            ask("statement.date", "dossier-is-statement-date", Day, ""),
        ],
    },
];

/// The page of this name.
pub(super) fn part(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.name == name)
}

/// What people call the answer at this place of the document.
pub(super) fn label_of(l: Lang, path: &str) -> String {
    for spec in PARTS.iter().flat_map(|part| part.specs) {
        let Some(rest) = path.strip_prefix(spec.path) else { continue };
        if rest.is_empty() {
            return l.say(spec.label);
        }
        let Some(rest) = rest.strip_prefix('.') else { continue };
        let Rows(inner) = spec.kind else {
            return format!("{} ({rest})", l.say(spec.label));
        };
        let (at, below) = rest.split_once('.').unwrap_or((rest, ""));
        let number = at.parse::<usize>().map_or_else(|_| at.to_owned(), |at| (at + 1).to_string());
        let name = below.split('.').next().unwrap_or_default();
        let inner = inner.iter().find(|spec| spec.path == name).map_or("", |spec| spec.label);
        return format!("{} {number}: {}", l.say(spec.label), l.say(inner));
    }
    path.to_owned()
}

/// The page on which the answer at this place is typed.
pub(super) fn part_of(path: &str) -> &'static str {
    let has = |part: &&Part| part.specs.iter().any(|spec| path.starts_with(spec.path));
    PARTS.iter().find(has).map_or("product", |part| part.name)
}
