//! The privacy notice, made from the product's model: what is admitted at the gateway is what the notice says.
//!
//! Owns no text of its own; a maker adds names, purposes and legal bases in the reader's language in the dossier.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Millis;

use super::{Basis, Dossier, Text, Topic};
use crate::telemetry::Model;
use crate::telemetry::schema::Field;

/// One kind of datum that a product takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    /// `stream/field` for what is measured, `setting/field` for what is set.
    pub path: String,
    /// What people call it, in English unless the dossier says it in more languages.
    pub title: Text,
    /// What for.
    pub purpose: Text,
    /// Whether it relates to a person.
    pub personal: bool,
    /// The legal basis, if the maker states one.
    pub basis: Option<Basis>,
    /// How long it is kept; `None` if the model does not say.
    pub kept: Option<Millis>,
    /// How often it is sent at most; `None` for settings.
    pub every: Option<Millis>,
}

/// The version of a privacy notice: a digest of all that it says. What is shown twice and is the same has one version.
#[must_use]
pub fn version(data: &[Datum], dossier: &Dossier) -> Sha256Digest {
    let mut text = String::new();
    let mut add = |part: &str| {
        text.push_str(part);
        text.push('\u{1f}');
    };
    for datum in data {
        add(&datum.path);
        for (tag, words) in datum.title.iter().chain(datum.purpose.iter()) {
            add(tag);
            add(words);
        }
        add(if datum.personal { "personal" } else { "" });
        add(datum.basis.map_or("", Basis::word));
        for span in [datum.kept, datum.every] {
            add(&span.map_or_else(String::new, |span| span.0.to_string()));
        }
    }
    for to in &dossier.recipients {
        add(&to.name);
        add(&to.country);
        to.what.iter().for_each(|(_, words)| add(words));
    }
    let topics = [Topic::PrivacyNote, Topic::PrivacyRisks, Topic::PrivacySteps, Topic::PrivacyRights, Topic::Deletion];
    for (tag, words) in topics.iter().filter_map(|topic| dossier.texts.get(topic)).flat_map(Text::iter) {
        add(tag);
        add(words);
    }
    Sha256Digest::of(text.as_bytes())
}

/// Everything that a product takes, personal data first, in the order of the model.
#[must_use]
pub fn notice(model: &Model, dossier: &Dossier) -> Vec<Datum> {
    let measured = model.streams().iter().flat_map(|stream| {
        let of = move |field: &Field| Datum {
            kept: stream.retention(),
            every: Some(stream.interval_ms_min).filter(|every| every.0 > 0),
            ..datum(&stream.name, field, dossier)
        };
        stream.fields.iter().map(of)
    });
    let set = model.properties().iter().map(|property| datum("setting", &property.field, dossier));
    let mut all: Vec<Datum> = measured.chain(set).collect();
    all.sort_by_key(|datum| !datum.personal);
    all
}

fn datum(group: &str, field: &Field, dossier: &Dossier) -> Datum {
    let path = format!("{group}/{}", field.name);
    let own = dossier.fields.get(&path);
    let in_model = |words: Option<&str>| words.map_or_else(Text::default, english);
    let merged = |model: Text, added: Option<&Text>| {
        added.map_or(model.clone(), |added| {
            added.iter().fold(model, |text, (tag, words)| text.clone().with(tag, words).unwrap_or(text))
        })
    };
    Datum {
        title: merged(in_model(Some(field.title.as_deref().unwrap_or(&field.name))), own.map(|o| &o.title)),
        purpose: merged(in_model(field.labels.purpose.as_deref()), own.map(|o| &o.purpose)),
        personal: field.labels.personal,
        basis: own.and_then(|own| own.basis),
        kept: field.labels.retention,
        every: None,
        path,
    }
}

/// The model's words, which are English by the interface's rule.
fn english(words: &str) -> Text {
    let short: String = words.chars().filter(|c| !c.is_control()).take(super::TEXT_CHARS_MAX).collect();
    Text::default().with(super::ENGLISH, &short).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::THERMOSTAT;

    #[test]
    fn the_notice_names_every_field_of_the_model_once_and_personal_ones_first() {
        let model = Model::compile(THERMOSTAT).expect("a model");
        let notice = notice(&model, &Dossier::default());
        let fields: usize = model.streams().iter().map(|stream| stream.fields.len()).sum();
        assert_eq!(notice.len(), fields + model.properties().len());
        let first_plain = notice.iter().position(|datum| !datum.personal).expect("some are not personal");
        assert!(first_plain > 0 && notice[first_plain..].iter().all(|datum| !datum.personal));
        for datum in notice.iter().filter(|datum| datum.personal && datum.every.is_some()) {
            assert!(datum.kept.is_some() && !datum.purpose.is_empty(), "{}", datum.path);
        }
    }

    #[test]
    fn a_notice_that_says_something_else_has_another_version() {
        let model = Model::compile(THERMOSTAT).expect("a model");
        let whole =
            Dossier::parse(include_str!("../../../../../examples/hearth-thermostat.dossier.json")).expect("one");
        let of = |dossier: &Dossier| version(&notice(&model, dossier), dossier);
        assert_eq!(of(&whole), of(&whole.clone()));
        let renamed = Dossier { name: "Other".to_owned(), ..whole.clone() };
        assert_eq!(of(&renamed), of(&whole), "its name is no part of the notice");
        let fewer = Dossier { recipients: Vec::new(), ..whole.clone() };
        let words = Text::default().with("en", "Ask us.").expect("words");
        let mut other = whole.clone();
        other.texts.insert(Topic::PrivacyRights, words);
        assert!(of(&other) != of(&whole) && (whole.recipients.is_empty() || of(&fewer) != of(&whole)));
    }

    #[test]
    fn the_maker_adds_a_legal_basis_and_words_in_another_language() {
        let model = Model::compile(THERMOSTAT).expect("a model");
        let path = notice(&model, &Dossier::default())[0].path.clone();
        let text = format!(r#"{{"fields":{{"{path}":{{"basis":"consent","title":{{"de":"Anwesenheit"}}}}}}}}"#);
        let datum = notice(&model, &Dossier::parse(&text).expect("a dossier")).remove(0);
        assert_eq!((datum.basis, datum.title.read("de")), (Some(Basis::Consent), Some(("de", "Anwesenheit"))));
        assert_eq!(datum.title.read("fr").map(|(tag, _)| tag), Some("en"));
    }
}
