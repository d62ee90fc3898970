//! What a form without script sends (`application/x-www-form-urlencoded`), as a pure function from bytes to pairs. Strict: a
//! body that is not UTF-8, has a broken escape or too many fields is refused whole. Not here: what a field means.

/// Most fields of a form.
const FIELDS_MAX: usize = 16;

/// The fields of a form, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        let mut fields = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if fields.len() >= FIELDS_MAX {
                return None;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push((unescape(name)?, unescape(value)?));
        }
        Some(Self(fields))
    }

    /// The first field of this name; nothing typed is an empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_or_refused_whole() {
        let form = Form::parse(b"name=Ana%27s+phone&empty=&caf%C3%A9=1&flag").unwrap();
        assert_eq!((form.text("name"), form.text("empty"), form.text("café")), ("Ana's phone", "", "1"));
        assert_eq!((form.text("flag"), form.text("other")), ("", ""));
        for bad in [&b"a=%"[..], b"a=%2", b"a=%zz", b"a=%ff", b"\xff=1"] {
            assert_eq!(Form::parse(bad), None, "{bad:?}");
        }
        assert_eq!(Form::parse("a=1&".repeat(17).as_bytes()), None);
    }
}
