//! The label of a unit: a QR code that opens the claim page, and the same code for people to read.
//!
//! The only thing of the factory that shows a claim code. It is written where it is asked for and kept nowhere.

use holdfast_core::id::DeviceId;
use holdfast_domain::homes::code::ClaimText;
use qrcode::render::svg;
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};

/// Characters of a group in the code that people read.
const GROUP_CHARS: usize = 4;
/// Side of the printed QR code, in the units of the picture.
const QR_SIDE: u32 = 240;
/// Height of the whole label.
const LABEL_HEIGHT: u32 = 330;
/// Longest address of a server.
const URL_BYTES_MAX: usize = 200;

/// Why there is no label.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// Not the plain address of a server.
    #[error("the address must be https://HOST, without a path, a query or a fragment")]
    Url,
    /// It does not fit into a QR code.
    #[error("the address does not fit into a QR code")]
    TooLong(#[from] QrError),
}

impl LabelError {
    /// Stable name for refusals.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Url => "label-url",
            Self::TooLong(_) => "label-too-long",
        }
    }
}

/// What is printed on one unit.
#[derive(Debug)]
pub struct Label {
    link: String,
    code: ClaimText,
    device: Option<DeviceId>,
}

impl Label {
    /// A label with this code that leads to this server.
    ///
    /// # Errors
    /// [`LabelError::Url`] unless `url` is `https://` and a host, perhaps with a port.
    pub fn new(url: &str, code: ClaimText, device: Option<DeviceId>) -> Result<Self, LabelError> {
        let base = url.trim_end_matches('/');
        let host = base.strip_prefix("https://").unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
        if host.is_empty() || base.len() > URL_BYTES_MAX || !host.bytes().all(plain) {
            return Err(LabelError::Url);
        }
        let link = format!("{base}/c/{}", code.as_str());
        Ok(Self { link, code, device })
    }

    /// What the QR code says.
    #[must_use]
    pub fn link(&self) -> &str {
        &self.link
    }

    /// The code in groups, as people read and type it.
    #[must_use]
    pub fn grouped(&self) -> String {
        let chars: Vec<char> = self.code.as_str().chars().collect();
        chars.chunks(GROUP_CHARS).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// For a printer that makes its own QR code: the link, the code in groups, the device.
    #[must_use]
    pub fn text(&self) -> String {
        let device = self.device.as_ref().map(|device| format!("{device}\n")).unwrap_or_default();
        format!("{}\n{}\n{device}", self.link, self.grouped())
    }

    /// A picture to print; black on white, with its quiet zone (ISO/IEC 18004), at the level that stands a quarter of
    /// damage.
    ///
    /// # Errors
    /// [`LabelError::TooLong`].
    pub fn svg(&self) -> Result<String, LabelError> {
        let code = QrCode::with_error_correction_level(self.link.as_bytes(), EcLevel::Q)?;
        let qr = code.render::<svg::Color<'_>>().min_dimensions(QR_SIDE, QR_SIDE).quiet_zone(true).build();
        let qr = qr.split_once("?>").map_or(qr.as_str(), |(_, picture)| picture);
        let line = |at: u32, size: u32, text: &str| {
            format!(
                "<text x=\"50%\" y=\"{at}\" font-family=\"monospace\" font-size=\"{size}\" \
                 text-anchor=\"middle\">{text}</text>"
            )
        };
        let grouped = self.grouped();
        let middle = grouped.char_indices().filter(|(_, c)| *c == '-').nth(3).map_or(grouped.len(), |(at, _)| at);
        let (first, second) = grouped.split_at_checked(middle).unwrap_or((&grouped, ""));
        let device = self.device.as_ref().map(|device| line(LABEL_HEIGHT - 6, 10, device.as_str())).unwrap_or_default();
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
             viewBox=\"0 0 300 {LABEL_HEIGHT}\" width=\"300\" height=\"{LABEL_HEIGHT}\" role=\"img\" \
             aria-label=\"QR code to set up this device\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
             <svg x=\"0\" y=\"0\" width=\"300\" height=\"270\" preserveAspectRatio=\"xMidYMid meet\">{qr}</svg>{}{}{device}</svg>\n",
            line(285, 13, first),
            line(302, 13, second.trim_start_matches('-')),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> ClaimText {
        ClaimText::parse("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").unwrap()
    }

    #[test]
    fn a_label_leads_to_the_claim_page_and_can_be_read_by_people() {
        let label = Label::new("https://my.hearth.example/", code(), Some("hearth-0001".parse().unwrap())).unwrap();
        assert_eq!(label.link(), "https://my.hearth.example/c/ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        assert_eq!(label.grouped(), "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567");
        assert_eq!(ClaimText::parse(&label.grouped()), Some(code()));
        let svg = label.svg().unwrap();
        assert!(svg.contains(">ABCD-EFGH-IJKL-MNOP<") && svg.contains(">QRST-UVWX-YZ23-4567<"), "{svg}");
        assert!(svg.contains(">hearth-0001<") && svg.matches("<?xml").count() == 1);
    }

    #[test]
    fn an_address_that_is_more_than_a_server_is_refused() {
        for bad in ["", "http://a.example", "https://", "https://a.example/x", "https://a.example?x", "https://a b"] {
            assert!(Label::new(bad, code(), None).is_err(), "{bad}");
        }
    }
}
