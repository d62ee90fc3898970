//! Everything a developer or CI runs, as one program: `cargo xtask demo | test | tidy | bench | torture | soak | vectors | fuzz`.
//! Logic lives here and not in shell scripts, so that it is the same on every machine.

use std::process::ExitCode;

mod browser;
mod api;
mod run;
mod statements;
mod steps;
mod system;
mod tidy;
mod units;

const HELP: &str = "\
cargo xtask COMMAND

  demo [ARGS]     build in release mode and run `holdfast demo ARGS` (try: -- --once -o json)
  test            everything CI checks: format, lints, tidy, unit and integration tests, vectors, no_std, the demo
  test api        throw requests at every route of the interface with schemathesis; nothing undeclared may come back
  test vectors    only the standards bodies' vectors
  test browser    pages in headless Chromium against real processes (words after -- go to node)
  test ports      what testssl.sh and nmap say of the doors
  shots           a picture of each page, phone and desktop, light and dark: target/shots/index.html
  tidy            only the house rules: crate edges, file sizes, headers, documents, lock file
  units           the systemd units: understood by systemd, and exposing little
  clients         install the other people's MQTT clients that the tests run against the devices' door
  man             write the manual pages into target/man, and docs/cli.md
  openapi         make docs/openapi.json anew from the routes of the interface
  mqtt-table      make docs/mqtt-conformance.md anew from the tests
  bench NAME      measure in release mode beside mosquitto: ingest | connect | storm | idle | command | anomalies | pages
                  (each has -- --help and -- -o json)
  torture server  kill the server under load again and again; nothing acknowledged may be lost (-- --kills 50)
  soak            many devices for many minutes; memory must stay flat (-- --minutes 30)
  fuzz [SECS]     every fuzz target for SECS seconds (default 30; needs cargo-fuzz)
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).filter(|a| *a != "--").collect();
    let outcome = match words.as_slice() {
        ["demo", rest @ ..] => steps::demo(rest),
        ["test"] => steps::test(),
        ["test", "api"] => steps::api(),
        ["test", "vectors"] => steps::vectors(),
        ["test", "ports"] => browser::ports(),
        ["test", "browser", rest @ ..] => browser::test(rest),
        ["shots", rest @ ..] => browser::shots(rest),
        ["units"] => units::check(),
        ["clients"] => steps::clients(),
        ["tidy"] => tidy::check(),
        ["man"] => steps::man(),
        ["openapi"] => steps::openapi(),
        ["mqtt-table"] => statements::write(),
        ["bench", rest @ ..] => steps::simulator("bench", rest),
        ["torture", rest @ ..] => steps::simulator("torture", rest),
        ["soak", rest @ ..] => steps::simulator("soak", rest),
        ["fuzz"] => steps::fuzz("30"),
        ["fuzz", secs] => steps::fuzz(secs),
        [] | ["help" | "--help" | "-h"] => {
            run::say(HELP);
            Ok(())
        }
        _ => Err(format!("unknown command: {}\n\n{HELP}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            run::complain(&why);
            ExitCode::FAILURE
        }
    }
}
