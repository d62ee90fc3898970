//! Downloads an image into a slot: resumes, keeps durable progress, and ends what is too long, too slow or too often.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::release::ImageCheck;
use holdfast_core::update::journal::Job;
use reqwest::{Response, StatusCode, header};
use tokio::sync::mpsc;

use crate::door::Door;
use crate::fault::Fault;
use crate::layout::Layout;
use crate::slots::{self, Progress};

/// Progress is made durable after so many bytes.
const SAVE_EVERY_BYTES: u64 = 1024 * 1024;
/// Fewest bytes in one window of time; less is a server that holds the device up.
const WINDOW: (u64, Duration) = (16 * 1024, Duration::from_secs(30));
/// Bytes that may come over the network for one image: three times its size, and this.
const BUDGET_EXTRA_BYTES: u64 = 1024 * 1024;

/// Downloads what is missing; `told` gets the durable byte count.
pub(crate) async fn fetch(door: &Door, layout: &Layout, job: &Job, told: &mpsc::Sender<u64>) -> Result<(), Fault> {
    let target = &job.target;
    let fresh = Progress { image: target.image, bytes: 0, received: 0, tag: None };
    let mut progress = slots::progress(layout, job.slot, target.image)?.unwrap_or(fresh);
    if progress.bytes == target.image_bytes {
        return Ok(());
    }
    let uri = format!("/device/v1/artifacts/{}", Sha256Digest::from_bytes(target.image));
    let response = door.stream(&uri, progress.bytes, progress.tag.as_deref()).await?;
    let from = first_byte(&response, &progress)?;
    progress.bytes = from;
    progress.tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let path = layout.slot(job.slot).image;
    let (mut file, mut check) = open_at(&path, job, from)?;
    let outcome = receive(response, &mut file, &mut check, (layout, job, &mut progress, told), &path).await;
    file.sync_data().map_err(Fault::files("sync", &path))?;
    slots::save_progress(layout, job.slot, &progress)?;
    outcome?;
    if check.missing() > 0 {
        return Err(Fault::Network { what: "download an image", why: "it ended early".to_owned() });
    }
    Ok(())
}

/// From which byte on the answer holds the image.
fn first_byte(response: &Response, progress: &Progress) -> Result<u64, Fault> {
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(0);
    }
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let from = range
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split_once('-'))
        .and_then(|(from, _)| from.parse().ok());
    if from == Some(progress.bytes) { Ok(progress.bytes) } else { Err(Fault::refused("download-range-wrong")) }
}

/// Opens the image at byte `from` and hashes what stands before it.
fn open_at(path: &Path, job: &Job, from: u64) -> Result<(File, ImageCheck), Fault> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(Fault::files("open", path))?;
    file.set_len(from).map_err(Fault::files("cut", path))?;
    let mut check = ImageCheck::of(Sha256Digest::from_bytes(job.target.image), job.target.image_bytes);
    let mut piece = vec![0_u8; 256 * 1024];
    loop {
        match file.read(&mut piece).map_err(Fault::files("read", path))? {
            0 => return Ok((file, check)),
            read => check.update(piece.get(..read).unwrap_or_default()).map_err(|why| Fault::unverified(why.name()))?,
        }
    }
}

async fn receive(
    mut response: Response,
    file: &mut File,
    check: &mut ImageCheck,
    (layout, job, progress, told): (&Layout, &Job, &mut Progress, &mpsc::Sender<u64>),
    path: &Path,
) -> Result<(), Fault> {
    let budget = job.target.image_bytes.saturating_mul(3).saturating_add(BUDGET_EXTRA_BYTES);
    let mut saved = progress.bytes;
    loop {
        let window = tokio::time::timeout(WINDOW.1, async {
            let mut gathered = Vec::new();
            while (gathered.len() as u64) < WINDOW.0 {
                match response.chunk().await {
                    Ok(Some(piece)) => gathered.extend_from_slice(&piece),
                    Ok(None) => return Ok((gathered, true)),
                    Err(why) => return Err((gathered, Fault::network("download an image", &why))),
                }
            }
            Ok((gathered, false))
        });
        let slow = Fault::Network { what: "download an image", why: "it is too slow".to_owned() };
        let (piece, end) = match window.await {
            Err(_) => return Err(slow),
            Ok(Ok((piece, true))) => (piece, Some(Ok(()))),
            Ok(Ok((piece, false))) => (piece, None),
            Ok(Err((piece, fault))) => (piece, Some(Err(fault))),
        };
        progress.received = progress.received.saturating_add(piece.len() as u64);
        if progress.received > budget {
            return Err(Fault::refused("download-budget-exceeded"));
        }
        check.update(&piece).map_err(|why| Fault::unverified(why.name()))?;
        file.write_all(&piece).map_err(Fault::files("write", path))?;
        progress.bytes = progress.bytes.saturating_add(piece.len() as u64);
        if progress.bytes - saved >= SAVE_EVERY_BYTES {
            file.sync_data().map_err(Fault::files("sync", path))?;
            slots::save_progress(layout, job.slot, progress)?;
            saved = progress.bytes;
            let _ = told.try_send(saved);
        }
        if let Some(end) = end {
            return end;
        }
    }
}
