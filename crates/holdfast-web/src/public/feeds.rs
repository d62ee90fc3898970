//! What shops and comparison sites fetch: one product as JSON-LD (schema.org), all of them as JSON Feed 1.1, and what happened
//! to them as Atom (RFC 4287).

use askama::Template;
use axum::response::Response;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::{Label, Text, Topic, Updates};
use holdfast_domain::papers::{Document, Paper};
use holdfast_domain::updates::ReleaseKind;
use serde_json::{Value, json};

use super::visit::Visit;
use super::words;
use crate::backend::dossier::{Dossiers, PublicDossier};
use crate::backend::papers::Papers;
use crate::door::problem::Problem;
use crate::lang::Lang;

/// Most entries of the Atom feed.
const ENTRIES_MAX: usize = 100;

pub(super) fn json_ld(visit: &Visit, dossier: &PublicDossier) -> Response {
    visit.document("application/ld+json", product(dossier, visit.l).to_string().into_bytes())
}

pub(super) async fn json_feed(visit: Visit) -> Result<Response, Problem> {
    feed(&visit).await
}

/// All products as JSON Feed.
pub(super) async fn feed(visit: &Visit) -> Result<Response, Problem> {
    let all = visit.app.ask(Dossiers::public_dossiers).await?;
    let root = root(&all);
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": visit.l.say("public-feed-title"),
        "description": visit.l.say("public-feed-about"),
        "home_page_url": format!("{root}/p"),
        "feed_url": format!("{root}/p/feed.json"),
        "language": visit.l.tag(),
        "items": all.iter().map(|dossier| item(dossier, visit.l)).collect::<Vec<_>>(),
    });
    Ok(visit.document("application/feed+json", feed.to_string().into_bytes()))
}

/// Scheme and host of our addresses; nothing if there is no product yet.
fn root(all: &[PublicDossier]) -> String {
    let first = all.first().and_then(|dossier| dossier.address.split_once("/p/"));
    first.map_or_else(String::new, |(root, _)| root.to_owned())
}

fn item(dossier: &PublicDossier, l: Lang) -> Value {
    let public = &dossier.public;
    let summary = says(dossier, Topic::Summary, l);
    json!({
        "id": dossier.address,
        "url": dossier.address,
        "title": public.dossier.name,
        "content_text": summary.unwrap_or_default(),
        "date_published": public.since.to_string(),
        "date_modified": public.changed.to_string(),
        "_support": support(dossier),
    })
}

/// All that a shop must show beside the price, with names that do not change.
fn support(dossier: &PublicDossier) -> Value {
    let (public, text) = (&dossier.public, &dossier.public.dossier);
    let at = &dossier.address;
    json!({
        "models": text.models,
        "privacy_notice": super::view::notice_version(dossier).to_string(),
        "first_supplied": text.first_supplied.map(|day| day.to_string()),
        "discontinued": text.discontinued.map(|day| day.to_string()),
        "support_until": public.until.to_string(),
        "support_until_at_first": public.first_until.to_string(),
        "support_reason": spoken(text.texts.get(&Topic::SupportReason)),
        "support_after": spoken(text.texts.get(&Topic::SupportAfter)),
        "updatable": text.updates == Some(Updates::Possible),
        "replacement_plan": spoken(text.texts.get(&Topic::ReplacementPlan)),
        "hardware_until": text.hardware_until.map(|day| day.to_string()),
        "sunsets": text.sunsets.iter().map(|s| json!({"on": s.on.to_string(), "what": spoken(Some(&s.what))})).collect::<Vec<_>>(),
        "warranty_months": text.warranty_months,
        "terms": spoken(text.texts.get(&Topic::Terms)),
        "terms_lapse": spoken(text.texts.get(&Topic::TermsLapse)),
        "updates_paid_from": text.paid_from.map(|day| day.to_string()),
        "setup": format!("{at}/setup"),
        "deletion": format!("{at}/delete"),
        "promises": dossier.promises.iter().map(|p| json!({"made_us": p.at.as_micros(), "until": p.until.to_string()})).collect::<Vec<_>>(),
        "policy_changed_us": public.changed.as_micros(),
        "security_contact": text.security.contact.as_ref().map(ToString::to_string),
        "statement": format!("{at}/statement"),
        "privacy": format!("{at}/privacy"),
        "duties": format!("{at}/retail"),
        "json_ld": format!("{at}.jsonld"),
        "qr": format!("{at}/qr.svg"),
        "label": format!("{at}/label.pdf"),
    })
}

fn spoken(text: Option<&Text>) -> Value {
    text.map_or(Value::Null, |text| text.iter().map(|(tag, words)| (tag.to_owned(), json!(words))).collect())
}

fn says(dossier: &PublicDossier, topic: Topic, l: Lang) -> Option<&str> {
    dossier.public.dossier.says(topic, l.tag()).map(|(_, words)| words)
}

