//! The running agent's ear for a person at the device: one JSON line in, one out, on a Unix socket in `state/` that its
//! owner and root alone reach. The command line uses it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};

use crate::durable;
use crate::fault::Fault;
use crate::layout::Layout;

/// Longest line in either direction.
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// Time for a conversation.
const WITHIN: Duration = Duration::from_secs(10);

/// What a person at the device wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Order {
    /// What waits for a confirmation.
    Waiting,
    /// Confirms it.
    Confirm {
        /// The six digits; without them whatever waits.
        code: Option<String>,
    },
    /// Denies it.
    Deny,
    /// All controllers.
    Controllers,
    /// Ends a controller.
    Revoke {
        /// Its id or the start of it.
        controller: String,
    },
    /// Back to the state of the factory.
    Reset,
    /// What the running agent knows that stands in no file.
    Status,
}

/// An order with the place of its answer.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) order: Order,
    pub(crate) reply: oneshot::Sender<Value>,
}

/// Reads an order.
pub(crate) fn parse(line: &[u8]) -> Option<Order> {
    serde_json::from_slice(line).ok()
}

/// A refusal as an answer.
pub(crate) fn refused(name: &str) -> Value {
    serde_json::json!({ "refused": name })
}

/// Listens until the task is ended. Without the socket the agent runs on: the command line says that it is not reached.
pub(crate) async fn serve(layout: Layout, orders: mpsc::Sender<Ordered>) {
    let path = layout.control();
    let bound =
        durable::remove(&path).and_then(|()| UnixListener::bind(&path).map_err(Fault::files("listen on", &path)));
    let listener = match bound {
        Ok(listener) => listener,
        Err(fault) => {
            tracing::warn!(fault.text = %fault, "no ear for the command line");
            return;
        }
    };
    let _ = std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    while let Ok((stream, _)) = listener.accept().await {
        let orders = orders.clone();
        tokio::spawn(tokio::time::timeout(WITHIN, converse(stream, orders)));
    }
}

async fn converse(stream: tokio::net::UnixStream, orders: mpsc::Sender<Ordered>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut line = Vec::new();
    tokio::io::BufReader::new(read.take(LINE_BYTES_MAX)).read_until(b'\n', &mut line).await.ok()?;
    let answer = match parse(&line) {
        None => refused("order-malformed"),
        Some(order) => {
            let (reply, answer) = oneshot::channel();
            orders.send(Ordered { order, reply }).await.ok()?;
            answer.await.ok()?
        }
    };
    write.write_all(format!("{answer}\n").as_bytes()).await.ok()
}

/// Whether an agent listens.
pub(crate) fn is_running(layout: &Layout) -> bool {
    UnixStream::connect(layout.control()).is_ok()
}

/// Asks the running agent; a refusal comes back as one.
pub(crate) fn ask(layout: &Layout, order: &Order) -> Result<Value, Fault> {
    let path = layout.control();
    let stream = UnixStream::connect(&path).map_err(|_| Fault::refused("agent-not-running"))?;
    let talk = || -> std::io::Result<Vec<u8>> {
        stream.set_read_timeout(Some(WITHIN))?;
        stream.set_write_timeout(Some(WITHIN))?;
        (&stream).write_all(format!("{}\n", serde_json::to_string(order)?).as_bytes())?;
        let mut line = Vec::new();
        BufReader::new((&stream).take(LINE_BYTES_MAX)).read_until(b'\n', &mut line)?;
        Ok(line)
    };
    let line = talk().map_err(Fault::files("speak with the agent on", &path))?;
    let answer: Value = serde_json::from_slice(&line).map_err(|why| Fault::content(&path, why))?;
    match answer.get("refused").and_then(Value::as_str) {
        Some(name) => Err(Fault::refused(name)),
        None => Ok(answer),
    }
}
