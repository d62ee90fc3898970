//! The time of a product's support as a picture.

use std::fmt;

use askama::filters::HtmlSafe;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::Day;

use crate::backend::dossier::PublicDossier;

/// Days before the end from which on a page warns.
pub(super) const SOON_DAYS: u32 = 366;
/// Width of the picture, in its own units.
const WIDTH: i64 = 1_000;

/// The time of support as a picture: what has passed, what is left, and today. Decoration beside the same facts in words.
pub(crate) struct SupportBar {
    today: i64,
    tone: &'static str,
}

impl SupportBar {
    pub(super) fn new(d: &PublicDossier, now: Timestamp) -> Self {
        let begin = d.public.dossier.first_supplied.unwrap_or_else(|| Day::of(d.public.since));
        let whole = i64::from(d.public.until.days_since(begin).max(1));
        let passed = i64::from(Day::of(now).days_since(begin)).clamp(0, whole);
        let tone = match (d.public.is_supported(now), d.public.days_left(now) <= SOON_DAYS) {
            (false, _) => "part-bad",
            (true, true) => "part-warn",
            (true, false) => "part-ok",
        };
        Self { today: passed * WIDTH / whole, tone }
    }
}

impl fmt::Display for SupportBar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { today, tone } = self;
        write!(
            f,
            "<svg class=\"stack lifetime\" viewBox=\"0 0 {WIDTH} 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"part-rest\" width=\"{today}\" height=\"20\"/>\
             <rect class=\"{tone}\" x=\"{today}\" width=\"{}\" height=\"20\"/>\
             <rect class=\"today\" x=\"{}\" width=\"6\" height=\"20\"/></svg>",
            WIDTH - today,
            (today - 3).clamp(0, WIDTH - 6)
        )
    }
}

impl HtmlSafe for SupportBar {}
