//! Products, batches, devices, shadows, commands and telemetry, as people see and order them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_core::hash::Sha256Digest;
use holdfast_core::id::{CommandId, DeviceId, ProductId, StreamId};
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::batch::{BatchFacts, ListedDevice, OfferedBatch, import_batch};
use holdfast_domain::fleet::command::{Order, issue_command};
use holdfast_domain::fleet::enrolment::{allow_reenrolment, revoke};
use holdfast_domain::fleet::product::{OfferedProduct, put_product};
use holdfast_domain::fleet::shadow::set_desired;
use holdfast_domain::fleet::{Command, Device, FactoryBatch, Product, Shadow};
use holdfast_domain::integrity::containment;
use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::value::{FieldMap, FieldPatch, MapError};
use holdfast_store::telemetry::{ChartAsk as StoredChartAsk, MessageAsk as StoredAsk, MessageCursor, Order as RowOrder};
use holdfast_web::backend::fleet::{
    Chart, ChartAsk, ChartLine, DesiredChange, DeviceFilter, DeviceOrder, DeviceView, Fleet, FleetCounts, Message,
    MessageAsk, NewCommand, NewProduct, ProductView, Pulse, Reading, VersionShare,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::{Answer, LiveEvent, Page, PageAsk, RefusalKind};

use super::{House, absent, models, refuse, stored};
use crate::clock;
use crate::factory::FactoryManifest;

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
            versions: versions
                .into_iter()
                .map(|v| VersionShare { product: v.product, version: v.version, sequence: v.sequence, devices: v.devices })
                .collect(),
        })
    }

    fn pulse(&self) -> Answer<Pulse> {
        Ok(self.pulse.view(&self.connections))
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
        Ok(Some(DeviceView {
            product_title: product.map_or_else(|| device.product.to_string(), |p| p.title),
            certificates: self.store.certificates(id).map_err(stored)?,
            model,
            executions: self.store.executions_of_device(id, EXECUTIONS_SHOWN).map_err(stored)?,
            security_floor: None,
            reenrolment_allowed: false,
            device,
        }))
    }

    fn order_device(&self, by: &Caller, id: &DeviceId, order: &DeviceOrder) -> Answer<()> {
        let device = self.device_or_absent(id)?;
        let (now, person) = (clock::now(), &by.person.id);
        let unfit = |name, why: String| refuse(RefusalKind::Conflict, name, why);
        let decision = match order {
            DeviceOrder::Quarantine { .. } => {
                containment::quarantine(&device, person, now).map_err(|why| unfit(why.name(), why.to_string()))
            }
            DeviceOrder::Release => {
                containment::release(&device, person, now).map_err(|why| unfit(why.name(), why.to_string()))
            }
            DeviceOrder::Revoke => revoke(&device, person, now).map_err(|why| unfit(why.name(), why.to_string())),
            DeviceOrder::AllowReenrolment => {
                allow_reenrolment(&device, person, now).map_err(|why| unfit(why.name(), why.to_string()))
            }
        }?;
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
        let device = self.device_or_absent(id)?;
        let shadow = self.store.shadow(id).map_err(stored)?;
        if change.from_version.is_some_and(|version| version != shadow.version) {
            let detail = format!("the shadow is at version {} now; look again", shadow.version);
            return Err(refuse(RefusalKind::Conflict, "shadow-version-conflict", detail));
        }
        let malformed = |why: MapError| {
            refuse(RefusalKind::Malformed, why.name(), why.to_string())
        };
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
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let input = FieldMap::parse(&new.input)
            .map_err(|why| refuse(RefusalKind::Malformed, why.name(), why.to_string()))?;
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
        let asked = StoredAsk {
            from: ask.from.unwrap_or(Timestamp::from_micros(i64::MIN)),
            to: ask.to.unwrap_or(Timestamp::from_micros(i64::MAX)),
            order: RowOrder::NewestFirst,
            after: ask.page.after.as_deref().map(message_cursor).transpose()?,
            limit: one_more(&ask.page),
        };
        let rows = self.store.telemetry(id, stream, &asked).map_err(stored)?;
        let page = cut(rows, &ask.page, |row| format!("{}.{}", row.device_time.as_micros(), row.counter));
        let rows = page.rows.into_iter().map(|row| Message {
            counter: row.counter,
            measured: row.device_time,
            stored: row.received,
            fields: readings(&row.fields),
        });
        Ok(Page { rows: rows.collect(), next: page.next })
    }

    fn chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart> {
        let device = self.device_or_absent(id)?;
        let model = self.model_of(&device.product)?;
        let asked = StoredChartAsk { from: ask.from, to: ask.to, points: ask.points };
        let chart = self.store.telemetry_chart(id, stream, &asked).map_err(stored)?;
        Ok(drawn(&model, stream, &chart))
    }

    fn products(&self) -> Answer<Vec<ProductView>> {
        let products = self.store.products().map_err(stored)?;
        products.into_iter().map(|product| self.product_view(product)).collect()
    }

    fn product(&self, id: &ProductId) -> Answer<Option<ProductView>> {
        self.store.product(id).map_err(stored)?.map(|product| self.product_view(product)).transpose()
    }

    fn put_product(&self, by: &Caller, new: &NewProduct) -> Answer<Product> {
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
        self.models.load(&new.id, &new.thing_model).map_err(|why| super::fault(&why))?;
        let made = self.store.product(&new.id).map_err(stored)?;
        made.ok_or_else(|| absent("product-unknown", format_args!("product {}", new.id)))
    }

    fn batches(&self, page: &PageAsk) -> Answer<Page<FactoryBatch>> {
        let mut rows = self.store.batches().map_err(stored)?;
        rows.truncate(usize::from(page.rows));
        Ok(Page::whole(rows))
    }

    fn import_batch(&self, by: &Caller, manifest: &[u8]) -> Answer<FactoryBatch> {
        let offered = FactoryManifest::parse(manifest)
            .map_err(|why| refuse(RefusalKind::Malformed, why.name(), chain(&why)))?;
        let product = self.store.product(offered.product()).map_err(stored)?;
        let facts = BatchFacts {
            product: product.as_ref(),
            imported: self.store.batch(offered.batch()).map_err(stored)?.is_some(),
            factory_ca_trusted: self.trusts_factory_ca(offered.factory_ca())?,
            ids_taken: self.ids_taken(&offered)?,
            keys_taken: self.keys_taken(&offered)?,
        };
        let listed = offered.devices().iter().map(|d| ListedDevice {
            id: d.id.clone(),
            key: d.key,
            claim_salt: d.claim_salt,
            claim_hash: d.claim_hash,
        });
        let batch = OfferedBatch {
            id: offered.batch(),
            product: offered.product().clone(),
            manifest_digest: *Sha256Digest::of(manifest).as_bytes(),
            devices: listed.collect(),
        };
        let decision = import_batch(&facts, batch, &by.person.id, clock::now())
            .map_err(|why| refuse(RefusalKind::Unacceptable, why.name(), why.to_string()))?;
        self.decide(decision)?;
        let made = self.store.batch(offered.batch()).map_err(stored)?;
        made.ok_or_else(|| absent("batch-unknown", format_args!("batch {}", offered.batch())))
    }
}

