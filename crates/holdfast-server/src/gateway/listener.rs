//! Takes connections: hands each to the doorstep, does its TLS handshake, and starts one task for each.
//!
//! A returning fleet waits in the kernel's backlog and then at the doorstep (`crate::doorstep`), so memory stays flat and
//! nobody's try fails. Sessions are [`super::connection`]'s.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use super::connection;
use super::door::Door;
use super::identity::identity;
use super::limits::{ACCEPT_PAUSE, BACKLOG_CONNECTIONS, DRAIN_TIME_MAX, TLS_BUFFER_BYTES};
use super::metrics::Counters;

use crate::doorstep::Visit;
use crate::tls::Doors;
use crate::tls::witness::DoorName;

/// Opens the listening socket with a backlog that a returning fleet fits into.
///
/// # Errors
///
/// What the operating system says.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG_CONNECTIONS)
}

/// Accepts until `shutdown` resolves, then drains: commits finish, acknowledgements are sent, sessions are closed.
pub(super) async fn run(
    listener: TcpListener,
    tls: Arc<Doors>,
    door: Arc<Door>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(door.config.connections_max));
    let mut tasks = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => note_end(&door, &ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                        door.connections.refused(None, "connections-full");
                        continue;
                    };
                    let visit = match door.doorstep.arrive(from.ip()) {
                        Ok(visit) => visit,
                        Err(name) => {
                            door.connections.refused(None, name);
                            continue;
                        }
                    };
                    let shaking = shake_hands(stream, from, Arc::clone(&door), Arc::clone(&tls), visit);
                    tasks.spawn(async move {
                        serve_one(shaking).await;
                        drop(place);
                    });
                }
                Err(why) => {
                    tracing::warn!(error = %why, "mqtt.accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    drain(&door, tasks).await;
}

async fn drain(door: &Arc<Door>, mut tasks: JoinSet<()>) {
    door.begin_drain();
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            note_end(door, &ended);
        }
    };
    if timeout(DRAIN_TIME_MAX, all).await.is_err() {
        tracing::warn!(connections = tasks.len(), "mqtt.drain cut off");
        tasks.shutdown().await;
    }
}

fn note_end(door: &Door, ended: &Result<(), JoinError>) {
    if let Err(why) = ended
        && why.is_panic()
    {
        Counters::add(&door.connections.counters().faults, 1);
        tracing::error!(error = %why, "mqtt.connection panicked");
    }
}

/// Something to be awaited whose size does not count for who awaits it.
type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A connection whose handshake is done, counted for as long as it lives.
type Session = (Boxed<()>, Open);

/// Everything of one connection. An idle session does not carry the handshake's state: that is freed before.
async fn serve_one(shaking: Boxed<Option<Session>>) {
    if let Some((session, _open)) = shaking.await {
        session.await;
    }
}

/// The handshake of a connection, and then the session that follows from it.
fn shake_hands(
    stream: TcpStream,
    from: SocketAddr,
    door: Arc<Door>,
    doors: Arc<Doors>,
    mut visit: Visit,
) -> Boxed<Option<Session>> {
    Box::pin(async move {
        let counters = door.connections.counters();
        let handshake = async {
            stream.set_nodelay(true).map_err(|_| "tls-connection-lost")?;
            visit.handshake(stream, || doors.mqtt(), |tls| tls.set_buffer_limit(Some(TLS_BUFFER_BYTES))).await
        };
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = door.drain_begun() => return None,
        };
        let tls = match shaken {
            Ok(tls) => tls,
            Err(name) => {
                Counters::add(&counters.handshakes_failed, 1);
                door.connections.refused(None, name);
                return None;
            }
        };
        doors.witness().saw(DoorName::Mqtt, tls.get_ref().1);
        Counters::add(&counters.handshakes_ok, 1);
        Counters::add(&counters.connections, 1);
        let open = Open { door: Arc::clone(&door), _visit: visit };
        match identity(tls.get_ref().1, from.ip()) {
            Ok(identity) => Some((connection::serve(tls, identity, door), open)),
            Err(none) => {
                door.connections.refused(None, none.name());
                None
            }
        }
    })
}

/// Counts an open connection for as long as it lives, however it ends.
struct Open {
    door: Arc<Door>,
    _visit: Visit,
}

impl Drop for Open {
    fn drop(&mut self) {
        Counters::less_one(&self.door.connections.counters().connections);
    }
}
