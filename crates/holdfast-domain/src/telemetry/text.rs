//! What a text from a device must not contain: characters that act instead of being seen, and pieces of programs.
//!
//! A free text of a device is shown and stored, never interpreted. Refusing what looks like a program is the second
//! line, for whoever reads an export with a tool of their own. Enumerated texts are compared as a whole and need no look.

use holdfast_core::telemetry::log::is_unseen;

use super::schema::FieldProblem;

/// Beginnings and pieces of programs, lower case: markup, templates, shells, SQL, paths, formats, serialised objects.
const PIECES: &[&str] = &[
    "<script",
    "</",
    "<!--",
    "<!doctype",
    "<?",
    "<%",
    "<svg",
    "<img",
    "<iframe",
    "<object",
    "<a ",
    "<body",
    "<style",
    "javascript:",
    "vbscript:",
    "data:text/html",
    "onerror=",
    "onload=",
    "{{",
    "}}",
    "{%",
    "${",
    "#{",
    "$(",
    "`",
    "&&",
    "||",
    ";rm ",
    "; rm ",
    "|sh",
    "| sh",
    "|bash",
    "| bash",
    ">/dev/",
    "> /dev/",
    "/bin/sh",
    "cmd.exe",
    "powershell",
    "' or ",
    "\" or ",
    "'or'",
    "';",
    "\";",
    "' --",
    "'--",
    "union select",
    "union all select",
    "drop table",
    "insert into ",
    "delete from ",
    "select * from",
    "or 1=1",
    "xp_cmdshell",
    "sleep(",
    "benchmark(",
    "../",
    "..\\",
    "%2e%2e",
    "%00",
    "%n%n",
    "%s%s",
    "%x%x",
    "ro0ab",
    "aced0005",
    "!!python/",
    "__import__",
    "o:8:\"",
    "jndi:",
];

/// First characters that make a spreadsheet compute a cell.
const FORMULA: &[char] = &['=', '@', '+', '\t', '\r'];

/// Checks a text by the rules of its class.
///
/// # Errors
///
/// The first [`FieldProblem`]: unseen characters, then pieces of programs.
pub(super) fn check(text: &str, free: bool) -> Result<(), FieldProblem> {
    for c in text.chars() {
        if c.is_control() {
            return Err(FieldProblem::ControlCharacter);
        }
        if is_unseen(c) {
            return Err(FieldProblem::UnseenCharacter);
        }
    }
    if free {
        return Ok(());
    }
    let small = text.to_lowercase();
    let formula = small.starts_with(FORMULA) && !is_number(&small);
    if formula || PIECES.iter().any(|piece| small.contains(piece)) {
        return Err(FieldProblem::Executable);
    }
    Ok(())
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_words_of_any_language_pass() {
        for text in [
            "",
            "Living room",
            "O'Brien's kitchen",
            "Küche (oben), 2. Stock",
            "温度センサー",
            "50 % valve & pump",
            "a < b",
            "+49 30 123",
            "C:\\Temp",
            "error: timeout; retrying",
            "50% off",
            "https://hearth.example/manual?id=1",
            "👍",
            "1.0.0+build.7",
            "-3.5",
        ] {
            assert_eq!(check(text, false), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_acts_instead_of_being_read_is_refused_by_name() {
        use FieldProblem::{ControlCharacter, Executable, UnseenCharacter};
        for (text, problem) in [
            ("a\nb", ControlCharacter),
            ("a\u{1b}[2J", ControlCharacter),
            ("\u{7f}", ControlCharacter),
            ("a\u{85}b", ControlCharacter),
            ("cod\u{202e}exe", UnseenCharacter),
            ("\u{2066}x\u{2069}", UnseenCharacter),
            ("zero\u{200b}width", UnseenCharacter),
            ("\u{feff}bom", UnseenCharacter),
            ("tag\u{e0041}", UnseenCharacter),
            ("<script>alert(1)</script>", Executable),
            ("<ScRiPt src=//x>", Executable),
            ("<img src=x onerror=alert(1)>", Executable),
            ("</textarea>", Executable),
            ("javascript:alert(1)", Executable),
            ("{{7*7}}", Executable),
            ("${jndi:ldap://x/a}", Executable),
            ("<%= system('id') %>", Executable),
            ("{% import os %}", Executable),
            ("$(reboot)", Executable),
            ("`reboot`", Executable),
            ("a && reboot", Executable),
            ("a; rm -rf /", Executable),
            ("x | sh", Executable),
            ("' OR '1'='1", Executable),
            ("x'; DROP TABLE device", Executable),
            ("1 UNION SELECT secret", Executable),
            ("../../etc/passwd", Executable),
            ("..\\..\\boot.ini", Executable),
            ("%n%n%n%n", Executable),
            ("=HYPERLINK(\"http://x\")", Executable),
            ("@SUM(A1:A9)", Executable),
            ("+cmd|' /C calc'!A0", Executable),
            ("rO0ABXNyABFqYXZh: x", Executable),
            ("O:8:\"stdClass\":0:{}", Executable),
            ("!!python/object/apply:os.system", Executable),
        ] {
            assert_eq!(check(text, false), Err(problem), "{text:?}");
            assert_eq!(check(text, true).is_ok(), problem == Executable, "a free text may say what it likes, visibly");
        }
    }
}
