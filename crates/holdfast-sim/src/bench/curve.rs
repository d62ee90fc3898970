//! A small picture of lines over time, as SVG: axes with round numbers, a grid, a legend. No dependency, no script.

use std::fmt::Write as _;

/// Size of the picture.
const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 480.0;
/// Room for the axes' labels, the title and the legend.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 28.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = 66.0;
/// Parts an axis is divided into, about.
const PARTS: f64 = 8.0;
/// Colours that can be told apart, also by people who do not see all of them (Okabe, Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#6b6b6b", "#009e73", "#cc79a7", "#e69f00"];
/// Dashes, so that the lines can be told apart in black and white.
const DASHES: [&str; 6] = ["", "", "7 4", "2 3", "9 3 2 3", "4 2"];
/// Most points of one line that are drawn.
const POINTS_MAX: usize = 1_200;

/// One line.
pub(super) struct Line {
    pub(super) name: String,
    /// Rising in x.
    pub(super) points: Vec<(f64, f64)>,
}

/// The picture.
pub(super) struct Picture<'a> {
    pub(super) title: &'a str,
    pub(super) subtitle: &'a str,
    pub(super) x: &'a str,
    pub(super) y: &'a str,
    pub(super) lines: &'a [Line],
}

/// An axis from zero to a round number.
struct Axis {
    most: f64,
    step: f64,
}

impl Axis {
    fn up_to(most: f64) -> Self {
        let raw = (most.max(1e-9)) / PARTS;
        let power = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|part| part * power).into_iter().find(|step| *step >= raw);
        let step = step.unwrap_or(power * 10.0);
        Self { most: (most / step).ceil().max(1.0) * step, step }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (most, step) = (self.most, self.step);
        (0..=64_u32).map(move |n| f64::from(n) * step).take_while(move |tick| *tick <= most + step / 1e3)
    }

    fn label(&self, value: f64) -> String {
        let digits = if self.step >= 1.0 {
            0
        } else if self.step >= 0.1 {
            1
        } else {
            2
        };
        let plain = format!("{value:.digits$}");
        if self.step < 1.0 || plain.len() < 4 {
            return plain;
        }
        let (head, tail) = plain.split_at(plain.len() - 3);
        format!("{head},{tail}")
    }
}

impl Picture<'_> {
    /// The picture as text.
    pub(super) fn svg(&self) -> String {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let x = Axis::up_to(all().map(|(x, _)| *x).fold(0.0, f64::max));
        let y = Axis::up_to(all().map(|(_, y)| *y).fold(0.0, f64::max));
        let mut out = String::new();
        let _ = write!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             role=\"img\" aria-label=\"{title}\" font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"13\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{LEFT}\" y=\"28\" font-size=\"18\" font-weight=\"600\">{title}</text>\n\
             <text x=\"{LEFT}\" y=\"48\" fill=\"#555\">{subtitle}</text>\n",
            title = escaped(self.title),
            subtitle = escaped(self.subtitle),
        );
        self.axes(&mut out, &x, &y);
        self.draw(&mut out, &x, &y);
        self.legend(&mut out);
        out.push_str("</svg>\n");
        out
    }

    fn axes(&self, out: &mut String, x: &Axis, y: &Axis) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for tick in y.ticks() {
            let at = on_y(tick, y);
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                at + 4.5,
                y.label(tick)
            );
        }
        for tick in x.ticks() {
            let at = on_x(tick, x);
            let _ = writeln!(
                out,
                "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{bottom}\" stroke=\"#f0f0f0\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 20.0,
                x.label(tick)
            );
        }
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {TOP} V{bottom} H{right}\" fill=\"none\" stroke=\"#222\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, right),
            HEIGHT - 18.0,
            escaped(self.x),
            f64::midpoint(TOP, bottom),
            escaped(self.y)
        );
    }

    fn draw(&self, out: &mut String, x: &Axis, y: &Axis) {
        for ((line, colour), dash) in self.lines.iter().zip(COLOURS.iter().cycle()).zip(DASHES.iter().cycle()) {
            let every = line.points.len().div_ceil(POINTS_MAX).max(1);
            let last = line.points.len().saturating_sub(1);
            let kept = line.points.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
            let points: Vec<String> =
                kept.map(|(_, point)| format!("{:.1},{:.1}", on_x(point.0, x), on_y(point.1, y))).collect();
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.2\" stroke-linejoin=\"round\" \
                 stroke-dasharray=\"{dash}\"/>",
                points.join(" ")
            );
        }
    }

    fn legend(&self, out: &mut String) {
        let mut at = LEFT;
        for ((line, colour), dash) in self.lines.iter().zip(COLOURS.iter().cycle()).zip(DASHES.iter().cycle()) {
            let _ = writeln!(
                out,
                "<line x1=\"{at:.0}\" y1=\"66\" x2=\"{:.0}\" y2=\"66\" stroke=\"{colour}\" stroke-width=\"3\" stroke-dasharray=\"{dash}\"/>\
                 <text x=\"{:.0}\" y=\"70.5\">{}</text>",
                at + 26.0,
                at + 33.0,
                escaped(&line.name)
            );
            // About the width of the text.
            at += 58.0 + 7.1 * f64::from(u16::try_from(line.name.chars().count()).unwrap_or(0));
        }
    }
}

fn on_x(value: f64, axis: &Axis) -> f64 {
    LEFT + value / axis.most * (WIDTH - LEFT - RIGHT)
}

fn on_y(value: f64, axis: &Axis) -> f64 {
    HEIGHT - BOTTOM - value / axis.most * (HEIGHT - TOP - BOTTOM)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_is_large_enough() {
        for (most, end, step) in [(4_873.0, 5_000.0, 1_000.0), (0.0, 1e-9, 1e-9), (7.9, 8.0, 1.0), (100.0, 100.0, 20.0)]
        {
            let axis = Axis::up_to(most);
            assert!(axis.most >= most);
            if most > 0.0 {
                assert_eq!((axis.most, axis.step), (end, step));
            }
        }
        assert_eq!(Axis::up_to(5_000.0).label(2_000.0), "2,000");
    }

    #[test]
    fn the_picture_names_its_axes_and_every_line_and_escapes_what_it_shows() {
        let lines = [Line { name: "a < b".to_owned(), points: vec![(0.0, 0.0), (1.0, 5.0)] }];
        let picture = Picture { title: "T & t", subtitle: "s", x: "seconds", y: "devices", lines: &lines };
        let svg = picture.svg();
        for part in ["T &amp; t", "a &lt; b", ">seconds<", ">devices<", "<polyline"] {
            assert!(svg.contains(part), "{part}");
        }
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }
}
