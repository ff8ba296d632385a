//! SegmentReader, LeafSearch, partials.
use crate::build::buffer_bytes;
use crate::errors::guarded;
use lakebed_core::error::CoreError;
use lakebed_core::search::fetch::Buffer;
use lakebed_core::search::filter::Filter;
use lakebed_core::search::partial::{self, Partial, Ranking};
use lakebed_core::search::plan::{Aggregate, Plan};
use lakebed_core::search::{kernels, leaf, reader};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A row as Python gets it: event time in ns, object URL, record number, the row as JSON.
pub type PyRow<'py> = (i64, String, u64, Bound<'py, PyBytes>);

#[pyclass(module = "lakebed._core", frozen)]
pub struct SegmentReader {
    pub(crate) inner: Arc<reader::SegmentReader>,
}

#[pymethods]
impl SegmentReader {
    #[new]
    fn new(address: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let bytes = buffer_bytes(address)?;
        Ok(Self { inner: Arc::new(guarded(|| reader::SegmentReader::new(&bytes, name))?) })
    }

    #[getter]
    fn groups(&self) -> usize {
        self.inner.address.groups.len()
    }

    /// Earliest and latest event time of each row group, in ns.
    #[getter]
    fn group_times(&self) -> Vec<(i64, i64)> {
        self.inner.address.groups.iter().map(|group| (group.min_time_ns(), group.max_time_ns())).collect()
    }

    #[getter]
    fn cached_bytes(&self) -> usize {
        self.inner.cached_bytes()
    }
}

pub fn py_rows<'py>(py: Python<'py>, rows: Vec<leaf::OutputRow>) -> Vec<PyRow<'py>> {
    rows.into_iter().map(|row| (row.time_ns, row.object, row.record, PyBytes::new(py, &row.json))).collect()
}

/// The bytes of a `bytes` as they are, those of other buffers copied.
pub fn shared_buffer(object: &Bound<'_, PyAny>) -> PyResult<Buffer> {
    match object.extract::<PyBackedBytes>() {
        Ok(bytes) if object.is_exact_instance_of::<PyBytes>() => Ok(Box::new(bytes)),
        _ => Ok(Box::new(buffer_bytes(object)?)),
    }
}

#[pyclass(module = "lakebed._core", frozen)]
pub struct LeafSearch {
    inner: Mutex<leaf::LeafSearch>,
}

impl LeafSearch {
    pub(crate) fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut leaf::LeafSearch) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| work(&mut inner))
        })
    }
}

#[pymethods]
impl LeafSearch {
    #[new]
    #[pyo3(signature = (plan, reader, *, dead_objects = Vec::new(), groups = None))]
    fn new(
        py: Python<'_>,
        plan: &Bound<'_, PyAny>,
        reader: &SegmentReader,
        dead_objects: Vec<u32>,
        groups: Option<(usize, usize)>,
    ) -> PyResult<Self> {
        let plan = buffer_bytes(plan)?;
        let reader = reader.inner.clone();
        let inner =
            py.detach(|| guarded(|| leaf::LeafSearch::new(Plan::parse(&plan)?, reader, &dead_objects, groups)))?;
        Ok(Self { inner: Mutex::new(inner) })
    }

    fn needs(&self, py: Python<'_>) -> PyResult<Vec<(u64, u64)>> {
        self.with(py, |search| Ok(search.needs()))
    }

    fn feed(&self, py: Python<'_>, buffers: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let buffers = buffers.iter().map(shared_buffer).collect::<PyResult<Vec<_>>>()?;
        self.with(py, |search| search.feed(buffers))
    }

    fn narrow(&self, py: Python<'_>, floor_ns: i64) -> PyResult<()> {
        self.with(py, |search| {
            search.narrow(floor_ns);
            Ok(())
        })
    }

    fn take_rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<PyRow<'py>>> {
        Ok(py_rows(py, self.with(py, |search| Ok(search.take_rows()))?))
    }

    fn partial<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.with(py, |search| Ok(search.partial()))?))
    }

    fn cost(&self, py: Python<'_>) -> PyResult<BTreeMap<&'static str, u64>> {
        let cost = self.with(py, |search| Ok(search.cost()))?;
        Ok(BTreeMap::from([
            ("pages", cost.pages),
            ("pages_read", cost.pages_read),
            ("groups", cost.groups),
            ("groups_read", cost.groups_read),
            ("events_scanned", cost.events_scanned),
            ("events_matched", cost.events_matched),
            ("rounds", cost.rounds),
            ("requests", cost.requests),
            ("bytes", cost.bytes),
        ]))
    }

    fn explain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let (terms, pages) = self.with(py, |search| Ok(search.explain()))?;
        Ok(PyBytes::new(py, json!({"terms": terms, "pages_left": pages}).to_string().as_bytes()))
    }
}

pub(crate) fn aggregate_of(plan: &[u8]) -> Result<Aggregate, CoreError> {
    Plan::parse(plan)?.aggregate.ok_or_else(|| CoreError::Plan("the plan has no aggregate".to_string()))
}

#[pyfunction]
pub fn check_plan(plan: &Bound<'_, PyAny>) -> PyResult<()> {
    let plan = buffer_bytes(plan)?;
    guarded(|| {
        let plan = Plan::parse(&plan)?;
        Filter::compile(&plan.filter)?;
        plan.aggregate.as_ref().map_or(Ok(()), partial::check)
    })
}

#[pyfunction]
pub fn merge_partials<'py>(
    py: Python<'py>,
    plan: &Bound<'py, PyAny>,
    partials: Vec<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let plan = buffer_bytes(plan)?;
    let partials = partials.iter().map(shared_buffer).collect::<PyResult<Vec<_>>>()?;
    let merged = py.detach(|| {
        guarded(|| {
            let partials = partials.iter().map(|partial| partial.as_ref().as_ref());
            partial::merge_all(&aggregate_of(&plan)?, partials).map(|merged| merged.dump())
        })
    })?;
    Ok(PyBytes::new(py, &merged))
}

#[pyfunction]
#[pyo3(signature = (plan, partial, limit = None))]
pub fn finish_partial<'py>(
    py: Python<'py>,
    plan: &Bound<'py, PyAny>,
    partial: &Bound<'py, PyAny>,
    limit: Option<usize>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (plan, partial) = (buffer_bytes(plan)?, shared_buffer(partial)?);
    let rows =
        py.detach(|| guarded(|| Partial::load(&aggregate_of(&plan)?, partial.as_ref().as_ref())?.finish(limit)))?;
    Ok(PyBytes::new(py, &rows))
}

#[pyfunction]
pub fn rank_partial<'py>(
    py: Python<'py>,
    plan: &Bound<'py, PyAny>,
    partial: &Bound<'py, PyAny>,
    part: usize,
    limit: usize,
    least_first: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let (plan, partial) = (buffer_bytes(plan)?, shared_buffer(partial)?);
    let ranking = Ranking { part, limit, least_first };
    let rows =
        py.detach(|| guarded(|| Partial::load(&aggregate_of(&plan)?, partial.as_ref().as_ref())?.rank(&ranking)))?;
    Ok(PyBytes::new(py, &rows))
}

#[pyfunction]
pub fn aggregate_names() -> Vec<&'static str> {
    kernels::ALL.iter().map(|spec| spec.name).collect()
}
