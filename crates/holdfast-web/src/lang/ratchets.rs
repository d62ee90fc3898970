//! The console says nothing but texts: none is missing, none is idle, and no English is left in its pages or their views.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use holdfast_domain::decision::kind;
use holdfast_domain::integrity::finding::FindingKind;
use holdfast_domain::keys::inventory::Purpose;
use holdfast_domain::people::Role;
use holdfast_domain::people::help::Outcome;

use super::*;

/// Folders of templates that the maker's people see.
const FOLDERS: [&str; 12] = [
    "fleet",
    "products",
    "updates",
    "findings",
    "integrity",
    "conformity",
    "keys",
    "ledger",
    "people",
    "settings",
    "help",
    "promises",
];

/// Words that are the same in every language, or stand for what a command or a format calls so.
const NAMES: [&str; 3] = ["Holdfast", "CSV", "holdfast serve"];

/// Keys that are put together while a page is made: what stands before the part that varies.
const BUILT: [&str; 36] = [
    "term-",
    "no-",
    "when-month-",
    "when-for-",
    "when-ago-",
    "when-in-",
    "console-done-",
    "bulk-act-",
    "finding-kind-",
    "finding-advice-",
    "finding-unit-",
    "keys-title-",
    "keys-remedy-",
    "people-scope-",
    "dossier-fault-",
    "home-no-",
    "home-done-",
    "home-run-",
    "home-ago-",
    "home-in-",
    "home-topic-",
    "home-outcome-",
    "home-line-",
    "home-step-",
    "claim-",
    "account-",
    "mail-",
    "public-",
    "oidc-",
    "note-",
    "settings-",
    "home-sense-",
    "home-check-",
    "home-setting-",
    "home-verdict-",
    "home-recall-reason-",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files(&entry, into) } else { into.push(entry) }
    }
}

fn console_templates() -> Vec<PathBuf> {
    let templates = root().join("templates");
    let mut all = vec![templates.join("layout.html")];
    for folder in FOLDERS {
        files(&templates.join(folder), &mut all);
    }
    all
}

/// Takes every stretch between `open` and `close` out of a text and hands it over.
fn without(text: &str, open: &str, close: &str, mut taken: impl FnMut(&str)) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        kept.push(' ');
        let (inside, after) = after.split_once(close).unwrap_or((after, ""));
        taken(inside);
        rest = after;
    }
    kept + rest
}

/// Literals in quotation marks.
fn quoted(code: &str) -> impl Iterator<Item = &str> {
    code.split('"').skip(1).step_by(2)
}

fn has_words(text: &str) -> bool {
    let text = NAMES.iter().fold(text.to_owned(), |text, name| text.replace(name, " "));
    text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 1)
}

/// A literal that reads like a sentence or a title, and not like a name of the code.
fn reads(literal: &str) -> bool {
    let sentence =
        literal.split(' ').filter(|word| word.len() > 1 && word.chars().all(char::is_alphabetic)).count() > 1;
    let title = literal.starts_with(|c: char| c.is_uppercase())
        && literal.len() > 2
        && literal.chars().skip(1).any(char::is_lowercase)
        && literal.chars().all(|c| c.is_alphabetic() || " .,:;’'…-".contains(c));
    sentence || title
}

#[test]
fn no_template_of_the_console_holds_a_word_of_its_own() {
    let mut found = Vec::new();
    for path in console_templates() {
        let whole = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let mut code = Vec::new();
        let text = without(&whole, "{#", "#}", |_| {});
        let text = without(&text, "{{", "}}", |inside| code.push(inside.to_owned()));
        let text = without(&text, "{%", "%}", |inside| code.push(inside.to_owned()));
        for literal in code.iter().flat_map(|inside| quoted(inside)).filter(|literal| reads(literal)) {
            found.push(format!("{name}: “{literal}” in an expression"));
        }
        // What a person types into a terminal or reads in a file is the same everywhere.
        let text = without(&text, "<pre class=\"command\">", "</pre>", |_| {});
        let text = without(&text, "<code>", "</code>", |_| {});
        let text = without(&text, "<code class=\"break\">", "</code>", |_| {});
        let mut tags = Vec::new();
        let text = without(&text, "<", ">", |tag| tags.push(tag.to_owned()));
        for attribute in ["aria-label=\"", "title=\"", "placeholder=\"", "data-label=\"", "alt=\"", "summary=\""] {
            let said =
                tags.iter().flat_map(|tag| tag.split(attribute).skip(1)).filter_map(|rest| rest.split('"').next());
            for said in said.filter(|said| has_words(said) && !said.contains(':')) {
                found.push(format!("{name}: {attribute}{said}\""));
            }
        }
        let text = text.replace("&nbsp;", " ").replace("&lt;", " ").replace("&gt;", " ");
        let lines = text.lines().filter(|line| has_words(line)).map(|line| format!("{name}: {}", line.trim()));
        found.extend(lines);
    }
    assert!(found.is_empty(), "English that no language can replace: {found:#?}");
}

