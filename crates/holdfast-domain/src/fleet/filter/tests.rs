//! Tests of the filter language.

use super::*;

fn read(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn refused(text: &str) -> (usize, &'static str) {
    let why = Filter::parse(text).expect_err(text);
    (why.at, why.name())
}

#[test]
fn every_term_of_the_help_is_understood() {
    for (term, _) in HELP {
        let term = term.replace("0193…", "019ab1d2-aaaa-7aaa-8aaa-aaaaaaaaaaaa");
        assert_eq!(read(&term).terms().len(), 1, "{term}");
    }
}

#[test]
fn a_filter_reads_back_from_its_text() {
    for text in [
        "",
        "hearth-00* -0042",
        "product:hearth version:<1.2.0 version:>=1.0 -state:revoked",
        "quarantine:yes online:no owner:yes alert:open alert:none",
        "seen:<7d seen:>12h seen:<90m seen:>45s seen:never",
        "version:\"1.0 beta\" group:beta-testers batch:019ab1d2-aaaa-7aaa-8aaa-aaaaaaaaaaaa",
        "\"-4\" -\"-4\"",
    ] {
        let filter = read(text);
        assert_eq!(filter.to_string(), text);
        assert_eq!(read(&filter.to_string()), filter);
    }
    assert_eq!(read("  seen:<60m\t seen:<168h ").to_string(), "seen:<1h seen:<7d", "in the largest whole unit");
    assert!(read("   ").is_all());
}

#[test]
fn a_minus_turns_one_term_round_and_no_other() {
    let filter = read("-online:yes product:hearth");
    let negated: Vec<bool> = filter.terms().iter().map(|term| term.negated).collect();
    assert_eq!(negated, [true, false]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, at, name) in [
        ("product:", 9, "filter-nothing-there"),
        ("online:yes  -", 14, "filter-nothing-there"),
        ("product:Hearth", 9, "filter-id-malformed"),
        ("group:x", 7, "filter-id-malformed"),
        ("batch:17", 7, "filter-id-malformed"),
        ("-colour:red", 2, "filter-word-unknown"),
        ("HEARTH", 1, "filter-text-impossible"),
        ("ü hearth", 1, "filter-text-impossible"),
        ("*", 1, "filter-text-impossible"),
        ("-*", 2, "filter-text-impossible"),
        ("online:maybe", 8, "filter-yes-or-no"),
        ("state:happy", 7, "filter-state-unknown"),
        ("alert:yes", 7, "filter-alert-unknown"),
        ("seen:7d", 6, "filter-time-malformed"),
        ("seen:<0d", 6, "filter-time-malformed"),
        ("seen:<9999999999999999999d", 6, "filter-time-malformed"),
        ("seen:<3651d", 6, "filter-time-malformed"),
        ("version:<", 9, "filter-version-malformed"),
        ("version:==1", 9, "filter-version-malformed"),
        ("version:\"1.0", 9, "filter-quote-open"),
    ] {
        assert_eq!(refused(text), (at, name), "{text}");
    }
}

#[test]
fn a_filter_has_limits() {
    let many = "a ".repeat(TERMS_MAX + 1);
    assert_eq!(refused(&many).1, "filter-too-many-terms");
    assert_eq!(refused(&"a".repeat(CHARS_MAX + 1)), (CHARS_MAX + 1, "filter-too-long"));
    assert!(read(&"a ".repeat(TERMS_MAX)).and(Test::Online(true)).is_none());
    assert!(read("a").and(Test::Online(true)).is_some());
}

#[test]
fn an_error_says_what_would_be_right() {
    let said = Filter::parse("state:happy").expect_err("no state").to_string();
    assert!(said.contains("preauthorised") && said.ends_with("(at character 7)"), "{said}");
}
