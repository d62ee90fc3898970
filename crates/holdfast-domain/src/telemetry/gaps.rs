//! Exact accounting of loss: which counters of a stream never came, and which of them the device declared as shed.
//!
//! Owns arithmetic on ranges of counters. Which runs came and which sheds were declared is what the store keeps.

/// A range of counters, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First.
    pub first: u64,
    /// Last.
    pub last: u64,
}

impl Span {
    /// How many counters it has.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// A range always has at least one counter.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.last < self.first
    }
}

/// Counters that a device dropped by intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shed {
    /// Which.
    pub span: Span,
    /// Why, kebab-case.
    pub reason: String,
}

/// Counters that never came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which.
    pub span: Span,
    /// Why the device dropped them; `None` if nobody explained it.
    pub reason: Option<String>,
}

/// The same counters as `spans`, sorted, without overlap, neighbours joined.
#[must_use]
pub fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(before) if span.first <= before.last.saturating_add(1) => before.last = before.last.max(span.last),
            _ => out.push(span),
        }
    }
    out
}

/// What is missing between the first and the last counter that came or was declared as shed.
///
/// `runs` is what came, joined. A counter that came is never missing, whatever was declared.
#[must_use]
pub fn gaps(runs: &[Span], sheds: &[Shed]) -> Vec<Gap> {
    let mut sheds: Vec<&Shed> = sheds.iter().filter(|shed| !shed.span.is_empty()).collect();
    sheds.sort_by_key(|shed| shed.span);
    let ends = runs.iter().copied().chain(sheds.iter().map(|shed| shed.span));
    let Some(whole) = ends.reduce(|a, b| Span { first: a.first.min(b.first), last: a.last.max(b.last) }) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut next = Some(whole.first);
    for run in runs {
        if let Some(from) = next.filter(|from| *from < run.first) {
            explain(Span { first: from, last: run.first - 1 }, &sheds, &mut found);
        }
        next = run.last.checked_add(1);
    }
    if let Some(from) = next.filter(|from| *from <= whole.last) {
        explain(Span { first: from, last: whole.last }, &sheds, &mut found);
    }
    found
}

/// Cuts a hole into the parts that sheds explain and the rest. `sheds` is sorted by begin.
fn explain(hole: Span, sheds: &[&Shed], found: &mut Vec<Gap>) {
    let mut from = hole.first;
    for shed in sheds {
        let (first, last) = (shed.span.first.max(from), shed.span.last.min(hole.last));
        if first > last {
            continue;
        }
        if from < first {
            found.push(Gap { span: Span { first: from, last: first - 1 }, reason: None });
        }
        found.push(Gap { span: Span { first, last }, reason: Some(shed.reason.clone()) });
        match last.checked_add(1) {
            Some(next) if next <= hole.last => from = next,
            _ => return,
        }
    }
    found.push(Gap { span: Span { first: from, last: hole.last }, reason: None });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn span(first: u64, last: u64) -> Span {
        Span { first, last }
    }

    #[test]
    fn what_never_came_is_told_apart_from_what_was_dropped_by_intent() {
        let runs = [span(5, 9), span(20, 29), span(40, 40)];
        let sheds = [Shed { span: span(12, 21), reason: "queue-full".to_owned() }];
        let found: Vec<_> = gaps(&runs, &sheds).into_iter().map(|gap| (gap.span, gap.reason)).collect();
        let shed = Some("queue-full".to_owned());
        assert_eq!(found, [(span(10, 11), None), (span(12, 19), shed), (span(30, 39), None)]);
        assert!(gaps(&[], &[]).is_empty());
        assert!(gaps(&[span(0, u64::MAX)], &[]).is_empty());
    }

    #[test]
    fn sheds_before_the_first_and_after_the_last_reading_count_too() {
        let sheds = [1, 30].map(|first| Shed { span: span(first, first + 4), reason: "full".to_owned() });
        let found: Vec<_> =
            gaps(&[span(10, 19)], &sheds).into_iter().map(|gap| (gap.span, gap.reason.is_some())).collect();
        assert_eq!(found, [(span(1, 5), true), (span(6, 9), false), (span(20, 29), false), (span(30, 34), true)]);
    }

    proptest! {
        #[test]
        fn every_counter_is_in_a_run_or_in_exactly_one_gap(
            came in proptest::collection::vec((0_u64..200, 0_u64..12), 1..20),
            shed in proptest::collection::vec((0_u64..200, 0_u64..12), 0..8),
        ) {
            let runs = joined(came.iter().map(|(first, more)| span(*first, first + more)).collect());
            prop_assert!(runs.windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
            let sheds: Vec<_> = shed.iter().map(|(first, more)| Shed { span: span(*first, first + more), reason: "x".into() }).collect();
            let came: BTreeSet<u64> = runs.iter().flat_map(|run| run.first..=run.last).collect();
            let dropped: BTreeSet<u64> = sheds.iter().flat_map(|shed| shed.span.first..=shed.span.last).collect();
            let mut missing = BTreeSet::new();
            for gap in gaps(&runs, &sheds) {
                for counter in gap.span.first..=gap.span.last {
                    prop_assert!(!came.contains(&counter) && missing.insert(counter));
                    prop_assert_eq!(gap.reason.is_some(), dropped.contains(&counter));
                }
            }
            let all: BTreeSet<u64> = came.union(&dropped).copied().collect();
            let (first, last) = (*all.first().unwrap(), *all.last().unwrap());
            for counter in first..=last {
                prop_assert!(came.contains(&counter) != missing.contains(&counter));
            }
        }
    }
}
