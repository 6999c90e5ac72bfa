//! testdata PACK FOLDER: writes the files that the tests of Kotlin and Swift read.
//!
//! ```text
//! golden.json      requests, and the responses that the engine gives to Rust
//! endless.gensr    PACK with a decoder that never ends: for cancellation
//! newer.gensr      PACK, as if a later version of gensr had written it
//! other.gensr      PACK as another shop: the same items under ids that begin with "h", not "g"
//! slow.gensr       PACK with a graph that makes vectors of texts, slowly: for jobs
//! sha256.json      SHA-256 of PACK (demo), endless.gensr and other.gensr: for installing
//! ```
//!
//! Responses of another run on the same pack may differ in the last bits, so hits whose scores are closer than `margin` may
//! change places.

#[path = "../tests/packs/mod.rs"]
mod packs;

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use gensr::{
    AttributeValue, Boost, CancelToken, Cap, Completion, CompletionKind, DISLIKE, Engine, EngineOptions,
    Event, Exploration, Facet, Freshness, History, LeaveOut, PackSource, RecommendRequest, Response,
    SearchRequest, SimilarRequest,
};
use serde_json::{Value, json};

/// Scores that are closer than this times max(1, |score|) may change places.
const MARGIN: f64 = 1e-4;
const LIMIT: usize = 20;
/// The time of every request.
const NOW_MS: i64 = 1_700_000_000_000;
const ATTRIBUTES: [&str; 4] = ["brand", "categories", "price", "released"];
/// Attributes that are counted where a request's options say so.
const FACETS: [&str; 3] = ["brand", "price", "released"];
/// None, one and all of them make up the history of the requests.
const QUERIES: [&str; 6] = ["shell", "light pack", "tent for two", "bike helmet", "warm gloves", "zzqx 山"];

/// Typed into one search box, one text per keystroke; the response from words is kept.
const KEYSTROKES: [&str; 8] = ["t", "te", "ten", "tent", "tent ", "tent f", " ", "shel"];
/// Completed after searches for [`OWN`].
const PREFIXES: [&str; 6] = ["", "te", "zelt", "sh", "2p ", "\u{1f3d5}"];
/// Queries of the user's own; their highlights are not where their bytes are in other encodings.
const OWN: [&str; 3] = [
    "\u{1f3d5}\u{fe0f} Zelt",
    "cafe\u{301} zelt fu\u{308}r zwei",
    "山 tent \u{1f469}\u{200d}\u{1f467} tents",
];

fn main() -> Result<(), Box<dyn Error>> {
    let [pack, folder]: [PathBuf; 2] = env::args_os()
        .skip(1)
        .map(PathBuf::from)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: testdata PACK FOLDER")?;
    fs::create_dir_all(&folder)?;
    let bytes = fs::read(&pack)?;
    let (endless, other) = (packs::endless(&bytes), packs::other(&bytes));
    let hashes =
        json!({"demo": packs::hash(&bytes), "endless": packs::hash(&endless), "other": packs::hash(&other)});
    fs::write(folder.join("sha256.json"), serde_json::to_string_pretty(&hashes)?)?;
    fs::write(folder.join("endless.gensr"), endless)?;
    fs::write(folder.join("other.gensr"), other)?;
    fs::write(folder.join("slow.gensr"), packs::slow(&bytes))?;
    fs::write(folder.join("older.gensr"), packs::older(&bytes))?;
    fs::write(folder.join("newer.gensr"), packs::newer(&bytes))?;

    let engine = Engine::open(PackSource::Path(pack), None, EngineOptions::default())?;
    let golden = json!({
        "pack_id": engine.diagnostics().pack_id,
        "margin": MARGIN,
        "limit": LIMIT,
        "now_ms": NOW_MS,
        "attributes": ATTRIBUTES,
        "facets": FACETS,
        "responses": responses(&engine)?,
        "keystrokes": keystrokes(&engine)?,
        "own": OWN,
        "completions": completions(&engine)?,
    });
    fs::write(folder.join("golden.json"), serde_json::to_string_pretty(&golden)?)?;
    Ok(())
}

