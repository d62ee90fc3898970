//! The doorstep on loopback, where every address of 127.0.0.0/8 is a host of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures_util::FutureExt as _;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::tls::ALPN_HTTP1;
use crate::tls::fixture::{House, client, house};

/// Small enough to be filled by a test.
const SMALL: Terms =
    Terms { seats: 16, seats_per_address: 4, waiting: 64, handshake: Duration::from_mins(1), ..Terms::MQTT };

struct Running {
    address: SocketAddr,
    doorstep: Doorstep,
    refused: Arc<Mutex<BTreeMap<&'static str, u32>>>,
    _served: JoinSet<()>,
}

impl Running {
    fn refused(&self, name: &str) -> u32 {
        self.refused.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

/// A door that says one byte to whoever came through.
async fn run(house: &House, terms: Terms) -> Running {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, doorstep, refused) = (tcp.local_addr().unwrap(), Doorstep::new(terms), Arc::default());
    let mut served = JoinSet::new();
    let (door, doors, names) = (doorstep.clone(), Arc::clone(&house.doors), Arc::clone(&refused));
    served.spawn(async move {
        let mut visits = JoinSet::new();
        let count = move |names: &Mutex<BTreeMap<_, u32>>, name| *names.lock().unwrap().entry(name).or_default() += 1;
        while let Ok((stream, from)) = tcp.accept().await {
            let (doors, names) = (Arc::clone(&doors), Arc::clone(&names));
            match door.arrive(from.ip()) {
                Ok(mut visit) => {
                    visits.spawn(async move {
                        match visit.handshake(stream, || doors.people(), |_| {}).await {
                            Ok(mut tls) => tls.write_all(b"+").await.unwrap_or_default(),
                            Err(name) => count(&names, name),
                        }
                    });
                }
                Err(name) => count(&names, name),
            }
        }
    });
    Running { address, doorstep, refused, _served: served }
}

async fn from(host: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(host.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// A whole handshake from this host, until the server has said its byte.
async fn comes_through(house: &House, host: &str, to: SocketAddr) {
    let stream = from(host, to).await;
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = client(house, None, ALPN_HTTP1).connect(name, stream).await.unwrap();
    assert_eq!(tls.read_u8().await.unwrap(), b'+');
}

async fn until(what: &str, mut look: impl FnMut() -> bool) {
    let looking = async {
        while !look() {
            tokio::task::yield_now().await;
        }
    };
    assert!(timeout(Duration::from_secs(20), looking).await.is_ok(), "waited in vain for {what}");
}

#[tokio::test]
async fn silent_connections_of_one_host_keep_no_other_host_out() {
    let house = house();
    let door = run(&house, SMALL).await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(from("127.0.0.66", door.address).await);
    }
    until("the flood to be refused", || door.refused("address-queue-full") > 0).await;
    let crowd = door.doorstep.crowd();
    assert!(crowd.unfinished <= SMALL.seats_per_address, "{crowd:?}");
    assert!(crowd.waiting <= SMALL.waiting, "{crowd:?}");
    for host in ["127.0.0.2", "127.0.0.3"] {
        comes_through(&house, host, door.address).await;
    }
    drop(silent);
    until("the flood to be forgotten", || door.doorstep.crowd().waiting == 0).await;
    comes_through(&house, "127.0.0.66", door.address).await;
}

#[tokio::test]
async fn handshakes_that_one_host_begins_and_never_ends_keep_no_other_host_out() {
    let house = house();
    let terms = Terms { handshakes_at_once: 4, seats: 64, seats_per_address: 16, ..SMALL };
    let door = run(&house, terms).await;
    let (connector, name) = (client(&house, None, ALPN_HTTP1), ServerName::try_from("localhost").unwrap());
    let mut begun = Vec::new();
    for _ in 0..16 {
        let mut handshake = Box::pin(connector.connect(name.clone(), from("127.0.0.66", door.address).await));
        // It says hello, and is not heard of again.
        assert!((&mut handshake).now_or_never().is_none());
        begun.push(handshake);
    }
    until("a handshake to begin", || door.doorstep.0.at_once.available_permits() < 4).await;
    until("all to have a seat", || door.doorstep.crowd().unfinished == 16).await;
    let through = timeout(Duration::from_secs(20), comes_through(&house, "127.0.0.2", door.address)).await;
    assert!(through.is_ok(), "one host holds every handshake that may run");
}

#[tokio::test]
async fn a_host_that_comes_too_often_is_closed_out_by_name_and_counted() {
    let house = house();
    let terms = Terms { arrivals_per_address: NonZeroU32::MIN, arrivals_burst: 2, ..SMALL };
    let door = run(&house, terms).await;
    for _ in 0..3 {
        comes_through(&house, "127.0.0.2", door.address).await;
    }
    let mut closed = from("127.0.0.2", door.address).await;
    assert_eq!(closed.read(&mut [0]).await.unwrap_or(0), 0);
    assert_eq!(door.refused("address-too-fast"), 1);
    comes_through(&house, "127.0.0.3", door.address).await;
}

#[tokio::test]
async fn more_than_the_ceiling_come_through_one_after_the_other() {
    let house = house();
    let terms =
        Terms { handshakes_per_second: NonZeroU32::new(40).unwrap(), seats: 64, seats_per_address: 64, ..SMALL };
    let door = run(&house, terms).await;
    let began = clock::monotonic().0;
    let all = (0..60).map(|n| {
        let (house, to) = (&house, door.address);
        async move { comes_through(house, &format!("127.0.1.{n}"), to).await }
    });
    futures_util::future::join_all(all).await;
    let took = clock::monotonic().0 - began;
    assert!(took >= 700, "60 handshakes at 40 a second took {took} ms");
    assert_eq!(*door.refused.lock().unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn the_home_of_a_safety_device_has_kept_places_when_all_others_are_taken() {
    let house = house();
    let door = run(&house, SMALL).await;
    let home = "127.0.0.2";
    let mut silent = vec![from(home, door.address).await];
    until("the home to be known", || door.doorstep.crowd().unfinished == 1).await;
    door.doorstep.safety_lives_at(home.parse().unwrap());
    for n in 0..SMALL.seats {
        silent.push(from(&format!("127.0.2.{n}"), door.address).await);
    }
    let everybody = SMALL.seats - SMALL.seats / KEPT_SHARE;
    until("the seats to be taken", || door.doorstep.crowd().unfinished == everybody).await;
    comes_through(&house, home, door.address).await;
    let crowd = door.doorstep.crowd();
    assert!(crowd.waiting > 0, "others still wait: {crowd:?}");
}
