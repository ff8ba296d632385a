//! RowAggregate: the aggregate over rows that Python has.
use crate::build::buffer_bytes;
use crate::errors::guarded;
use crate::search::aggregate_of;
use lakebed_core::error::CoreError;
use lakebed_core::search::aggregate::json_rows;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, PoisonError};

#[pyclass(module = "lakebed._core", frozen)]
pub struct RowAggregate {
    inner: Mutex<json_rows::RowAggregate>,
}

impl RowAggregate {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut json_rows::RowAggregate) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| work(&mut inner))
        })
    }
}

#[pymethods]
impl RowAggregate {
    #[new]
    fn new(plan: &Bound<'_, PyAny>) -> PyResult<Self> {
        let plan = buffer_bytes(plan)?;
        let inner = guarded(|| json_rows::RowAggregate::new(&aggregate_of(&plan)?))?;
        Ok(Self { inner: Mutex::new(inner) })
    }

    fn columns(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.with(py, |rows| Ok(rows.columns().to_vec()))
    }

    fn push(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        let json = buffer_bytes(rows)?;
        self.with(py, |rows| rows.push(&json))
    }

    fn partial<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.with(py, |rows| Ok(rows.partial()))?))
    }
}
