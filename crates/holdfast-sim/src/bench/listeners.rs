//! Connected devices that only listen: what each was told, and when. And a publisher at the broker, the yardstick's way
//! to tell devices something.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use holdfast_core::mqtt::packet::{Connect, Delivery, Packet, PacketId, Publish, Version};
use holdfast_core::mqtt::property::Properties;
use holdfast_core::topic::DownChannel;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Fault;
use super::guest::{CALM, Guest};
use crate::clock;

/// Time for all devices to connect.
const CONNECT_WITHIN: Duration = Duration::from_mins(5);

/// One message to one device.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    /// Which device, by place.
    pub(super) device: usize,
    pub(super) channel: DownChannel,
    pub(super) at: Duration,
}

#[derive(Default)]
struct Book {
    heard: Mutex<Vec<Heard>>,
    ready: Mutex<usize>,
    failed: Mutex<Option<Fault>>,
    bell: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Devices that listen, until [`Listeners::leave`].
pub(super) struct Listeners {
    book: Arc<Book>,
    end: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Listeners {
    pub(super) async fn connect(guests: &[Guest], address: &str) -> Result<Self, Fault> {
        let book = Arc::new(Book::default());
        let (end, ended) = watch::channel(false);
        let calm = Arc::new(Semaphore::new(CALM));
        let mut tasks = JoinSet::new();
        for (device, guest) in guests.iter().cloned().enumerate() {
            let (book, calm, ended, address) =
                (Arc::clone(&book), Arc::clone(&calm), ended.clone(), address.to_owned());
            tasks.spawn(async move { listen(device, &guest, &address, &book, &calm, ended).await });
        }
        let listeners = Self { book, end, tasks };
        let begun = clock::elapsed();
        while *lock(&listeners.book.ready) < guests.len() {
            listeners.well()?;
            if clock::elapsed().saturating_sub(begun) > CONNECT_WITHIN {
                return Err(Fault::new("devices", "not all could connect in time"));
            }
            let _ = tokio::time::timeout(Duration::from_millis(200), listeners.book.bell.notified()).await;
        }
        Ok(listeners)
    }

    fn well(&self) -> Result<(), Fault> {
        lock(&self.book.failed).take().map_or(Ok(()), Err)
    }

    /// Waits until so many devices heard something on this channel, or the time is over; then forgets and gives it all.
    pub(super) async fn collect(
        &self,
        channel: DownChannel,
        devices: usize,
        within: Duration,
    ) -> Result<Vec<Heard>, Fault> {
        let begun = clock::elapsed();
        loop {
            self.well()?;
            // Only when there may be enough of them are the devices told apart.
            let told: BTreeSet<usize> = {
                let heard = lock(&self.book.heard);
                let enough = heard.len() >= devices;
                heard.iter().filter(|heard| enough && heard.channel == channel).map(|heard| heard.device).collect()
            };
            let waited = clock::elapsed().saturating_sub(begun);
            if told.len() >= devices || waited >= within {
                return Ok(self.take());
            }
            let _ = tokio::time::timeout(Duration::from_millis(50).min(within), self.book.bell.notified()).await;
        }
    }

    /// What was heard since it was asked last.
    pub(super) fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *lock(&self.book.heard))
    }

    pub(super) async fn leave(mut self) {
        self.end.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn listen(
    device: usize,
    guest: &Guest,
    address: &str,
    book: &Book,
    calm: &Semaphore,
    mut ended: watch::Receiver<bool>,
) {
    let permit = calm.acquire().await.ok();
    let opened = guest.connect(address).await;
    drop(permit);
    let mut line = match opened {
        Ok(line) => line,
        Err(why) => {
            *lock(&book.failed) = Some(Fault::new(guest.id.as_str(), why));
            return;
        }
    };
    *lock(&book.ready) += 1;
    book.bell.notify_one();
    loop {
        let heard = tokio::select! {
            heard = line.hear() => heard,
            _ = ended.changed() => break line.leave().await,
        };
        let at = clock::elapsed();
        if !line.told.is_empty() {
            lock(&book.heard).extend(line.told.drain(..).map(|channel| Heard { device, channel, at }));
            book.bell.notify_one();
        }
        let sent = match heard {
            Ok(()) => line.write().await,
            Err(why) => Err(why),
        };
        if let Err(why) = sent {
            *lock(&book.failed) = Some(Fault::new(guest.id.as_str(), why));
            return;
        }
    }
}

/// Somebody at the broker who publishes to devices.
pub(super) struct Publisher {
    tls: TlsStream<TcpStream>,
    next: u16,
}

impl Publisher {
    /// Connects with a certificate that the broker accepts.
    pub(super) async fn connect(identity: &Guest, address: &str) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("publisher", why);
        let tcp = TcpStream::connect(address).await.map_err(|why| fault(&why))?;
        tcp.set_nodelay(true).map_err(|why| fault(&why))?;
        let name = ServerName::try_from("localhost").map_err(|why| fault(&why))?;
        let mut tls = TlsConnector::from(identity.tls()).connect(name, tcp).await.map_err(|why| fault(&why))?;
        let connect = Connect {
            version: Version::V5,
            clean_start: true,
            keep_alive_secs: 0,
            client_id: "publisher",
            will: None,
            user_name: None,
            password: None,
            properties: Properties::NONE,
        };
        let mut out = Vec::new();
        Packet::Connect(connect).encode(Version::V5, &mut out).map_err(|why| fault(&why))?;
        tls.write_all(&out).await.map_err(|why| fault(&why))?;
        tls.flush().await.map_err(|why| fault(&why))?;
        let mut answer = [0; 256];
        // CONNACK (MQTT 5.0 §3.2): its second byte of content is the reason, 0 for success.
        match tls.read(&mut answer).await {
            Ok(read) if read >= 4 && answer.first() == Some(&0x20) && answer.get(3) == Some(&0) => {
                Ok(Self { tls, next: 0 })
            }
            other => Err(fault(&format!("not let in: {other:?}"))),
        }
    }

    /// Publishes the same to all these devices at quality of service 1, in one write, and waits until each was
    /// acknowledged.
    pub(super) async fn publish(
        &mut self,
        guests: &[Guest],
        channel: DownChannel,
        payload: &[u8],
    ) -> Result<(), Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("publisher", why);
        let mut out = Vec::new();
        for guest in guests {
            self.next = self.next.checked_add(1).unwrap_or(1);
            let packet_id = PacketId(NonZeroU16::new(self.next).unwrap_or(NonZeroU16::MIN));
            let delivery = Delivery::AtLeastOnce { packet_id, dup: false };
            let topic = channel.topic_of(&guest.id);
            let message = Publish { delivery, retain: false, topic: &topic, properties: Properties::NONE, payload };
            Packet::Publish(message).encode(Version::V5, &mut out).map_err(|why| fault(&why))?;
        }
        self.tls.write_all(&out).await.map_err(|why| fault(&why))?;
        self.tls.flush().await.map_err(|why| fault(&why))?;
        // A PUBACK with success has four bytes.
        let mut owed = guests.len() * 4;
        let mut answers = vec![0; 16 * 1_024];
        while owed > 0 {
            let read = self.tls.read(&mut answers).await.map_err(|why| fault(&why))?;
            if read == 0 {
                return Err(fault(&"the broker closed the connection"));
            }
            owed = owed.saturating_sub(read);
        }
        Ok(())
    }
}
