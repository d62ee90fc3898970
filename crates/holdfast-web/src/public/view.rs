//! A product as its public pages show it: facts in the reader's language, sentences in the maker's words.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::privacy::{self, Datum};
use holdfast_domain::fleet::dossier::promise::{Weakened, weakened};
use holdfast_domain::fleet::dossier::{
    Basis, Compliance, Credentials, Day, Label, Link, LinkKind, Party, Recipient, Sensor, SensorKind, Sunset, Text,
    Topic, Updates,
};
use holdfast_domain::updates::ReleaseKind;

use super::lifetime::{SOON_DAYS, SupportBar};
use super::note::NoteView;
use super::words;
use crate::backend::dossier::{Promise, PublicDossier};
use crate::lang::Lang;

/// Words of the maker, with their language if it is another one than the page's.
pub(crate) struct Said {
    pub(crate) lang: Option<String>,
    pub(crate) parts: Vec<String>,
}

impl Said {
    pub(crate) fn new(l: Lang, text: &Text) -> Option<Self> {
        let (tag, words) = text.read(l.tag())?;
        let parts = words.split("\n\n").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
        Some(Self { lang: (tag != l.tag()).then(|| tag.to_owned()), parts })
    }
}

/// A company.
pub(crate) struct PartyView {
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
    pub(crate) contact: Option<LinkView>,
}

impl PartyView {
    fn new(party: &Party) -> Self {
        Self {
            name: party.name.clone(),
            lines: party.address.lines().map(str::to_owned).collect(),
            contact: party.contact.as_ref().map(LinkView::new),
        }
    }
}

/// An address to follow.
pub(crate) struct LinkView {
    pub(crate) href: String,
    pub(crate) plain: String,
}

impl LinkView {
    fn new(link: &Link) -> Self {
        Self { href: link.as_str().to_owned(), plain: link.plain().to_owned() }
    }
}

/// One sensor.
pub(crate) struct SensorView {
    pub(crate) kind: String,
    pub(crate) what: Option<Said>,
    pub(crate) off: Option<Said>,
}

/// One release.
pub(crate) struct UpdateView {
    pub(crate) version: String,
    pub(crate) on: String,
    pub(crate) iso: String,
    pub(crate) security: bool,
    pub(crate) withdrawn: bool,
    pub(crate) words: String,
    pub(crate) size: String,
    pub(crate) signed: String,
    pub(crate) note: Option<NoteView>,
}

/// One kind of datum.
pub(crate) struct DatumView {
    pub(crate) title: Option<Said>,
    pub(crate) purpose: Option<Said>,
    pub(crate) basis: Option<String>,
    pub(crate) kept: String,
}

/// One label.
pub(crate) struct LabelView {
    pub(crate) title: String,
    pub(crate) number: String,
    pub(crate) versions: String,
    pub(crate) until: Option<String>,
    pub(crate) over: bool,
    pub(crate) link: Option<LinkView>,
}

/// A day with a sentence.
pub(crate) struct DatedView {
    pub(crate) on: String,
    pub(crate) iso: String,
    pub(crate) what: Option<Said>,
}

/// A recipient of personal data.
pub(crate) struct RecipientView {
    pub(crate) name: String,
    pub(crate) country: String,
    pub(crate) what: Option<Said>,
}

/// One promise that will be otherwise.
pub(crate) struct ChangeView {
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A product for its pages.
pub(crate) struct ProductView {
    l: Lang,
    now: Timestamp,
    pub(crate) d: PublicDossier,
    draft: bool,
}

impl ProductView {
    pub(crate) const fn new(l: Lang, now: Timestamp, d: PublicDossier) -> Self {
        Self { l, now, d, draft: false }
    }

    /// The same view of what the public does not read yet.
    pub(crate) const fn of_draft(l: Lang, now: Timestamp, d: PublicDossier) -> Self {
        Self { l, now, d, draft: true }
    }

    pub(crate) const fn draft(&self) -> bool {
        self.draft
    }

