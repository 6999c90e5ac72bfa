//! The limits of requests, checked before anything is allocated for them. Messages say which field or which event is
//! wrong, never what it holds.

use crate::codebook::Codebook;
use crate::error::{Error, Result};
use crate::limits::{
    MAX_ATTRIBUTES, MAX_CAPS, MAX_EXCLUDE, MAX_EXPLORATION, MAX_ID_BYTES, MAX_KIND_BYTES, MAX_KINDS,
    MAX_QUERY_BYTES, MAX_SEEDS, MAX_WEIGHT, within,
};
use crate::request::{LeaveOut, RecommendRequest, normalise};

/// A search's query, normalised.
pub(super) fn query(query: &str) -> Result<String> {
    within("query", query, 1, MAX_QUERY_BYTES)?;
    let normalised = normalise(query);
    if normalised.is_empty() {
        return Err(Error::invalid("query is only white space"));
    }
    Ok(normalised)
}

/// An item id.
pub(super) fn id(what: &str, id: &str) -> Result<()> {
    within(what, id, 1, MAX_ID_BYTES)
}

/// Ids to leave out; those that the catalogue does not have are no fault.
pub(super) fn exclude(ids: &[String]) -> Result<()> {
    if ids.len() > MAX_EXCLUDE {
        return Err(Error::invalid(format!("{} ids in exclude; at most {MAX_EXCLUDE}", ids.len())));
    }
    Ok(())
}

/// An intent, normalised; `None` for white space.
pub(super) fn intent(intent: &str) -> Result<Option<String>> {
    within("intent", intent, 0, MAX_QUERY_BYTES)?;
    Ok(Some(normalise(intent)).filter(|intent| !intent.is_empty()))
}

/// A number in 0 ..= 1.
pub(super) fn share(what: &str, share: f32) -> Result<()> {
    bounded(what, share, (0.0..=1.0).contains(&share), "0 to 1")
}

/// The numbers and names of a feed's options.
pub(super) fn feed(request: &RecommendRequest) -> Result<()> {
    let above_0 = |value: f32, most: f32| value > 0.0 && value <= most;
    let weight = |what: &str, weight: f32| {
        bounded(what, weight, above_0(weight, MAX_WEIGHT), &format!("above 0, at most {MAX_WEIGHT}"))
    };
    count("seeds", request.seeds.len(), MAX_SEEDS)?;
    request.seeds.iter().try_for_each(|seed| id("a seed", seed))?;
    if let Some(LeaveOut::Kinds(kinds)) = &request.leave_out {
        count("leave_out's kinds", kinds.len(), MAX_KINDS)?;
        kinds.iter().try_for_each(|kind| within("a kind to leave out", kind, 1, MAX_KIND_BYTES))?;
    }
    if let Some(boost) = &request.boost {
        within("boost's value", &boost.value, 1, MAX_QUERY_BYTES)?;
        weight("boost's weight", boost.weight)?;
    }
    if let Some(freshness) = &request.freshness {
        let days = freshness.half_life_days;
        bounded("half_life_days", days, above_0(days, f32::MAX), "above 0")?;
        weight("freshness's weight", freshness.weight)?;
    }
    if let Some(diversity) = request.diversity {
        share("diversity", diversity)?;
    }
    count("caps", request.caps.len(), MAX_CAPS)?;
    if request.caps.iter().any(|cap| cap.limit == 0) {
        return Err(Error::invalid("a cap's limit is 0; it must be at least 1"));
    }
    if let Some(exploration) = &request.exploration {
        let good = above_0(exploration.share, MAX_EXPLORATION);
        bounded(
            "exploration's share",
            exploration.share,
            good,
            &format!("above 0, at most {MAX_EXPLORATION}"),
        )?;
    }
    Ok(())
}

fn bounded(what: &str, value: f32, good: bool, bounds: &str) -> Result<()> {
    if good { Ok(()) } else { Err(Error::invalid(format!("{what} is {value}; it must be {bounds}"))) }
}

fn count(what: &str, count: usize, most: usize) -> Result<()> {
    if count <= most { Ok(()) } else { Err(Error::invalid(format!("{count} {what}; at most {most}"))) }
}

/// Names of attributes to return, or to count.
pub(super) fn attributes(what: &str, names: &[String], codebook: &Codebook) -> Result<()> {
    if names.len() > MAX_ATTRIBUTES {
        return Err(Error::invalid(format!("{} {what}s; at most {MAX_ATTRIBUTES}", names.len())));
    }
    for (place, name) in names.iter().enumerate() {
        if codebook.attribute_column(name).is_none() {
            let known: Vec<_> = codebook.attribute_names().map(|(name, _)| name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Error::invalid(format!("{what} {place} is not in the pack, which has {known}")));
        }
    }
    Ok(())
}
