//! Records about a product that people make and no counter can: how people got on with it, what its pages were checked for,
//! a photograph of its package, a link found on a page.
//!
//! Owns their documents as JSON text and how they are judged. A record is dated, of one person, and is never changed: another
//! look is another record.

use std::collections::BTreeMap;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{PersonId, ProductId, ProofId};
use holdfast_core::time::{Millis, Timestamp};
use serde_json::{Map, Value, json};

use super::dossier::Link;
use crate::decision::{Change, Decision, LedgerLine, kind};

/// Most bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Most bytes of a photograph.
pub const PHOTO_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most tasks of one test.
pub const TASKS_MAX: usize = 64;
/// Most characters of a line.
pub const LINE_CHARS_MAX: usize = 200;
/// Fewest testers from whom something can be said.
pub const TESTERS_MIN: u32 = 5;
/// Least share of testers that come to the end of a critical task, in percent.
pub const SUCCESS_PERCENT_MIN: u32 = 80;
/// A record counts for so long: two years.
pub const COUNTS_FOR: Millis = Millis::from_secs(731 * 86_400);

crate::words::word_lists! {
    /// What a record is of.
    ProofKind {
        /// How people got on with the product.
        Usability = "usability",
        /// What its pages were checked for, for one version.
        Interface = "interface",
        /// The package: photograph, and the link on the maker's page.
        Packaging = "packaging",
    }
    /// What is checked in the interface of a version.
    Check {
        /// Secure values are the defaults.
        SecureDefaults = "secure-defaults",
        /// Prompts say what follows and which choice is safe.
        ClearPrompts = "clear-prompts",
        /// Acts can be taken back, or say that they cannot.
        Reversible = "reversible",
        /// Nothing pushes people where they do not want to go.
        NoDarkPatterns = "no-dark-patterns",
        /// WCAG 2.2 AA, by keyboard alone too.
        Accessible = "accessible",
        /// Every text is in every language of the product.
        Translated = "translated",
    }
}

/// One task of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What people were asked to do.
    pub name: String,
    /// Whether security or privacy hangs on it.
    pub critical: bool,
    /// How many tried.
    pub tried: u32,
    /// How many came to its end without help.
    pub succeeded: u32,
}

impl Task {
    /// The share that came to the end, in percent.
    #[must_use]
    pub fn percent(&self) -> u32 {
        self.succeeded.saturating_mul(100).checked_div(self.tried).unwrap_or(0)
    }
}

/// What an accessibility scanner found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Which scanner, with its version.
    pub tool: String,
    /// Pages that were looked at.
    pub pages: u32,
    /// What it objected to.
    pub violations: u32,
    /// SHA-256 of its whole report.
    pub report: Sha256Digest,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A test with people.
    Usability {
        /// What they did.
        tasks: Vec<Task>,
        /// How many they were.
        testers: u32,
        /// Whether somebody outside the maker's company tested.
        outside: bool,
        /// Who tested: a company or a function.
        tester: String,
    },
    /// A checklist for one version.
    Interface {
        /// Of which version.
        version: String,
        /// What was checked, and whether it holds.
        checks: BTreeMap<Check, bool>,
        /// What the scanner found.
        scan: Option<Scan>,
    },
    /// A photograph of the package.
    Photograph {
        /// Which package.
        of: String,
        /// SHA-256 of the photograph, its name in the blob store.
        photo: Sha256Digest,
    },
    /// A page of the maker that was fetched.
    Page {
        /// Which.
        page: Link,
        /// SHA-256 of what it answered.
        content: Sha256Digest,
        /// The link to the product's public page that stands on it, if one does.
        found: Option<String>,
    },
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its id.
    pub id: ProofId,
    /// Of which product.
    pub product: ProductId,
    /// What it says.
    pub said: Said,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
}

/// Why a record is not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefusal {
    /// Not such a document.
    #[error("the record cannot be used: {0}")]
    Document(&'static str),
    /// Figures that contradict each other.
    #[error("more succeeded than tried, or nobody tested")]
    Figures,
    /// The version is none of the product's releases.
    #[error("the product has no release of this version")]
    Version,
    /// A photograph that is none.
    #[error("a photograph is a PNG or JPEG file of at most 8 MiB")]
    Photo,
}

impl ProofRefusal {
    /// The stable kebab-case name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Document(_) => "proof-malformed",
            Self::Figures => "proof-figures",
            Self::Version => "proof-version-unknown",
            Self::Photo => "proof-photo",
        }
    }
}

type Read<T> = Result<T, ProofRefusal>;

fn line(value: Option<&Value>, why: &'static str) -> Read<String> {
    let text = value.and_then(Value::as_str).map(str::trim).ok_or(ProofRefusal::Document(why))?;
    let fits = !text.is_empty() && text.chars().count() <= LINE_CHARS_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(ProofRefusal::Document(why)) }
}

