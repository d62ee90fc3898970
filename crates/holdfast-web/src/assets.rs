//! Files that pages load, compiled in: style sheet, scripts, pictures. Their address holds the digest of all of them,
//! so that a browser may keep them for a year and a new version is never mixed with an old one.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use holdfast_core::hash::Hasher;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::door::extract::Ids;
use crate::door::problem::Problem;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

static ASSETS: [Asset; 12] = [
    Asset { name: "app.css", media_type: CSS, bytes: include_bytes!("../static/app.css") },
    Asset { name: "home.css", media_type: CSS, bytes: include_bytes!("../static/home.css") },
    Asset { name: "home.js", media_type: JS, bytes: include_bytes!("../static/home.js") },
    Asset { name: "live.js", media_type: JS, bytes: include_bytes!("../static/live.js") },
    Asset { name: "passkey.js", media_type: JS, bytes: include_bytes!("../static/passkey.js") },
    Asset { name: "claim.js", media_type: JS, bytes: include_bytes!("../static/claim.js") },
    Asset { name: "charts.js", media_type: JS, bytes: include_bytes!("../static/charts.js") },
    Asset { name: "logo.svg", media_type: SVG, bytes: include_bytes!("../static/logo.svg") },
    Asset { name: "icon.svg", media_type: SVG, bytes: include_bytes!("../static/icon.svg") },
    Asset { name: "htmx.js", media_type: JS, bytes: include_bytes!("../static/vendor/htmx-4.0.1.min.js") },
    Asset { name: "uplot.js", media_type: JS, bytes: include_bytes!("../static/vendor/uplot-1.6.32.min.js") },
    Asset { name: "uplot.css", media_type: CSS, bytes: include_bytes!("../static/vendor/uplot-1.6.32.min.css") },
];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Hasher::new();
    for asset in &ASSETS {
        hasher.update(asset.name.as_bytes());
        hasher.update(asset.bytes);
    }
    hasher.finish().to_string().chars().take(12).collect()
});

/// The version in the assets' addresses.
pub(crate) fn version() -> &'static str {
    &VERSION
}

pub(crate) async fn serve(Ids(version, name): Ids<String, String>) -> Result<Response, Problem> {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::absent("asset-unknown", "There is no such file."))?;
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, keep)], asset.bytes).into_response())
}
