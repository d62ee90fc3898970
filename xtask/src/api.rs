//! `cargo xtask test api`: schemathesis throws requests at every route of the OpenAPI document of a real, filled server.
//!
//! No answer may be a fault of ours, of a status, type or shape that the document does not declare, or accept what the
//! document forbids. Owns the server of the test and what it is filled with.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run;

/// The tester, from `PyPI`, pinned.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// What is checked of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,\
                      allow_header_conformance,ignored_auth";
/// Most cases of one operation in the phase of random requests.
const EXAMPLES: &str = "40";
/// Whose products are made.
const MAKER: &str = "hearth.example";
/// The product of the example.
const PRODUCT: &str = "hearth-thermostat";

/// Runs the test with the programs in this folder.
pub(crate) fn test(programs: &Path, outside: &Path) -> Result<(), String> {
    let tester = install(outside)?;
    let dir = outside.join("api-test");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|why| format!("{}: {why}", dir.display()))?;
    let mut house = House::start(programs, &dir)?;
    house.fill()?;
    let answer = house.throw(&tester);
    house.end();
    answer
}

/// Puts schemathesis under `outside`, unless it is there; the value is its program.
fn install(outside: &Path) -> Result<PathBuf, String> {
    let place = outside.join("api");
    let tester = place.join("bin/schemathesis");
    let wanted = SCHEMATHESIS.rsplit('=').next().unwrap_or_default();
    let there = run::output(run::program(&tester.to_string_lossy(), &["--version"]));
    if !there.is_ok_and(|version| version.trim_end().ends_with(wanted)) {
        run::say("installing schemathesis");
        run::expect(run::program("python3", &["-m", "venv", &place.to_string_lossy()]))?;
        let pip = place.join("bin/pip");
        let flags = ["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS];
        run::expect(run::program(&pip.to_string_lossy(), &flags))?;
    }
    Ok(tester)
}

/// A server on fresh state, and the maker's folder beside it.
struct House {
    programs: PathBuf,
    dir: PathBuf,
    server: Child,
    link: String,
}

impl House {
    fn start(programs: &Path, dir: &Path) -> Result<Self, String> {
        let log = fs::File::create(dir.join("server.log")).map_err(|why| format!("server.log: {why}"))?;
        let mut serve = Command::new(programs.join("holdfast"));
        serve.args(["serve", "--exit-with-parent", "--name", "localhost", "--state"]).arg(dir.join("state"));
        serve.args(["--people", "127.0.0.1:0", "--devices", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
        serve.env("NO_COLOR", "1").env("HOLDFAST_LOG", "warn").stdin(Stdio::null());
        let mut server =
            serve.stdout(Stdio::piped()).stderr(log).spawn().map_err(|why| format!("holdfast serve: {why}"))?;
        let lines = server.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines);
        let words = lines.map_while(Result::ok).map(|line| line.trim().to_owned());
        let link = words.into_iter().find(|line| line.contains("/sign-in?link="));
        let link = link.ok_or_else(|| "the server printed no one-time link; see server.log".to_owned())?;
        Ok(Self { programs: programs.to_path_buf(), dir: dir.to_path_buf(), server, link })
    }

    /// Where the server is, as the link says it.
    fn base(&self) -> &str {
        self.link.split("/sign-in").next().unwrap_or_default()
    }

    fn path(&self, rest: &str) -> String {
        self.dir.join(rest).to_string_lossy().into_owned()
    }

    fn holdfast(&self, args: &[&str]) -> Result<serde_json::Value, String> {
        let mut command = Command::new(self.programs.join("holdfast"));
        command.args(args).args(["-o", "json", "--profile", &self.path("profile.toml")]);
        Ok(serde_json::from_str(&run::output(command)?).unwrap_or_default())
    }

    /// What a maker does before the first device is sold: keys, trust document, product, release, units.
    fn fill(&self) -> Result<(), String> {
        run::say("filling the server");
        self.holdfast(&["login", "--link", &self.link, "--ca", &self.path("state/ca.pem")])?;
        let model = "examples/hearth-thermostat.tm.json";
        self.holdfast(&["product", "create", PRODUCT, "--model", model, "--vendor-domain", MAKER])?;
        self.trust()?;
        self.release()?;
        self.units()?;
        self.holdfast(&["device", "quarantine", "hearth-0002", "--reason", "looked at"])?;
        self.holdfast(&["link", "--name", "Ola", "--role", "fleet-operator"])?;
        let key = self.path("dock-2.key");
        let mut reader = vec!["custody", "reader", "add", "dock-2", "--station", "factory", "--place", "Dock 2"];
        reader.extend(["--band", "uhf-865", "--key", &key]);
        self.holdfast(&reader).map(drop)
    }

    fn trust(&self) -> Result<(), String> {
        self.holdfast(&["factory", "init", "--dir", &self.path("factory"), "--maker", MAKER])?;
        let (root, release) = (self.path("root.key"), self.path("release.key"));
        self.holdfast(&["key", "create", "--role", "root", "--out", &root])?;
        self.holdfast(&["key", "create", "--role", "release", "--out", &release])?;
        let (authority, factory) = (self.path("authority.json"), self.path("factory/factory-ca.pem"));
        self.holdfast(&["trust", "authority", "--out", &authority])?;
        let document = self.path("trust-1.cose");
        let mut create = vec!["trust", "create", "--maker", MAKER, "--authority", &authority, "--factory-ca", &factory];
        create.extend(["--root", &root, "--release", &release, "--root-threshold", "1", "--release-threshold", "1"]);
        create.extend(["--out", &document]);
        self.holdfast(&create)?;
        self.holdfast(&["trust", "sign", &document, "--key", &root])?;
        self.holdfast(&["trust", "upload", &document]).map(drop)
    }

    fn release(&self) -> Result<(), String> {
        let (image, manifest, key) = (self.path("image.tar"), self.path("release-1.suit"), self.path("release.key"));
        let bin = self.dir.join("image/bin");
        let program = |name: &str| fs::write(bin.join(name), "#!/bin/sh\n");
        let made = fs::create_dir_all(&bin).and_then(|()| program("app")).and_then(|()| program("health"));
        made.map_err(|why| format!("{}: {why}", bin.display()))?;
        run::expect(run::program("tar", &["-cf", &image, "-C", &self.path("image"), "bin/app", "bin/health"]))?;
        let mut create = vec!["release", "create", "--image", &image, "--product", PRODUCT, "--maker", MAKER];
        create.extend(["--sequence", "1", "--release-version", "1.0.0", "--kind", "feature"]);
        create.extend(["--description", "What it came with.", "--out", &manifest]);
        self.holdfast(&create)?;
        self.holdfast(&["release", "sign", &manifest, "--key", &key])?;
        let mut upload = vec!["release", "upload", &manifest, "--image", &image, "--product", PRODUCT];
        upload.extend(["--risk", "None.", "--urgency", "whenever", "--interruption", "1", "--to-do", "nothing"]);
        self.holdfast(&upload).map(drop)
    }

    fn units(&self) -> Result<(), String> {
        let factory = self.path("factory");
        let mut manifest = vec!["factory".to_owned(), "manifest".to_owned()];
        for id in ["hearth-0001", "hearth-0002", "hearth-0003"] {
            let dir = self.path(id);
            let mut init = Command::new(self.programs.join("holdfast-agent"));
            init.args(["init", "--dir", &dir, "--device-id", id, "--product", PRODUCT, "--maker", MAKER]);
            init.args(["--devices-url", "https://localhost:8444", "--mqtt-addr", "localhost:8883"]);
            run::output(init)?;
            let (csr, crt) = (format!("{dir}/keys/factory.csr.pem"), format!("{dir}/keys/factory.crt"));
            self.holdfast(&["factory", "sign", "--dir", &factory, "--csr", &csr, "--device-id", id, "--out", &crt])?;
            manifest.extend(["--device".to_owned(), dir]);
        }
        let file = self.path("batch-1.json");
        manifest.extend(["--dir", &factory, "--product", PRODUCT, "--out", &file].map(str::to_owned));
        self.holdfast(&manifest.iter().map(String::as_str).collect::<Vec<_>>())?;
        self.holdfast(&["batch", "import", &file]).map(drop)
    }

    /// Throws requests at every route, with an administrator's token.
    fn throw(&self, tester: &Path) -> Result<(), String> {
        let profile = fs::read_to_string(self.path("profile.toml")).map_err(|why| format!("profile.toml: {why}"))?;
        let token = profile.lines().find_map(|line| line.strip_prefix("token = ")?.split('"').nth(1));
        let token = token.ok_or("the profile holds no token")?;
        // In a file, for an argument would be shown when the test fails.
        let settings = format!("headers = {{ Authorization = \"Bearer {token}\" }}\n");
        fs::write(self.dir.join("schemathesis.toml"), settings).map_err(|why| format!("schemathesis.toml: {why}"))?;
        let mut command = Command::new(tester);
        command.arg("run").arg(format!("{}/api/openapi.json", self.base()));
        command.args(["--tls-verify", &self.path("state/ca.pem")]);
        command.args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--max-examples", EXAMPLES]);
        command.args(["--continue-on-failure", "--generation-database", "none", "--seed", "1", "--workers", "2"]);
        command.args(["--request-timeout", "20", "--warnings", "off", "--no-color", "--suppress-health-check", "all"]);
        command.args(["--report", "json", "--report-json-path", &self.path("report.json")]);
        // Revoking the token that is used would end the test.
        command.args(["--exclude-operation-id", "delete-tokens-id"]);
        command.current_dir(&self.dir);
        run::expect(command)
    }

    fn end(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
