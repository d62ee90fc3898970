//! A device whose clock is so far ahead that it takes the platform's certificate for expired.

use holdfast_core::cbor::{Reader, Rules};
use holdfast_core::statement::{Nonce, TimestampStatement};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// The platform lives so long before what the device's clock says.
const AHEAD_DAYS: i64 = 200;
/// What the platform's certificate is valid for, around its time.
const DAYS_EITHER_WAY: i64 = 45;

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_micros(clock::now().as_micros() - days * 86_400_000_000)
}

fn since_1970(at: Timestamp) -> std::time::Duration {
    std::time::Duration::from_secs(u64::try_from(at.as_micros() / 1_000_000).unwrap())
}

/// A platform of the past: its authority, and where it listens. It tells the time, over the nonce that it was sent or over
/// another one, and enrols nobody.
async fn platform(honest: bool) -> (CertificateDer<'static>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = date_time_ymd(1970, 1, 1) + since_1970(days_ago(AHEAD_DAYS + DAYS_EITHER_WAY));
    params.not_after = date_time_ymd(1970, 1, 1) + since_1970(days_ago(AHEAD_DAYS - DAYS_EITHER_WAY));
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(tcp).await else { continue };
            let mut request = Vec::new();
            let answer = loop {
                let mut piece = [0; 4_096];
                let count = stream.read(&mut piece).await.unwrap_or(0);
                request.extend_from_slice(&piece[..count]);
                if count == 0 || !request.starts_with(b"POST /device/v1/time ") {
                    break b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec();
                }
                let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                if let Some(statement) = told(&request[head + 4..], honest) {
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", statement.len());
                    break [head.into_bytes(), statement].concat();
                }
            };
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (authority.der().clone(), url)
}

/// The time, as soon as the question is whole.
fn told(question: &[u8], honest: bool) -> Option<Vec<u8>> {
    let mut reader = Reader::open(question, Rules::deterministic(128)).ok()?;
    reader.map(2).ok()?;
    reader.u64().ok()?;
    let nonce = Nonce::new(reader.bytes().ok()?).ok()?;
    reader.u64().ok()?;
    reader.u64().ok()?;
    let nonce = if honest { nonce } else { Nonce::new(&[0; 32]).unwrap() };
    let device = "hearth-0001".parse().unwrap();
    let time = days_ago(AHEAD_DAYS);
    let statement = TimestampStatement { trust_version: 1, time, counter: 1, nonce, device, assignment: None };
    Some(statement.sign(&SoftwareKey::ed25519(&[13; 32])).unwrap())
}

async fn brought(brought: &mut mpsc::Receiver<Brought>, agent: &mut Agent) -> String {
    match brought.recv().await.unwrap() {
        Brought::Credential(result) => {
            let name = result.as_ref().unwrap_err().name().to_owned();
            agent.credential_came(result);
            name
        }
        Brought::Time(result) => {
            agent.time_came(result);
            "time".to_owned()
        }
        Brought::Software(_) => "software".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_far_ahead_is_set_by_asking_the_time_and_then_the_platform_is_accepted() {
    let (authority, url) = platform(true).await;
    let (_dir, mut agent, mut brings) = agent_of(&url, &authority, days_ago(AHEAD_DAYS + 10));
    agent.connect().unwrap();
    assert_eq!(brought(&mut brings, &mut agent).await, "certificate-out-of-time", "nothing else is accepted from it");
    agent.connect().unwrap();
    assert_eq!(brought(&mut brings, &mut agent).await, "time");
    let off = agent.trusted_now().as_micros() - days_ago(AHEAD_DAYS).as_micros();
    assert!(off.abs() < 60_000_000, "{off}");
    assert!(agent.connection.deadline() <= Some(Millis(clock::monotonic().0 + KNOCKS_APART.0)), "at once");
    agent.connect().unwrap();
    assert_eq!(brought(&mut brings, &mut agent).await, "http-404", "its certificate is good now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_answers_another_question_changes_nothing() {
    let (authority, url) = platform(false).await;
    let (_dir, mut agent, mut brings) = agent_of(&url, &authority, days_ago(AHEAD_DAYS + 10));
    let floor = agent.record.value.time_floor_us;
    agent.connection.doubt_the_clock();
    agent.connect().unwrap();
    assert_eq!(brought(&mut brings, &mut agent).await, "time");
    assert_eq!((agent.clock_ahead_us, agent.record.value.time_floor_us), (0, floor));
    assert!(agent.connection.deadline() > Some(clock::monotonic()), "another try comes after a wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_over_before_the_latest_proven_time_is_not_even_asked_for_the_time() {
    let (authority, url) = platform(true).await;
    let (_dir, mut agent, mut brings) = agent_of(&url, &authority, days_ago(AHEAD_DAYS - DAYS_EITHER_WAY - 1));
    agent.connection.doubt_the_clock();
    agent.connect().unwrap();
    let Some(Brought::Time(result)) = brings.recv().await else { panic!("asked something else") };
    assert_eq!(result.unwrap_err().name(), "certificate-out-of-time");
}
