//! The maker's trust document in force: its chain is verified once, at the start; after that each document that is
//! accepted takes the place of the one before it, in memory and at the doors.

use std::error::Error;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use holdfast_core::cose::Signer;
use holdfast_core::hash::Sha256Digest;
use holdfast_core::trust::{Role, TrustContent, TrustDocument};
use holdfast_domain::updates::TrustVersion;
use holdfast_domain::updates::release::accept_trust;
use holdfast_store::Store;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{KeySet, TrustView};
use holdfast_web::backend::{Answer, RefusalKind};
use rustls::pki_types::CertificateDer;

use super::{House, chain, fault, refuse, stored};
use crate::clock;
use crate::tls::{Doors, TlsError, TrustedCas};

/// The trust document in force, verified.
#[derive(Debug)]
pub(crate) struct InForce(ArcSwapOption<TrustDocument>);

impl InForce {
    /// Verifies the stored chain from its first document on.
    ///
    /// # Errors
    ///
    /// If the store fails, or holds a document that does not verify any more.
    pub(crate) fn of(store: &Store) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let Some(first) = store.trust(1)? else { return Ok(Self(ArcSwapOption::empty())) };
        let mut document = TrustDocument::open_first(&first.document)?;
        while let Some(next) = store.trust(document.version() + 1)? {
            document = document.succeed(&next.document)?;
        }
        Ok(Self(ArcSwapOption::from_pointee(document)))
    }

    /// The document, if the maker has given one.
    pub(crate) fn document(&self) -> Option<Arc<TrustDocument>> {
        self.0.load_full()
    }

    /// The CAs it names.
    pub(crate) fn cas(&self) -> TrustedCas {
        self.document().map_or_else(TrustedCas::default, |document| cas_of(document.content()))
    }
}

fn cas_of(content: &TrustContent) -> TrustedCas {
    let der = |list: &[Vec<u8>]| list.iter().map(|der| CertificateDer::from(der.clone())).collect();
    TrustedCas { factory: der(&content.factory_cas), operational: der(&content.operational_cas) }
}

impl House {
    pub(super) fn trust_view(&self, version: Option<u64>) -> Answer<Option<TrustView>> {
        let found = match version {
            None => self.store.trust_latest(),
            Some(version) => self.store.trust(version),
        };
        let Some(trust) = found.map_err(stored)? else { return Ok(None) };
        // It was verified when it was accepted; here it is only shown.
        let (content, _) = TrustContent::read_unverified(&trust.document).map_err(|why| fault(&why))?;
        Ok(Some(TrustView {
            root: key_set(&content.root),
            release: key_set(&content.release),
            freshness_key: *content.freshness.key_id().as_bytes(),
            maker_domain: content.maker_domain,
            trust,
        }))
    }

    pub(super) fn take_trust(&self, by: &Caller, document: &[u8]) -> Answer<TrustVersion> {
        let _turn = self.turns.updates.take();
        let current = self.trust.document();
        let verified = match &current {
            None => TrustDocument::open_first(document),
            Some(current) => current.succeed(document),
        };
        let verified = verified.map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.names_our_keys(verified.content())?;
        Self::permits_keys(verified.content(), clock::now())?;
        let cas = cas_of(verified.content());
        // A document in force that the doors cannot use would keep the server from starting again.
        Doors::new(Arc::clone(&self.authority), &cas)
            .map_err(|why| refuse(RefusalKind::Unacceptable, "ca-certificate-unusable", chain(&why)))?;
        let now = clock::now();
        let version = TrustVersion { version: verified.version(), document: document.to_vec(), accepted: now };
        let digest = Sha256Digest::of(document);
        let current = current.map(|current| current.version());
        let decision = accept_trust(current, version.clone(), digest.as_bytes(), &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Conflict, why.name(), why.to_string()))?;
        self.decide(decision)?;
        let verified = Arc::new(verified);
        self.trust.0.store(Some(Arc::clone(&verified)));
        if let Err(why) = self.follow_freshness(&verified, Some(&by.person.id)) {
            // The document is in force; the server's own work follows it in a moment.
            tracing::error!(why = %why, "the freshness key of the new trust document is not in use yet");
        }
        self.doors.reload(&cas).map_err(|why| fault(&why))?;
        Ok(version)
    }

    /// Reloads the doors after they got a new certificate of ours.
    ///
    /// # Errors
    ///
    /// If a CA cannot be used; the doors stay as they were.
    pub(crate) fn reload_doors(&self) -> Result<(), TlsError> {
        let _turn = self.turns.updates.take();
        self.doors.reload(&self.trust.cas())
    }

    /// A document that does not name this server's keys would shut every device out.
    fn names_our_keys(&self, content: &TrustContent) -> Answer<()> {
        let ca = self.authority.ca_certificate();
        if !content.operational_cas.iter().any(|der| der.as_slice() == ca.as_ref()) {
            let detail = "the document does not name this server's operational CA (holdfast trust authority)";
            return Err(refuse(RefusalKind::Unacceptable, "operational-ca-not-named", detail));
        }
        let named = [self.authority.freshness_to_name(), Signer::public_key(&*self.authority.freshness())];
        if !named.contains(&content.freshness) {
            let detail = "the document does not name this server's freshness key (holdfast trust authority)";
            return Err(refuse(RefusalKind::Unacceptable, "freshness-key-not-named", detail));
        }
        Ok(())
    }
}

fn key_set(role: &Role) -> KeySet {
    KeySet {
        threshold: u32::try_from(role.threshold()).unwrap_or(u32::MAX),
        keys: role.keys().iter().map(|key| *key.key_id().as_bytes()).collect(),
    }
}
