//! Pages of a claim: what a label leads to, waiting for somebody at the device, setting up; and joining a household.
//!
//! Three taps from the label to a device of one's own: account or claim, the button on the device, done. Every page works
//! without script; a passkey needs one by its nature.

mod card;
mod invitation;
mod progress;
mod steps;
mod words;

use crate::door::routes::Routes;

pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = card::routes(routes);
    let routes = progress::routes(routes);
    invitation::routes(routes)
}

/// The script that sends the form of a page which somebody comes to from the making of their account, and that follows a
/// claim.
const SCRIPT: &str = "claim.js";
