//! The policy, against backends and a memory that are injected.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::*;

const CANARIES: usize = 20;

/// Short and long in turn.
fn lengths() -> Vec<Length> {
    (0..CANARIES).map(|canary| if is_short(canary) { Length::Short } else { Length::Long }).collect()
}

fn is_short(canary: usize) -> bool {
    canary.is_multiple_of(2)
}

/// Scores of 40 items for a canary: row `(canary + n) % 40` is the n-th best.
fn scores(canary: usize) -> Vec<f32> {
    (0..40).map(|row| -(((row + 40 - canary) % 40) as f32)).collect()
}

/// The same with the items at two places of the order exchanged.
fn with_exchanged(canary: usize, a: usize, b: usize) -> Vec<f32> {
    let mut scores = scores(canary);
    scores.swap((canary + a) % 40, (canary + b) % 40);
    scores
}

/// A backend that answers so, and takes so many microseconds.
struct Fake<S, T>(S, T);

impl<S: FnMut(usize) -> Result<Vec<f32>>, T: FnMut(usize) -> Result<u64>> Backend for Fake<S, T> {
    fn scores(&mut self, canary: usize) -> Result<Vec<f32>> {
        self.0(canary)
    }

    fn time(&mut self, canary: usize) -> Result<Duration> {
        self.1(canary).map(Duration::from_micros)
    }
}

fn answers(took_us: u64, scores: impl Fn(usize) -> Vec<f32>) -> impl Backend {
    takes(move |_| took_us, scores)
}

fn takes(mut took_us: impl FnMut(usize) -> u64, scores: impl Fn(usize) -> Vec<f32>) -> impl Backend {
    Fake(move |canary| Ok(scores(canary)), move |canary| Ok(took_us(canary)))
}

fn against(mut accelerator: impl Backend) -> Note {
    compare(&lengths(), &mut answers(1000, scores), &mut accelerator).unwrap()
}

/// A memory whose notes outlive it, as those in a file do.
#[derive(Clone, Default)]
struct Remembered {
    notes: Rc<RefCell<Vec<(String, Note)>>>,
    key: String,
}

impl Remembered {
    fn under(&self, key: &str) -> Self {
        Self { notes: Rc::clone(&self.notes), key: key.to_owned() }
    }
}

impl Memory for Remembered {
    fn read(&self) -> Option<Note> {
        self.notes.borrow().iter().find_map(|(key, note)| (*key == self.key).then(|| note.clone()))
    }

    fn write(&mut self, note: Option<&Note>) -> Result<()> {
        *self.notes.borrow_mut() = note.map(|note| (self.key.clone(), note.clone())).into_iter().collect();
        Ok(())
    }
}

/// What a process that has tried nothing yet decides, and whether it tried.
fn decided(memory: &Remembered, trial: impl FnOnce() -> Result<Note>) -> (Result<Note>, bool) {
    let ran = Cell::new(false);
    let result = decide(&mut memory.clone(), &mut false, |_| {
        ran.set(true);
        trial()
    });
    (result, ran.get())
}

/// The note that a trial leaves which its process does not survive; `None` where there was none.
fn killed(left: Option<&Note>) -> Option<Note> {
    let memory = Remembered::default();
    memory.clone().write(left).unwrap();
    let mut found = None;
    let _ = decide(&mut memory.clone(), &mut false, |trying| {
        // All that is on disk when it ends.
        found = memory.read();
        assert_eq!(found.as_ref(), Some(trying));
        Err(Error::Cancelled)
    });
    found
}

#[test]
fn what_agrees_and_is_faster_is_kept() {
    let kept = against(answers(500, scores));
    let says = "0.50 of the processor's time for short texts, 0.50 for long ones";
    assert!(matches!(kept, Note::Kept(figures) if figures.starts_with(says)));
    // Among the best the order may differ, and so may one place of a hundred.
    assert!(matches!(against(answers(500, |canary| with_exchanged(canary, 0, 9))), Note::Kept(_)));
    let once = answers(500, |canary| if canary < 4 { with_exchanged(canary, 9, 10) } else { scores(canary) });
    assert!(matches!(against(once), Note::Kept(figures) if figures.contains("98.0 %")));
}

#[test]
fn what_disagrees_is_refused_however_fast() {
    let often = answers(1, |canary| if canary < 5 { with_exchanged(canary, 9, 10) } else { scores(canary) });
    assert!(matches!(against(often), Note::Refused(why) if why.contains("97.5 %")));
    let reversed = answers(1, |canary| scores(canary).into_iter().map(|score| -score).collect());
    assert!(matches!(against(reversed), Note::Refused(_)));
}

