//! `gensr evaluate-feed`: what likes, dislikes and the options of a feed do to lists, on held-out events.
//!
//! A subject is one held-out event of a user: the history before it, and the item that was wanted next. Lists are what
//! `recommend` answers with ten hits; a wanted item that is not among them is not found.

mod lists;
mod report;

use anyhow::{Result, bail};
use gensr::{
    CancelToken, DISLIKE, Engine, EvalRequest, Event, Exploration, History, RecommendRequest, SearchRequest,
    Task,
};

use super::protocol::{self, Case};
use super::tables::{Data, EventRow, Split};
use crate::args::{EvaluateFeedArgs, SplitChoice};
use crate::{open, output, query};
use lists::{Lists, Ranking};
use report::{Report, Row};

/// Length of the lists.
const HITS: usize = 10;

/// One held-out event.
struct Subject {
    number: u64,
    history: Vec<Event>,
    wanted: Event,
}

/// Runs the command.
pub fn run(args: &EvaluateFeedArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, None)?;
    let data = Data::read(&args.data)?;
    let split = if args.split == SplitChoice::Test { Split::Test } else { Split::Valid };
    let kinds = &engine.manifest().kinds;
    let of = |task: Task| -> Result<Vec<Subject>> {
        let cases = protocol::cases(&data, kinds, &[task], split, args.limit_users)?;
        Ok((0..).zip(&cases).map(|(number, case)| subject(&data, case, number)).collect())
    };
    let subjects = of(Task::Recommend)?;
    if subjects.is_empty() {
        bail!("{} has no held-out events of a kind that recommends", args.data.display());
    }
    let searches = of(Task::Search)?;
    let lab = Lab { engine: &engine, like: query::liking_kind(&engine)?, seed: args.seed };
    let bar = output::progress((subjects.len() + searches.len()) as u64, "evaluating", false);
    let mut parts = [lab.diversity(), lab.exploration(), lab.seeds()];
    let mut feedback = lab.feedback();
    let mut random = fastrand::Rng::with_seed(args.seed);
    // One subject after the other: what the engine keeps of a history serves all of its lists.
    for subject in &subjects {
        lab.react(subject, &mut feedback, &mut random)?;
        parts.iter_mut().flatten().try_for_each(|way| way.ask(subject, &engine))?;
        bar.inc(1);
    }
    let mut intent = if searches.is_empty() { Vec::new() } else { lab.intent() };
    for subject in &searches {
        intent.iter_mut().try_for_each(|way| way.ask(subject, &engine))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let rows = |ways: Vec<Way<'_>>| ways.into_iter().map(|way| way.ranking.row(way.name, &engine)).collect();
    let [diversity, exploration, seeds] = parts.map(rows);
    let lists = lab.strangers(subjects[0].wanted.timestamp_ms, &data)?;
    let every = protocol::cases(&data, kinds, &[Task::Recommend], split, u64::MAX)?;
    let held_out: Vec<u32> = every.iter().map(|case| data.users[case.user].events[case.at].item).collect();
    let liked = |event: &&EventRow| data.kinds[event.kind as usize] == lab.like;
    let firsts = data.users.iter().filter_map(|user| user.events.iter().find(liked));
    let firsts: Vec<u32> = firsts.map(|event| event.item).collect();
    let against = |wanted: &[u32]| -> Vec<Row> {
        let row = |(name, list): &(&str, Vec<String>)| {
            let mut ranking = Ranking::default();
            wanted.iter().for_each(|item| ranking.add(list, &data.items[*item as usize], &engine));
            ranking.row((*name).to_owned(), &engine)
        };
        lists.iter().map(row).collect()
    };
    let report = Report {
        pack: engine.manifest().name.clone(),
        split: if split == Split::Test { "test" } else { "valid" },
        events: subjects.len(),
        searches: searches.len(),
        seed: args.seed,
        feedback: feedback.into_iter().map(|(_, lists)| lists.means()).collect(),
        diversity,
        exploration,
        strangers: against(&held_out),
        first_events: against(&firsts),
        seeds,
        intent: rows(intent),
    };
    output::show(json, &report, || report.text())
}

