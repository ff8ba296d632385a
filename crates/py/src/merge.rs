//! Merge.
use crate::build::{Segment, buffer_bytes};
use crate::errors::guarded;
use crate::search::{SegmentReader, shared_buffer};
use lakebed_core::error::CoreError;
use lakebed_core::merge;
use lakebed_core::merge::deletion::Deletion;
use lakebed_core::write::builder::BuilderOptions;
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

#[pyclass(module = "lakebed._core", frozen)]
pub struct Merge {
    inner: Mutex<merge::Merge>,
}

impl Merge {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut merge::Merge) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| work(&mut inner))
        })
    }
}

#[pymethods]
impl Merge {
    #[new]
    #[pyo3(signature = (*, index, page_bytes = None, page_rows = None))]
    fn new(index: &str, page_bytes: Option<usize>, page_rows: Option<usize>) -> Self {
        let standard = BuilderOptions::default();
        let options = BuilderOptions {
            page_bytes: page_bytes.unwrap_or(standard.page_bytes).max(1),
            page_rows: page_rows.unwrap_or(standard.page_rows).max(1),
            ..standard
        };
        Self { inner: Mutex::new(merge::Merge::new(index, options)) }
    }

    #[pyo3(signature = (reader, *, dead_objects = Vec::new(), deletions = Vec::new()))]
    fn add(
        &self,
        py: Python<'_>,
        reader: &SegmentReader,
        dead_objects: Vec<u32>,
        deletions: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let deletions = deletions.iter().map(buffer_bytes).collect::<PyResult<Vec<_>>>()?;
        let reader = reader.inner.clone();
        self.with(py, |merge| {
            let deletions = deletions.iter().map(|json| Deletion::parse(json)).collect::<Result<_, _>>()?;
            merge.add(reader, &dead_objects, deletions);
            Ok(())
        })
    }

    fn needs(&self, py: Python<'_>) -> PyResult<Vec<(usize, u64, u64)>> {
        self.with(py, |merge| Ok(merge.needs()))
    }

    fn feed(&self, py: Python<'_>, buffers: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let buffers = buffers.iter().map(shared_buffer).collect::<PyResult<Vec<_>>>()?;
        self.with(py, |merge| merge.feed(buffers))
    }

    fn finish(&self, py: Python<'_>) -> PyResult<Option<Segment>> {
        Ok(self.with(py, merge::Merge::finish)?.map(|inner| Segment { inner }))
    }

    fn moved(&self, py: Python<'_>) -> PyResult<Vec<(u32, Vec<u32>)>> {
        Ok(self.with(py, |merge| Ok(merge.moved()))?.into_iter().map(|moved| (moved.first, moved.dropped)).collect())
    }

    fn deleted_events(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |merge| Ok(merge.deleted_events()))
    }

    #[getter]
    fn memory_bytes(&self, py: Python<'_>) -> PyResult<usize> {
        self.with(py, |merge| Ok(merge.memory_bytes()))
    }
}