    /// Where its pages are.
    pub(crate) fn base(&self) -> String {
        if self.draft {
            format!("/console/products/{}/dossier/preview", self.id())
        } else {
            format!("/p/{}", self.id())
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.d.product.as_str()
    }

    pub(crate) fn name(&self) -> &str {
        &self.d.public.dossier.name
    }

    pub(crate) fn models(&self) -> String {
        self.d.public.dossier.models.join(" · ")
    }

    /// The address as people type it.
    pub(crate) fn short(&self) -> &str {
        self.d.address.strip_prefix("https://").unwrap_or(&self.d.address)
    }

    pub(crate) fn supported(&self) -> bool {
        self.d.public.is_supported(self.now)
    }

    pub(crate) fn soon(&self) -> bool {
        self.supported() && self.d.public.days_left(self.now) <= SOON_DAYS
    }

    /// The colour of everything that speaks of support.
    pub(crate) fn tone(&self) -> &'static str {
        match (self.supported(), self.soon()) {
            (false, _) => "bad",
            (true, true) => "warn",
            (true, false) => "ok",
        }
    }

    pub(crate) fn until(&self) -> String {
        words::day(self.l, self.d.public.until)
    }

    pub(crate) fn until_iso(&self) -> String {
        self.d.public.until.to_string()
    }

    /// From which day on other promises count, and which: where, what is said now, what will be said.
    pub(crate) fn coming(&self) -> Option<(String, Vec<ChangeView>)> {
        let public = &self.d.public;
        let coming = public.coming.as_deref()?;
        let changes = weakened(&public.dossier, &coming.dossier, self.l.tag());
        let view = |one: Weakened| ChangeView {
            what: self.l.say(&format!("public-promise-{}", one.path.replace(['.', '_'], "-"))),
            before: one.before,
            after: one.after,
        };
        Some((words::day(self.l, Day::of(coming.from)), changes.into_iter().map(view).collect()))
    }

    pub(crate) fn first_until(&self) -> String {
        words::day(self.l, self.d.public.first_until)
    }

    pub(crate) fn left(&self) -> String {
        words::left(self.l, self.now, self.d.public.until)
    }

    pub(crate) fn changed(&self) -> String {
        words::day_of(self.l, self.d.public.changed)
    }

    pub(crate) fn day(&self, day: Option<&Day>) -> Option<String> {
        day.map(|day| words::day(self.l, *day))
    }

    pub(crate) fn first_supplied(&self) -> Option<String> {
        self.day(self.d.public.dossier.first_supplied.as_ref())
    }

    pub(crate) fn discontinued(&self) -> Option<String> {
        self.day(self.d.public.dossier.discontinued.as_ref())
    }

    pub(crate) fn hardware_until(&self) -> Option<String> {
        self.day(self.d.public.dossier.hardware_until.as_ref())
    }

    pub(crate) fn warranty(&self) -> Option<String> {
        self.d.public.dossier.warranty_months.map(|months| words::months(self.l, months))
    }

    /// What is said about a topic, by its word.
    pub(crate) fn says(&self, topic: &str) -> Option<Said> {
        let text = self.d.public.dossier.texts.get(&Topic::from_word(topic)?)?;
        Said::new(self.l, text)
    }

    pub(crate) fn updatable(&self) -> bool {
        self.d.public.dossier.updates != Some(Updates::Impossible)
    }

    pub(crate) fn bar(&self) -> SupportBar {
        SupportBar::new(&self.d, self.now)
    }

    pub(crate) fn maker(&self) -> PartyView {
        PartyView::new(&self.d.public.dossier.maker)
    }

    pub(crate) fn website(&self) -> Option<LinkView> {
        self.d.public.dossier.website.as_ref().map(LinkView::new)
    }

    pub(crate) fn representatives(&self) -> Vec<PartyView> {
        self.d.public.dossier.representatives.iter().map(PartyView::new).collect()
    }

    pub(crate) fn security_contact(&self) -> Option<LinkView> {
        self.d.public.dossier.security.contact.as_ref().map(LinkView::new)
    }

    pub(crate) fn security_policy(&self) -> Option<LinkView> {
        self.d.public.dossier.security.policy.as_ref().map(LinkView::new)
    }

