//! `gensr search`, `recommend` and `similar`: one question, one ranked list.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use gensr::{
    Boost, CancelToken, Cap, DISLIKE, Engine, Event, Exploration, Freshness, History, KindTask, LeaveOut,
    ReasonKind, RecommendRequest, Response, SearchRequest, SimilarRequest,
};
use serde::{Serialize, Serializer};

use crate::args::{FeedArgs, HistoryArgs, RecommendArgs, SearchArgs, SimilarArgs};
use crate::open;
use crate::output::{self, bold, count, dim, right};
use crate::page::{self, FacetAnswer};

/// JSON of a response.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub hits: Vec<AnswerHit>,
    total_hits: usize,
    facets: Vec<FacetAnswer>,
    pub timings_ms: Timings,
    providers: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
pub struct AnswerHit {
    pub id: String,
    pub title: String,
    /// Parts of the title that match, `[from, to)` in bytes of UTF-8.
    highlights: Vec<(usize, usize)>,
    score: f32,
    reasons: Vec<AnswerReason>,
}

impl AnswerHit {
    /// Its title, or its id where it has none.
    pub fn name(&self) -> &str {
        if self.title.is_empty() { &self.id } else { &self.title }
    }
}

/// Milliseconds of each stage, in the order they ran.
#[derive(Debug)]
pub struct Timings(pub Vec<(&'static str, f64)>);

impl Timings {
    /// Milliseconds of one stage.
    pub fn get(&self, stage: &str) -> Option<f64> {
        self.0.iter().find(|(name, _)| *name == stage).map(|(_, ms)| *ms)
    }
}

impl Serialize for Timings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(stage, ms)| (stage, ms)))
    }
}

#[derive(Debug, Serialize)]
pub struct AnswerReason {
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terms: Vec<String>,
    weight: f32,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let hits = response.hits.into_iter().map(|hit| AnswerHit {
            id: hit.id,
            title: hit.title,
            highlights: hit.highlights.into_iter().map(|range| (range.start, range.end)).collect(),
            score: hit.score,
            reasons: hit
                .reasons
                .into_iter()
                .map(|reason| AnswerReason {
                    kind: reason_name(reason.kind),
                    terms: reason.terms,
                    weight: reason.weight,
                })
                .collect(),
        });
        Self {
            hits: hits.collect(),
            total_hits: response.total_hits,
            facets: response.facets.into_iter().map(FacetAnswer::from).collect(),
            timings_ms: Timings(response.timings.iter().map(|time| (time.stage, time.ms)).collect()),
            providers: response.providers.into_iter().collect(),
        }
    }
}

/// How JSON calls a kind of reason.
pub fn reason_name(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::Model => "model",
        ReasonKind::Neighbours => "neighbours",
        ReasonKind::Words => "words",
        ReasonKind::Title => "title",
        ReasonKind::Id => "id",
        ReasonKind::History => "history",
        ReasonKind::Similar => "similar",
        ReasonKind::Seeds => "seeds",
        ReasonKind::Dislike => "dislike",
        ReasonKind::Boost => "boost",
        ReasonKind::Freshness => "freshness",
        ReasonKind::Popularity => "popularity",
        ReasonKind::Exploration => "exploration",
        _ => "other",
    }
}

/// Runs `gensr search`.
pub fn search(args: &SearchArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.history.profile.as_deref())?;
    let request = SearchRequest::new(args.query.as_str())
        .history(history(&engine, &args.history)?)
        .limit(args.page.limit)
        .offset(args.page.offset)
        .filter(page::filter(&engine, args.page.filter.as_deref())?)
        .facets(args.page.facet.clone())
        .exclude_history(args.history.exclude())
        .now_ms(Some(now_ms()));
    let response = engine.search(&request, &CancelToken::new())?;
    show(json, response, args.page.offset, &format!("search {}", bold(format!("“{}”", args.query.trim()))))
}

