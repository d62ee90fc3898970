//! A device from its label to its next owner, with the real agent: claimed with its button, contested, shared, given away,
//! erased, claimed anew.

use reqwest::Method;
use serde_json::{Value, json};

use crate::agent::Home;
use crate::api::Api;
use crate::maker::{image_of, release};
use crate::world::{World, until};

const DEVICE: &str = "/api/v1/home/devices/hearth-0001";
/// An application with a button: whoever is beside it presses as soon as the device asks, unless a file says no.
pub(crate) const BUTTON: &str = "#!/bin/sh
while read -r line; do
  case \"$line\" in
    *'\"what\":\"claim\"'*) if [ -e \"$HOLDFAST_DATA/no\" ]; then echo '{\"button\":\"deny\"}'; else echo '{\"button\":\"confirm\"}'; fi;;
  esac
done
";

/// Somebody with a private account, signed in with a browser.
pub(crate) async fn somebody(world: &World, name: &str) -> Api {
    let link = world.admin.post("/api/v1/sign-in-links", json!({"name": name, "role": "owner"})).await.ok();
    let browser = world.nobody();
    browser.sign_in(link["url"].as_str().unwrap()).await.ok();
    browser
}

/// A device with this application, which the maker has published: else its evidence would contradict every release.
pub(crate) async fn made(world: &World, application: &str) -> Home {
    let image = image_of(application);
    let facts = release(1, &image);
    world.put_artifact(&facts.image_digest.to_string(), image.clone()).await.ok();
    world.explain(&facts).await.ok();
    world.publish(world.maker.signed(&facts)).await.ok();
    Home::with_image(world, image).await
}

pub(crate) fn code_of(home: &Home) -> String {
    std::fs::read_to_string(home.dir.join("claim-code")).unwrap().trim().to_owned()
}

/// The version of the privacy notice that the label's card shows.
async fn notice_of(who: &Api, code: &str) -> Value {
    who.post("/api/v1/claims/card", json!({"code": code})).await.body["notice"].clone()
}

/// Claims the device, as soon as it is connected and ready for it.
pub(crate) async fn claim(who: &Api, code: &str) -> String {
    let begun = until("a claim that the device is asked about", || async {
        let reply = who.post("/api/v1/claims", json!({"code": code, "notice": notice_of(who, code).await})).await;
        (reply.status == 200).then_some(reply.body)
    });
    begun.await["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn stands(who: &Api, claim: &str, state: &str) -> Value {
    until(&format!("a claim that is {state}"), || async {
        let claim = who.get(&format!("/api/v1/claims/{claim}")).await.ok();
        (claim["state"] == state).then_some(claim)
    })
    .await
}

async fn mine(who: &Api) -> Vec<Value> {
    who.get("/api/v1/home/devices").await.ok()["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_goes_from_its_label_to_its_owner_and_on_to_the_next_one() {
    let world = World::with_product().await;
    let mut home = made(&world, BUTTON).await;
    home.start();
    let slot = home.proven(None).await;
    let (ada, ben, cleo) =
        (somebody(&world, "Ada").await, somebody(&world, "Ben").await, somebody(&world, "Cleo").await);
    let code = code_of(&home);

    // The button of the device makes it Ada's.
    let first = claim(&ada, &code).await;
    stands(&ada, &first, "done").await;
    assert_eq!(mine(&ada).await[0]["place"], "owner");
    assert_eq!(ben.get(&format!("/api/v1/claims/{first}")).await.status, 404, "somebody else's claim");
    assert_eq!(ben.get(&format!("{DEVICE}/household")).await.name(), "device-unknown");
    assert_eq!(
        ada.post("/api/v1/claims", json!({"code": code, "notice": notice_of(&ada, &code).await})).await.name(),
        "already-yours"
    );

    // Ben holds it too, presses, and still has to wait: Ada is asked, and objects.
    let second = claim(&ben, &code).await;
    stands(&ben, &second, "waiting-period").await;
    assert!(mine(&ben).await.is_empty(), "nothing is his");
    let household = ada.get(&format!("{DEVICE}/household")).await.ok();
    assert_eq!(household["contested"]["claim"], second.as_str());
    assert_eq!(cleo.delete(&format!("/api/v1/claims/{second}")).await.status, 404, "none of Cleo's business");
    ada.delete(&format!("/api/v1/claims/{second}")).await.ok();
    assert_eq!(stands(&ben, &second, "refused").await["why"], "objected");

    // Ben is invited instead, once.
    let rights = json!({"control": false, "manage_updates": false, "see_data": true});
    let made = ada.post(&format!("{DEVICE}/invitations"), rights).await.ok();
    let secret = made["url"].as_str().unwrap().trim_start_matches("/i/").to_owned();
    ben.post("/api/v1/home/join", json!({"invitation": secret})).await.ok();
    assert_eq!(cleo.post("/api/v1/home/join", json!({"invitation": secret})).await.name(), "invitation-unknown");
    assert_eq!(mine(&ben).await[0]["rights"]["see_data"], true);
    assert_eq!(ben.post(&format!("{DEVICE}/release"), json!({})).await.name(), "not-the-owner");

    let wish = json!({"desired": {"targetTemperature": 21.5}});
    let path = "/api/v1/devices/hearth-0001/shadow";
    Api::send(world.admin.request(Method::PATCH, path).json(&wish)).await.ok();

    // Ada gives it away: nobody is left, the device erases itself and comes back with another key.
    let before = home.key(&slot);
    ada.post(&format!("{DEVICE}/release"), json!({})).await.ok();
    assert!(mine(&ada).await.is_empty() && mine(&ben).await.is_empty());
    let kinds = until("the wipe's receipt and the end of what was kept here", || async {
        let kinds = world.kinds_from(0).await;
        ["device-wiped", "home-data-deleted"]
            .iter()
            .all(|kind| kinds.iter().any(|known| known == kind))
            .then_some(kinds)
    })
    .await;
    let slot = home.proven(None).await;
    assert_ne!(home.key(&slot), before, "the operational key is another one");
    for kind in ["claim-begun", "device-claimed", "claim-contested", "claim-ended", "member-invited", "member-joined"] {
        assert!(kinds.iter().any(|known| known == kind), "{kind}: {kinds:?}");
    }
    assert!(!kinds.iter().any(|kind| kind == "clone-suspected"), "{kinds:?}");
    let shadow = world.admin.get("/api/v1/devices/hearth-0001/shadow").await.ok();
    assert_eq!(shadow["desired"], json!({}), "what Ada wished is gone: {shadow}");

    // The code works again, for Cleo.
    let third = claim(&cleo, &code).await;
    stands(&cleo, &third, "done").await;
    assert_eq!(mine(&cleo).await.len(), 1);
    home.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_the_device_can_say_no_and_an_offline_device_is_named() {
    let world = World::with_product().await;
    let mut home = made(&world, "#!/bin/sh\nexec sleep 600\n").await;
    let (ada, code) = (somebody(&world, "Ada").await, code_of(&home));
    assert_eq!(
        ada.post("/api/v1/claims", json!({"code": code, "notice": notice_of(&ada, &code).await})).await.name(),
        "device-not-ready"
    );
    assert_eq!(ada.post("/api/v1/claims", json!({"code": "A".repeat(32)})).await.name(), "code-unknown");
    // Who has the label and no account learns nothing of whether somebody is at home.
    let card = async || {
        let page = world.nobody().request(Method::GET, &format!("/c/{code}")).send().await.unwrap();
        page.text().await.unwrap()
    };
    let away = card().await;
    assert!(away.contains("Thermostat"), "{away}");
    home.start();
    home.proven(None).await;
    assert_eq!(card().await, away, "the card of a connected device reads like that of one that is away");

    // By the command line at the device, with the digits that both sides show.
    let refused = claim(&ada, &code).await;
    let digits = stands(&ada, &refused, "waiting-for-device").await["digits"].as_str().unwrap().to_owned();
    until("the device to ask", || async {
        let waiting = home.command(&["local", "waiting", "-o", "json"]).output().unwrap();
        String::from_utf8_lossy(&waiting.stdout).contains(&digits).then_some(())
    })
    .await;
    let other = somebody(&world, "Ben").await;
    assert_eq!(
        other.post("/api/v1/claims", json!({"code": code, "notice": notice_of(&other, &code).await})).await.name(),
        "claim-waits"
    );
    assert!(home.command(&["local", "deny"]).output().unwrap().status.success());
    assert_eq!(stands(&ada, &refused, "refused").await["why"], "denied");

    let again = Api::send(ada.request(Method::POST, &format!("/api/v1/claims/{refused}/again")).json(&json!({})));
    let again = again.await.ok()["id"].as_str().unwrap().to_owned();
    let digits = stands(&ada, &again, "waiting-for-device").await["digits"].as_str().unwrap().to_owned();
    until("the device to ask anew", || async {
        home.command(&["local", "confirm", &digits]).output().unwrap().status.success().then_some(())
    })
    .await;
    stands(&ada, &again, "done").await;

    // Released while it is off: everything here goes at once, and the device when it comes back.
    home.stop();
    ada.post(&format!("{DEVICE}/release"), json!({})).await.ok();
    assert!(mine(&ada).await.is_empty());
    assert_eq!(
        ada.post("/api/v1/claims", json!({"code": code, "notice": notice_of(&ada, &code).await})).await.name(),
        "device-not-erased"
    );
    home.start();
    until("the wipe's receipt", || async {
        world.kinds_from(0).await.iter().any(|kind| kind == "device-wiped").then_some(())
    })
    .await;
    let owned = claim(&other, &code).await;
    stands(&other, &owned, "waiting-for-device").await;
    home.stop();
    until("an offline device to be named", || async {
        let reply = other.post(&format!("/api/v1/claims/{owned}/again"), json!({})).await;
        ["device-offline", "claim-over"].contains(&reply.name()).then_some(())
    })
    .await;
}
