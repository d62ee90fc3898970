//! What an API token may do of what its person may: nothing but reading, everything that is not dangerous, everything, or
//! a list of acts. A token never makes another one that may do more than itself.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::access::Act;

/// Most bytes of a scope's text: every act by its name.
pub const SCOPE_BYTES_MAX: usize = 1_024;

/// The scope of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// Acts that leave everything as it is.
    Read,
    /// All that the role allows but what is dangerous.
    #[default]
    Full,
    /// All that the role allows, dangerous acts included: for a person at a command line.
    Dangerous,
    /// These acts, dangerous or not.
    Acts(BTreeSet<Act>),
}

impl Scope {
    /// Whether a token with this scope may try the act; the role decides besides.
    #[must_use]
    pub fn covers(&self, act: Act, dangerous: bool) -> bool {
        match self {
            Self::Read => act.only_reads(),
            Self::Full => !dangerous,
            Self::Dangerous => true,
            Self::Acts(acts) => acts.contains(&act),
        }
    }

    /// Whether it may do all that `other` may.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dangerous, _) | (_, Self::Read) if !matches!(self, Self::Acts(_)) => true,
            (Self::Full, Self::Full) => true,
            (Self::Acts(ours), Self::Acts(theirs)) => theirs.is_subset(ours),
            (Self::Acts(ours), Self::Read) => {
                Act::ALL.iter().filter(|act| act.only_reads()).all(|act| ours.contains(act))
            }
            (Self::Read | Self::Full | Self::Dangerous | Self::Acts(_), _) => false,
        }
    }
}

impl Act {
    /// The stable kebab-case name.
    #[must_use]
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }

    /// The act of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read => f.write_str("read"),
            Self::Full => f.write_str("full"),
            Self::Dangerous => f.write_str("dangerous"),
            Self::Acts(acts) => {
                let names: Vec<String> = acts.iter().map(|act| act.name()).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

/// A text that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is read, full, dangerous, or acts by name with commas between, such as view-fleet,contain-device")]
pub struct ScopeMalformed;

impl FromStr for Scope {
    type Err = ScopeMalformed;

    fn from_str(text: &str) -> Result<Self, ScopeMalformed> {
        if text.len() > SCOPE_BYTES_MAX {
            return Err(ScopeMalformed);
        }
        match text {
            "read" => Ok(Self::Read),
            "full" => Ok(Self::Full),
            "dangerous" => Ok(Self::Dangerous),
            list => {
                let acts = list.split(',').map(|name| Act::from_name(name.trim()).ok_or(ScopeMalformed));
                acts.collect::<Result<_, _>>().map(Self::Acts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().expect("a scope")
    }

    #[test]
    fn a_scope_reads_back_from_its_text_and_anything_else_is_refused() {
        let all: Vec<String> = Act::ALL.iter().map(|act| act.name()).collect();
        for text in ["read", "full", "dangerous", "view-fleet,contain-device", &all.join(",")] {
            assert_eq!(scope(text).to_string(), text);
        }
        for bad in ["", "everything", "view-fleet,", "view-fleet;contain-device", &"view-fleet,".repeat(100)] {
            assert_eq!(bad.parse::<Scope>(), Err(ScopeMalformed), "{bad}");
        }
    }

    #[test]
    fn only_who_may_do_dangerous_things_does_them_and_a_list_holds_to_itself() {
        assert!(scope("dangerous").covers(Act::RevokeDevice, true) && !scope("full").covers(Act::RevokeDevice, true));
        assert!(scope("full").covers(Act::ContainDevice, false) && !scope("read").covers(Act::ContainDevice, false));
        let list = scope("contain-device,revoke-device");
        assert!(list.covers(Act::RevokeDevice, true) && !list.covers(Act::ViewFleet, false));
    }

    #[test]
    fn a_token_makes_none_that_may_do_more() {
        let wide = ["dangerous", "full", "read"];
        for (at, one) in wide.iter().enumerate() {
            for (other_at, other) in wide.iter().enumerate() {
                assert_eq!(scope(one).includes(&scope(other)), at <= other_at, "{one} {other}");
            }
        }
        assert!(
            scope("dangerous").includes(&scope("revoke-device")) && !scope("full").includes(&scope("revoke-device"))
        );
        assert!(scope("view-fleet,set-shadow").includes(&scope("set-shadow")));
        assert!(!scope("view-fleet").includes(&scope("read")) && !scope("set-shadow").includes(&scope("view-fleet")));
    }
}