/// Runs `gensr recommend`.
pub fn recommend(args: &RecommendArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.history.profile.as_deref())?;
    let typed = &args.history.history;
    let history = history_of(&engine, typed, args.history.profile.is_some(), &args.feed.dislike)?;
    let after = match &history {
        History::Events(events) => titles(&engine, events),
        History::Profile => "the recorded history".to_owned(),
        _ => "no history".to_owned(),
    };
    let request = (feed(&engine, &args.feed, args.history.exclude())?)
        .history(history)
        .limit(args.page.limit)
        .offset(args.page.offset)
        .filter(page::filter(&engine, args.page.filter.as_deref())?)
        .facets(args.page.facet.clone())
        .now_ms(Some(now_ms()));
    let response = engine.recommend(&request, &CancelToken::new())?;
    show(json, response, args.page.offset, &format!("recommended after {}", bold(after)))
}

/// The options of a feed.
fn feed(engine: &Engine, args: &FeedArgs, exclude_history: Option<bool>) -> Result<RecommendRequest> {
    args.seeds.iter().try_for_each(|id| row_of(engine, id).map(drop))?;
    let leave_out = match exclude_history {
        _ if !args.leave_out.is_empty() => Some(LeaveOut::Kinds(args.leave_out.clone())),
        Some(true) => Some(LeaveOut::History),
        Some(false) => Some(LeaveOut::Nothing),
        None => None,
    };
    let boost = args.boost.as_ref().map(|(attribute, value)| {
        let boost = Boost::new(attribute, value);
        let weight = args.boost_weight.unwrap_or(boost.weight);
        boost.weight(weight)
    });
    let freshness = args.fresh.as_ref().map(|attribute| {
        let fresh = Freshness::new(attribute);
        let half_life = args.half_life.unwrap_or(fresh.half_life_days);
        let weight = args.fresh_weight.unwrap_or(fresh.weight);
        fresh.half_life_days(half_life).weight(weight)
    });
    let caps = args.caps.iter().cloned().map(|(attribute, limit)| Cap::new(attribute, limit));
    Ok(RecommendRequest::new()
        .leave_out(leave_out)
        .seeds(args.seeds.clone())
        .intent(args.intent.clone())
        .boost(boost)
        .freshness(freshness)
        .diversity(args.diversity)
        .caps(caps.collect())
        .explain_history(args.explain_history)
        .exploration(args.explore.map(|share| Exploration::new(share, args.seed))))
}

/// Runs `gensr similar`.
pub fn similar(args: &SimilarArgs, json: bool) -> Result<()> {
    let engine = open::engine(&args.pack.pack, args.profile.as_deref())?;
    let row = row_of(&engine, &args.id)?;
    let request = SimilarRequest::new(args.id.as_str())
        .limit(args.page.limit)
        .offset(args.page.offset)
        .filter(page::filter(&engine, args.page.filter.as_deref())?)
        .facets(args.page.facet.clone())
        .personalisation(args.personalisation)
        .history(history_of(&engine, &args.history, args.profile.is_some(), &[])?)
        .now_ms(Some(now_ms()));
    let response = engine.similar(&request, &CancelToken::new())?;
    show(json, response, args.page.offset, &format!("like {}", bold(name(&engine, row))))
}

/// The row of an id that was typed.
pub fn row_of(engine: &Engine, id: &str) -> Result<u32> {
    engine.row_of(id).with_context(|| {
        let example = engine.item_id(0).unwrap_or_default();
        format!("no item has the id {id:?} (ids look like {example:?}; `gensr search` prints them)")
    })
}

/// Title of a row, or its id where it has none.
pub fn name(engine: &Engine, row: u32) -> String {
    let title = engine.title(row).unwrap_or_default();
    let id = engine.item_id(row).unwrap_or_default();
    if title.is_empty() { id } else { title }
}