/// Every query without a history and with each of the histories; recommendations for each; items like the first hits; and
/// each of the options.
fn responses(engine: &Engine) -> gensr::Result<Vec<Value>> {
    let token = CancelToken::new();
    let mut firsts = Vec::new();
    for query in QUERIES {
        let request = SearchRequest::new(query).history(History::Empty);
        firsts.extend(engine.search(&request, &token)?.hits.first().map(|hit| (query, hit.id.clone())));
    }
    let all = history(&firsts);
    let none = json!({});
    let mut asked = Vec::new();
    for events in [history(&[]), history(&firsts[..1]), all.clone()] {
        asked.extend(QUERIES.map(|query| ("search", query, events.clone(), none.clone())));
        asked.push(("recommend", "", events, none.clone()));
    }
    asked.extend(firsts.iter().map(|(_, id)| ("similar", id.as_str(), Vec::new(), none.clone())));
    asked.extend(options_of_every_task().map(|options| ("search", "tent for two", all.clone(), options)));
    asked.extend(options_of_every_task().map(|options| ("similar", &*firsts[0].1, all.clone(), options)));
    asked.push(("similar", &firsts[0].1, all.clone(), json!({"personalisation": 0.75})));
    asked.extend(options_of_every_task().map(|options| ("recommend", "", all.clone(), options)));
    asked.extend(options_of_feeds(&firsts).map(|options| ("recommend", "", all.clone(), options)));
    let mut disliking = all.clone();
    disliking[1].kind = DISLIKE.to_owned();
    asked.push(("recommend", "", disliking, none));
    asked
        .into_iter()
        .map(|(task, about, events, options)| respond(engine, task, about, events, options))
        .collect()
}

fn options_of_every_task() -> [Value; 3] {
    [
        json!({"filter": "price < 100 AND NOT categories = tent", "facets": true}),
        json!({"offset": 7, "facets": true}),
        json!({"filter": "released >= 2020-01-01 OR brand EXISTS", "offset": 3}),
    ]
}

fn options_of_feeds(firsts: &[(&str, String)]) -> [Value; 9] {
    let brand = json!({"attribute": "brand", "limit": 2});
    [
        json!({"seeds": [firsts[0].1, "no such item"]}),
        json!({"intent": "something light for the rain"}),
        json!({"boost": {"attribute": "categories", "value": "tent", "weight": 1.5}}),
        json!({"freshness": {"attribute": "released", "half_life_days": 20.0, "weight": 2.5}}),
        json!({"diversity": 0.5, "caps": [brand, {"attribute": "categories", "limit": 5}]}),
        json!({"exploration": {"share": 0.25, "seed": i64::MAX}, "offset": 5}),
        json!({"explain_history": true}),
        json!({"leave_out": ["view"]}),
        json!({"leave_out": []}),
    ]
}

/// A request, and the response to it. `about` is the query of a search, the item of `similar`.
fn respond(
    engine: &Engine,
    task: &str,
    about: &str,
    events: Vec<Event>,
    options: Value,
) -> gensr::Result<Value> {
    let token = CancelToken::new();
    let history = History::Events(events.clone());
    let offset = options["offset"].as_u64().unwrap_or_default() as usize;
    let filter = options["filter"].as_str().map(str::parse).transpose()?;
    let facets = if options["facets"] == true { FACETS.map(str::to_owned).to_vec() } else { Vec::new() };
    let (limit, now_ms) = (LIMIT, Some(NOW_MS));
    let attributes = ATTRIBUTES.map(str::to_owned).to_vec();
    let response = match task {
        "search" => {
            let asked = SearchRequest::new(about);
            let asked = asked
                .history(history)
                .limit(limit)
                .offset(offset)
                .filter(filter)
                .attributes(attributes)
                .facets(facets)
                .now_ms(now_ms);
            engine.search(&asked, &token)?
        }
        "similar" => {
            let asked = SimilarRequest::new(about).personalisation(float(&options["personalisation"]));
            let asked = asked
                .history(history)
                .limit(limit)
                .offset(offset)
                .filter(filter)
                .attributes(attributes)
                .facets(facets)
                .now_ms(now_ms);
            engine.similar(&asked, &token)?
        }
        _ => {
            let asked = feed(&options);
            let asked = asked
                .history(history)
                .limit(limit)
                .offset(offset)
                .filter(filter)
                .attributes(attributes)
                .facets(facets)
                .now_ms(now_ms);
            engine.recommend(&asked, &token)?
        }
    };
    Ok(json!({
        "task": task,
        "about": about,
        "history": events.iter().map(event).collect::<Vec<_>>(),
        "options": options,
        "total_hits": response.total_hits,
        "facets": response.facets.iter().map(facet).collect::<Vec<_>>(),
        "hits": hits(&response),
    }))
}