impl House {
    pub(super) fn device_or_absent(&self, id: &DeviceId) -> Answer<Device> {
        let device = self.store.device(id).map_err(stored)?;
        device.ok_or_else(|| absent("device-unknown", format_args!("device {id}")))
    }

    fn model_of(&self, product: &ProductId) -> Answer<std::sync::Arc<Model>> {
        self.models.known(product).ok_or_else(|| absent("product-unknown", format_args!("model of {product}")))
    }

    fn product_view(&self, product: Product) -> Answer<ProductView> {
        let counts = self.store.product_counts(&product.id).map_err(stored)?;
        let model = self.models.known(&product.id).map(|model| models::view(&model)).unwrap_or_default();
        Ok(ProductView { model, devices: counts.devices, releases: counts.releases, batches: counts.batches, product })
    }

    fn trusts_factory_ca(&self, digest: &[u8; 32]) -> Answer<bool> {
        let Some(document) = self.trust_in_force()? else { return Ok(false) };
        Ok(document.content().factory_cas.iter().any(|der| Sha256Digest::of(der).as_bytes() == digest))
    }

    fn ids_taken(&self, offered: &FactoryManifest) -> Answer<BTreeSet<DeviceId>> {
        let mut taken = BTreeSet::new();
        for device in offered.devices() {
            if self.store.device(&device.id).map_err(stored)?.is_some() {
                taken.insert(device.id.clone());
            }
        }
        Ok(taken)
    }

