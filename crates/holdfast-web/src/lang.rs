//! What pages say, in the reader's language: Project Fluent texts, compiled in.
//!
//! Owns the languages, the choice among them (`?lang=`, cookie, `Accept-Language`: RFC 9110 §12.5.4) and the look-up. A text
//! lives in `locales/LANGUAGE/ROOM.ftl`; English is complete, and a test holds every other language to it. A template
//! has a field `l: Lang` and says `{{ l.say("key") }}`, `{{ l.with("key", "name", value) }}`, `{{ l.count("key", number) }}`.

use std::convert::Infallible;
use std::fmt;
use std::sync::LazyLock;

use axum::extract::FromRequestParts;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::request::Parts;

/// Name of the cookie that keeps a choice of language. It holds nothing else and is set only when somebody chooses.
pub(crate) const COOKIE_NAME: &str = "hf-lang";

/// Languages, the first is complete by definition.
const TONGUES: [(&str, &str, &[&str]); 2] = [
    (
        "en",
        "English",
        &[
            include_str!("../locales/en/common.ftl"),
            include_str!("../locales/en/account.ftl"),
            include_str!("../locales/en/claim.ftl"),
            include_str!("../locales/en/home.ftl"),
            include_str!("../locales/en/public.ftl"),
            include_str!("../locales/en/mail.ftl"),
        ],
    ),
    (
        "de",
        "Deutsch",
        &[
            include_str!("../locales/de/common.ftl"),
            include_str!("../locales/de/account.ftl"),
            include_str!("../locales/de/claim.ftl"),
            include_str!("../locales/de/home.ftl"),
            include_str!("../locales/de/public.ftl"),
            include_str!("../locales/de/mail.ftl"),
        ],
    ),
];

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> =
    LazyLock::new(|| TONGUES.iter().map(|(tag, _, files)| bundle(tag, files)).collect());

fn bundle(tag: &str, files: &[&str]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(tag.parse().into_iter().collect());
    // Isolation marks help right-to-left languages and would stand in every text that a test or a screen reader meets.
    bundle.set_use_isolating(false);
    for file in files {
        // A file with a fault still gives what can be read of it; a test refuses faults.
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(some, _)| some);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A reader's language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lang(usize);

impl Lang {
    /// The language of this tag (`de`, `de-AT`), if there is one.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        TONGUES.iter().position(|(known, _, _)| known.eq_ignore_ascii_case(primary)).map(Self)
    }

    /// The first language of an `Accept-Language` value, by weight, that there are texts in; otherwise English.
    #[must_use]
    pub fn from_accepted(header: &str) -> Self {
        let weigh = |part: &str| {
            let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(0.0);
            Self::from_tag(tag).filter(|_| weight > 0.0).map(|lang| (lang, weight))
        };
        let best = header.split(',').filter_map(weigh).fold(None, |best: Option<(Self, f32)>, next| match best {
            Some(kept) if kept.1 >= next.1 => Some(kept),
            _ => Some(next),
        });
        best.map_or_else(Self::default, |(lang, _)| lang)
    }

    /// Every language with its own name, for a choice on pages.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        TONGUES.iter().map(|(tag, name, _)| (*tag, *name))
    }

    /// Its tag (BCP 47), for the attribute `lang`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        TONGUES.get(self.0).map_or("en", |(tag, _, _)| tag)
    }

    /// The language that this request's query chooses (`?lang=de`).
    pub(crate) fn chosen(parts: &Parts) -> Option<Self> {
        let pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == "lang").find_map(|(_, tag)| Self::from_tag(tag))
    }

    /// The cookie that keeps this language for a year.
    pub(crate) fn cookie(self) -> String {
        format!("{COOKIE_NAME}={}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax", self.tag())
    }

    /// A text without variables.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// A text with one variable.
    #[must_use]
    pub fn with(&self, key: &str, name: &str, value: impl fmt::Display) -> String {
        self.fill(key, &[(name, &value)])
    }

    /// A text with two variables.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "reads better in a template")]
    pub fn with2(&self, key: &str, a: (&str, impl fmt::Display), b: (&str, impl fmt::Display)) -> String {
        self.fill(key, &[(a.0, &a.1), (b.0, &b.1)])
    }

    /// A text with any number of variables.
    #[must_use]
    pub fn fill(&self, key: &str, values: &[(&str, &dyn fmt::Display)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            let text = value.to_string();
            // A text that counts chooses by its number; nothing else is taken for one, so that `1.10` stays what it is.
            let number = if *name == "count" { text.parse::<i64>().ok() } else { None };
            let value = number.map_or_else(|| FluentValue::from(text), FluentValue::from);
            args.set((*name).to_owned(), value);
        }
        self.format(key, Some(&args))
    }

    /// A text with `$count`, in the number's plural form.
    #[must_use]
    pub fn count(&self, key: &str, count: impl TryInto<u32>) -> String {
        let mut args = FluentArgs::with_capacity(1);
        args.set("count", FluentValue::from(count.try_into().unwrap_or(u32::MAX)));
        self.format(key, Some(&args))
    }

    fn format(self, key: &str, args: Option<&FluentArgs<'_>>) -> String {
        let own = BUNDLES.get(self.0).into_iter().chain(BUNDLES.first());
        let mut own = own;
        own.find_map(|bundle| {
            let pattern = bundle.get_message(key)?.value()?;
            Some(bundle.format_pattern(pattern, args, &mut Vec::new()).into_owned())
        })
        .unwrap_or_else(|| key.to_owned())
    }
}

impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = Self::chosen(parts);
        let text = |name| parts.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        let mut kept = text(COOKIE).flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let kept = kept.find(|(name, _)| *name == COOKIE_NAME).map(|(_, tag)| tag);
        let chosen = asked.or_else(|| kept.and_then(Self::from_tag));
        Ok(chosen.unwrap_or_else(|| text(ACCEPT_LANGUAGE).next().map_or_else(Self::default, Self::from_accepted)))
    }
}

#[cfg(test)]
mod tests;
