//! `holdfast product record …`: records about a product that people make, and the link looked for on a page.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::ProductId;
use reqwest::Method;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use super::answer::member;
use super::client::{Body, Client};
use super::failure::read_file;
use super::output::Column;
use super::{Failure, Output};

/// Largest record, and largest report of a scanner.
const RECORD_BYTES_MAX: u64 = 64 * 1024;
/// Largest report of an accessibility scanner.
const REPORT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Largest photograph.
const PHOTO_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Most bytes of a page that are looked through.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a page may take.
const PAGE_WITHIN: Duration = Duration::from_secs(30);
/// Where the machine keeps the web's certificate authorities.
const SYSTEM_CAS: &str = "/etc/ssl/certs/ca-certificates.crt";

const COLUMNS: &[Column] =
    &[("Record", "/id"), ("Kind", "/kind"), ("Holds", "/holds"), ("When", "/at_us"), ("Says", "/record")];

/// Lists records.
pub(super) async fn list(id: &ProductId, client: &Client, out: Output) -> Result<(), Failure> {
    let rows = client.all(&format!("/api/v1/products/{id}/proofs?"), 500).await?;
    out.list(&rows, COLUMNS, "No record yet. See: holdfast product record --help");
    if !out.is_json() {
        let missing = client.get(&format!("/api/v1/products/{id}/proofs/missing")).await?;
        out.item(&missing, &[("Missing", "/missing")]);
    }
    Ok(())
}

/// Keeps a record; with a scanner's report, its figures go into the checklist.
pub(super) async fn keep(
    id: &ProductId,
    file: &Path,
    axe: Option<&Path>,
    client: &Client,
    out: Output,
) -> Result<(), Failure> {
    let text = read_file(file, RECORD_BYTES_MAX)?;
    let mut record: Value =
        serde_json::from_slice(&text).map_err(|why| Failure::usage(format!("{}: not JSON: {why}", file.display())))?;
    if let Some(axe) = axe {
        let scan = scan(axe)?;
        let list = record.get_mut("interface").and_then(Value::as_object_mut);
        let list = list.ok_or_else(|| Failure::usage("a scan belongs to a record with the member `interface`"))?;
        list.insert("scan".to_owned(), scan);
    }
    let kept = client.post(&format!("/api/v1/products/{id}/proofs"), json!({"record": record})).await?;
    tell(&kept, out);
    Ok(())
}

/// The figures of a report by axe-core: one result, or a list with one for each page.
fn scan(file: &Path) -> Result<Value, Failure> {
    let bytes = read_file(file, REPORT_BYTES_MAX)?;
    let unreadable = || Failure::usage(format!("{}: no report of axe-core", file.display()));
    let report: Value = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
    let pages: Vec<&Value> = report.as_array().map_or_else(|| vec![&report], |list| list.iter().collect());
    let mut violations = 0_usize;
    for page in &pages {
        violations += member(page, "violations").as_array().ok_or_else(unreadable)?.len();
    }
    let engine = pages.first().map(|page| member(page, "testEngine")).ok_or_else(unreadable)?;
    let word = |name: &str| member(engine, name).as_str().unwrap_or("unknown").to_owned();
    let tool = format!("{} {}", word("name"), word("version"));
    let report = Sha256Digest::of(&bytes).to_string();
    Ok(json!({"tool": tool, "pages": pages.len(), "violations": violations, "report": report}))
}

/// Keeps a photograph.
pub(super) async fn photo(id: &ProductId, file: &Path, of: &str, client: &Client, out: Output) -> Result<(), Failure> {
    let bytes = read_file(file, PHOTO_BYTES_MAX)?;
    let media_type = if bytes.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    let path = format!("/api/v1/products/{id}/photos?of={}", super::device::escaped(of));
    let kept = client.send(Method::POST, &path, Some(Body::Bytes(media_type, bytes))).await?;
    tell(&kept, out);
    Ok(())
}

