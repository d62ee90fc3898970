//! The sample's answers about products, devices and telemetry.

use std::collections::BTreeMap;

use holdfast_core::id::{BatchId, CommandId, DeviceId, ProductId, StreamId};
use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::fleet::{
    CertificateState, Command, CommandOutcome, Device, DeviceCertificate, Enrolment, FactoryBatch, KeyThumbprint,
    Product, Shadow,
};
use holdfast_domain::telemetry::Priority;
use holdfast_web::backend::fleet::{
    Chart, ChartAsk, ChartLine, DesiredChange, DeviceFilter, DeviceOrder, DeviceView, Fleet, FleetCounts, Message,
    MessageAsk, NewCommand, NewProduct, ProductView, Pulse, Reading, VersionShare,
};
use holdfast_web::backend::people::Caller;
use holdfast_web::backend::returning::{Class, Recovery, Second};
use holdfast_web::backend::{Answer, Ground as _, Page, PageAsk, RefusalKind};

use super::devices::{camera, model, thermostat};
use super::{NOON, Sample, refuse};

fn wave(at: Timestamp, period_s: i64, phase: i64) -> f64 {
    let s = (at.as_micros() / 1_000_000 + phase).rem_euclid(period_s);
    (s as f64 / period_s as f64 * std::f64::consts::TAU).sin()
}

fn value(field: &str, at: Timestamp) -> f64 {
    match field {
        "temperature" => 20.6 + 1.4 * wave(at, 2_700, 300) + 0.15 * wave(at, 170, 0),
        "humidity" => 46.0 + 5.0 * wave(at, 3_900, 900) + wave(at, 230, 40),
        "valve" => (40.0 - 38.0 * wave(at, 2_700, 420)).clamp(0.0, 100.0),
        _ => 3.02 + 0.02 * wave(at, 5_000, 0),
    }
}

impl Sample {
    fn product_views(&self) -> Vec<ProductView> {
        let one = |id: ProductId, title: &str, devices, releases| ProductView {
            product: Product {
                id,
                title: title.to_owned(),
                vendor_domain: "hearthworks.example".to_owned(),
                thing_model: "{\"@type\":\"tm:ThingModel\"}".to_owned(),
                created: self.ago(86_400 * 8),
            },
            model: model(),
            devices,
            releases,
            batches: 1,
        };
        if self.empty() {
            return Vec::new();
        }
        vec![one(thermostat(), "Hearth thermostat", 12, 3), one(camera(), "Porch camera", 4, 1)]
    }

    fn sample_command(&self, device: &DeviceId, n: u8) -> Command {
        let outcome = match n {
            1 => None,
            2 => Some(CommandOutcome::Succeeded("{\"target\":22.5,\"until\":\"05:10\"}".to_owned())),
            3 => Some(CommandOutcome::Failed("valve-stuck".to_owned())),
            _ => Some(CommandOutcome::Expired),
        };
        let created = self.ago(40 * u64::from(n) * u64::from(n));
        Command {
            id: CommandId::new(NOON, [n; 10]),
            device: device.clone(),
            action: if n == 2 { "boost" } else { "identify" }.to_owned(),
            input: if n == 2 { "{\"minutes\":40,\"target\":22.5}" } else { "{}" }.to_owned(),
            created,
            expires: created.plus(Millis::from_secs(300)),
            ended: outcome.as_ref().map(|_| created.plus(Millis::from_secs(2))),
            outcome,
        }
    }

    fn find(&self, id: &DeviceId) -> Option<Device> {
        self.all_devices().into_iter().find(|device| device.id == *id)
    }
}

