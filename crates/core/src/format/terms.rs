//! Which pages hold which tokens: a hash table in buckets, so that a look-up is one computed range.
//!
//! A token's hash picks a bucket; the rest of the hash, cut to a fingerprint, picks the entry. A false fingerprint match costs a
//! look at a page; a token that is there is never missed. Most tokens (ids, hex) stand in one page only: those have a list of
//! their own with a page number of fixed width, the others a list with postings.
//!
//! Layout of a bucket: checksum of the rest (u32); numbers of single and of repeated tokens (varints); then a bit stream: Rice-coded
//! gaps of the single fingerprints, of the repeated ones, the page numbers of the singles, the postings of the repeated. A posting:
//! the number of pages less one (Elias gamma), then nothing if it is all pages, a bitmap if over a quarter, else Rice-coded gaps.
use super::bits::{BitReader, BitWriter};
use super::frame::checksum;
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;

/// One absent token in 2^8 finds a false match among the singles: one page is read in vain in 0.4 % of segments.
const SINGLE_BITS: u32 = 8;
/// Repeated tokens name many pages, so a false match costs more.
const REPEATED_BITS: u32 = 10;

/// Size that buckets aim at: a range read costs the same up to here and beyond, and decoding one takes microseconds.
pub const BUCKET_BYTES: usize = 8 << 10;

/// The bucket of a hash, and the rest of the hash.
pub fn bucket_of(hash: u64, buckets: usize) -> (usize, u64) {
    let wide = u128::from(hash) * buckets as u128;
    ((wide >> 64) as usize, wide as u64)
}

fn fingerprint(rest: u64, count: usize, bits: u32) -> u64 {
    ((u128::from(rest) * ((count as u128) << bits)) >> 64) as u64
}

fn page_bits(pages: usize) -> u32 {
    usize::BITS - pages.saturating_sub(1).leading_zeros()
}

/// One bucket's tokens, in order of `rest`.
#[derive(Default)]
pub struct BucketWriter {
    singles: Vec<(u64, u32)>,
    repeated: Vec<(u64, std::ops::Range<usize>)>,
    postings: Vec<u32>,
}

impl BucketWriter {
    /// Adds a token with the pages that hold it, in order.
    pub fn add(&mut self, rest: u64, pages: &[u32]) {
        match pages {
            [] => {}
            [page] => self.singles.push((rest, *page)),
            _ => {
                let start = self.postings.len();
                self.postings.extend_from_slice(pages);
                self.repeated.push((rest, start..self.postings.len()));
            }
        }
    }

    /// Appends the bucket to `out` and empties the writer. `pages`: number of pages in the segment.
    pub fn finish(&mut self, out: &mut Vec<u8>, pages: usize) {
        let start = out.len();
        out.extend([0; 4]);
        put_varint(out, self.singles.len() as u64);
        put_varint(out, self.repeated.len() as u64);
        let mut bits = BitWriter::default();
        put_fingerprints(&mut bits, self.singles.iter().map(|&(rest, _)| rest), self.singles.len(), SINGLE_BITS);
        put_fingerprints(&mut bits, self.repeated.iter().map(|&(rest, _)| rest), self.repeated.len(), REPEATED_BITS);
        let width = page_bits(pages);
        self.singles.iter().for_each(|&(_, page)| bits.put(u64::from(page), width));
        self.repeated.iter().for_each(|(_, range)| put_posting(&mut bits, &self.postings[range.clone()], pages));
        out.extend_from_slice(&bits.finish());
        let sum = checksum(&out[start + 4..]);
        out[start..start + 4].copy_from_slice(&sum.to_le_bytes());
        self.singles.clear();
        self.repeated.clear();
        self.postings.clear();
    }
}

fn put_fingerprints(bits: &mut BitWriter, rests: impl Iterator<Item = u64>, count: usize, width: u32) {
    let mut before = 0;
    for rest in rests {
        let fingerprint = fingerprint(rest, count, width);
        bits.put_rice(fingerprint - before, width - 1);
        before = fingerprint;
    }
}

fn is_bitmap(count: usize, pages: usize) -> bool {
    count * 4 > pages
}

fn posting_rice(count: usize, pages: usize) -> u32 {
    (pages / count).max(1).ilog2()
}

fn put_posting(bits: &mut BitWriter, posting: &[u32], pages: usize) {
    bits.put_gamma(posting.len() as u64 - 1);
    if posting.len() == pages {
        return;
    }
    if is_bitmap(posting.len(), pages) {
        let mut next = posting.iter().copied().peekable();
        for start in (0..pages as u32).step_by(32) {
            let mut word = 0u64;
            while let Some(page) = next.next_if(|&page| page < start + 32) {
                word |= 1 << (page - start);
            }
            bits.put(word, 32.min(pages as u32 - start));
        }
        return;
    }
    let k = posting_rice(posting.len(), pages);
    let mut from = 0;
    for &page in posting {
        bits.put_rice(u64::from(page - from), k);
        from = page + 1;
    }
}