    pub(crate) fn acknowledge(&self) -> Option<String> {
        self.d.public.dossier.security.acknowledge_days.map(|days| self.l.count("public-days", days))
    }

    pub(crate) fn news(&self) -> Option<String> {
        self.d.public.dossier.security.news_days.map(|days| self.l.count("public-days", days))
    }

    pub(crate) fn credentials(&self) -> String {
        self.l.say(match self.d.public.dossier.credentials {
            Some(Credentials::PerDevice) => "public-credentials-per-device",
            Some(Credentials::UserDefined) => "public-credentials-user-defined",
            Some(Credentials::NoPassword) | None => "public-credentials-no-password",
        })
    }

    /// Microphone, camera and location with whether they are built in.
    pub(crate) fn ears_and_eyes(&self) -> Vec<(bool, String)> {
        let dossier = &self.d.public.dossier;
        let of = |kind, yes, no| (dossier.senses(kind), self.l.say(if dossier.senses(kind) { yes } else { no }));
        vec![
            of(SensorKind::Microphone, "public-microphone-yes", "public-microphone-no"),
            of(SensorKind::Camera, "public-camera-yes", "public-camera-no"),
            of(SensorKind::Location, "public-location-yes", "public-location-no"),
        ]
    }

    pub(crate) fn sensors(&self) -> Vec<SensorView> {
        let kind = |kind| {
            self.l.say(match kind {
                SensorKind::Microphone => "public-sensor-microphone",
                SensorKind::Camera => "public-sensor-camera",
                SensorKind::Location => "public-sensor-location",
                SensorKind::Presence => "public-sensor-presence",
                SensorKind::Radio => "public-sensor-radio",
                SensorKind::Other => "public-sensor-other",
            })
        };
        let view = |sensor: &Sensor| SensorView {
            kind: kind(sensor.kind),
            what: Said::new(self.l, &sensor.what),
            off: Said::new(self.l, &sensor.off),
        };
        self.d.public.dossier.sensors.iter().map(view).collect()
    }

    pub(crate) fn updates(&self) -> Vec<UpdateView> {
        let updates = self.d.updates.iter().map(|update| UpdateView {
            version: update.version.clone(),
            on: words::day_of(self.l, update.published),
            iso: Day::of(update.published).to_string(),
            security: update.kind == ReleaseKind::Security,
            withdrawn: update.withdrawn,
            words: update.description.clone(),
            size: words::size(self.l, update.bytes),
            signed: self.l.count("public-update-signed", update.signers),
            note: update.note.as_ref().map(|note| NoteView::new(self.l, note)),
        });
        updates.collect()
    }

    pub(crate) fn personal(&self) -> Vec<DatumView> {
        self.d.data.iter().filter(|datum| datum.personal).map(|datum| self.datum(datum)).collect()
    }

    pub(crate) fn impersonal(&self) -> Vec<DatumView> {
        self.d.data.iter().filter(|datum| !datum.personal).map(|datum| self.datum(datum)).collect()
    }

    fn datum(&self, datum: &Datum) -> DatumView {
        let basis = |basis| {
            self.l.say(match basis {
                Basis::Consent => "public-basis-consent",
                Basis::Contract => "public-basis-contract",
                Basis::LegalObligation => "public-basis-legal-obligation",
                Basis::VitalInterests => "public-basis-vital-interests",
                Basis::PublicTask => "public-basis-public-task",
                Basis::LegitimateInterests => "public-basis-legitimate-interests",
            })
        };
        let set = datum.path.starts_with("setting/");
        DatumView {
            title: Said::new(self.l, &datum.title),
            purpose: Said::new(self.l, &datum.purpose),
            basis: datum.basis.map(basis),
            kept: match datum.kept {
                Some(kept) => words::span(self.l, kept),
                None if set => self.l.say("public-kept-setting"),
                None => self.l.say("public-kept-server"),
            },
        }
    }

    pub(crate) fn recipients(&self) -> Vec<RecipientView> {
        let view = |to: &Recipient| RecipientView {
            name: to.name.clone(),
            country: to.country.clone(),
            what: Said::new(self.l, &to.what),
        };
        self.d.public.dossier.recipients.iter().map(view).collect()
    }

