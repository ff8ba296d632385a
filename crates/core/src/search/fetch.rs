//! The byte ranges that a search asks for and is given.
use crate::error::{CoreError, Result};
use crate::format::directory::Located;

/// A request costs as much as this many bytes and more, so ranges that are closer than this are read as one.
const COALESCE_GAP_BYTES: u64 = 8 << 10;

/// Bytes that a caller hands over, whoever owns them.
pub type Buffer = Box<dyn AsRef<[u8]> + Send + Sync>;

/// Ranges wanted, then ranges held.
#[derive(Default)]
pub struct Fetched {
    wanted: Vec<(u64, u64)>,
    held: Vec<(u64, Buffer)>,
}

impl Fetched {
    pub fn want(&mut self, offset: u64, length: u64) {
        if length > 0 && self.find(offset, length).is_none() {
            self.wanted.push((offset, length));
        }
    }

    pub fn want_frame(&mut self, located: &Located) {
        self.want(located.offset, u64::from(located.frame.length));
    }

    /// The ranges to ask for: sorted, near ones joined.
    pub fn take_wanted(&mut self) -> Vec<(u64, u64)> {
        self.wanted.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (offset, length) in self.wanted.drain(..) {
            match joined.last_mut() {
                Some((start, held)) if offset <= *start + *held + COALESCE_GAP_BYTES => {
                    *held = (*held).max(offset + length - *start);
                }
                _ => joined.push((offset, length)),
            }
        }
        joined
    }

    /// Bytes asked for and not yet given.
    pub fn wanted_bytes(&self) -> u64 {
        self.wanted.iter().map(|(_, length)| length).sum()
    }

    /// Whether something was asked for and not yet given.
    pub fn is_waiting(&self) -> bool {
        !self.wanted.is_empty()
    }

    pub fn put(&mut self, offset: u64, bytes: Buffer) {
        let at = self.held.partition_point(|(start, _)| *start < offset);
        self.held.insert(at, (offset, bytes));
    }

    pub fn clear(&mut self) {
        self.wanted.clear();
        self.held.clear();
    }

    fn find(&self, offset: u64, length: u64) -> Option<&[u8]> {
        let at = self.held.partition_point(|(start, _)| *start <= offset);
        // A shorter range may start later and a longer one before it hold what is wanted.
        self.held[..at].iter().rev().find_map(|(start, bytes)| {
            let from = (offset - start) as usize;
            bytes.as_ref().as_ref().get(from..from.checked_add(length as usize)?)
        })
    }

    pub fn bytes(&self, offset: u64, length: u64) -> Result<&[u8]> {
        self.find(offset, length).ok_or_else(|| CoreError::Usage(format!("bytes {offset}+{length} were not fed")))
    }

    /// The frame's bytes, checked.
    pub fn frame(&self, section: &'static str, located: &Located) -> Result<&[u8]> {
        let bytes = self.bytes(located.offset, u64::from(located.frame.length))?;
        located.frame.check(bytes).map_err(|error| error.at(section, located.offset))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_are_one_request() {
        let mut fetched = Fetched::default();
        for (offset, length) in [(50_000, 10), (0, 25), (20, 4), (100, 0), (3, 4)] {
            fetched.want(offset, length);
        }
        assert_eq!(fetched.take_wanted(), [(0, 25), (50_000, 10)]);
        fetched.put(0, Box::new((0..25).collect::<Vec<u8>>()));
        assert_eq!(fetched.bytes(20, 5).expect("held"), [20, 21, 22, 23, 24]);
        assert!(fetched.bytes(20, 6).is_err());
        fetched.want(3, 4);
        assert!(fetched.take_wanted().is_empty());
    }
}