/// The product in the words of schema.org.
fn product(dossier: &PublicDossier, l: Lang) -> Value {
    let (public, text) = (&dossier.public, &dossier.public.dossier);
    let maker = json!({
        "@type": "Organization",
        "name": text.maker.name,
        "address": text.maker.address.lines().collect::<Vec<_>>().join(", "),
        "url": text.website.as_ref().map(ToString::to_string),
    });
    let value = |id: &str, name: &str, value: Value| json!({"@type": "PropertyValue", "propertyID": id, "name": l.say(name), "value": value});
    let mut properties = vec![
        value("securitySupportEnd", "public-ld-until", json!(public.until.to_string())),
        value("securitySupportStatement", "public-ld-statement", json!(format!("{}/statement", dossier.address))),
    ];
    let reason = says(dossier, Topic::SupportReason, l);
    properties.extend(reason.map(|words| value("securitySupportReason", "public-ld-reason", json!(words))));
    properties.extend(
        text.hardware_until.map(|day| value("hardwareSupportEnd", "public-ld-hardware", json!(day.to_string()))),
    );
    properties.extend(text.warranty_months.map(|months| value("warrantyMonths", "public-ld-warranty", json!(months))));
    properties.extend(
        says(dossier, Topic::Terms, l).map(|words| value("subscriptionTerms", "public-ld-terms", json!(words))),
    );
    let contact = text.security.contact.as_ref().map(ToString::to_string);
    properties.extend(contact.map(|contact| value("securityContact", "public-ld-contact", json!(contact))));
    json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": dossier.address,
        "url": dossier.address,
        "name": text.name,
        "model": text.models,
        "description": says(dossier, Topic::Summary, l),
        "releaseDate": text.first_supplied.map(|day| day.to_string()),
        "manufacturer": maker,
        "brand": {"@type": "Brand", "name": text.maker.name},
        "additionalProperty": properties,
        "hasCertification": text.labels.iter().map(certification).collect::<Vec<_>>(),
    })
}

fn certification(label: &Label) -> Value {
    json!({
        "@type": "Certification",
        "name": label.scheme,
        "certificationIdentification": label.number,
        "certificationRating": {"@type": "Rating", "ratingValue": label.level},
        "expires": label.until.map(|day| day.to_string()),
        "url": label.link.as_ref().map(ToString::to_string),
    })
}

/// One entry of the Atom feed.
struct Entry {
    id: String,
    at: Timestamp,
    title: String,
    words: String,
    href: String,
}

#[derive(Template)]
#[template(path = "public/feed.xml")]
struct Feed {
    l: Lang,
    root: String,
    updated: Timestamp,
    entries: Vec<Entry>,
}

pub(super) async fn atom(visit: Visit) -> Result<Response, Problem> {
    let ids = visit.app.ask(Dossiers::public_dossiers).await?;
    let root = root(&ids);
    let mut entries = Vec::new();
    for one in ids {
        let whole = visit.app.ask(move |b| b.dossier_of(&one.product)).await?;
        entries.extend(whole.iter().flat_map(|dossier| happened(dossier, visit.l)));
    }
    let papers = visit.app.ask(Papers::public_papers).await?;
    entries.extend(papers.iter().map(|paper| said(paper, visit.l, &root)));
    entries.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    entries.truncate(ENTRIES_MAX);
    let updated = entries.first().map_or(Timestamp::from_micros(0), |entry| entry.at);
    let feed = Feed { l: visit.l, root, updated, entries };
    let text = feed.render().map_err(|error| {
        tracing::error!(%error, "the feed could not be written");
        Problem::fault("feed-broken")
    })?;
    Ok(visit.document("application/atom+xml; charset=utf-8", text.into_bytes()))
}

/// What the maker said to everybody.
fn said(paper: &Paper, l: Lang, root: &str) -> Entry {
    let read = |text: &Text| text.read(l.tag()).map(|(_, words)| words.to_owned()).unwrap_or_default();
    let (title, told, folder) = match &paper.document {
        Document::Bulletin(bulletin) => (read(&bulletin.title), read(&bulletin.happened), "notices"),
        Document::Policy(policy) => {
            let name = l.say(&format!("public-policy-{}", paper.id));
            let day = words::day(l, policy.effective);
            (l.with2("public-feed-policy", ("name", name), ("day", day)), read(&policy.change), "policies")
        }
    };
    let href = format!("{root}/{folder}/{}", paper.id);
    Entry { id: format!("{href}#{}", paper.version), at: paper.at, title, words: told, href }
}

/// What happened to a product: made public, extended, updated.
fn happened(dossier: &PublicDossier, l: Lang) -> Vec<Entry> {
    let (name, at) = (&dossier.public.dossier.name, &dossier.address);
    let promises = dossier.promises.iter().enumerate().map(|(n, promise)| {
        let key = if n == 0 { "public-feed-first" } else { "public-feed-extended" };
        Entry {
            id: format!("{at}#until-{}", promise.until),
            at: promise.at,
            title: l.with2(key, ("name", name), ("day", words::day(l, promise.until))),
            words: says(dossier, Topic::SupportReason, l).unwrap_or_default().to_owned(),
            href: format!("{at}/support"),
        }
    });
    let updates = dossier.updates.iter().filter(|update| !update.withdrawn).map(|update| {
        let key = match update.kind {
            ReleaseKind::Security => "public-feed-security",
            ReleaseKind::Feature => "public-feed-update",
        };
        Entry {
            id: format!("{at}#version-{}", update.version),
            at: update.published,
            title: l.with2(key, ("name", name), ("version", &update.version)),
            words: update.description.clone(),
            href: format!("{at}#updates"),
        }
    });
    promises.chain(updates).collect()
}
