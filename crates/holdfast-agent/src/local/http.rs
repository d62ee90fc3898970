//! HTTP/1.1 as far as the local door needs it (RFC 9112), as a pure function from bytes to a request.
//!
//! Strict: what could be read in two ways is refused by name. No chunked bodies, no folded lines, no repeated fields
//! that count. Limits are constants. Not here: sockets, and what a request means.

use serde_json::Value;

/// Most bytes of request line and fields together.
pub(crate) const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Most bytes of a body.
pub(crate) const BODY_BYTES_MAX: usize = 16 * 1024;
/// Most fields.
const FIELDS_MAX: usize = 64;
/// Longest path with its query.
const TARGET_BYTES_MAX: usize = 256;

/// Name of the cookie of the page without script: sent by the whole of this host alone, and only over TLS.
pub(crate) const VISIT_COOKIE: &str = "__Host-holdfast-visit";

/// What a request wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

/// A whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own")]
pub(crate) struct Request {
    /// Its method.
    pub(crate) method: Method,
    /// Its path, from the first `/`.
    pub(crate) path: String,
    /// What stood behind `?`.
    pub(crate) query: String,
    /// The host and port that it was sent to, as the client wrote it.
    pub(crate) host: String,
    /// The page that sent it, if a browser says so.
    pub(crate) origin: Option<String>,
    /// `Sec-Fetch-Site`, if a browser says so.
    pub(crate) site: Option<String>,
    /// The bearer token.
    pub(crate) token: Option<String>,
    /// The cookie of the page without script.
    pub(crate) visit: Option<String>,
    /// Whether the browser's first language is German.
    pub(crate) german: bool,
    /// Whether the body says that it is JSON.
    pub(crate) is_json: bool,
    /// Whether the body says that it is a form.
    pub(crate) is_form: bool,
    /// Whether the connection may be used again.
    pub(crate) keep_alive: bool,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Why bytes are no request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Malformed {
    RequestLine,
    MethodUnknown,
    VersionUnknown,
    TargetTooLong,
    Field,
    FieldTwice,
    HeadTooLarge,
    HostMissing,
    LengthNeeded,
    BodyTooLarge,
}

impl Malformed {
    /// Status code and stable name.
    pub(crate) const fn name(self) -> (u16, &'static str) {
        match self {
            Self::RequestLine => (400, "request-line"),
            Self::MethodUnknown => (501, "method-unknown"),
            Self::VersionUnknown => (505, "version-unknown"),
            Self::TargetTooLong => (414, "target-too-long"),
            Self::Field => (400, "field-malformed"),
            Self::FieldTwice => (400, "field-twice"),
            Self::HeadTooLarge => (431, "head-too-large"),
            Self::HostMissing => (400, "host-missing"),
            Self::LengthNeeded => (411, "length-needed"),
            Self::BodyTooLarge => (413, "body-too-large"),
        }
    }
}

/// What stands at the start of `bytes`: nothing whole yet, or a request and how many bytes it took.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Malformed> {
    let searched = bytes.get(..HEAD_BYTES_MAX.min(bytes.len())).unwrap_or_default();
    let Some(end) = searched.windows(4).position(|window| window == b"\r\n\r\n") else {
        return if bytes.len() >= HEAD_BYTES_MAX { Err(Malformed::HeadTooLarge) } else { Ok(None) };
    };
    let head = searched.get(..end).unwrap_or_default();
    let text = std::str::from_utf8(head).map_err(|_| Malformed::Field)?;
    let mut lines = text.split("\r\n");
    let mut request = request_line(lines.next().unwrap_or_default())?;
    let length = fields(lines, &mut request)?;
    let body_at = end + 4;
    let Some(body) = bytes.get(body_at..body_at + length) else { return Ok(None) };
    request.body = body.to_vec();
    Ok(Some((request, body_at + length)))
}

