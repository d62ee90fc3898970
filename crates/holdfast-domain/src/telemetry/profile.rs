//! What a model says about a product as a whole: how urgent it is, how well its key must be kept, what it may do.
//!
//! Closed words of the `hf:` vocabulary; each has a default, so that a model that says nothing keeps its meaning.

macro_rules! closed_words {
    ($(#[$doc:meta])* $name:ident $term:literal { $(#[$first_doc:meta])* $first:ident $first_word:literal
        $(, $(#[$var_doc:meta])* $var:ident $word:literal)* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name {
            $(#[$first_doc])* #[default] $first,
            $($(#[$var_doc])* $var,)*
        }

        impl $name {
            /// Every value, the default first.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$var),*];

            #[doc = concat!("The word that a model writes for it in `", $term, "`.")]
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$var => $word,)*
                }
            }

            #[doc = concat!("Reads a word of `", $term, "`.")]
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }
    };
}

closed_words! {
    /// How urgent a product is when many devices come back at once (`hf:priority`).
    Priority "hf:priority" {
        /// Like most products.
        Ordinary "ordinary",
        /// People's safety depends on it: comes back first.
        Safety "safety",
        /// Can wait: comes back last.
        Bulk "bulk",
    }
}

impl Priority {
    /// Its place in a queue: the lowest is served first.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Safety => 0,
            Self::Ordinary => 1,
            Self::Bulk => 2,
        }
    }
}

closed_words! {
    /// How well a device's key must be kept (`hf:keyProtection`); a later value is stronger.
    KeyProtection "hf:keyProtection" {
        /// A file that only the key's own process reads.
        File "file",
        /// Hardware that does not give the key out, such as a TPM 2.0.
        Hardware "hardware",
    }
}

closed_words! {
    /// What a device of the product may do for others (`hf:role`).
    Role "hf:role" {
        /// Speaks for itself only.
        Device "device",
        /// Also forwards what other devices have signed; it does not author it.
        Aggregator "aggregator",
    }
}

closed_words! {
    /// How somebody beside a device agrees to what it asks (`hf:confirm`).
    Confirm "hf:confirm" {
        /// By a button.
        Button "button",
        /// On a phone that is paired with it on the local network.
        LocalPage "local-page",
        /// By switching it off and on.
        PowerCycle "power-cycle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_and_others_do_not() {
        for priority in Priority::ALL {
            assert_eq!(Priority::from_word(priority.word()), Some(*priority));
        }
        for protection in KeyProtection::ALL {
            assert_eq!(KeyProtection::from_word(protection.word()), Some(*protection));
        }
        for confirm in Confirm::ALL {
            assert_eq!(Confirm::from_word(confirm.word()), Some(*confirm));
        }
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.word()), Some(*role));
        }
        assert_eq!(Priority::from_word("Safety"), None);
        assert_eq!(Role::from_word(""), None);
    }

    #[test]
    fn safety_comes_before_ordinary_before_bulk_and_hardware_is_stronger_than_a_file() {
        let mut all = Priority::ALL.to_vec();
        all.sort_by_key(|priority| priority.rank());
        assert_eq!(all, [Priority::Safety, Priority::Ordinary, Priority::Bulk]);
        assert!(KeyProtection::Hardware > KeyProtection::File);
    }
}
