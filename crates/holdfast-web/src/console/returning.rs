//! How the fleet comes back after an outage: the last quarter of an hour at the devices' door, drawn by the server.
//!
//! The page is whole without script; with it, news of the door load it again every few seconds.

use std::fmt::{self, Write as _};

use askama::Template;
use askama::filters::HtmlSafe;
use holdfast_core::time::Millis;
use holdfast_domain::people::access::Act;
use holdfast_domain::telemetry::Priority;

use super::{Desk, Frame, PageReply, page};
use crate::backend::returning::{Class, Recovery, Second};
use crate::door::routes::{Access, Routes};
use crate::lang::Lang;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/console/recovery", Access::May(Act::ViewFleet), recovery)
}

/// Seconds that the curves show.
const SECONDS: usize = 900;
/// Seconds that become one point: the highest of them is drawn, so that no peak is lost.
const SECONDS_A_POINT: usize = 3;
/// Seconds that count as now.
const NOW: usize = 5;

/// What a curve shows of a second.
type Figure = Box<dyn Fn(&Second) -> u32>;

/// One curve: a class of the style sheet, its name, and its points.
struct Curve {
    class: &'static str,
    name: String,
    points: Vec<u32>,
}

impl Curve {
    fn new(class: &'static str, name: String, recovery: &Recovery, figure: &Figure) -> Self {
        let missing = SECONDS.saturating_sub(recovery.seconds.len());
        let seconds = std::iter::repeat_n(0, missing).chain(recovery.seconds.iter().map(figure));
        let all: Vec<u32> = seconds.collect();
        let points = all.chunks(SECONDS_A_POINT).map(|chunk| chunk.iter().copied().max().unwrap_or(0)).collect();
        Self { class, name, points }
    }

    fn peak(&self) -> u32 {
        self.points.iter().copied().max().unwrap_or(0)
    }
}

/// Curves over the same quarter of an hour and on the same scale, with a limit where there is one.
struct Picture {
    title: String,
    says: String,
    curves: Vec<Curve>,
    limit: Option<u32>,
    top: u32,
}

/// Size of a picture's view box, in its own units.
const WIDTH: u64 = 600;
const HEIGHT: u64 = 120;

impl Picture {
    fn new(title: String, says: String, curves: Vec<Curve>, limit: Option<u32>) -> Self {
        let peak = curves.iter().map(Curve::peak).max().unwrap_or(0);
        // A limit that is far away would press the curves flat; it is then only named.
        let limit = limit.filter(|limit| *limit <= peak.saturating_mul(4));
        let top = peak.max(limit.unwrap_or(0)).max(4);
        Self { title, says, curves, limit, top }
    }

    fn y(&self, value: u32) -> u64 {
        let room = HEIGHT - 8;
        HEIGHT - 2 - u64::from(value.min(self.top)) * room / u64::from(self.top)
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<svg class=\"plot curves\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" ")?;
        f.write_str("aria-hidden=\"true\">")?;
        for third in 1..3 {
            let x = WIDTH * third / 3;
            write!(f, "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{HEIGHT}\"/>")?;
        }
        let floor = self.y(0);
        write!(f, "<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{floor}\" y2=\"{floor}\"/>")?;
        if let Some(limit) = self.limit {
            let y = self.y(limit);
            write!(f, "<line class=\"limit\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>")?;
        }
        for curve in &self.curves {
            let last = u64::try_from(curve.points.len().saturating_sub(1)).unwrap_or(1).max(1);
            let mut path = String::new();
            for (n, value) in (0_u64..).zip(&curve.points) {
                let tenths = n * WIDTH * 10 / last;
                let pen = if n == 0 { 'M' } else { 'L' };
                write!(path, "{pen}{}.{} {}", tenths / 10, tenths % 10, self.y(*value))?;
            }
            write!(f, "<path class=\"{}\" d=\"{path}\"/>", curve.class)?;
        }
        f.write_str("</svg>")
    }
}

impl HtmlSafe for Picture {}

/// One priority class as a line of the table.
struct Line {
    word: String,
    devices: String,
    window: String,
    came: String,
}

/// When a class comes back, in words.
fn window(l: Lang, class: &Class) -> String {
    let tenths = |at: Millis| {
        let tenths = at.0.div_ceil(100);
        if tenths >= 600 {
            l.with2("recovery-minutes", ("min", tenths / 600), ("s", tenths % 600 / 10))
        } else if tenths.is_multiple_of(10) {
            l.with("recovery-seconds", "s", tenths / 10)
        } else {
            l.with("recovery-seconds", "s", l.number(format_args!("{}.{}", tenths / 10, tenths % 10)))
        }
    };
    if class.first.0 == 0 {
        l.with("recovery-within", "span", tenths(Millis(class.last.0.div_ceil(1_000) * 1_000)))
    } else {
        l.with2("recovery-between", ("from", tenths(class.first)), ("to", tenths(class.last)))
    }
}