fn request_line(line: &str) -> Result<Request, Malformed> {
    let mut parts = line.split(' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Malformed::RequestLine);
    };
    if version != "HTTP/1.1" {
        return Err(Malformed::VersionUnknown);
    }
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => return Err(Malformed::MethodUnknown),
    };
    if target.len() > TARGET_BYTES_MAX {
        return Err(Malformed::TargetTooLong);
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-~".contains(&b);
    let asked = |b: u8| b.is_ascii_alphanumeric() || b"=&._-~".contains(&b);
    if !path.starts_with('/') || !path.bytes().all(plain) || !query.bytes().all(asked) || path.contains("//") {
        return Err(Malformed::RequestLine);
    }
    Ok(Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        host: String::new(),
        origin: None,
        site: None,
        token: None,
        visit: None,
        german: false,
        is_json: false,
        is_form: false,
        keep_alive: true,
        body: Vec::new(),
    })
}

/// Takes the fields into the request; gives the body's length.
fn fields<'a>(lines: impl Iterator<Item = &'a str>, request: &mut Request) -> Result<usize, Malformed> {
    let (mut host, mut length, mut kind, mut token, mut cookies) = (None, None, None, None, None);
    for (count, line) in lines.enumerate() {
        if count >= FIELDS_MAX {
            return Err(Malformed::HeadTooLarge);
        }
        let (name, value) = line.split_once(':').ok_or(Malformed::Field)?;
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(Malformed::Field);
        }
        let value = value.trim_matches([' ', '\t']);
        if !value.chars().all(|c| c == '\t' || !c.is_control()) {
            return Err(Malformed::Field);
        }
        let once = |slot: &mut Option<String>| {
            if slot.replace(value.to_owned()).is_some() { Err(Malformed::FieldTwice) } else { Ok(()) }
        };
        match name.to_ascii_lowercase().as_str() {
            "host" => once(&mut host)?,
            "content-length" => once(&mut length)?,
            "content-type" => once(&mut kind)?,
            "authorization" => once(&mut token)?,
            "cookie" => once(&mut cookies)?,
            "accept-language" => request.german = value.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("de")),
            "origin" => once(&mut request.origin)?,
            "sec-fetch-site" => once(&mut request.site)?,
            "transfer-encoding" | "expect" | "upgrade" => return Err(Malformed::LengthNeeded),
            "connection" => request.keep_alive = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    request.host = host.filter(|host| !host.is_empty()).ok_or(Malformed::HostMissing)?;
    request.token = token.and_then(|value| value.strip_prefix("Bearer ").map(ToOwned::to_owned));
    request.visit = cookies.and_then(|cookies| {
        let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == VISIT_COOKIE).map(|(_, value)| value.to_owned()).next()
    });
    let kind = kind.as_deref().and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    request.is_json = kind == "application/json";
    request.is_form = kind == "application/x-www-form-urlencoded";
    let Some(length) = length else { return Ok(0) };
    if length.is_empty() || length.len() > 8 || !length.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Malformed::Field);
    }
    let length = length.parse().map_err(|_| Malformed::Field)?;
    if length > BODY_BYTES_MAX { Err(Malformed::BodyTooLarge) } else { Ok(length) }
}

impl Request {
    /// The body as JSON, if it says so and is.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        if self.is_json { serde_json::from_slice(&self.body).ok() } else { None }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// Status code.
    pub(crate) status: u16,
    kind: &'static str,
    body: Vec<u8>,
    /// Where it goes on, a path of ours.
    location: Option<String>,
    /// The value of the cookie that it sets.
    cookie: Option<String>,
}

