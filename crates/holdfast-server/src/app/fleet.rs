//! The room `fleet` of the port: products, devices, shadows and commands, as people see and order them.

use std::sync::Arc;

use holdfast_core::id::{AlertId, CommandId, DeviceId, ProductId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::command::{Order, issue_command};
use holdfast_domain::fleet::enrolment::{allow_reenrolment, revoke};
use holdfast_domain::fleet::product::{OfferedProduct, put_product};
use holdfast_domain::fleet::shadow::set_desired;
use holdfast_domain::fleet::{Command, Device, Enrolment, FactoryBatch, Product, Shadow};
use holdfast_domain::integrity::{Alert, Severity, appraisal, containment};
use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch, MapError};
use holdfast_web::backend::fleet::{
    Chart, ChartAsk, DesiredChange, DeviceFilter, DeviceOrder, DeviceView, Fleet, FleetCounts, Message, MessageAsk,
    NewCommand, NewProduct, ProductView, Pulse, VersionShare,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::returning::Recovery;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind, Stop};

use super::paging::{cursor, cut, one_more};
use super::{House, absent, chain, fault, models, refuse, stored};
use crate::clock;

/// Kind of the alert that keeps a person's words about a quarantine.
const QUARANTINED_BY_PERSON: &str = "quarantined-by-person";
/// Executions shown on a device's page.
const EXECUTIONS_SHOWN: u32 = 20;

impl Fleet for House {
    fn fleet_counts(&self) -> Answer<FleetCounts> {
        let counts = self.store.fleet_counts(clock::now()).map_err(stored)?;
        let versions = self.store.version_counts().map_err(stored)?;
        Ok(FleetCounts {
            pending: counts.pending,
            accepted: counts.accepted,
            rejected: counts.rejected,
            preauthorised: counts.preauthorised,
            revoked: counts.revoked,
            online: counts.online,
            quarantined: counts.quarantined,
            refused_at_home: self.store.refused_at_home_count().map_err(stored)?,
            versions: versions
                .into_iter()
                .map(|v| VersionShare {
                    product: v.product,
                    version: v.version,
                    sequence: v.sequence,
                    devices: v.devices,
                })
                .collect(),
        })
    }

    fn pulse(&self) -> Answer<Pulse> {
        Ok(self.pulse.view(&self.connections))
    }

    fn recovery(&self) -> Answer<Recovery> {
        Ok(self.curve.view(&self.returning, &self.doorstep))
    }

    fn devices(&self, filter: &DeviceFilter, page: &PageAsk) -> Answer<Page<Device>> {
        let asked = holdfast_store::fleet::DeviceFilter {
            product: filter.product.clone(),
            enrolment: filter.state,
            quarantined: filter.quarantined,
            online: filter.online.map(|online| (online, clock::now())),
            version: filter.version.clone(),
            prefix: filter.prefix.clone(),
        };
        let after = cursor::<DeviceId>(page)?;
        let rows = self.store.devices(&asked, after.as_ref(), one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |device| device.id.to_string()))
    }

    fn device(&self, id: &DeviceId) -> Answer<Option<DeviceView>> {
        let Some(device) = self.store.device(id).map_err(stored)? else { return Ok(None) };
        let product = self.store.product(&device.product).map_err(stored)?;
        let model = self.models.known(&device.product).map(|model| models::view(&model)).unwrap_or_default();
        let certificates = self.store.certificates(id).map_err(stored)?;
        Ok(Some(DeviceView {
            reenrolment_allowed: device.enrolment == Enrolment::Preauthorised && !certificates.is_empty(),
            product_title: product.map_or_else(|| device.product.to_string(), |p| p.title),
            certificates,
            model,
            executions: self.store.executions_of_device(id, EXECUTIONS_SHOWN).map_err(stored)?,
            security_floor: None,
            device,
        }))
    }

    fn order_device(&self, by: &Caller, id: &DeviceId, order: &DeviceOrder) -> Answer<()> {
        let _turn = self.turns.devices.take();
        let device = self.device_or_absent(id)?;
        let decision = self.device_decision(by, &device, order)?;
        self.decide(decision)?;
        self.tell(LiveEvent::Device(id.clone()));
        Ok(())
    }

    fn shadow(&self, id: &DeviceId) -> Answer<Option<Shadow>> {
        if self.store.device(id).map_err(stored)?.is_none() {
            return Ok(None);
        }
        self.store.shadow(id).map(Some).map_err(stored)
    }

    fn change_desired(&self, by: &Caller, id: &DeviceId, change: &DesiredChange) -> Answer<Shadow> {
        let _turn = self.turns.devices.take();
        self.still_controls(by, id)?;
        let device = self.device_or_absent(id)?;
        let shadow = self.store.shadow(id).map_err(stored)?;
        if change.from_version.is_some_and(|version| version != shadow.version) {
            let detail = format!("the shadow is at version {} now; look again", shadow.version);
            return Err(refuse(RefusalKind::Conflict, "shadow-version-conflict", detail));
        }
        let malformed = |why: MapError| refuse(RefusalKind::Malformed, why.name(), why.to_string());
        let patch = FieldPatch::parse(&change.patch).map_err(malformed)?;
        let model = self.model_of(&device.product)?;
        let decision = set_desired(&device, &shadow, &model, &patch, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.decide(decision)?;
        self.store.shadow(id).map_err(stored)
    }

    fn commands(&self, id: &DeviceId, page: &PageAsk) -> Answer<Page<Command>> {
        let before = cursor::<CommandId>(page)?;
        let rows = self.store.commands(id, before, one_more(page)).map_err(stored)?;
        Ok(cut(rows, page, |command| command.id.to_string()))
    }

    fn command(&self, id: CommandId) -> Answer<Option<Command>> {
        self.store.command(id).map_err(stored)
    }

    fn add_command(&self, by: &Caller, id: &DeviceId, new: &NewCommand) -> Answer<Command> {
        let _turn = self.turns.devices.take();
        self.still_controls(by, id)?;
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let input =
            FieldMap::parse(&new.input).map_err(|why| refuse(RefusalKind::Malformed, why.name(), why.to_string()))?;
        let open = self.store.open_commands(id).map_err(stored)?.len();
        let now = clock::now();
        let command = CommandId::new(now, clock::random());
        let order = Order { id: command, action: new.action.clone(), input, life: new.lifetime };
        let decision = issue_command(&device, &model, open, order, &by.person.id, now)
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.decide(decision)?;
        let made = self.store.command(command).map_err(stored)?;
        made.ok_or_else(|| absent("command-unknown", format_args!("command {command}")))
    }

    fn messages(&self, id: &DeviceId, stream: &StreamId, ask: &MessageAsk) -> Answer<Page<Message>> {
        self.stored_messages(id, stream, ask)
    }

    fn chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart> {
        self.drawn_chart(id, stream, ask)
    }

    fn products(&self) -> Answer<Vec<ProductView>> {
        let products = self.store.products().map_err(stored)?;
        products.into_iter().map(|product| self.product_view(product)).collect()
    }

    fn product(&self, id: &ProductId) -> Answer<Option<ProductView>> {
        self.store.product(id).map_err(stored)?.map(|product| self.product_view(product)).transpose()
    }

    fn put_product(&self, by: &Caller, new: &NewProduct) -> Answer<Product> {
        let _turn = self.turns.products.take();
        let existing = self.store.product(&new.id).map_err(stored)?;
        let offered = OfferedProduct {
            id: new.id.clone(),
            title: new.title.clone(),
            vendor_domain: new.vendor_domain.clone(),
            thing_model: new.thing_model.clone(),
        };
        let decision = put_product(existing.as_ref(), offered, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), chain(&why)))?;
        self.decide(decision)?;
        self.models.load(&new.id, &new.thing_model).map_err(|why| fault(&why))?;
        let made = self.store.product(&new.id).map_err(stored)?;
        made.ok_or_else(|| absent("product-unknown", format_args!("product {}", new.id)))
    }

    fn batches(&self, page: &PageAsk) -> Answer<Page<FactoryBatch>> {
        self.batches_page(page)
    }

    fn import_batch(&self, by: &Caller, manifest: &[u8]) -> Answer<FactoryBatch> {
        self.take_batch(by, manifest)
    }
}

