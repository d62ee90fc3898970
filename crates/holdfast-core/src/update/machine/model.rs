//! A model device for the machine: slots, two records and a server, with a power cut after any action.

use alloc::vec::Vec;
use alloc::{format, vec};

use super::*;
use crate::update::boot::Trial;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lies {
    image: [u8; 32],
    whole: bool,
    sealed: Option<u64>,
}

#[derive(Debug, Clone)]
struct World {
    boot_0: Vec<u8>,
    boot_1: Vec<u8>,
    journal: Journal,
    slots: [Lies; 2],
    running: Option<Slot>,
    healthy: bool,
    reachable: bool,
    wrong_downloads: u8,
    acknowledges: bool,
    assignment: Option<Target>,
    reports: Vec<(ReportState, Option<String>)>,
    starts: Vec<(Slot, u64)>,
}

fn byte(sequence: u64) -> u8 {
    u8::try_from(sequence).unwrap()
}

fn release(sequence: u64, security_floor: u64) -> Target {
    Target {
        manifest: [byte(sequence) + 100; 32],
        image: [byte(sequence); 32],
        image_bytes: 1_000,
        sequence,
        security_floor,
        health_ms_max: 10_000,
        deployment: format!("deployment-{sequence}"),
        generation: 1,
    }
}

impl World {
    /// A device fresh from the factory: release 1 in slot a.
    fn fresh() -> Self {
        let empty = Lies { image: [0; 32], whole: false, sealed: None };
        Self {
            boot_0: Vec::new(),
            boot_1: Vec::new(),
            journal: Journal::default(),
            slots: [Lies { image: [1; 32], whole: true, sealed: Some(1) }, empty],
            running: None,
            healthy: true,
            reachable: true,
            wrong_downloads: 0,
            acknowledges: true,
            assignment: None,
            reports: Vec::new(),
            starts: Vec::new(),
        }
    }

    fn offered(target: Target) -> Self {
        Self { assignment: Some(target), ..Self::fresh() }
    }

    fn boot(&self) -> BootState {
        BootState::read(&self.boot_0, &self.boot_1)
    }

    fn slot(&mut self, slot: Slot) -> &mut Lies {
        &mut self.slots[usize::from(slot == Slot::B)]
    }

    fn verifies(&self, slot: Slot) -> Option<u64> {
        let lies = self.slots[usize::from(slot == Slot::B)];
        lies.sealed.filter(|s| lies.whole && lies.image == [byte(*s); 32])
    }

    fn carry_out(&mut self, action: &Action) -> Result<Success, Failure> {
        let failure = |reason: &str| Err(Failure { reason: reason.into(), passing: false });
        match action {
            Action::SaveBoot(state) => {
                assert_eq!(state.generation, self.boot().generation + 1, "each write is the next generation");
                let (place, bytes) = state.encode();
                if place == 0 {
                    self.boot_0 = bytes;
                } else {
                    self.boot_1 = bytes;
                }
                Ok(Success::Done)
            }
            Action::SaveJournal(journal) => {
                assert!(journal.floor >= self.journal.floor, "the floor never falls");
                self.journal = journal.clone();
                Ok(Success::Done)
            }
            Action::Preflight(_) => Ok(Success::Done),
            Action::Invalidate { slot, keep } => {
                assert_ne!(self.running, Some(*slot), "what runs stays as it is, so that evidence tells the truth");
                let lies = self.slot(*slot);
                lies.sealed = None;
                if Some(lies.image) != *keep {
                    *lies = Lies { image: [0; 32], whole: false, sealed: None };
                }
                Ok(Success::Done)
            }
            Action::Fetch(job) => {
                assert_ne!(self.running, Some(job.slot), "the running slot is never written");
                assert_eq!(self.slot(job.slot).sealed, None, "the spare slot is invalid before it is written");
                let wrong = self.wrong_downloads > 0;
                self.wrong_downloads = self.wrong_downloads.saturating_sub(1);
                *self.slot(job.slot) =
                    Lies { image: if wrong { [0xee; 32] } else { job.target.image }, whole: true, sealed: None };
                Ok(Success::Done)
            }
            Action::Verify(job) => {
                let lies = *self.slot(job.slot);
                if lies.whole && lies.image == job.target.image {
                    Ok(Success::Done)
                } else {
                    failure("image-digest-mismatch")
                }
            }
            Action::Seal(job) => {
                assert!(
                    self.slot(job.slot).whole && self.slot(job.slot).image == job.target.image,
                    "only what verified is sealed"
                );
                self.slot(job.slot).sealed = Some(job.target.sequence);
                Ok(Success::Done)
            }
            Action::Start { slot, floor, refused } => match self.verifies(*slot) {
                Some(sequence) if sequence >= *floor && sequence != *refused => {
                    self.running = Some(*slot);
                    self.starts.push((*slot, sequence));
                    Ok(Success::Started { sequence })
                }
                Some(_) => failure("below-security-floor"),
                None => failure("image-digest-mismatch"),
            },
            Action::Probe(_) if self.healthy => Ok(Success::Done),
            Action::Probe(_) => failure("health-failed"),
        }
    }

