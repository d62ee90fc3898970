//! Log lines of a device: numbered batches whose text is shown, never interpreted.
//!
//! `{"c":7,"t":1763870000000000,"l":[{"level":"warn","code":"sign-in-failed","text":"…"}]}`, JSON or CBOR. A text may hold
//! anything a program of the device printed; what could act on a terminal or turn text around is made visible instead.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Envelope, Key, PayloadRefusal, Source, natural};
use crate::time::Timestamp;

/// Most lines of one batch.
pub const LINES_MAX: usize = 64;
/// Most bytes of one line's text.
pub const LINE_BYTES_MAX: usize = 1_024;
/// Most bytes of a code.
pub const CODE_BYTES_MAX: usize = 48;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// The course of things.
    Info,
    /// Something to look at.
    Warn,
    /// Something failed.
    Error,
    /// It matters for security, whatever else.
    Security,
}

impl Level {
    /// Every level, the least first.
    pub const ALL: [Self; 5] = [Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Security];

    /// Its stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Security => "security",
        }
    }

    /// Reads a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How much it matters.
    pub level: Level,
    /// What it is about, kebab-case.
    pub code: String,
    /// What it says, harmless to show.
    pub text: String,
}

/// Lines with one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogBatch {
    /// Rises with each batch of the device and is never used again.
    pub counter: u64,
    /// When it was closed, by the device's clock.
    pub at: Timestamp,
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
}

impl LogBatch {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`PayloadRefusal`] names the first rule that `payload` breaks.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadRefusal> {
        let envelope = Envelope::read(payload, &[Key::Counter, Key::Time, Key::Lines])?;
        Ok(Self {
            counter: natural(envelope.counter)?,
            at: Timestamp::from_micros(envelope.time.ok_or(PayloadRefusal::EnvelopeKeyMissing)?),
            lines: envelope.lines.ok_or(PayloadRefusal::EnvelopeKeyMissing)?,
        })
    }
}

pub(super) fn read_lines<'a>(source: &mut impl Source<'a>) -> Result<Vec<LogLine>, PayloadRefusal> {
    let mut lines = Vec::new();
    let mut list = source.open_list()?;
    while source.next_item(&mut list)? {
        if lines.len() >= LINES_MAX {
            return Err(PayloadRefusal::LogLength);
        }
        lines.push(read_line(source)?);
    }
    if lines.is_empty() { Err(PayloadRefusal::LogLength) } else { Ok(lines) }
}

fn read_line<'a>(source: &mut impl Source<'a>) -> Result<LogLine, PayloadRefusal> {
    let (mut level, mut code, mut text) = (None, None, None);
    let mut map = source.open_map()?;
    while let Some(key) = source.next_key(&mut map)? {
        let twice = match &*key {
            "level" => {
                let word = source.text_within(CODE_BYTES_MAX)?;
                level.replace(Level::from_word(&word).ok_or(PayloadRefusal::LogWord)?).is_some()
            }
            "code" => {
                let word = source.text_within(CODE_BYTES_MAX)?;
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                if word.is_empty() || !word.bytes().all(plain) {
                    return Err(PayloadRefusal::LogWord);
                }
                code.replace(word.into_owned()).is_some()
            }
            "text" => text.replace(harmless(&source.text_within(LINE_BYTES_MAX)?)).is_some(),
            _ => return Err(PayloadRefusal::EnvelopeKeyUnknown),
        };
        if twice {
            return Err(PayloadRefusal::KeyTwice);
        }
    }
    let absent = PayloadRefusal::EnvelopeKeyMissing;
    Ok(LogLine { level: level.ok_or(absent)?, code: code.ok_or(absent)?, text: text.ok_or(absent)? })
}

/// Whether a character changes how others are shown instead of being shown: controls, directions, invisible ones.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with every unseen character in a form that is seen: a control picture (U+2400…) or U+FFFD.
#[must_use]
pub fn harmless(text: &str) -> String {
    let seen = |c: char| match c {
        '\0'..=' ' if c != ' ' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        c if is_unseen(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(lines: &str) -> &'static str {
        let json = alloc::format!(r#"{{"c":1,"t":1,"l":{lines}}}"#);
        LogBatch::parse(json.as_bytes()).map_or_else(PayloadRefusal::name, |_| "read")
    }

    #[test]
    fn what_acts_on_a_terminal_or_turns_text_around_is_shown_and_not_done() {
        let json = br#"{"c":7,"t":1,"l":[{"level":"warn","code":"sign-in-failed","text":"a\u001b[31m\r\nroot\u202eexe.\u0000<script>\u007f"}]}"#;
        let batch = LogBatch::parse(json).unwrap();
        assert_eq!(batch.lines[0].text, "a\u{241b}[31m\u{240d}\u{240a}root\u{fffd}exe.\u{2400}<script>\u{2421}");
        assert!(batch.lines[0].text.chars().all(|c| !is_unseen(c)));
        assert_eq!(harmless("ordinary text, ümläüte, 日本"), "ordinary text, ümläüte, 日本");
    }

    #[test]
    fn a_batch_keeps_its_form_and_its_limits() {
        let line = r#"{"level":"info","code":"start","text":"up"}"#;
        for (lines, expected) in [
            (alloc::format!("[{line}]"), "read"),
            ("[]".into(), "log-length"),
            (alloc::format!("[{}]", alloc::vec![line; 65].join(",")), "log-length"),
            ("{}".into(), "envelope-value"),
            (r#"[{"level":"info","code":"start"}]"#.into(), "envelope-key-missing"),
            (r#"[{"level":"loud","code":"start","text":""}]"#.into(), "log-word"),
            (r#"[{"level":"info","code":"Start","text":""}]"#.into(), "log-word"),
            (r#"[{"level":"info","code":"start","text":"","more":1}]"#.into(), "envelope-key-unknown"),
            (r#"[{"level":"info","code":"start","text":"","text":""}]"#.into(), "key-twice"),
            (alloc::format!(r#"[{{"level":"info","code":"start","text":"{}"}}]"#, "x".repeat(1_025)), "text-too-long"),
            (r#"[{"level":"info","code":"start","text":[[[[]]]]}]"#.into(), "value-kind"),
        ] {
            assert_eq!(name(&lines), expected, "{lines}");
        }
        assert_eq!(LogBatch::parse(br#"{"c":1,"l":[]}"#), Err(PayloadRefusal::LogLength));
        assert_eq!(LogBatch::parse(br#"{"c":1,"t":1}"#), Err(PayloadRefusal::EnvelopeKeyMissing));
        let cbor = b"\xa3\x61c\x01\x61t\x02\x61l\x81\xa3\x65level\x64warn\x64code\x61x\x64text\x62\x1b[";
        assert_eq!(LogBatch::parse(cbor).unwrap().lines[0].text, "\u{241b}[");
    }
}
