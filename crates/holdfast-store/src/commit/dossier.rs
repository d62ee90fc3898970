//! Changes to dossiers. The last day of support never comes nearer, whatever was decided.

use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::{Day, DossierAct, DossierChange, Public, Record, telling};
use rusqlite::params;

use super::On;
use crate::error::CommitError;
use crate::row::{int, number, one};
use crate::sql;
use crate::writer::Desk;

const ON: On =
    On { key: "dossier-version-conflict", unique: "dossier-version-conflict", foreign: "product-or-person-unknown" };

impl Desk {
    pub(super) fn put_dossier(&self, change: &DossierChange) -> Result<(), CommitError> {
        let DossierChange { record, from_version, act, by } = change;
        let Record { product, version, draft, public, changed } = record;
        let public = public.as_ref();
        let text = public.map(|public: &Public| public.dossier.text());
        let until = public.map(|public| public.until.number());
        let first_until = public.map(|public| public.first_until.number());
        let since = public.map(|public| public.since.as_micros());
        let public_changed = public.map(|public| public.changed.as_micros());
        let coming = public.and_then(|public| public.coming.as_deref());
        let coming_text = coming.map(|coming| coming.dossier.text());
        let (draft, at, version) = (draft.text(), changed.as_micros(), int(*version)?);
        if *from_version == 0 {
            let row = params![product.as_str(), version, draft, text, until, first_until, since, public_changed, at];
            self.add(sql::DOSSIER_ADD, row, ON)?;
        } else {
            self.keep_promise(record, until)?;
            let row = params![
                version,
                draft,
                text,
                until,
                first_until,
                since,
                public_changed,
                coming_text,
                coming.map(|coming| coming.announced.as_micros()),
                coming.map(|coming| coming.from.as_micros()),
                coming.map(|coming| coming.by.to_string()),
                at,
                product.as_str(),
                int(*from_version)?
            ];
            self.must(sql::DOSSIER_PUT, row, "dossier-version-conflict")?;
        }
        let document = match act {
            DossierAct::Saved => draft,
            DossierAct::Announced => coming_text.unwrap_or(draft),
            DossierAct::Published | DossierAct::Extended | DossierAct::Effective => text.unwrap_or(draft),
        };
        let line = params![product.as_str(), version, act.word(), at, by.to_string(), until, document];
        self.add(sql::DOSSIER_LINE_ADD, line, ON)?;
        match (act, public, coming) {
            (DossierAct::Extended, Some(public), _) => {
                self.begin_telling(&telling::extended(product, public, *changed))
            }
            (DossierAct::Announced, _, Some(coming)) => self.begin_telling(&telling::announced(product, coming)),
            _ => Ok(()),
        }
    }

    fn keep_promise(&self, record: &Record, until: Option<i32>) -> Result<(), CommitError> {
        let from = (sql::DOSSIER_UNTIL, "dossier");
        let promised = one(&self.conn, from, [record.product.as_str()], number::<i32>)?;
        match promised {
            Some(promised) if until.is_none_or(|until| until < promised) => {
                Err(CommitError::Conflict("support-never-shortened"))
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(crate) fn begin_telling(&self, occasion: &telling::Occasion) -> Result<(), CommitError> {
        let telling::Occasion { product, what, until, at } = occasion;
        let row = params![product.as_str(), what.word(), Day::number(*until), Timestamp::as_micros(*at)];
        self.add(sql::TELLING_ADD, row, ON)
    }
}
