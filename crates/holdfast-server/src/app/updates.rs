//! The room `updates` of the port: each method goes to the file that owns it.

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{DeploymentId, ProductId, ReleaseId};
use holdfast_domain::updates::{Execution, Release, TrustVersion};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::updates::{
    ArtifactSink, DeploymentOrder, DeploymentView, NewDeployment, ReleaseView, TrustView, Updates,
};
use holdfast_web::backend::{Answer, Page, PageAsk};

use super::paging::{cursor, cut, one_more};
use super::{House, deployments, stored};

impl Updates for House {
    fn trust(&self, version: Option<u64>) -> Answer<Option<TrustView>> {
        self.trust_view(version)
    }

    fn add_trust(&self, by: &Caller, document: &[u8]) -> Answer<TrustVersion> {
        self.take_trust(by, document)
    }

    fn begin_artifact(&self, _by: &Caller, digest: Sha256Digest) -> Answer<Box<dyn ArtifactSink>> {
        self.artifact_sink(digest)
    }

    fn add_release(&self, by: &Caller, product: &ProductId, envelope: &[u8]) -> Answer<Release> {
        self.publish(by, product, envelope)
    }

    fn releases(&self, product: Option<&ProductId>, page: &PageAsk) -> Answer<Page<Release>> {
        let rows = self.store.releases(product, cursor(page)?, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |release| release.id.to_string()))
    }

    fn release(&self, id: ReleaseId) -> Answer<Option<ReleaseView>> {
        let found = self.store.release(id).map_err(stored)?;
        found.map(|release| self.release_view(release)).transpose()
    }

    fn add_deployment(&self, by: &Caller, new: &NewDeployment) -> Answer<DeploymentView> {
        self.plan_deployment(by, new)
    }

    fn deployments(&self, page: &PageAsk) -> Answer<Page<DeploymentView>> {
        let rows = self.store.deployments(cursor(page)?, one_more(page)).map_err(stored)?;
        let page = cut(rows, page, |deployment| deployment.id.to_string());
        Ok(Page { rows: deployments::views(self, page.rows)?, next: page.next })
    }

    fn deployment(&self, id: DeploymentId) -> Answer<Option<DeploymentView>> {
        self.shown_deployment(id)
    }

    fn executions(&self, id: DeploymentId, state: Option<&str>, page: &PageAsk) -> Answer<Page<Execution>> {
        let after = cursor(page)?;
        let rows = self.store.executions(id, state, after.as_ref(), one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |execution| execution.device.to_string()))
    }

    fn order_deployment(&self, by: &Caller, id: DeploymentId, order: DeploymentOrder) -> Answer<DeploymentView> {
        self.steer_deployment(by, id, order)
    }
}