impl House {
    pub(super) fn device_or_absent(&self, id: &DeviceId) -> Answer<Device> {
        let device = self.store.device(id).map_err(stored)?;
        device.ok_or_else(|| absent("device-unknown", format_args!("device {id}")))
    }

    pub(super) fn model_of(&self, product: &ProductId) -> Answer<Arc<Model>> {
        self.models.known(product).ok_or_else(|| absent("product-unknown", format_args!("model of {product}")))
    }

    fn product_view(&self, product: Product) -> Answer<ProductView> {
        let counts = self.store.product_counts(&product.id).map_err(stored)?;
        let model = self.models.known(&product.id).map(|model| models::view(&model)).unwrap_or_default();
        Ok(ProductView { model, devices: counts.devices, releases: counts.releases, batches: counts.batches, product })
    }

    fn device_decision(&self, by: &Caller, device: &Device, order: &DeviceOrder) -> Answer<Decision> {
        let (now, person) = (clock::now(), &by.person.id);
        match order {
            DeviceOrder::Quarantine { reason } => {
                let decision = containment::quarantine(device, person, now).map_err(|why| unfit(why.name(), &why))?;
                Ok(match in_their_words(device, reason, now) {
                    Some(alert) => decision.with_change(Change::OpenAlert(alert)),
                    None => decision,
                })
            }
            DeviceOrder::Release => {
                let decision = containment::release(device, person, now).map_err(|why| unfit(why.name(), &why))?;
                let told = self.store.open_alert_of_kind(&device.id, QUARANTINED_BY_PERSON).map_err(stored)?;
                Ok(match told {
                    Some(alert) => {
                        decision.with_change(Change::CloseAlert { alert: alert.id, at: now, by: Some(*person) })
                    }
                    None => decision,
                })
            }
            DeviceOrder::Revoke => revoke(device, person, now).map_err(|why| unfit(why.name(), &why)),
            DeviceOrder::AllowReenrolment => {
                allow_reenrolment(device, person, now).map_err(|why| unfit(why.name(), &why))
            }
        }
    }
}

fn unfit(name: &'static str, why: &dyn std::error::Error) -> Stop {
    refuse(RefusalKind::Conflict, name, why.to_string())
}

/// What a person says with a quarantine is kept in an alert: the ledger takes no free text, and whoever finds the device
/// contained wants to know why. Nothing said, no alert.
fn in_their_words(device: &Device, reason: &str, now: Timestamp) -> Option<Alert> {
    let said = reason.trim();
    if said.is_empty() || said == appraisal::BY_PERSON {
        return None;
    }
    Some(Alert {
        id: AlertId::new(now, clock::random()),
        device: Some(device.id.clone()),
        kind: QUARANTINED_BY_PERSON.to_owned(),
        severity: Severity::Warning,
        text: format!(
            "A person put this device in quarantine: \u{201c}{said}\u{201d}. Let it out on its page when that is settled."
        ),
        opened: now,
        closed: None,
    })
}
