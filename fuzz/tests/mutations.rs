//! Every target on its seeds, and on thousands of damaged ones: bits flipped, bytes changed, parts cut, doubled and swapped.
//!
//! Deterministic: FUZZ_SEED (1 by default) decides, and a failure names the input. Quick enough for every test run; libFuzzer digs deeper.
use lakebed_fuzz::TARGETS;
use std::panic::{AssertUnwindSafe, catch_unwind};

const MUTANTS_PER_SEED: u64 = 3_000;

#[test]
fn seeds_are_accepted_without_a_panic() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        seeds.iter().for_each(|seed| (target.run)(seed));
        (target.run)(&[]);
    }
}

#[test]
fn no_mutant_makes_a_decoder_panic() {
    let seed: u64 = std::env::var("FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    for target in TARGETS {
        for (number, original) in (target.seeds)().iter().enumerate() {
            for mutant in 0..MUTANTS_PER_SEED {
                let mut random = Random(seed ^ (mutant + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number as u64);
                let data = mutate(original, &mut random);
                let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&data)));
                assert!(outcome.is_ok(), "{} failed on mutant {mutant} of seed {number}: {data:?}", target.name);
            }
        }
    }
}

/// Small and repeatable; nothing hangs on its quality.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut data = original.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        match random.below(7) {
            _ if data.is_empty() => data.push(random.below(256) as u8),
            0 => data[at] ^= 1 << random.below(8),
            1 => data[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            2 => data[at] = random.below(256) as u8,
            3 => data.truncate(at),
            4 => data.insert(at, random.below(256) as u8),
            5 => {
                let copy = data[at..(at + random.below(16)).min(data.len())].to_vec();
                data.extend(copy);
            }
            _ => {
                data.remove(at);
            }
        }
    }
    data
}
