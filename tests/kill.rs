//! Killed at any moment, a profile opens again, has everything that was acknowledged, nothing by halves, and no byte of what
//! was forgotten.
//!
//! A child process does what a [`World`] chooses, one [`Action`] after the other, and says when it begins one and when the
//! engine has acknowledged it. The world is made from a seed, so the parent, which kills the child at random points, knows
//! from the number of steps alone what has to be there: all acknowledged ones, and the one that had begun wholly or not at
//! all. The next child goes on in the same folder.
//!
//! To put another action under test, add it to `Action`: how it is chosen (`World::choose`), what it does to a world
//! (`World::apply`), how an engine does it (`perform`), and what has to be in the folder afterwards (`state`).
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod common;

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gensr::{
    CancelToken, DISLIKE, Engine, EngineOptions, Error, Event, Forget, PackSource, ProfileKey,
    ProfileOptions, RecordedHistory, Upsert,
};

/// Kills in all, where `GENSR_KILLS` names no other number (`make test-kills` does); each of the chains, which run beside each
/// other, has its part.
const KILLS: usize = 50;
const CHAINS: usize = 4;
/// Few enough that retention takes part.
const MAX_EVENTS: usize = 640;

/// A step of an engine, from one acknowledgement to the next.
#[derive(Debug, Clone)]
enum Action {
    Record(Vec<Event>),
    Forget(Forget),
    /// Events that happened before all others.
    Import(Vec<Event>),
    Clear,
    /// Encrypts with the next key; in libraries with encryption only.
    RotateKey,
    /// Items, new or in place of others: id and title.
    Upsert(Vec<(String, String)>),
    Remove(Vec<String>),
    MakeVectors,
}

/// The expected content of a profile after some steps.
#[derive(Debug, Clone)]
struct World {
    random: u64,
    /// Events that ever were: each has a number of its own.
    events_ever: usize,
    /// Recorded events, oldest first.
    events: Vec<Event>,
    /// Titles of the items that were added on the device, by id.
    items: BTreeMap<String, String>,
    items_ever: usize,
    /// Whether there are such at all: then an engine has to look, which takes longer.
    catalogue: bool,
    encrypted: bool,
    keys_ever: u8,
}

impl World {
    fn new(seed: u64) -> Self {
        // Every other chain is encrypted where that is possible.
        let encrypted = cfg!(feature = "sqlcipher") && seed % 2 == 1;
        Self {
            random: seed,
            events_ever: 0,
            events: Vec::new(),
            items: BTreeMap::new(),
            items_ever: 0,
            catalogue: seed % 4 >= 2,
            encrypted,
            keys_ever: 0,
        }
    }

    /// Goes so many steps on.
    fn advance(&mut self, steps: usize) {
        for _ in 0..steps {
            let action = self.choose();
            self.apply(&action);
        }
    }

