//! Patterns and Fields: what stages that look for structure are made of.
use crate::build::buffer_bytes;
use crate::errors::guarded;
use lakebed_core::mine::{fields, patterns};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

#[pyclass(module = "lakebed._core")]
#[derive(Default)]
pub struct Patterns {
    inner: patterns::Patterns,
}

#[pymethods]
impl Patterns {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn push(&mut self, py: Python<'_>, texts: &Bound<'_, PyAny>) -> PyResult<()> {
        let texts = buffer_bytes(texts)?;
        py.detach(|| guarded(|| self.inner.push(&texts)))
    }

    fn partial<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let dumped = py.detach(|| guarded(|| Ok(self.inner.dump())))?;
        Ok(PyBytes::new(py, &dumped))
    }

    fn merge(&mut self, py: Python<'_>, partial: &Bound<'_, PyAny>) -> PyResult<()> {
        let partial = buffer_bytes(partial)?;
        py.detach(|| guarded(|| self.inner.merge(&partial)))
    }

    fn finish<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        let answer = py.detach(|| guarded(|| Ok(self.inner.finish(limit))))?;
        Ok(PyBytes::new(py, &answer))
    }
}

#[pyclass(module = "lakebed._core")]
#[derive(Default)]
pub struct Fields {
    inner: fields::Fields,
}

#[pymethods]
impl Fields {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[pyo3(signature = (events, side = 0))]
    fn push(&mut self, py: Python<'_>, events: &Bound<'_, PyAny>, side: usize) -> PyResult<()> {
        let events = buffer_bytes(events)?;
        py.detach(|| {
            guarded(|| {
                self.inner.push(&events, side);
                Ok(())
            })
        })
    }

    fn partial<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let dumped = py.detach(|| guarded(|| Ok(self.inner.dump())))?;
        Ok(PyBytes::new(py, &dumped))
    }

    fn merge(&mut self, py: Python<'_>, partial: &Bound<'_, PyAny>) -> PyResult<()> {
        let partial = buffer_bytes(partial)?;
        py.detach(|| guarded(|| self.inner.merge(&partial)))
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let answer = py.detach(|| guarded(|| Ok(self.inner.summary())))?;
        Ok(PyBytes::new(py, &answer))
    }

    fn delta<'py>(&self, py: Python<'py>, limit: usize) -> PyResult<Bound<'py, PyBytes>> {
        let answer = py.detach(|| guarded(|| Ok(self.inner.delta(limit))))?;
        Ok(PyBytes::new(py, &answer))
    }
}