/// A recommendation with these options. `leave_out` names kinds; an empty list leaves out nothing.
fn feed(options: &Value) -> RecommendRequest {
    let present = |name: &str| Some(&options[name]).filter(|value| !value.is_null());
    let boost = |found: &Value| {
        Boost::new(text(&found["attribute"]), text(&found["value"])).weight(float(&found["weight"]))
    };
    let freshness = |found: &Value| {
        Freshness::new(text(&found["attribute"]))
            .half_life_days(float(&found["half_life_days"]))
            .weight(float(&found["weight"]))
    };
    let cap = |found: &Value| {
        Cap::new(text(&found["attribute"]), found["limit"].as_u64().unwrap_or_default() as usize)
    };
    let exploration =
        |found: &Value| Exploration::new(float(&found["share"]), found["seed"].as_u64().unwrap_or_default());
    let leave_out = |found: &Value| match texts(found) {
        kinds if kinds.is_empty() => LeaveOut::Nothing,
        kinds => LeaveOut::Kinds(kinds),
    };
    RecommendRequest::new()
        .leave_out(present("leave_out").map(leave_out))
        .seeds(texts(&options["seeds"]))
        .intent(present("intent").map(text))
        .boost(present("boost").map(boost))
        .freshness(present("freshness").map(freshness))
        .diversity(present("diversity").map(float))
        .caps(options["caps"].as_array().into_iter().flatten().map(cap).collect())
        .exploration(present("exploration").map(exploration))
        .explain_history(options["explain_history"].as_bool().unwrap_or_default())
}

fn float(value: &Value) -> f32 {
    value.as_f64().unwrap_or_default() as f32
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// The first responses of one search box.
fn keystrokes(engine: &Engine) -> gensr::Result<Vec<Value>> {
    let typing = engine.typing();
    let first = |typed: &str| {
        let request = SearchRequest::new(typed).history(History::Empty).limit(LIMIT);
        let response = typing.keystroke(request).words()?;
        Ok(json!({"text": typed, "hits": hits(&response)}))
    };
    KEYSTROKES.into_iter().map(first).collect()
}

fn completions(engine: &Engine) -> gensr::Result<Vec<Value>> {
    for (place, query) in OWN.into_iter().enumerate() {
        let (item_id, query) = (format!("g000{}", place + 1), Some(query.to_owned()));
        engine.record(Event::new(item_id, "search".to_owned()).timestamp_ms(Some(NOW_MS)).query(query))?;
    }
    let completed = |typed: &str| {
        let found = engine.complete(typed, LIMIT)?;
        Ok(json!({"typed": typed, "completions": found.iter().map(completion).collect::<Vec<_>>()}))
    };
    PREFIXES.into_iter().map(completed).collect()
}

fn completion(found: &Completion) -> Value {
    let kind = match found.kind {
        CompletionKind::Query => "query",
        CompletionKind::Category => "category",
        CompletionKind::Title => "title",
        other => unreachable!("{other:?} has no place in the golden file yet"),
    };
    let covered: Vec<_> = found.matches.iter().map(|part| &found.text[part.clone()]).collect();
    json!({"text": found.text, "kind": kind, "highlights": covered, "item_id": found.item_id})
}

fn facet(Facet { name, items, distinct, values, range, .. }: &Facet) -> Value {
    let range = range.as_ref().map(|(least, greatest)| [value(least), value(greatest)]);
    json!({"name": name, "items": items, "distinct": distinct, "values": values, "range": range})
}

/// The first hits, a minute apart, the last a minute ago: views and, every other time, searches.
fn history(firsts: &[(&str, String)]) -> Vec<Event> {
    let event = |(place, (query, id)): (usize, &(&str, String))| {
        Event::new(id.clone(), if place % 2 == 0 { "view" } else { "search" }.to_owned())
            .timestamp_ms(Some(NOW_MS - 60_000 * (firsts.len() - place) as i64))
            .query((place % 2 == 1).then(|| (*query).to_owned()))
    };
    firsts.iter().enumerate().map(event).collect()
}

fn event(event: &Event) -> Value {
    json!({
        "item_id": event.item_id,
        "kind": event.kind,
        "timestamp_ms": event.timestamp_ms,
        "query": event.query,
    })
}

fn hits(response: &Response) -> Vec<Value> {
    let hit = |hit: &gensr::Hit| {
        let attributes = hit.attributes.iter().map(|(name, found)| (name.clone(), value(found)));
        json!({
            "id": hit.id,
            "title": hit.title,
            "score": hit.score,
            // The parts of the title as the texts that they cover: what every string type can tell.
            "highlights": hit.highlights.iter().map(|part| &hit.title[part.clone()]).collect::<Vec<_>>(),
            "attributes": attributes.collect::<serde_json::Map<_, _>>(),
            "reasons": hit.reasons.iter().map(|reason| format!("{:?}", gensr_ffi::ReasonKind::from(reason.kind))).collect::<Vec<_>>(),
        })
    };
    response.hits.iter().map(hit).collect()
}

fn value(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => json!(text),
        AttributeValue::TextSet(texts) => json!(texts),
        AttributeValue::Number(number) => json!(number),
        AttributeValue::Date(days) => json!(days),
        AttributeValue::Bool(flag) => json!(flag),
        other => unreachable!("{other:?} has no place in the golden file yet"),
    }
}
