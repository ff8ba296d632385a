//! The engine's errors as one Python exception with a `kind`.
use lakebed_core::error::CoreError as Engine;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(_core, CoreError, PyException, "Raised by the engine; `kind` is one of corrupt, limit, plan, input.");

pub fn raise(error: Engine) -> PyErr {
    let kind = match error {
        Engine::Corrupt { .. } => "corrupt",
        Engine::Limit(_) => "limit",
        Engine::Plan(_) => "plan",
        Engine::Usage(_) => "input",
    };
    Python::attach(|py| {
        let raised = CoreError::new_err(error.to_string());
        match raised.value(py).setattr("kind", kind) {
            Ok(()) => raised,
            Err(failed) => failed,
        }
    })
}

/// A panic must not cross into Python as something that looks like an exit: it is an error of the engine, and says so.
pub fn guarded<T>(work: impl FnOnce() -> Result<T, Engine>) -> PyResult<T> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(raise),
        Err(_) => Err(raise(Engine::Corrupt {
            section: "engine",
            offset: 0,
            reason: "internal error, please report it".to_string(),
        })),
    }
}
