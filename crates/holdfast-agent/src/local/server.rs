//! Listens on the private addresses of the device, and turns connections into questions for the agent's loop.
//!
//! Addresses come and go; listeners follow. A peer that is not of the local network, too fast, too many, too slow or
//! talking to another host's name is refused here, before anything of the device is touched.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::announce::Announcement;
use super::http::{self, BODY_BYTES_MAX, HEAD_BYTES_MAX, Method, Request, Response};
use super::identity::Identity;
use super::rates::Rates;
use super::{Asked, Settings, network, page, refusal};
use crate::clock;

/// Between two looks at the device's addresses.
const LOOK: Duration = Duration::from_secs(20);
/// The same while an address could not be listened on: it may be that whoever used it is just ending.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Time for the TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// Time for a whole request, and for a connection that waits for the next one.
const REQUEST_WITHIN: Duration = Duration::from_secs(15);
/// Time for an answer to leave.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// Requests on one connection.
const REQUESTS_MAX: usize = 64;
/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 16;
/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024;

/// What every connection needs.
#[derive(Debug)]
struct Door {
    identity: Identity,
    rates: Mutex<Rates>,
    asks: mpsc::Sender<Asked>,
}

/// A listener in its task; it closes when this is dropped, which is also when the door's own task is ended.
struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens until the task is ended.
pub(crate) async fn serve(settings: Settings, device: String, identity: Identity, asks: mpsc::Sender<Asked>) {
    let door = Arc::new(Door { identity, rates: Mutex::default(), asks });
    let mut open: BTreeMap<SocketAddr, Listening> = BTreeMap::new();
    let mut announced: (Vec<SocketAddr>, Option<Announcement>) = (Vec::new(), None);
    loop {
        let own = network::own_addresses(&settings.interfaces);
        open.retain(|address, listening| own.contains(address) && !listening.0.is_finished());
        for address in &own {
            if !open.contains_key(address)
                && let Some(listener) = listen(*address, settings.port)
            {
                let task = tokio::spawn(accept(listener, Arc::clone(&door)));
                open.insert(*address, Listening(task.abort_handle()));
            }
        }
        let listening: Vec<SocketAddr> = open.keys().copied().collect();
        if settings.announce && announced.0 != listening {
            announced.1 = None;
            let announcement = Announcement::start(&device, &door.identity, &listening, settings.port);
            announced = (listening, announcement);
        }
        if door.asks.is_closed() {
            return;
        }
        tokio::time::sleep(if open.len() < own.len() { LOOK_AGAIN } else { LOOK }).await;
    }
}

fn listen(mut address: SocketAddr, port: u16) -> Option<TcpListener> {
    address.set_port(port);
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() };
    let listener = socket.and_then(|socket| {
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    });
    match listener {
        Ok(listener) => {
            tracing::info!(local.address = %address, "local door open");
            Some(listener)
        }
        Err(why) => {
            tracing::warn!(local.address = %address, error = %why, "local door not opened");
            None
        }
    }
}

async fn accept(listener: TcpListener, door: Arc<Door>) {
    while let Ok((stream, peer)) = listener.accept().await {
        let peer = network::plain(peer.ip());
        let admitted = network::is_local(peer)
            && door.rates.lock().unwrap_or_else(PoisonError::into_inner).connect(peer, clock::monotonic());
        if admitted {
            let door = Arc::clone(&door);
            tokio::spawn(async move {
                let _ = talk(stream, peer, &door).await;
                door.rates.lock().unwrap_or_else(PoisonError::into_inner).disconnect(peer);
            });
        }
    }
}

/// One connection, from the handshake to its end.
async fn talk(stream: TcpStream, peer: IpAddr, door: &Door) -> std::io::Result<()> {
    let local = stream.local_addr()?;
    let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
    let acceptor = TlsAcceptor::from(Arc::clone(&door.identity.tls));
    let mut stream = tokio::time::timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await.map_err(late)??;
    let mut buffer = Vec::new();
    for count in 1..=REQUESTS_MAX {
        let request = tokio::time::timeout(REQUEST_WITHIN, next_request(&mut stream, &mut buffer)).await;
        let (response, keep_alive) = match request.map_err(late)?? {
            None => return Ok(()),
            Some(Err(malformed)) => {
                let (status, name) = malformed.name();
                (refusal(status, name), false)
            }
            Some(Ok(request)) => {
                let keep_alive = request.keep_alive && count < REQUESTS_MAX;
                (answer(request, local, peer, door).await, keep_alive)
            }
        };
        let bytes = response.to_bytes(keep_alive);
        let write = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        tokio::time::timeout(WRITE_WITHIN, write).await.map_err(late)??;
        if !keep_alive {
            break;
        }
    }
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.shutdown()).await;
    Ok(())
}

async fn next_request(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> std::io::Result<Option<Result<Request, http::Malformed>>> {
    loop {
        match http::parse(buffer) {
            Err(malformed) => return Ok(Some(Err(malformed))),
            Ok(Some((request, used))) => {
                buffer.drain(..used);
                return Ok(Some(Ok(request)));
            }
            Ok(None) => {}
        }
        let mut piece = [0_u8; READ_BYTES];
        let read = stream.read(&mut piece).await?;
        if read == 0 || buffer.len() > HEAD_BYTES_MAX + BODY_BYTES_MAX {
            return Ok(None);
        }
        buffer.extend_from_slice(piece.get(..read).unwrap_or_default());
    }
}

async fn answer(request: Request, local: SocketAddr, peer: IpAddr, door: &Door) -> Response {
    if !network::is_own_host(&request.host, local, &door.identity.host) {
        return refusal(421, "wrong-host");
    }
    // What a browser says of the site is its own word and no page's; the origin may be hidden (`null`) even from ourselves.
    let (foreign_site, foreign_origin) = match (request.site.as_deref(), request.origin.as_deref()) {
        (Some(site), _) => (!matches!(site, "same-origin" | "none"), false),
        (None, origin) => (false, origin.is_some_and(|origin| !network::is_own_origin(origin, &request.host))),
    };
    // A link on another page may lead a person here, so the page itself is given to any navigation.
    let is_front = matches!(request.path.as_str(), "/" | "/page") && request.method == Method::Get;
    if (foreign_site && !is_front) || foreign_origin {
        return refusal(403, "foreign-origin");
    }
    if let Some(file) = page::file(&request) {
        return file;
    }
    let fits = {
        let mut rates = door.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::monotonic();
        !rates.must_wait(peer, now) && rates.request(peer, now)
    };
    if !fits {
        return refusal(429, "too-many-requests");
    }
    let (reply, answer) = oneshot::channel();
    if door.asks.try_send(Asked { peer, request, reply }).is_err() {
        return refusal(503, "busy");
    }
    let response = answer.await.unwrap_or_else(|_| refusal(503, "busy"));
    if response.status == 401 {
        door.rates.lock().unwrap_or_else(PoisonError::into_inner).failed(peer, clock::monotonic());
    }
    response
}
