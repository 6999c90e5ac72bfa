//! Installing packs in a process that is killed at any moment, and on a full disk: a child of the test does it.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]
#![cfg(unix)]

mod common;
#[path = "common/rewritten.rs"]
mod rewritten;
#[path = "common/shops.rs"]
mod shops;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{END_MS, open, recommend, view};
use gensr::{CancelToken, Engine, Error, Event, History, InstallRequest};
use rewritten::sha256;
use shops::{Shops, other_shop};

/// Packs that are installed in turn: with three of them, what is there tells which installation was the last.
const PACKS: usize = 3;

/// Variables for a child: the folder of the packs, the place to install to, the profile.
const TOLD: [&str; 3] = ["GENSR_TEST_PACKS", "GENSR_TEST_PLACE", "GENSR_TEST_PROFILE"];

/// Packs named by their number, one of them in place, and a profile.
struct Fixture {
    shops: Shops,
    packs: tempfile::TempDir,
    profile: tempfile::TempDir,
}

impl Fixture {
    fn new(pack: &Path) -> Self {
        let [packs, profile] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let shops = Shops::new(pack);
        let mut third = other_shop(pack);
        third.manifest["name"] = "A third shop".into();
        let all = [shops.here.bytes.clone(), shops.other.bytes.clone(), third.file()];
        for (number, bytes) in all.iter().enumerate() {
            std::fs::write(numbered(packs.path(), number), bytes).unwrap();
        }
        Self { shops, packs, profile }
    }

    fn open(&self) -> Engine {
        open(&self.shops.installed, Some(self.profile.path()))
    }

    /// The number of the pack in place.
    fn there(&self) -> Option<usize> {
        let there = std::fs::read(&self.shops.installed).unwrap();
        (0..PACKS).find(|number| std::fs::read(numbered(self.packs.path(), *number)).unwrap() == there)
    }

    fn tell(&self, command: &mut Command) {
        let paths = [self.packs.path(), &self.shops.installed, self.profile.path()];
        command.envs(TOLD.into_iter().zip(paths));
    }
}

fn numbered(packs: &Path, number: usize) -> PathBuf {
    packs.join(format!("{number}.gensr"))
}

fn told() -> [PathBuf; 3] {
    TOLD.map(|name| PathBuf::from(std::env::var_os(name).expect("run by the other tests")))
}

fn request(pack: &Path) -> InstallRequest {
    InstallRequest::new(pack, sha256(&std::fs::read(pack).unwrap()))
}

fn record(engine: &Engine, item: &str) {
    let event = Event::new(item.to_owned(), view(engine)).timestamp_ms(Some(END_MS - 1));
    engine.record(event).unwrap();
}

/// The child of `a_kill_leaves_one_whole_pack`.
#[test]
#[ignore = "run by a_kill_leaves_one_whole_pack in a process of its own"]
fn child_installs_until_killed() {
    let [packs, place, profile] = told();
    let requests: Vec<_> = (0..PACKS).map(|number| request(&numbered(&packs, number))).collect();
    let engine = open(&place, Some(&profile));
    let now = request(&place).expected_sha256;
    let there = requests.iter().position(|request| request.expected_sha256 == now).unwrap();
    println!("\nready");
    for request in requests.iter().cycle().skip(there + 1) {
        engine.install(request, &CancelToken::new()).unwrap();
        println!("\ninstalled");
    }
}

#[test]
fn a_kill_leaves_one_whole_pack() {
    let pack = common::pack();
    let kills: u64 = std::env::var("GENSR_KILLS").map_or(15, |kills| kills.parse().unwrap());
    let fixture = Fixture::new(&pack);
    record(&fixture.open(), "g0005");
    let (mut abandoned, mut installed) = (0, 0);
    for kill in 0..kills {
        let before = fixture.there().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["child_installs_until_killed", "--exact", "--ignored", "--nocapture"]);
        fixture.tell(&mut command);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "ready"), "the child begins");
        // Spread over some installations of it, by the golden section.
        std::thread::sleep(Duration::from_micros(kill * 618_034 % 1_000_000 * 7 / 10));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines.filter(|line| line == "installed").count();
        installed += acknowledged;

        let there = fixture.there().unwrap_or_else(|| panic!("kill {kill}: not a whole pack"));
        // The pack of the last acknowledged installation, or of one more that was done and not yet acknowledged.
        let last = (before + acknowledged) % PACKS;
        assert!([last, (last + 1) % PACKS].contains(&there), "kill {kill}: {there} after {last}");
        abandoned += fixture.shops.files().len() - 1;
        let engine = fixture.open();
        assert_eq!(fixture.shops.files(), ["shop.gensr"], "opening removes what was left");
        assert_eq!(engine.history(9).unwrap().len(), 1);
        assert!(!recommend(&engine, History::Profile).hits.is_empty());
    }
    println!("{kills} kills, {installed} installations acknowledged, {abandoned} copies abandoned");
    assert!(installed > 0, "some were done");
}

/// The child of `a_full_disk_leaves_everything_as_it_was`.
#[test]
#[ignore = "run by a_full_disk_leaves_everything_as_it_was in a process of its own"]
fn child_installs_on_a_full_disk() {
    let [packs, place, profile] = told();
    let engine = open(&place, Some(&profile));
    record(&engine, "g0005");
    let before = recommend(&engine, History::Profile).hits;
    for _ in 0..3 {
        let error = engine.install(&request(&numbered(&packs, 1)), &CancelToken::new()).unwrap_err();
        assert!(matches!(&error, Error::Internal { reason } if reason.contains("cannot write")), "{error}");
        assert_eq!(recommend(&engine, History::Profile).hits, before);
        assert_eq!(std::fs::read(&place).unwrap(), std::fs::read(numbered(&packs, 0)).unwrap());
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1, "no copy is left");
    }
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let pack = common::pack();
    let fixture = Fixture::new(&pack);
    // No file may grow past a megabyte; without the trap the system would kill the child for trying.
    let limited = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limited]).arg(std::env::current_exe().unwrap());
    command.args(["child_installs_on_a_full_disk", "--exact", "--ignored", "--nocapture"]);
    fixture.tell(&mut command);
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    assert_eq!(fixture.there(), Some(0));
}
