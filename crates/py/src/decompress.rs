//! Decompressor: the engine's reader of gzip and zstd, for what Python opens.
use crate::build::buffer_bytes;
use lakebed_core::decompress::{self, Damage, Limits};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::{Mutex, PoisonError};

#[pyclass(module = "lakebed._core", frozen)]
pub struct Decompressor {
    inner: Mutex<State>,
}

struct State {
    decompressor: decompress::Decompressor,
    damage: Option<Damage>,
}

impl Decompressor {
    /// What `work` hands on until it meets a damage, which is kept.
    fn with<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&mut decompress::Decompressor, &mut Vec<u8>) -> Result<(), Damage> + Send,
    ) -> Bound<'py, PyBytes> {
        let text = py.detach(|| {
            let mut state = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let mut text = Vec::new();
            if state.damage.is_none() {
                state.damage = work(&mut state.decompressor, &mut text).err();
            }
            text
        });
        PyBytes::new(py, &text)
    }
}

#[pymethods]
impl Decompressor {
    #[new]
    fn new() -> Self {
        let decompressor = decompress::Decompressor::new(Limits::default());
        Self { inner: Mutex::new(State { decompressor, damage: None }) }
    }

    fn feed<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let data = buffer_bytes(data)?;
        Ok(self.with(py, |decompressor, text| decompressor.feed(&data, |piece| text.extend_from_slice(piece))))
    }

    fn finish<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        self.with(py, |decompressor, text| decompressor.finish(|piece| text.extend_from_slice(piece)))
    }

    #[getter]
    fn damage(&self) -> Option<(u64, String)> {
        let state = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        state.damage.as_ref().map(|damage| (damage.offset, damage.reason.clone()))
    }
}
