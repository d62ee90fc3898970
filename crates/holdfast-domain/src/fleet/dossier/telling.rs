//! When owners are told about the support of their products: it was extended, it ends soon, it has ended.

use holdfast_core::id::{PersonId, ProductId};
use holdfast_core::time::Timestamp;

use super::promise::Coming;
use super::{Day, Public};
use crate::people::notice::{Notice, NoticeKind};

/// Months before the end at which owners are told, the earliest first.
pub const MONTHS_BEFORE: [u32; 3] = [12, 6, 1];

/// One thing that all owners of a product are told once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occasion {
    /// Of which product.
    pub product: ProductId,
    /// What they are told.
    pub what: Tidings,
    /// The last day of support that it speaks of, or the day from which other promises count.
    pub until: Day,
    /// Since when they should know.
    pub at: Timestamp,
}

/// What owners are told about support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tidings {
    /// It lasts longer.
    Extended,
    /// It ends in so many months at most.
    EndsWithin(u32),
    /// It has ended.
    Ended,
    /// Some other promise will be otherwise from that day on.
    PromiseChanges,
}

impl Tidings {
    /// The stable word.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Extended => "extended".to_owned(),
            Self::EndsWithin(months) => format!("ends-{months}"),
            Self::Ended => "ended".to_owned(),
            Self::PromiseChanges => "promise-changes".to_owned(),
        }
    }

    /// The tidings of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "extended" => Some(Self::Extended),
            "ended" => Some(Self::Ended),
            "promise-changes" => Some(Self::PromiseChanges),
            _ => word.strip_prefix("ends-")?.parse().ok().filter(|m| MONTHS_BEFORE.contains(m)).map(Self::EndsWithin),
        }
    }
}

/// What owners of `product` should have been told by `now`. Of several dates that have passed, only the newest counts: nobody
/// is told "in twelve months" when it is one.
#[must_use]
pub fn due(product: &ProductId, public: &Public, now: Timestamp) -> Option<Occasion> {
    let today = Day::of(now);
    let occasion = |what, at: Timestamp| Occasion {
        product: product.clone(),
        what,
        until: public.until,
        at: at.max(public.since),
    };
    if !public.is_supported(now) {
        return Some(occasion(Tidings::Ended, public.until.end()));
    }
    let within = MONTHS_BEFORE.into_iter().filter(|months| today >= public.until.months_before(*months)).min();
    within.map(|months| occasion(Tidings::EndsWithin(months), public.until.months_before(months).begin()))
}

/// What owners are told when the promise was extended at `at`.
#[must_use]
pub fn extended(product: &ProductId, public: &Public, at: Timestamp) -> Occasion {
    Occasion { product: product.clone(), what: Tidings::Extended, until: public.until, at }
}

/// What owners are told when a change of promises was announced.
#[must_use]
pub fn announced(product: &ProductId, coming: &Coming) -> Occasion {
    let until = Day::of(coming.from);
    Occasion { product: product.clone(), what: Tidings::PromiseChanges, until, at: coming.announced }
}

impl Occasion {
    /// What one owner is told. The same owner told twice gets one notice, because it is made from the occasion alone.
    #[must_use]
    pub fn notice(&self, owner: PersonId, title: &str) -> Notice {
        let kind = match self.what {
            Tidings::Extended => NoticeKind::SupportExtended,
            Tidings::EndsWithin(_) => NoticeKind::SupportEndsSoon,
            Tidings::Ended => NoticeKind::SupportEnded,
            Tidings::PromiseChanges => NoticeKind::PromiseChanges,
        };
        Notice::new(owner, kind, self.at).fact("product", title).fact("end", self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{NOW, later, person, product};
    use crate::fleet::dossier::Dossier;

    fn public(until: &str) -> Public {
        let until = until.parse().expect("a day");
        Public { dossier: Dossier::default(), until, first_until: until, since: NOW, changed: NOW, coming: None }
    }

    fn due_on(until: &str, day: &str) -> Option<Tidings> {
        let day: Day = day.parse().expect("a day");
        due(&product().id, &public(until), day.begin()).map(|occasion| occasion.what)
    }

    #[test]
    fn owners_are_told_twelve_six_and_one_months_ahead_and_when_it_is_over() {
        for (day, what) in [
            ("2030-12-30", None),
            ("2030-12-31", Some(Tidings::EndsWithin(12))),
            ("2031-06-29", Some(Tidings::EndsWithin(12))),
            ("2031-06-30", Some(Tidings::EndsWithin(6))),
            ("2031-11-30", Some(Tidings::EndsWithin(1))),
            ("2031-12-31", Some(Tidings::EndsWithin(1))),
            ("2032-01-01", Some(Tidings::Ended)),
        ] {
            assert_eq!(due_on("2031-12-31", day), what, "{day}");
        }
    }

    #[test]
    fn one_owner_gets_one_notice_of_one_occasion_and_another_one_of_the_next() {
        let first = due(
            &product().id,
            &public("2031-12-31"),
            NOW.plus(holdfast_core::time::Millis::from_secs(5 * 365 * 86_400)),
        );
        let first = first.expect("within twelve months");
        assert_eq!(first.notice(person(), "Hearth"), first.notice(person(), "Hearth"));
        let second = extended(&product().id, &public("2033-12-31"), later(9));
        assert_ne!(first.notice(person(), "Hearth").id, second.notice(person(), "Hearth").id);
        assert_eq!(second.notice(person(), "Hearth").facts["end"], "2033-12-31");
    }

    #[test]
    fn words_of_tidings_read_back() {
        let all = [Tidings::Extended, Tidings::Ended, Tidings::PromiseChanges]
            .into_iter()
            .chain(MONTHS_BEFORE.map(Tidings::EndsWithin));
        for what in all {
            assert_eq!(Tidings::from_word(&what.word()), Some(what));
        }
        assert_eq!(Tidings::from_word("ends-7"), None);
    }
}
