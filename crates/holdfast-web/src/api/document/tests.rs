//! The document and the routes say the same.

use super::*;

#[test]
fn an_operation_is_named_after_its_method_and_address() {
    assert_eq!(name("GET", "/api/v1/devices/{id}/shadow"), "get-devices-id-shadow");
    assert_eq!(name("GET", "/api/openapi.json"), "get-openapi-json");
    assert_eq!(tag("/api/v1/devices/{id}"), "devices");
}

#[test]
fn members_are_written_in_the_order_of_their_names() {
    assert_eq!(sorted(json!({ "b": [{ "d": 1, "c": 2 }], "a": 0 })).to_string(), r#"{"a":0,"b":[{"c":2,"d":1}]}"#);
}
