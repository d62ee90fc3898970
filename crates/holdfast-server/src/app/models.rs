//! A product's compiled model as pages show it.

use holdfast_domain::telemetry::Model;
use holdfast_domain::telemetry::schema::{Action, Field, Shape, Stream};
use holdfast_web::backend::fleet::{ActionView, FieldKind, FieldView, ModelView, StreamView};

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