/// Fetches a page of the maker, looks for the link to the product's public page, and keeps what was found.
pub(super) async fn check_link(
    id: &ProductId,
    page: &str,
    cas: Option<PathBuf>,
    client: &Client,
    out: Output,
) -> Result<(), Failure> {
    let dossier = client.get(&format!("/api/v1/products/{id}/dossier")).await?;
    let wanted = member(&dossier, "address").as_str().unwrap_or_default().to_owned();
    let bytes = fetch(page, &cas.unwrap_or_else(|| PathBuf::from(SYSTEM_CAS))).await?;
    let content = Sha256Digest::of(&bytes).to_string();
    let found = link_in(&String::from_utf8_lossy(&bytes), &wanted);
    let record = json!({"page": {"page": page, "content": content, "found": found}});
    let kept = client.post(&format!("/api/v1/products/{id}/proofs"), json!({"record": record})).await?;
    match found {
        Some(link) => out.done(&format!("{page} has the link {link}; kept."), &kept),
        None => {
            return Err(Failure::verification(
                "link-not-found",
                format!("{page} has no link to {wanted}; that is kept"),
            ));
        }
    }
    Ok(())
}

async fn fetch(page: &str, cas: &Path) -> Result<Vec<u8>, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    let pem = read_file(cas, 8 * 1024 * 1024)?;
    for certificate in CertificateDer::pem_slice_iter(&pem).flatten() {
        // One that this library cannot use is left out; the page's chain then ends elsewhere or is refused.
        let _ = roots.add(certificate);
    }
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Failure::fault)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::limited(5))
        .timeout(PAGE_WITHIN)
        .build()
        .map_err(Failure::fault)?;
    let mut reply = http.get(page).send().await.map_err(|why| Failure::unreachable(format!("{page}: {why}")))?;
    if !reply.status().is_success() {
        return Err(Failure::verification("page-not-there", format!("{page} answers {}", reply.status())));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = reply.chunk().await.map_err(|why| Failure::unreachable(format!("{page}: {why}")))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > PAGE_BYTES_MAX {
            return Err(Failure::verification("page-too-large", format!("{page} has more than 4 MiB")));
        }
    }
    Ok(bytes)
}

/// The first link of a page that leads to the wanted address or to a page below it.
fn link_in(html: &str, wanted: &str) -> Option<String> {
    let mut rest = html;
    while let Some(at) = rest.to_ascii_lowercase().find("href") {
        rest = rest.get(at + 4..)?;
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        let Some(value) = value else { continue };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let link = match quote {
            Some(quote) => value.get(1..)?.split(quote).next(),
            None => value.split([' ', '>', '\n', '\t']).next(),
        };
        let link = link.unwrap_or_default().replace("&amp;", "&");
        let tail = link.strip_prefix(wanted).filter(|_| !wanted.is_empty());
        if tail.is_some_and(|tail| tail.is_empty() || tail.starts_with(['/', '?', '#', '.'])) {
            return Some(link);
        }
    }
    None
}

fn tell(kept: &Value, out: Output) {
    let holds = member(kept, "holds").as_bool() == Some(true);
    let words = if holds {
        "The record is kept, and it holds."
    } else {
        "The record is kept; it does not reach its threshold."
    };
    out.done(words, kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_found_in_any_quotes_and_no_other_product_is_taken_for_it() {
        let wanted = "https://hearth.example/p/hearth";
        let found = |html: &str| link_in(html, wanted);
        assert_eq!(
            found(r#"<a class=x HREF="https://hearth.example/p/hearth?x=1&amp;y=2">"#).as_deref(),
            Some("https://hearth.example/p/hearth?x=1&y=2")
        );
        assert_eq!(
            found("<a href='https://hearth.example/p/hearth/privacy'>").as_deref(),
            Some("https://hearth.example/p/hearth/privacy")
        );
        assert_eq!(found("<a href=https://hearth.example/p/hearth>").as_deref(), Some(wanted));
        assert_eq!(found("<a href='https://hearth.example/p/hearth-two'>"), None);
        assert_eq!(found("https://hearth.example/p/hearth href"), None);
        assert_eq!(link_in("<a href=''>", ""), None);
    }
}
