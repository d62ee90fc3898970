//! Serves every page over made-up data on port 8099 of localhost, to be looked at. For development only: the sample
//! accepts a sign-in link that is printed here.

#[path = "../tests/it/samples.rs"]
mod samples;

use std::sync::Arc;
use std::time::Duration;

use holdfast_core::id::DeviceId;
use holdfast_core::time::Timestamp;
use holdfast_web::backend::fleet::Fleet as _;
use holdfast_web::backend::{LiveEvent, integrity::Integrity as _};
use holdfast_web::secret::Secret;
use samples::homes::{CODE, claim_id};
use samples::{Fill, Sample};

#[expect(clippy::disallowed_methods, reason = "a preview shows the real time; no product code uses it")]
fn clock() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

async fn tell(sample: Arc<Sample>) {
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    loop {
        beat.tick().await;
        if let Ok(pulse) = sample.pulse() {
            let _unheard = sample.news.send(LiveEvent::Pulse(pulse));
        }
        if let (Ok(device), Ok(stream)) = ("hearth-0001".parse(), "climate".parse()) {
            let _unheard = sample.news.send(LiveEvent::Device(DeviceId::clone(&device)));
            let _unheard = sample.news.send(LiveEvent::Telemetry { device, stream, at: clock() });
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "says where to look")]
async fn main() -> std::io::Result<()> {
    let fill = if std::env::args().any(|word| word == "--empty") { Fill::Empty } else { Fill::Busy };
    let port = std::env::args().find_map(|word| word.parse::<u16>().ok()).unwrap_or(8099);
    let sample = Arc::new(Sample::new(fill, clock));
    sample.count_refusal("preview-started");
    tokio::spawn(tell(Arc::clone(&sample)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let port = listener.local_addr()?.port();
    println!("http://localhost:{port}/sign-in?link={}", samples::good_link().text());
    // Pages to which a label, a message or a claim under way leads, and no link.
    println!("page anybody /c/{CODE}");
    println!("page anybody /i/{}", Secret::from_random([0x17; 32]).text());
    println!("page anybody /account/not-me?code={}", samples::good_link().text());
    for n in 1..=4 {
        println!("page owner /claims/{}", claim_id(n));
    }
    println!("page owner /c/{CODE}");
    for role in samples::ROLES {
        println!("cookie {} {}", role.name(), samples::secret_of(role, false).text());
    }
    axum::serve(listener, holdfast_web::router(sample)).await
}
