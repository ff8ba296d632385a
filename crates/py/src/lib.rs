//! Python bindings: argument conversion, GIL release, error mapping. Nothing else.
use pyo3::prelude::*;

#[pymodule]
fn _core(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
