//! `countdistinct(column, …)`: different values, or different tuples of values, of rows where all of them are there.
//!
//! Exact up to `EXACT_MAX` of a group; beyond that an estimate (HyperLogLog) that is within 1.6 % nineteen times of twenty. When an
//! aggregate runs out of memory, groups become estimates earlier.
//!
//! Cost: one look into a hash table, or one hash, per row. State: 20 bytes per value, at most 16 kB once it is an estimate.
use super::{Column, Decoded, Needs, Parameters, Row, Spec, State, States};
use crate::error::{DecodeError, Result};
use crate::format::wire::{Wire, put_bytes, put_varint};
use crate::search::aggregate::cells::Fingerprint;
use lakebed_sketch::{Distinct as Sketch, HashedItem};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_128;

pub const COUNTDISTINCT: Spec = Spec { name: "countdistinct", columns: 1..=usize::MAX, parameters: 0..=0, start };

/// Different values of a group that are counted exactly: ten times what people know from elsewhere, for 200 kB.
pub const EXACT_MAX: usize = 10_000;

/// Fewer are counted exactly whatever the memory: an estimate would not be smaller.
const EXACT_MIN: usize = 64;

fn start(_: &Parameters<'_>) -> Result<Box<dyn Column>> {
    Ok(States::<Distinct>::boxed(EXACT_MAX))
}

/// Fingerprints are hashes already.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }
    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64 ^ (number >> 64) as u64;
    }
}

type Seen = HashSet<Fingerprint, BuildHasherDefault<Fold>>;

enum Distinct {
    Exact(Seen),
    Estimate(Box<Sketch>),
}

impl Distinct {
    fn fit_in(&mut self, exact_max: usize) {
        if let Self::Exact(seen) = self
            && seen.len() > exact_max
        {
            let mut sketch = Sketch::new();
            seen.iter().for_each(|&fingerprint| sketch.update_hashed(hashed(fingerprint)));
            *self = Self::Estimate(Box::new(sketch));
        }
    }
}

fn hashed(fingerprint: Fingerprint) -> HashedItem {
    HashedItem::of(&fingerprint.to_le_bytes())
}

/// The fingerprint of the row's tuple; None when a part of it is missing.
#[inline]
fn tuple(row: Row<'_>) -> Option<Fingerprint> {
    if row.operands() == 1 {
        return row.fingerprint(0);
    }
    let mut bytes = Vec::with_capacity(row.operands() * size_of::<Fingerprint>());
    for operand in 0..row.operands() {
        bytes.extend_from_slice(&row.fingerprint(operand)?.to_le_bytes());
    }
    Some(xxh3_128(&bytes))
}

/// The hash of the fingerprint of the row's tuple.
#[inline]
fn tuple_hash(row: Row<'_>) -> Option<HashedItem> {
    if row.operands() == 1 { row.hash(0) } else { tuple(row).map(hashed) }
}

impl State for Distinct {
    const NEEDS: Needs = Needs::FINGERPRINTS;
    /// Values of a group that are counted exactly.
    type Setup = usize;

    fn start(_exact_max: &usize) -> Self {
        Self::Exact(Seen::default())
    }

    #[inline]
    fn update(&mut self, exact_max: &usize, row: Row<'_>) {
        match self {
            Self::Exact(seen) => {
                if tuple(row).is_some_and(|fingerprint| seen.insert(fingerprint)) && seen.len() > *exact_max {
                    self.fit_in(*exact_max);
                }
            }
            Self::Estimate(sketch) => {
                if let Some(item) = tuple_hash(row) {
                    sketch.update_hashed(item);
                }
            }
        }
    }

    fn merge(&mut self, exact_max: &usize, other: Self) -> Decoded<()> {
        match (&mut *self, other) {
            (Self::Exact(own), Self::Exact(other)) => own.extend(other),
            (Self::Estimate(own), Self::Estimate(other)) => own.merge(&other),
            (Self::Estimate(own), Self::Exact(other)) => {
                other.iter().for_each(|&fingerprint| own.update_hashed(hashed(fingerprint)));
            }
            (Self::Exact(own), Self::Estimate(mut other)) => {
                own.iter().for_each(|&fingerprint| other.update_hashed(hashed(fingerprint)));
                *self = Self::Estimate(other);
            }
        }
        self.fit_in(*exact_max);
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Exact(seen) => {
                // One more than their number: zero stands for an estimate.
                put_varint(out, seen.len() as u64 + 1);
                let mut sorted: Vec<&Fingerprint> = seen.iter().collect();
                sorted.sort_unstable();
                sorted.iter().for_each(|fingerprint| out.extend_from_slice(&fingerprint.to_le_bytes()));
            }
            Self::Estimate(sketch) => {
                put_varint(out, 0);
                put_bytes(out, &sketch.dump());
            }
        }
    }

    fn read(_exact_max: &usize, wire: &mut Wire<'_>) -> Decoded<Self> {
        let Some(count) = wire.varint()?.checked_sub(1) else {
            let sketch = Sketch::load(wire.bytes()?).map_err(|error| DecodeError(error.0))?;
            return Ok(Self::Estimate(Box::new(sketch)));
        };
        if count > (wire.remaining() / size_of::<Fingerprint>()) as u64 {
            return Err(DecodeError("count is larger than what follows"));
        }
        let mut seen = Seen::with_capacity_and_hasher(count as usize, BuildHasherDefault::default());
        for _ in 0..count {
            let bytes = wire.take(size_of::<Fingerprint>())?;
            seen.insert(Fingerprint::from_le_bytes(bytes.try_into().map_err(|_| DecodeError("ends too early"))?));
        }
        Ok(Self::Exact(seen))
    }

    fn finish(&self, _exact_max: &usize, rows: u64, out: &mut Vec<u8>) {
        let count = match self {
            Self::Exact(seen) => seen.len() as u64,
            // No estimate may be more than there can be.
            Self::Estimate(sketch) => (sketch.estimate().round() as u64).min(rows),
        };
        out.extend_from_slice(count.to_string().as_bytes());
    }

    fn heap_bytes(&self) -> usize {
        match self {
            // A byte of the table and a seventh of free places.
            Self::Exact(seen) => seen.capacity() * (size_of::<Fingerprint>() + 1) * 8 / 7,
            Self::Estimate(sketch) => sketch.size_bytes(),
        }
    }

    fn inexact(&self) -> Option<u64> {
        matches!(self, Self::Estimate(_)).then_some(0)
    }

    fn note(_worst: u64) -> String {
        format!("is approximate: within {:.1} % (95 %)", Sketch::ERROR_95 * 100.0)
    }

    fn tighten(exact_max: &mut usize) -> bool {
        let is_possible = *exact_max > EXACT_MIN;
        *exact_max = (*exact_max / 4).max(EXACT_MIN);
        is_possible
    }

    fn fit(&mut self, exact_max: &usize) {
        self.fit_in(*exact_max);
    }
}
