//! The draft as the public would read it: the public pages themselves, for the maker's people only, marked and never kept.

use axum::extract::Path;
use holdfast_core::id::ProductId;
use holdfast_domain::fleet::dossier::{Day, Public};

use super::find;
use crate::backend::dossier::PublicDossier;
use crate::console::{Desk, PageReply};
use crate::door::extract::Id;
use crate::door::problem::Problem;
use crate::public::product::draft;

pub(super) async fn overview(desk: Desk, Id(id): Id<ProductId>) -> PageReply {
    show(desk, id, "overview").await
}

pub(super) async fn tab(desk: Desk, Path((id, tab)): Path<(String, String)>) -> PageReply {
    let id = id.parse().map_err(|_| crate::api::no_product())?;
    show(desk, id, &tab).await
}

async fn show(desk: Desk, id: ProductId, tab: &str) -> PageReply {
    let view = find(&desk, &id).await?;
    let nothing = || Problem::absent("address-unknown", "There is nothing at this address.");
    let record = view.record.ok_or_else(nothing)?;
    let asked = id.clone();
    let before = desk.ask(move |b| b.dossier_of(&asked)).await?;
    let public = before.as_ref().map(|before| &before.public);
    // A draft that promises nothing yet is shown with today: its page says that nothing of it is promised.
    let until = record.draft.support_until.or(public.map(|public| public.until)).unwrap_or_else(|| Day::of(desk.now));
    let told = PublicDossier {
        product: id,
        public: Public {
            until,
            first_until: public.map_or(until, |public| public.first_until),
            since: public.map_or(desk.now, |public| public.since),
            changed: desk.now,
            coming: None,
            dossier: record.draft,
        },
        data: view.data,
        promises: before.as_ref().map(|before| before.promises.clone()).unwrap_or_default(),
        updates: before.map(|before| before.updates).unwrap_or_default(),
        address: view.address,
    };
    draft(desk.l, desk.now, told, tab).ok_or_else(nothing)?
}
