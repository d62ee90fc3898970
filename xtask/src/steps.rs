//! The commands of xtask, each as a short list of programs to run.

use std::path::PathBuf;

use crate::{api, run, system, tidy, units};

/// Where cargo puts what it builds.
pub(crate) fn target(profile: &str, name: &str) -> PathBuf {
    target_dir().join(profile).join(name)
}

pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), PathBuf::from)
}

/// `cargo xtask demo`.
pub(crate) fn demo(args: &[&str]) -> Result<(), String> {
    run::expect(run::cargo(&["build", "--release", "-p", "holdfast-server", "-p", "holdfast-agent"]))?;
    let mut demo = run::program(&target("release", "holdfast").to_string_lossy(), &["demo"]);
    demo.args(args);
    run::expect(demo)
}

/// `cargo xtask test`.
pub(crate) fn test() -> Result<(), String> {
    system::ensure(system::TESTS)?;
    clients()?;
    tidy::check()?;
    step("systemd units");
    units::check()?;
    step("format");
    run::expect(run::cargo(&["fmt", "--all", "--check"]))?;
    step("lints");
    run::expect(run::cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    step("core without std");
    run::expect(run::cargo(&["check", "-p", "holdfast-core", "--no-default-features", "--quiet"]))?;
    step("unit and integration tests, vectors");
    run::expect(run::cargo(&["test", "--workspace", "--quiet"]))?;
    step("keys in a TPM");
    let tpm = ["-p", "holdfast-agent", "--features", "tpm", "--all-targets", "--quiet"];
    run::expect(run::cargo(&[&["clippy"], tpm.as_slice(), &["--", "-D", "warnings"]].concat()))?;
    run::expect(run::cargo(&["test", "-p", "holdfast-agent", "--features", "tpm", "--quiet", "keys::"]))?;
    step("the main job, end to end");
    run::expect(run::cargo(&[
        "build",
        "-p",
        "holdfast-server",
        "-p",
        "holdfast-agent",
        "-p",
        "holdfast-sim",
        "--quiet",
    ]))?;
    let demo = run::program(&target("debug", "holdfast").to_string_lossy(), &["demo", "--once", "-o", "json"]);
    run::expect(demo)?;
    step("the interface, as its document says");
    api::test(&target_dir().join("debug"), &target_dir().join("outside"))?;
    step("the server is killed under load");
    let torture = ["torture", "server", "--kills", "3", "--devices", "20", "--no-strace"];
    run::expect(run::program(&target("debug", "holdfast-sim").to_string_lossy(), &torture))?;
    run::say("\nall checks passed");
    Ok(())
}

/// `cargo xtask clients`.
pub(crate) fn clients() -> Result<(), String> {
    system::ensure(system::CLIENTS)?;
    system::clients(&target_dir().join("outside"))
}

/// `cargo xtask man`.
pub(crate) fn man() -> Result<(), String> {
    run::expect(run::cargo(&["build", "-p", "holdfast-server", "--quiet"]))?;
    let dir = target_dir().join("man");
    let holdfast = target("debug", "holdfast");
    run::expect(run::program(&holdfast.to_string_lossy(), &["man", &dir.to_string_lossy()]))?;
    let (from, to) = (dir.join("cli.md"), run::root().join("docs/cli.md"));
    std::fs::copy(&from, to).map_err(|why| format!("{}: {why}", from.display()))?;
    run::say("written: docs/cli.md");
    Ok(())
}

/// `cargo xtask test api`.
pub(crate) fn api() -> Result<(), String> {
    system::ensure(system::CLIENTS)?;
    run::expect(run::cargo(&["build", "-p", "holdfast-server", "-p", "holdfast-agent", "--quiet"]))?;
    api::test(&target_dir().join("debug"), &target_dir().join("outside"))
}

/// `cargo xtask openapi`: the test that compares writes first, if it is told to.
pub(crate) fn openapi() -> Result<(), String> {
    let mut writing =
        run::cargo(&["test", "--quiet", "-p", "holdfast-web", "--test", "it", "openapi::the_document_is_served"]);
    writing.env("WRITE_OPENAPI", "1");
    run::expect(writing)?;
    run::say("written: docs/openapi.json");
    Ok(())
}

/// `cargo xtask test vectors`.
pub(crate) fn vectors() -> Result<(), String> {
    run::expect(run::cargo(&["test", "-p", "holdfast-core", "--", "vectors"]))
}

/// `cargo xtask bench`, `torture` and `soak`: tools of `holdfast-sim`, which tell their own arguments with `--help`.
pub(crate) fn simulator(tool: &str, args: &[&str]) -> Result<(), String> {
    system::ensure(system::BENCHMARKS)?;
    run::expect(run::cargo(&["build", "--release", "-p", "holdfast-server", "-p", "holdfast-sim"]))?;
    let mut simulator = run::program(&target("release", "holdfast-sim").to_string_lossy(), &[tool]);
    simulator.args(args);
    run::pass_on(simulator)
}

/// `cargo xtask fuzz`.
pub(crate) fn fuzz(secs: &str) -> Result<(), String> {
    if !run::found("cargo-fuzz") {
        return Err("cargo-fuzz is missing; install it with: cargo install cargo-fuzz --locked".to_owned());
    }
    run::expect(run::cargo(&["run", "--quiet", "-p", "holdfast-sim", "--", "seeds", "fuzz/corpus"]))?;
    let mut list = run::cargo(&["fuzz", "list"]);
    list.env("RUSTC_BOOTSTRAP", "1");
    for name in run::output(list)?.lines() {
        step(&format!("fuzz {name}"));
        let mut fuzz = run::cargo(&["fuzz", "run", name, "--", &format!("-max_total_time={secs}")]);
        fuzz.env("RUSTC_BOOTSTRAP", "1");
        run::expect(fuzz)?;
    }
    Ok(())
}

fn step(name: &str) {
    run::say(&format!("\n── {name}"));
}
