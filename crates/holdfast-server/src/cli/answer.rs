//! Reading the interface's JSON answers. What is not there reads as null, as an empty cell does; nothing here fails.

use serde_json::Value;

/// A member of an object.
pub(super) fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A member that is text; a dash if it is not.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    member(value, name).as_str().unwrap_or("–")
}

/// A member that is a count; zero if it is not.
pub(super) fn number(value: &Value, name: &str) -> u64 {
    member(value, name).as_u64().unwrap_or(0)
}

/// The items of a page, or of a bare array.
pub(super) fn items(page: &Value) -> &[Value] {
    member(page, "items").as_array().or_else(|| page.as_array()).map_or(&[], Vec::as_slice)
}

/// Sets a member of an object; anything else is left as it is.
pub(super) fn set(value: &mut Value, name: &str, to: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), to);
    }
}
