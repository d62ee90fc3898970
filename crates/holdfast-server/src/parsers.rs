//! Entry points for the fuzzers, not an interface: each feeds any bytes to private parsers of this server.
//!
//! Each also checks what must hold for input that is accepted.

use holdfast_domain::homes::PairedController;
use http::header::{HeaderName, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue};

use crate::app::credentials::{ceremony, factor};
use crate::app::paging;
use crate::devices::check::Question;
use crate::devices::range::{Wanted, wanted};
use crate::gateway::{controller_told, payload};
use crate::offline::image;
use crate::offline::key::Text;
use crate::offline::trust;

/// What a device says in JSON: results of commands, update reports, events.
///
/// # Panics
///
/// If a text that is accepted is not one line, or a list of controllers holds what nobody said.
pub fn device_payload(data: &[u8]) {
    let _ = payload::command_result(data);
    let _ = payload::update_report(data);
    if let Ok(event) = payload::event(data) {
        assert!(!event.text.0.contains('\n'), "an event of two lines");
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(told) = controller_told(&[], text)
    {
        assert!(told.len() <= 1 && told.iter().all(|one| one.id.len() == 64), "a controller without a thumbprint");
        let line = |one: &PairedController| format!("- {}", one.id);
        assert!(told.iter().all(|one| controller_told(&told, &line(one)).is_some_and(|left| left.is_empty())));
    }
}

/// The question of an update check.
pub fn update_question(data: &[u8]) {
    let _ = Question::parse(data);
    let _ = crate::devices::time::Question::parse(data);
}

/// The headers of a download: one line each for `Range`, `If-Range` and `If-None-Match`, after eight bytes of length.
///
/// # Panics
///
/// If a part is wanted that does not exist.
pub fn range_request(data: &[u8]) {
    let Some((length, lines)) = data.split_first_chunk::<8>() else { return };
    let length = u64::from_le_bytes(*length);
    let mut headers = HeaderMap::new();
    let names: [HeaderName; 3] = [RANGE, IF_RANGE, IF_NONE_MATCH];
    for (name, line) in names.into_iter().zip(lines.split(|byte| *byte == b'\n')) {
        if let (false, Ok(value)) = (line.is_empty(), HeaderValue::from_bytes(line)) {
            headers.insert(name, value);
        }
    }
    if let Wanted::Part { first, last } = wanted(&headers, length, "\"tag\"") {
        assert!(first <= last && last < length, "{first} to {last} of {length}");
    }
}

/// A cursor in the address of a list.
pub fn cursor(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = paging::message_cursor(text);
    }
}

/// A problem document that a server sent to the command line.
///
/// # Panics
///
/// If what would be shown could steer a terminal, or a name is not one.
pub fn problem_document(data: &[u8]) {
    let (name, detail) = crate::cli::problem(data);
    assert!(!name.is_empty() && !name.contains(|c: char| c.is_control() || c == ' '), "a name that is none");
    assert!(!detail.contains(char::is_control), "a reason with control characters");
}

/// A maker's key file.
///
/// # Panics
///
/// If a private key is taken that does not belong to the public one.
pub fn key_file(data: &[u8]) {
    use holdfast_core::cose::Signer as _;
    if let Some(text) = Text::read(data)
        && let Some(key) = text.private()
    {
        assert_eq!(key.public_key(), text.public);
    }
}

/// What a server tells of its own keys.
///
/// # Panics
///
/// If the file is accepted without a certificate.
pub fn authority_file(data: &[u8]) {
    if let Ok(facts) = trust::authority(data) {
        assert!(!facts.operational_cas.is_empty(), "an authority without a certificate");
    }
}

/// The list of files in an image.
pub fn image_list(mut data: &[u8]) {
    let _ = image::list(&mut data);
}

/// What people type or browsers send to come in: recovery codes, codes of the second factor, sign-in names, scopes of tokens,
/// answers of authenticators.
///
/// # Panics
///
/// If a recovery code or a scope does not read back from its own text, or a code of the second factor is not six digits.
pub fn credentials(data: &[u8]) {
    use holdfast_domain::people::password::Login;
    use holdfast_domain::people::recovery::RecoveryCode;
    use holdfast_domain::people::scope::Scope;
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(code) = RecoveryCode::parse(text) {
        assert_eq!(RecoveryCode::parse(&code.text()), Some(code), "a code of two texts");
    }
    if let Some(code) = factor::parse_code(text) {
        assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()), "a code of other things");
    }
    if let Ok(scope) = text.parse::<Scope>() {
        assert_eq!(scope.to_string().parse(), Ok(scope), "a scope of two texts");
    }
    if let Ok(login) = text.parse::<Login>() {
        assert!(!login.as_str().contains('@'), "an address as a sign-in name");
    }
    ceremony::read_answers(text);
}