fn titles(engine: &Engine, events: &[Event]) -> String {
    const SHOWN: usize = 3;
    let latest = events.iter().rev().take(SHOWN);
    let mut names: Vec<String> = latest
        .filter_map(|event| engine.row_of(&event.item_id))
        .map(|row| output::shorten(&name(engine, row), 40))
        .collect();
    if events.len() > SHOWN {
        names.push(format!("{} more", events.len() - SHOWN));
    }
    names.join(", ")
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// The history that a request reads.
pub fn history(engine: &Engine, args: &HistoryArgs) -> Result<History> {
    history_of(engine, &args.history, args.profile.is_some(), &[])
}

/// The typed history with typed dislikes after it, the recorded one, or none.
fn history_of(engine: &Engine, ids: &[String], profile: bool, disliked: &[String]) -> Result<History> {
    if ids.is_empty() && disliked.is_empty() {
        return Ok(if profile { History::Profile } else { History::Empty });
    }
    let all = [ids, disliked].concat();
    let mut events = events(engine, &all, now_ms())?;
    events[ids.len()..].iter_mut().for_each(|event| event.kind = DISLIKE.to_owned());
    Ok(History::Events(events))
}

/// Typed ids as events: of the pack's first kind that answers recommendations and is a liking, one second apart, the
/// last one at `now_ms`.
pub fn events(engine: &Engine, ids: &[String], now_ms: i64) -> Result<Vec<Event>> {
    let kind = liking_kind(engine)?;
    let first = now_ms - 1000 * (ids.len().saturating_sub(1)) as i64;
    let event = |(place, id): (usize, &String)| {
        row_of(engine, id)?;
        Ok(Event::new(id.clone(), kind.clone()).timestamp_ms(Some(first + 1000 * place as i64)))
    };
    ids.iter().enumerate().map(event).collect()
}

/// The kind of event that typed histories take.
pub fn liking_kind(engine: &Engine) -> Result<String> {
    let kinds = &engine.manifest().kinds;
    match kinds.iter().find(|kind| kind.task == KindTask::Recommend && kind.sign > 0) {
        Some(kind) => Ok(kind.name.clone()),
        None => bail!("the pack knows no kind of event for recommendations, so it reads no history of ids"),
    }
}

fn show(json: bool, response: Response, offset: usize, heading: &str) -> Result<()> {
    let answer = Answer::from(response);
    output::show(json, &answer, || {
        let mut out = format!("{heading}\n\n");
        if answer.hits.is_empty() {
            out.push_str("nothing found\n");
        } else {
            let mut table = output::table(&["", "title", "id", "score", "why"]);
            for (place, hit) in answer.hits.iter().enumerate() {
                table.add_row([
                    right(offset + place + 1),
                    comfy_table::Cell::new(output::shorten(&highlighted(&hit.title, &hit.highlights), 60)),
                    comfy_table::Cell::new(&hit.id),
                    right(format!("{:.3}", hit.score)),
                    comfy_table::Cell::new(why(&hit.reasons)),
                ]);
            }
            let found = format!("{} found", count(answer.total_hits as u64));
            out.push_str(&format!("{table}\n\n{}\n", dim(found)));
        }
        if !answer.facets.is_empty() {
            out.push_str(&format!("\n{}", page::facet_lines(&answer.facets)));
        }
        let timings: Vec<String> = answer
            .timings_ms
            .0
            .iter()
            .map(|(stage, time)| format!("{stage} {}", output::ms(*time)))
            .collect();
        out.push_str(&format!("\n{}\n", dim(timings.join(" · "))));
        out
    })
}

/// A title with these parts bold, where standard output takes colour.
fn highlighted(title: &str, parts: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(title.len());
    let mut end = 0;
    for &(from, to) in parts {
        // The engine's ranges lie at characters, in order; a title is shown whatever happens.
        if let (Some(between), Some(part)) = (title.get(end..from), title.get(from..to)) {
            out.push_str(between);
            out.push_str(&bold(part));
            end = to;
        }
    }
    out.push_str(&title[end..]);
    out
}

fn why(reasons: &[AnswerReason]) -> String {
    let words = reasons.iter().map(|reason| {
        let terms = reason.terms.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let gap = if terms.is_empty() { "" } else { " " };
        format!("{}{gap}{terms} {:+.2}", reason.kind, reason.weight)
    });
    words.collect::<Vec<_>>().join(", ")
}
