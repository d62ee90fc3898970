//! The support calendar: one bar for each product over the same years, with today.
//!
//! Decoration beside the same days in words.

use std::fmt;

use askama::filters::HtmlSafe;
use holdfast_core::time::Timestamp;
use holdfast_domain::fleet::dossier::{Day, Public};

use crate::backend::dossier::DossierView;
use crate::lang::Lang;
use crate::public::words;

/// Width of a bar, in its own units.
const WIDTH: i64 = 1_000;
/// Days before the end from which on a bar warns.
const SOON_DAYS: u32 = 366;
/// Most years of the axis that are named one by one.
const YEARS_NAMED_MAX: i32 = 12;

/// The whole calendar.
pub(in crate::console) struct Calendar {
    /// Years of the axis.
    pub(in crate::console) years: Vec<i32>,
    pub(in crate::console) rows: Vec<CalendarRow>,
}

/// One product.
pub(in crate::console) struct CalendarRow {
    pub(in crate::console) id: String,
    pub(in crate::console) title: String,
    pub(in crate::console) badge: &'static str,
    pub(in crate::console) state: String,
    pub(in crate::console) bar: Option<Bar>,
}

impl Calendar {
    pub(in crate::console) fn new(l: Lang, views: &[DossierView], now: Timestamp) -> Self {
        let public = |view: &DossierView| view.record.as_ref().and_then(|record| record.public.clone());
        let all: Vec<Public> = views.iter().filter_map(public).collect();
        let today = Day::of(now);
        let begins = all.iter().filter_map(|p| p.dossier.first_supplied).chain([today]);
        let ends = all.iter().map(|p| p.dossier.hardware_until.unwrap_or(p.until).max(p.until)).chain([today]);
        let year = |day: Day| day.civil().0;
        let first = begins.map(year).min().unwrap_or_default();
        let last = ends.map(year).max().unwrap_or_default().max(first + 2);
        let scale = Scale { from: first, to: last + 1 };
        let step = (last - first) / YEARS_NAMED_MAX + 1;
        let rows = views.iter().map(|view| row(l, view, public(view), scale, now)).collect();
        Self { years: (first..=last).filter(|year| (year - first) % step == 0).collect(), rows }
    }
}

fn row(l: Lang, view: &DossierView, public: Option<Public>, scale: Scale, now: Timestamp) -> CalendarRow {
    let (badge, state) = match &public {
        None if view.record.is_some() => ("quiet", l.say("product-draft")),
        None => ("quiet", l.say("product-unsaid")),
        Some(p) if !p.is_supported(now) => ("bad", l.with("product-ended", "day", words::day(l, p.until))),
        Some(p) => {
            let badge = if p.days_left(now) <= SOON_DAYS { "warn" } else { "ok" };
            (badge, l.with("product-until", "day", words::day(l, p.until)))
        }
    };
    let bar = public.map(|public| Bar::new(&public, scale, now));
    CalendarRow { id: view.product.to_string(), title: view.title.clone(), badge, state, bar }
}

/// From the beginning of one year to the beginning of another.
#[derive(Debug, Clone, Copy)]
struct Scale {
    from: i32,
    to: i32,
}

impl Scale {
    fn place(self, day: Day) -> i64 {
        let begin = |year| Day::new(year, 1, 1).map_or(0, Day::number);
        let (from, to) = (i64::from(begin(self.from)), i64::from(begin(self.to)));
        ((i64::from(day.number()) - from) * WIDTH / (to - from).max(1)).clamp(0, WIDTH)
    }
}

/// One product's time: sold, supported, its hardware after that, the first promise, today.
pub(in crate::console) struct Bar {
    from: i64,
    first_until: i64,
    until: i64,
    hardware: i64,
    today: i64,
    tone: &'static str,
}

impl Bar {
    fn new(public: &Public, scale: Scale, now: Timestamp) -> Self {
        let tone = match (public.is_supported(now), public.days_left(now) <= SOON_DAYS) {
            (false, _) => "part-bad",
            (true, true) => "part-warn",
            (true, false) => "part-ok",
        };
        let until = scale.place(public.until);
        Self {
            from: scale.place(public.dossier.first_supplied.unwrap_or_else(|| Day::of(public.since))),
            first_until: scale.place(public.first_until),
            until,
            hardware: public.dossier.hardware_until.map_or(until, |day| scale.place(day)).max(until),
            today: scale.place(Day::of(now)),
            tone,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, first_until, until, hardware, today, tone } = self;
        f.write_str(
            "<svg class=\"stack span\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        )?;
        f.write_str("<rect class=\"track\" y=\"9\" width=\"1000\" height=\"2\"/>")?;
        write!(f, "<rect class=\"part-rest\" x=\"{until}\" y=\"7\" width=\"{}\" height=\"6\"/>", hardware - until)?;
        write!(f, "<rect class=\"{tone}\" x=\"{from}\" y=\"3\" width=\"{}\" height=\"14\"/>", (until - from).max(4))?;
        if first_until < until {
            write!(f, "<rect class=\"mark\" x=\"{first_until}\" y=\"1\" width=\"4\" height=\"18\"/>")?;
        }
        write!(f, "<rect class=\"today\" x=\"{today}\" width=\"3\" height=\"20\"/></svg>")
    }
}

impl HtmlSafe for Bar {}
