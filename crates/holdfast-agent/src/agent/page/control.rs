//! The control with which a person changes one setting on the device's page.

use serde_json::Value;

use crate::declared::{Kind, Property};
use crate::local::html::Html;

/// The control of one setting.
pub(super) fn write_control(page: &mut Html, (name, title): (&str, &str), property: &Property, value: Option<&Value>) {
    let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default();
    page.form("/page/set").hidden("property", name).raw("<div class=\"row\">");
    let label = |page: &mut Html| {
        page.raw(" aria-label=\"").text(title).raw("\"");
    };
    match property.kind {
        Kind::Boolean => {
            for (word, english, german) in [("on", "On", "An"), ("off", "Off", "Aus")] {
                page.raw("<button name=\"value\" value=\"").raw(word).raw("\">").tell(english, german).raw("</button>");
            }
            page.raw("</div></form>");
            return;
        }
        Kind::Text if !property.one_of.is_empty() => {
            page.raw("<select name=\"value\"");
            label(page);
            page.raw(">");
            for one in &property.one_of {
                page.raw("<option");
                if *one == text {
                    page.raw(" selected");
                }
                page.raw(">").text(one).raw("</option>");
            }
            page.raw("</select>");
        }
        Kind::Text => {
            page.raw("<input name=\"value\" maxlength=\"256\" value=\"").text(&text).raw("\"");
            label(page);
            page.raw(">");
        }
        Kind::Integer | Kind::Number => {
            page.raw("<input type=\"number\" name=\"value\" value=\"").text(&text).raw("\"");
            label(page);
            let limits = [(" min=\"", property.minimum), (" max=\"", property.maximum)];
            for (limit, number) in limits {
                if let Some(number) = number {
                    page.raw(limit).text(&number.to_string()).raw("\"");
                }
            }
            let any = if property.kind == Kind::Integer { "1".to_owned() } else { "any".to_owned() };
            page.raw(" step=\"").text(&property.step.map_or(any, |step| step.to_string())).raw("\">");
        }
    }
    page.raw("<button>").tell("Save", "Speichern").raw("</button></div></form>");
}
