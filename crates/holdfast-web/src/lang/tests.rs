//! Every language says everything, with the same variables; every text that a page asks for exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;

use super::*;

/// Message → variables of each file of a language; panics on a fault in a file or a key given twice.
pub(super) fn texts(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for file in files {
        FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(_, faults)| panic!("{faults:?} in {file}"));
        let mut key = String::new();
        for line in file.lines() {
            let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
            if let Some((name, _)) = line.split_once('=').filter(|_| begins) {
                key = name.trim().to_owned();
                assert!(all.insert(key.clone(), BTreeSet::new()).is_none(), "{key} is given twice");
            }
            let variables = line.split('$').skip(1);
            let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if let Some(known) = all.get_mut(&key) {
                known.extend(variables.map(name));
            }
        }
    }
    all
}

#[test]
fn every_language_says_all_that_english_says_with_the_same_variables() {
    let english = texts(TONGUES[0].files);
    for Tongue { tag, files, .. } in &TONGUES[1..] {
        let other = texts(files);
        let missing: Vec<_> = english.keys().filter(|key| !other.contains_key(*key)).collect();
        let extra: Vec<_> = other.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty() && extra.is_empty(), "{tag} lacks {missing:?} and has beyond {extra:?}");
        for (key, variables) in &english {
            assert_eq!(variables, &other[key], "{tag}: variables of {key}");
        }
    }
}

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, into);
        } else {
            into.push(entry);
        }
    }
}

#[test]
fn every_text_that_a_page_asks_for_by_name_exists() {
    let english = texts(TONGUES[0].files);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("templates"), &mut files);
    let mut missing = Vec::new();
    for file in files.iter().filter(|file| {
        !file.ends_with("lang/tests.rs") && !file.ends_with("lang/ratchets.rs") && !file.ends_with("src/lang.rs")
    }) {
        let text = std::fs::read_to_string(file).unwrap();
        for call in ["l.say(\"", "l.with(\"", "l.with2(\"", "l.fill(\"", "l.count(\"", "l.at(\"", "l.at2(\""] {
            for rest in text.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                if !english.contains_key(key) {
                    missing.push(format!("{}: {key}", file.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_readers_language_is_taken_by_weight_and_english_is_the_rest() {
    assert_eq!(Lang::from_accepted("fr, de;q=0.8, en;q=0.9").tag(), "en");
    assert_eq!(Lang::from_accepted("fr, de-AT;q=0.8, en;q=0.5").tag(), "de");
    assert_eq!(Lang::from_accepted("en;q=0, de;q=0.1").tag(), "de");
    for nothing in ["", "xx", "de;q=nan;;", ",,,;=", "fr;q=1"] {
        assert_eq!(Lang::from_accepted(nothing).tag(), "en", "{nothing}");
    }
}

#[test]
fn an_unknown_text_is_its_own_name_and_a_count_chooses_the_plural() {
    assert_eq!(Lang::default().say("no-such-text"), "no-such-text");
    assert_eq!(Lang::default().count("common-devices", 1_u32), "1 device");
    assert_eq!(Lang::default().fill("common-devices", &[("count", &"1")]), "1 device", "also when it comes as text");
    assert_eq!(Lang::from_tag("de").unwrap().count("common-devices", 2_u32), "2 Geräte");
}
