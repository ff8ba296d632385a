//! Builder and Segment.
use crate::errors::{guarded, raise};
use crate::settings::{SourceSettings, shared};
use lakebed_core::error::CoreError;
use lakebed_core::format::address::{Address, GroupEntry};
use lakebed_core::format::objects::{SourceObject, read_objects};
use lakebed_core::parse::registry::{self, Format};
use lakebed_core::write::builder::{self, BuilderOptions, ObjectStart};
use lakebed_core::write::segment;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// Bytes of any buffer: those of `bytes` as they are, others copied, as they could change while the GIL is released.
pub fn buffer_bytes(object: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    PyBuffer::<u8>::get(object)?.to_vec(object.py())
}

#[pyclass(module = "lakebed._core", frozen)]
pub struct Builder {
    inner: Mutex<builder::Builder>,
}

impl Builder {
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut builder::Builder) -> Result<T, CoreError> + Send,
    ) -> PyResult<T> {
        py.detach(|| {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            guarded(|| work(&mut inner))
        })
    }
}

#[pymethods]
impl Builder {
    #[new]
    #[pyo3(signature = (*, index, segment_bytes = None, page_bytes = None, page_rows = None))]
    fn new(index: &str, segment_bytes: Option<usize>, page_bytes: Option<usize>, page_rows: Option<usize>) -> Self {
        let standard = BuilderOptions::default();
        let options = BuilderOptions {
            segment_bytes: segment_bytes.unwrap_or(standard.segment_bytes),
            page_bytes: page_bytes.unwrap_or(standard.page_bytes).max(1),
            page_rows: page_rows.unwrap_or(standard.page_rows).max(1),
        };
        Self { inner: Mutex::new(builder::Builder::new(index, options)) }
    }

    #[pyo3(signature = (url, *, modified_ns, received_ns, settings = None))]
    fn begin_object(
        &self,
        py: Python<'_>,
        url: String,
        modified_ns: i64,
        received_ns: i64,
        settings: Option<&SourceSettings>,
    ) -> PyResult<()> {
        let start = ObjectStart { url, modified_ns, received_ns, settings: shared(settings) };
        self.with(py, |builder| builder.begin_object(start))
    }

    #[pyo3(signature = (settings = None))]
    fn begin_member(&self, py: Python<'_>, settings: Option<&SourceSettings>) -> PyResult<()> {
        let settings = shared(settings);
        self.with(py, |builder| builder.begin_member(settings))
    }

    fn feed(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<bool> {
        let bytes = buffer_bytes(data)?;
        self.with(py, |builder| builder.feed(&bytes))
    }

    fn end_object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let report = self.with(py, builder::Builder::end_object)?;
        let statistics = report.statistics;
        let times = report.time_sources;
        let text = json!({
            "events": statistics.events,
            "raw_bytes": report.raw_bytes,
            "format": report.format,
            "source_type": report.source_type,
            "compression": report.compression,
            "unparsed_lines": statistics.unparsed_lines,
            "invalid_utf8": statistics.invalid_utf8,
            "duplicate_keys": statistics.duplicate_keys,
            "transform_errors": statistics.transform_errors,
            "discarded": statistics.discarded,
            "damage": report.damage.map(|damage| json!({"offset": damage.offset, "reason": damage.reason})),
            "encoding": report.encoding,
            "time_sources": {
                "field": times.field,
                "format": times.format,
                "previous": times.previous,
                "object": times.object,
                "zone_assumed": times.zone_assumed,
                "year_inferred": times.year_inferred,
            },
        });
        Ok(PyBytes::new(py, text.to_string().as_bytes()))
    }

    fn abort_object(&self, py: Python<'_>) -> PyResult<()> {
        self.with(py, |builder| {
            builder.abort_object();
            Ok(())
        })
    }

    fn take_segment(&self, py: Python<'_>) -> PyResult<Option<Segment>> {
        Ok(self.with(py, |builder| Ok(builder.take_segment()))?.map(|inner| Segment { inner }))
    }

    #[getter]
    fn raw_bytes(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |builder| Ok(builder.raw_bytes()))
    }
}

#[pyclass(module = "lakebed._core", frozen)]
pub struct Segment {
    pub(crate) inner: segment::Segment,
}

#[pymethods]
impl Segment {
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.data)
    }

    #[getter]
    fn address<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.address)
    }

    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let facts = &self.inner.facts;
        let text = json!({
            "events": facts.events,
            "raw_bytes": facts.raw_bytes,
            "pages": facts.pages,
            "min_time_ns": facts.min_time_ns,
            "max_time_ns": facts.max_time_ns,
            "objects": objects_json(&facts.objects),
        });
        PyBytes::new(py, text.to_string().as_bytes())
    }
}

fn objects_json(objects: &[SourceObject]) -> Value {
    let object =
        |object: &SourceObject| json!({"url": object.url, "events": if object.is_aborted { 0 } else { object.events }});
    objects.iter().map(object).collect()
}

/// The formats, in the order in which they are tried, as JSON.
#[pyfunction]
pub fn formats(py: Python<'_>) -> Bound<'_, PyBytes> {
    let told =
        |format: &Format| json!({"name": format.name(), "sign": format.sign(), "time_fields": format.time_fields()});
    let all: Value = registry::formats().iter().map(told).collect();
    PyBytes::new(py, all.to_string().as_bytes())
}

/// The address in the last bytes of a segment file, and the range (offset, length) of its objects frame.
/// A tail that is too short: an int, the bytes needed.
#[pyfunction]
pub fn segment_address<'py>(
    py: Python<'py>,
    tail: &Bound<'py, PyAny>,
) -> PyResult<(Option<Bound<'py, PyBytes>>, u64, u64)> {
    let bytes = buffer_bytes(tail)?;
    match Address::from_tail(&bytes) {
        Ok(stored) => {
            let address = Address::read(&stored).map_err(|error| raise(error.at("footer", 0)))?;
            let objects = (address.objects_offset(), u64::from(address.objects.length));
            Ok((Some(PyBytes::new(py, &stored)), objects.0, objects.1))
        }
        Err(CoreError::Usage(needed)) => Ok((None, needed.parse().unwrap_or(0), 0)),
        Err(error) => Err(raise(error)),
    }
}

/// The summary of a segment, from its address and its objects frame.
#[pyfunction]
pub fn segment_summary<'py>(
    py: Python<'py>,
    address: &Bound<'py, PyAny>,
    objects: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let (address, frame) = (buffer_bytes(address)?, buffer_bytes(objects)?);
    let text = guarded(|| {
        let address = Address::read(&address).map_err(|error| error.at("footer", 0))?;
        let at = address.objects_offset();
        address.objects.check(&frame).map_err(|error| error.at("objects", at))?;
        let (index, objects) = read_objects(&frame).map_err(|error| error.at("objects", at))?;
        Ok(json!({
            "index": index,
            "events": address.events,
            "raw_bytes": address.raw_bytes,
            "pages": address.pages(),
            "min_time_ns": address.groups.iter().map(GroupEntry::min_time_ns).min().unwrap_or(0),
            "max_time_ns": address.groups.iter().map(GroupEntry::max_time_ns).max().unwrap_or(0),
            "objects": objects_json(&objects),
        }))
    })?;
    Ok(PyBytes::new(py, text.to_string().as_bytes()))
}