fn count(value: Option<&Value>, why: &'static str) -> Read<u32> {
    value.and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).ok_or(ProofRefusal::Document(why))
}

fn digest(value: Option<&Value>, why: &'static str) -> Read<Sha256Digest> {
    value.and_then(Value::as_str).and_then(|text| text.parse().ok()).ok_or(ProofRefusal::Document(why))
}

fn only(members: &Map<String, Value>, known: &[&str]) -> Read<()> {
    let unknown = members.keys().any(|name| !known.contains(&name.as_str()));
    if unknown { Err(ProofRefusal::Document("a member is unknown")) } else { Ok(()) }
}

impl Said {
    /// What it is of.
    #[must_use]
    pub const fn kind(&self) -> ProofKind {
        match self {
            Self::Usability { .. } => ProofKind::Usability,
            Self::Interface { .. } => ProofKind::Interface,
            Self::Photograph { .. } | Self::Page { .. } => ProofKind::Packaging,
        }
    }

    /// The photograph that belongs to it.
    #[must_use]
    pub const fn photo(&self) -> Option<&Sha256Digest> {
        match self {
            Self::Photograph { photo, .. } => Some(photo),
            Self::Usability { .. } | Self::Interface { .. } | Self::Page { .. } => None,
        }
    }

    /// Reads a document: `{"usability": {…}}`, `{"interface": {…}}`, `{"photograph": {…}}` or `{"page": {…}}`.
    ///
    /// # Errors
    ///
    /// [`ProofRefusal`] names what cannot be used.
    pub fn parse(text: &str) -> Read<Self> {
        if text.len() > DOCUMENT_BYTES_MAX {
            return Err(ProofRefusal::Document("longer than 64 KiB"));
        }
        let value: Value = serde_json::from_str(text).map_err(|_| ProofRefusal::Document("not JSON"))?;
        let whole = value.as_object().filter(|members| members.len() == 1);
        let named = whole.and_then(|members| members.iter().next());
        let (what, Some(m)) = named.map_or(("", None), |(what, inner)| (what.as_str(), inner.as_object())) else {
            return Err(ProofRefusal::Document("one member is wanted: usability, interface, photograph or page"));
        };
        match what {
            "usability" => Self::usability(m),
            "interface" => Self::interface(m),
            "photograph" => {
                only(m, &["of", "photo"])?;
                Ok(Self::Photograph {
                    of: line(m.get("of"), "of which package")?,
                    photo: digest(m.get("photo"), "photo")?,
                })
            }
            "page" => {
                only(m, &["page", "content", "found"])?;
                let page =
                    line(m.get("page"), "page")?.parse().map_err(|_| ProofRefusal::Document("page: no address"))?;
                let found = m.get("found").filter(|found| !found.is_null());
                let found = found.map(|found| line(Some(found), "found")).transpose()?;
                Ok(Self::Page { page, content: digest(m.get("content"), "content")?, found })
            }
            _ => Err(ProofRefusal::Document("one member is wanted: usability, interface, photograph or page")),
        }
    }

    fn usability(m: &Map<String, Value>) -> Read<Self> {
        only(m, &["tasks", "testers", "outside", "tester"])?;
        let tasks = m.get("tasks").and_then(Value::as_array).filter(|tasks| (1..=TASKS_MAX).contains(&tasks.len()));
        let tasks = tasks.ok_or(ProofRefusal::Document("tasks: a list of 1 to 64"))?;
        let task = |task: &Value| -> Read<Task> {
            let m = task.as_object().ok_or(ProofRefusal::Document("a task is an object"))?;
            only(m, &["name", "critical", "tried", "succeeded"])?;
            Ok(Task {
                name: line(m.get("name"), "a task's name")?,
                critical: m.get("critical").and_then(Value::as_bool).unwrap_or(false),
                tried: count(m.get("tried"), "tried")?,
                succeeded: count(m.get("succeeded"), "succeeded")?,
            })
        };
        let tasks: Vec<Task> = tasks.iter().map(task).collect::<Read<_>>()?;
        let testers = count(m.get("testers"), "testers")?;
        if testers == 0 || tasks.iter().any(|task| task.succeeded > task.tried || task.tried > testers) {
            return Err(ProofRefusal::Figures);
        }
        let outside = m.get("outside").and_then(Value::as_bool).unwrap_or(false);
        Ok(Self::Usability { tasks, testers, outside, tester: line(m.get("tester"), "tester")? })
    }

