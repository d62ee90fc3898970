//! A client that others wrote: mosquitto's, in both versions of the protocol.

use std::process::Output;

use tokio::process::Command;

use super::client::reading;
use super::house::{Credential, House};
use crate::authority::secret_file::pem;

async fn mosquitto_pub(house: &House, credential: &Credential, version: &str, topic: &str, payload: &str) -> Output {
    let file = |name: &str, text: &str| {
        let path = house.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca = file("ca.pem", &pem("CERTIFICATE", house.authority.ca_certificate()));
    let certificate = file("device.pem", &pem("CERTIFICATE", &credential.chain[0]));
    let key = file("device.key", &credential.key.serialize_pem());
    Command::new("mosquitto_pub")
        .args(["-h", "localhost", "-p", &house.address.port().to_string(), "-V", version, "-q", "1"])
        .args(["-i", credential.device.as_str(), "-t", topic, "-m", payload, "-d"])
        .args(["--cafile".as_ref(), ca.as_os_str(), "--cert".as_ref(), certificate.as_os_str()])
        .args(["--key".as_ref(), key.as_os_str()])
        .output()
        .await
        .expect("the program mosquitto_pub is installed (package mosquitto-clients)")
}

#[tokio::test]
async fn mosquitto_publishes_in_both_versions_and_is_kept_out_of_other_trees() {
    let house = House::open();
    let credential = house.device("hearth-0001");
    let other = house.device("hearth-0002");
    for (counter, version) in [(1, "5"), (2, "311")] {
        let topic = "hf/v1/hearth-0001/telemetry/climate";
        let out = mosquitto_pub(&house, &credential, version, topic, &reading(counter)).await;
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(house.stored(&credential.device, "climate"), counter);
        let topic = "hf/v1/hearth-0002/telemetry/climate";
        mosquitto_pub(&house, &credential, version, topic, &reading(counter)).await;
        assert_eq!(house.refused().get("foreign-device-tree"), Some(&counter));
    }
    assert_eq!(house.stored(&other.device, "climate"), 0);
}
