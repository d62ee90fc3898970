//! A unit in a home: claimed by its label and its button, used by its owner, given away, claimed by the next one.

use std::time::Duration;

use super::living::ledger_kinds;
use super::stage::{Step, must, until};
use super::tools::{Tools, at};
use super::world::World;
use crate::cli::Failure;
use crate::clock;

/// Longest wait for something that takes seconds.
const SOON: Duration = Duration::from_mins(1);
/// Pause between two presses, and longer than a press takes to arrive.
const PRESS: Duration = Duration::from_millis(500);
/// Pause before a device that is not ready yet is claimed once more.
const AGAIN: Duration = Duration::from_secs(1);
/// Why a device that comes back from erasing itself cannot be asked yet.
const NOT_YET: [&str; 3] = ["device-not-erased", "device-offline", "device-not-ready"];
/// The unit that is sold: nothing else was done to it.
const SOLD: usize = 0;

/// Step 8: from the label to an owner, and on to the next.
pub(super) async fn claim_and_release(world: &mut World, mut step: Step<'_>) -> Result<(), Failure> {
    let device = world.id(SOLD).to_owned();
    let code = std::fs::read_to_string(world.home(SOLD).join("claim-code")).map_err(Failure::fault)?;
    let code = code.trim();
    let (ada, ben) = (owner(world, "Ada").await?, owner(world, "Ben").await?);
    let begun = clock::monotonic().0;
    step.now("Ada scans the label and presses the button");
    claim(world, &ada, code).await?;
    step.fact("claimed", format!("{device}: by its label and its button, {} ms", clock::monotonic().0 - begun));
    let other = ben.holdfast(&["home", "show", &device]).await;
    must(other.is_err(), || "somebody else saw the device of a home".to_owned())?;
    step.now("a setting from the owner's side");
    ada.holdfast(&["home", "set", &device, "targetTemperature=19.5"]).await?;
    until("the device to do as its owner wants", SOON, || async {
        let shadow = world.tools.holdfast(&["shadow", "show", &device]).await?;
        Ok((at(&shadow, "/reported/targetTemperature").as_f64() == Some(19.5)).then_some(()))
    })
    .await?;
    step.fact("set by its owner", "targetTemperature 19.5; nobody else may");
    step.now("given away; the device erases itself");
    let diary = world.home(SOLD).join("data/diary");
    std::fs::write(&diary, "what Ada's home was like").map_err(Failure::fault)?;
    ada.holdfast(&["home", "release", &device, "--yes"]).await?;
    until("the receipt of the erased device", SOON, || async {
        let kinds = ledger_kinds(world, &device).await?;
        Ok(["device-wiped", "home-data-deleted"].iter().all(|kind| kinds.contains(*kind)).then_some(()))
    })
    .await?;
    must(!diary.exists(), || "data of the earlier home is left on the device".to_owned())?;
    step.fact("given away", format!("{device} erased itself, its receipt is in the ledger"));
    step.now("the next owner");
    claim(world, &ben, code).await?;
    let gone = ada.holdfast(&["home", "show", &device]).await;
    must(gone.is_err(), || "the earlier owner still sees the device".to_owned())?;
    step.fact("claimed again", "the same label, by the next owner alone");
    step.held();
    Ok(())
}

/// Somebody with an account of their own, who came by a one-time link.
async fn owner(world: &World, name: &str) -> Result<Tools, Failure> {
    let link = world.tools.holdfast(&["link", "--name", name, "--role", "owner"]).await?;
    let tools = world.tools.of(world.dir.join(format!("maker/{name}.toml")));
    let url = at(&link, "/url").as_str().unwrap_or_default();
    tools.holdfast(&["login", "--link", url, "--ca", &world.path("server/ca.pem")]).await?;
    Ok(tools)
}

/// Claims the unit while somebody presses its button; asked again as long as the device is not ready for a question.
async fn claim(world: &World, who: &Tools, code: &str) -> Result<(), Failure> {
    let button = world.home(SOLD).join("data/button");
    let pressing = async {
        loop {
            let _ = std::fs::write(&button, "");
            tokio::time::sleep(PRESS).await;
        }
    };
    let claimed = until("a claim that somebody confirmed at the device", SOON, || async {
        match who.holdfast(&["home", "claim", code]).await {
            Ok(claim) => Ok((at(&claim, "/state") == "done").then_some(())),
            Err(why) if NOT_YET.iter().any(|name| why.text.contains(name)) => {
                tokio::time::sleep(AGAIN).await;
                Ok(None)
            }
            Err(why) => Err(why),
        }
    });
    tokio::select! {
        claimed = claimed => claimed,
        never = pressing => never,
    }
}
