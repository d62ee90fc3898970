//! Why a command did not do its work, and the exit code that says so.

use std::fmt;

/// Exit codes of the program; stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// A fault of this program or machine.
    Fault = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// The rules said no; nothing was changed.
    Refused = 3,
    /// The server was not reached.
    Unreachable = 4,
    /// A signature, digest or proof does not hold.
    Verification = 5,
}

/// A failed command: what went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// A stable kebab-case name, if the failure has one.
    pub name: Option<String>,
    /// One sentence: what was wrong and where.
    pub text: String,
}

impl Failure {
    /// A fault of this program or machine.
    pub fn fault(text: impl fmt::Display) -> Self {
        Self { exit: Exit::Fault, name: None, text: text.to_string() }
    }

    /// Wrong arguments or a file that cannot be used.
    pub fn usage(text: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, name: None, text: text.to_string() }
    }

    /// The rules said no.
    pub fn refused(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self { exit: Exit::Refused, name: Some(name.into()), text: text.to_string() }
    }

    /// The server was not reached.
    pub fn unreachable(text: impl fmt::Display) -> Self {
        Self { exit: Exit::Unreachable, name: None, text: text.to_string() }
    }

    /// A signature, digest or proof does not hold.
    pub fn verification(name: impl Into<String>, text: impl fmt::Display) -> Self {
        Self { exit: Exit::Verification, name: Some(name.into()), text: text.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} ({name})", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for Failure {}

/// Reads a file whole, up to a limit; the error names the file.
///
/// # Errors
///
/// [`Exit::Usage`] if the file cannot be read or is larger than `bytes_max`.
pub(super) fn read_file(path: &std::path::Path, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|why| Failure::usage(format!("{shown}: {why}")))?;
    if bytes.len() as u64 > bytes_max {
        return Err(Failure::usage(format!("{shown}: larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// Writes a new file whole; an existing one is not replaced.
///
/// # Errors
///
/// [`Exit::Usage`] if the file is there already or cannot be written.
pub(super) fn write_new(path: &std::path::Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    let write = || -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}