    /// Runs until nothing happens any more or `cut_after` actions were carried out; returns how many were.
    fn run(&mut self, cut_after: usize) -> (Machine, usize) {
        let mut machine = Machine::new(self.boot(), self.journal.clone());
        self.running = None;
        let (mut now, mut actions, mut quiet) = (Millis(0), 0, 0);
        while quiet < 4 {
            assert!(actions < 400, "it comes to rest: {machine:?}");
            while let Some((ticket, action)) = machine.poll_action() {
                let result = self.carry_out(&action);
                actions += 1;
                if actions == cut_after {
                    return (machine, actions);
                }
                machine.handle(Event::Finished { ticket, result }, now);
                quiet = 0;
            }
            quiet += 1;
            if self.reachable {
                machine.handle(Event::Reached, now);
                match self.assignment.clone() {
                    Some(target) => machine.handle(Event::Assigned(target), now),
                    None => machine.handle(Event::Unassigned, now),
                }
                if let Some(report) = machine.report().filter(|r| r.state.is_final())
                    && self.acknowledges
                {
                    self.reports.push((report.state, report.reason));
                    machine.handle(Event::Acknowledged, now);
                }
            }
            if machine.is_stranded() && self.assignment.is_none() {
                return (machine, actions);
            }
            if let Some(at) = machine.poll_deadline() {
                now = now.max(at);
                machine.handle_deadline(now);
            }
        }
        (machine, actions)
    }
}

/// Cuts the power after each action, and after each pair of actions; then lets it run to rest and checks the end.
fn check_under_cuts(world: &World, end: impl Fn(&World, &Machine, &str)) {
    let mut calm = world.clone();
    let (machine, actions) = calm.run(usize::MAX);
    end(&calm, &machine, "no cut");
    for first in 1..=actions {
        let mut once = world.clone();
        once.run(first);
        let mut alone = once.clone();
        let (machine, after) = alone.run(usize::MAX);
        end(&alone, &machine, &format!("cut after {first}"));
        for second in 1..=after {
            let mut twice = once.clone();
            twice.run(second);
            let (machine, _) = twice.run(usize::MAX);
            end(&twice, &machine, &format!("cuts after {first} and {second}"));
        }
    }
}

fn check_states(world: &World, state: ReportState) {
    assert!(!world.reports.is_empty(), "a report reached the server");
    assert!(world.reports.iter().all(|(s, _)| *s == state), "{:?}", world.reports);
}

#[test]
fn a_good_release_is_committed_whatever_is_cut() {
    check_under_cuts(&World::offered(release(2, 2)), |world, machine, why| {
        assert_eq!(world.running, Some(Slot::B), "{why}");
        assert_eq!((world.boot().committed, world.boot().committed_sequence), (Slot::B, 2), "{why}");
        assert_eq!(world.journal.floor, 2, "{why}");
        assert!(machine.is_idle(), "{why}");
        check_states(world, ReportState::Succeeded);
    });
}

#[test]
fn a_release_that_fails_its_health_check_is_never_committed_nor_tried_again() {
    let mut sick = World::offered(release(2, 2));
    sick.healthy = false;
    check_under_cuts(&sick, |world, machine, why| {
        assert_eq!(world.running, Some(Slot::A), "{why}");
        assert_eq!((world.boot().committed, world.boot().bad_sequence), (Slot::A, 2), "{why}");
        assert_eq!((world.journal.floor, machine.is_idle()), (0, true), "{why}: a failed release raises no floor");
        let trials = world.starts.iter().filter(|(slot, _)| *slot == Slot::B).count();
        assert!(trials <= usize::from(ATTEMPTS), "{why}: {trials} trials");
        assert_eq!(world.reports.first().map(|(s, _)| *s), Some(ReportState::RolledBack), "{why}");
    });
}

