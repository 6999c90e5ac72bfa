use super::*;
use crate::evaluate::tables::{EventRow, User};

fn kind(name: &str, task: &str, sign: i8) -> KindSpec {
    let json = serde_json::json!({"name": name, "task": task, "sign": sign, "strength": 1.0});
    serde_json::from_value(json).unwrap()
}

fn kinds() -> Vec<KindSpec> {
    vec![kind("view", "recommend", 1), kind("find", "search", 1), kind("dislike", "recommend", -1)]
}

/// An event as (item, kind, query, split).
type Short<'a> = (u32, u16, Option<&'a str>, Option<Split>);

/// Events one second apart.
fn user(id: &str, events: &[Short<'_>]) -> User {
    let event = |(at, &(item, kind, query, split)): (usize, &Short<'_>)| EventRow {
        item,
        kind,
        timestamp_ms: 1000 * at as i64,
        query: query.map(Into::into),
        intent: None,
        split,
        row: at as u64 + 2,
    };
    User { id: id.to_owned(), events: events.iter().enumerate().map(event).collect() }
}

fn data(users: Vec<User>) -> Data {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Data {
        items: names(&["a", "b", "c", "d"]),
        kinds: names(&["view", "find", "dislike", "strange"]),
        users,
        ..Data::default()
    }
}

const BOTH: [Task; 2] = [Task::Recommend, Task::Search];
const TRAIN: Option<Split> = Some(Split::Train);
const TEST: Option<Split> = Some(Split::Test);

#[test]
fn cases_are_liked_events_of_the_split_with_a_task() {
    let one = user(
        "u",
        &[
            (0, 0, None, TRAIN),
            (1, 1, Some("lamp"), TEST),
            (2, 2, None, TEST),
            (2, 3, None, TEST),
            (3, 0, None, TEST),
            (2, 0, None, Some(Split::Valid)),
        ],
    );
    let two = user("v", &[(0, 0, None, TRAIN)]);
    let three = user("w", &[(0, 0, None, TEST)]);
    let data = data(vec![one, two, three]);
    let of = |tasks: &[Task], limit| {
        let cases = cases(&data, &kinds(), tasks, Split::Test, limit).unwrap();
        cases.into_iter().map(|case| (case.user, case.at, case.task)).collect::<Vec<_>>()
    };
    assert_eq!(of(&BOTH, 9), [(0, 1, Task::Search), (0, 4, Task::Recommend), (2, 0, Task::Recommend)]);
    assert_eq!(of(&[Task::Search], 9), [(0, 1, Task::Search)]);
    assert_eq!(of(&[Task::Recommend], 1), [(0, 4, Task::Recommend)]);
}

#[test]
fn without_a_split_the_last_of_each_task_is_left_out() {
    let q = Some("lamp");
    let one = user(
        "u",
        &[(0, 0, None, None), (1, 1, q, None), (1, 0, None, None), (2, 0, None, None), (3, 1, q, None)],
    );
    let data = data(vec![one]);
    let of = |split| {
        let cases = cases(&data, &kinds(), &BOTH, split, 9).unwrap();
        cases.into_iter().map(|case| (case.at, case.task)).collect::<Vec<_>>()
    };
    // Three views: the last two are held out. Two searches are too few.
    assert_eq!(of(Split::Test), [(3, Task::Recommend)]);
    assert_eq!(of(Split::Valid), [(2, Task::Recommend)]);
}

#[test]
fn a_search_without_a_query_is_named() {
    let data = data(vec![user("u", &[(0, 1, None, TEST)])]);
    let error = cases(&data, &kinds(), &BOTH, Split::Test, 9).unwrap_err().to_string();
    assert!(error.contains("row 2, column query"), "{error}");
}

/// Tests score with functions.
impl<F: FnMut(Question<'_>) -> Result<Scores>> Scorer for F {
    fn score(&mut self, question: Question<'_>) -> Result<Scores> {
        self(question)
    }
}

/// An engine of four rows in which the item's place decides; in a search items of the history gain .25.
fn fake(question: Question<'_>) -> Result<Scores> {
    let history: Vec<u32> =
        question.history.iter().map(|event| u32::from(event.item_id.as_bytes()[0] - b'a')).collect();
    let mut rows = history.clone();
    rows.sort_unstable();
    rows.dedup();
    let dense =
        if question.task == Task::Search { vec![0.1, 0.2, 0.3, 0.4] } else { vec![0.4, 0.3, 0.2, 0.1] };
    let mut fused = dense.clone();
    if question.task == Task::Search {
        rows.iter().for_each(|row| fused[*row as usize] += 0.25);
    }
    Ok(Scores { without_history: dense.clone(), dense, fused, history: rows, ..Scores::default() })
}

fn setting<'a>(
    data: &'a Data,
    rows: &'a [Option<u32>],
    candidates: &'a HashMap<u16, Candidates>,
) -> Setting<'a> {
    Setting {
        data,
        rows,
        items_in_pack: 4,
        candidates,
        exclude_history: [true, false],
        features: false,
        top: 2,
        threads: 1,
    }
}

