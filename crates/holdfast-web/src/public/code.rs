//! What is printed on a box: the QR code of a product's address, and a label of a seventy-four by a hundred and five millimetres
//! (A7, ISO 216) with it, as SVG and as PDF.
//!
//! Sources: ISO/IEC 18004 (four modules of quiet zone, black on white), ISO 32000-1 (PDF).

use std::fmt::{self, Write as _};

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::Response;
use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcode::{Color, EcLevel, QrCode};

use super::view::ProductView;
use super::visit::{Named, Visit};
use crate::door::problem::Problem;
use crate::lang::Lang;

/// Modules of white around the code.
const QUIET: usize = 4;
/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
/// Width and height of the label, in millimetres.
const LABEL_MM: (f32, f32) = (74.0, 105.0);
/// Side of the code on the label with its quiet zone, in millimetres.
const CODE_MM: f32 = 56.0;
/// Where the code with its quiet zone begins, from the top, in millimetres.
const CODE_TOP_MM: f32 = 21.5;
/// Space around everything on the label, in millimetres.
const EDGE_MM: f32 = 7.0;

/// A QR code as its modules.
pub(super) struct Code {
    side: usize,
    dark: Vec<bool>,
}

impl Code {
    /// The code of an address, readable with a quarter of it scratched or wet.
    pub(super) fn of(address: &str) -> Result<Self, Problem> {
        let code = QrCode::with_error_correction_level(address, EcLevel::Q).map_err(|error| {
            tracing::error!(%error, "an address does not fit into a code");
            Problem::fault("code-too-long")
        })?;
        Ok(Self { side: code.width(), dark: code.to_colors().into_iter().map(|c| c == Color::Dark).collect() })
    }

    /// Runs of dark modules: column, row and length.
    fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, _) in self.dark.iter().enumerate().filter(|(_, dark)| **dark) {
            let (column, row) = (at % self.side, at / self.side);
            match runs.last_mut() {
                Some((x, y, length)) if *y == row && *x + *length == column => *length += 1,
                _ => runs.push((column, row, 1)),
            }
        }
        runs
    }

    /// Modules of a side with the quiet zone.
    pub(super) const fn whole(&self) -> usize {
        self.side + 2 * QUIET
    }

    /// The dark modules as one path.
    pub(super) fn path(&self) -> CodePath {
        let mut path = String::new();
        for (x, y, length) in self.runs() {
            let _never_fails = write!(path, "M{} {}h{length}v1h-{length}z", x + QUIET, y + QUIET);
        }
        CodePath(path)
    }
}

/// A path made of figures only.
pub(super) struct CodePath(String);

impl fmt::Display for CodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for CodePath {}

#[derive(Template)]
#[template(path = "public/product/qr.svg")]
struct CodePicture<'a> {
    code: &'a Code,
    title: &'a str,
}

#[derive(Template)]
#[template(path = "public/product/label.svg")]
struct LabelPicture<'a> {
    l: Lang,
    v: &'a ProductView,
    code: &'a Code,
    name: Vec<String>,
    scale: f32,
    left: f32,
    top: f32,
}

fn drawn<T: Template>(picture: &T) -> Result<Vec<u8>, Problem> {
    picture.render().map(String::into_bytes).map_err(|error| {
        tracing::error!(%error, "a picture could not be drawn");
        Problem::fault("picture-broken")
    })
}

/// The code of an address as a picture.
pub(super) fn picture(visit: &Visit, address: &str) -> Result<Response, Problem> {
    let code = Code::of(address)?;
    Ok(visit.document("image/svg+xml", drawn(&CodePicture { code: &code, title: address })?))
}

pub(super) async fn qr(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let dossier = visit.dossier(&text).await?;
    let code = Code::of(&dossier.address)?;
    Ok(visit.document("image/svg+xml", drawn(&CodePicture { code: &code, title: &dossier.address })?))
}

pub(super) async fn label_svg(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let view = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
    let code = Code::of(&view.d.address)?;
    let name = lines(view.name(), 20);
    let scale = CODE_MM / count(code.whole());
    let (left, top) = (EDGE_MM - scale * count(QUIET), CODE_TOP_MM);
    let picture = LabelPicture { l: visit.l, v: &view, code: &code, name, scale, left, top };
    Ok(visit.document("image/svg+xml", drawn(&picture)?))
}