#[test]
fn a_bad_release_is_followed_only_by_a_higher_sequence() {
    let mut world = World::offered(release(2, 0));
    world.healthy = false;
    world.run(usize::MAX);
    world.healthy = true;
    let starts = world.starts.len();
    world.assignment = Some(Target { deployment: "again".into(), ..release(2, 0) });
    world.run(usize::MAX);
    assert_eq!(world.starts[starts..], [(Slot::A, 1)], "only the committed slot starts");
    assert_eq!(world.reports.last(), Some(&(ReportState::Failed, Some("known-bad-release".into()))));
    world.assignment = Some(release(3, 0));
    world.run(usize::MAX);
    assert_eq!(world.boot().committed_sequence, 3);
}

#[test]
fn a_wrong_image_is_fetched_again_and_then_given_up() {
    for (wrong, state, sequence) in [(2, ReportState::Succeeded, 2), (3, ReportState::Failed, 1)] {
        let mut world = World::offered(release(2, 0));
        world.wrong_downloads = wrong;
        world.run(usize::MAX);
        check_states(&world, state);
        assert_eq!(world.boot().committed_sequence, sequence);
    }
}

#[test]
fn a_trial_without_the_server_goes_back_and_is_tried_again_when_the_server_answers() {
    let mut world = World::offered(release(2, 0));
    world.reachable = true;
    let mut machine = Machine::new(world.boot(), world.journal.clone());
    let step = |machine: &mut Machine, world: &mut World, now| {
        while let Some((ticket, action)) = machine.poll_action() {
            let result = world.carry_out(&action);
            machine.handle(Event::Finished { ticket, result }, now);
        }
    };
    step(&mut machine, &mut world, Millis(0));
    machine.handle(Event::Assigned(release(2, 0)), Millis(0));
    step(&mut machine, &mut world, Millis(0));
    assert!(machine.is_on_trial());
    machine.handle_deadline(Millis(10_000));
    step(&mut machine, &mut world, Millis(10_000));
    assert_eq!(world.running, Some(Slot::A), "the deadline passed");
    assert_eq!(world.boot().trial, Some(Trial { slot: Slot::B, sequence: 2, attempts_left: 2 }));
    machine.handle(Event::Reached, Millis(20_000));
    step(&mut machine, &mut world, Millis(20_000));
    machine.handle(Event::Reached, Millis(20_001));
    step(&mut machine, &mut world, Millis(20_001));
    assert_eq!((world.boot().committed, world.boot().bad_sequence), (Slot::B, 0));
}

#[test]
fn health_alone_or_the_server_alone_confirms_nothing() {
    let mut world = World::offered(release(2, 0));
    world.run(usize::MAX);
    let mut offline = World::offered(release(2, 0));
    let boot = BootState {
        generation: 1,
        trial: Some(Trial { slot: Slot::B, sequence: 2, attempts_left: 1 }),
        committed_sequence: 1,
        ..BootState::FIRST
    };
    offline.boot_1 = boot.encode().1;
    offline.journal.job = Some(Job { target: release(2, 0), slot: Slot::B });
    offline.slots[1] = Lies { image: [2; 32], whole: true, sealed: Some(2) };
    offline.reachable = false;
    offline.run(usize::MAX);
    assert_eq!((offline.running, offline.boot().committed, offline.boot().bad_sequence), (Some(Slot::A), Slot::A, 2));
}

#[test]
fn a_core_function_that_is_silent_on_trial_ends_the_trial_for_good() {
    let mut world = World::offered(release(2, 0));
    let mut machine = Machine::new(world.boot(), world.journal.clone());
    let step = |machine: &mut Machine, world: &mut World| {
        while let Some((ticket, action)) = machine.poll_action() {
            let result = world.carry_out(&action);
            machine.handle(Event::Finished { ticket, result }, Millis(0));
        }
    };
    step(&mut machine, &mut world);
    machine.handle(Event::Silent, Millis(0));
    assert!(machine.poll_action().is_none(), "no trial, no consequence");
    machine.handle(Event::Assigned(release(2, 0)), Millis(0));
    step(&mut machine, &mut world);
    assert!(machine.is_on_trial());
    machine.handle(Event::Silent, Millis(0));
    step(&mut machine, &mut world);
    assert_eq!((world.running, world.boot().committed, world.boot().bad_sequence), (Some(Slot::A), Slot::A, 2));
    let report = machine.report().unwrap();
    assert_eq!((report.state, report.reason.as_deref()), (ReportState::RolledBack, Some("core-function-silent")));
}