fn subject(data: &Data, case: &Case, number: u64) -> Subject {
    let user = &data.users[case.user];
    let event = |row: &EventRow| {
        Event::new(data.items[row.item as usize].clone(), data.kinds[row.kind as usize].clone())
            .timestamp_ms(Some(row.timestamp_ms))
            .query(row.query.as_deref().map(str::to_owned))
    };
    Subject {
        number,
        history: user.events[..case.at].iter().map(event).collect(),
        wanted: event(&user.events[case.at]),
    }
}

/// Makes a list for a subject.
type Make<'a> = dyn Fn(&Subject) -> Result<Vec<String>> + 'a;

/// One way to make a list for a subject, and how well it does.
struct Way<'a> {
    name: String,
    list: Box<Make<'a>>,
    ranking: Ranking,
}

impl<'a> Way<'a> {
    fn new(name: impl Into<String>, list: impl Fn(&Subject) -> Result<Vec<String>> + 'a) -> Self {
        Self { name: name.into(), list: Box::new(list), ranking: Ranking::default() }
    }

    fn ask(&mut self, subject: &Subject, engine: &Engine) -> Result<()> {
        self.ranking.add(&(self.list)(subject)?, &subject.wanted.item_id, engine);
        Ok(())
    }
}

/// Feedback on an item, and the list that it is from.
#[derive(Clone, Copy, PartialEq)]
enum Reaction {
    LikeFirst,
    LikeDrawn,
    DislikeFirst,
}

/// Where lists are made.
struct Lab<'a> {
    engine: &'a Engine,
    /// The kind of event of a like.
    like: String,
    seed: u64,
}

