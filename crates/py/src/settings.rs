//! Settings of a source.
use crate::errors::guarded;
use lakebed_core::parse::settings;
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
    fn new(json: &[u8]) -> PyResult<Self> {
        Ok(Self { inner: Arc::new(guarded(|| settings::SourceSettings::parse(json))?) })
    }
}
