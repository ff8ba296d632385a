//! What a reader must know of a segment before its first read: where groups, pages, term buckets and the schema are.
//!
//! It stands in the file's footer, and the catalog keeps a copy of it, so that opening a segment costs no request. Everything else
//! in the file is reached through it, and checked by checksums that it leads to; so it carries one of its own.
//!
//! Layout of the file: magic `LKBDSEG` and the format version (8 bytes); groups; term buckets; the schema frame; the objects frame;
//! the stored address; its length (u32); the magic again. All numbers little-endian.
//! Layout of the stored address: a payload; its checksum (u32). In the payload: the fields below in order as varints; times as
//! signed distances in units of the third field.
use super::frame::{Compressor, FrameRef, Payload, checksum};
use super::limits::{BUCKETS_MAX, GROUP_PAGES_MAX, GROUP_ROWS_MAX};
use super::wire::{Wire, put_signed, put_varint};
use crate::error::{CoreError, DecodeError, Result};

pub const MAGIC: [u8; 8] = *b"LKBDSEG\x01";
/// Behind the stored address: its length and the magic.
pub const TRAILER_BYTES: usize = 12;

/// Units that event times are kept in: the largest that divides them all.
const TIME_UNITS_NS: [i64; 4] = [1_000_000_000, 1_000_000, 1_000, 1];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageEntry {
    pub rows: u32,
    pub body_length: u32,
    pub min_time_ns: i64,
    pub max_time_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupEntry {
    pub offset: u64,
    pub directory: FrameRef,
    pub strips_length: u32,
    /// Number of the group's first page in the segment.
    pub first_page: u32,
    pub pages: Vec<PageEntry>,
}

impl GroupEntry {
    pub fn rows(&self) -> usize {
        self.pages.iter().map(|page| page.rows as usize).sum()
    }

    pub fn strips_offset(&self) -> u64 {
        self.offset + u64::from(self.directory.length)
    }

    /// First byte of the body of page `page` of this group.
    pub fn body_offset(&self, page: usize) -> u64 {
        let before: u64 = self.pages[..page].iter().map(|page| u64::from(page.body_length)).sum();
        self.strips_offset() + u64::from(self.strips_length) + before
    }

    pub fn min_time_ns(&self) -> i64 {
        self.pages.iter().map(|page| page.min_time_ns).min().unwrap_or(i64::MAX)
    }

    pub fn max_time_ns(&self) -> i64 {
        self.pages.iter().map(|page| page.max_time_ns).max().unwrap_or(i64::MIN)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    pub events: u64,
    pub raw_bytes: u64,
    pub groups: Vec<GroupEntry>,
    pub terms_offset: u64,
    pub bucket_lengths: Vec<u32>,
    pub schema: FrameRef,
    pub objects: FrameRef,
}

impl Address {
    pub fn pages(&self) -> usize {
        self.groups.iter().map(|group| group.pages.len()).sum()
    }

    pub fn schema_offset(&self) -> u64 {
        self.terms_offset + self.bucket_lengths.iter().map(|&length| u64::from(length)).sum::<u64>()
    }

    pub fn objects_offset(&self) -> u64 {
        self.schema_offset() + u64::from(self.schema.length)
    }

    /// Puts the address into its stored form.
    pub fn write(&self, compressor: &mut Compressor) -> Vec<u8> {
        let mut plain = Vec::new();
        put_varint(&mut plain, self.events);
        put_varint(&mut plain, self.raw_bytes);
        let times =
            || self.groups.iter().flat_map(|group| &group.pages).flat_map(|page| [page.min_time_ns, page.max_time_ns]);
        let unit = TIME_UNITS_NS.into_iter().find(|unit| times().all(|time| time % unit == 0)).unwrap_or(1);
        put_varint(&mut plain, unit as u64);
        put_varint(&mut plain, self.groups.len() as u64);
        let mut before = 0;
        for group in &self.groups {
            group.directory.put(&mut plain);
            put_varint(&mut plain, u64::from(group.strips_length));
            put_varint(&mut plain, group.pages.len() as u64);
            for page in &group.pages {
                put_varint(&mut plain, u64::from(page.rows));
                put_varint(&mut plain, u64::from(page.body_length));
                put_signed(&mut plain, (page.min_time_ns / unit).wrapping_sub(before));
                put_signed(&mut plain, (page.max_time_ns / unit).wrapping_sub(page.min_time_ns / unit));
                before = page.max_time_ns / unit;
            }
        }
        put_varint(&mut plain, self.bucket_lengths.len() as u64);
        for &length in &self.bucket_lengths {
            put_varint(&mut plain, u64::from(length));
        }
        self.schema.put(&mut plain);
        self.objects.put(&mut plain);
        let mut out = Vec::new();
        compressor.put(&mut out, &plain);
        let sum = checksum(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    pub fn read(stored: &[u8]) -> std::result::Result<Self, DecodeError> {
        let plain = Payload::read(&mut Wire::new(checked(stored)?))?.open()?;
        let mut wire = Wire::new(&plain);
        let mut address = Self { events: wire.varint()?, raw_bytes: wire.varint()?, ..Self::default() };
        let unit = wire.signed_unit()?;
        let mut offset = MAGIC.len() as u64;
        let mut before = 0i64;
        let mut first_page = 0;
        for _ in 0..wire.count()? {
            let mut group = GroupEntry {
                offset,
                directory: FrameRef::read(&mut wire)?,
                strips_length: wire.number()?,
                first_page,
                pages: Vec::new(),
            };
            let pages = wire.count()?;
            if pages == 0 || pages > GROUP_PAGES_MAX {
                return Err(DecodeError("group has no page, or more than a group may have"));
            }
            for _ in 0..pages {
                let (rows, body_length) = (wire.number()?, wire.number()?);
                let min = before.wrapping_add(wire.signed()?);
                let max = min.wrapping_add(wire.signed()?);
                before = max;
                let time = |ticks: i64| ticks.checked_mul(unit).ok_or(DecodeError("time of a page is out of range"));
                group.pages.push(PageEntry { rows, body_length, min_time_ns: time(min)?, max_time_ns: time(max)? });
            }
            if group.rows() > GROUP_ROWS_MAX {
                return Err(DecodeError("group has more rows than a group may have"));
            }
            first_page += group.pages.len() as u32;
            offset = group.body_offset(group.pages.len());
            address.groups.push(group);
        }
        address.terms_offset = offset;
        let buckets = wire.count()?;
        if buckets > BUCKETS_MAX {
            return Err(DecodeError("more term buckets than a segment may have"));
        }
        for _ in 0..buckets {
            address.bucket_lengths.push(wire.number()?);
        }
        address.schema = FrameRef::read(&mut wire)?;
        address.objects = FrameRef::read(&mut wire)?;
        wire.end()?;
        Ok(address)
    }

    /// Finds the address in the last bytes of a file (`tail` ends where the file ends).
    /// Err(Usage) tells how many bytes are needed when `tail` is too short.
    pub fn from_tail(tail: &[u8]) -> Result<Vec<u8>> {
        const SECTION: &str = "footer";
        let end = tail.len().checked_sub(TRAILER_BYTES).ok_or_else(|| CoreError::Usage(TRAILER_BYTES.to_string()))?;
        let damaged = |error: DecodeError| error.at(SECTION, end as u64);
        let length = Wire::new(&tail[end..]).u32().map_err(damaged)? as usize;
        if tail[end + 4..] != MAGIC {
            return Err(damaged(DecodeError("the file does not end with a segment's magic")));
        }
        let start = end.checked_sub(length).ok_or_else(|| CoreError::Usage((length + TRAILER_BYTES).to_string()))?;
        checked(&tail[start..end]).map_err(damaged)?;
        Ok(tail[start..end].to_vec())
    }
}

/// What a stored address holds before its checksum.
fn checked(stored: &[u8]) -> std::result::Result<&[u8], DecodeError> {
    let (body, sum) = stored.split_last_chunk::<4>().ok_or(DecodeError("ends too early"))?;
    if checksum(body) != u32::from_le_bytes(*sum) {
        return Err(DecodeError("checksum does not match"));
    }
    Ok(body)
}

impl Wire<'_> {
    fn signed_unit(&mut self) -> std::result::Result<i64, DecodeError> {
        let unit = self.varint()? as i64;
        if TIME_UNITS_NS.contains(&unit) { Ok(unit) } else { Err(DecodeError("unknown unit of time")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_back() {
        let page = |rows, min: i64| PageEntry {
            rows,
            body_length: rows * 2,
            min_time_ns: min,
            max_time_ns: min + 5_000_000_000,
        };
        let frame = FrameRef { length: 9, checksum: 77 };
        let mut address = Address {
            events: 12,
            raw_bytes: 999,
            groups: vec![
                GroupEntry {
                    offset: 8,
                    directory: frame,
                    strips_length: 4,
                    first_page: 0,
                    pages: vec![page(1, 0), page(2, -7_000_000_000)],
                },
                GroupEntry {
                    offset: 0,
                    directory: frame,
                    strips_length: 0,
                    first_page: 2,
                    pages: vec![page(9, 1_000_000_000)],
                },
            ],
            terms_offset: 0,
            bucket_lengths: vec![3, 4],
            schema: frame,
            objects: frame,
        };
        address.groups[1].offset = address.groups[0].body_offset(2);
        address.terms_offset = address.groups[1].body_offset(1);
        let stored = address.write(&mut Compressor::new());
        assert_eq!(Address::read(&stored), Ok(address));
    }
}
