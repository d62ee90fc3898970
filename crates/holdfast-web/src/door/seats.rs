//! Seats for open streams of news: so many for the staff, so many for consumers, so many for each person.
//!
//! Who opens page after page uses up their own seats, and nobody who lives with a device uses up those of who works.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_core::id::PersonId;
use holdfast_domain::people::Person;

/// Most open streams of the maker's people together.
pub(crate) const STAFF_MAX: usize = 256;
/// Most open streams of consumers together: each is one task and one place in a queue.
pub(crate) const CONSUMERS_MAX: usize = 4_096;
/// Most open streams of one person: a few pages on a few screens.
pub(crate) const PERSON_MAX: usize = 8;

#[derive(Debug, Default)]
struct Taken {
    staff: usize,
    consumers: usize,
    each: BTreeMap<PersonId, usize>,
}

/// All seats.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

/// One seat; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    person: PersonId,
    staff: bool,
}

impl Seats {
    /// A seat for this person, if their kind and they themselves have one left.
    pub(crate) fn take(&self, person: &Person) -> Option<Seat> {
        let staff = person.role.is_staff();
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (kind, most) = if staff { (taken.staff, STAFF_MAX) } else { (taken.consumers, CONSUMERS_MAX) };
        let own = taken.each.get(&person.id).copied().unwrap_or(0);
        if kind >= most || own >= PERSON_MAX {
            return None;
        }
        taken.each.insert(person.id, own + 1);
        let count = if staff { &mut taken.staff } else { &mut taken.consumers };
        *count += 1;
        drop(taken);
        Some(Seat { seats: self.clone(), person: person.id, staff })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = if self.staff { &mut taken.staff } else { &mut taken.consumers };
        *count = count.saturating_sub(1);
        let left = taken.each.get(&self.person).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            taken.each.remove(&self.person);
        } else {
            taken.each.insert(self.person, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use holdfast_core::time::Timestamp;
    use holdfast_domain::people::Role;

    use super::*;

    fn person(n: u16, role: Role) -> Person {
        let (at, mut random) = (Timestamp::from_micros(0), [0; 10]);
        random[..2].copy_from_slice(&n.to_be_bytes());
        Person { id: PersonId::new(at, random), name: "Somebody".to_owned(), role, created: at }
    }

    #[test]
    fn one_person_opens_a_few_streams_and_gets_a_seat_back_when_one_ends() {
        let (seats, ada) = (Seats::default(), person(1, Role::Owner));
        let mut held: Vec<Seat> = (0..PERSON_MAX).map(|_| seats.take(&ada).unwrap()).collect();
        assert!(seats.take(&ada).is_none());
        assert!(seats.take(&person(2, Role::Owner)).is_some(), "somebody else has their own");
        held.pop();
        assert!(seats.take(&ada).is_some());
    }

    #[test]
    fn a_crowd_of_owners_takes_no_seat_from_the_staff_and_the_staff_none_from_owners() {
        let seats = Seats::default();
        let owners: Vec<Seat> =
            (0..CONSUMERS_MAX).map(|n| seats.take(&person(u16::try_from(n).unwrap(), Role::Owner)).unwrap()).collect();
        assert!(seats.take(&person(60_000, Role::Owner)).is_none(), "full");
        let staff: Vec<Seat> = (0..STAFF_MAX)
            .map(|n| seats.take(&person(u16::try_from(n + 10_000).unwrap(), Role::Support)).unwrap())
            .collect();
        assert!(seats.take(&person(60_001, Role::Administrator)).is_none(), "full");
        drop(owners);
        assert!(seats.take(&person(60_000, Role::Owner)).is_some());
        drop(staff);
        assert!(seats.0.lock().unwrap().each.is_empty(), "nothing is left of who has gone");
    }
}
