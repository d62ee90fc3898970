//! The server's configuration file: what does not fit into a word of the command line. Unknown keys are errors.
//!
//! Owns reading it and its limits; secrets are in files of their own or in credentials of the service manager, never here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The file's name in the state folder, if no other is named.
pub const FILE: &str = "holdfast.toml";
/// Most bytes of the file and of a secret beside it.
const BYTES_MAX: u64 = 64 * 1_024;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file cannot be read.
    #[error("{path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{path}: {why}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where people reach this server, such as `https://fleet.hearth.example`, if not under the first name and the port
    /// that it listens on. Passkeys belong to the name in it.
    pub public_url: Option<String>,
    /// How mail is sent; without it none is.
    pub mail: Option<Mail>,
    /// How the staff signs in with accounts of their own organisation; without it they do not.
    pub oidc: Option<Oidc>,
}

/// The mail server that takes our mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its host name.
    pub host: String,
    /// Its port; by default 587, with `tls = "tls"` 465.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: MailTls,
    /// The sender's address.
    pub from: String,
    /// The user's name, if it wants one.
    pub user: Option<String>,
    /// A file that holds the password alone, as a path, or as the name of a credential of systemd.
    pub password_file: Option<PathBuf>,
    /// A file with the authority of a private mail server, PEM; without it the public ones count.
    pub ca_file: Option<PathBuf>,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// In clear, then TLS, or nothing is sent (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Not at all: only to a mail server on this machine.
    None,
}

/// The staff's identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its issuer identifier, a URL.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// A file that holds the client's secret alone.
    pub client_secret_file: Option<PathBuf>,
    /// What stands on the button.
    pub name: String,
    /// A file with the authority of a private provider, PEM; without it the public ones count.
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// Reads the file: the one that is named, which must be there, or `holdfast.toml` in the state folder, which may not be.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if it cannot be read or says what it must not.
    pub fn read(named: Option<&Path>, state: &Path) -> Result<Self, SettingsError> {
        let path = named.map_or_else(|| state.join(FILE), Path::to_owned);
        match text(&path) {
            Err(SettingsError::File { source, .. }) if named.is_none() && source.kind() == io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            read => Self::parse(&read?, &path),
        }
    }

    /// Reads the file's text; `path` is what an error names, and what other paths are relative to.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Malformed`] if it says what it must not.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let malformed = |why: String| SettingsError::Malformed { path: path.to_owned(), why };
        let mut settings: Self = toml::from_str(text).map_err(|why| malformed(why.to_string()))?;
        let base = path.parent().unwrap_or_else(|| Path::new("."));
        let resolve = |file: &mut Option<PathBuf>| {
            if let Some(file) = file {
                *file = resolved(file, base);
            }
        };
        if let Some(mail) = &mut settings.mail {
            resolve(&mut mail.password_file);
            resolve(&mut mail.ca_file);
            mail.accept().map_err(malformed)?;
        }
        if let Some(oidc) = &mut settings.oidc {
            resolve(&mut oidc.client_secret_file);
            resolve(&mut oidc.ca_file);
            oidc.accept().map_err(malformed)?;
        }
        Ok(settings)
    }
}

impl Mail {
    fn accept(&self) -> Result<(), String> {
        if self.host.is_empty() || self.host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("mail.host is no host name".to_owned());
        }
        if self.from.parse::<holdfast_domain::people::contact::Address>().is_err() {
            return Err("mail.from is no e-mail address of the form name@example.com".to_owned());
        }
        if self.user.is_some() != self.password_file.is_some() {
            return Err("mail.user and mail.password_file belong together".to_owned());
        }
        let here = self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        if self.tls == MailTls::None && (!here || self.user.is_some()) {
            return Err("mail.tls = \"none\" is for a mail server on this machine that wants no password".to_owned());
        }
        Ok(())
    }
}

impl Oidc {
    fn accept(&self) -> Result<(), String> {
        if !self.issuer.starts_with("https://") || self.issuer.contains(['?', '#']) {
            return Err("oidc.issuer is no https URL without query and fragment".to_owned());
        }
        if self.client_id.is_empty() || self.name.trim().is_empty() || self.name.chars().count() > 60 {
            return Err("oidc.client_id and oidc.name must say something; a name has at most 60 characters".to_owned());
        }
        Ok(())
    }
}

