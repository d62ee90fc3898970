//! Tests and pictures of pages in a real browser: what they need, and how they are started.
//!
//! Owns the installation of Chromium and of the packages that `tests/browser/package-lock.json` pins; the tests are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{run, steps, system};

/// Where the tests are.
const TESTS: &str = "tests/browser";
/// The file that pins what they need.
const LOCK: &str = "package-lock.json";

/// `cargo xtask test browser`: every `*.test.mjs`, two at a time; further words go to `node`.
pub(crate) fn test(words: &[&str]) -> Result<(), String> {
    let modules = prepare()?;
    system::clients(&steps::target_dir().join("outside"))?;
    run::expect(run::cargo(&["build", "--quiet", "-p", "holdfast-server", "-p", "holdfast-agent"]))?;
    run::expect(run::cargo(&["build", "--quiet", "-p", "holdfast-web", "--example", "preview"]))?;
    let named = words.iter().any(|word| Path::new(word).extension().is_some_and(|kind| kind == "mjs"));
    let mut node =
        node(&modules, &["--test", "--test-concurrency=2", &format!("--test-reporter=./{TESTS}/reporter.mjs")]);
    node.args(words);
    if !named {
        node.args(tests()?);
    }
    run::expect(node)
}

/// `cargo xtask shots`: a picture of each page, with an index.
pub(crate) fn shots(words: &[&str]) -> Result<(), String> {
    let modules = prepare()?;
    run::expect(run::cargo(&["build", "--quiet", "-p", "holdfast-server", "-p", "holdfast-agent"]))?;
    run::expect(run::cargo(&["build", "--quiet", "-p", "holdfast-web", "--example", "preview"]))?;
    let out = steps::target_dir().join("shots");
    let mut node = node(&modules, &[&format!("{TESTS}/shots.mjs")]);
    node.arg(&out).args(words);
    run::expect(node)?;
    run::say(&format!("written: {}", out.join("index.html").display()));
    Ok(())
}

/// `cargo xtask test ports`: testssl.sh and nmap at the doors.
pub(crate) fn ports() -> Result<(), String> {
    system::ensure(system::SCANNERS)?;
    let modules = prepare()?;
    run::expect(run::cargo(&["build", "--quiet", "-p", "holdfast-server", "-p", "holdfast-agent"]))?;
    run::expect(node(&modules, &["--test", &format!("{TESTS}/ports.mjs")]))
}

fn tests() -> Result<Vec<PathBuf>, String> {
    let dir = run::root().join(TESTS);
    let entries = std::fs::read_dir(&dir).map_err(|why| format!("{}: {why}", dir.display()))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".test.mjs")));
    found.sort();
    Ok(found)
}

fn node(modules: &Path, words: &[&str]) -> Command {
    let mut node = run::program("node", words);
    node.env("HOLDFAST_NODE_MODULES", modules);
    node.env("HOLDFAST_BIN", steps::target("debug", "holdfast"));
    node.env("HOLDFAST_AGENT_BIN", steps::target("debug", "holdfast-agent"));
    node.env("HOLDFAST_PREVIEW_BIN", steps::target_dir().join("debug/examples/preview"));
    node.env("HOLDFAST_PYTHON", steps::target_dir().join("outside/py/bin/python"));
    node
}

/// Chromium, and the pinned packages under `target/outside/browser`; the folder that holds them.
fn prepare() -> Result<PathBuf, String> {
    system::ensure(system::BROWSER)?;
    let (from, to) = (run::root().join(TESTS), steps::target_dir().join("outside/browser"));
    let read = |path: &Path| std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()));
    let wanted = read(&from.join(LOCK))?;
    let installed = std::fs::read(to.join("installed.json")).unwrap_or_default();
    if wanted != installed {
        run::say("installing what the browser tests need");
        std::fs::create_dir_all(&to).map_err(|why| format!("{}: {why}", to.display()))?;
        for file in ["package.json", LOCK] {
            let copied = std::fs::copy(from.join(file), to.join(file));
            copied.map_err(|why| format!("{file}: {why}"))?;
        }
        let mut npm = run::program("npm", &["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm.current_dir(&to);
        run::expect(npm)?;
        std::fs::write(to.join("installed.json"), &wanted).map_err(|why| format!("{}: {why}", to.display()))?;
    }
    Ok(to.join("node_modules"))
}