#[test]
fn ranks_follow_the_rules_of_each_task() {
    let data = data(vec![user("u", &[(0, 0, None, TRAIN), (1, 1, Some("lamp"), TEST), (2, 0, None, TEST)])]);
    let cases = cases(&data, &kinds(), &BOTH, Split::Test, 9).unwrap();
    let rows = [Some(0), Some(1), Some(2), None];
    let mut found = Candidates::new();
    found.insert(("u".into(), "lamp".into(), 1), vec![0, 2, 3]);
    let candidates = HashMap::from([(1, found)]);
    let outcomes =
        run(&setting(&data, &rows, &candidates), &cases, &ProgressBar::hidden(), || Ok(fake)).unwrap();
    // Search for b after a: .1 .2 .3 .4, and a gains .25.
    let search = &outcomes[0];
    assert_eq!((search.default, search.excluded, search.plain), (Some(4), Some(3), Some(3)));
    assert_eq!(search.sampled, Some(Some(2)), "c is above, d is not in the pack");
    assert_eq!((search.candidates_missing, search.in_history), (1, false));
    assert_eq!(search.top, [3, 0]);
    // Recommend c after a and b: .4 .3 .2 .1, a and b left out.
    let recommend = &outcomes[1];
    assert_eq!((recommend.default, recommend.excluded, recommend.plain), (Some(1), Some(1), Some(3)));
    assert_eq!((recommend.sampled, &recommend.top), (None, &vec![2, 3]));
}

#[test]
fn items_the_pack_lacks_are_never_found() {
    let data = data(vec![user("u", &[(0, 0, None, TEST)])]);
    let cases = cases(&data, &kinds(), &BOTH, Split::Test, 9).unwrap();
    let none = HashMap::new();
    let rows = [None, Some(0), Some(1), Some(2)];
    let outcomes = run(&setting(&data, &rows, &none), &cases, &ProgressBar::hidden(), || Ok(fake)).unwrap();
    assert_eq!(outcomes, [Outcome::default()]);
    assert!(super::rows(&data, |_| None).unwrap_err().to_string().contains("folder"));
}

#[test]
fn features_are_kept_where_they_are_wanted_and_nonsense_finds_nothing() {
    let data = data(vec![user("u", &[(0, 0, None, TRAIN), (3, 1, Some("lamp"), TEST)])]);
    let cases = cases(&data, &kinds(), &BOTH, Split::Test, 9).unwrap();
    let none = HashMap::new();
    let rows = [Some(0), Some(1), Some(2), Some(3)];
    let mut setting = setting(&data, &rows, &none);
    setting.features = true;
    let found = &run(&setting, &cases, &ProgressBar::hidden(), || Ok(fake)).unwrap()[0];
    assert!(found.features.is_some() && found.default == Some(1));
    let nonsense = |question: Question<'_>| Ok(Scores { nonsense: true, ..fake(question)? });
    let found = &run(&setting, &cases, &ProgressBar::hidden(), || Ok(nonsense)).unwrap()[0];
    assert_eq!((found.default, found.plain, found.top.len()), (Some(4), Some(4), 0));
}

#[test]
fn a_limit_spreads_over_the_users() {
    assert_eq!(spread(10, 3).collect::<Vec<_>>(), [0, 3, 6]);
    assert_eq!(spread(2, 9).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(spread(0, 9).count(), 0);
}

#[test]
fn threads_change_nothing_and_errors_name_the_first_event() {
    let users =
        (0..50).map(|n| user(&n.to_string(), &[(n % 4, 0, None, TRAIN), ((n + 1) % 4, 0, None, TEST)]));
    let data = data(users.collect());
    let cases = cases(&data, &kinds(), &BOTH, Split::Test, 99).unwrap();
    let none = HashMap::new();
    let rows = [Some(0), Some(1), Some(2), Some(3)];
    let mut setting = setting(&data, &rows, &none);
    let one = run(&setting, &cases, &ProgressBar::hidden(), || Ok(fake)).unwrap();
    setting.threads = 7;
    let seven = run(&setting, &cases, &ProgressBar::hidden(), || Ok(fake)).unwrap();
    assert_eq!(one.len(), 50);
    assert_eq!(one, seven);
    let broken = |question: Question<'_>| {
        let mut scores = fake(question)?;
        scores.fused[0] = f32::NAN;
        Ok(scores)
    };
    setting.threads = 1;
    let error = run(&setting, &cases, &ProgressBar::hidden(), || Ok(broken)).unwrap_err();
    assert!(format!("{error:#}").starts_with("event 2 of user 0"), "{error:#}");
}