#[test]
fn what_is_slower_or_hardly_faster_is_refused() {
    for took_us in [901, 1000, 5000] {
        let refused = against(answers(took_us, scores));
        assert!(matches!(refused, Note::Refused(why) if why.contains("of the processor's time")));
    }
    // The median decides: neither some slow answers nor some fast ones do.
    let mostly = |slow: u64, fast: u64| {
        let mut asked = 0;
        let took = move |_| {
            asked += 1;
            if asked % 3 == 0 { slow } else { fast }
        };
        takes(took, scores)
    };
    assert!(matches!(against(mostly(90_000, 500)), Note::Kept(_)));
    assert!(matches!(against(mostly(1, 1500)), Note::Refused(_)));
}

#[test]
fn short_texts_have_to_gain_and_long_ones_must_not_lose() {
    // As it is: the processor takes its time by the token, an accelerator mostly for being asked.
    let by_length =
        |short: u64, long: u64| takes(move |canary| if is_short(canary) { short } else { long }, scores);
    let against = |short: u64, long: u64| {
        compare(&lengths(), &mut by_length(300, 1200), &mut by_length(short, long)).unwrap()
    };
    assert!(matches!(against(200, 500), Note::Kept(_)));
    // Half the processor's time in the median of all, twice for what users type.
    assert!(matches!(against(600, 500), Note::Refused(why) if why.starts_with("2.00 ")));
    assert!(matches!(against(300, 100), Note::Refused(_)));
    assert!(matches!(against(270, 1200), Note::Kept(_)));
    assert!(matches!(against(100, 1201), Note::Refused(why) if why.contains("1.00 for long ones")));
}

#[test]
fn a_device_that_slows_down_meanwhile_slows_both() {
    // Each answer takes longer than the last one, and the accelerator four fifths of what the processor took just before.
    let now = Cell::new(1000);
    let mut processor = takes(|_| now.replace(now.get() + 50), scores);
    let mut accelerator = takes(|_| (now.get() - 50) * 4 / 5, scores);
    let found = compare(&lengths(), &mut processor, &mut accelerator);
    assert!(matches!(found, Ok(Note::Kept(figures)) if figures.starts_with("0.80 ")));
}

#[test]
fn the_first_answer_compiles_and_is_not_timed() {
    let asked = Cell::new([0; 2]);
    let count = |of: usize| {
        let mut counts = asked.get();
        counts[of] += 1;
        asked.set(counts);
    };
    let compiles = |canary| {
        count(0);
        Ok(scores(canary))
    };
    let runs = |_| {
        assert_eq!(asked.get()[0], CANARIES, "each has been answered before one is timed");
        count(1);
        Ok(500)
    };
    assert!(matches!(against(Fake(compiles, runs)), Note::Kept(_)));
    assert_eq!(asked.get(), [CANARIES, ROUNDS * CANARIES], "and is scored once");
}

#[test]
fn what_fails_or_answers_with_no_numbers_is_refused() {
    for failing in [0, CANARIES - 1, 2 * CANARIES] {
        let asked = Cell::new(0);
        let fails = || {
            asked.set(asked.get() + 1);
            if asked.get() > failing { Err(Error::internal("no such device")) } else { Ok(()) }
        };
        let fake = Fake(|canary| fails().map(|()| scores(canary)), |_| fails().map(|()| 0));
        assert_eq!(against(fake), Note::Refused("it fails".to_owned()));
    }
    for value in [f32::NAN, f32::INFINITY] {
        let odd = answers(1, |canary| {
            let mut scores = scores(canary);
            // Far from the best ten.
            scores[(canary + 30) % 40] = value;
            scores
        });
        assert!(matches!(against(odd), Note::Refused(why) if why.contains("finite")));
    }
}

#[test]
fn nothing_to_compare_is_no_agreement() {
    for canaries in [&[][..], &[Length::Short], &[Length::Long; 4]] {
        let note = compare(canaries, &mut answers(1000, scores), &mut answers(1, scores)).unwrap();
        assert!(matches!(note, Note::Refused(_)));
    }
    // A clock that stands still says nothing, either.
    let note = compare(&lengths(), &mut answers(0, scores), &mut answers(0, scores)).unwrap();
    assert!(matches!(note, Note::Refused(_)));
}

#[test]
fn the_processors_errors_are_errors_and_decide_nothing() {
    let broken = || Error::bad_pack("broken");
    for scored in [false, true] {
        let memory = Remembered::default();
        let trial = || {
            let scores_or = |canary| if scored { Ok(scores(canary)) } else { Err(broken()) };
            compare(&lengths(), &mut Fake(scores_or, |_| Err(broken())), &mut answers(1, scores))
        };
        assert_eq!(decided(&memory, trial).0, Err(broken()));
        assert_eq!(memory.read(), None);
    }
}

