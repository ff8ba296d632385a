//! The sketches, for tools and for tests against their siblings in other languages.
use crate::build::buffer_bytes;
use crate::errors::raise;
use lakebed_core::error::CoreError;
use lakebed_sketch::{Distinct, Frequent, Quantiles, SketchError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

fn refused(error: SketchError) -> PyErr {
    raise(CoreError::Corrupt { section: "sketch", offset: 0, reason: error.0.to_string() })
}

#[pyclass(module = "lakebed._core")]
pub struct DistinctSketch(Distinct);

#[pymethods]
impl DistinctSketch {
    #[new]
    fn new() -> Self {
        Self(Distinct::new())
    }

    #[staticmethod]
    fn load(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        Distinct::load(&buffer_bytes(data)?).map(Self).map_err(refused)
    }

    fn update(&mut self, items: Vec<String>) {
        items.iter().for_each(|item| self.0.update(item.as_bytes()));
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn dump<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.dump())
    }

    fn estimate(&self) -> f64 {
        self.0.estimate()
    }

    #[classattr]
    fn error() -> f64 {
        Distinct::ERROR_95
    }
}

#[pyclass(module = "lakebed._core")]
pub struct QuantilesSketch(Quantiles);

#[pymethods]
impl QuantilesSketch {
    #[new]
    fn new() -> Self {
        Self(Quantiles::new())
    }

    #[staticmethod]
    fn load(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        Quantiles::load(&buffer_bytes(data)?).map(Self).map_err(refused)
    }

    fn update(&mut self, numbers: Vec<f64>) {
        numbers.into_iter().for_each(|number| self.0.update(number));
    }

    fn merge(&mut self, other: &Self) -> PyResult<()> {
        self.0.merge(&other.0).map_err(refused)
    }

    fn dump<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.dump())
    }

    fn quantile(&self, rank: f64) -> Option<f64> {
        self.0.quantile(rank)
    }

    #[classattr]
    fn error() -> f64 {
        Quantiles::RANK_ERROR_99
    }
}

#[pyclass(module = "lakebed._core")]
pub struct FrequentSketch(Frequent);

#[pymethods]
impl FrequentSketch {
    #[new]
    fn new() -> Self {
        Self(Frequent::new())
    }

    #[staticmethod]
    fn load(data: &Bound<'_, PyAny>) -> PyResult<Self> {
        Frequent::load(&buffer_bytes(data)?).map(Self).map_err(refused)
    }

    fn update(&mut self, items: Vec<String>) {
        items.iter().for_each(|item| self.0.update(item, 1));
    }

    fn merge(&mut self, other: &Self) -> PyResult<()> {
        self.0.merge(&other.0).map_err(refused)
    }

    fn dump<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.dump())
    }

    fn items(&self) -> Vec<(String, u64, u64)> {
        self.0.items().into_iter().map(|item| (item.item, item.count_least, item.count_most)).collect()
    }

    fn error(&self) -> u64 {
        self.0.error()
    }
}