/// A credential that the service manager handed over goes before a file (systemd.exec(5), `LoadCredential=`).
fn resolved(file: &Path, base: &Path) -> PathBuf {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| Path::new(&dir).join(file));
    let name_alone = file.components().count() == 1;
    credential.filter(|path| name_alone && path.is_file()).unwrap_or_else(|| base.join(file))
}

/// The one line in a secret's file.
///
/// # Errors
///
/// [`SettingsError`] if it cannot be read or holds more than a line.
pub(crate) fn secret(path: &Path) -> Result<zeroize::Zeroizing<String>, SettingsError> {
    let whole = zeroize::Zeroizing::new(text(path)?);
    let line = whole.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(SettingsError::Malformed { path: path.to_owned(), why: "it must hold one line".to_owned() });
    }
    Ok(zeroize::Zeroizing::new(line.to_owned()))
}

/// A text file of ours, within its limit.
pub(crate) fn text(path: &Path) -> Result<String, SettingsError> {
    let failed = |source| SettingsError::File { path: path.to_owned(), source };
    let bytes = fs::metadata(path).map_err(failed)?.len();
    if bytes > BYTES_MAX {
        return Err(SettingsError::Malformed { path: path.to_owned(), why: format!("more than {BYTES_MAX} bytes") });
    }
    fs::read_to_string(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Settings, String> {
        Settings::parse(text, Path::new("/etc/holdfast/holdfast.toml")).map_err(|why| why.to_string())
    }

    const MAIL: &str = "[mail]\nhost = \"mail.example\"\nfrom = \"fleet@hearth.example\"\n";

    #[test]
    fn nothing_is_configured_by_an_empty_file_and_by_none() {
        assert_eq!(check(""), Ok(Settings::default()));
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::read(None, dir.path()).unwrap(), Settings::default());
        assert!(Settings::read(Some(&dir.path().join("no.toml")), dir.path()).is_err());
    }

    #[test]
    fn mail_is_protected_unless_it_stays_on_this_machine() {
        let mail = check(MAIL).unwrap().mail.unwrap();
        assert_eq!((mail.tls, mail.port), (MailTls::Starttls, None));
        assert!(check(&format!("{MAIL}tls = \"none\"\n")).unwrap_err().contains("on this machine"));
        assert!(check(&MAIL.replace("mail.example", "127.0.0.1")).is_ok());
        assert!(check(&format!("{}tls = \"none\"\n", MAIL.replace("\"mail.example\"", "\"127.0.0.1\""))).is_ok());
    }

    #[test]
    fn a_misspelt_key_half_a_login_and_a_bad_sender_are_named() {
        assert!(check(&format!("{MAIL}tsl = \"tls\"\n")).unwrap_err().contains("tsl"));
        assert!(check(&format!("{MAIL}user = \"fleet\"\n")).unwrap_err().contains("belong together"));
        assert!(check(&MAIL.replace("fleet@", "fleet\\r\\n@")).unwrap_err().contains("mail.from"));
    }

    #[test]
    fn files_are_meant_beside_the_configuration() {
        let mail = check(&format!("{MAIL}user = \"fleet\"\npassword_file = \"mail.secret\"\n")).unwrap().mail.unwrap();
        assert_eq!(mail.password_file, Some(PathBuf::from("/etc/holdfast/mail.secret")));
    }

    #[test]
    fn a_provider_is_reached_by_https_only() {
        let oidc = |issuer| format!("[oidc]\nissuer = \"{issuer}\"\nclient_id = \"holdfast\"\nname = \"Hearth\"\n");
        assert!(check(&oidc("https://id.hearth.example")).unwrap().oidc.is_some());
        for bad in ["http://id.hearth.example", "https://id.example?x", "id.example"] {
            assert!(check(&oidc(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "correct horse\n").unwrap();
        assert_eq!(&**secret(&path).unwrap(), "correct horse");
        for bad in ["", "\n", "two\nlines\n"] {
            fs::write(&path, bad).unwrap();
            assert!(secret(&path).is_err(), "{bad:?}");
        }
    }
}
