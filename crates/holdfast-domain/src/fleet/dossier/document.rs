//! A dossier as JSON text: what the interface takes, what the store keeps, what a form becomes.
//!
//! Each member is understood or refused with its path, such as `labels.0.until`; nothing is skipped in silence. Absent,
//! `null` and empty mean the same: not said. Owns no rule about what must be said before the public reads it.

use std::str::FromStr;

use serde_json::{Map, Value as Json, json};

use super::network::Mud;
use super::text::line_or_more;
use super::{
    Basis, Compliance, Credentials, Dossier, FieldWords, LINE_CHARS_MAX, LIST_MAX, Label, Link, LinkKind, Party,
    Recipient, Security, Sensor, SensorKind, Statement, Sunset, Text, Topic, Updates, WordProblem,
};

/// Most bytes of a dossier.
pub const DOSSIER_BYTES_MAX: usize = 192 * 1024;
/// Most characters of a postal address.
const ADDRESS_CHARS_MAX: usize = 400;
/// Most personal fields that a dossier may speak of.
const FIELDS_MAX: usize = 256;
/// Most days or months of a promise.
const COUNT_MAX: u64 = 3_650;

/// A part of a dossier that cannot be used, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DossierError {
    /// Names of members from the outermost, with dots between; `document` for the whole of it.
    pub path: String,
    /// What is wrong there.
    pub problem: DossierProblem,
}

/// What is wrong with a part of a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DossierProblem {
    /// Longer than [`DOSSIER_BYTES_MAX`].
    #[error("this is longer than 192 KiB")]
    TooLarge,
    /// Not JSON.
    #[error("this is not JSON")]
    NotJson,
    /// Another JSON type than needed.
    #[error("this has another JSON type than is needed here")]
    WrongKind,
    /// A member that does not exist.
    #[error("there is no such member here")]
    Unknown,
    /// A member of a list's entry that must be there.
    #[error("this must be filled in")]
    Absent,
    /// More entries than allowed.
    #[error("there are more of these than a dossier may have")]
    TooMany,
    /// A word outside a closed list.
    #[error("this takes one word of a closed list, and this is none of them")]
    Word,
    /// Not a day.
    #[error("a day is written as 2031-12-31")]
    Day,
    /// Not an address to follow.
    #[error("an address begins with https://, mailto: or tel: and has no spaces")]
    Link,
    /// Not a whole number within limits.
    #[error("this is a whole number from 0 to 3650")]
    Number,
    /// Not a manufacturer usage description.
    #[error("this is no manufacturer usage description (RFC 8520)")]
    Mud,
    /// Too long, or with characters that cannot be seen.
    #[error(transparent)]
    Words(#[from] WordProblem),
}

impl DossierProblem {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "dossier-too-large",
            Self::NotJson => "dossier-not-json",
            Self::WrongKind => "wrong-kind",
            Self::Unknown => "member-unknown",
            Self::Absent => "member-absent",
            Self::TooMany => "too-many",
            Self::Word => "word-unknown",
            Self::Day => "day-malformed",
            Self::Link => "link-malformed",
            Self::Number => "number-out-of-range",
            Self::Mud => "mud-malformed",
            Self::Words(WordProblem::TooLong) => "text-too-long",
            Self::Words(WordProblem::Unseen) => "text-with-unseen",
            Self::Words(WordProblem::Language) => "language-malformed",
        }
    }
}

/// What reading a part gives.
pub(crate) type Read<T> = Result<T, DossierError>;

/// A value and where it stands. Other documents of the maker's words are read with it too.
pub(crate) struct At<'a> {
    path: String,
    json: &'a Json,
}

impl<'a> At<'a> {
    /// The outermost value.
    pub(crate) const fn root(json: &'a Json) -> Self {
        Self { path: String::new(), json }
    }

    pub(crate) fn wrong(&self, problem: impl Into<DossierProblem>) -> DossierError {
        let path = if self.path.is_empty() { "document".to_owned() } else { self.path.clone() };
        DossierError { path, problem: problem.into() }
    }

