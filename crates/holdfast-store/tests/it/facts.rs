//! What conformity counts: each figure rises by what it speaks of, and by nothing else.

use holdfast_store::conformity::Facts;
use rusqlite::Connection;

use crate::fixture::*;

/// Puts rows in place as they would be after a longer life.
fn lived(home: &Home, statements: &str) {
    Connection::open(home.store.path()).unwrap().execute_batch(statements).unwrap();
}

fn certificate_row(serial: &str, state: &str, changed: i64, end: i64) -> String {
    format!(
        "insert into certificate (serial, device, key, not_before, not_after, state, state_changed)
         values ('{serial}', 'hearth-00000', x'01', 0, {end}, '{state}', {changed});"
    )
}

fn alert_row(kind: &str) -> String {
    format!(
        "insert into alert (id, device, kind, severity, text, opened) values ('{kind}', null, '{kind}', 'notice', '', 1);"
    )
}

fn refusal_row(name: &str, count: u64) -> String {
    format!("insert into refusal (door, name, count, last) values ('mqtt', '{name}', {count}, 1);")
}

/// A finding at 10 s whose play was ordered by `by`, contained after 3 s if at all.
fn isolation(id: &str, by: &str, play: &str, contained: bool) -> String {
    let contained = if contained { "13000000" } else { "null" };
    format!(
        "insert or ignore into alert (id, kind, severity, text, opened) values ('a', 'x', 'notice', '', 1);
         insert into finding (id, subject, kind, severity, began, opened, last, times, state, state_at, alert, evidence,
             contained) values ('{id}', 's', 'k', 'notice', 8000000, 10000000, 1, 1, 'open', 1, 'a', '', {contained});
         insert into playbook_action (id, finding, play, ordered_by, reason, ordered, state, changed, left_alone, restored)
             values ('{id}', '{id}', '{play}', {by}, '', 1, 'done', 1, 0, 0);"
    )
}

const SERIES: &str = "insert into series (id, device, stream) values (1, 'hearth-00000', 'climate');";

/// What it is, the rows, which figure, and what it then is.
type Figure = (&'static str, String, fn(&Facts) -> u64, u64);

#[test]
fn a_figure_rises_by_what_it_speaks_of() {
    const MINUTE: i64 = 60_000_000;
    let presence = |at: i64| format!("insert into presence values ('hearth-00000', {at}, 0);");
    let revoked = "update device set enrolment = 'revoked';".to_owned() + &certificate_row("c", "revoked", 100, 900);
    let proof = "insert into telemetry_proof (id, series, first, last, readings, signature, key, forwarder, received)
        values (1, 1, 1, 1, x'', x'', x'', 'hearth-00001', 1);";
    let runs = "insert into telemetry_run values (1, 0, 4); insert into telemetry_run values (1, 7, 9);";
    let shed = "insert into telemetry_shed values (1, 5, 6, 'full', 1);";
    let figure: &[Figure] = &[
        ("lost key", alert_row("key-replaced"), |f| f.alerts_key_replaced, 1),
        ("tag", alert_row("tag-clone-suspected"), |f| f.alerts_tag_clone, 1),
        ("forgery", alert_row("forward-forged"), |f| f.alerts_forgery, 1),
        ("stranger", presence(5), |f| f.seen_without_certificate, 1),
        ("known", presence(5) + &certificate_row("a", "proven", 1, 9), |f| f.seen_without_certificate, 0),
        ("renewed", certificate_row("a", "superseded", 5, 9), |f| f.superseded_early, 1),
        ("too late", certificate_row("a", "superseded", 9, 9), |f| f.superseded_early, 0),
        (
            "refused",
            refusal_row("device-revoked", 2)
                + &refusal_row("certificate-revoked", 3)
                + &refusal_row("rate-exceeded", 9),
            |f| f.revoked_refused,
            5,
        ),
        ("gone", presence(100 + MINUTE) + &revoked, |f| f.revoked_seen_late, 0),
        ("still there", presence(101 + MINUTE) + &revoked, |f| f.revoked_seen_late, 1),
        ("by rule", isolation("f", "null", "quarantine", true), |f| f.isolated_by_rule, 1),
        ("by a person", isolation("f", "'ada'", "quarantine", true), |f| f.isolated_by_rule, 0),
        ("throttled", isolation("f", "null", "throttle", true), |f| f.isolated_by_rule, 0),
        ("pending", isolation("f", "null", "quarantine", false), |f| f.isolation_pending, 1),
        ("contained after", isolation("f", "null", "quarantine", true), |f| f.containment_us_max, 3_000_000),
        ("found after", isolation("f", "null", "quarantine", true), |f| f.detection_us_max, 2_000_000),
        ("unsigned", SERIES.to_owned(), |f| f.series_unsigned, 1),
        ("signed", format!("{SERIES} {proof}"), |f| f.series_unsigned, 0),
        ("forwarded", format!("{SERIES} {proof}"), |f| f.forwards_proven, 1),
        ("wrong", refusal_row("signature-wrong", 2) + &refusal_row("forward-forged", 1), |f| f.signatures_wrong, 3),
        ("gap", format!("{SERIES} {runs}"), |f| f.gaps, 1),
        ("declared", format!("{SERIES} {runs} {shed}"), |f| f.gaps, 0),
    ];
    for (what, statements, read, expected) in figure {
        let home = Home::with_devices(2);
        lived(&home, statements);
        assert_eq!(read(&home.store.facts().unwrap()), *expected, "{what}");
    }
}
