//! Grep: a plan over raw source objects.
use crate::errors::guarded;
use crate::search::{PyRow, py_rows, shared_buffer};
use crate::settings::{SourceSettings, shared};
use lakebed_core::error::CoreError;
use lakebed_core::grep::{self, Wanted};
use lakebed_core::search::plan::Plan;
use lakebed_core::write::builder::ObjectStart;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::sync::{Mutex, PoisonError};

#[pyclass(module = "lakebed._core", frozen)]
pub struct Grep {
    inner: Mutex<grep::Grep>,
}

impl Grep {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut grep::Grep) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| work(&mut inner))
        })
    }
}

fn wanted_of(name: &str) -> Result<Wanted, CoreError> {
    match name {
        "count" => Ok(Wanted::Count),
        "text" => Ok(Wanted::Text),
        "plan" => Ok(Wanted::Plan),
        _ => Err(CoreError::Usage(format!("unknown kind of answer '{name}', known: count, text, plan"))),
    }
}

#[pymethods]
impl Grep {
    #[new]
    #[pyo3(signature = (plan, *, wanted, limit = None, takes_binary = false))]
    fn new(plan: &[u8], wanted: &str, limit: Option<u64>, takes_binary: bool) -> PyResult<Self> {
        let inner = guarded(|| grep::Grep::new(&Plan::parse(plan)?, wanted_of(wanted)?, limit, takes_binary))?;
        Ok(Self { inner: Mutex::new(inner) })
    }

    #[pyo3(signature = (url, *, modified_ns, received_ns, settings = None))]
    fn begin_object(
        &self,
        py: Python<'_>,
        url: String,
        modified_ns: i64,
        received_ns: i64,
        settings: Option<&SourceSettings>,
    ) -> PyResult<()> {
        let start = ObjectStart { url, modified_ns, received_ns, settings: shared(settings) };
        self.with(py, |grep| grep.begin_object(start))
    }

    #[pyo3(signature = (settings = None))]
    fn begin_member(&self, py: Python<'_>, settings: Option<&SourceSettings>) -> PyResult<()> {
        let settings = shared(settings);
        self.with(py, |grep| grep.begin_member(settings))
    }

    fn feed(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = shared_buffer(data)?;
        self.with(py, |grep| grep.feed((*bytes).as_ref()))
    }

    fn settle(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, grep::Grep::settle)
    }

    fn end_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let report = self.with(py, grep::Grep::end_object)?;
        let text = json!({
            "matched": report.matched,
            "raw_bytes": report.raw_bytes,
            "compression": report.compression,
            "format": report.format,
            "events": report.statistics.events,
            "is_binary": report.is_binary,
            "damage": report.damage.map(|damage| json!({"offset": damage.offset, "reason": damage.reason})),
        });
        Ok(PyBytes::new(py, text.to_string().as_bytes()))
    }

    #[getter]
    fn matched(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |grep| Ok(grep.matched()))
    }

    fn take_text<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.with(py, |grep| Ok(grep.take_text()))?))
    }

    fn take_rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<PyRow<'py>>> {
        Ok(py_rows(py, self.with(py, |grep| Ok(grep.take_rows()))?))
    }

    fn take_partials<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let partials = self.with(py, |grep| Ok(grep.take_partials()))?;
        Ok(partials.iter().map(|partial| PyBytes::new(py, partial)).collect())
    }
}