#[test]
fn a_tampered_running_slot_gives_way_to_the_known_good_one() {
    let mut world = World::offered(release(2, 0));
    world.run(usize::MAX);
    let (mut machine, _) = world.run(usize::MAX);
    world.slots[1].image = [0xbb; 32];
    machine.handle(Event::Tampered, Millis(0));
    while let Some((ticket, action)) = machine.poll_action() {
        let result = world.carry_out(&action);
        machine.handle(Event::Finished { ticket, result }, Millis(0));
    }
    assert_eq!((world.running, world.boot().committed, world.boot().committed_sequence), (Some(Slot::A), Slot::A, 1));
    assert_eq!(world.slots[1].sealed, None, "the tampered slot is invalid");
    world.run(usize::MAX);
    assert_eq!(
        (world.running, world.boot().committed_sequence),
        (Some(Slot::B), 2),
        "and filled again from the server"
    );
}

#[test]
fn a_slot_tampered_while_off_is_not_started() {
    let mut world = World::offered(release(2, 0));
    world.run(usize::MAX);
    world.assignment = None;
    world.slots[1].image = [0xbb; 32];
    check_under_cuts(&world, |world, _, why| {
        assert_eq!((world.running, world.boot().committed), (Some(Slot::A), Slot::A), "{why}");
    });
}

#[test]
fn recovery_never_goes_below_the_floor() {
    let mut world = World::offered(release(2, 2));
    world.run(usize::MAX);
    world.slots[1].image = [0xbb; 32];
    world.assignment = None;
    let (machine, _) = world.run(usize::MAX);
    assert_eq!(world.running, None, "release 1 is below the floor");
    assert!(machine.is_stranded());
    world.assignment = Some(release(2, 2));
    check_under_cuts(&world, |world, _, why| {
        assert_eq!((world.running.is_some(), world.boot().committed_sequence), (true, 2), "{why}");
    });
}

#[test]
fn older_equal_and_below_floor_releases_are_refused_by_name() {
    let mut world = World::offered(release(5, 4));
    world.run(usize::MAX);
    for (sequence, state, reason) in [
        (4, ReportState::Failed, Some("older-release")),
        (3, ReportState::Failed, Some("below-security-floor")),
        (5, ReportState::Succeeded, None),
    ] {
        world.reports = vec![];
        world.assignment = Some(Target { deployment: "other".into(), ..release(sequence, 0) });
        world.run(usize::MAX);
        assert_eq!(world.reports.first(), Some(&(state, reason.map(Into::into))), "{sequence}");
        assert_eq!(world.boot().committed_sequence, 5);
    }
}

#[test]
fn an_outcome_is_reported_until_it_is_acknowledged() {
    let mut world = World::offered(release(2, 0));
    world.acknowledges = false;
    world.run(usize::MAX);
    let (machine, _) = world.run(usize::MAX);
    assert_eq!(machine.report().map(|r| r.state), Some(ReportState::Succeeded), "also after a restart");
    (world.acknowledges, world.assignment) = (true, None);
    world.run(usize::MAX);
    let (machine, _) = world.run(usize::MAX);
    assert_eq!((machine.report(), world.reports.len()), (None, 1));
}

#[test]
fn lost_records_leave_a_device_that_starts_and_never_an_unproven_image() {
    let mut world = World::offered(release(2, 0));
    for lost in 0..3 {
        let mut one = world.clone();
        one.run(11);
        match lost {
            0 => one.boot_0.clear(),
            1 => one.boot_1.clear(),
            _ => one.journal = Journal::default(),
        }
        one.run(usize::MAX);
        assert!(one.running.is_some());
        assert_eq!(one.boot().committed_sequence, 2, "it converges all the same");
    }
    world.assignment = None;
    world.run(usize::MAX);
    assert_eq!(world.running, Some(Slot::A));
}

#[test]
fn a_withdrawn_assignment_stops_the_download() {
    let mut world = World::offered(release(2, 0));
    let (mut machine, _) = world.run(5);
    machine.handle(Event::Unassigned, Millis(0));
    let (_, action) = machine.poll_action().unwrap();
    assert!(matches!(action, Action::SaveJournal(Journal { job: None, .. })), "{action:?}");
}

#[test]
fn a_late_result_changes_nothing() {
    let mut machine = Machine::new(BootState::FIRST, Journal::default());
    let (ticket, _) = machine.poll_action().unwrap();
    machine.handle(Event::Finished { ticket, result: Ok(Success::Started { sequence: 0 }) }, Millis(0));
    assert!(machine.is_idle());
    machine
        .handle(Event::Finished { ticket, result: Err(Failure { reason: "late".into(), passing: false }) }, Millis(0));
    assert!(machine.is_idle() && machine.poll_action().is_none());
}
