//! `bench pages`: how long the pages of the console take over a fleet of 100,000, beside the page that answers nothing.
//!
//! Asks every page of the route table, with parameters that exist, and the list of devices with each kind of filter: the
//! console's by one of the staff, the owner's pages by an owner, the public ones by nobody. A page is judged by the 99th
//! percentile of its answers, over one TLS connection, asked one after the other.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holdfast_server::authority::KeyTerms;
use holdfast_server::doorstep::Admission;
use holdfast_server::wiring::{Config, Server};
use holdfast_web::backend::Backend;
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;

use super::enrol::PROVIDER;
use super::house::{self, House};
use super::process::{Cores, Scratch};
use super::sheet::{Goal, Row, Sheet, median, percentile};
use super::town;
use super::{Fault, Terms, folk, say};
use crate::clock;

/// Longest run of the whole bench; a first run makes the fleet.
const BENCH_MAX: Duration = Duration::from_mins(30);
/// What a page may take.
const PAGE_MS_MAX: f64 = 300.0;
/// What we aim at.
const PAGE_MS_AIM: f64 = 100.0;
/// Answers that are not counted: the first ones fill caches.
const WARM: usize = 3;
/// Which town: another number is another content, and the old one is not used any more.
const TOWN: u32 = 3;
/// Pages that need what a town does not have: a code of a label, an account at a provider, a sign-in that is under way.
const MAY_BE_ABSENT: [&str; 5] = ["/c/", "/claims/", "/i/", "/sign-in/oidc", "/account/oidc"];
/// Reads that bound what a page can cost.
const RAW: [(&str, &str); 3] = [
    (
        "raw: the rows of one page of devices, bare SQLite",
        "select d.*, p.last_seen, p.online_until from device d left join presence p on p.device = d.id
         where d.id > '' order by d.id limit 51",
    ),
    ("raw: every device looked at once, bare SQLite", "select count(*) from device where software_slot = 'z'"),
    (
        "raw: every device with its presence looked at once, bare SQLite",
        "select count(*) from device d left join presence p on p.device = d.id where p.online_until < 0",
    ),
];
/// Pages that answer for as long as they are watched, or that are files.
const NOT_ASKED: [&str; 3] = ["/console/live", "/home/live", "/static/{version}/{name}"];

/// Arguments of `bench pages`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    #[command(flatten)]
    terms: Terms,
    /// Devices of the fleet.
    #[arg(short = 'n', long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    devices: u32,
    /// Answers of each page.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(3..=1_000))]
    answers: u16,
    /// Only addresses that hold this text.
    #[arg(long)]
    only: Option<String>,
}

/// Runs the bench and prints the result.
///
/// # Errors
///
/// If a part does not start; and, after the table, if a page is over the limit at the 99th percentile, or answers with a refusal.
pub fn run(args: &Args) -> Result<(), Fault> {
    super::run(&args.terms, BENCH_MAX, |cores| measure(args, cores))
}

async fn measure(args: &Args, cores: Cores) -> Result<Sheet, Fault> {
    let scratch = Scratch::make()?;
    let holdfast = house::find(args.terms.server.as_deref())?;
    let dir = args.terms.folder()?.join(format!("town-{TOWN}-{}", args.devices));
    let town = town::at(&dir, args.devices, &holdfast, &cores).await?;
    let routes = pages(&scratch).await?;
    let house = House::open_folder(&dir, &holdfast, &cores).await?;
    let ask = Asker::new(&house)?;
    let answers = usize::from(args.answers);
    let (healthz, raw) = (ask.times("/healthz", answers).await?, raw_limits(&house.state, answers)?);
    let beside = median(healthz.ms.clone());
    let mut sheet = Sheet::new("pages", "/healthz");
    let (mut over, mut broken, mut seen, mut runs) = (0, 0, BTreeMap::new(), Vec::new());
    let chosen = |path: &String| args.only.as_ref().is_none_or(|text| path.contains(text));
    for path in routes.iter().map(|route| town.fill(route)).chain(town.filters()).filter(chosen) {
        let times = ask.times(&path, answers).await?;
        let (mid, p99) = (median(times.ms.clone()), percentile(&times.ms, 99));
        *seen.entry(times.status).or_insert(0_u64) += 1;
        // What is not there has to be said as quickly.
        over += u64::from(p99 > PAGE_MS_MAX);
        let absent = path.ends_with("none") || MAY_BE_ABSENT.iter().any(|may| path.starts_with(may));
        broken += u64::from(times.status >= 500 || times.status >= 400 && !absent);
        let goal = Goal::AtMost { must: PAGE_MS_MAX, stretch: PAGE_MS_AIM };
        let figure = format!("{path} [{}] p50 {mid:.1}", times.status);
        sheet.row(Row::alone(&figure, p99, Some(beside), Some(goal)));
        runs.push(json!({
            "path": path, "status": times.status, "bytes": times.bytes, "p50_ms": mid, "p99_ms": p99,
        }));
    }
    for (figure, ms) in raw {
        sheet.row(Row::alone(figure, ms, Some(beside), None));
    }
    sheet.row(Row::counted("pages over 300 ms at p99", over, None, Some(Goal::Zero)));
    sheet.row(Row::counted("pages that were refused or failed", broken, None, Some(Goal::Zero)));
    let statuses: Vec<String> = seen.iter().map(|(status, count)| format!("{count} × {status}")).collect();
    sheet.note(format!(
        "{} devices, {} answers of each page one after the other over one TLS connection; milliseconds, p99. Answers: {}.",
        args.devices,
        args.answers,
        statuses.join(", ")
    ));
    sheet
        .note(format!("Yardstick: median of /healthz, which asks the store nothing, in the same run. {}.", cores.note));
    sheet.runs(json!(runs));
    Ok(sheet)
}

