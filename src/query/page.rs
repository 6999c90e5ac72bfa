//! Rows that a request allows, the page it wants, and its facets.

use super::checks;
use super::trace::Trace;
use crate::error::Result;
use crate::filter::Facet;
use crate::filter::{Filter, count};
use crate::kernels::{Bitmap, Keep, top_k};
use crate::limits::check_page;
use crate::request::{RecommendRequest, SearchRequest, SimilarRequest};
use crate::snapshot::Snapshot;

/// Common part of all requests.
pub(super) struct PageRequest<'a> {
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) filter: Option<&'a Filter>,
    pub(super) exclude: &'a [String],
    pub(super) attributes: &'a [String],
    pub(super) facets: &'a [String],
}

macro_rules! page_request_of {
    ($($request:ty),*) => {$(
        impl<'a> From<&'a $request> for PageRequest<'a> {
            fn from(request: &'a $request) -> Self {
                Self {
                    limit: request.limit,
                    offset: request.offset,
                    filter: request.filter.as_ref(),
                    exclude: &request.exclude,
                    attributes: &request.attributes,
                    facets: &request.facets,
                }
            }
        }
    )*};
}

page_request_of!(SearchRequest, RecommendRequest, SimilarRequest);

impl PageRequest<'_> {
    /// The page of the best rows among `allowed`.
    pub(super) fn page(&self, scores: &[f32], allowed: &Bitmap) -> Vec<(u32, f32)> {
        let mut best = top_k(scores, self.offset.saturating_add(self.limit), Keep::Only(allowed));
        best.split_off(self.offset.min(best.len()))
    }
}

impl Snapshot {
    /// Refuses what is outside the limits.
    pub(super) fn check(&self, wanted: &PageRequest<'_>) -> Result<()> {
        check_page(wanted.limit, wanted.offset)?;
        checks::exclude(wanted.exclude)?;
        checks::attributes("attribute", wanted.attributes, &self.codebook)?;
        checks::attributes("facet", wanted.facets, &self.codebook)
    }

    /// The rows that pass a request's filter and are not among the ids that it leaves out.
    pub(super) fn allowed(&self, wanted: &PageRequest<'_>, trace: &mut Trace<'_>) -> Result<Bitmap> {
        let mut allowed = match wanted.filter {
            None => self.codebook.alive().clone(),
            Some(filter) => {
                let rows = self.filtered(filter)?;
                trace.end("filter")?;
                Bitmap::clone(&rows)
            }
        };
        wanted.exclude.iter().filter_map(|id| self.codebook.row_of(id)).for_each(|row| allowed.remove(row));
        Ok(allowed)
    }

    /// Counts the wanted facets among `allowed`, of those only what `matched` has where that is not empty.
    pub(super) fn facets(
        &self,
        wanted: &PageRequest<'_>,
        allowed: &Bitmap,
        matched: impl Iterator<Item = u32>,
        trace: &mut Trace<'_>,
    ) -> Result<Vec<Facet>> {
        if wanted.facets.is_empty() {
            return Ok(Vec::new());
        }
        let matched = Bitmap::from_rows(allowed.len(), matched.filter(|row| allowed.contains(*row)));
        let counted = if matched.is_empty() { allowed } else { &matched };
        let columns = wanted.facets.iter().filter_map(|name| self.codebook.attribute_column(name));
        let facets = columns.map(|attribute| count(attribute, counted)).collect();
        trace.end("facets")?;
        Ok(facets)
    }
}
