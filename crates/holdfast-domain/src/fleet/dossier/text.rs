//! Words that the maker writes for readers, in one or more languages, and addresses that readers may follow.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The language that every text for the public has.
pub const ENGLISH: &str = "en";
/// Most characters of one text in one language.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Most bytes of an address.
pub const LINK_BYTES_MAX: usize = 400;

/// A text by language (ISO 639 codes of two letters).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(BTreeMap<String, String>);

impl Text {
    /// The same text with its words in one more language.
    ///
    /// # Errors
    ///
    /// [`WordProblem`] if the language is none or the words are too long or hold control characters.
    pub fn with(mut self, language: &str, words: &str) -> Result<Self, WordProblem> {
        if language.len() != 2 || !language.bytes().all(|b| b.is_ascii_lowercase()) {
            return Err(WordProblem::Language);
        }
        let words = words.replace("\r\n", "\n");
        let words = line_or_more(words.trim(), TEXT_CHARS_MAX, true)?;
        if !words.is_empty() {
            self.0.insert(language.to_owned(), words.to_owned());
        }
        Ok(self)
    }

    /// The words in this language; if there are none in English, or else in the first language there is. With them goes
    /// their language.
    #[must_use]
    pub fn read(&self, language: &str) -> Option<(&str, &str)> {
        let pair = self.0.get_key_value(language).or_else(|| self.0.get_key_value(ENGLISH));
        pair.or_else(|| self.0.first_key_value()).map(|(tag, words)| (tag.as_str(), words.as_str()))
    }

    /// Whether there are words in this language.
    #[must_use]
    pub fn has(&self, language: &str) -> bool {
        self.0.contains_key(language)
    }

    /// Whether there are no words at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Languages and words, by language.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(tag, words)| (tag.as_str(), words.as_str()))
    }
}

/// What is wrong with words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordProblem {
    /// Longer than allowed.
    #[error("this is longer than allowed")]
    TooLong,
    /// A control character, or one that turns the reading direction around.
    #[error("this holds a character that cannot be seen")]
    Unseen,
    /// Not a language code of two letters.
    #[error("a language is a code of two letters, such as en")]
    Language,
}

/// Checks words of at most `chars_max` characters; line breaks only where they may be.
///
/// # Errors
///
/// [`WordProblem`] says what is wrong.
pub(super) fn line_or_more(words: &str, chars_max: usize, breaks: bool) -> Result<&str, WordProblem> {
    if words.chars().count() > chars_max {
        return Err(WordProblem::TooLong);
    }
    let unseen = |c: char| {
        (c.is_control() && !(breaks && c == '\n'))
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if words.chars().any(unseen) { Err(WordProblem::Unseen) } else { Ok(words) }
}

/// An address that a reader may follow: `https:`, `mailto:` or `tel:`, and nothing that a browser would carry out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link(String);

/// Why a text is not an address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address begins with https://, mailto: or tel:, has no spaces and at most {LINK_BYTES_MAX} characters")]
pub struct LinkError;

impl Link {
    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as people read it: without `https://`, `mailto:` or `tel:`.
    #[must_use]
    pub fn plain(&self) -> &str {
        let rest = SCHEMES.iter().find_map(|scheme| self.0.strip_prefix(scheme)).unwrap_or(&self.0);
        rest.strip_suffix('/').unwrap_or(rest)
    }
}

const SCHEMES: [&str; 3] = ["https://", "mailto:", "tel:"];

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or(LinkError)?;
        let plain =
            |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`' | b'{' | b'}');
        let whole = !rest.is_empty() && text.len() <= LINK_BYTES_MAX && rest.bytes().all(plain);
        let addressed = match text.split(':').next() {
            Some("mailto") => rest
                .split('?')
                .next()
                .is_some_and(|to| to.split_once('@').is_some_and(|(a, b)| !a.is_empty() && b.contains('.'))),
            Some("tel") => rest.bytes().all(|b| b.is_ascii_digit() || b"+-.()".contains(&b)),
            _ => !rest.starts_with(['/', '?', '#', ':', '@']),
        };
        if whole && addressed { Ok(Self(text.to_owned())) } else { Err(LinkError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_their_language_then_english_then_any() {
        let text = Text::default().with("en", "Until then.").and_then(|t| t.with("de", "Bis dahin.")).expect("a text");
        assert_eq!(text.read("de"), Some(("de", "Bis dahin.")));
        assert_eq!(text.read("fr"), Some(("en", "Until then.")));
        assert_eq!(Text::default().with("de", "Nur so.").expect("a text").read("en"), Some(("de", "Nur so.")));
        assert_eq!(Text::default().read("en"), None);
    }

    #[test]
    fn words_that_cannot_be_seen_or_are_too_long_are_refused() {
        let with = |tag: &str, words: &str| Text::default().with(tag, words).err();
        assert_eq!(with("en", "a\r\nb"), None);
        assert_eq!(with("en", "a\u{7}b"), Some(WordProblem::Unseen));
        assert_eq!(with("en", "abc\u{202e}def"), Some(WordProblem::Unseen));
        assert_eq!(with("en", &"x".repeat(TEXT_CHARS_MAX + 1)), Some(WordProblem::TooLong));
        assert_eq!(with("eng", "x"), Some(WordProblem::Language));
        assert!(Text::default().with("en", "  ").expect("empty").is_empty());
    }

    #[test]
    fn only_addresses_that_a_reader_may_follow_are_taken() {
        for good in ["https://hearth.example/security", "mailto:security@hearth.example", "tel:+49-30-1234"] {
            assert_eq!(good.parse::<Link>().map(|l| l.as_str().to_owned()), Ok(good.to_owned()));
        }
        for bad in [
            "javascript:alert(1)",
            "http://hearth.example",
            "https://",
            "https:///x",
            "https://a b",
            "data:text/html,x",
            "mailto:nobody",
            "tel:ring",
            "https://a\"b",
            "HTTPS://x",
            "",
        ] {
            assert_eq!(bad.parse::<Link>(), Err(LinkError), "{bad}");
        }
        assert_eq!(
            "https://hearth.example/".parse::<Link>().map(|l| l.plain().to_owned()),
            Ok("hearth.example".to_owned())
        );
    }
}
