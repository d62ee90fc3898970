//! Steps before a device is sold: server, maker's keys, product, factory.

use super::firmware::{self, Programs};
use super::stage::{Step, must};
use super::tools::at;
use super::world::{MAKER, PRODUCT, World};
use crate::cli::Failure;

/// Step 1: a server on empty state, and an administrator without a default account.
pub(super) async fn server(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    world.start_server().await?;
    step.fact("console", format!("https://{}", world.people));
    let log = world.dir.join("logs/server.log");
    let link = super::stage::until("the one-time link", std::time::Duration::from_secs(10), || async {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        Ok(text
            .split_whitespace()
            .find(|w| w.starts_with("https://") && w.contains("/sign-in?link="))
            .map(str::to_owned))
    })
    .await?;
    world.tools.holdfast(&["login", "--link", &link, "--ca", &world.path("server/ca.pem")]).await?;
    let again = world.tools.holdfast(&["login", "--link", &link, "--ca", &world.path("server/ca.pem")]).await;
    must(again.is_err(), || "the one-time link worked twice".to_owned())?;
    step.fact("one-time link", "worked once, refused the second time");
    step.held();
    Ok(())
}

/// Step 2: root keys 2 of 3, release keys 2 of 3, trust document, product.
pub(super) async fn maker(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    let tools = world.tools.clone();
    for (role, names) in [("root", ["ada", "ben", "cem"]), ("release", ["dia", "eli", "fay"])] {
        for name in names {
            let file = world.path(&format!("maker/{role}-{name}.key"));
            tools.holdfast(&["key", "create", "--role", role, "--out", &file]).await?;
        }
    }
    step.now("factory CA");
    tools.holdfast(&["factory", "init", "--dir", &world.path("factory"), "--maker", MAKER]).await?;
    step.now("trust document");
    let document = world.path("maker/trust-1.cose");
    let authority = world.path("maker/authority.json");
    tools.holdfast(&["trust", "authority", "--out", &authority]).await?;
    let keys: Vec<String> = ["root-ada", "root-ben", "root-cem", "release-dia", "release-eli", "release-fay"]
        .iter()
        .map(|name| world.path(&format!("maker/{name}.key")))
        .collect();
    let (roots, releases) = keys.split_at(3);
    let factory_ca = world.path("factory/factory-ca.pem");
    let mut create = vec!["trust", "create", "--maker", MAKER, "--authority", &authority, "--factory-ca", &factory_ca];
    for key in roots {
        create.extend(["--root", key]);
    }
    for key in releases {
        create.extend(["--release", key]);
    }
    create.extend(["--root-threshold", "2", "--release-threshold", "2", "--out", &document]);
    tools.holdfast(&create).await?;
    for key in roots.iter().take(2) {
        tools.holdfast(&["trust", "sign", &document, "--key", key]).await?;
    }
    let uploaded = tools.holdfast(&["trust", "upload", &document]).await?;
    step.fact("trust document", format!("version {}, root 2 of 3, release 2 of 3", at(&uploaded, "/version")));
    let model = world.path("maker/hearth-thermostat.tm.json");
    std::fs::write(&model, include_str!("../../../../examples/hearth-thermostat.tm.json")).map_err(Failure::fault)?;
    tools.holdfast(&["product", "create", PRODUCT, "--model", &model, "--vendor-domain", MAKER]).await?;
    step.fact("product", PRODUCT);
    dossier(world, &mut step).await?;
    step.held();
    Ok(())
}

/// Publishes what the public reads, extends the promise, and fails to shorten it.
async fn dossier(world: &World, step: &mut Step<'_>) -> Result<(), Failure> {
    step.now("what the public reads");
    let tools = world.tools.clone();
    let file = world.path("maker/hearth-thermostat.dossier.json");
    std::fs::write(&file, include_str!("../../../../examples/hearth-thermostat.dossier.json"))
        .map_err(Failure::fault)?;
    tools.holdfast(&["product", "describe", PRODUCT, &file, "--publish"]).await?;
    let extended = tools.holdfast(&["product", "extend", PRODUCT, "2035-12-31"]).await?;
    if tools.holdfast(&["product", "extend", PRODUCT, "2030-12-31"]).await.is_ok() {
        return Err(Failure::fault("a promise of support was shortened"));
    }
    let public = tools.holdfast(&["product", "public", PRODUCT]).await?;
    let until = at(&extended, "/support_until").as_str().unwrap_or_default().to_owned();
    step.fact(
        "support",
        format!("until {until}; made longer once, and shorter never: the try was refused and is in the ledger"),
    );
    step.fact("public page", at(&public, "/address").as_str().unwrap_or_default().to_owned());
    Ok(())
}