impl Response {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string().into_bytes())
    }

    /// A file of the page.
    pub(crate) fn file(kind: &'static str, body: &str) -> Self {
        Self::new(200, kind, body.as_bytes().to_vec())
    }

    /// A page that was made for this request.
    pub(crate) fn page(status: u16, html: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", html.into_bytes())
    }

    /// Goes on at another page (RFC 9110 §15.4.4). `path` is of our own making.
    pub(crate) fn go_to(path: &str) -> Self {
        Self { location: Some(path.to_owned()), ..Self::new(303, "text/plain; charset=utf-8", Vec::new()) }
    }

    /// The same with the cookie of the page without script: no script reads it, no other site brings it.
    pub(crate) fn with_visit(self, secret: &str, seconds: u64) -> Self {
        let fields = "Path=/; Secure; HttpOnly; SameSite=Strict";
        Self { cookie: Some(format!("{VISIT_COOKIE}={secret}; Max-Age={seconds}; {fields}")), ..self }
    }

    const fn new(status: u16, kind: &'static str, body: Vec<u8>) -> Self {
        Self { status, kind, body, location: None, cookie: None }
    }

    /// The bytes on the wire.
    pub(crate) fn to_bytes(&self, keep_alive: bool) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            202 => "Accepted",
            204 => "No Content",
            303 => "See Other",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            421 => "Misdirected Request",
            429 => "Too Many Requests",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Bad Request",
        };
        let field = |name: &str, value: &Option<String>| {
            value.as_ref().map_or_else(String::new, |value| format!("{name}: {value}\r\n"))
        };
        let more = field("Location", &self.location) + &field("Set-Cookie", &self.cookie);
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\n{more}{FIELDS}\r\n",
            self.status,
            self.kind,
            self.body.len(),
            if keep_alive { "keep-alive" } else { "close" },
        );
        [head.as_bytes(), &self.body].concat()
    }
}

/// Fields of every answer: nothing is stored, embedded, guessed, or loaded from elsewhere.
const FIELDS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n\
    Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, expected: Result<bool, Malformed>) {
        assert_eq!(parse(bytes.as_bytes()).map(|whole| whole.is_some()), expected, "{bytes:?}");
    }

    #[test]
    fn a_request_is_whole_or_waits_or_is_refused_by_name() {
        check("GET / HTTP/1.1\r\nHost: 10.0.0.2:8443\r\n\r\n", Ok(true));
        check("GET / HTTP/1.1\r\nHost: 10.0.0.2", Ok(false));
        check("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{", Ok(false));
        check("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", Ok(true));
        check("PUT / HTTP/1.1\r\nHost: x\r\n\r\n", Err(Malformed::MethodUnknown));
        check("GET / HTTP/1.0\r\nHost: x\r\n\r\n", Err(Malformed::VersionUnknown));
        check("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", Err(Malformed::RequestLine));
        check("GET /%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n", Err(Malformed::RequestLine));
        check("GET / HTTP/1.1\r\n\r\n", Err(Malformed::HostMissing));
        check("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", Err(Malformed::FieldTwice));
        check("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", Err(Malformed::Field));
        check("GET / HTTP/1.1\r\nHost : x\r\n\r\n", Err(Malformed::Field));
        check("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", Err(Malformed::LengthNeeded));
        check("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", Err(Malformed::Field));
        check("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16385\r\n\r\n", Err(Malformed::BodyTooLarge));
        check(&format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(300)), Err(Malformed::TargetTooLong));
        check(&"x".repeat(9_000), Err(Malformed::HeadTooLarge));
    }

    #[test]
    fn a_browser_without_script_is_known_by_its_cookie_and_read_as_it_speaks() {
        let bytes = b"POST /page/set HTTP/1.1\r\nHost: x\r\nCookie: a=1; __Host-holdfast-visit=abc; b=2\r\n\
            Accept-Language: de-AT,en;q=0.5\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n";
        let request = parse(bytes).unwrap().unwrap().0;
        assert_eq!((request.visit.as_deref(), request.german, request.is_form), (Some("abc"), true, true));
        assert!(!request.is_json && request.token.is_none());
        let answer = Response::go_to("/page").with_visit("abc", 60).to_bytes(false);
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.contains("\r\nLocation: /page\r\n"), "{answer}");
        assert!(
            answer.contains("__Host-holdfast-visit=abc; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict\r\n")
        );
    }

    #[test]
    fn two_requests_in_one_piece_are_two() {
        let bytes = b"POST /a?x=1 HTTP/1.1\r\nHost: x\r\ncontent-type: application/json; charset=utf-8\r\n\
            Authorization: Bearer t\r\nContent-Length: 2\r\n\r\n{}GET /b HTTP/1.1\r\nHost: x\r\n\r\n";
        let (one, used) = parse(bytes).unwrap().unwrap();
        assert_eq!((one.path.as_str(), one.query.as_str(), one.token.as_deref()), ("/a", "x=1", Some("t")));
        assert!(one.is_json);
        assert_eq!(parse(&bytes[used..]).unwrap().unwrap().0.path, "/b");
    }
}
