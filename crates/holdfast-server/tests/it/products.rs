//! Products whose model cannot be used.

use serde_json::{Value, json};

use crate::maker::{MAKER, PRODUCT};
use crate::world::{MODEL, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_product_whose_model_breaks_a_rule_is_not_made() {
    let world = World::new().await;
    let model: Value = serde_json::from_str(MODEL).unwrap();
    let put = |id: &str, body: Value| {
        let (admin, path) = (world.admin.clone(), format!("/api/v1/products/{id}"));
        async move { crate::api::Api::send(admin.request(reqwest::Method::PUT, &path).json(&body)).await }
    };
    let body = |title: &str, domain: &str, model: &Value| json!({"title": title, "vendor_domain": domain, "thing_model": model});
    let good = body("Thermostat", MAKER, &model);
    let mut unknown_type = model.clone();
    unknown_type["events"]["climate"]["data"]["properties"]["temperature"]["type"] = json!("blob");
    for (what, status, name, body) in [
        ("no title", 422, "title-malformed", body("", MAKER, &model)),
        ("a title too long", 422, "title-malformed", body(&"x".repeat(81), MAKER, &model)),
        ("another maker's model", 422, "vendor-differs", body("Thermostat", "other.example", &model)),
        (
            "a body with more",
            400,
            "json-malformed",
            json!({"title": "T", "vendor_domain": MAKER, "thing_model": {}, "x": 1}),
        ),
        ("a body with less", 400, "json-malformed", json!({"title": "T"})),
    ] {
        world.refused(what, (status, name), put(PRODUCT, body)).await;
    }
    let before = world.everything().await;
    for (what, model) in [
        ("a type that there is not", unknown_type),
        ("a model without anything", json!({})),
        ("a list", json!([])),
        ("text that is no JSON", json!("{")),
    ] {
        let reply = put(PRODUCT, body("Thermostat", MAKER, &model)).await;
        assert_eq!(reply.status, 422, "{what}: {}", reply.body);
        assert!(world.counted(reply.name()).await > 0, "{what}: {} is not counted", reply.name());
    }
    assert_eq!(world.everything().await, before);
    world.refused("an id that is none", (400, "id-malformed"), put("Not%20an%20id", good.clone())).await;
    put(PRODUCT, good).await.ok();
    let mut moved = model;
    moved["hf:vendorDomain"] = json!("other.example");
    let moved = put(PRODUCT, body("Thermostat", "other.example", &moved));
    world.refused("a product that changes its maker", (422, "vendor-changed"), moved).await;
}
