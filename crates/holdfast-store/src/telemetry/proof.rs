//! Signatures of devices beside the messages they cover, so that integrity can be checked long after a message came.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeviceId, StreamId};
use holdfast_core::time::Timestamp;
use rusqlite::params;

use super::{Appended, TelemetryRow, series_of};
use crate::error::{CommitError, StoreError};
use crate::row::{self, Fields, all, int};
use crate::sql;
use crate::store::Store;
use crate::writer::{Batch, Desk};

/// Bytes of a counter and a digest.
const ENTRY_BYTES: usize = 8 + Sha256Digest::BYTES;

/// A signature and what it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRow {
    /// Counter and digest of each reading, in the order in which they were signed.
    pub readings: Vec<(u64, Sha256Digest)>,
    /// The detached `COSE_Sign1`.
    pub signature: Vec<u8>,
    /// The public key that made it, as `SubjectPublicKeyInfo`.
    pub key: Vec<u8>,
    /// Who passed it on, if that was not the device itself.
    pub forwarder: Option<DeviceId>,
}

/// A kept signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its number.
    pub id: i64,
    /// The signature.
    pub row: ProofRow,
    /// When it arrived.
    pub received: Timestamp,
}

impl Store {
    /// Stores messages of one stream together with the signature that covers them; both or neither.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the store fails.
    pub fn append_signed(
        &self,
        rows: Vec<TelemetryRow>,
        proof: Option<ProofRow>,
    ) -> impl Future<Output = Result<Vec<Appended>, CommitError>> + Send + use<> {
        self.write(move |desk| {
            if rows.iter().any(|row| i64::try_from(row.counter).is_err()) {
                return Ok(vec![Appended::CounterTooLarge; rows.len()]);
            }
            let place = rows.first().map(|row| (row.device.clone(), row.stream.clone(), row.received));
            let (answer, _) = tokio::sync::oneshot::channel();
            let appended = desk.append(&[Batch { rows, answer }])?;
            // A repeat was proven when it first came.
            if let (Some((device, stream, received)), Some(proof)) = (place, &proof)
                && appended.contains(&Appended::Stored)
            {
                desk.add_proof(&device, &stream, proof, received)?;
            }
            Ok(appended)
        })
    }

    /// Signatures over messages of a stream with counters from `first` to `last`, above id `after`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store fails.
    pub fn telemetry_proofs(
        &self,
        device: &DeviceId,
        stream: &StreamId,
        (first, last): (u64, u64),
        (after, limit): (i64, u32),
    ) -> Result<Vec<Proof>, StoreError> {
        let bound = |counter: u64| i64::try_from(counter).unwrap_or(i64::MAX);
        self.read(|conn| {
            let Some(series) = series_of(conn, device, stream)? else { return Ok(Vec::new()) };
            let asked = params![series, bound(first), bound(last), after, limit];
            all(conn, (sql::PROOFS, "telemetry_proof"), asked, proof)
        })
    }
}

impl Desk {
    fn add_proof(
        &mut self,
        device: &DeviceId,
        stream: &StreamId,
        proof: &ProofRow,
        received: Timestamp,
    ) -> Result<(), CommitError> {
        let Some(series) = self.series_made(device, stream)? else { return Ok(()) };
        let counters = || proof.readings.iter().map(|(counter, _)| *counter);
        let (first, last) = (counters().min().unwrap_or_default(), counters().max().unwrap_or_default());
        let readings: Vec<u8> = proof
            .readings
            .iter()
            .flat_map(|(counter, digest)| counter.to_be_bytes().into_iter().chain(*digest.as_bytes()))
            .collect();
        let forwarder = proof.forwarder.as_ref().map(DeviceId::as_str);
        let (first, last, received) = (int(first)?, int(last)?, received.as_micros());
        self.execute(
            sql::PROOF_ADD,
            params![series, first, last, readings, proof.signature, proof.key, forwarder, received],
        )?;
        Ok(())
    }
}

fn proof(f: &mut Fields<'_>) -> Result<Proof, StoreError> {
    let id = f.number()?;
    let (_, _): (i64, i64) = (f.number()?, f.number()?);
    let entries = f.blob()?;
    let readings = entries.chunks_exact(ENTRY_BYTES).filter_map(|entry| {
        let (counter, digest) = entry.split_first_chunk::<8>()?;
        Some((u64::from_be_bytes(*counter), Sha256Digest::from_bytes(digest.try_into().ok()?)))
    });
    let row = ProofRow {
        readings: readings.collect(),
        signature: f.blob()?,
        key: f.blob()?,
        forwarder: f.optional(row::parsed)?,
    };
    Ok(Proof { id, row, received: f.time()? })
}