/// Makes, signs twice and uploads a release; returns its id.
pub(super) async fn release(
    world: &World,
    programs: &Programs,
    (number, sequence): (&str, &str),
    description: &str,
) -> Result<(String, u64), Failure> {
    let image = world.path(&format!("maker/image-{sequence}.tar"));
    let skip = sequence.parse::<usize>().unwrap_or(0) * 3;
    let bytes = firmware::write_image(programs, skip, image.as_ref())?;
    let manifest = world.path(&format!("maker/release-{sequence}.suit"));
    let tools = &world.tools;
    let create = [
        "release",
        "create",
        "--image",
        &image,
        "--product",
        PRODUCT,
        "--maker",
        MAKER,
        "--sequence",
        sequence,
        "--release-version",
        number,
        "--kind",
        "feature",
        "--description",
        description,
        "--health-deadline",
        "20",
        "--out",
        &manifest,
    ];
    tools.holdfast(&create).await?;
    tools.holdfast(&["release", "sign", &manifest, "--key", &world.path("maker/release-dia.key")]).await?;
    let mut upload = vec!["release", "upload", &manifest, "--image", &image, "--product", PRODUCT];
    upload.extend(["--urgency", "whenever", "--interruption", "1", "--to-do", "nothing", "--risk"]);
    upload.push("None that we know of: it is what your thermostat runs on.");
    let early = tools.holdfast(&upload).await;
    must(early.is_err(), || "a release with one signature of two was accepted".to_owned())?;
    tools.holdfast(&["release", "sign", &manifest, "--key", &world.path("maker/release-fay.key")]).await?;
    let made = tools.holdfast(&upload).await?;
    let id = at(&made, "/id").as_str().unwrap_or_default().to_owned();
    must(!id.is_empty(), || format!("the server gave the release no id: {made}"))?;
    Ok((id, bytes))
}

/// Step 3: each device makes its key; the factory CA vouches for it; the manifest is imported.
pub(super) async fn factory(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    let tools = world.tools.clone();
    let (id, bytes) =
        release(world, &firmware::THERMOSTAT_V1, ("1.0.0", "1"), "The software your thermostat came with.").await?;
    world.release_1 = id;
    step.fact("release 1", format!("{:.1} MB, signed 2 of 3, refused with 1", mb(bytes)));
    let mut manifest = vec!["factory".to_owned(), "manifest".to_owned()];
    let factory = world.path("factory");
    for home in &world.homes {
        step.now(&home.id);
        let dir = home.dir.to_string_lossy().into_owned();
        let inside = |rest: &str| home.dir.join(rest).to_string_lossy().into_owned();
        let init = [
            "init",
            "--dir",
            &dir,
            "--device-id",
            &home.id,
            "--product",
            PRODUCT,
            "--maker",
            MAKER,
            "--devices-url",
            &format!("https://{}", world.devices.replace("127.0.0.1", "localhost")),
            "--mqtt-addr",
            &world.mqtt.replace("127.0.0.1", "localhost"),
            "--reconnect-max-ms",
            "3000",
            "--poll-ms",
            "5000",
        ];
        tools.agent(&init).await?;
        let (csr, crt) = (inside("keys/factory.csr.pem"), inside("keys/factory.crt"));
        let sign = ["factory", "sign", "--dir", &factory, "--csr", &csr, "--device-id", &home.id, "--out", &crt];
        tools.holdfast(&sign).await?;
        std::fs::create_dir_all(home.dir.join("trust")).map_err(Failure::fault)?;
        std::fs::copy(world.path("maker/trust-1.cose"), inside("trust/1.cose")).map_err(Failure::fault)?;
        let (image, suit) = (world.path("maker/image-1.tar"), world.path("maker/release-1.suit"));
        tools.agent(&["install-factory", "--dir", &dir, "--image", &image, "--manifest", &suit]).await?;
        manifest.extend(["--device".to_owned(), dir]);
    }
    let file = world.path("factory/batch-1.json");
    for word in ["--dir", &factory, "--product", PRODUCT, "--out", &file] {
        manifest.push(word.to_owned());
    }
    let words: Vec<&str> = manifest.iter().map(String::as_str).collect();
    tools.holdfast(&words).await?;
    let batch = tools.holdfast(&["batch", "import", &file]).await?;
    step.fact("devices in the batch", at(&batch, "/devices").to_string());
    let listed = tools.holdfast(&["device", "list", "--state", "preauthorised"]).await?;
    let count = listed.as_array().map_or(0, Vec::len);
    must(count == world.homes.len(), || format!("{count} devices are preauthorised: {listed}"))?;
    let code = std::fs::read_to_string(world.home(0).join("claim-code")).map_err(Failure::fault)?;
    let listed = std::fs::read_to_string(&file).map_err(Failure::fault)?;
    must(code.trim().len() >= 26 && !listed.contains(code.trim()), || "a claim code left the factory".to_owned())?;
    step.fact("claim codes", "only their salted hashes left the factory");
    step.held();
    Ok(())
}

/// Bytes as megabytes.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(super) fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