    fn below(&self, name: &str, json: &'a Json) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        At { path, json }
    }

    /// Its members, all of them known.
    pub(crate) fn object(&self, known: &[&str]) -> Read<&'a Map<String, Json>> {
        let members = self.json.as_object().ok_or_else(|| self.wrong(DossierProblem::WrongKind))?;
        match members.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, value)) => Err(self.below(name, value).wrong(DossierProblem::Unknown)),
            None => Ok(members),
        }
    }

    /// The member of this name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        let value = self.json.get(name)?;
        let said = !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty());
        said.then(|| self.below(name, value))
    }

    pub(crate) fn need(&self, name: &str) -> Read<Self> {
        let absent = || self.below(name, &Json::Null).wrong(DossierProblem::Absent);
        self.get(name).ok_or_else(absent)
    }

    pub(crate) fn list<T>(&self, name: &str, read: impl Fn(&Self) -> Read<T>) -> Read<Vec<T>> {
        let Some(list) = self.get(name) else { return Ok(Vec::new()) };
        let entries = list.json.as_array().ok_or_else(|| list.wrong(DossierProblem::WrongKind))?;
        if entries.len() > LIST_MAX {
            return Err(list.wrong(DossierProblem::TooMany));
        }
        entries.iter().enumerate().map(|(at, entry)| read(&list.below(&at.to_string(), entry))).collect()
    }

    pub(crate) fn str(&self) -> Read<&'a str> {
        self.json.as_str().map(str::trim).ok_or_else(|| self.wrong(DossierProblem::WrongKind))
    }

    pub(crate) fn line(&self) -> Read<String> {
        line_or_more(self.str()?, LINE_CHARS_MAX, false).map(str::to_owned).map_err(|why| self.wrong(why))
    }

    pub(crate) fn line_of(&self, name: &str) -> Read<String> {
        self.get(name).map(|at| at.line()).transpose().map(Option::unwrap_or_default)
    }

    pub(crate) fn parsed<T: FromStr>(&self, name: &str, problem: DossierProblem) -> Read<Option<T>> {
        let read = |at: Self| at.str()?.parse().map_err(|_| at.wrong(problem));
        self.get(name).map(read).transpose()
    }

    pub(crate) fn word<T>(&self, name: &str, from: impl Fn(&str) -> Option<T>) -> Read<Option<T>> {
        let read = |at: Self| from(at.str()?).ok_or_else(|| at.wrong(DossierProblem::Word));
        self.get(name).map(read).transpose()
    }

    pub(crate) fn count(&self, name: &str) -> Read<Option<u32>> {
        let read = |at: Self| {
            let number = at.json.as_u64().filter(|n| *n <= COUNT_MAX);
            number.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| at.wrong(DossierProblem::Number))
        };
        self.get(name).map(read).transpose()
    }

    pub(crate) fn text(&self) -> Read<Text> {
        let members = self.json.as_object().ok_or_else(|| self.wrong(DossierProblem::WrongKind))?;
        members.iter().filter(|(_, words)| !words.is_null()).try_fold(Text::default(), |text, (language, words)| {
            let at = self.below(language, words);
            text.with(language, at.str()?).map_err(|why| at.wrong(why))
        })
    }

    pub(crate) fn text_of(&self, name: &str) -> Read<Text> {
        self.get(name).map(|at| at.text()).transpose().map(Option::unwrap_or_default)
    }
}

const MEMBERS: [&str; 18] = [
    "name",
    "models",
    "maker",
    "website",
    "representatives",
    "security",
    "first_supplied",
    "discontinued",
    "support",
    "sunsets",
    "sensors",
    "recipients",
    "fields",
    "links",
    "labels",
    "languages",
    "accessories",
    "statement",
];