    /// Below `bound`; splitmix64.
    fn random(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn choose(&mut self) -> Action {
        if self.catalogue && self.random(2) == 0 {
            return self.choose_items();
        }
        match self.random(20) {
            0..10 => {
                // Now and then many at once, so that a kill also meets large transactions.
                let many = if self.random(6) == 0 { 150 } else { 1 + self.random(3) };
                Action::Record((0..many).map(|_| self.event(1)).collect())
            }
            10..12 if !self.events.is_empty() => {
                let place = self.random(self.events.len());
                Action::Forget(Forget::Item(self.events[place].item_id.clone()))
            }
            12..14 if !self.events.is_empty() => {
                let place = self.random(self.events.len());
                let query = self.events[place].query.clone().unwrap();
                Action::Forget(Forget::Query(format!(" {query} ")))
            }
            14..16 if !self.events.is_empty() => {
                let from = self.events.len().saturating_sub(1 + self.random(9));
                Action::Forget(Forget::Since(self.events[from].timestamp_ms.unwrap()))
            }
            16..18 => {
                let many = 1 + self.random(20);
                let mut events: Vec<_> = (0..many).map(|_| self.event(-1)).collect();
                events.reverse();
                Action::Import(events)
            }
            18 if self.random(4) == 0 => Action::Clear,
            19 if self.encrypted => Action::RotateKey,
            _ => Action::Record(vec![self.event(1)]),
        }
    }

    fn choose_items(&mut self) -> Action {
        let some = |world: &mut Self| {
            let place = world.random(world.items.len());
            world.items.keys().nth(place).unwrap().clone()
        };
        match self.random(8) {
            0 if !self.items.is_empty() => {
                let many = 1 + self.random(3);
                Action::Remove((0..many).map(|_| some(self)).collect())
            }
            1 => Action::MakeVectors,
            place => {
                let many = if place == 2 { 60 } else { 1 + self.random(4) };
                let upsert = |_| {
                    self.items_ever += 1;
                    let version = self.items_ever;
                    let new = self.items.is_empty() || self.random(3) > 0;
                    let id = if new { format!("live-{version}") } else { some(self) };
                    (id, format!("jacket of version {version}"))
                };
                // An id once.
                Action::Upsert((0..many).map(upsert).collect::<BTreeMap<_, _>>().into_iter().collect())
            }
        }
    }

    /// An event with marks that no other has, after all others (1) or before them (-1). Marks are long enough that the hundred
    /// megabytes of encrypted profiles that a run reads have none by chance: of marks of 4 bytes, one run of five has one.
    fn event(&mut self, side: i64) -> Event {
        self.events_ever += 1;
        let number = self.events_ever;
        let long = if self.random(12) == 0 { 300 } else { 1 + self.random(30) };
        Event::new(format!("<item-{number}>"), DISLIKE.to_owned())
            .timestamp_ms(Some(common::END_MS + side * 1000 * number as i64))
            .query(Some(format!("<query-{number}>").repeat(long)))
    }

    fn apply(&mut self, action: &Action) {
        match action {
            Action::Record(events) => self.events.extend(events.iter().cloned()),
            Action::Import(events) => drop(self.events.splice(0..0, events.iter().cloned())),
            Action::Clear => self.events.clear(),
            Action::RotateKey => self.keys_ever += 1,
            Action::Upsert(items) => self.items.extend(items.iter().cloned()),
            Action::Remove(ids) => self.items.retain(|id, _| !ids.contains(id)),
            Action::MakeVectors => {}
            Action::Forget(Forget::Item(id)) => self.events.retain(|event| event.item_id != *id),
            Action::Forget(Forget::Query(query)) => {
                self.events.retain(|event| event.query.as_deref() != Some(query.trim()));
            }
            Action::Forget(Forget::Since(since)) => {
                self.events.retain(|event| event.timestamp_ms < Some(*since));
            }
            Action::Forget(_) => unreachable!("ids are not chosen"),
        }
        if self.events.len() > MAX_EVENTS {
            self.events.drain(..self.events.len() - (MAX_EVENTS - MAX_EVENTS / 16));
        }
    }

    fn key(&self) -> Option<ProfileKey> {
        self.encrypted.then(|| ProfileKey::new([self.keys_ever; 32]))
    }

    fn options(&self) -> ProfileOptions {
        ProfileOptions::default().max_events(MAX_EVENTS).key(self.key())
    }
}

/// Does it with an engine; returns when it is acknowledged.
fn perform(engine: &Engine, action: &Action, world: &World) {
    match action {
        Action::Record(events) => engine.record_many(events.clone()).unwrap(),
        Action::Forget(forget) => assert!(engine.forget(forget).unwrap() > 0),
        Action::Clear => engine.clear_history().unwrap(),
        Action::RotateKey => {
            let mut next = world.clone();
            next.apply(action);
            engine.rotate_key(&next.key().unwrap()).unwrap();
        }
        Action::Upsert(items) => {
            let items: Vec<_> = items.iter().map(|(id, title)| Upsert::new(id, title, "a text")).collect();
            drop(engine.upsert_items(items).unwrap());
        }
        Action::Remove(ids) => drop(engine.remove_items(ids).unwrap()),
        Action::MakeVectors => engine.pending_vectors().run(engine, &CancelToken::new()).unwrap(),
        Action::Import(events) => {
            let line = |event: &Event| {
                let Event { item_id, kind, timestamp_ms, query, .. } = event;
                let (time, query) = (timestamp_ms.unwrap(), query.as_deref().unwrap());
                format!(
                    r#"{{"item_id":"{item_id}","kind":"{kind}","timestamp_ms":{time},"query":"{query}"}}"#
                ) + "\n"
            };
            let file: String = events.iter().map(line).collect();
            assert_eq!(engine.import_history(file.as_bytes()).unwrap(), events.len());
        }
    }
}

fn engine(folder: &Path, world: &World) -> Engine {
    let pack = common::pack();
    let options = EngineOptions::default().profile(world.options());
    Engine::open(PackSource::Path(pack), Some(folder), options).unwrap()
}

/// Opens the folder as a world says, and compares: whether what is there is that world's, with every byte.
fn state(folder: &Path, world: &World) -> Result<(), String> {
    let recorded = match RecordedHistory::open(folder, world.options()) {
        Ok(recorded) => recorded,
        // Another key than this world's: a rotation that had begun, or had not.
        Err(Error::InvalidArgument { reason }) if world.encrypted => return Err(reason),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(recorded.set_aside(), None);
    let found: Vec<Event> = recorded.events(usize::MAX).unwrap().into_iter().map(Event::from).collect();
    drop(recorded);
    if found != world.events {
        let numbers =
            |events: &[Event]| events.iter().map(|event| event.item_id.clone()).collect::<Vec<_>>().join("");
        return Err(format!("found {}\nwanted {}", numbers(&found), numbers(&world.events)));
    }
    if world.catalogue {
        let ids: Vec<_> = (1..=world.items_ever.max(1)).map(|number| format!("live-{number}")).collect();
        let found = engine(folder, world).items(&ids).unwrap();
        let found: BTreeMap<_, _> = found.into_iter().flatten().map(|item| (item.id, item.title)).collect();
        if found != world.items {
            return Err(format!("found the items {found:?}\nwanted {:?}", world.items));
        }
    }
    let marks = marks(folder);
    if world.encrypted {
        assert_eq!(marks, HashSet::new(), "something can be read without the key");
        return Ok(());
    }
    let there: HashSet<_> = found.iter().map(|event| number(event.item_id.as_bytes()).unwrap()).collect();
    let [left, missing] = [marks.difference(&there), there.difference(&marks)].map(Vec::from_iter);
    assert!(left.is_empty(), "of {} events the files still hold {left:?}", found.len());
    assert!(missing.is_empty(), "the search does not find what is there: {missing:?}");
    Ok(())
}

/// The numbers of the events whose marks are in any file of a folder.
fn marks(folder: &Path) -> HashSet<usize> {
    let mut found = HashSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        found.extend(bytes.split_inclusive(|byte| *byte == b'>').filter_map(|mark| {
            let start = mark.iter().rposition(|byte| *byte == b'<')?;
            number(&mark[start..])
        }));
    }
    found
}

fn number(mark: &[u8]) -> Option<usize> {
    let inner = mark.strip_prefix(b"<")?.strip_suffix(b">")?;
    let digits = inner.strip_prefix(b"item-").or_else(|| inner.strip_prefix(b"query-"))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The child: does step after step until it is killed.
#[test]
#[ignore = "run by the other tests in a process of its own"]
fn child() {
    let given = |name: &str| std::env::var(format!("GENSR_KILL_{name}"));
    let folder = given("FOLDER").expect("run by the other tests");
    let [seed, steps] = ["SEED", "STEPS"].map(|name| given(name).unwrap().parse::<u64>().unwrap());
    // The largest number is no step: to hold the profile only.
    let holds = steps == u64::MAX;
    let mut world = World::new(seed);
    world.advance(if holds { 0 } else { steps as usize });
    let engine = engine(Path::new(&folder), &world);
    println!("\nopen");
    if holds {
        std::io::stdin().read_exact(&mut [0]).unwrap();
    }
    for step in steps.. {
        let action = world.choose();
        println!("begin {step}");
        perform(&engine, &action, &world);
        world.apply(&action);
        println!("acknowledged {step}");
    }
}

fn spawn(folder: &Path, seed: u64, steps: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env("GENSR_KILL_FOLDER", folder)
        .env("GENSR_KILL_SEED", seed.to_string())
        .env("GENSR_KILL_STEPS", steps.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills child after child on one folder; returns how often one was in the middle of an action.
fn chain(seed: u64, kills: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(seed);
    let mut steps = 0;
    let mut interrupted = 0;
    let mut when = World::new(!seed);
    for kill in 0..kills {
        let mut child = spawn(folder.path(), seed, steps as u64);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let (mut begun, mut acknowledged) = (steps, steps);
        let mut note = |line: &str| {
            let place = |prefix: &str| Some(line.strip_prefix(prefix)?.parse::<usize>().unwrap() + 1);
            begun = place("begin ").unwrap_or(begun);
            acknowledged = place("acknowledged ").unwrap_or(acknowledged);
            line == "open" || line.starts_with("acknowledged")
        };
        // Some are killed while they open; most after a few actions.
        let mut wait = if when.random(10) == 0 { 0 } else { 1 + when.random(8) };
        while wait > 0 {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("the child of kill {kill} of chain {seed} ended by itself"));
            wait -= usize::from(note(&line));
        }
        std::thread::sleep(Duration::from_micros(when.random(4_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            note(&line);
        }

        interrupted += usize::from(begun > acknowledged);
        // The profile may not have been made yet.
        if begun == 0 && RecordedHistory::open(folder.path(), World::new(seed).options()).is_err() {
            continue;
        }
        let mut faults = Vec::new();
        world.advance(acknowledged - steps);
        steps = acknowledged;
        while let Err(fault) = state(folder.path(), &world) {
            faults.push(fault);
            assert!(
                steps < begun,
                "chain {seed}, kill {kill}, {acknowledged} steps, {begun} begun: {faults:?}"
            );
            world.advance(1);
            steps += 1;
        }
    }
    let World { events_ever, items_ever, .. } = world;
    println!(
        "chain {seed}: {steps} steps with {events_ever} events and {items_ever} items, {interrupted} of {kills} kills in \
         the middle of one"
    );
    interrupted
}

#[test]
fn a_kill_leaves_what_was_acknowledged() {
    let kills: usize = std::env::var("GENSR_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let chains: Vec<_> = (0..CHAINS as u64)
        .map(|seed| std::thread::spawn(move || chain(seed, kills.div_ceil(CHAINS))))
        .collect();
    let interrupted: usize = chains.into_iter().map(|chain| chain.join().unwrap()).sum();
    assert!(interrupted > kills / 4, "{interrupted} kills hit an action: the test tests too little");
}

#[test]
fn another_process_is_told_that_the_profile_is_in_use() {
    let pack = common::pack();
    let folder = tempfile::tempdir().unwrap();
    let mut child = spawn(folder.path(), 0, u64::MAX);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "open"), "the child opens the profile");
    let open = || Engine::open(PackSource::Path(pack.clone()), Some(folder.path()), EngineOptions::default());
    let shown = RecordedHistory::open(folder.path(), ProfileOptions::default());
    for error in [open().unwrap_err(), shown.unwrap_err()] {
        assert!(matches!(&error, Error::InvalidArgument { reason } if reason.contains("in use")), "{error}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    open().expect("the lock ends with the process, however that ends");
}