pub(super) async fn label_pdf(visit: Visit, Named(text): Named) -> Result<Response, Problem> {
    let view = ProductView::new(visit.l, visit.now, visit.dossier(&text).await?);
    let code = Code::of(&view.d.address)?;
    let mut response = visit.document("application/pdf", pdf(visit.l, &view, &code));
    let name = format!("inline; filename=\"{}-label-{}.pdf\"", view.id(), visit.l.tag());
    if let Ok(value) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// One line on the paper: from the top in millimetres, its size in points, whether it is bold, and its words.
type Line = (f32, f32, bool, String);

/// What stands on the label, from top to bottom.
fn label_lines(l: Lang, view: &ProductView) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    let mut at = 12.0;
    for line in lines(view.name(), 20) {
        all.push((at, 17.0, true, line));
        at += 6.6;
    }
    all.push((at - 0.6, 8.0, false, view.models()));
    let (label, until) =
        if view.supported() { ("public-label-until", view.until()) } else { ("public-label-ended", view.until()) };
    all.push((79.0, 8.0, false, l.say(label)));
    all.push((85.5, 15.0, true, until));
    all.push((92.5, 8.0, false, l.say("public-label-scan")));
    for (row, line) in lines(view.short(), 38).into_iter().enumerate() {
        all.push((97.0 + 3.4 * count(row), 8.0, true, line));
    }
    all
}

fn pdf(l: Lang, view: &ProductView, code: &Code) -> Vec<u8> {
    let [catalog, pages, page, plain, bold, content, info] = [1, 2, 3, 4, 5, 6, 7].map(Ref::new);
    let (width, height) = (LABEL_MM.0 * MM, LABEL_MM.1 * MM);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages).lang(TextStr(l.tag()));
    pdf.document_info(info).title(TextStr(view.name()));
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(content);
    sheet.resources().fonts().pair(Name(b"P"), plain).pair(Name(b"B"), bold);
    sheet.finish();
    for (font, name) in [(plain, &b"Helvetica"[..]), (bold, b"Helvetica-Bold")] {
        pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let mut drawing = Content::new();
    drawing.set_fill_gray(1.0).rect(0.0, 0.0, width, height).fill_nonzero().set_fill_gray(0.0);
    let module = CODE_MM * MM / count(code.whole());
    // The quiet zone reaches over the edge of the text, so that the dark modules begin where the words do.
    let (left, top) = (EDGE_MM * MM - module * count(QUIET), height - CODE_TOP_MM * MM);
    for (x, y, length) in code.runs() {
        let (x, y) = (left + module * count(x + QUIET), top - module * count(y + QUIET + 1));
        drawing.rect(x, y, module * count(length), module);
    }
    drawing.fill_nonzero();
    for (from_top, size, is_bold, words) in label_lines(l, view) {
        let font = if is_bold { Name(b"B") } else { Name(b"P") };
        drawing.begin_text().set_font(font, size);
        drawing.next_line(EDGE_MM * MM, height - from_top * MM).show(Str(&latin(&words))).end_text();
    }
    pdf.stream(content, &drawing.finish());
    pdf.finish()
}

/// A small number as the drawing counts.
fn count(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

/// Words in the alphabet of the built-in fonts (Windows-1252); what it lacks becomes a question mark.
fn latin(words: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).unwrap_or(b'?'),
        '€' => 0x80,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        '™' => 0x99,
        _ => b'?',
    };
    words.chars().map(byte).collect()
}

/// Words in lines of at most so many characters; a longer word is cut.
fn lines(words: &str, chars_max: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last().map_or(0, |line| line.chars().count());
            let space = usize::from(line > 0);
            if line + space + rest.len() <= chars_max {
                push(&mut lines, space, rest);
                break;
            }
            if line > 0 {
                lines.push(String::new());
                continue;
            }
            let tail = rest.split_off(chars_max.min(rest.len()));
            push(&mut lines, 0, rest);
            lines.push(String::new());
            rest = tail;
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn push(lines: &mut [String], space: usize, word: Vec<char>) {
    if let Some(line) = lines.last_mut() {
        line.extend(std::iter::repeat_n(' ', space));
        line.extend(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_break_at_spaces_and_a_long_word_is_cut() {
        assert_eq!(lines("Hearth thermostat for homes", 18), ["Hearth thermostat", "for homes"]);
        assert_eq!(lines("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(lines("", 3), Vec::<String>::new());
    }

    #[test]
    fn every_dark_module_is_in_exactly_one_run() {
        let code = Code::of("https://hearth.example/p/hearth-thermostat").unwrap();
        let mut drawn = vec![0; code.dark.len()];
        for (x, y, length) in code.runs() {
            for at in x..x + length {
                drawn[y * code.side + at] += 1;
            }
        }
        assert!(drawn.iter().zip(&code.dark).all(|(n, dark)| *n == i32::from(*dark)));
    }

    #[test]
    fn the_alphabet_of_the_paper_has_umlauts_and_no_other_script() {
        assert_eq!(latin("Grün – 東"), [b'G', b'r', 0xfc, b'n', b' ', 0x96, b' ', b'?']);
    }
}