impl Dossier {
    /// Reads a dossier.
    ///
    /// # Errors
    ///
    /// [`DossierError`] of the first part that cannot be used.
    pub fn parse(text: &str) -> Result<Self, DossierError> {
        let whole = |problem| DossierError { path: "document".to_owned(), problem };
        if text.len() > DOSSIER_BYTES_MAX {
            return Err(whole(DossierProblem::TooLarge));
        }
        let json: Json = serde_json::from_str(text).map_err(|_| whole(DossierProblem::NotJson))?;
        let root = At { path: String::new(), json: &json };
        let mut known = MEMBERS.to_vec();
        known.extend(["credentials", "texts", "mud"]);
        root.object(&known)?;
        let support = At { path: "support".to_owned(), json: root.json.get("support").unwrap_or(&Json::Null) };
        if !support.json.is_null() {
            support.object(&["until", "hardware_until", "warranty_months", "updates", "paid_from"])?;
        }
        Ok(Self {
            name: root.line_of("name")?,
            models: root.list("models", At::line)?,
            maker: root.get("maker").map(|at| party(&at)).transpose()?.unwrap_or_default(),
            website: root.parsed("website", DossierProblem::Link)?,
            representatives: root.list("representatives", party)?,
            security: root.get("security").map(|at| security(&at)).transpose()?.unwrap_or_default(),
            first_supplied: root.parsed("first_supplied", DossierProblem::Day)?,
            discontinued: root.parsed("discontinued", DossierProblem::Day)?,
            support_until: support.parsed("until", DossierProblem::Day)?,
            hardware_until: support.parsed("hardware_until", DossierProblem::Day)?,
            warranty_months: support.count("warranty_months")?,
            updates: support.word("updates", Updates::from_word)?,
            paid_from: support.parsed("paid_from", DossierProblem::Day)?,
            mud: root
                .get("mud")
                .map(|at| Mud::read(at.json).ok_or_else(|| at.wrong(DossierProblem::Mud)))
                .transpose()?,
            sunsets: root.list("sunsets", sunset)?,
            credentials: root.word("credentials", Credentials::from_word)?,
            sensors: root.list("sensors", sensor)?,
            recipients: root.list("recipients", recipient)?,
            fields: fields(&root)?,
            links: links(&root)?,
            labels: root.list("labels", label)?,
            languages: root.list("languages", language)?,
            accessories: root.list("accessories", At::line)?,
            statement: root.get("statement").map(|at| statement(&at)).transpose()?,
            texts: texts(&root)?,
        })
    }

    /// The dossier as JSON text, members in a fixed order; what [`Dossier::parse`] reads back.
    #[must_use]
    pub fn text(&self) -> String {
        self.json().to_string()
    }

    fn json(&self) -> Json {
        let links = self.links.iter().map(|(kind, link)| (kind.word().to_owned(), json!(link.as_str()))).collect();
        let texts = self.texts.iter().map(|(topic, text)| (topic.word().to_owned(), written(text))).collect();
        let fields = self.fields.iter().map(|(path, words)| {
            let value = said([
                ("basis", words.basis.map_or(Json::Null, |b| json!(b.word()))),
                ("title", written(&words.title)),
                ("purpose", written(&words.purpose)),
            ]);
            (path.clone(), value)
        });
        said([
            ("name", json!(self.name)),
            ("models", json!(self.models)),
            ("maker", party_json(&self.maker)),
            ("website", shown(self.website.as_ref())),
            ("representatives", self.representatives.iter().map(party_json).collect()),
            (
                "security",
                said([
                    ("contact", shown(self.security.contact.as_ref())),
                    ("policy", shown(self.security.policy.as_ref())),
                    ("acknowledge_days", json!(self.security.acknowledge_days)),
                    ("news_days", json!(self.security.news_days)),
                ]),
            ),
            ("first_supplied", shown(self.first_supplied)),
            ("discontinued", shown(self.discontinued)),
            (
                "support",
                said([
                    ("until", shown(self.support_until)),
                    ("hardware_until", shown(self.hardware_until)),
                    ("warranty_months", json!(self.warranty_months)),
                    ("updates", self.updates.map_or(Json::Null, |u| json!(u.word()))),
                    ("paid_from", shown(self.paid_from)),
                ]),
            ),
            (
                "sunsets",
                self.sunsets.iter().map(|s| said([("on", shown(Some(s.on))), ("what", written(&s.what))])).collect(),
            ),
            ("credentials", self.credentials.map_or(Json::Null, |c| json!(c.word()))),
            ("sensors", self.sensors.iter().map(sensor_json).collect()),
            ("recipients", self.recipients.iter().map(recipient_json).collect()),
            ("fields", Json::Object(fields.collect())),
            ("links", Json::Object(links)),
            ("labels", self.labels.iter().map(label_json).collect()),
            ("languages", json!(self.languages)),
            ("accessories", json!(self.accessories)),
            ("statement", self.statement.as_ref().map_or(Json::Null, statement_json)),
            ("texts", Json::Object(texts)),
            ("mud", self.mud.as_ref().and_then(|mud| serde_json::from_str(&mud.document).ok()).unwrap_or(Json::Null)),
        ])
    }
}