/// The pages that may hold the token whose hash leaves `rest`, in order.
pub fn look_up(bucket: &[u8], rest: u64, pages: usize) -> Result<Vec<u32>, DecodeError> {
    let mut wire = Wire::new(bucket);
    let sum = wire.u32()?;
    if checksum(&bucket[4..]) != sum {
        return Err(DecodeError("checksum does not match"));
    }
    let (singles, repeated) = (wire.varint()?, wire.varint()?);
    // Each takes several bits, so no honest count is larger than this.
    if singles.saturating_add(repeated) > 8 * wire.remaining() as u64 {
        return Err(DecodeError("bucket has more tokens than bits"));
    }
    let (singles, repeated) = (singles as usize, repeated as usize);
    let mut bits = BitReader::new(&bucket[wire.position()..]);
    let single = matches(&mut bits, rest, singles, SINGLE_BITS)?;
    let many = matches(&mut bits, rest, repeated, REPEATED_BITS)?;
    let width = page_bits(pages);
    let mut found = Found { marked: vec![false; pages], is_all: false };
    for index in 0..singles {
        let page = bits.take(width)?;
        if single.contains(&index) {
            found.mark(page)?;
        }
    }
    for index in 0..many.end {
        take_posting(&mut bits, pages, many.contains(&index), &mut found)?;
    }
    Ok((0..pages as u32).filter(|&page| found.is_all || found.marked[page as usize]).collect())
}

/// Pages found so far. Marks, as many entries may name the same pages.
struct Found {
    marked: Vec<bool>,
    is_all: bool,
}

impl Found {
    fn mark(&mut self, page: u64) -> Result<(), DecodeError> {
        let slot = self.marked.get_mut(page as usize).ok_or(DecodeError("term names a page that is not there"))?;
        *slot = true;
        Ok(())
    }
}

/// The run of entries whose fingerprint is the token's; empty when none is.
fn matches(
    bits: &mut BitReader<'_>,
    rest: u64,
    count: usize,
    width: u32,
) -> Result<std::ops::Range<usize>, DecodeError> {
    let wanted = fingerprint(rest, count, width);
    let mut run = 0..0;
    let mut at = 0u64;
    for index in 0..count {
        at = at.saturating_add(bits.take_rice(width - 1)?);
        if at == wanted {
            run = if run.is_empty() { index..index + 1 } else { run.start..index + 1 };
        }
    }
    Ok(run)
}

fn take_posting(bits: &mut BitReader<'_>, pages: usize, wanted: bool, found: &mut Found) -> Result<(), DecodeError> {
    let count = bits.take_gamma()?.saturating_add(1);
    if count > pages as u64 {
        return Err(DecodeError("term is in more pages than there are"));
    }
    let count = count as usize;
    let mut keep = |page: u64| if wanted { found.mark(page) } else { Ok(()) };
    if count == pages {
        found.is_all |= wanted;
    } else if is_bitmap(count, pages) {
        for start in (0..pages as u32).step_by(32) {
            let mut word = bits.take(32.min(pages as u32 - start))?;
            while word != 0 {
                keep(u64::from(start + word.trailing_zeros()))?;
                word &= word - 1;
            }
        }
    } else {
        let k = posting_rice(count, pages);
        let mut from = 0u64;
        for _ in 0..count {
            let page = from.saturating_add(bits.take_rice(k)?);
            if page >= pages as u64 {
                return Err(DecodeError("term names a page that is not there"));
            }
            keep(page)?;
            from = page + 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_found_and_few_others() {
        for pages in [1usize, 2, 33, 200] {
            let mut tokens: Vec<(u64, Vec<u32>)> = (0..600u64)
                .map(|n| {
                    let count = if n % 3 == 0 { 1 } else { 1 + (n as usize * 7) % pages };
                    let step = pages / count;
                    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15), (0..count).map(|i| (i * step) as u32).collect())
                })
                .collect();
            tokens.sort();
            let mut writer = BucketWriter::default();
            tokens.iter().for_each(|(rest, pages)| writer.add(*rest, pages));
            let mut bucket = Vec::new();
            writer.finish(&mut bucket, pages);
            for (rest, wanted) in &tokens {
                let found = look_up(&bucket, *rest, pages).expect("pages");
                assert!(wanted.iter().all(|page| found.contains(page)), "{pages} {wanted:?} {found:?}");
            }
            let absent = (1..2000u64).map(|n| n.wrapping_mul(0xd1b5_4a32_d192_ed03));
            let wrong = absent.filter(|&rest| !look_up(&bucket, rest, pages).expect("pages").is_empty()).count();
            assert!(wrong < 30, "{wrong}");
            bucket[20] ^= 1;
            assert_eq!(look_up(&bucket, 5, pages), Err(DecodeError("checksum does not match")));
        }
    }
}