    pub(crate) fn sunsets(&self) -> Vec<DatedView> {
        let view = |sunset: &Sunset| DatedView {
            on: words::day(self.l, sunset.on),
            iso: sunset.on.to_string(),
            what: Said::new(self.l, &sunset.what),
        };
        self.d.public.dossier.sunsets.iter().map(view).collect()
    }

    /// With whom the product talks, and by which port.
    pub(crate) fn talks(&self) -> Vec<(String, String)> {
        let talks = self.d.public.dossier.mud.iter().flat_map(|mud| &mud.talks);
        talks.map(|talk| super::guide::talk(self.l, talk)).collect()
    }

    /// What a shop shows beside the price.
    pub(crate) fn beside_price(&self) -> String {
        let key = if self.supported() { "public-retail-text" } else { "public-retail-text-ended" };
        self.l.with2(key, ("name", self.name()), ("day", self.until()))
    }

    /// Every promise about the last day, the newest first.
    pub(crate) fn promises(&self) -> Vec<String> {
        let words = |promise: &Promise| {
            let (at, until) = (words::day_of(self.l, promise.at), words::day(self.l, promise.until));
            self.l.with2("public-promise", ("at", at), ("until", until))
        };
        self.d.promises.iter().rev().map(words).collect()
    }

    pub(crate) fn links(&self) -> Vec<(String, LinkView)> {
        let title = |kind: LinkKind| {
            self.l.say(match kind {
                LinkKind::Sbom => "public-link-sbom",
                LinkKind::Mud => "public-link-mud",
                LinkKind::Manual => "public-link-manual",
                LinkKind::Help => "public-link-help",
                LinkKind::Reports => "public-link-reports",
            })
        };
        self.d.public.dossier.links.iter().map(|(kind, link)| (title(*kind), LinkView::new(link))).collect()
    }

    pub(crate) fn labels(&self) -> Vec<LabelView> {
        let today = Day::of(self.now);
        let view = |label: &Label| LabelView {
            title: if label.level.is_empty() {
                label.scheme.clone()
            } else {
                format!("{}, {}", label.scheme, label.level)
            },
            number: label.number.clone(),
            versions: label.versions.clone(),
            until: self.day(label.until.as_ref()),
            over: label.until.is_some_and(|until| until < today),
            link: label.link.as_ref().map(LinkView::new),
        };
        self.d.public.dossier.labels.iter().map(view).collect()
    }

    /// The version of the privacy notice, as people compare it.
    pub(crate) fn notice_line(&self) -> String {
        let version: String = notice_version(&self.d).to_string().chars().take(12).collect();
        self.l.with2("public-privacy-version", ("version", version), ("day", self.changed()))
    }

    pub(crate) fn languages(&self) -> String {
        let name = |tag: &String| {
            let known = Lang::all().find(|(known, _)| known == tag);
            known.map_or_else(|| tag.clone(), |(_, name)| name.to_owned())
        };
        self.d.public.dossier.languages.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn accessories(&self) -> String {
        self.d.public.dossier.accessories.join(", ")
    }

    pub(crate) fn statement(&self) -> Option<StatementView> {
        let statement = self.d.public.dossier.statement.as_ref()?;
        Some(StatementView {
            batch: statement.batch.clone(),
            by: self.l.say(match statement.by {
                Compliance::Requirements => "public-statement-requirements",
                Compliance::Conditions => "public-statement-conditions",
            }),
            standards: statement.standards.clone(),
            signatory: statement.signatory.clone(),
            function: statement.function.clone(),
            place: statement.place.clone(),
            date: words::day(self.l, statement.date),
        })
    }
}

/// The version of the privacy notice that stands on a product's public page.
pub(crate) fn notice_version(d: &PublicDossier) -> Sha256Digest {
    privacy::version(&d.data, &d.public.dossier)
}

/// The statement of compliance.
pub(crate) struct StatementView {
    pub(crate) batch: String,
    pub(crate) by: String,
    pub(crate) standards: String,
    pub(crate) signatory: String,
    pub(crate) function: String,
    pub(crate) place: String,
    pub(crate) date: String,
}