/// What the same rows cost without us: the store's file read by bare SQLite, on the side of the load.
fn raw_limits(state: &Path, answers: usize) -> Result<Vec<(&'static str, f64)>, Fault> {
    let fault = |why: rusqlite::Error| Fault::new("bare SQLite", why);
    let read_only = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let conn = rusqlite::Connection::open_with_flags(state.join("holdfast.db"), read_only).map_err(fault)?;
    let mut out = Vec::new();
    for (figure, text) in RAW {
        let mut statement = conn.prepare(text).map_err(fault)?;
        let columns = statement.column_count();
        let mut ms = Vec::with_capacity(answers);
        for at in 0..answers + WARM {
            let begun = clock::elapsed();
            let mut rows = statement.query([]).map_err(fault)?;
            while let Some(row) = rows.next().map_err(fault)? {
                for column in 0..columns {
                    row.get_ref(column).map_err(fault)?;
                }
            }
            if at >= WARM {
                ms.push(clock::elapsed().saturating_sub(begun).as_secs_f64() * 1e3);
            }
        }
        out.push((figure, median(ms)));
    }
    Ok(out)
}

/// Addresses of all pages, as the router knows them.
async fn pages(scratch: &Scratch) -> Result<Vec<&'static str>, Fault> {
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let config = Config {
        state: scratch.path("routes"),
        people: any,
        devices: any,
        mqtt: any,
        names: Vec::new(),
        attest_interval_s: house::NO_CHALLENGES_SECS,
        keys: KeyTerms::default(),
        admission: Admission::default(),
        settings: holdfast_server::settings::Settings::default(),
    };
    let server = Server::start(config).await.map_err(|why| Fault::new("a server to ask for its routes", why))?;
    let table = holdfast_web::route_table(Arc::clone(server.house()) as Arc<dyn Backend>);
    server.stop().await;
    let pages = table.into_iter().filter(|row| row.method == "GET" && !row.path.starts_with("/api/"));
    Ok(pages.map(|row| row.path).filter(|path| !NOT_ASKED.contains(path)).collect())
}

/// How long an address took, sorted.
struct Times {
    ms: Vec<f64>,
    status: u16,
    bytes: usize,
}

/// Who asks for a page.
enum Asks {
    Staff,
    Owner,
    Nobody,
}

impl Asks {
    fn of(path: &str) -> Self {
        if path.starts_with("/console") || path.starts_with("/api") {
            Self::Staff
        } else if path.starts_with("/home") || path.starts_with("/account") || path.starts_with("/claims") {
            Self::Owner
        } else {
            Self::Nobody
        }
    }
}

struct Asker {
    http: Client,
    base: String,
    token: String,
    owner: String,
}

impl Asker {
    fn new(house: &House) -> Result<Self, Fault> {
        let fault = |why: &dyn std::fmt::Display| Fault::new("the console", why);
        let ca = std::fs::read(house.state.join("ca.pem")).map_err(|why| fault(&why))?;
        let mut roots = RootCertStore::empty();
        for one in CertificateDer::pem_slice_iter(&ca) {
            roots.add(one.map_err(|why| fault(&why))?).map_err(|why| fault(&why))?;
        }
        let tls = ClientConfig::builder_with_provider(Arc::clone(&PROVIDER))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|why| fault(&why))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = Client::builder().tls_backend_preconfigured(tls).no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none()).build().map_err(|why| fault(&why))?;
        let port = house.doors.people.rsplit_once(':').map_or("", |(_, port)| port);
        Ok(Self {
            http,
            base: format!("https://localhost:{port}"),
            token: house.token()?,
            owner: folk::owner_secret().text(),
        })
    }

    async fn times(&self, path: &str, answers: usize) -> Result<Times, Fault> {
        let (mut ms, mut status, mut bytes) = (Vec::with_capacity(answers), 0, 0);
        for at in 0..answers + WARM {
            let begun = clock::elapsed();
            let asked = self.http.get(format!("{}{path}", self.base));
            let asked = match Asks::of(path) {
                Asks::Staff => asked.bearer_auth(&self.token),
                Asks::Owner => asked.header("cookie", format!("__Host-holdfast={}", self.owner)),
                Asks::Nobody => asked,
            };
            let answer = asked.send().await.map_err(|why| Fault::new(path, why))?;
            status = answer.status().as_u16();
            bytes = answer.bytes().await.map_err(|why| Fault::new(path, why))?.len();
            if at >= WARM {
                ms.push(clock::elapsed().saturating_sub(begun).as_secs_f64() * 1e3);
            }
        }
        ms.sort_by(f64::total_cmp);
        if status >= 500 {
            say(&format!("{path}: {status}"));
        }
        Ok(Times { ms, status, bytes })
    }
}

/// Whether the folder holds a fleet that was made to its end.
pub(super) fn is_made(dir: &Path) -> bool {
    dir.join("made").is_file()
}
