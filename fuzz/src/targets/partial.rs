//! A partial result from a worker: taken or refused; what is taken merges, and says the same after one more trip.
use crate::lab::{SAMPLE, plan};
use lakebed_core::search::fetch::Buffer;
use lakebed_core::search::leaf::LeafSearch;
use lakebed_core::search::partial::Partial;
use lakebed_core::search::plan::Plan;
use lakebed_core::search::reader::SegmentReader;
use std::sync::{Arc, LazyLock};

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let one = ["count", "min", "max", "sum", "avg", "countdistinct", "median", "var", "stdev", "mode", "values"];
    let one = one.map(|name| format!(r#"{{"name":"{name}","columns":["n"]}}"#));
    let two = ["countdistinct", "list", "earliest", "latest"];
    let two = two.map(|name| format!(r#"{{"name":"{name}","columns":["@lb.time_ns","user.name"]}}"#));
    let others = [
        r#"{"name":"count"}"#,
        r#"{"name":"rate","columns":["@lb.time_ns"]}"#,
        r#"{"name":"percentile","columns":["n"],"parameters":["95"]}"#,
    ];
    let functions = [one.join(","), two.join(","), others.join(",")].join(",");
    let aggregate = format!(r#"{{"by":["action","ok"],"functions":[{functions}]}}"#);
    Plan::parse(plan(r#"{"op":"all","of":[]}"#, &aggregate, "null", true).as_bytes()).expect("a plan")
});

pub fn run(data: &[u8]) {
    let aggregate = PLAN.aggregate.as_ref().expect("the plan has one");
    let Ok(partial) = Partial::load(aggregate, data) else { return };
    let dumped = partial.dump();
    let finished = partial.finish(None).expect("what was loaded can be finished");
    let mut again = Partial::load(aggregate, &dumped).expect("what was dumped can be loaded");
    let other = Partial::load(aggregate, &dumped).expect("and again");
    assert_eq!(other.finish(None).expect("and finished"), finished, "a trip through bytes changes nothing");
    if again.merge(&dumped).is_ok() {
        let _ = again.finish(Some(3));
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let reader = Arc::new(SegmentReader::new(&SAMPLE.address, "sample").expect("the sample is whole"));
    let mut leaf = LeafSearch::new(PLAN.clone(), reader, &[], None).expect("a plan");
    loop {
        let needs = leaf.needs();
        if needs.is_empty() {
            return vec![leaf.partial()];
        }
        let buffers = needs.iter().map(|&(at, length)| -> Buffer {
            Box::new(&SAMPLE.data[at as usize..(at + length) as usize])
        });
        leaf.feed(buffers.collect()).expect("the sample is whole");
    }
}
