//! Which events of an input are not to be in the output: the filter of a plan, with a range of time or without.
use crate::error::{CoreError, Result};
use crate::search::filter::Filter;
use crate::search::plan::Node;
use crate::search::pruning::TimeRange;
use serde::Deserialize;

pub struct Deletion {
    pub filter: Filter,
    pub time: TimeRange,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ranged {
    filter: Node,
    #[serde(default)]
    since_ns: Option<i64>,
    #[serde(default)]
    until_ns: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Ranged(Ranged),
    Bare(Node),
}

impl Deletion {
    /// Reads a filter as plans have it, or `{"filter": …, "since_ns": …, "until_ns": …}`: start inclusive, end exclusive.
    pub fn parse(json: &[u8]) -> Result<Self> {
        let read: Either =
            serde_json::from_slice(json).map_err(|error| CoreError::Plan(format!("not a filter: {error}")))?;
        let (filter, time) = match read {
            Either::Bare(filter) => (filter, TimeRange { since_ns: None, until_ns: None }),
            Either::Ranged(Ranged { filter, since_ns, until_ns }) => (filter, TimeRange { since_ns, until_ns }),
        };
        filter.check_depth()?;
        Ok(Self { filter: Filter::compile(&filter)?, time })
    }
}
