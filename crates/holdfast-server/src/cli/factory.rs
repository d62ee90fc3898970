//! `holdfast factory …`: the factory station. Files only; no server is met.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use holdfast_core::id::{BatchId, DeviceId, ProductId};
use serde_json::json;

use super::failure::{read_file, write_new};
use super::{Failure, Output};
use crate::app::chain;
use crate::clock;
use crate::factory::{self, FactoryError, Label, Station};

/// Largest file with a claim code.
const CLAIM_CODE_BYTES_MAX: u64 = 1024;
/// Largest certification request file.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast factory init --dir factory --maker hearth.example
  holdfast factory sign --dir factory --csr unit/keys/factory.csr.pem --device-id hearth-0001 --out unit/keys/factory.crt
  holdfast factory manifest --dir factory --product hearth-thermostat --device unit --out batch.json
  holdfast factory label unit --url https://my.hearth.example --out unit-label.svg";

/// Verbs of `factory`; none of them meets the server.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make the factory CA in an empty folder.
    Init {
        /// The folder; it will hold the CA's key.
        #[arg(long)]
        dir: PathBuf,
        /// The maker's name, as it stands in the certificates.
        #[arg(long)]
        maker: String,
    },
    /// Vouch for the key that a device made: issue its factory certificate (IDevID).
    Sign {
        /// The factory's folder.
        #[arg(long)]
        dir: PathBuf,
        /// The device's certification request, PEM.
        #[arg(long)]
        csr: PathBuf,
        /// The device's id.
        #[arg(long)]
        device_id: DeviceId,
        /// You have seen this device's TPM 2.0 (endorsement certificate and quote): its key lies in hardware. The
        /// manifest will say so.
        #[arg(long)]
        tpm: bool,
        /// Where the certificate goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Write the manifest of a batch: device ids, key thumbprints and salted hashes of claim codes.
    Manifest {
        /// The factory's folder.
        #[arg(long)]
        dir: PathBuf,
        /// The product made.
        #[arg(long)]
        product: ProductId,
        /// Folder of a device of the batch; say it once for each.
        #[arg(long, required = true, value_name = "DIR")]
        device: Vec<PathBuf>,
        /// Where the manifest goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the label of a unit: a QR code that opens its claim page, and the same code for people to read.
    Label {
        /// Folder of the device, with its file `claim-code`.
        unit: PathBuf,
        /// Where owners reach the server, such as `https://my.hearth.example`.
        #[arg(long)]
        url: String,
        /// A picture, or the lines for a printer that makes its own QR codes.
        #[arg(long, value_enum, default_value_t)]
        format: LabelFormat,
        /// Where the label goes; without it, to standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// How a label is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LabelFormat {
    /// A picture to print.
    #[default]
    Svg,
    /// The link, the code in groups, the device.
    Txt,
}

/// Runs the verb.
pub(super) fn run(verb: Verb, out: Output) -> Result<(), Failure> {
    match verb {
        Verb::Init { dir, maker } => {
            let station = factory::init(&dir, &maker, clock::now()).map_err(|why| refused(&why))?;
            let certificate = dir.join(factory::CA_CERT_FILE);
            let text = format!("Factory CA of {} made. Its certificate: {}", station.maker(), certificate.display());
            out.done(&text, &json!({"maker": station.maker(), "certificate": certificate}));
        }
        Verb::Sign { dir, csr, device_id, tpm, out: file } => {
            let station = Station::open(&dir).map_err(|why| refused(&why))?;
            let request = read_file(&csr, REQUEST_BYTES_MAX)?;
            let certificate = station.sign(&request, &device_id, clock::now()).map_err(|why| refused(&why))?;
            if tpm {
                station.saw_tpm(&device_id).map_err(|why| refused(&why))?;
            }
            write_new(&file, certificate.as_bytes())?;
            let text = format!("{device_id} has its factory certificate: {}", file.display());
            out.done(&text, &json!({"device": device_id.to_string(), "certificate": file}));
        }
        Verb::Manifest { dir, product, device, out: file } => {
            let station = Station::open(&dir).map_err(|why| refused(&why))?;
            let now = clock::now();
            let batch = BatchId::new(now, clock::random());
            let manifest = station.manifest(batch, &product, &device, now).map_err(|why| refused(&why))?;
            let text = manifest.to_json().map_err(Failure::fault)?;
            write_new(&file, text.as_bytes())?;
            let count = manifest.devices().len();
            let record = json!({"batch": batch.to_string(), "devices": count, "file": file});
            out.done(&format!("Batch {batch} with {count} devices: {}", file.display()), &record);
        }
        Verb::Label { unit, url, format, out: file } => label(&unit, &url, format, file, out)?,
    }
    Ok(())
}

fn label(unit: &Path, url: &str, format: LabelFormat, file: Option<PathBuf>, out: Output) -> Result<(), Failure> {
    let code = read_file(&unit.join("claim-code"), CLAIM_CODE_BYTES_MAX)?;
    let code = factory::claim_text(&code).map_err(|why| Failure::refused(why.name(), why.to_string()))?;
    let device = factory::device_of(&unit.join("keys/factory.crt"));
    let label = Label::new(url, code, device).map_err(|why| Failure::refused(why.name(), why.to_string()))?;
    let text = match format {
        LabelFormat::Svg => label.svg().map_err(|why| Failure::refused(why.name(), chain(&why)))?,
        LabelFormat::Txt => label.text(),
    };
    let Some(file) = file else {
        out.done(text.trim_end(), &json!({"label": text}));
        return Ok(());
    };
    write_new(&file, text.as_bytes())?;
    out.done(
        &format!("Label written: {}. Whoever reads it can claim the unit.", file.display()),
        &json!({"file": file}),
    );
    Ok(())
}

fn refused(why: &FactoryError) -> Failure {
    Failure::refused(why.name(), chain(why))
}
