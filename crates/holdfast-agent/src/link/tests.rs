//! Reaching a server when names do not resolve, when the first server is gone, and when somebody else is at its address.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::TLS13;
use rustls::{ClientConfig as TlsClient, RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::layout::Layout;

/// A name that no name server knows (RFC 6761 §6.4).
const NAME: &str = "fleet.hearth.invalid";

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server under [`NAME`] whose certificate ends with this year; it takes the handshake and hangs up.
async fn server(authority: &Authority, last_year: i32, running: &mut JoinSet<()>) -> u16 {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(last_year, 12, 31));
    let chain: Vec<CertificateDer<'static>> = vec![params.signed_by(&key, authority).unwrap().der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]).unwrap();
    let config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    running.spawn(async move {
        while let Ok((stream, _)) = tcp.accept().await {
            let _ = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await;
        }
    });
    port
}

/// A port at which nobody listens.
async fn nobody() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

struct House {
    dir: tempfile::TempDir,
    authority: Authority,
    running: JoinSet<()>,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Layout::new(dir.path()).create().unwrap();
        Self { dir, authority: authority(), running: JoinSet::new() }
    }

    /// What the link tells of these servers, with these addresses in the configuration.
    async fn told(&self, hosts: &[(&str, u16)], first: usize, fallback: &[&str]) -> (Option<usize>, Option<Outage>) {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone()).unwrap();
        let builder = TlsClient::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]).unwrap();
        let fallback = fallback.iter().map(|address| address.parse().unwrap()).collect();
        let target = Target {
            device: "hearth-0001".parse().unwrap(),
            endpoints: hosts.iter().map(|(host, port)| Endpoint { host: (*host).to_owned(), port: *port }).collect(),
            first,
            resolver: Resolver::load(&Layout::new(self.dir.path()), fallback),
            keep_alive_s: 60,
            tls: Arc::new(builder.with_root_certificates(roots).with_no_client_auth()),
        };
        let (teller, mut hears) = mpsc::channel(WAITING_MAX);
        let _orders = open(target, 1, teller);
        let mut reached = None;
        loop {
            let told = hears.recv().await.unwrap().1;
            if let FromLink::Reached(place) = told {
                reached = Some(place);
            } else if let FromLink::Closed { outage, .. } = told {
                return (reached, outage);
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_worked_is_kept_for_the_day_when_names_do_not_resolve() {
    let mut house = House::new();
    let port = server(&house.authority, 2090, &mut house.running).await;
    assert_eq!(house.told(&[(NAME, port)], 0, &[]).await, (None, Some(Outage::Dns)), "nothing is known yet");
    assert_eq!(house.told(&[(NAME, port)], 0, &["127.0.0.1"]).await.0, Some(0));
    assert_eq!(house.told(&[(NAME, port)], 0, &[]).await.0, Some(0), "kept on disk, and proven by its certificate");
}

#[tokio::test]
async fn somebody_else_at_a_servers_address_is_neither_trusted_nor_kept() {
    let mut house = House::new();
    let port = server(&authority(), 2090, &mut house.running).await;
    for _ in 0..2 {
        assert_eq!(house.told(&[(NAME, port)], 0, &["127.0.0.1"]).await.0, None);
    }
    assert_eq!(house.told(&[(NAME, port)], 0, &[]).await, (None, Some(Outage::Dns)), "not kept");
}

#[tokio::test]
async fn when_one_server_is_gone_the_next_one_is_reached_in_the_same_try() {
    let mut house = House::new();
    let port = server(&house.authority, 2090, &mut house.running).await;
    let gone = nobody().await;
    let both = [(NAME, gone), (NAME, port)];
    assert_eq!(house.told(&both, 0, &["127.0.0.1"]).await.0, Some(1));
    assert_eq!(house.told(&both, 1, &["127.0.0.1"]).await.0, Some(1), "the one that worked is first");
    let turned = [(NAME, port), (NAME, gone)];
    assert_eq!(house.told(&turned, 1, &["127.0.0.1"]).await.0, Some(0), "and all are tried, round about");
}

#[tokio::test]
async fn the_cause_of_an_outage_is_told_apart() {
    let mut house = House::new();
    let gone = nobody().await;
    assert_eq!(house.told(&[("127.0.0.1", gone)], 0, &[]).await, (None, Some(Outage::Server)));
    let old = server(&house.authority, 2021, &mut house.running).await;
    let (reached, outage) = house.told(&[(NAME, old)], 0, &["127.0.0.1"]).await;
    assert_eq!(reached, None);
    assert_eq!(outage, Some(Outage::Dns), "a name that does not resolve is nearer than a certificate");
    assert_eq!(outage_of(&io::Error::from(io::ErrorKind::NetworkUnreachable)), Outage::LocalNetwork);
    let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
    assert_eq!(outage_of(&io::Error::other(expired.clone())), Outage::Time);
    assert!(!is_tls(&io::Error::other(expired)), "a strange server is no verdict on our own certificate");
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRevoked);
    assert!(is_tls(&io::Error::other(alert)));
}
