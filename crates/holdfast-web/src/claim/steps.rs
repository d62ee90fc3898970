//! The step list of a set-up, generated from the product's model: what is done already comes first, secure choices are made,
//! and nothing has to be typed.

use holdfast_core::id::DeviceId;
use holdfast_domain::homes::Place;

use super::words::signal;
use crate::backend::homes::SetUp;
use crate::lang::Lang;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) text: String,
    /// Nothing is left to do for it.
    pub(super) done: bool,
    /// Where it can be done or changed.
    pub(super) link: Option<(String, String)>,
    /// Values that were chosen.
    pub(super) choices: Vec<(String, String)>,
}

impl Step {
    fn new(l: Lang, key: &str, done: bool) -> Self {
        Self {
            title: l.say(&format!("claim-step-{key}")),
            text: l.say(&format!("claim-step-{key}-text")),
            done,
            link: None,
            choices: Vec::new(),
        }
    }

    fn to(self, l: Lang, address: &str, key: &str) -> Self {
        Self { link: Some((address.to_owned(), l.say(key))), ..self }
    }
}

/// The steps for somebody with this place; `product` is the address of the public page, if there is one.
pub(super) fn steps(
    l: Lang,
    set_up: &SetUp,
    place: Place,
    product: Option<&str>,
    device: Option<&DeviceId>,
) -> Vec<Step> {
    let mut steps = vec![Step::new(l, "yours", true)];
    let choices: Vec<(String, String)> = set_up
        .settings
        .iter()
        .filter_map(|setting| setting.value.clone().map(|value| (setting.title.clone(), value)))
        .collect();
    steps.push(Step::new(l, "updates", true));
    if !set_up.settings.is_empty() {
        steps.push(Step { choices, ..Step::new(l, "settings", true) });
    }
    let private = if set_up.data.iter().any(|datum| datum.personal) { "private" } else { "no-data" };
    steps.push(Step::new(l, private, true));
    if let Some(words) = signal(l, set_up) {
        steps.push(Step { text: words, ..Step::new(l, "signal", true) });
    }
    if let Some(device) = device {
        let address = format!("/home/devices/{device}/check");
        steps.push(Step::new(l, "check", true).to(l, &address, "claim-step-check-link"));
    }
    if place.is_owner() {
        steps.push(Step::new(l, "recovery", false).to(l, "/account", "claim-step-recovery-link"));
        steps.push(Step::new(l, "household", false).to(l, "/home", "claim-step-household-link"));
    }
    let delete = Step::new(l, "delete", true);
    steps.push(match product {
        Some(address) => delete.to(l, &format!("{address}/delete"), "public-tab-delete"),
        None => delete,
    });
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::homes::{DataTaken, SettingAtStart};

    #[test]
    fn what_a_model_declares_becomes_steps_with_its_choices_made() {
        let setting = |name: &str, value: Option<&str>| SettingAtStart {
            name: name.to_owned(),
            title: name.to_owned(),
            value: value.map(str::to_owned),
            guard: None,
        };
        let set_up = SetUp {
            data: vec![DataTaken { title: "Climate".to_owned(), purpose: None, personal: true, sensitive: false }],
            settings: vec![setting("target", Some("20")), setting("lock", None)],
            signals: vec![
                ("de".to_owned(), "Das Licht blinkt.".to_owned()),
                ("en".to_owned(), "It blinks.".to_owned()),
            ],
            ..SetUp::default()
        };
        let l = Lang::default();
        let all = steps(l, &set_up, Place::Owner, Some("/p/lamp"), Some(&"hearth-0001".parse().unwrap()));
        assert!(all.iter().any(|step| step.choices == [("target".to_owned(), "20".to_owned())]));
        assert!(all.iter().any(|step| step.text == "It blinks."));
        assert!(all.iter().filter(|step| !step.done).all(|step| step.link.is_some()), "what is open can be done");
        let german = Lang::from_tag("de").unwrap();
        assert!(steps(german, &set_up, Place::Owner, None, None).iter().any(|step| step.text == "Das Licht blinkt."));
        assert!(steps(l, &SetUp::default(), Place::Owner, None, None).len() < all.len());
    }
}
