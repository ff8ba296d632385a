//! The sample segment with structures changed behind right checksums, as the bytes of an input say.
use crate::lab::SAMPLE;
use loose::Loose;
use std::sync::LazyLock;

// The engine's own tests take segments apart and put them together in the same way.
#[path = "../../crates/core/tests/lab/loose.rs"]
mod loose;

/// More changes at once hide each other.
const CHANGES_MAX: usize = 6;

static WHOLE: LazyLock<Loose> = LazyLock::new(|| Loose::of(&SAMPLE.data, &SAMPLE.address));

/// The file and its address.
pub fn changed(changes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut bytes = changes.iter().copied();
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
    loose.put_together()
}

/// An input that makes each kind of change once.
pub fn change_seeds() -> impl Iterator<Item = Vec<u8>> {
    let seed =
        |kind: u16| [kind, kind % 3, kind * 7, kind * 3, 4, 7, 1, 90].into_iter().flat_map(u16::to_be_bytes).collect();
    (0..12).map(seed)
}
