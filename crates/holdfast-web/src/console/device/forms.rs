//! Reads the forms of the device page by the product's model: texts become values of the declared types.
//!
//! Owns only the form of values. Whether a value is allowed is the domain's rule, which is asked afterwards.

use serde_json::{Map, Number, Value};

use crate::api::command_lifetime;
use crate::backend::RefusalKind;
use crate::backend::fleet::{DesiredChange, FieldKind, FieldView, ModelView, NewCommand};
use crate::door::extract::Fields;
use crate::door::problem::Problem;
use crate::lang::Lang;

/// The change of the desired side: an empty field takes the wish back.
pub(crate) fn desired(l: Lang, model: &ModelView, fields: &Fields) -> Result<DesiredChange, Problem> {
    let mut patch = Map::new();
    for setting in &model.settings {
        let name = format!("set.{}", setting.name);
        if !fields.has(&name) {
            continue;
        }
        let value = fields.text(&name).map_or(Ok(Value::Null), |text| value(l, setting, text))?;
        patch.insert(setting.name.clone(), value);
    }
    Ok(DesiredChange { from_version: fields.parsed("version")?, patch: Value::Object(patch).to_string() })
}

/// The command of one action's form.
pub(crate) fn command(l: Lang, model: &ModelView, fields: &Fields) -> Result<NewCommand, Problem> {
    let action: String = fields.needed("action")?;
    let declared = model.actions.iter().find(|known| known.name == action).ok_or_else(|| {
        Problem::new(RefusalKind::Unacceptable, "action-undeclared", "The product's model declares no such action.")
    })?;
    let mut input = Map::new();
    for field in &declared.inputs {
        if let Some(text) = fields.text(&format!("in.{}", field.name)) {
            input.insert(field.name.clone(), value(l, field, text)?);
        }
    }
    Ok(NewCommand {
        action,
        input: Value::Object(input).to_string(),
        lifetime: command_lifetime(fields.parsed("expires_s")?),
    })
}

/// A value of the declared type, read from a form.
pub(in super::super) fn value(l: Lang, field: &FieldView, text: &str) -> Result<Value, Problem> {
    let wrong = |wanted: &str| Problem::malformed("value-malformed", l.with(wanted, "field", &field.title));
    match &field.kind {
        FieldKind::Number { .. } => text
            .parse::<f64>()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number)
            .ok_or_else(|| wrong("device-needs-number")),
        FieldKind::Integer { .. } => text.parse::<i64>().map(Value::from).map_err(|_| wrong("device-needs-whole")),
        FieldKind::Boolean => match text {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(wrong("device-needs-flag")),
        },
        FieldKind::Choice(words) if words.iter().any(|word| word == text) => Ok(Value::from(text)),
        FieldKind::Choice(_) => Err(wrong("device-needs-choice")),
        FieldKind::Text { .. } => Ok(Value::from(text)),
    }
}
