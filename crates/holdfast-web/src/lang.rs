//! What pages say, in the reader's language: Project Fluent texts, compiled in.
//!
//! Owns the languages, the choice among them (`?lang=`, cookie, `Accept-Language`: RFC 9110 §12.5.4) and the look-up. A text
//! lives in `locales/LANGUAGE/ROOM.ftl`; English is complete, and a test holds every other language to it. A template
//! has a field `l: Lang` and says `{{ l.say("key") }}`, `{{ l.with("key", "name", value) }}`, `{{ l.count("key", number) }}`.

use std::convert::Infallible;
use std::fmt;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;
use axum::extract::FromRequestParts;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::request::Parts;

/// Name of the cookie that keeps a choice of language. It holds nothing else and is set only when somebody chooses.
pub(crate) const COOKIE_NAME: &str = "hf-lang";

/// Every file of texts of one language.
macro_rules! texts {
    ($tag:literal: $($room:literal)*) => { &[$(include_str!(concat!("../locales/", $tag, "/", $room, ".ftl"))),*] };
}

/// One language with what makes its numbers: between thousands, before decimals.
struct Tongue {
    tag: &'static str,
    name: &'static str,
    thousands: char,
    decimal: char,
    files: &'static [&'static str],
}

/// Languages, the first is complete by definition.
const TONGUES: [Tongue; 2] = [
    Tongue {
        tag: "en",
        name: "English",
        thousands: ',',
        decimal: '.',
        files: texts!("en": "common" "account" "claim" "home" "public" "mail" "console" "console-fleet" "console-bulk" "console-products" "console-updates" "console-integrity" "console-evidence" "console-people" "console-promises" "console-terms" "refusals"),
    },
    Tongue {
        tag: "de",
        name: "Deutsch",
        thousands: '.',
        decimal: ',',
        files: texts!("de": "common" "account" "claim" "home" "public" "mail" "console" "console-fleet" "console-bulk" "console-products" "console-updates" "console-integrity" "console-evidence" "console-people" "console-promises" "console-terms" "refusals"),
    },
];

static BUNDLES: LazyLock<Vec<FluentBundle<FluentResource>>> = LazyLock::new(|| TONGUES.iter().map(bundle).collect());

fn bundle(tongue: &Tongue) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(tongue.tag.parse().into_iter().collect());
    // Isolation marks help right-to-left languages and would stand in every text that a test or a screen reader meets.
    bundle.set_use_isolating(false);
    // A formatter knows nothing of its bundle, so there is one for each way to part thousands.
    match tongue.thousands {
        '.' => bundle.set_formatter(Some(|value, _| number_text(value, Lang(1)))),
        _ => bundle.set_formatter(Some(|value, _| number_text(value, Lang(0)))),
    }
    for file in tongue.files {
        // A file with a fault still gives what can be read of it; a test refuses faults.
        let resource = FluentResource::try_new((*file).to_owned()).unwrap_or_else(|(some, _)| some);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// A variable of a text by its name. Templates hand pairs over by reference, code by value.
pub trait Named {
    /// Name and value.
    fn named(&self) -> (&str, &dyn fmt::Display);
}

impl<T: fmt::Display> Named for (&str, T) {
    fn named(&self) -> (&str, &dyn fmt::Display) {
        (self.0, &self.1)
    }
}

impl<P: Named> Named for &P {
    fn named(&self) -> (&str, &dyn fmt::Display) {
        (**self).named()
    }
}

/// A count in the way of a language; everything else is written as it is.
fn number_text(value: &FluentValue<'_>, l: Lang) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(l.number(number.value)),
        FluentValue::String(_) | FluentValue::Custom(_) | FluentValue::None | FluentValue::Error => None,
    }
}

/// A text that holds HTML of ours and is written as it is.
pub(crate) struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A reader's language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lang(usize);

impl Lang {
    /// The language of this tag (`de`, `de-AT`), if there is one.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split('-').next().unwrap_or_default();
        TONGUES.iter().position(|tongue| tongue.tag.eq_ignore_ascii_case(primary)).map(Self)
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
        TONGUES.iter().map(|tongue| (tongue.tag, tongue.name))
    }

    /// Its tag (BCP 47), for the attribute `lang`.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        TONGUES.get(self.0).map_or("en", |tongue| tongue.tag)
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
    pub fn with2(&self, key: &str, a: impl Named, b: impl Named) -> String {
        self.fill(key, &[a.named(), b.named()])
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

    /// A text with `$at`, which is HTML already, such as a moment.
    #[must_use]
    pub(crate) fn at(self, key: &str, at: impl HtmlSafe) -> Html {
        Html(self.with(key, "at", at))
    }

    /// The same with one more value, which is plain text and is escaped here.
    #[must_use]
    pub(crate) fn at2(self, key: &str, at: impl HtmlSafe, other: impl Named) -> Html {
        let (name, text) = other.named();
        let text = escaped(&text.to_string());
        Html(self.fill(key, &[("at", &at), (name, &text)]))
    }

    /// A number with its thousands apart: `140,000`.
    #[must_use]
    pub fn number(&self, n: impl fmt::Display) -> String {
        let text = n.to_string();
        let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
        let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
        let tongue = TONGUES.get(self.0);
        let (thousands, decimal) = tongue.map_or((',', '.'), |tongue| (tongue.thousands, tongue.decimal));
        let mut out = sign.to_owned();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(thousands);
            }
            out.push(digit);
        }
        if !rest.is_empty() {
            out.push(decimal);
            out.push_str(rest);
        }
        out
    }

    /// A stable kebab-case word as people read it; one that no language knows keeps its own letters, with blanks.
    #[must_use]
    pub fn term(&self, word: &str) -> String {
        let key = format!("term-{}", word.replace(['_', '.'], "-"));
        let said = self.format(&key, None);
        if said == key { word.replace(['-', '_'], " ") } else { said }
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
mod ratchets;
#[cfg(test)]
mod tests;
