//! A product's compiled model as pages show it.

use holdfast_domain::fleet::Product;
use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::schema::{Action, Field, Property, Shape, Stream};
use holdfast_web::backend::fleet::{ActionView, FieldKind, FieldView, ModelView, StreamView};
use holdfast_web::backend::homes::{DataTaken, SetUp, SettingAtStart};

/// What pages need of a model.
pub(super) fn view(model: &Model) -> ModelView {
    ModelView {
        streams: model.streams().iter().filter_map(stream).collect(),
        settings: model.properties().iter().filter(|p| p.writable).map(|p| field(&p.field)).collect(),
        actions: model.actions().iter().map(action).collect(),
    }
}

fn stream(stream: &Stream) -> Option<StreamView> {
    Some(StreamView {
        id: stream.name.parse().ok()?,
        title: stream.title.clone().unwrap_or_else(|| stream.name.clone()),
        fields: stream.fields.iter().map(field).collect(),
    })
}

fn action(action: &Action) -> ActionView {
    ActionView {
        name: action.name.clone(),
        title: action.title.clone().unwrap_or_else(|| action.name.clone()),
        inputs: action.input.iter().map(field).collect(),
    }
}

/// One field.
pub(super) fn field(field: &Field) -> FieldView {
    FieldView {
        name: field.name.clone(),
        title: field.title.clone().unwrap_or_else(|| field.name.clone()),
        unit: field.unit.clone(),
        kind: kind(&field.shape),
        personal: field.labels.personal,
        sensitive: field.labels.security_sensitive,
    }
}

fn kind(shape: &Shape) -> FieldKind {
    match shape {
        Shape::Boolean => FieldKind::Boolean,
        Shape::Integer { one_of, .. } if !one_of.is_empty() => {
            FieldKind::Choice(one_of.iter().map(ToString::to_string).collect())
        }
        Shape::Integer { min, max, .. } => FieldKind::Integer { min: Some(*min), max: Some(*max) },
        Shape::Number { min, max } => FieldKind::Number { min: finite(*min), max: finite(*max) },
        Shape::Text { one_of, .. } if !one_of.is_empty() => FieldKind::Choice(one_of.clone()),
        Shape::Text { chars_max, .. } => FieldKind::Text { chars_max: *chars_max },
    }
}

fn finite(limit: f64) -> Option<f64> {
    (limit.is_finite() && limit.abs() < 1e15).then_some(limit)
}

/// What a model says to somebody who sets one up.
pub(super) fn set_up(product: &Product, model: &Model) -> SetUp {
    let taken = |field: &Field| {
        (field.labels.personal || field.labels.security_sensitive).then(|| DataTaken {
            title: field.title.clone().unwrap_or_else(|| field.name.clone()),
            purpose: field.labels.purpose.clone(),
            personal: field.labels.personal,
            sensitive: field.labels.security_sensitive,
        })
    };
    let json = serde_json::from_str::<serde_json::Value>(&product.thing_model).unwrap_or_default();
    let at_start = |property: &Property| SettingAtStart {
        name: property.field.name.clone(),
        title: property.field.title.clone().unwrap_or_else(|| property.field.name.clone()),
        value: json.pointer(&format!("/properties/{}/default", property.field.name)).map(plain),
        guard: property.guard.as_deref().cloned(),
    };
    let fields = model.streams().iter().flat_map(|stream| &stream.fields);
    SetUp {
        data: fields.chain(model.properties().iter().map(|property| &property.field)).filter_map(taken).collect(),
        settings: model.properties().iter().filter(|property| property.writable).map(at_start).collect(),
        confirm: model.confirm(),
        signals: model.signals().to_vec(),
        shows_digits: model.screen(),
        can_identify: model.actions().iter().any(|action| action.name == "identify"),
    }
}

/// A JSON value as people read it.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
