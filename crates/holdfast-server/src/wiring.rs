//! What runs in a server, and how it is put together: state folder, keys, three doors, loops, orderly end.
//!
//! Owns the order of starting and stopping, and nothing that goes on in between.

mod first;

use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_domain::telemetry::ModelError;
use holdfast_store::blobs::Blobs;
use holdfast_store::{Store, StoreError};
use holdfast_web::backend::{Backend, Stop};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, spawn_blocking};

use crate::app::{self, House};
use crate::authority::secret_file;
use crate::authority::{Authority, AuthorityConfig, AuthorityError, KeyTerms};
use crate::doorstep::{Admission, Doorstep, Terms};
use crate::gateway::{self, Connections, Models, Returning};
use crate::https::{self, Door, Limits, Listener};
use crate::oidc::{OidcError, Provider};
use crate::post::{Post, PostError};
use crate::settings::Settings;
use crate::tls::{Doors, TlsError};
use crate::work::detect::{self, Detect};
use crate::work::{Work, pulse, recovery, refusals};
use crate::{clock, devices};

/// The file that tells where the doors are.
const ADDRESSES: &str = "addresses.json";
/// The file that a running server holds locked.
const LOCK: &str = "lock";

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
    /// How keys and certificates are kept.
    pub keys: KeyTerms,
    /// How many may come in, and how fast.
    pub admission: Admission,
    /// The configuration file.
    pub settings: Settings,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder of the state cannot be used.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another server runs on the same state.
    #[error("{0} is in use by another server")]
    InUse(PathBuf),
    /// A port is taken, or not ours to take.
    #[error("{address}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The server's keys cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] AuthorityError),
    /// The store cannot be used.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The stored trust documents do not hold any more.
    #[error("the stored trust documents cannot be used")]
    Trust(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored model does not compile any more.
    #[error("a stored model cannot be used")]
    Model(#[from] ModelError),
    /// The staff's identity provider cannot be used as it is configured.
    #[error("the identity provider cannot be used as it is configured")]
    Oidc(#[from] OidcError),
    /// Mail cannot be sent as it is configured.
    #[error("mail cannot be sent as it is configured")]
    Mail(#[from] PostError),
    /// TLS cannot be configured.
    #[error("the doors cannot be configured")]
    Doors(#[from] TlsError),
    /// The first administrator's link could not be made.
    #[error("the first administrator's link cannot be made")]
    Invitation(#[source] Stop),
    /// Starting panicked.
    #[error("the start broke off")]
    Broken(#[from] tokio::task::JoinError),
}

/// Where the doors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// For people.
    pub people: SocketAddr,
    /// For devices, HTTPS.
    pub devices: SocketAddr,
    /// For devices, MQTT.
    pub mqtt: SocketAddr,
}

/// A running server. Dropped without [`Server::stop`], it ends where it stands, as if it were killed.
#[derive(Debug)]
pub struct Server {
    house: Arc<House>,
    addresses: Addresses,
    waits: bool,
    invitation: Option<String>,
    state: PathBuf,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
    work: Work,
    /// Let go last.
    _lock: File,
}

impl Server {
    /// Opens the state, then the doors. When this returns, all three are open and `addresses.json` tells where; but as long
    /// as nobody has ever signed in, only the people's door is open, and only on this machine ([`Server::waits`]).
    ///
    /// # Errors
    ///
    /// [`StartError`] if the state cannot be used or a port is taken.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let _ = clock::monotonic();
        let lock = prepare(&config.state)?;
        let (store, narrow) = spawn_blocking({
            let config = config.clone();
            move || -> Result<_, StartError> {
                let store = Store::open(&config.state)?;
                let narrow = first::narrow(&config, &store)?;
                Ok((store, narrow))
            }
        })
        .await??;
        let ports = match narrow {
            None => Ports::All(Sockets::bind(&config).await?),
            Some(narrow) => Ports::Narrow(first::Waiting::bind(&config, narrow).await?),
        };
        let addresses = ports.addresses();
        let opened = spawn_blocking({
            let config = config.clone();
            move || open(&config, store, addresses.people, narrow.is_some())
        });
        let (house, invitation) = opened.await??;
        let (stop, _) = watch::channel(false);
        let waits = narrow.is_some();
        let doors = match ports {
            Ports::All(sockets) => sockets.serve(&house, &config, &stop),
            Ports::Narrow(waiting) => waiting.serve(&house, &config, &stop),
        };
        let work = Work::start(&house);
        if waits {
            write_addresses(&config.state, &format!("{{\"people\":\"{}\"}}\n", addresses.people))?;
            tracing::info!(people = %addresses.people, "listening on this machine only, until the first link is used");
        } else {
            announce(&config.state, &addresses)?;
        }
        Ok(Self { house, addresses, waits, invitation, state: config.state, stop, doors, work, _lock: lock })
    }

    /// Whether the server began with one door on loopback because nobody had ever signed in. The others open when somebody
    /// has.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.waits
    }

    /// Where the doors are. Of a server that [waits](Self::waits) only the people's door is there, and the others are where
    /// they are wished.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The one-time link of the first administrator, as long as nobody has ever signed in.
    #[must_use]
    pub fn invitation(&self) -> Option<&str> {
        self.invitation.as_deref()
    }

    /// What stands behind the people's door.
    #[must_use]
    pub const fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// Comes back only if a door closes by itself, which none should.
    pub async fn door_closed(&mut self) {
        if self.doors.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Takes no new connection, lets open requests finish, then ends the loops: whatever a last request left to do in
    /// memory is written down.
    pub async fn stop(mut self) {
        let _ = std::fs::remove_file(self.state.join(ADDRESSES));
        let _ = self.stop.send(true);
        while self.doors.join_next().await.is_some() {}
        self.work.end(&self.house).await;
    }
}

/// Makes the state folder for this user alone, and keeps a second server away from it.
fn prepare(state: &Path) -> Result<File, StartError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StartError::File { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(failed(state))?;
    let path = state.join(LOCK);
    let lock = File::create(&path).map_err(failed(&path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StartError::InUse(state.to_owned())),
        Err(TryLockError::Error(source)) => return Err(StartError::File { path, source }),
    }
    let addresses = state.join(ADDRESSES);
    match std::fs::remove_file(&addresses) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(failed(&addresses)(why)),
        _ => Ok(lock),
    }
}

fn open(
    config: &Config,
    store: Store,
    people: SocketAddr,
    narrow: bool,
) -> Result<(Arc<House>, Option<String>), StartError> {
    let failed = |path: PathBuf| move |source| StartError::File { path, source };
    let now = clock::now();
    let keys = AuthorityConfig {
        names: config.names.clone(),
        terms: config.keys.clone(),
        ..AuthorityConfig::new(config.state.join("keys"))
    };
    let authority = Arc::new(Authority::open_or_create(keys, now)?);
    let ca = config.state.join("ca.pem");
    let pem = |der: &CertificateDer<'_>| secret_file::pem("CERTIFICATE", der).to_string();
    let bundle: String = authority.ca_certificates().iter().map(pem).collect();
    std::fs::write(&ca, bundle).map_err(failed(ca))?;
    let folder = config.state.join("blobs");
    let blobs = Blobs::open(&folder).map_err(failed(folder))?;
    let trust = app::trust::InForce::of(&store).map_err(StartError::Trust)?;
    let doors = Doors::new(Arc::clone(&authority), &trust.cas())?;
    let models = Models::default();
    for product in store.products()? {
        models.load(&product.id, &product.thing_model)?;
    }
    let host = config.names.first().map_or("localhost", String::as_str);
    let address = config.settings.public_url.clone().unwrap_or_else(|| format!("https://{host}:{}", people.port()));
    let ceiling = config.admission.ceiling(&doors.people(), &authority.ca_certificate(), host);
    tracing::info!(admission.per_second = ceiling.get(), "handshakes admitted at most");
    let house = Arc::new(House {
        store,
        blobs: Arc::new(blobs),
        authority,
        doors: Arc::new(doors),
        trust,
        connections: Connections::new(),
        returning: Returning::new(ceiling),
        doorstep: Doorstep::new(config.admission.mqtt(ceiling)),
        curve: recovery::Curve::default(),
        models,
        outbox: Arc::new(Notify::new()),
        playbooks: Arc::new(Notify::new()),
        bulks: Arc::new(Notify::new()),
        support: Arc::new(Notify::new()),
        signed_in: Arc::new(Notify::new()),
        detect: Detect::default(),
        entry: app::credentials::entry::Entry::new(&address),
        oidc: config.settings.oidc.as_ref().map(|oidc| Provider::new(oidc, &address)).transpose()?,
        address,
        news: app::news(),
        pulse: pulse::Pulse::default(),
        refusals: refusals::Counter::default(),
        post: Post::new(config.settings.mail.as_ref(), host)?,
        turns: app::Turns::default(),
    });
    detect::prepare(&house)?;
    let base = if narrow { format!("https://localhost:{}", people.port()) } else { house.address.clone() };
    let invitation = invite_first(&house, &base).map_err(StartError::Invitation)?;
    Ok((house, invitation))
}

/// As long as nobody has ever signed in: a one-time link for the first administrator.
fn invite_first(house: &House, base: &str) -> Result<Option<String>, Stop> {
    let secret = holdfast_web::secret::Secret::from_random(clock::random());
    let invited = house.invite_first(secret.hash())?;
    Ok(invited.then(|| format!("{base}/sign-in?link={}", secret.text())))
}

/// Writes `addresses.json`, so that scripts find the doors; it appears whole or not at all.
fn announce(state: &Path, addresses: &Addresses) -> Result<(), StartError> {
    let Addresses { people, devices, mqtt } = addresses;
    let text = format!("{{\"people\":\"{people}\",\"devices\":\"{devices}\",\"mqtt\":\"{mqtt}\"}}\n");
    write_addresses(state, &text)?;
    tracing::info!(%people, %devices, %mqtt, "listening");
    Ok(())
}

fn write_addresses(state: &Path, text: &str) -> Result<(), StartError> {
    let (temporary, path) = (state.join("addresses.new"), state.join(ADDRESSES));
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, &path));
    written.map_err(|source| StartError::File { path, source })
}

/// The people's door, without its port.
fn people(house: &House) -> Listener {
    Listener {
        door: Door::People,
        doors: Arc::clone(&house.doors),
        limits: Limits::PEOPLE,
        doorstep: Doorstep::new(Terms::PEOPLE),
        refusals: Arc::new(house.refusals.clone()),
    }
}

/// What is behind the people's door.
fn router(house: &Arc<House>) -> axum::Router {
    let people = holdfast_web::router(Arc::clone(house) as Arc<dyn Backend>);
    // Which address a request comes from: throttles count it, and nothing else keeps it.
    people.layer(axum::middleware::map_request(|mut request: axum::extract::Request| async {
        if let Some(https::Remote(from)) = request.extensions().get().copied() {
            request.extensions_mut().insert(holdfast_web::door::arrival::Visitor(from.ip()));
        }
        request
    }))
}

/// Ports that are ours.
enum Ports {
    /// All of them.
    All(Sockets),
    /// Of the people's door alone, on loopback.
    Narrow(first::Waiting),
}

impl Ports {
    const fn addresses(&self) -> Addresses {
        match self {
            Self::All(sockets) => sockets.addresses,
            Self::Narrow(waiting) => waiting.addresses,
        }
    }
}

/// Ports that are ours before keys are made or anything is served, so that a server that cannot listen changes nothing.
struct Sockets {
    people: TcpListener,
    devices: TcpListener,
    mqtt: TcpListener,
    addresses: Addresses,
}

impl Sockets {
    async fn bind(config: &Config) -> Result<Self, StartError> {
        let taken = |address| move |source| StartError::Port { address, source };
        let people = https::bind(config.people).await.map_err(taken(config.people))?;
        let devices = https::bind(config.devices).await.map_err(taken(config.devices))?;
        let mqtt = gateway::listen(config.mqtt).map_err(taken(config.mqtt))?;
        let addresses = Addresses {
            people: people.local_addr().map_err(taken(config.people))?,
            devices: devices.local_addr().map_err(taken(config.devices))?,
            mqtt: mqtt.local_addr().map_err(taken(config.mqtt))?,
        };
        Ok(Self { people, devices, mqtt, addresses })
    }

    /// Opens the doors; each drains and closes when `stop` says so.
    fn serve(self, house: &Arc<House>, config: &Config, stop: &watch::Sender<bool>) -> JoinSet<()> {
        let stopped = || {
            let mut stop = stop.subscribe();
            async move {
                let _ = stop.wait_for(|stopped| *stopped).await;
            }
        };
        let devices = devices::router(devices::Parts {
            store: house.store.clone(),
            blobs: Arc::clone(&house.blobs),
            models: house.models.clone(),
            authority: Arc::clone(&house.authority),
            outbox: Arc::clone(&house.outbox),
            refusals: Arc::new(house.refusals.clone()),
        });
        let mqtt = gateway::GatewayParts {
            listener: self.mqtt,
            doors: Arc::clone(&house.doors),
            authority: Arc::clone(&house.authority),
            store: house.store.clone(),
            models: house.models.clone(),
            connections: house.connections.clone(),
            doorstep: house.doorstep.clone(),
            returning: house.returning.clone(),
            config: gateway::Config {
                attest_interval_ms: u64::from(config.attest_interval_s) * 1_000,
                ..gateway::Config::default()
            },
        };
        let mut doors = JoinSet::new();
        doors.spawn(people(house).serve(self.people, router(house), stopped()));
        let door = Listener {
            door: Door::Devices,
            limits: Limits::DEVICES,
            doorstep: Doorstep::new(config.admission.devices()),
            ..people(house)
        };
        doors.spawn(door.serve(self.devices, devices, stopped()));
        doors.spawn(gateway::serve(mqtt, stopped()));
        doors
    }
}
