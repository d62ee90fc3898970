//! Hands mail to the mail server that the configuration names (SMTP, RFC 5321), protected by TLS 1.3.
//!
//! Owns the letter's form and the words for what came of it. What a mail server says may hold an address: it is never
//! logged, only our own word for it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use holdfast_core::time::{Millis, Timestamp};
use holdfast_domain::people::post::Came;
use lettre::address::AddressError;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters, TlsVersion};
use lettre::transport::smtp::{self, SmtpTransport};
use lettre::{Address, Transport as _};
use tokio::sync::Notify;

use crate::settings::{self, Mail, MailTls, SettingsError};

/// Longest wait for one answer of the mail server.
const ANSWER: Duration = Duration::from_secs(20);
/// Old mail is forgotten so often.
const FORGET: Millis = Millis::from_secs(3_600);
/// Ports if none is named: submission (RFC 6409), submissions (RFC 8314), and the local one.
const PORTS: (u16, u16, u16) = (587, 465, 25);

/// Why mail cannot be sent as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// A file that the configuration names cannot be used.
    #[error("a file of the mail's settings cannot be used")]
    File(#[from] SettingsError),
    /// The sender is no address.
    #[error("mail.from is no address")]
    From(#[from] AddressError),
    /// The authority's file holds no certificate.
    #[error("{path} holds no certificate")]
    Authority {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: smtp::Error,
    },
    /// TLS cannot be configured.
    #[error("TLS to the mail server cannot be configured")]
    Tls(#[source] smtp::Error),
}

/// One mail as it goes out.
#[derive(Clone)]
pub(crate) struct Letter {
    /// Its place in the queue.
    pub(crate) id: i64,
    /// When it was queued.
    pub(crate) queued: Timestamp,
    /// To whom.
    pub(crate) to: holdfast_domain::people::contact::Address,
    /// In which language, a tag.
    pub(crate) language: String,
    /// One line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) body: String,
}

/// The way out for mail, or none.
pub(crate) struct Post {
    way: Option<Way>,
    /// Rung when there is mail.
    pub(crate) bell: Arc<Notify>,
    forgot: AtomicI64,
}

struct Way {
    transport: SmtpTransport,
    from: Mailbox,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("sends", &self.sends()).finish_non_exhaustive()
    }
}

impl Post {
    /// The way that the configuration names, or none.
    ///
    /// # Errors
    ///
    /// [`PostError`] if a file or an address of it cannot be used. Whether the mail server answers is seen later.
    pub(crate) fn new(mail: Option<&Mail>, title: &str) -> Result<Self, PostError> {
        let way = mail.map(|mail| Way::new(mail, title)).transpose()?;
        Ok(Self { way, bell: Arc::default(), forgot: AtomicI64::new(0) })
    }

    /// Whether mail is sent at all.
    pub(crate) const fn sends(&self) -> bool {
        self.way.is_some()
    }

    /// There is mail.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Whether it is time to forget old mail; says so once an hour.
    pub(crate) fn forgets(&self, now: Timestamp) -> bool {
        let last = Timestamp::from_micros(self.forgot.load(Ordering::Relaxed));
        let due = now.since(last) >= FORGET;
        if due {
            self.forgot.store(now.as_micros(), Ordering::Relaxed);
        }
        due
    }

    /// Hands a letter over; what came of it, and our word for it. Blocks.
    pub(crate) fn hand_over(&self, letter: &Letter) -> (Came, &'static str) {
        let Some(way) = &self.way else { return (Came::PutOff, "not-configured") };
        let Ok(message) = way.message(letter) else { return (Came::Refused, "not-writable") };
        match way.transport.send(&message) {
            Ok(_) => (Came::Sent, "sent"),
            Err(why) => word(&why),
        }
    }
}

impl Way {
    fn new(mail: &Mail, title: &str) -> Result<Self, PostError> {
        let tls = || -> Result<TlsParameters, PostError> {
            let mut tls = TlsParameters::builder(mail.host.clone()).set_min_tls_version(TlsVersion::Tlsv13);
            if let Some(path) = &mail.ca_file {
                let pem = settings::text(path)?;
                let authority = Certificate::from_pem(pem.as_bytes())
                    .map_err(|source| PostError::Authority { path: path.clone(), source })?;
                tls = tls.certificate_store(CertificateStore::None).add_root_certificate(authority);
            }
            tls.build().map_err(PostError::Tls)
        };
        let (tls, port) = match mail.tls {
            MailTls::Starttls => (Tls::Required(tls()?), PORTS.0),
            MailTls::Tls => (Tls::Wrapper(tls()?), PORTS.1),
            MailTls::None => (Tls::None, PORTS.2),
        };
        let transport = SmtpTransport::builder_dangerous(&mail.host).port(mail.port.unwrap_or(port)).tls(tls);
        let mut transport = transport.timeout(Some(ANSWER));
        if let (Some(user), Some(path)) = (&mail.user, &mail.password_file) {
            let password = settings::secret(path)?;
            transport = transport.credentials(Credentials::new(user.clone(), String::from(password.as_str())));
        }
        let from = Mailbox::new(Some(title.to_owned()), mail.from.parse::<Address>()?);
        Ok(Self { transport: transport.build(), from })
    }

    /// Plain text, no pictures, no links that count. `Auto-Submitted` keeps holiday answers away (RFC 3834 §5).
    fn message(&self, letter: &Letter) -> Result<Message, Box<dyn std::error::Error>> {
        let to = Mailbox::new(None, letter.to.as_str().parse::<Address>()?);
        let queued = u64::try_from(letter.queued.as_micros()).unwrap_or(0);
        let id = format!("<{}.{queued}@{}>", letter.id, self.from.email.domain());
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        let language = HeaderName::new_from_ascii_str("Content-Language");
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.clone())
            .date(std::time::UNIX_EPOCH + Duration::from_micros(queued))
            .message_id(Some(id))
            .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()))
            .raw_header(HeaderValue::new(language, letter.language.clone()));
        let text = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(letter.body.clone());
        Ok(message.singlepart(text)?)
    }
}