const fn word(priority: Priority) -> &'static str {
    match priority {
        Priority::Safety => "safety",
        Priority::Ordinary => "ordinary",
        Priority::Bulk => "bulk",
    }
}

#[derive(Template)]
#[template(path = "fleet/recovery.html")]
struct RecoveryPage {
    frame: Frame,
    recovery: Recovery,
    connected: u32,
    fleet: u64,
    rate: u32,
    waiting: u32,
    failed: u64,
    pictures: Vec<Picture>,
    lines: Vec<Line>,
}

impl RecoveryPage {
    fn new(l: Lang, frame: Frame, recovery: Recovery) -> Self {
        let last = || recovery.seconds.iter().rev().take(NOW);
        let all = |second: &Second| second.came.iter().sum::<u32>();
        let sum = |figure: &dyn Fn(&Second) -> u32| recovery.seconds.iter().map(|s| u64::from(figure(s))).sum::<u64>();
        let lines = recovery.classes.iter().enumerate().map(|(n, class)| Line {
            word: l.term(word(class.priority)),
            devices: l.number(class.devices),
            window: if class.devices == 0 { l.say("recovery-nobody") } else { window(l, class) },
            came: l.number(sum(&|second| second.came.get(n).copied().unwrap_or(0))),
        });
        Self {
            frame,
            connected: last().next().map_or(0, |second| second.connected),
            fleet: recovery.classes.iter().map(|class| u64::from(class.devices)).sum(),
            rate: last().map(all).max().unwrap_or(0),
            waiting: last().map(|second| second.waiting).max().unwrap_or(0),
            failed: sum(&|second| second.failed),
            pictures: pictures(l, &recovery),
            lines: lines.collect(),
            recovery,
        }
    }
}

fn pictures(l: Lang, recovery: &Recovery) -> Vec<Picture> {
    let curve = |class, name: String, figure: Figure| Curve::new(class, name, recovery, &figure);
    let connected = curve("line1", l.say("recovery-connected"), Box::new(|second| second.connected));
    let classes = ["line3", "line1", "line2"].into_iter().zip(&recovery.classes).enumerate();
    let came: Vec<Curve> = classes
        .map(|(n, (line, class))| {
            curve(line, l.term(word(class.priority)), Box::new(move |second| second.came.get(n).copied().unwrap_or(0)))
        })
        .collect();
    let waiting = curve("line2", l.say("recovery-waiting"), Box::new(|second| second.waiting));
    let failed = curve("line4", l.say("recovery-failed-second"), Box::new(|second| second.failed));
    let peak = came.iter().map(Curve::peak).max().unwrap_or(0);
    let ceiling = recovery.ceiling_per_second;
    vec![
        Picture::new(
            l.say("recovery-picture-connected"),
            l.with("recovery-most", "n", l.number(connected.peak())),
            vec![connected],
            None,
        ),
        Picture::new(
            l.say("recovery-picture-rate"),
            l.with2("recovery-most-of", ("n", l.number(peak)), ("ceiling", l.number(ceiling))),
            came,
            Some(ceiling),
        ),
        Picture::new(
            l.say("recovery-picture-waiting"),
            l.with2("recovery-most-and", ("a", l.number(waiting.peak())), ("b", l.number(failed.peak()))),
            vec![waiting, failed],
            None,
        ),
    ]
}

async fn recovery(desk: Desk) -> PageReply {
    let recovery = desk.ask(super::super::backend::fleet::Fleet::recovery).await?;
    let frame = desk.frame(desk.l.say("console-nav-recovery"), "recovery").await?.live("all");
    page(&RecoveryPage::new(desk.l, frame, recovery))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_of_one_second_is_not_lost_in_the_picture() {
        let mut seconds = vec![Second::default(); 400];
        seconds[201].waiting = 70;
        let recovery = Recovery { seconds, ..Recovery::default() };
        let curve =
            Curve::new("line1", String::new(), &recovery, &(Box::new(|second: &Second| second.waiting) as Figure));
        assert_eq!((curve.points.len(), curve.peak()), (SECONDS / SECONDS_A_POINT, 70));
    }

    #[test]
    fn a_limit_far_above_the_curve_does_not_press_it_flat() {
        let curve = |peak| vec![Curve { class: "line1", name: String::new(), points: vec![0, peak] }];
        assert_eq!(Picture::new(String::new(), String::new(), curve(10), Some(1_000)).top, 10);
        assert_eq!(Picture::new(String::new(), String::new(), curve(500), Some(1_000)).top, 1_000);
    }

    #[test]
    fn windows_are_told_in_words() {
        let of = |first, last| {
            window(Lang::default(), &Class { first: Millis(first), last: Millis(last), ..Class::default() })
        };
        assert_eq!(of(0, 1_563), "within 2 s");
        assert_eq!(of(1_563, 17_188), "from 1.6 s to 17.2 s");
        assert_eq!(of(17_188, 95_000), "from 17.2 s to 1 min 35 s");
    }
}