fn party(at: &At<'_>) -> Read<Party> {
    at.object(&["name", "address", "contact"])?;
    let address = at.get("address").map(|at| {
        let lines = at.str()?.replace("\r\n", "\n");
        line_or_more(&lines, ADDRESS_CHARS_MAX, true).map(str::to_owned).map_err(|why| at.wrong(why))
    });
    let address = address.transpose()?.unwrap_or_default();
    Ok(Party { name: at.line_of("name")?, address, contact: at.parsed("contact", DossierProblem::Link)? })
}

fn security(at: &At<'_>) -> Read<Security> {
    at.object(&["contact", "policy", "acknowledge_days", "news_days"])?;
    Ok(Security {
        contact: at.parsed("contact", DossierProblem::Link)?,
        policy: at.parsed("policy", DossierProblem::Link)?,
        acknowledge_days: at.count("acknowledge_days")?,
        news_days: at.count("news_days")?,
    })
}

fn sunset(at: &At<'_>) -> Read<Sunset> {
    at.object(&["on", "what"])?;
    at.need("on")?;
    let on = at.parsed("on", DossierProblem::Day)?.ok_or_else(|| at.wrong(DossierProblem::Absent))?;
    Ok(Sunset { on, what: at.need("what")?.text()? })
}

fn sensor(at: &At<'_>) -> Read<Sensor> {
    at.object(&["kind", "what", "off"])?;
    at.need("kind")?;
    let kind = at.word("kind", SensorKind::from_word)?.ok_or_else(|| at.wrong(DossierProblem::Absent))?;
    Ok(Sensor { kind, what: at.need("what")?.text()?, off: at.text_of("off")? })
}

fn recipient(at: &At<'_>) -> Read<Recipient> {
    at.object(&["name", "country", "what"])?;
    Ok(Recipient { name: at.need("name")?.line()?, country: at.line_of("country")?, what: at.text_of("what")? })
}

fn label(at: &At<'_>) -> Read<Label> {
    at.object(&["scheme", "level", "number", "versions", "until", "link"])?;
    Ok(Label {
        scheme: at.need("scheme")?.line()?,
        level: at.line_of("level")?,
        number: at.line_of("number")?,
        versions: at.line_of("versions")?,
        until: at.parsed("until", DossierProblem::Day)?,
        link: at.parsed("link", DossierProblem::Link)?,
    })
}

fn language(at: &At<'_>) -> Read<String> {
    let code = at.str()?;
    let plain = code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase());
    if plain { Ok(code.to_owned()) } else { Err(at.wrong(WordProblem::Language)) }
}

fn statement(at: &At<'_>) -> Read<Statement> {
    at.object(&["batch", "by", "standards", "signatory", "function", "place", "date"])?;
    let absent = |name: &str| at.below(name, &Json::Null).wrong(DossierProblem::Absent);
    Ok(Statement {
        batch: at.need("batch")?.line()?,
        by: at.word("by", Compliance::from_word)?.ok_or_else(|| absent("by"))?,
        standards: at.line_of("standards")?,
        signatory: at.need("signatory")?.line()?,
        function: at.need("function")?.line()?,
        place: at.need("place")?.line()?,
        date: at.parsed("date", DossierProblem::Day)?.ok_or_else(|| absent("date"))?,
    })
}

