//! Expression, Regex, scalar_functions.
use crate::build::buffer_bytes;
use crate::errors::guarded;
use lakebed_core::error::CoreError;
use lakebed_core::expression::{self, functions};
use lakebed_core::value::regex::compile_regex;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

#[pyclass(module = "lakebed._core", frozen)]
pub struct Expression {
    inner: expression::Expression,
}

#[pymethods]
impl Expression {
    #[new]
    fn new(json: &Bound<'_, PyAny>) -> PyResult<Self> {
        let json = buffer_bytes(json)?;
        Ok(Self { inner: guarded(|| expression::Expression::parse(&json))? })
    }

    fn columns(&self) -> Vec<&str> {
        self.inner.columns().iter().map(String::as_str).collect()
    }

    fn patterns<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let json = |pattern| serde_json::to_vec(pattern).map_err(|error| CoreError::Plan(error.to_string()));
        let patterns = self.inner.patterns().iter();
        patterns.map(|pattern| Ok(PyBytes::new(py, &guarded(|| json(pattern))?))).collect()
    }

    fn evaluate<'py>(&self, py: Python<'py>, rows: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let rows = buffer_bytes(rows)?;
        let values = py.detach(|| guarded(|| self.inner.evaluate_json(&rows)))?;
        Ok(PyBytes::new(py, &values))
    }
}

#[pyclass(module = "lakebed._core", frozen)]
pub struct Regex {
    inner: regex::bytes::Regex,
}

/// How lone surrogates cross over: the engine keeps them as three bytes, as Python does under this name.
const SURROGATES: &str = "surrogatepass";

fn bytes_of(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    match text.to_str() {
        Ok(text) => Ok(text.as_bytes().to_vec()),
        Err(_) => text.call_method1("encode", ("utf-8", SURROGATES))?.extract(),
    }
}

fn string_of<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        Err(_) => PyBytes::new(py, bytes).call_method1("decode", ("utf-8", SURROGATES)),
    }
}

#[pymethods]
impl Regex {
    #[new]
    #[pyo3(signature = (pattern, ignore_case = false))]
    fn new(pattern: &str, ignore_case: bool) -> PyResult<Self> {
        Ok(Self { inner: guarded(|| compile_regex(pattern, ignore_case).map_err(CoreError::Plan))? })
    }

    fn finds(&self, py: Python<'_>, text: &Bound<'_, PyString>) -> PyResult<bool> {
        let text = bytes_of(text)?;
        py.detach(|| guarded(|| Ok(self.inner.is_match(&text))))
    }

    fn groups<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'py, PyString>,
    ) -> PyResult<Option<Vec<Option<Bound<'py, PyAny>>>>> {
        let text = bytes_of(text)?;
        let found = py.detach(|| guarded(|| Ok(self.inner.captures(&text))))?;
        let Some(captures) = found else { return Ok(None) };
        let groups =
            captures.iter().skip(1).map(|group| group.map(|group| string_of(py, group.as_bytes())).transpose());
        Ok(Some(groups.collect::<PyResult<_>>()?))
    }

    fn names(&self) -> Vec<Option<&str>> {
        self.inner.capture_names().skip(1).collect()
    }
}

#[pyfunction]
pub fn scalar_functions(py: Python<'_>) -> Bound<'_, PyBytes> {
    PyBytes::new(py, &functions::to_json())
}
