//! What is known without reading a value: the outlook of a search, the terms of a filter, the fields of a segment.
use crate::build::buffer_bytes;
use crate::errors::guarded;
use crate::search::{LeafSearch, SegmentReader};
use lakebed_core::format::column::Kind;
use lakebed_core::search::index::IndexQuery;
use lakebed_core::search::outlook::Reads;
use lakebed_core::search::plan::Plan;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

/// Names of fields, each with whether it holds others; whether these are all.
type PyFields = (Vec<(String, bool)>, bool);

/// Fields of a row group with their kind and values; its rows.
type PyFieldCounts = (Vec<(String, &'static str, u32)>, usize);

#[pyfunction]
pub fn search_outlook<'py>(py: Python<'py>, search: &LeafSearch) -> PyResult<Bound<'py, PyBytes>> {
    let found = search.with(py, |search| search.outlook())?;
    let reads = |reads: &Reads| json!({"requests": reads.requests, "bytes": reads.bytes});
    let terms: Vec<_> = found.terms.iter().map(|(term, pages)| json!({"term": term, "pages": pages})).collect();
    let text = json!({
        "terms": terms,
        "pages_in_time": found.pages_in_time,
        "pages_left": found.pages_left,
        "groups_left": found.groups_left,
        "is_direct": found.is_direct,
        "pages_known": found.pages_known,
        "filter": reads(&found.filter),
        "first_filter": reads(&found.first_filter),
        "output": reads(&found.output),
    });
    Ok(PyBytes::new(py, text.to_string().as_bytes()))
}

#[pyfunction]
pub fn index_terms(plan: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let plan = buffer_bytes(plan)?;
    guarded(|| {
        let (query, _) = IndexQuery::of(&Plan::parse(&plan)?.filter);
        Ok(query.tokens.iter().map(|token| String::from_utf8_lossy(token).into_owned()).collect())
    })
}

#[pyfunction]
pub fn schema_range(reader: &SegmentReader) -> (u64, u64) {
    let located = reader.inner.schema_location();
    (located.offset, u64::from(located.frame.length))
}

/// None: the schema is not known, and `frame` is none. Else names, whether each holds others, and whether these are all.
#[pyfunction]
#[pyo3(signature = (reader, frame = None))]
pub fn segment_fields(
    py: Python<'_>,
    reader: &SegmentReader,
    frame: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<PyFields>> {
    let inner = &reader.inner;
    if inner.paths().is_none() {
        let Some(frame) = frame else { return Ok(None) };
        let bytes = buffer_bytes(frame)?;
        py.detach(|| {
            guarded(|| {
                let located = inner.schema_location();
                located.frame.check(&bytes).map_err(|error| error.at("schema", located.offset).in_file(&inner.name))?;
                inner.learn_paths(&bytes).map_err(|error| error.in_file(&inner.name))
            })
        })?;
    }
    let (fields, is_complete) = py.detach(|| guarded(|| inner.fields()))?;
    Ok(Some((fields.into_iter().map(|field| (field.name, field.holds_others)).collect(), is_complete)))
}

#[pyfunction]
pub fn directory_range(reader: &SegmentReader, group: usize) -> Option<(u64, u64)> {
    (group < reader.inner.address.groups.len()).then(|| {
        let located = reader.inner.directory_location(group);
        (located.offset, u64::from(located.frame.length))
    })
}

/// Of each field of a row group: name, kind, number of values; and the rows of the group. The schema must be known.
#[pyfunction]
pub fn group_fields(
    py: Python<'_>,
    reader: &SegmentReader,
    group: usize,
    frame: &Bound<'_, PyAny>,
) -> PyResult<PyFieldCounts> {
    let bytes = buffer_bytes(frame)?;
    let (counts, rows) = py.detach(|| guarded(|| reader.inner.field_counts(group, &bytes)))?;
    let kind = |kind: Kind| match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Bool => "boolean",
    };
    Ok((counts.into_iter().map(|count| (count.name, kind(count.kind), count.values)).collect(), rows))
}