fn fields(root: &At<'_>) -> Read<std::collections::BTreeMap<String, FieldWords>> {
    let Some(at) = root.get("fields") else { return Ok(std::collections::BTreeMap::new()) };
    let members = at.json.as_object().ok_or_else(|| at.wrong(DossierProblem::WrongKind))?;
    if members.len() > FIELDS_MAX {
        return Err(at.wrong(DossierProblem::TooMany));
    }
    let read = |(path, value): (&String, &Json)| {
        let at = at.below(path, value);
        line_or_more(path, LINE_CHARS_MAX, false).map_err(|why| at.wrong(why))?;
        at.object(&["basis", "title", "purpose"])?;
        let (title, purpose) = (at.text_of("title")?, at.text_of("purpose")?);
        Ok((path.clone(), FieldWords { basis: at.word("basis", Basis::from_word)?, title, purpose }))
    };
    members
        .iter()
        .map(read)
        .filter(|field| !matches!(field, Ok((_, words)) if *words == FieldWords::default()))
        .collect()
}

fn links(root: &At<'_>) -> Read<std::collections::BTreeMap<LinkKind, Link>> {
    let Some(at) = root.get("links") else { return Ok(std::collections::BTreeMap::new()) };
    at.object(&LinkKind::ALL.iter().map(|kind| kind.word()).collect::<Vec<_>>())?;
    let read =
        |kind: &LinkKind| at.parsed(kind.word(), DossierProblem::Link).map(|link| link.map(|link| (*kind, link)));
    LinkKind::ALL.iter().filter_map(|kind| read(kind).transpose()).collect()
}

fn texts(root: &At<'_>) -> Read<std::collections::BTreeMap<Topic, Text>> {
    let Some(at) = root.get("texts") else { return Ok(std::collections::BTreeMap::new()) };
    at.object(&Topic::ALL.iter().map(|topic| topic.word()).collect::<Vec<_>>())?;
    let read = |topic: &Topic| at.text_of(topic.word()).map(|text| (!text.is_empty()).then_some((*topic, text)));
    Topic::ALL.iter().filter_map(|topic| read(topic).transpose()).collect()
}

/// An object of the members that say something.
pub(crate) fn said<const N: usize>(members: [(&str, Json); N]) -> Json {
    let empty = |value: &Json| match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    };
    let pairs = members.into_iter().filter(|(_, value)| !empty(value));
    Json::Object(pairs.map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(crate) fn shown(value: Option<impl ToString>) -> Json {
    value.map_or(Json::Null, |value| Json::String(value.to_string()))
}

pub(crate) fn written(text: &Text) -> Json {
    Json::Object(text.iter().map(|(tag, words)| (tag.to_owned(), json!(words))).collect())
}

fn party_json(party: &Party) -> Json {
    said([("name", json!(party.name)), ("address", json!(party.address)), ("contact", shown(party.contact.as_ref()))])
}

fn sensor_json(sensor: &Sensor) -> Json {
    said([("kind", json!(sensor.kind.word())), ("what", written(&sensor.what)), ("off", written(&sensor.off))])
}

fn recipient_json(to: &Recipient) -> Json {
    said([("name", json!(to.name)), ("country", json!(to.country)), ("what", written(&to.what))])
}

fn label_json(label: &Label) -> Json {
    said([
        ("scheme", json!(label.scheme)),
        ("level", json!(label.level)),
        ("number", json!(label.number)),
        ("versions", json!(label.versions)),
        ("until", shown(label.until)),
        ("link", shown(label.link.as_ref())),
    ])
}

fn statement_json(statement: &Statement) -> Json {
    said([
        ("batch", json!(statement.batch)),
        ("by", json!(statement.by.word())),
        ("standards", json!(statement.standards)),
        ("signatory", json!(statement.signatory)),
        ("function", json!(statement.function)),
        ("place", json!(statement.place)),
        ("date", shown(Some(statement.date))),
    ])
}

#[cfg(test)]
mod tests;
