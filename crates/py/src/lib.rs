//! Python bindings: argument conversion, GIL release, error mapping. Nothing else.
use pyo3::prelude::*;

mod build;
mod decompress;
mod errors;
mod explain;
mod expression;
mod grep;
mod merge;
mod mine;
mod rows;
mod search;
mod settings;
mod sketch;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("CoreError", module.py().get_type::<errors::CoreError>())?;
    module.add_class::<settings::SourceSettings>()?;
    module.add_class::<settings::Transform>()?;
    module.add_class::<build::Builder>()?;
    module.add_class::<build::Segment>()?;
    module.add_class::<search::SegmentReader>()?;
    module.add_class::<search::LeafSearch>()?;
    module.add_class::<merge::Merge>()?;
    module.add_class::<grep::Grep>()?;
    module.add_class::<decompress::Decompressor>()?;
    module.add_class::<expression::Expression>()?;
    module.add_class::<expression::Regex>()?;
    module.add_class::<mine::Patterns>()?;
    module.add_class::<mine::Fields>()?;
    module.add_function(wrap_pyfunction!(expression::scalar_functions, module)?)?;
    module.add_class::<rows::RowAggregate>()?;
    module.add_class::<sketch::DistinctSketch>()?;
    module.add_class::<sketch::QuantilesSketch>()?;
    module.add_class::<sketch::FrequentSketch>()?;
    module.add_function(wrap_pyfunction!(search::check_plan, module)?)?;
    module.add_function(wrap_pyfunction!(search::merge_partials, module)?)?;
    module.add_function(wrap_pyfunction!(search::finish_partial, module)?)?;
    module.add_function(wrap_pyfunction!(search::rank_partial, module)?)?;
    module.add_function(wrap_pyfunction!(search::aggregate_names, module)?)?;
    module.add_function(wrap_pyfunction!(build::formats, module)?)?;
    module.add_function(wrap_pyfunction!(build::segment_address, module)?)?;
    module.add_function(wrap_pyfunction!(build::segment_summary, module)?)?;
    module.add_function(wrap_pyfunction!(explain::search_outlook, module)?)?;
    module.add_function(wrap_pyfunction!(explain::index_terms, module)?)?;
    module.add_function(wrap_pyfunction!(explain::schema_range, module)?)?;
    module.add_function(wrap_pyfunction!(explain::segment_fields, module)?)?;
    module.add_function(wrap_pyfunction!(explain::directory_range, module)?)?;
    module.add_function(wrap_pyfunction!(explain::group_fields, module)?)?;
    Ok(())
}