impl Fleet for Sample {
    fn fleet_counts(&self) -> Answer<FleetCounts> {
        let all = self.all_devices();
        let count = |test: &dyn Fn(&Device) -> bool| all.iter().filter(|device| test(device)).count() as u64;
        let state = |state| count(&|device: &Device| device.enrolment == state);
        let share = |product, version: &str, sequence, devices| VersionShare {
            product,
            version: version.to_owned(),
            sequence,
            devices,
        };
        Ok(FleetCounts {
            pending: state(Enrolment::Pending),
            accepted: state(Enrolment::Accepted),
            rejected: 0,
            preauthorised: state(Enrolment::Preauthorised),
            revoked: state(Enrolment::Revoked),
            online: count(&|device| device.online_until.is_some()),
            quarantined: count(&|device| device.quarantine.is_some()),
            refused_at_home: 2,
            versions: if self.empty() {
                Vec::new()
            } else {
                vec![
                    share(thermostat(), "1.2.0", 3, 5),
                    share(thermostat(), "1.1.0", 2, 5),
                    share(thermostat(), "1.0.4", 1, 1),
                    share(camera(), "3.0.1", 9, 3),
                ]
            },
        })
    }
    fn pulse(&self) -> Answer<Pulse> {
        if self.empty() {
            return Ok(Pulse::default());
        }
        let messages = (0..60)
            .map(|n| {
                let w = wave(self.ago(60 - n), 37, 0);
                (14.0 + 5.0 * w) as u32
            })
            .collect();
        Ok(Pulse { messages, connections: 12, stored: 184_233, refused: 1_248 })
    }
    fn recovery(&self) -> Answer<Recovery> {
        let class =
            |priority, devices, first, last| Class { priority, devices, first: Millis(first), last: Millis(last) };
        if self.empty() {
            return Ok(Recovery { ceiling_per_second: 640, per_address: 256, ..Recovery::default() });
        }
        // The uplink was gone for two minutes; then everybody came back in order.
        let second = |n: u32| match n {
            0..=399 => Second { connected: 9_200, ..Second::default() },
            400..=519 => Second { connected: 0, failed: u32::from(n.is_multiple_of(17)), ..Second::default() },
            520..=521 => Second { connected: (n - 519) * 400, came: [400, 0, 0], failed: 0, waiting: 30 },
            522..=537 => {
                Second { connected: 800 + (n - 521) * 500, came: [0, 500, 0], failed: 0, waiting: 40 + 9 * (n % 5) }
            }
            538..=540 => Second { connected: 8_800 + (n - 537) * 133, came: [0, 0, 133], failed: 2, waiting: 3 },
            _ => Second { connected: 9_200, came: [0, u32::from(n.is_multiple_of(40)), 0], failed: 0, waiting: 0 },
        };
        Ok(Recovery {
            now: self.now(),
            ceiling_per_second: 640,
            per_address: 256,
            classes: [
                class(Priority::Safety, 800, 0, 1_563),
                class(Priority::Ordinary, 8_000, 1_563, 17_188),
                class(Priority::Bulk, 400, 17_188, 18_188),
            ],
            seconds: (0..900).map(second).collect(),
        })
    }
    fn devices(&self, filter: &DeviceFilter, page: &PageAsk) -> Answer<Page<Device>> {
        let wanted = |device: &Device| {
            filter.state.is_none_or(|state| device.enrolment == state)
                && filter.product.as_ref().is_none_or(|product| device.product == *product)
                && filter.quarantined.is_none_or(|q| device.quarantine.is_some() == q)
                && filter.online.is_none_or(|online| device.online_until.is_some() == online)
                && filter.version.as_ref().is_none_or(|v| device.software.as_ref().is_some_and(|s| s.version == *v))
                && filter.prefix.as_ref().is_none_or(|prefix| device.id.as_str().starts_with(prefix.as_str()))
                && page.after.as_ref().is_none_or(|after| device.id.as_str() > after.as_str())
        };
        let mut rows: Vec<_> = self.all_devices().into_iter().filter(wanted).collect();
        let more = rows.len() > usize::from(page.rows);
        rows.truncate(usize::from(page.rows));
        let next = rows.last().filter(|_| more).map(|device| device.id.to_string());
        Ok(Page { rows, next })
    }
    fn device(&self, id: &DeviceId) -> Answer<Option<DeviceView>> {
        let Some(device) = self.find(id) else { return Ok(None) };
        let certificate = |serial: &str, back: u64, state| DeviceCertificate {
            device: id.clone(),
            serial: serial.to_owned(),
            key: KeyThumbprint([9; 32]),
            not_before: self.ago(back),
            not_after: self.ago(back).plus(Millis::from_secs(90 * 86_400)),
            state,
        };
        let unseen = device.software.is_none();
        Ok(Some(DeviceView {
            product_title: if device.product == camera() { "Porch camera" } else { "Hearth thermostat" }.to_owned(),
            certificates: if unseen {
                Vec::new()
            } else {
                vec![
                    certificate("5e0c91b7a4d2f3880112", 86_400, CertificateState::Proven),
                    certificate("31aa77c0e59d1f2b44c0", 61 * 86_400, CertificateState::Superseded),
                ]
            },
            model: model(),
            executions: if unseen { Vec::new() } else { self.executions_of(id) },
            security_floor: Some(2),
            reenrolment_allowed: false,
            device,
        }))
    }
    fn order_device(&self, _: &Caller, id: &DeviceId, order: &DeviceOrder) -> Answer<()> {
        if self.find(id).is_none() {
            return refuse(RefusalKind::Absent, "device-unknown", "There is no such device.");
        }
        if *order == DeviceOrder::Release && id.as_str() != super::devices::TAMPERED {
            return refuse(RefusalKind::Conflict, "device-not-quarantined", "This device is not in quarantine.");
        }
        self.note(format!("{id} {order:?}"));
        Ok(())
    }
    fn shadow(&self, id: &DeviceId) -> Answer<Option<Shadow>> {
        Ok(self.find(id).map(|_| Shadow {
            version: 7,
            desired: "{\"target\":21.5,\"mode\":\"eco\",\"label\":\"Living room\"}".to_owned(),
            reported: "{\"target\":20,\"mode\":\"eco\",\"child_lock\":false,\"label\":\"Living room\"}".to_owned(),
            applied_version: 6,
            reported_at: Some(self.ago(48)),
        }))
    }
    fn change_desired(&self, _: &Caller, id: &DeviceId, change: &DesiredChange) -> Answer<Shadow> {
        if change.patch.contains("99") {
            return refuse(RefusalKind::Unacceptable, "field-out-of-range", "Target temperature is 5 to 30 °C.");
        }
        self.note(format!("desired {id} {:?} {}", change.from_version, change.patch));
        Ok(self.shadow(id)?.unwrap_or_default())
    }
    fn commands(&self, id: &DeviceId, _: &PageAsk) -> Answer<Page<Command>> {
        Ok(Page::whole(if self.empty() { Vec::new() } else { (1..5).map(|n| self.sample_command(id, n)).collect() }))
    }
    fn command(&self, id: CommandId) -> Answer<Option<Command>> {
        let device: DeviceId = "hearth-0001".parse().unwrap();
        Ok((1..5).map(|n| self.sample_command(&device, n)).find(|command| command.id == id))
    }
    fn add_command(&self, _: &Caller, id: &DeviceId, new: &NewCommand) -> Answer<Command> {
        self.note(format!("command {id} {} {} {}", new.action, new.input, new.lifetime.0));
        Ok(self.sample_command(id, 1))
    }
    fn messages(&self, id: &DeviceId, stream: &StreamId, ask: &MessageAsk) -> Answer<Page<Message>> {
        let unseen = self.find(id).is_none_or(|device| device.software.is_none());
        let one = |n: u64| {
            let at = self.ago(n * 10 + 3);
            let numbers: &[&str] =
                if stream.as_str() == "climate" { &["temperature", "humidity", "valve"] } else { &["battery"] };
            let mut fields: BTreeMap<_, _> =
                numbers.iter().map(|f| ((*f).to_owned(), Reading::Number(value(f, at)))).collect();
            if stream.as_str() == "climate" {
                fields.insert("presence".to_owned(), Reading::Flag(n % 7 < 4));
            }
            Message {
                counter: 90_000 - n,
                measured: at,
                stored: at.plus(Millis(140)),
                fields,
                quality: BTreeMap::new(),
            }
        };
        Ok(Page::whole(if unseen { Vec::new() } else { (0..u64::from(ask.page.rows.min(25))).map(one).collect() }))
    }
    fn chart(&self, id: &DeviceId, stream: &StreamId, ask: ChartAsk) -> Answer<Chart> {
        if self.find(id).is_none_or(|device| device.software.is_none()) {
            return Ok(Chart::default());
        }
        let step = (ask.to.as_micros() - ask.from.as_micros()) / i64::from(ask.points);
        let at: Vec<_> =
            (0..i64::from(ask.points)).map(|n| Timestamp::from_micros(ask.from.as_micros() + n * step)).collect();
        let model = model();
        let fields = &model.streams.iter().find(|known| known.id == *stream).unwrap().fields;
        let line = |field: &holdfast_web::backend::fleet::FieldView| {
            let values: Vec<Option<f64>> = at
                .iter()
                .enumerate()
                .map(|(n, t)| (!(180..192).contains(&n)).then(|| value(&field.name, *t)))
                .collect();
            ChartLine {
                low: values.iter().map(|v| v.map(|v| v - 0.4)).collect(),
                high: values.iter().map(|v| v.map(|v| v + 0.6)).collect(),
                doubtful: (0..values.len()).map(|n| (60..63).contains(&n)).collect(),
                values,
                field: field.clone(),
            }
        };
        Ok(Chart { lines: fields.iter().filter(|field| field.name != "presence").map(line).collect(), at: at.clone() })
    }
    fn products(&self) -> Answer<Vec<ProductView>> {
        Ok(self.product_views())
    }
    fn product(&self, id: &ProductId) -> Answer<Option<ProductView>> {
        Ok(self.product_views().into_iter().find(|view| view.product.id == *id))
    }
    fn put_product(&self, _: &Caller, new: &NewProduct) -> Answer<Product> {
        self.note(format!("put_product {} {}", new.id, new.thing_model));
        Ok(Product {
            id: new.id.clone(),
            title: new.title.clone(),
            vendor_domain: new.vendor_domain.clone(),
            thing_model: new.thing_model.clone(),
            created: self.now(),
        })
    }
    fn batches(&self, _: &PageAsk) -> Answer<Page<FactoryBatch>> {
        let one = |n: u8, product, devices| FactoryBatch {
            id: BatchId::new(NOON, [n; 10]),
            product,
            devices,
            manifest_digest: [n; 32],
            imported: self.ago(86_400 * 6),
        };
        Ok(Page::whole(if self.empty() { Vec::new() } else { vec![one(7, thermostat(), 12), one(8, camera(), 4)] }))
    }
    fn import_batch(&self, _: &Caller, manifest: &[u8]) -> Answer<FactoryBatch> {
        self.note(format!("import_batch {}", manifest.len()));
        Ok(FactoryBatch {
            id: BatchId::new(NOON, [7; 10]),
            product: thermostat(),
            devices: 12,
            manifest_digest: [7; 32],
            imported: self.now(),
        })
    }
}