#[test]
fn what_was_decided_is_not_tried_again_until_the_key_changes() {
    let memory = Remembered::default();
    for note in [Note::Kept("fast".to_owned()), Note::Refused("slow".to_owned())] {
        let memory = memory.under(&format!("{note:?}"));
        assert_eq!(decided(&memory, || Ok(note.clone())), (Ok(note.clone()), true));
        assert_eq!(decided(&memory, || Err(Error::Closed)), (Ok(note.clone()), false));
        let (other, ran) = decided(&memory.under("another system"), || Ok(Note::Refused("new".to_owned())));
        assert_eq!((other, ran), (Ok(Note::Refused("new".to_owned())), true));
    }
}

#[test]
fn the_second_process_that_a_trial_does_not_survive_is_a_refusal() {
    let first = killed(None);
    assert_eq!(first, Some(Note::Trying));
    let second = killed(first.as_ref());
    assert_eq!(second, Some(Note::TryingAgain), "users close what they have just opened");
    assert_eq!(killed(second.as_ref()), None);
    let memory = Remembered::default();
    memory.clone().write(second.as_ref()).unwrap();
    for _ in 0..2 {
        let (result, ran) = decided(&memory, || Ok(Note::Kept("fast".to_owned())));
        assert!(matches!(result, Ok(Note::Refused(why)) if why.contains("two processes ended")));
        assert!(!ran);
    }
}

#[test]
fn only_a_verdict_forgets_a_trial_that_came_to_no_end() {
    let (kept, refused) = (Note::Kept("fast".to_owned()), Note::Refused("slow".to_owned()));
    for found in [Ok(kept), Ok(refused), Err(Error::Cancelled), Err(Error::bad_pack("broken"))] {
        let memory = Remembered::default();
        memory.clone().write(Some(&Note::Trying)).unwrap();
        let (result, ran) = decided(&memory, || found.clone());
        assert_eq!((&result, ran), (&found, true));
        // A crash and two cancelled trials are one crash.
        assert_eq!(memory.read(), found.ok().or(Some(Note::Trying)));
    }
}

#[test]
fn a_trial_that_is_cancelled_is_as_if_it_had_not_been() {
    let memory = Remembered::default();
    let cancelled = || {
        let mut cancelled = Fake(|_| Err(Error::Cancelled), |_| Ok(0));
        compare(&lengths(), &mut answers(1000, scores), &mut cancelled)
    };
    assert_eq!(decided(&memory, cancelled).0, Err(Error::Cancelled));
    assert_eq!(memory.read(), None);
    assert!(decided(&memory, || Ok(Note::Kept("fast".to_owned()))).1, "and is made another time");
}

/// A memory that takes so many notes, and no more.
struct Filling(Remembered, usize);

impl Memory for Filling {
    fn read(&self) -> Option<Note> {
        self.0.read()
    }

    fn write(&mut self, note: Option<&Note>) -> Result<()> {
        self.1 = self.1.checked_sub(1).ok_or_else(|| Error::internal("the disk is full"))?;
        self.0.write(note)
    }
}

#[test]
fn one_process_that_tries_again_and_again_is_not_two() {
    let (memory, mut ours) = (Remembered::default(), false);
    for before in [None, Some(Note::Trying)] {
        memory.clone().write(before.as_ref()).unwrap();
        let expected = if before.is_none() { Note::Trying } else { Note::TryingAgain };
        // What was found cannot be written.
        for _ in 0..3 {
            let mut full = Filling(memory.clone(), 1);
            let found = decide(&mut full, &mut ours, |trying| {
                assert_eq!(*trying, expected);
                Ok(Note::Kept("fast".to_owned()))
            });
            assert_eq!(found, Err(Error::internal("the disk is full")));
            assert!(ours && memory.read().as_ref() == Some(&expected));
        }
        // A panic that the boundary catches.
        let panics = std::panic::AssertUnwindSafe(|| {
            let _ = decide(&mut memory.clone(), &mut ours, |_| panic!("a trial"));
        });
        assert!(std::panic::catch_unwind(panics).is_err() && ours);
        assert_eq!(memory.read().as_ref(), Some(&expected));
        // Cancelled: what is there is still of this process.
        let found = decide(&mut memory.clone(), &mut ours, |_| Err(Error::Cancelled));
        assert_eq!((found, ours), (Err(Error::Cancelled), true));
        let refused = Note::Refused("slow".to_owned());
        let found = decide(&mut memory.clone(), &mut ours, |_| Ok(refused.clone()));
        assert_eq!((found, ours), (Ok(refused), false));
    }
    // And where a trial has ended well, what is there is of somebody else.
    memory.clone().write(Some(&Note::Trying)).unwrap();
    let found = decide(&mut memory.clone(), &mut ours, |_| Err(Error::Cancelled));
    assert_eq!((found, ours, memory.read()), (Err(Error::Cancelled), false, Some(Note::Trying)));
}

#[test]
fn what_cannot_be_noted_is_not_tried() {
    let mut full = Filling(Remembered::default(), 0);
    let result = decide(&mut full, &mut false, |_| panic!("it could kill the process at every start"));
    assert_eq!(result, Err(Error::internal("the disk is full")));
}
