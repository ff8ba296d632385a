//! Settings of a source, and what is done to its events.
use crate::build::buffer_bytes;
use crate::errors::{guarded, raise};
use lakebed_core::error::CoreError;
use lakebed_core::parse::settings;
use lakebed_core::transform::{Program, Table};
use pyo3::prelude::*;
use std::sync::Arc;

#[pyclass(module = "lakebed._core", frozen)]
pub struct SourceSettings {
    inner: Arc<settings::SourceSettings>,
}

/// The settings that were given, or those that leave all to the content.
pub fn shared(settings: Option<&SourceSettings>) -> Arc<settings::SourceSettings> {
    settings.map(|settings| settings.inner.clone()).unwrap_or_default()
}

#[pymethods]
impl SourceSettings {
    #[new]
    #[pyo3(signature = (json, transform = None))]
    fn new(json: &[u8], transform: Option<&Transform>) -> PyResult<Self> {
        let mut inner = guarded(|| settings::SourceSettings::parse(json))?;
        inner.transform = transform.map(|transform| transform.program.clone());
        Ok(Self { inner: Arc::new(inner) })
    }
}

#[pyclass(module = "lakebed._core", frozen)]
pub struct Transform {
    program: Arc<Program>,
}

#[pymethods]
impl Transform {
    #[new]
    #[pyo3(signature = (program, tables = Vec::new()))]
    fn new(py: Python<'_>, program: &[u8], tables: Vec<(Vec<u8>, Bound<'_, PyAny>)>) -> PyResult<Self> {
        let mut loaded = Vec::new();
        for (number, (header, data)) in tables.iter().enumerate() {
            let data = buffer_bytes(data)?;
            let table = py.detach(|| Table::parse(header, data));
            loaded.push(
                table.map_err(|what| raise(CoreError::Plan(format!("table {number} of the transform: {what}"))))?,
            );
        }
        let program = guarded(|| Program::parse(program, loaded))?;
        Ok(Self { program: Arc::new(program) })
    }
}