impl Lab<'_> {
    /// The list after a history, as `request` wants it, at the time of the wanted event.
    fn list(&self, subject: &Subject, history: Vec<Event>, request: RecommendRequest) -> Result<Vec<String>> {
        let request = request
            .history(if history.is_empty() { History::Empty } else { History::Events(history) })
            .limit(HITS)
            .now_ms(subject.wanted.timestamp_ms);
        let response = self.engine.recommend(&request, &CancelToken::new())?;
        Ok(response.hits.into_iter().map(|hit| hit.id).collect())
    }

    /// Lists after the whole history.
    fn way(&self, name: impl Into<String>, request: RecommendRequest) -> Way<'_> {
        Way::new(name, move |subject| self.list(subject, subject.history.clone(), request.clone()))
    }

    fn feedback(&self) -> Vec<(Reaction, Lists)> {
        vec![
            (Reaction::LikeFirst, Lists::new("like of the first item")),
            (Reaction::LikeDrawn, Lists::new("like of a drawn item")),
            (Reaction::DislikeFirst, Lists::new("dislike of the first item")),
        ]
    }

    /// Lists before and after a reaction.
    fn react(
        &self,
        subject: &Subject,
        feedback: &mut [(Reaction, Lists)],
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        let plain = RecommendRequest::default;
        let drawn = random.u32(0..self.engine.manifest().items as u32);
        let drawn = self.engine.item_id(drawn).unwrap_or_default();
        let list = self.list(subject, subject.history.clone(), plain())?;
        let Some(first) = list.first() else { return Ok(()) };
        for (reaction, lists) in feedback {
            let item = if *reaction == Reaction::LikeDrawn { &drawn } else { first };
            // The list with the item only left out.
            let gone = plain().exclude(vec![item.clone()]);
            let before = self.list(subject, subject.history.clone(), gone)?;
            let mut history = subject.history.clone();
            history.push(
                Event::new(
                    item.clone(),
                    if *reaction == Reaction::DislikeFirst { DISLIKE } else { &self.like }.to_owned(),
                )
                .timestamp_ms(subject.wanted.timestamp_ms),
            );
            let after = self.list(subject, history, plain())?;
            let wanted = Some(subject.wanted.item_id.as_str()).filter(|wanted| wanted != item);
            lists.add(item, &before, &after, wanted, self.engine);
        }
        Ok(())
    }

    fn diversity(&self) -> Vec<Way<'_>> {
        let way = |tenths: u8| {
            let diversity = Some(f32::from(tenths) / 10.0);
            self.way(format!("0.{tenths}"), RecommendRequest::new().diversity(diversity))
        };
        (0..10).map(way).collect()
    }

    fn exploration(&self) -> Vec<Way<'_>> {
        let way = |share: f32| {
            Way::new(format!("{share:.1}"), move |subject: &Subject| {
                // Everybody explores something else.
                let seed = self.seed.wrapping_mul(1 << 32).wrapping_add(subject.number);
                let exploration = (share > 0.0).then_some(Exploration::new(share, seed));
                let request = RecommendRequest::new().exploration(exploration);
                self.list(subject, subject.history.clone(), request)
            })
        };
        [0.0, 0.1, 0.2, 0.3, 0.5].into_iter().map(way).collect()
    }

    /// Lists for a user without a history.
    fn strangers(&self, now_ms: Option<i64>, data: &Data) -> Result<Vec<(&'static str, Vec<String>)>> {
        let token = CancelToken::new();
        let request = EvalRequest { task: Task::Recommend, text: None, history: &History::Empty, now_ms };
        let scores = self.engine.evaluate(&request, |_| (), &token)?.dense;
        let best = |scores: &[f32]| {
            let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
            rows.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
            let ids = rows.into_iter().take(HITS).filter_map(|row| self.engine.item_id(row));
            ids.collect::<Vec<_>>()
        };
        let mut counts = vec![0.0; scores.len()];
        let events = data.users.iter().flat_map(|user| &user.events);
        let train = events.filter(|event| !matches!(event.split, Some(Split::Valid | Split::Test)));
        for event in train.filter(|event| data.kinds[event.kind as usize] == self.like) {
            if let Some(row) = self.engine.row_of(&data.items[event.item as usize]) {
                counts[row as usize] += 1.0;
            }
        }
        let ask = |diversity: Option<f32>| {
            let request = RecommendRequest::new()
                .history(History::Empty)
                .limit(HITS)
                .diversity(diversity)
                .now_ms(now_ms);
            let hits = self.engine.recommend(&request, &token)?.hits;
            Ok::<_, anyhow::Error>(hits.into_iter().map(|hit| hit.id).collect())
        };
        Ok(vec![
            ("model alone", best(&scores)),
            ("popularity alone", best(&counts)),
            ("both", ask(Some(0.0))?),
            ("both, diverse (default)", ask(None)?),
        ])
    }

    /// The last event of the history as the request's context, in place of the history's end.
    fn seeds(&self) -> Vec<Way<'_>> {
        let split = |subject: &Subject| {
            let mut history = subject.history.clone();
            let last = history.pop().map(|event| event.item_id);
            (history, Vec::from_iter(last))
        };
        let plain = RecommendRequest::default;
        vec![
            self.way("whole history", plain()),
            Way::new("without its last item", move |subject| {
                let (history, exclude) = split(subject);
                self.list(subject, history, plain().exclude(exclude))
            }),
            Way::new("its last item as a seed", move |subject| {
                let (history, seeds) = split(subject);
                self.list(subject, history, plain().seeds(seeds))
            }),
            Way::new("the seed alone", move |subject| {
                let (_, seeds) = split(subject);
                self.list(subject, Vec::new(), plain().seeds(seeds))
            }),
        ]
    }

    /// Held-out searches as intents.
    fn intent(&self) -> Vec<Way<'_>> {
        let with_intent = |subject: &Subject| RecommendRequest::new().intent(subject.wanted.query.clone());
        vec![
            self.way("no intent", RecommendRequest::default()),
            Way::new("intent", move |subject| {
                self.list(subject, subject.history.clone(), with_intent(subject))
            }),
            Way::new("intent, no history", move |subject| {
                self.list(subject, Vec::new(), with_intent(subject))
            }),
            Way::new("search", move |subject| {
                let request = SearchRequest::new(subject.wanted.query.clone().unwrap_or_default())
                    .history(History::Events(subject.history.clone()))
                    .now_ms(subject.wanted.timestamp_ms);
                let response = self.engine.search(&request, &CancelToken::new())?;
                Ok(response.hits.into_iter().map(|hit| hit.id).collect())
            }),
        ]
    }
}
