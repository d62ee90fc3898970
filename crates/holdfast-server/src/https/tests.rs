//! The accept loop on loopback, spoken to by a client that behaves and by ones that do not.

use std::sync::Mutex;

use axum::extract::Request as AxumRequest;
use axum::routing::{get, post};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::doorstep::Terms;
use crate::tls::ALPN_HTTP1;
use crate::tls::fixture::{House, client, device, house, request};

#[derive(Default)]
struct Counted(Mutex<Vec<&'static str>>);

impl Refusals for Counted {
    fn count(&self, _: &'static str, name: &'static str) {
        self.0.lock().unwrap().push(name);
    }
}

struct Running {
    address: SocketAddr,
    refusals: Arc<Counted>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// Limits that no honest client of these tests meets, however busy the machine is.
const AMPLE: Limits = Limits {
    connections_max: 4,
    head: Duration::from_secs(30),
    idle: Duration::from_secs(30),
    drain: Duration::from_secs(5),
    body_bytes_max: 1000,
};
/// The same before the handshake.
const PATIENT: Terms = Terms { handshake: Duration::from_secs(30), ..Terms::PEOPLE };
/// A limit that is waited for.
const SOON: Duration = Duration::from_millis(200);

impl Running {
    /// Ends the door; everything that it refused is counted then.
    async fn refused(self) -> Vec<&'static str> {
        let _ = self.stop.send(());
        self.served.await.unwrap();
        self.refusals.0.lock().unwrap().clone()
    }
}

async fn run(house: &House, door: Door, router: Router) -> Running {
    run_within(house, door, router, AMPLE).await
}

async fn run_within(house: &House, door: Door, router: Router, limits: Limits) -> Running {
    run_behind(house, door, limits, (router, PATIENT)).await
}

async fn run_behind(house: &House, door: Door, limits: Limits, (router, terms): (Router, Terms)) -> Running {
    let tcp = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let refusals = Arc::new(Counted::default());
    let listener = Listener {
        door,
        doors: Arc::clone(&house.doors),
        limits,
        doorstep: Doorstep::new(terms),
        refusals: Arc::clone(&refusals) as Arc<_>,
    };
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(listener.serve(tcp, router, async move {
        let _ = stopped.await;
    }));
    Running { address, refusals, stop, served }
}

fn router() -> Router {
    async fn who(request: AxumRequest) -> String {
        let presented = request.extensions().get::<Presented>();
        let peer = presented.and_then(|p| p.0.as_ref().ok()).map(|p| p.device().to_string());
        let remote = request.extensions().get::<Remote>().is_some();
        format!("{peer:?} {remote}")
    }
    Router::new().route("/who", get(who)).route("/echo", post(|body: String| async move { body }))
}

#[tokio::test]
async fn a_request_learns_who_is_there_and_from_where() {
    let house = house();
    let devices = run(&house, Door::Devices, router()).await;
    let known = client(&house, Some(house.factory_identity()), ALPN_HTTP1);
    let reply = request(&known, devices.address, "GET /who HTTP/1.1", b"").await.unwrap();
    assert_eq!(reply.body, format!("Some(\"{}\") true", device()).into_bytes());
    let people = run(&house, Door::People, router()).await;
    let reply = request(&client(&house, None, ALPN_HTTP1), people.address, "GET /who HTTP/1.1", b"").await.unwrap();
    assert_eq!(reply.body, b"None true");
}

#[tokio::test]
async fn alpn_h2_is_answered_in_http_2() {
    let house = house();
    let people = run(&house, Door::People, router()).await;
    let stream = TcpStream::connect(people.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = client(&house, None, ALPN_H2).connect(name, stream).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!((head[3], head[4] & 1), (4, 0), "the first frame is SETTINGS (RFC 9113 §3.4)");
}

/// A stock client shakes hands with this version of TLS; true if it came through.
async fn openssl_connects(house: &House, address: SocketAddr, version: &'static str) -> bool {
    let write = |name: &str, label: &str, der: &[u8]| {
        let path = house.dir.path().join(name);
        std::fs::write(&path, crate::authority::secret_file::pem(label, der).as_bytes()).unwrap();
        path
    };
    let who = house.factory_identity();
    let mut openssl = std::process::Command::new("openssl");
    openssl.args(["s_client", version, "-brief", "-verify_return_error", "-verify_hostname", "localhost"]);
    openssl.args(["-alpn", "http/1.1", "-connect", &address.to_string()]);
    openssl.arg("-cert").arg(write("who.crt", "CERTIFICATE", &who.chain[0]));
    openssl.arg("-key").arg(write("who.key", "PRIVATE KEY", who.key.serialized_der()));
    openssl.arg("-CAfile").arg(write("ca.pem", "CERTIFICATE", &house.authority.ca_certificate()));
    openssl.stdin(std::process::Stdio::null());
    let output = tokio::task::spawn_blocking(move || openssl.output().expect("the openssl program is installed")).await;
    output.unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_client_is_admitted_with_tls_1_3_and_not_with_1_2() {
    let house = house();
    let devices = run(&house, Door::Devices, router()).await;
    assert!(openssl_connects(&house, devices.address, "-tls1_3").await);
    assert!(!openssl_connects(&house, devices.address, "-tls1_2").await);
    assert_eq!(devices.refused().await, ["tls-peer-incompatible"]);
}

#[tokio::test]
async fn a_door_without_a_client_certificate_stays_shut_and_counts_it() {
    let house = house();
    let devices = run(&house, Door::Devices, router()).await;
    let refused = request(&client(&house, None, ALPN_HTTP1), devices.address, "GET /who HTTP/1.1", b"").await;
    assert!(refused.is_err());
    assert_eq!(devices.refused().await, ["tls-client-certificate-missing"]);
}

#[tokio::test]
async fn whoever_is_slow_with_handshake_or_head_is_cut_off() {
    let house = house();
    let people = run_behind(&house, Door::People, AMPLE, (router(), Terms { handshake: SOON, ..PATIENT })).await;
    let mut mute = TcpStream::connect(people.address).await.unwrap();
    assert_eq!(mute.read(&mut [0; 1]).await.unwrap_or(0), 0, "closed without a handshake");
    assert_eq!(people.refused().await, ["tls-handshake-too-slow"]);
    let people = run_within(&house, Door::People, router(), Limits { head: SOON, ..AMPLE }).await;
    let stream = TcpStream::connect(people.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut slow = client(&house, None, ALPN_HTTP1).connect(name, stream).await.unwrap();
    slow.write_all(b"GET /who HTTP/1.1\r\nHost: lo").await.unwrap();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_stops_coming_or_is_too_large_ends_the_request() {
    let house = house();
    let people = run_within(&house, Door::People, router(), Limits { idle: SOON * 2, ..AMPLE }).await;
    let client = client(&house, None, ALPN_HTTP1);
    let large = request(&client, people.address, "POST /echo HTTP/1.1", &[b'x'; 1001]).await.unwrap();
    assert_eq!(large.status, 413);
    let stream = TcpStream::connect(people.address).await.unwrap();
    let mut slow = client.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    slow.write_all(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn more_connections_than_the_limit_wait_for_a_place() {
    let house = house();
    let people = run_behind(&house, Door::People, AMPLE, (router(), Terms { handshake: SOON * 10, ..PATIENT })).await;
    let mut idle = Vec::new();
    for _ in 0..AMPLE.connections_max {
        idle.push(TcpStream::connect(people.address).await.unwrap());
    }
    // All places are taken until the silent ones are cut off; then the next one is served.
    let reply = request(&client(&house, None, ALPN_HTTP1), people.address, "GET /who HTTP/1.1", b"").await.unwrap();
    assert_eq!(reply.status, 200);
    drop(idle);
    assert!(!people.refused().await.is_empty());
}

#[tokio::test]
async fn stopping_lets_open_requests_finish_and_takes_no_new_ones() {
    let house = house();
    let (entered, inside) = oneshot::channel();
    let (leave, left) = oneshot::channel::<()>();
    let once = Arc::new(Mutex::new(Some((entered, left))));
    let slow = move || {
        let taken = once.lock().unwrap().take();
        async move {
            let (entered, left) = taken.unwrap();
            entered.send(()).unwrap();
            left.await.unwrap();
            "finished"
        }
    };
    let people = run(&house, Door::People, Router::new().route("/slow", get(slow))).await;
    let (client, address) = (client(&house, None, ALPN_HTTP1), people.address);
    let asking = tokio::spawn(async move { request(&client, address, "GET /slow HTTP/1.1", b"").await });
    inside.await.unwrap();
    people.stop.send(()).unwrap();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    leave.send(()).unwrap();
    assert_eq!(asking.await.unwrap().unwrap().body, b"finished");
    people.served.await.unwrap();
}
