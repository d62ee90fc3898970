//! Lines of the application that speak to the agent and not to the platform: a button was pressed, the core function is
//! alive. One line each, strict; everything else is a line of `conversation`.

use serde::Deserialize;

/// What the application tells the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    /// `{"alive":true}`: a sign of life.
    Alive,
    /// `{"button":"confirm"}`: a person at the device agrees to what it asks.
    Confirm,
    /// `{"button":"deny"}`: a person at the device refuses it.
    Deny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    alive: Option<bool>,
    button: Option<Button>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Button {
    Confirm,
    Deny,
}

/// Reads a line; `None` if it is not one of these.
pub(crate) fn read(line: &str) -> Option<Hook> {
    match serde_json::from_str::<Raw>(line).ok()? {
        Raw { alive: Some(true), button: None } => Some(Hook::Alive),
        Raw { alive: None, button: Some(Button::Confirm) } => Some(Hook::Confirm),
        Raw { alive: None, button: Some(Button::Deny) } => Some(Hook::Deny),
        Raw { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_read_and_other_lines_left_alone() {
        assert_eq!(read(r#"{"alive":true}"#), Some(Hook::Alive));
        assert_eq!(read(r#"{"button":"confirm"}"#), Some(Hook::Confirm));
        assert_eq!(read(r#"{"button":"deny"}"#), Some(Hook::Deny));
        for other in [r#"{"alive":false}"#, r#"{"button":"x"}"#, r#"{"reported":{}}"#, "{}", "x"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
