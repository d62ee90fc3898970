//! Carries out runs of playbooks, forwards and back, a bounded step at a time; a run goes on after a kill where it was.

use holdfast_domain::decision::Decision;
use holdfast_domain::fleet::Device;
use holdfast_domain::integrity::playbook::{
    Action, ActionState, STEP_DEVICES_MAX, Scope, Standing, advance, take_back,
};
use holdfast_store::StoreError;
use holdfast_store::fleet::DeviceFilter;

use crate::app::{House, chain};
use crate::clock;

/// Runs that are looked at in one go.
const RUNS_AT_ONCE: u32 = 16;

/// Moves every run that is under way to its end.
pub(crate) fn step(house: &House) {
    loop {
        let active = match house.store.active_actions(RUNS_AT_ONCE) {
            Ok(active) => active,
            Err(why) => return tracing::error!(why = %chain(&why), "playbooks cannot be read"),
        };
        if active.is_empty() {
            return;
        }
        for Action { id, .. } in active {
            // Nobody orders anything about a device, or takes the run back, between the look at it and the commit.
            let _turn = house.turns.devices.take();
            let decision =
                match house.store.action(id).and_then(|action| action.map(|run| next(house, &run)).transpose()) {
                    Ok(decision) => decision.unwrap_or_default(),
                    Err(why) => return tracing::error!(why = %chain(&why), "a playbook's devices cannot be read"),
                };
            let decision = match super::owners::telling(house, decision, clock::now()) {
                Ok(decision) => decision,
                Err(why) => return tracing::error!(why = %chain(&*why), "a playbook's homes cannot be read"),
            };
            if let Err(why) = house.decide(decision) {
                return tracing::warn!(why = %why, action = %id, "a playbook's step does not fit; it is tried again");
            }
        }
    }
}

fn next(house: &House, action: &Action) -> Result<Decision, StoreError> {
    let now = clock::now();
    let limit = u32::try_from(STEP_DEVICES_MAX).unwrap_or(u32::MAX);
    if action.state == ActionState::Undoing {
        let touches = house.store.touches_to_restore(action.id, action.cursor.as_ref(), limit)?;
        let last = touches.len() < STEP_DEVICES_MAX;
        let mut found = Vec::with_capacity(touches.len());
        for touch in touches {
            if let Some(device) = house.store.device(&touch.device)? {
                found.push((touch, standing(house, device)?));
            }
        }
        return Ok(take_back(action, &found, last, now));
    }
    let (devices, last) = match &action.scope {
        Scope::Device(device) => (house.store.device(device)?.into_iter().collect(), true),
        Scope::Model(product) => {
            let filter = DeviceFilter { product: Some(product.clone()), ..DeviceFilter::default() };
            let devices: Vec<Device> = house.store.devices(&filter, action.cursor.as_ref(), limit)?;
            let last = devices.len() < STEP_DEVICES_MAX;
            (devices, last)
        }
    };
    let found = devices.into_iter().map(|device| standing(house, device)).collect::<Result<Vec<_>, _>>()?;
    Ok(advance(action, &found, last, now))
}

fn standing(house: &House, device: Device) -> Result<Standing, StoreError> {
    let throttle = house.store.throttle(&device.id)?;
    Ok(Standing { device, throttle })
}
