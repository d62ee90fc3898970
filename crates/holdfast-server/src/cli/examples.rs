//! Examples in the help of every command, taken from the examples of its noun; and what is made of the whole tree: manual
//! pages and `docs/cli.md`.

use std::fmt::Write as _;
use std::path::Path;

use clap::Command;

use super::Failure;

/// The command tree with an example in the help of each command that has none of its own: the lines of the examples above
/// it that begin with it.
pub(super) fn spread(tree: Command) -> Command {
    spread_from(tree, "", &[])
}

fn spread_from(command: Command, above: &str, lines: &[String]) -> Command {
    let path = if above.is_empty() { command.get_name().to_owned() } else { format!("{above} {}", command.get_name()) };
    let own = command.get_after_help().map(ToString::to_string);
    let lines: Vec<String> =
        own.as_deref().map(examples).filter(|own| !own.is_empty()).unwrap_or_else(|| lines.to_vec());
    let mut command = command;
    if own.is_none() {
        let fitting: Vec<&str> = lines.iter().filter(|line| runs(line, &path)).map(String::as_str).collect();
        if !fitting.is_empty() {
            let title = if fitting.len() == 1 { "Example" } else { "Examples" };
            command = command.after_help(format!("{title}:\n{}", fitting.join("\n")));
        }
    }
    command.mut_subcommands(|verb| spread_from(verb, &path, &lines))
}

/// The examples in a text: each begins with `  holdfast` and may go on in lines that are indented deeper.
fn examples(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.strip_prefix("Example: ").map_or_else(|| line.to_owned(), |rest| format!("  {rest}"));
        if line.starts_with("  holdfast ") {
            found.push(line);
            open = true;
        } else if let (true, true, Some(last)) = (open, line.starts_with("    "), found.last_mut()) {
            last.push('\n');
            last.push_str(&line);
        } else {
            open = false;
        }
    }
    found
}

/// Whether an example runs the command of this path.
fn runs(example: &str, path: &str) -> bool {
    example.trim_start().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n']))
}

/// Writes a manual page for each command, and the overview, into a folder.
pub(super) fn write_manual(tree: Command, dir: &Path) -> Result<usize, Failure> {
    let told = |why: std::io::Error| Failure::usage(format!("{}: {why}", dir.display()));
    std::fs::create_dir_all(dir).map_err(told)?;
    let overview = overview(&tree);
    clap_mangen::generate_to(tree.disable_help_subcommand(true), dir).map_err(told)?;
    std::fs::write(dir.join("cli.md"), overview).map_err(told)?;
    let pages = std::fs::read_dir(dir).map_err(told)?.flatten();
    Ok(pages.filter(|page| page.path().extension().is_some_and(|extension| extension == "1")).count())
}

/// Every command in one line, and the exit codes, as Markdown.
pub(super) fn overview(tree: &Command) -> String {
    let mut out = String::from(HEAD);
    for noun in tree.get_subcommands() {
        let _ = writeln!(out, "\n## {}\n\n{}.\n", noun.get_name(), about(noun));
        let mut verbs = Vec::new();
        leaves(noun, noun.get_name(), &mut verbs);
        if verbs.len() > 1 || noun.has_subcommands() {
            out.push_str("| command | what it does |\n|---|---|\n");
            for (path, about) in verbs {
                let _ = writeln!(out, "| `{path}` | {} |", about.replace('|', "\\|"));
            }
        }
    }
    out
}

const HEAD: &str = "\
# The command line

Made by `cargo xtask man`; a test fails when it is out of date. `holdfast NOUN VERB --help` tells arguments and examples,
`cargo xtask man` writes manual pages, `holdfast completion SHELL` a completion script.

Every command takes `-o json`: the result as JSON on standard output, a failure as JSON on standard error. The shape of a
result is that of the interface (`docs/openapi.json`).

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a fault of this program, this machine or the server |
| 2 | wrong usage, or a file that cannot be used |
| 3 | refused by the rules; nothing was changed |
| 4 | the server was not reached |
| 5 | a signature, digest or proof does not hold |
";

