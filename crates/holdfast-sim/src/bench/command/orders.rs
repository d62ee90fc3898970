//! The orders themselves: a release to deploy, and commands through the interface for people.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bench::Fault;
use crate::bench::enrol::PROVIDER;
use crate::bench::guest::Guest;
use crate::bench::house::House;
use crate::bench::prepared::Prepared;
use crate::bench::process::Scratch;

/// Requests under way at the same time.
pub(super) const CONNECTIONS: usize = 16;
/// What a publisher at the broker sends: as long as a command of ours.
pub(super) const PAYLOAD: &str = "{\"id\":\"00000000-0000-7000-8000-000000000000\",\"action\":\"identify\",\"input\":{\"seconds\":2},\"expires\":1763870000000000}";
const PRODUCT: &str = "hearth-thermostat";
const MAKER: &str = "hearth.example";
/// A program of the image; it is never run.
const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";

/// Publishes a release; gives its id.
pub(super) async fn publish_release(house: &House, prepared: &Prepared, scratch: &Scratch) -> Result<String, Fault> {
    let path = |rest: &str| scratch.path(rest).to_string_lossy().into_owned();
    let (image, envelope) = (path("image.tar"), path("release.suit"));
    write_image(Path::new(&image)).map_err(|why| Fault::new(&image, why))?;
    let mut create = vec!["release", "create", "--image", &image, "--product", PRODUCT, "--maker", MAKER];
    create.extend(["--sequence", "2", "--release-version", "1.1.0", "--kind", "feature"]);
    create.extend(["--description", "Nothing new.", "--out", &envelope]);
    house.holdfast(&create).await?;
    let key = prepared.release_key().to_string_lossy().into_owned();
    house.holdfast(&["release", "sign", &envelope, "--key", &key]).await?;
    let mut upload = vec!["release", "upload", &envelope, "--image", &image, "--product", PRODUCT];
    upload.extend(["--risk", "None.", "--urgency", "whenever", "--interruption", "1", "--to-do", "nothing"]);
    let said = house.holdfast(&upload).await?;
    id(&said, "release")
}

fn write_image(path: &Path) -> std::io::Result<()> {
    let mut tar = tar::Builder::new(std::fs::File::create(path)?);
    for name in ["bin/app", "bin/health"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(PROGRAM.len() as u64);
        header.set_mode(0o755);
        header.set_mtime(0);
        header.set_cksum();
        tar.append_data(&mut header, name, PROGRAM)?;
    }
    tar.finish()?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

fn id(said: &[u8], what: &str) -> Result<String, Fault> {
    let said: serde_json::Value = serde_json::from_slice(said).map_err(|why| Fault::new(what, why))?;
    let id = said.get("id").and_then(serde_json::Value::as_str);
    id.map(str::to_owned).ok_or_else(|| Fault::new(what, format!("the server gave no id: {said}")))
}

/// The interface for people, as a program of the maker would use it.
pub(super) struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Api {
    pub(super) fn open(house: &House) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("interface", why);
        let pem = std::fs::read(house.state.join("ca.pem")).map_err(|why| fault(&why))?;
        let ca = CertificateDer::from_pem_slice(&pem).map_err(|why| fault(&why))?;
        let mut roots = RootCertStore::empty();
        roots.add(ca).map_err(|why| fault(&why))?;
        let tls = rustls::ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|why| fault(&why))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build();
        let base = house.doors.people.replace("127.0.0.1", "localhost");
        Ok(Self { http: http.map_err(|why| fault(&why))?, base: format!("https://{base}"), token: house.token()? })
    }

    /// A deployment to every device of the product, paused; gives its id.
    pub(super) async fn prepare_deployment(&self, release: &str) -> Result<String, Fault> {
        let body = serde_json::json!({
            "release": release, "phases": [{ "percent": 100, "success_percent": 90 }],
            "abort_threshold_percent": 20, "min_devices": 3, "deadline_s": 86_400,
        });
        let said = self.post("/api/v1/deployments", &body).await?;
        let id = id(said.as_bytes(), "deployment")?;
        self.steer(&id, "pause").await?;
        Ok(id)
    }

    /// Pauses or resumes a deployment; resuming nudges every device of its phase.
    pub(super) async fn steer(&self, deployment: &str, verb: &str) -> Result<(), Fault> {
        self.post(&format!("/api/v1/deployments/{deployment}/{verb}"), &serde_json::json!({})).await.map(|_| ())
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<String, Fault> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token).json(body);
        let answer = request.send().await.map_err(|why| Fault::new(path, why))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|why| Fault::new(path, why))?;
        if status.is_success() { Ok(text) } else { Err(Fault::new(path, format!("{status} {text}"))) }
    }

    /// One command to each device, some at a time.
    pub(super) async fn command_all(&self, guests: &[Guest]) -> Result<(), Fault> {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut under_way = JoinSet::new();
        for guest in guests {
            let url = format!("{}/api/v1/devices/{}/commands", self.base, guest.id);
            let body = serde_json::json!({ "action": "identify", "input": { "seconds": 2 }, "expires_s": 3_600 });
            let request = self.http.post(&url).bearer_auth(&self.token).json(&body);
            let places = Arc::clone(&places);
            under_way.spawn(async move {
                let _place = places.acquire_owned().await;
                let answer = request.send().await.map_err(|why| Fault::new(&url, why))?;
                let status = answer.status();
                let text = answer.text().await.map_err(|why| Fault::new(&url, why))?;
                if status.is_success() { Ok(()) } else { Err(Fault::new(&url, format!("{status} {text}"))) }
            });
        }
        while let Some(done) = under_way.join_next().await {
            done.map_err(|why| Fault::new("interface", why))??;
        }
        Ok(())
    }
}
