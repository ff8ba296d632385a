//! A segment that somebody made to do harm: any structure in it may be wrong, its checksums are right. A search ends with an error
//! or some answer.
use crate::lab::{SAMPLE, plan, search};
use loose::Loose;
use std::sync::LazyLock;

// The engine's own tests take segments apart and put them together in the same way.
#[path = "../../../crates/core/tests/lab/loose.rs"]
mod loose;

/// More changes at once hide each other.
const CHANGES_MAX: usize = 6;

static WHOLE: LazyLock<Loose> = LazyLock::new(|| Loose::of(&SAMPLE.data, &SAMPLE.address));

static PLANS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let everything = r#"{"op":"all","of":[]}"#;
    let needle = r#"{"op":"has","column":null,"pattern":{"parts":["deadbeef01234567"]}}"#;
    let tags = r#"{"op":"is","column":{"parts":["tags[",{"star":1},"]"]},"pattern":{"parts":["t",""]}}"#;
    let table = r#"{"by":["user.name","tags[1]"],"functions":[{"name":"count"},{"name":"sum","columns":["n"]}]}"#;
    vec![
        plan(everything, "null", "null", true),
        plan(needle, "null", "5", true),
        plan(tags, "null", "9", false),
        plan(everything, table, "null", true),
    ]
});

pub fn run(data: &[u8]) {
    let mut bytes = data.iter().copied();
    let mut loose = WHOLE.clone();
    for _ in 0..CHANGES_MAX {
        if bytes.len() == 0 {
            break;
        }
        loose.change(&mut |end| {
            let mut next = || usize::from(bytes.next().unwrap_or(0));
            (next() << 8 | next()) % end.max(1)
        });
    }
    let (file, address) = loose.put_together();
    for plan in PLANS.iter() {
        let _ = search(plan, &file, &address);
    }
}

/// Each kind of change once.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed = |kind: u16| [kind, kind % 3, kind * 7, kind * 3, 4, 7, 1, 90].into_iter().flat_map(u16::to_be_bytes).collect();
    (0..12).map(seed).collect()
}
