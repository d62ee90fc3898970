//! What runs in a server, and how it is put together: state folder, keys, three doors, loops, orderly end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_core::trust::TrustDocument;
use holdfast_store::Store;
use holdfast_store::blobs::Blobs;
use rustls::pki_types::CertificateDer;
use tokio::sync::Notify;

use crate::app::{self, House};
use crate::authority::{Authority, AuthorityConfig};
use crate::cli::Failure;
use crate::gateway::{self, Connections, Models};
use crate::https::{self, Door, Limits, Listener};
use crate::tls::{Doors, TrustedCas};
use crate::{clock, work};

/// What `holdfast serve` is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder of everything the server keeps.
    pub state: PathBuf,
    /// Address for people.
    pub people: SocketAddr,
    /// Address for devices, HTTPS.
    pub devices: SocketAddr,
    /// Address for devices, MQTT.
    pub mqtt: SocketAddr,
    /// Names that people and devices use for this server.
    pub names: Vec<String>,
    /// Seconds between two challenges to a device.
    pub attest_interval_s: u32,
}

/// Serves until SIGTERM or Ctrl-C, then drains the doors.
///
/// # Errors
///
/// If the state cannot be used or a port is taken.
pub async fn serve(config: Config) -> Result<(), Failure> {
    log();
    let _ = clock::monotonic();
    let tcp = Tcp::bind(&config).await?;
    let house = tokio::task::spawn_blocking({
        let (config, people) = (config.clone(), tcp.addresses[0]);
        move || open(&config, people)
    })
    .await
    .map_err(Failure::fault)??;
    invite_first(&house)?;
    let stop = Arc::new(Notify::new());
    let loops = work::start(&house, &stop);
    tcp.announce(&config.state)?;
    let ended = run_doors(&house, tcp, &config).await;
    stop.notify_waiters();
    drop(loops);
    tracing::info!("stopped");
    ended
}

struct Tcp {
    people: tokio::net::TcpListener,
    devices: tokio::net::TcpListener,
    mqtt: tokio::net::TcpListener,
    addresses: [SocketAddr; 3],
}

impl Tcp {
    async fn bind(config: &Config) -> Result<Self, Failure> {
        let bound = |address: SocketAddr| move |why| Failure::fault(format!("{address}: {why}"));
        let people = https::bind(config.people).await.map_err(bound(config.people))?;
        let devices = https::bind(config.devices).await.map_err(bound(config.devices))?;
        let mqtt = gateway::listen(config.mqtt).map_err(bound(config.mqtt))?;
        let address = |tcp: &tokio::net::TcpListener| tcp.local_addr().map_err(Failure::fault);
        let addresses = [address(&people)?, address(&devices)?, address(&mqtt)?];
        Ok(Self { people, devices, mqtt, addresses })
    }

    /// Writes `addresses.json`, so that scripts find the doors; it appears whole or not at all.
    fn announce(&self, state: &Path) -> Result<(), Failure> {
        let [people, devices, mqtt] = self.addresses;
        let text = format!("{{\"people\":\"{people}\",\"devices\":\"{devices}\",\"mqtt\":\"{mqtt}\"}}\n");
        let (temporary, path) = (state.join("addresses.new"), state.join("addresses.json"));
        std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, &path)).map_err(Failure::fault)?;
        tracing::info!(%people, %devices, %mqtt, "listening");
        Ok(())
    }
}

fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOLDFAST_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    let started = log.try_init();
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

fn open(config: &Config, people: SocketAddr) -> Result<Arc<House>, Failure> {
    let failed = |what: &str, why: &dyn std::fmt::Display| Failure::fault(format!("{what}: {why}"));
    std::fs::create_dir_all(&config.state).map_err(|why| failed(&config.state.display().to_string(), &why))?;
    let now = clock::now();
    let keys = AuthorityConfig { names: config.names.clone(), ..AuthorityConfig::new(config.state.join("keys")) };
    let authority = Authority::open_or_create(keys, now).map_err(|why| failed("keys", &why))?;
    let authority = Arc::new(authority);
    std::fs::write(config.state.join("ca.pem"), authority.ca_pem()).map_err(|why| failed("ca.pem", &why))?;
    let store = Store::open(&config.state).map_err(|why| failed("store", &why))?;
    let blobs = Blobs::open(&config.state.join("blobs")).map_err(|why| failed("blobs", &why))?;
    let trusted = trusted_cas(&store)?;
    let doors = Doors::new(Arc::clone(&authority), &trusted).map_err(|why| failed("doors", &why))?;
    let models = Models::default();
    for product in store.products().map_err(|why| failed("products", &why))? {
        models.load(&product.id, &product.thing_model).map_err(|why| failed("a stored model", &why))?;
    }
    let host = config.names.first().map_or("localhost", String::as_str);
    Ok(Arc::new(House {
        store,
        blobs: Arc::new(blobs),
        authority,
        doors: Arc::new(doors),
        connections: Connections::new(),
        models,
        outbox: Arc::new(Notify::new()),
        address: format!("https://{host}:{}", people.port()),
        news: app::news(),
        pulse: work::pulse::Pulse::default(),
        refusals: work::refusals::Counter::default(),
    }))
}

