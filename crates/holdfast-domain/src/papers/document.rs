//! Papers as JSON text: what the interface takes and the store keeps. Each member is understood or refused by its name.

use serde_json::{Map, Value as Json, json};

use super::{Bulletin, Document, Policy, What};
use crate::fleet::dossier::{Day, Link, Text};

/// Most bytes of a paper.
pub const PAPER_BYTES_MAX: usize = 128 * 1024;
/// Most characters of a line.
const LINE_CHARS_MAX: usize = 2_000;
/// Most steps, and most starts of ids.
const LIST_MAX: usize = 64;
/// Longest name of a paper.
const ID_BYTES_MAX: usize = 48;

/// A part of a paper that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct PaperError {
    /// Its name; `document` for the whole.
    pub path: String,
    /// What is wrong there.
    pub why: &'static str,
}

type Read<T> = Result<T, PaperError>;

fn wrong(path: &str, why: &'static str) -> PaperError {
    PaperError { path: path.to_owned(), why }
}

/// Whether a name can be a paper's.
pub(super) fn check_id(id: &str) -> Read<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(plain) && !id.starts_with('-');
    if fits { Ok(()) } else { Err(wrong("id", "lower-case letters, digits and inner hyphens, at most 48")) }
}

/// The members of an object, all of them known.
struct Members<'a>(&'a Map<String, Json>);

impl<'a> Members<'a> {
    fn of(json: &'a Json, known: &[&str]) -> Read<Self> {
        let members = json.as_object().ok_or_else(|| wrong("document", "this is no JSON object"))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(wrong(name, "there is no such member here")),
            None => Ok(Self(members)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Json> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn line(&self, name: &str) -> Read<String> {
        let Some(value) = self.get(name) else { return Ok(String::new()) };
        let text = value.as_str().ok_or_else(|| wrong(name, "this is text"))?.trim();
        let seen = text.chars().all(|c| !c.is_control() || c == '\n') && text.chars().count() <= LINE_CHARS_MAX;
        if seen { Ok(text.to_owned()) } else { Err(wrong(name, "this is too long or has a control character")) }
    }

    fn text(&self, name: &str) -> Read<Text> {
        self.get(name).map_or_else(|| Ok(Text::default()), |value| text(name, value))
    }

    fn day(&self, name: &str) -> Read<Option<Day>> {
        let parse = |value: &Json| value.as_str().and_then(|text| text.parse().ok());
        self.get(name)
            .map(|value| parse(value).ok_or_else(|| wrong(name, "a day is written as 2031-12-31")))
            .transpose()
    }

    fn needed_day(&self, name: &str) -> Read<Day> {
        self.day(name)?.ok_or_else(|| wrong(name, "this must be filled in"))
    }

    fn product(&self) -> Read<Option<holdfast_core::id::ProductId>> {
        let parse = |value: &Json| value.as_str().and_then(|text| text.parse().ok());
        self.get("product")
            .map(|value| parse(value).ok_or_else(|| wrong("product", "this is no product's id")))
            .transpose()
    }

    fn list<T>(&self, name: &str, read: impl Fn(&Json) -> Read<T>) -> Read<Vec<T>> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let list = value.as_array().filter(|list| list.len() <= LIST_MAX);
        list.ok_or_else(|| wrong(name, "this is a list of at most 64"))?.iter().map(read).collect()
    }
}

fn text(name: &str, value: &Json) -> Read<Text> {
    let members = value.as_object().ok_or_else(|| wrong(name, "this is said by language: {\"en\": \"…\"}"))?;
    members.iter().try_fold(Text::default(), |text, (language, words)| {
        let words = words.as_str().ok_or_else(|| wrong(name, "this is text"))?;
        text.with(language, words).map_err(|_| wrong(name, "too long, with unseen characters, or no language"))
    })
}

impl Document {
    /// Reads a paper.
    ///
    /// # Errors
    ///
    /// [`PaperError`] of the first part that cannot be used.
    pub fn parse(text: &str) -> Result<Self, PaperError> {
        if text.len() > PAPER_BYTES_MAX {
            return Err(wrong("document", "this is longer than 128 KiB"));
        }
        let json: Json = serde_json::from_str(text).map_err(|_| wrong("document", "this is not JSON"))?;
        match json.get("kind").and_then(Json::as_str) {
            Some("policy") => policy(&json).map(Self::Policy),
            Some("bulletin") => bulletin(&json).map(Self::Bulletin),
            Some(_) | None => Err(wrong("kind", "policy or bulletin")),
        }
    }

    /// The paper as JSON text; what [`Document::parse`] reads back.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Policy(p) => json!({
                "kind": "policy", "owner": p.owner, "text": words(&p.text), "change": words(&p.change),
                "effective": p.effective.to_string(), "review": p.review.to_string(), "authority": p.authority,
            }),
            Self::Bulletin(b) => json!({
                "kind": "bulletin", "what": b.what.word(), "product": b.product.as_ref().map(ToString::to_string),
                "serials": b.serials, "title": words(&b.title), "happened": words(&b.happened),
                "steps": b.steps.iter().map(words).collect::<Vec<_>>(),
                "deadline": b.deadline.map(|day| day.to_string()), "contact": b.contact.as_str(),
            }),
        }
        .to_string()
    }
}

fn words(text: &Text) -> Json {
    text.iter().map(|(tag, words)| (tag.to_owned(), json!(words))).collect::<Map<_, _>>().into()
}

fn policy(json: &Json) -> Read<Policy> {
    let at = Members::of(json, &["kind", "owner", "text", "change", "effective", "review", "authority"])?;
    Ok(Policy {
        owner: at.line("owner")?,
        text: at.text("text")?,
        change: at.text("change")?,
        effective: at.needed_day("effective")?,
        review: at.needed_day("review")?,
        authority: at.line("authority")?,
    })
}

fn bulletin(json: &Json) -> Read<Bulletin> {
    let known = ["kind", "what", "product", "serials", "title", "happened", "steps", "deadline", "contact"];
    let at = Members::of(json, &known)?;
    let word = at.line("what")?;
    let what = What::ALL.into_iter().find(|what| what.word() == word);
    let contact: Option<Link> = at.line("contact")?.parse().ok();
    let serial = |value: &Json| {
        let text = value.as_str().unwrap_or_default().trim_end_matches('*');
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = !text.is_empty() && text.len() <= 64 && text.bytes().all(plain);
        if fits { Ok(text.to_owned()) } else { Err(wrong("serials", "the start of an id, such as hearth-00*")) }
    };
    Ok(Bulletin {
        what: what.ok_or_else(|| wrong("what", "advisory, outage, action or change"))?,
        product: at.product()?,
        serials: at.list("serials", serial)?,
        title: at.text("title")?,
        happened: at.text("happened")?,
        steps: at.list("steps", |value| text("steps", value))?,
        deadline: at.day("deadline")?,
        contact: contact.ok_or_else(|| wrong("contact", "an address with https://, mailto: or tel:"))?,
    })
}
