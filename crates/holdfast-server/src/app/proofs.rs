//! Records about products, and the label that is signed anew for everybody who asks.

use std::io::Read as _;

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{ProductId, ProofId};
use holdfast_domain::fleet::dossier::{Updates, privacy};
use holdfast_domain::fleet::label::{self, Facts, Lapsed};
use holdfast_domain::fleet::proof::{self, PHOTO_BYTES_MAX, Proof, ProofRefusal, Said};
use holdfast_domain::updates::Release;
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::proofs::{LabelView, Proofs, ProofsView};
use holdfast_web::backend::{Answer, RefusalKind, Stop};

use super::{House, fault, refuse, stored};
use crate::clock;

/// Records of a product that are looked at.
const PROOFS_SHOWN: u32 = 500;
/// Releases among which the newest one that is offered is looked for.
const RELEASES_LOOKED_AT: u32 = 50;

impl Proofs for House {
    fn label(&self, product: &ProductId) -> Answer<Option<LabelView>> {
        let Some(record) = self.store.dossier(product).map_err(stored)? else { return Ok(None) };
        let Some(public) = record.public.as_ref() else { return Ok(None) };
        let model = self.models.known(product);
        let data = model.map(|model| privacy::notice(&model, &public.dossier)).unwrap_or_default();
        let release = self.newest_release(product)?.filter(|_| public.dossier.updates != Some(Updates::Impossible));
        let proved = match &release {
            Some(release) => self.store.firmware_proved(product, &release.artifact_digest).map_err(stored)?,
            None => None,
        };
        let now = clock::now();
        let policies = self.policies_in_force(now)?;
        let proofs = self.store.product_proofs(product, PROOFS_SHOWN).map_err(stored)?;
        let trust = self.trust.document();
        let facts = Facts {
            record: &record,
            personal: data.iter().filter(|datum| datum.personal).count(),
            release: release.as_ref(),
            proved,
            policies: &policies,
            proofs: &proofs,
            address: &self.public_address(product),
            trust_version: trust.as_ref().map_or(0, |trust| trust.version()),
        };
        let claims = label::claims(public, &facts);
        // Signed by the key that the trust document names; before there is one, nobody could check a label.
        let named = trust.as_ref().and_then(|trust| self.authority.freshness_named(&trust.content().freshness));
        let signer = named.ok_or_else(|| label::Stale { what: "trust-document".to_owned(), since: None });
        Ok(Some(match (label::issue(&facts, now), signer) {
            (Ok(label), Ok(signer)) => {
                let cose = label.sign(&*signer).map_err(|why| fault(&why))?;
                LabelView { claims, signed: Some((label, cose)), stale: Vec::new() }
            }
            (Ok(_), Err(stale)) => LabelView { claims, signed: None, stale: vec![stale] },
            (Err(Lapsed(mut stale)), signer) => {
                stale.extend(signer.err());
                LabelView { claims, signed: None, stale }
            }
        }))
    }

    fn proofs(&self, product: &ProductId) -> Answer<Option<ProofsView>> {
        if self.store.product(product).map_err(stored)?.is_none() {
            return Ok(None);
        }
        let found = self.store.product_proofs(product, PROOFS_SHOWN).map_err(stored)?;
        let newest = self.newest_release(product)?;
        let missing = proof::missing(&found, newest.as_ref().map(|release| release.version.as_str()), clock::now());
        let named = |proof: Proof| {
            let who = self.store.person(proof.by).map_err(stored)?.map(|person| person.name);
            Ok((proof, who))
        };
        Ok(Some(ProofsView { proofs: found.into_iter().map(named).collect::<Answer<_>>()?, missing }))
    }

    fn keep_proof(&self, by: &Caller, product: &ProductId, text: &str) -> Answer<Proof> {
        let said = Said::parse(text).map_err(|why| refused(&why))?;
        if let Some(photo) = said.photo()
            && !self.blobs.exists(photo)
        {
            return Err(refused(&ProofRefusal::Photo));
        }
        self.keep(by, product, said)
    }

    fn keep_photo(&self, by: &Caller, product: &ProductId, of: &str, bytes: &[u8]) -> Answer<Proof> {
        self.product_or_absent(product)?;
        let fits = u64::try_from(bytes.len()).is_ok_and(|size| size <= PHOTO_BYTES_MAX);
        if !fits || proof::photo_type(bytes).is_none() {
            return Err(refused(&ProofRefusal::Photo));
        }
        let photo = Sha256Digest::of(bytes);
        let said = Said::parse(&Said::Photograph { of: of.to_owned(), photo }.text()).map_err(|why| refused(&why))?;
        let kept = self.blobs.put(photo, PHOTO_BYTES_MAX).and_then(|mut writer| {
            writer.write(bytes)?;
            writer.finish()
        });
        kept.map_err(|why| fault(&why))?;
        self.keep(by, product, said)
    }

    fn photo(&self, id: ProofId) -> Answer<Option<(&'static str, Vec<u8>)>> {
        let Some(proof) = self.store.product_proof(id).map_err(stored)? else { return Ok(None) };
        let Some(photo) = proof.said.photo() else { return Ok(None) };
        let Some(mut file) = self.blobs.open_range(photo, 0, PHOTO_BYTES_MAX).map_err(|why| fault(&why))? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|why| fault(&why))?;
        Ok(proof::photo_type(&bytes).map(|media_type| (media_type, bytes)))
    }
}

impl House {
    fn keep(&self, by: &Caller, product: &ProductId, said: Said) -> Answer<Proof> {
        let _turn = self.turns.products.take();
        self.product_or_absent(product)?;
        let releases = self.store.releases(Some(product), None, PROOFS_SHOWN).map_err(stored)?;
        let versions: Vec<String> = releases.into_iter().map(|release| release.version).collect();
        let now = clock::now();
        let id = ProofId::new(now, clock::random());
        let proof = Proof { id, product: product.clone(), said, at: now, by: by.person.id };
        self.decide(proof::keep(proof.clone(), &versions).map_err(|why| refused(&why))?)?;
        Ok(proof)
    }

    fn newest_release(&self, product: &ProductId) -> Answer<Option<Release>> {
        let found = self.store.releases(Some(product), None, RELEASES_LOOKED_AT).map_err(stored)?;
        Ok(found.into_iter().filter(|release| !release.withdrawn).max_by_key(|release| release.sequence))
    }

    /// Products whose label is signed at this moment.
    pub(super) fn labels_in_force(&self) -> Answer<u64> {
        let mut count = 0;
        for record in self.store.public_dossiers().map_err(stored)? {
            count += u64::from(Proofs::label(self, &record.product)?.is_some_and(|view| view.signed.is_some()));
        }
        Ok(count)
    }
}

fn refused(why: &ProofRefusal) -> Stop {
    refuse(RefusalKind::Unacceptable, why.name(), why.to_string())
}