/// CAs named by the trust document in force.
fn trusted_cas(store: &Store) -> Result<TrustedCas, Failure> {
    let Some(document) = current_trust(store).map_err(Failure::fault)? else { return Ok(TrustedCas::default()) };
    let der = |list: &[Vec<u8>]| list.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let content = document.content();
    Ok(TrustedCas { factory: der(&content.factory_cas), operational: der(&content.operational_cas) })
}

/// The trust document in force, as verified when it was accepted.
///
/// # Errors
///
/// If the store fails, or holds a document that does not verify any more.
pub fn current_trust(store: &Store) -> Result<Option<TrustDocument>, Box<dyn std::error::Error + Send + Sync>> {
    let Some(first) = store.trust(1)? else { return Ok(None) };
    let mut document = TrustDocument::open_first(&first.document)?;
    while let Some(next) = store.trust(document.version() + 1)? {
        document = document.succeed(&next.document)?;
    }
    Ok(Some(document))
}

/// Reloads the doors after a new trust document or a new certificate of ours.
///
/// # Errors
///
/// If a CA cannot be used; the doors stay as they were.
pub fn reload_doors(house: &House) -> Result<(), Failure> {
    house.doors.reload(&trusted_cas(&house.store)?).map_err(Failure::fault)
}

/// As long as nobody has ever signed in: makes a one-time link for the first administrator and prints it.
fn invite_first(house: &House) -> Result<(), Failure> {
    let secret = holdfast_web::secret::Secret::from_random(clock::random());
    let invited = house.invite_first(secret.hash()).map_err(Failure::fault)?;
    if invited {
        let url = format!("{}/sign-in?link={}", house.address, secret.text());
        crate::cli::print(&format!(
            "Nobody has signed in yet. Make yourself administrator with this link; it works once, for 24 hours:\n\n  {url}\n"
        ));
    }
    Ok(())
}

async fn run_doors(house: &Arc<House>, tcp: Tcp, config: &Config) -> Result<(), Failure> {
    let (stop, _) = tokio::sync::watch::channel(false);
    let stopped = || {
        let mut stop = stop.subscribe();
        async move {
            let _ = stop.wait_for(|stopped| *stopped).await;
        }
    };
    let listener = |door, limits| Listener {
        door,
        doors: Arc::clone(&house.doors),
        limits,
        refusals: Arc::new(house.refusals.clone()),
    };
    let people = holdfast_web::router(Arc::clone(house) as Arc<dyn holdfast_web::backend::Backend>);
    let devices = crate::devices::router(crate::devices::Parts {
        store: house.store.clone(),
        blobs: Arc::clone(&house.blobs),
        authority: Arc::clone(&house.authority),
        outbox: Arc::clone(&house.outbox),
        refusals: Arc::new(house.refusals.clone()),
    });
    let mqtt = gateway::serve(
        gateway::GatewayParts {
            listener: tcp.mqtt,
            doors: Arc::clone(&house.doors),
            store: house.store.clone(),
            models: house.models.clone(),
            connections: house.connections.clone(),
            config: gateway::Config {
                attest_interval_ms: u64::from(config.attest_interval_s) * 1_000,
                ..gateway::Config::default()
            },
        },
        stopped(),
    );
    let doors = async {
        tokio::join!(
            listener(Door::People, Limits::PEOPLE).serve(tcp.people, people, stopped()),
            listener(Door::Devices, Limits::DEVICES).serve(tcp.devices, devices, stopped()),
            mqtt,
        );
    };
    let mut doors = std::pin::pin!(doors);
    tokio::select! {
        () = &mut doors => return Err(Failure::fault("a door closed by itself")),
        () = told_to_stop() => tracing::info!("stopping: no new connections, draining"),
    }
    let _ = stop.send(true);
    doors.await;
    Ok(())
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = term.recv() => {} }
}
