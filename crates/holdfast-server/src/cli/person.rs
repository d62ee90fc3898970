//! `holdfast person …` and `holdfast session …`: accounts of people, and one's own open sessions.

use clap::Subcommand;
use holdfast_core::id::{NoticeId, PersonId, SessionId};
use reqwest::Method;
use serde_json::json;

use super::answer::items;
use super::client::{Body, Client};
use super::output::{Column, confirmed};
use super::{Failure, Output};

pub(super) const EXAMPLES: &str = "\
Examples:
  holdfast person list
  holdfast person lock 0193… --yes                     their sessions end, nothing else of theirs counts
  holdfast person unlock 0193…
  holdfast person role 0193… security
  holdfast person remove 0193… --yes

Somebody new comes by a link: holdfast link --name 'Ola' --role fleet-operator
These are refused to an API token unless it was made with `--scope dangerous`.";

pub(super) const SESSION_EXAMPLES: &str = "\
Examples:
  holdfast session list
  holdfast session end 0193…
  holdfast session end-others";

pub(super) const NOTICE_EXAMPLES: &str = "\
Examples:
  holdfast notice list
  holdfast notice read 0193…                           this one and all before it are seen
  holdfast notice mail                                 how mail to people stands";

const COLUMNS: &[Column] = &[
    ("Person", "/id"),
    ("Name", "/name"),
    ("Role", "/role"),
    ("Passkeys", "/ways/passkeys"),
    ("Password", "/ways/password"),
    ("Locked", "/locked"),
    ("Since", "/created_us"),
];

const SESSIONS: &[Column] = &[
    ("Session", "/id"),
    ("By", "/kind"),
    ("Browser", "/browser"),
    ("Began", "/created_us"),
    ("Used", "/last_used_us"),
    ("Ends", "/ends_us"),
];

const NOTICES: &[Column] =
    &[("Notice", "/id"), ("At", "/at_us"), ("Kind", "/kind"), ("What", "/subject"), ("Seen", "/read_us")];

const MAIL: &[Column] =
    &[("Mail is sent", "/sends"), ("Waiting", "/waiting"), ("Sent", "/sent"), ("Given up", "/given_up")];

/// Verbs of `person`.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Everybody with an account, and how they sign in.
    List,
    /// Lock an account.
    Lock {
        /// Whose.
        id: PersonId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Unlock an account.
    Unlock {
        /// Whose.
        id: PersonId,
    },
    /// Give somebody another role; their sessions end.
    Role {
        /// Whose.
        id: PersonId,
        /// Which: administrator, fleet-operator, release-engineer, security, assessor, privacy-officer or support.
        role: String,
    },
    /// Remove a member of the staff.
    Remove {
        /// Whom.
        id: PersonId,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

/// Verbs of `session`.
#[derive(Debug, Subcommand)]
pub(super) enum SessionVerb {
    /// Your open sessions in browsers.
    List,
    /// End one of your sessions.
    End {
        /// Its id.
        id: SessionId,
    },
    /// End all of your sessions but the one that asks.
    EndOthers,
}

/// Verbs of `notice`.
#[derive(Debug, Subcommand)]
pub(super) enum NoticeVerb {
    /// What you are told, newest first.
    List,
    /// Mark notices as seen.
    Read {
        /// This one and all before it; all if not given.
        newest: Option<NoticeId>,
    },
    /// How mail to people stands.
    Mail,
}

/// Runs a verb of `person`.
pub(super) async fn run(verb: Verb, client: &Client, out: Output) -> Result<(), Failure> {
    let path = |id: &PersonId, rest: &str| format!("/api/v1/people/{id}{rest}");
    match verb {
        Verb::List => out.list(items(&client.whole("/api/v1/people").await?), COLUMNS, "Nobody has an account yet."),
        Verb::Lock { id, yes } => {
            confirmed(&format!("Lock the account {id}? Its sessions end at once."), yes)?;
            let done = client.post(&path(&id, "/lock"), json!({})).await?;
            out.done(&format!("{id} is locked."), &done);
        }
        Verb::Unlock { id } => {
            let done = client.post(&path(&id, "/unlock"), json!({})).await?;
            out.done(&format!("{id} may sign in again."), &done);
        }
        Verb::Role { id, role } => {
            let body = Body::Json(json!({"role": role}));
            let done = client.send(Method::PUT, &path(&id, "/role"), Some(body)).await?;
            out.done(&format!("{id} has the role {role} now; their sessions ended."), &done);
        }
        Verb::Remove { id, yes } => {
            confirmed(&format!("Remove {id}? The account cannot be put back."), yes)?;
            let done = client.send(Method::DELETE, &path(&id, ""), None).await?;
            out.done(&format!("{id} is removed."), &done);
        }
    }
    Ok(())
}

/// Runs a verb of `session`.
pub(super) async fn sessions(verb: SessionVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        SessionVerb::List => {
            let rows = client.whole("/api/v1/sessions").await?;
            out.list(items(&rows), SESSIONS, "No browser is signed in as you.");
        }
        SessionVerb::End { id } => {
            let done = client.send(Method::DELETE, &format!("/api/v1/sessions/{id}"), None).await?;
            out.done(&format!("Session {id} is ended."), &done);
        }
        SessionVerb::EndOthers => {
            let done = client.post("/api/v1/sessions/end-others", json!({})).await?;
            out.done("Your other sessions are ended.", &done);
        }
    }
    Ok(())
}

/// Runs a verb of `notice`.
pub(super) async fn notices(verb: NoticeVerb, client: &Client, out: Output) -> Result<(), Failure> {
    match verb {
        NoticeVerb::List => out.list(items(&client.whole("/api/v1/notices").await?), NOTICES, "Nothing to tell."),
        NoticeVerb::Read { newest } => {
            let body = newest.map_or_else(|| json!({}), |newest| json!({"newest": newest.to_string()}));
            let done = client.post("/api/v1/notices/read", body).await?;
            out.done("Marked as seen.", &done);
        }
        NoticeVerb::Mail => {
            out.item(&client.get("/api/v1/mail").await?, MAIL);
        }
    }
    Ok(())
}
