//! Measures what a stored message costs the writer: rows of many devices in one turn, and in turns of many small batches.
//! Run with `cargo run --release -p holdfast-store --example telemetry_cost -- DIRECTORY`.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use holdfast_core::id::{BatchId, DeviceId, ProductId};
use holdfast_core::time::Timestamp;
use holdfast_domain::decision::{Change, Decision};
use holdfast_domain::fleet::{Device, Enrolment, FactoryBatch, KeyThumbprint, Product};
use holdfast_store::telemetry::TelemetryRow;
use holdfast_store::{Store, wait};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn main() -> Fallible<()> {
    let dir = std::env::args().nth(1).ok_or("name a directory")?;
    for devices in [100_u32, 1_000, 10_000] {
        let path = std::path::Path::new(&dir).join(devices.to_string());
        let store = Store::open(&path)?;
        fleet(&store, devices)?;
        wait(store.append_telemetry((0..devices.min(4_000)).map(|n| row(n, 0)).collect::<Fallible<_>>()?))?;
        // So few rows that none is moved to its place: what the sender waits for.
        let rows: Vec<_> = (0..900)
            .map(|n| row(n % devices.min(4_000), 1 + u64::from(n / devices.min(4_000))))
            .collect::<Fallible<_>>()?;
        let (begin, cpu) = (Instant::now(), cpu_seconds()?);
        wait(store.append_telemetry(rows))?;
        let (spent, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
        println!(
            "{devices:6} devices, one turn of 900 alone       : {:5.2} us a row, {:5.2} us CPU",
            spent * 1e6 / 900.0,
            cpu * 1e6 / 900.0
        );
        // Rows of all devices in turn, as a fleet sends them; first some history, so that pages are not all fresh.
        let mut counter = 2 + u64::from(900 / devices.min(4_000));
        for _ in 0..500_000 / devices {
            counter += 1;
            wait(store.append_telemetry((0..devices).map(|n| row(n, counter)).collect::<Fallible<_>>()?))?;
        }
        for (name, batch) in [("one batch a turn of 10000", 10_000_u32), ("batches of 8, 1250 queued", 8)] {
            let total = 200_000_u32;
            let (mut next, mut spent, mut cpu) = (0_u32, 0.0, 0.0);
            while next < total {
                let mut batches = Vec::new();
                for _ in 0..10_000 / batch {
                    let rows = (next..next + batch).map(|n| row(n % devices, counter + 1 + u64::from(n / devices)));
                    batches.push(rows.collect::<Fallible<Vec<_>>>()?);
                    next += batch;
                }
                let (begin, cpu_begin) = (Instant::now(), cpu_seconds()?);
                let answers: Vec<_> = batches.into_iter().map(|rows| store.append_telemetry(rows)).collect();
                for answer in answers {
                    wait(answer)?;
                }
                spent += begin.elapsed().as_secs_f64();
                cpu += cpu_seconds()? - cpu_begin;
            }
            counter += u64::from(total / devices) + 1;
            let each = 1e6 / f64::from(total);
            println!("{devices:6} devices, {name:26}: {:5.2} us a row, {:5.2} us CPU", spent * each, cpu * each);
        }
        // What a sender waits for at worst while more than one move is under way.
        let mut waits = Vec::new();
        for n in 0..1_200_u32 {
            let rows = (n * 100..n * 100 + 100).map(|n| row(n % devices, counter + 1 + u64::from(n / devices)));
            let rows = rows.collect::<Fallible<Vec<_>>>()?;
            let begin = Instant::now();
            wait(store.append_telemetry(rows))?;
            waits.push(begin.elapsed().as_secs_f64() * 1e3);
        }
        waits.sort_by(f64::total_cmp);
        let at = |share: usize| waits.get(waits.len() * share / 1_000).copied().unwrap_or_default();
        println!(
            "{devices:6} devices, batches of 100 alone     : {:5.2} ms in the middle, {:5.2} ms for 1 in 100, {:5.2} ms at most",
            at(500),
            at(990),
            at(999)
        );
    }
    Ok(())
}

/// CPU time of all threads of this process so far.
fn cpu_seconds() -> Fallible<f64> {
    let mut nanos = 0.0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += stat.split_whitespace().next().ok_or("no figure in schedstat")?.parse::<f64>()?;
    }
    Ok(nanos / 1e9)
}

fn device_id(n: u32) -> Fallible<DeviceId> {
    Ok(format!("hearth-{n:06}").parse()?)
}

fn row(n: u32, counter: u64) -> Fallible<TelemetryRow> {
    Ok(TelemetryRow {
        device: device_id(n)?,
        stream: "climate".parse()?,
        counter,
        device_time: Timestamp::from_micros(NOW.as_micros() + i64::try_from(counter)? * 1_000_000),
        quality: None,
        received: NOW,
        fields: r#"{"celsius":21.5,"humidity":44.2,"heating":true,"valve":0.25}"#.to_owned(),
    })
}

fn fleet(store: &Store, devices: u32) -> Fallible<()> {
    let product: ProductId = "hearth-thermostat".parse()?;
    let batch = BatchId::new(NOW, [0; 10]);
    let (title, vendor_domain, thing_model) = ("Hearth".to_owned(), "hearth.example".to_owned(), "{}".to_owned());
    let put = Change::PutProduct(Product { id: product.clone(), title, vendor_domain, thing_model, created: NOW });
    let device = |n: u32| -> Fallible<Device> {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_be_bytes());
        Ok(Device {
            id: device_id(n)?,
            product: product.clone(),
            batch,
            factory_key: KeyThumbprint(key),
            enrolment: Enrolment::Accepted,
            quarantine: None,
            software: None,
            created: NOW,
            last_seen: None,
            online_until: None,
        })
    };
    let add = Change::AddBatch {
        batch: FactoryBatch { id: batch, product: product.clone(), devices, manifest_digest: [0; 32], imported: NOW },
        devices: (0..devices).map(device).collect::<Fallible<_>>()?,
        claims: Vec::new(),
    };
    store.commit(Decision::quiet(vec![put, add]))?;
    Ok(())
}