fn leaves(command: &Command, path: &str, into: &mut Vec<(String, String)>) {
    if command.has_subcommands() {
        for verb in command.get_subcommands() {
            leaves(verb, &format!("{path} {}", verb.get_name()), into);
        }
    } else {
        into.push((path.to_owned(), about(command)));
    }
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;

    /// Which command carries out which change, or why there is none.
    const COVERAGE: &str = include_str!("coverage.txt");

    fn commands() -> Vec<(String, String)> {
        let mut found = Vec::new();
        leaves(&tree(), "holdfast", &mut found);
        found
    }

    #[test]
    fn every_command_shows_an_example_of_itself() {
        fn look(command: &Command, path: &str, without: &mut Vec<String>) {
            if command.has_subcommands() {
                command.get_subcommands().for_each(|verb| look(verb, &format!("{path} {}", verb.get_name()), without));
            } else if !command.get_after_help().is_some_and(|help| help.to_string().contains(path)) {
                without.push(path.to_owned());
            }
        }
        let mut without = Vec::new();
        look(&tree(), "holdfast", &mut without);
        assert!(without.is_empty(), "without an example: {without:#?}");
    }

    #[test]
    fn an_example_goes_to_the_command_it_runs_with_the_lines_that_belong_to_it() {
        let text = "Examples:\n  holdfast key create --role root \\\n    --out a.key\n  holdfast key show a.key\n\nMore words.";
        let found = examples(text);
        assert_eq!(found.len(), 2);
        assert!(runs(&found[0], "holdfast key create") && found[0].ends_with("--out a.key"));
        assert!(!runs(&found[0], "holdfast key creat") && !runs(&found[1], "holdfast key create"));
    }

    #[test]
    fn everything_that_the_interface_can_change_has_a_command_or_a_reason_why_not() {
        let document: serde_json::Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
        let mut wanted = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            if path.starts_with("/api/v1/home/") {
                continue;
            }
            for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
                wanted.push(format!("{} {path}", method.to_uppercase()));
            }
        }
        let said: std::collections::BTreeMap<&str, &str> = COVERAGE
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| line.split_once(" = ").unwrap_or_else(|| panic!("neither command nor reason: {line}")))
            .map(|(route, command)| (route.trim(), command.trim()))
            .collect();
        let missing: Vec<_> = wanted.iter().filter(|route| !said.contains_key(route.as_str())).collect();
        let gone: Vec<_> = said.keys().filter(|route| !wanted.iter().any(|wanted| wanted == *route)).collect();
        assert!(missing.is_empty() && gone.is_empty(), "no command for {missing:#?}\nnot a route: {gone:#?}");
        let commands = commands();
        for (route, command) in said.iter().filter(|(_, command)| !command.starts_with('(')) {
            let path = format!("holdfast {command}");
            assert!(commands.iter().any(|(known, _)| *known == path), "{route}: there is no `{path}`");
        }
    }

    #[test]
    fn the_overview_in_the_repository_is_the_one_of_this_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
        let overview = overview(&tree());
        if std::env::var_os("WRITE_CLI").is_some() {
            std::fs::write(&path, &overview).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == overview, "docs/cli.md is out of date; run `cargo xtask man`");
    }

    #[test]
    fn there_is_a_manual_page_for_each_command_and_it_tells_the_exit_codes() {
        let dir = tempfile::tempdir().unwrap();
        let pages = write_manual(tree(), dir.path()).unwrap();
        assert!(pages > commands().len(), "{pages} pages");
        let page = std::fs::read_to_string(dir.path().join("holdfast.1")).unwrap();
        assert!(page.contains("Exit codes"), "{page}");
        assert!(dir.path().join("holdfast-device-list.1").is_file());
    }
}