/// What a line of Rust may hold beside texts: refusals are put into words by their names, and logs are English.
const RUST_SPEAKS: [&str; 7] = ["Problem::", "tracing::", "reason = ", "let detail", "expect(", "\"`", "f.write_str("];

#[test]
fn no_view_of_the_console_holds_a_sentence_of_its_own() {
    let mut all = vec![root().join("src/console.rs")];
    files(&root().join("src/console"), &mut all);
    let mut found = Vec::new();
    for path in all {
        let whole = fs::read_to_string(&path).unwrap();
        let code = whole.split("#[cfg(test)]").next().unwrap();
        let mut before = "";
        for line in code.lines() {
            let excused = RUST_SPEAKS.iter().any(|mark| line.contains(mark) || before.contains(mark));
            let comment = line.trim_start().starts_with("//");
            before = line;
            if excused || comment {
                continue;
            }
            let literals = quoted(line).filter(|literal| reads(literal) && !literal.contains(['<', '=', '{']));
            found.extend(literals.map(|literal| format!("{}: “{literal}”", path.display())));
        }
    }
    assert!(found.is_empty(), "English that no language can replace: {found:#?}");
}

#[test]
fn every_text_is_said_somewhere() {
    let mut sources = Vec::new();
    files(&root().join("src"), &mut sources);
    files(&root().join("templates"), &mut sources);
    files(&root().join("../holdfast-domain/src/homes"), &mut sources);
    files(&root().join("../holdfast-server/src/app"), &mut sources);
    let all: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let named: BTreeSet<&str> = quoted_words(&all).collect();
    let english = tests::texts(TONGUES[0].files);
    let built = |key: &str| BUILT.iter().any(|prefix| key.starts_with(prefix));
    let idle: Vec<_> = english.keys().filter(|key| !named.contains(key.as_str()) && !built(key)).collect();
    assert!(idle.is_empty(), "texts that nothing says: {idle:#?}");
    let nobody: Vec<_> = BUILT.iter().filter(|prefix| !english.keys().any(|key| key.starts_with(**prefix))).collect();
    assert!(nobody.is_empty(), "beginnings of keys that no text has: {nobody:?}");
}

/// Everything that looks like a key, wherever quotation marks open and close.
fn quoted_words(all: &str) -> impl Iterator<Item = &str> {
    all.split('"').filter(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

#[test]
fn every_word_of_a_closed_list_has_its_text() {
    let terms = kind::ALL.iter().map(|kind| format!("term-{kind}"));
    let findings = FindingKind::ALL.iter().flat_map(|kind| {
        let (name, unit) = (kind.name(), kind.unit().replace(' ', "-"));
        [format!("finding-kind-{name}"), format!("finding-advice-{name}"), format!("finding-unit-{unit}")]
    });
    let purposes = [
        Purpose::MakerRoot,
        Purpose::ReleaseSigner,
        Purpose::FactoryCa,
        Purpose::OperationalCa,
        Purpose::Freshness,
        Purpose::Ledger,
        Purpose::Door,
        Purpose::SealingKey,
    ];
    let keys = purposes.iter().flat_map(|purpose| {
        let owner = purpose.owner().replace(' ', "-");
        let name = purpose.name();
        [format!("keys-title-{name}"), format!("keys-remedy-{name}"), format!("term-{owner}")]
    });
    let roles =
        Role::ALL.iter().flat_map(|role| [format!("role-{}", role.name()), format!("role-{}-may", role.name())]);
    let outcomes = Outcome::ALL.iter().map(|outcome| format!("term-{}", outcome.word()));
    let months = (1..=12).map(|month| format!("when-month-{month}"));
    let missing: Vec<String> = terms
        .chain(findings)
        .chain(keys)
        .chain(roles)
        .chain(outcomes)
        .chain(months)
        .filter(|key| Lang::default().say(key) == *key)
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn numbers_are_written_in_the_way_of_the_language() {
    let (en, de) = (Lang::default(), Lang::from_tag("de").unwrap());
    assert_eq!((en.number(140_000), de.number(140_000)), ("140,000".to_owned(), "140.000".to_owned()));
    assert_eq!((en.number(-1_234.5), de.number("0.25")), ("-1,234.5".to_owned(), "0,25".to_owned()));
    assert_eq!(de.count("common-devices", 2_000_u32), "2.000 Geräte");
    assert_eq!(
        (de.term("rolled_back"), de.term("never-heard-of")),
        ("zurückgekehrt".to_owned(), "never heard of".to_owned())
    );
}