    fn keys_taken(&self, offered: &FactoryManifest) -> Answer<BTreeSet<holdfast_domain::fleet::KeyThumbprint>> {
        let mut taken = BTreeSet::new();
        for device in offered.devices() {
            if self.store.device_by_factory_key(&device.key).map_err(stored)?.is_some() {
                taken.insert(device.key);
            }
        }
        Ok(taken)
    }
}

/// The page's cursor as an id.
pub(super) fn cursor<T: std::str::FromStr>(page: &PageAsk) -> Answer<Option<T>> {
    let malformed = || refuse(RefusalKind::Malformed, "cursor-malformed", "`after` is not a cursor of this list");
    page.after.as_deref().map(|text| text.parse().map_err(|_| malformed())).transpose()
}

/// One row more than asked for tells whether there is a next page.
pub(super) fn one_more(page: &PageAsk) -> u32 {
    u32::from(page.rows) + 1
}

/// Cuts the extra row off and makes the cursor.
pub(super) fn cut<T>(mut rows: Vec<T>, page: &PageAsk, key: impl Fn(&T) -> String) -> Page<T> {
    let more = rows.len() > usize::from(page.rows);
    rows.truncate(usize::from(page.rows));
    let next = if more { rows.last().map(key) } else { None };
    Page { rows, next }
}

fn message_cursor(text: &str) -> Answer<MessageCursor> {
    let malformed = || refuse(RefusalKind::Malformed, "cursor-malformed", "`after` is not a cursor of this list");
    let (time, counter) = text.split_once('.').ok_or_else(malformed)?;
    let micros = time.parse().map_err(|_| malformed())?;
    let counter = counter.parse().map_err(|_| malformed())?;
    Ok(MessageCursor { device_time: Timestamp::from_micros(micros), counter })
}

fn readings(fields: &str) -> BTreeMap<String, Reading> {
    let parsed: BTreeMap<String, serde_json::Value> = serde_json::from_str(fields).unwrap_or_default();
    let reading = |value: serde_json::Value| match value {
        serde_json::Value::Bool(flag) => Reading::Flag(flag),
        serde_json::Value::Number(n) => Reading::Number(n.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Reading::Text(text),
        other => Reading::Text(other.to_string()),
    };
    parsed.into_iter().map(|(name, value)| (name, reading(value))).collect()
}

fn drawn(model: &Model, stream: &StreamId, chart: &holdfast_store::telemetry::Chart) -> Chart {
    let declared = model.stream(stream.as_str());
    let at: BTreeSet<Timestamp> = chart.fields.values().flatten().map(|point| point.at).collect();
    let lines = chart.fields.iter().filter_map(|(name, points)| {
        let field = models::field(declared?.field(name)?);
        let by_time: BTreeMap<Timestamp, f64> = points.iter().map(|point| (point.at, point.mean)).collect();
        Some(ChartLine { field, values: at.iter().map(|t| by_time.get(t).copied()).collect() })
    });
    Chart { lines: lines.collect(), at: at.iter().copied().collect() }
}

/// A refusal with what it rests on.
pub(super) fn chain(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut source = why.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