    fn interface(m: &Map<String, Value>) -> Read<Self> {
        only(m, &["version", "checks", "scan"])?;
        let checks = m.get("checks").and_then(Value::as_object).ok_or(ProofRefusal::Document("checks: an object"))?;
        let check = |(name, holds): (&String, &Value)| -> Read<(Check, bool)> {
            let check = Check::from_word(name).ok_or(ProofRefusal::Document("a check is unknown"))?;
            Ok((check, holds.as_bool().ok_or(ProofRefusal::Document("a check is true or false"))?))
        };
        let scan = m.get("scan").filter(|scan| !scan.is_null()).map(|scan| -> Read<Scan> {
            let m = scan.as_object().ok_or(ProofRefusal::Document("scan: an object"))?;
            only(m, &["tool", "pages", "violations", "report"])?;
            Ok(Scan {
                tool: line(m.get("tool"), "tool")?,
                pages: count(m.get("pages"), "pages")?,
                violations: count(m.get("violations"), "violations")?,
                report: digest(m.get("report"), "report")?,
            })
        });
        Ok(Self::Interface {
            version: line(m.get("version"), "version")?,
            checks: checks.iter().map(check).collect::<Read<_>>()?,
            scan: scan.transpose()?,
        })
    }

    /// The document as JSON text; what [`Said::parse`] reads back.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Usability { tasks, testers, outside, tester } => {
                let tasks: Vec<Value> = tasks
                    .iter()
                    .map(
                        |t| json!({"name": t.name, "critical": t.critical, "tried": t.tried, "succeeded": t.succeeded}),
                    )
                    .collect();
                json!({"usability": {"tasks": tasks, "testers": testers, "outside": outside, "tester": tester}})
            }
            Self::Interface { version, checks, scan } => {
                let checks: Map<String, Value> =
                    checks.iter().map(|(check, holds)| (check.word().to_owned(), json!(holds))).collect();
                let scan = scan.as_ref().map(|scan| {
                    json!({
                        "tool": scan.tool,
                        "pages": scan.pages,
                        "violations": scan.violations,
                        "report": scan.report.to_string(),
                    })
                });
                json!({"interface": {"version": version, "checks": checks, "scan": scan}})
            }
            Self::Photograph { of, photo } => json!({"photograph": {"of": of, "photo": photo.to_string()}}),
            Self::Page { page, content, found } => {
                json!({"page": {"page": page.as_str(), "content": content.to_string(), "found": found}})
            }
        }
        .to_string()
    }

    /// Whether the record by itself shows what it is made for.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self {
            Self::Usability { tasks, testers, .. } => {
                let critical: Vec<&Task> = tasks.iter().filter(|task| task.critical).collect();
                *testers >= TESTERS_MIN
                    && !critical.is_empty()
                    && critical.iter().all(|task| task.tried >= TESTERS_MIN && task.percent() >= SUCCESS_PERCENT_MIN)
            }
            Self::Interface { checks, scan, .. } => {
                let all = Check::ALL.iter().all(|check| checks.get(check) == Some(&true));
                all && scan.as_ref().is_some_and(|scan| scan.pages > 0 && scan.violations == 0)
            }
            Self::Photograph { .. } => true,
            Self::Page { found, .. } => found.is_some(),
        }
    }
}

/// The media type of a photograph, by its first bytes.
#[must_use]
pub fn photo_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else {
        None
    }
}

/// Decides to keep a record; `versions` are the product's releases.
///
/// # Errors
///
/// [`ProofRefusal::Version`].
pub fn keep(proof: Proof, versions: &[String]) -> Read<Decision> {
    if let Said::Interface { version, .. } = &proof.said
        && !versions.contains(version)
    {
        return Err(ProofRefusal::Version);
    }
    let line = LedgerLine::new(kind::PROOF_KEPT, proof.at)
        .fact("proof", &proof.id)
        .fact("product", &proof.product)
        .fact("of", proof.said.kind().word())
        .fact("document", Sha256Digest::of(proof.said.text().as_bytes()).as_bytes())
        .fact("person", &proof.by);
    Ok(Decision::new(vec![Change::AddProof(Box::new(proof))], line))
}

/// What is missing among a product's records, as stable words; `newest` is the version of its newest release.
#[must_use]
pub fn missing(proofs: &[Proof], newest: Option<&str>, now: Timestamp) -> Vec<&'static str> {
    let live: Vec<&Proof> = proofs.iter().filter(|proof| now < proof.at.plus(COUNTS_FOR)).collect();
    let any = |fits: &dyn Fn(&Said) -> bool| live.iter().any(|proof| fits(&proof.said));
    let good = |said: &Said| said.kind() == ProofKind::Usability && said.holds();
    let by_others = |said: &Said| good(said) && matches!(said, Said::Usability { outside: true, .. });
    let checked = |said: &Said| {
        matches!(said, Said::Interface { version, .. } if newest == Some(version.as_str())) && said.holds()
    };
    let wants = [
        ("usability-below-threshold", any(&good)),
        ("usability-no-outside-tester", any(&by_others)),
        ("interface-not-checked", newest.is_none() || any(&checked)),
        ("packaging-no-photograph", any(&|said| matches!(said, Said::Photograph { .. }))),
        ("packaging-no-link", any(&|said| matches!(said, Said::Page { found: Some(_), .. }))),
    ];
    wants.into_iter().filter(|(_, there)| !there).map(|(word, _)| word).collect()
}

#[cfg(test)]
mod tests;
