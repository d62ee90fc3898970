//! The server's keys change under real devices: a CA and a freshness key follow others while agents work, sleep, and come
//! back.

use crate::processes::{House, PATIENCE, end};
use crate::world::until_within;

const CA: &str = "operational-ca";
const FRESHNESS: &str = "freshness";

#[tokio::test(flavor = "multi_thread")]
async fn keys_follow_each_other_under_a_working_fleet_and_a_device_that_slept_through_it_comes_back() {
    let mut house = House::new(&["--device-certificate-life", "20s"]).await;
    for id in ["hearth-0001", "hearth-0002"] {
        house.device(id, &[]).await;
    }
    let (working, sleeping) = (house.agent("hearth-0001"), house.agent("hearth-0002"));
    house.online("hearth-0001").await;
    house.online("hearth-0002").await;
    end(sleeping).await;

    let refused = house.attempt(&["authority", "activate"]).await.unwrap_err();
    assert!(refused.contains("no-next-key"), "{refused}");
    house.run(&["authority", "rotate"]).await;
    house.run(&["authority", "rotate", "--role", FRESHNESS]).await;
    let refused = house.attempt(&["authority", "rotate"]).await.unwrap_err();
    assert!(refused.contains("key-change-under-way"), "{refused}");
    let refused = house.attempt(&["authority", "activate"]).await.unwrap_err();
    assert!(refused.contains("next-key-not-named"), "{refused}");

    house.trust(2).await;
    assert!(house.server_key(FRESHNESS, "retiring").await.is_some(), "the document in force names the key that signs");
    until_within(PATIENCE, "trust document 2 on the device", || async {
        std::fs::exists(house.path("hearth-0001/trust/2.cose")).unwrap().then_some(())
    })
    .await;

    house.run(&["authority", "activate"]).await;
    let refused = house.attempt(&["authority", "retire", "--yes"]).await.unwrap_err();
    assert!(refused.contains("key-still-in-use") && refused.contains("devices still depend"), "{refused}");
    // The working device renews under the new CA; the sleeping one's certificate ends.
    until_within(PATIENCE, "no device on the old CA", || async {
        let old = house.server_key(CA, "retiring").await.unwrap();
        (old["devices_depending"] == 0).then_some(())
    })
    .await;
    house.run(&["authority", "retire", "--yes"]).await;
    let refused = house.attempt(&["authority", "retire", "--role", FRESHNESS, "--yes"]).await.unwrap_err();
    assert!(refused.contains("key-still-in-use"), "the sleeping device knows the old key only: {refused}");
    house.run(&["authority", "retire", "--role", FRESHNESS, "--force", "--yes"]).await;
    assert!(!std::fs::exists(house.path("state/keys/operational-ca.key")).unwrap(), "the old key is destroyed");
    assert!(!std::fs::exists(house.path("state/keys/freshness.key")).unwrap());

    // After a restart the doors show the new CA's certificate alone, with the way back to the old one.
    house.stop().await;
    house.start().await;
    house.online("hearth-0001").await;
    let woken = house.agent("hearth-0002");
    until_within(PATIENCE, "trust document 2 on the device that slept", || async {
        std::fs::exists(house.path("hearth-0002/trust/2.cose")).unwrap().then_some(())
    })
    .await;
    house.online("hearth-0002").await;
    let ledger = house.path("ledger.txt");
    house.run(&["ledger", "export", "--out", &ledger]).await;
    let lines = std::fs::read_to_string(&ledger).unwrap();
    for kind in ["server-key-made", "server-key-activated", "server-key-destroyed"] {
        assert_eq!(lines.matches(&format!("\"kind\":\"{kind}\"")).count(), 2, "{kind}");
    }
    assert!(lines.contains("\"ground\":\"after-expiry\""), "it came back without a person");
    for agent in [working, woken] {
        end(agent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_revocation_list_names_a_revoked_device_and_openssl_refuses_its_certificate() {
    let house = House::new(&[]).await;
    house.device("hearth-0001", &[]).await;
    let agent = house.agent("hearth-0001");
    house.online("hearth-0001").await;
    house.run(&["device", "revoke", "hearth-0001", "--yes"]).await;
    let shown = until_within(PATIENCE, "a list with one entry", || async {
        let keys = house.run(&["key", "list"]).await;
        let list = keys["revocation_lists"].as_array().unwrap().first().cloned();
        list.filter(|list| list["entries"] == 1)
    })
    .await;
    assert!(shown["number"].as_u64().unwrap() >= 2, "numbers rise: {shown}");
    let (der, pem, ca) = (house.path("ca.crl"), house.path("ca.crl.pem"), house.path("state/ca.pem"));
    house.run(&["authority", "crl", "--out", &der]).await;
    let openssl = |args: &[&str]| {
        let done = std::process::Command::new("openssl").args(args).output().unwrap();
        (
            done.status.success(),
            format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr)),
        )
    };
    let (_, said) = openssl(&["crl", "-inform", "DER", "-in", &der, "-CAfile", &ca, "-out", &pem]);
    assert!(said.contains("verify OK"), "{said}");
    let leaf = house.path("hearth-0001/keys/ldevid-a.crt");
    let (good, said) = openssl(&["verify", "-purpose", "sslclient", "-CAfile", &ca, &leaf]);
    assert!(good, "{said}");
    let (good, said) =
        openssl(&["verify", "-purpose", "sslclient", "-crl_check", "-CRLfile", &pem, "-CAfile", &ca, &leaf]);
    assert!(!good && said.contains("certificate revoked"), "{said}");
    end(agent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_key_lies_in_a_file_does_not_enrol_for_a_model_that_demands_hardware() {
    let house = House::new(&[]).await;
    let model =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hearth-thermostat.tm.json"));
    let mut model: serde_json::Value = serde_json::from_str(&model.unwrap()).unwrap();
    model["hf:keyProtection"] = serde_json::Value::from("hardware");
    let file = house.path("strict.tm.json");
    std::fs::write(&file, model.to_string()).unwrap();
    house
        .run(&["product", "create", crate::maker::PRODUCT, "--model", &file, "--vendor-domain", crate::maker::MAKER])
        .await;
    house.device("hearth-0001", &[]).await;
    house.device("hearth-0002", &["--tpm"]).await;
    let agents = [house.agent("hearth-0001"), house.agent("hearth-0002")];
    house.online("hearth-0002").await;
    until_within(PATIENCE, "the refusal", || async {
        let refusals = house.run(&["refusals"]).await;
        refusals.as_array().unwrap().iter().any(|row| row["name"] == "key-protection-too-low").then_some(())
    })
    .await;
    let shown = house.run(&["device", "show", "hearth-0001"]).await;
    assert!(shown.to_string().contains("preauthorised"), "{shown}");
    for agent in agents {
        end(agent).await;
    }
}