/// Our word for a try that failed. 5yz is for good, but not if it is about us: who we are or how we came.
fn word(why: &smtp::Error) -> (Came, &'static str) {
    let code = why.status().map(u16::from);
    match code {
        Some(530 | 534 | 535 | 538) => (Came::PutOff, "login-refused"),
        Some(500..600) => (Came::Refused, "refused"),
        Some(_) => (Came::PutOff, "put-off"),
        None if why.is_tls() => (Came::PutOff, "tls-failed"),
        None if why.is_timeout() => (Came::PutOff, "timed-out"),
        None if why.is_client() => (Came::PutOff, "protection-not-offered"),
        None => (Came::PutOff, "unreachable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(tls: &str) -> Post {
        let text =
            format!("[mail]\nhost = \"127.0.0.1\"\nport = 9\ntls = \"{tls}\"\nfrom = \"fleet@hearth.example\"\n");
        let settings = settings::Settings::parse(&text, std::path::Path::new("x.toml")).unwrap();
        Post::new(settings.mail.as_ref(), "Hearth").unwrap()
    }

    fn letter() -> Letter {
        Letter {
            id: 7,
            queued: Timestamp::from_micros(1_795_408_200_000_000),
            to: "anna@mail.example".parse().unwrap(),
            language: "de".to_owned(),
            subject: "Ihr Gerät".to_owned(),
            body: "Guten Tag,\n\nalles gut.\n.\nEnde\n".to_owned(),
        }
    }

    #[test]
    fn a_letter_is_plain_text_with_an_id_that_stays_the_same() {
        let post = post("none");
        let write = || String::from_utf8(post.way.as_ref().unwrap().message(&letter()).unwrap().formatted()).unwrap();
        let text = write();
        assert_eq!(text, write());
        assert!(text.contains("Message-ID: <7.1795408200000000@hearth.example>\r\n"), "{text}");
        assert!(text.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n") && text.contains("To: anna@mail.example\r\n"));
        assert!(!text.contains("User-Agent") && !text.contains("text/html"), "{text}");
    }

    #[test]
    fn a_header_cannot_be_smuggled_in_by_a_subject() {
        let mut smuggled = letter();
        smuggled.subject = "Hello\r\nBcc: everybody@mail.example".to_owned();
        let post = post("none");
        let written = post.way.as_ref().unwrap().message(&smuggled);
        let text = written.map(|message| String::from_utf8(message.formatted()).unwrap()).unwrap_or_default();
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }

    #[test]
    fn a_mail_server_that_is_not_there_puts_the_letter_off() {
        assert_eq!(post("starttls").hand_over(&letter()), (Came::PutOff, "unreachable"));
        assert_eq!(Post::new(None, "Hearth").unwrap().hand_over(&letter()).0, Came::PutOff);
    }
}
