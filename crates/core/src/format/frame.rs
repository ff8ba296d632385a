//! Payloads (bytes, compressed where that pays) and frames (a stored run of bytes whose length and checksum a directory keeps).
//!
//! Layout of a payload: one tag byte (0 stored, 1 zstd), the plain length as a varint, for zstd the stored length as a varint,
//! then the bytes. A frame holds one payload or many; only the frame is checksummed.
use super::limits::PAYLOAD_BYTES_MAX;
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;
use zstd::zstd_safe::{CParameter, FrameFormat};

type Context = zstd::bulk::Compressor<'static>;

/// Level 6 makes a segment 0.4 % smaller than 3 at no cost that can be measured; 9 gains 0.02 % more and costs 8 % of ingest.
pub const ZSTD_LEVEL: i32 = 6;

/// Below this, zstd's own header eats the gain.
const WORTH_COMPRESSING_BYTES: usize = 24;

/// What takes far less time, for payloads that gain nearly nothing from the other.
const QUICK_LEVEL: i32 = 1;

/// Texts of so many bytes are compressed with tables that fit into the first cache and find what is near: messages become 3 %
/// smaller in three quarters of the time, and the texts of other columns no larger.
const LARGE_TEXTS_BYTES: usize = 64 << 10;
const LARGE_TEXTS_TABLE: Table = Table { hash_log: 15, match_bytes: 6 };

/// The same when they are compressed quickly: a quarter of the table that the level has loses 2 % less of texts such as URLs.
const QUICK_TEXTS_TABLE: Table = Table { hash_log: 12, match_bytes: 5 };

/// The pages of a column are compressed quickly when the first of them gains less than one part in so many from `ZSTD_LEVEL`.
const GAIN_PARTS: usize = 50;

/// Smaller payloads tell little of those that follow, and cost little.
const TRIAL_BYTES_MIN: usize = 4096;

/// A sample of this size tells whether packed bits are worth a try at all.
const SAMPLE_BYTES: usize = 2048;

/// A buffer that is larger is not kept for the next payload.
const BODY_BYTES_MAX: usize = 8 << 20;

const STORED: u8 = 0;
const ZSTD: u8 = 1;

/// What a payload holds: what compresses well of a column's one need not of the other.
#[derive(Debug, Clone, Copy)]
pub enum Content {
    Texts,
    Numbers,
}

/// zstd's table of what it has seen.
struct Table {
    /// Logarithm of its entries.
    hash_log: u32,
    /// Bytes that an entry stands for: shorter repetitions are not found.
    match_bytes: u32,
}

/// How payloads of a content are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Effort {
    #[default]
    Full,
    /// The next large payload decides.
    Undecided,
    Quick,
}

/// Compresses with contexts that are kept between calls: creating one costs more than a small payload.
pub struct Compressor {
    context: Context,
    large_texts: Context,
    /// By content.
    quick: [Context; 2],
    efforts: [Effort; 2],
    /// Kept between calls: memory that is fresh from the system costs more than what is done with it here.
    body: Vec<u8>,
    /// Payloads are only stored: they become part of something that is compressed as a whole.
    pub store_only: bool,
}

impl Compressor {
    pub fn new() -> Self {
        Self {
            context: context(ZSTD_LEVEL, None),
            large_texts: context(ZSTD_LEVEL, Some(LARGE_TEXTS_TABLE)),
            quick: [context(QUICK_LEVEL, Some(QUICK_TEXTS_TABLE)), context(QUICK_LEVEL, None)],
            efforts: [Effort::Full; 2],
            body: Vec::new(),
            store_only: false,
        }
    }

    /// What comes until `end_pages` are pages of one column, of which the first decides how much effort the others are worth.
    pub fn begin_pages(&mut self) {
        self.efforts = [Effort::Undecided; 2];
    }

    pub fn end_pages(&mut self) {
        self.efforts = [Effort::Full; 2];
    }

    /// Appends `plain` as a payload of numbers, compressed if that makes it smaller.
    pub fn put(&mut self, out: &mut Vec<u8>, plain: &[u8]) {
        self.put_content(out, plain, Content::Numbers);
    }

    /// As `put`, of either content.
    pub fn put_content(&mut self, out: &mut Vec<u8>, plain: &[u8], content: Content) {
        if plain.len() >= WORTH_COMPRESSING_BYTES && !self.store_only {
            let start = out.len();
            out.push(ZSTD);
            put_varint(out, plain.len() as u64);
            let body = self.compressed(plain, content);
            if body.len() + 3 < plain.len() - (plain.len() >> 7) {
                put_varint(out, body.len() as u64);
                out.extend_from_slice(body);
                return;
            }
            out.truncate(start);
        }
        put_stored(out, plain);
    }

    /// As `put`, for bytes that are random more often than not: a sample decides first.
    pub fn put_packed(&mut self, out: &mut Vec<u8>, plain: &[u8]) {
        if plain.len() > 2 * SAMPLE_BYTES && !self.store_only {
            let middle = plain.len() / 2;
            let sample = self.compressed(&plain[middle..middle + SAMPLE_BYTES], Content::Numbers).len();
            if sample > SAMPLE_BYTES - SAMPLE_BYTES / 32 {
                return put_stored(out, plain);
            }
        }
        self.put(out, plain);
    }

    fn compressed(&mut self, plain: &[u8], content: Content) -> &[u8] {
        if self.body.capacity() > BODY_BYTES_MAX {
            self.body = Vec::new(); // one large payload must not hold its memory
        }
        let effort = self.efforts[content as usize];
        let is_trial = effort == Effort::Undecided && plain.len() >= TRIAL_BYTES_MIN;
        let quick_length = match is_trial || effort == Effort::Quick {
            true => compress(&mut self.quick[content as usize], plain, &mut self.body),
            false => usize::MAX,
        };
        if effort != Effort::Quick {
            let context = match content {
                Content::Texts if plain.len() >= LARGE_TEXTS_BYTES => &mut self.large_texts,
                _ => &mut self.context,
            };
            let length = compress(context, plain, &mut self.body);
            if is_trial {
                let is_worth_it = quick_length > length + length / GAIN_PARTS;
                self.efforts[content as usize] = if is_worth_it { Effort::Full } else { Effort::Quick };
            }
        }
        &self.body
    }
}

/// A context of a level, and the logarithm of its table's size and its shortest match where they are not the level's.
fn context(level: i32, table: Option<Table>) -> Context {
    let mut context = Context::new(level).unwrap_or_default();
    let _ = context.set_parameter(CParameter::Format(FrameFormat::Magicless));
    let _ = context.include_contentsize(false);
    let _ = context.include_checksum(false);
    let _ = context.include_dictid(false);
    if let Some(table) = table {
        let _ = context.set_parameter(CParameter::HashLog(table.hash_log));
        let _ = context.set_parameter(CParameter::MinMatch(table.match_bytes));
    }
    context
}

/// Puts the compressed bytes, or `plain` itself if there can be none, into `body`; the answer is its length.
fn compress(context: &mut Context, plain: &[u8], body: &mut Vec<u8>) -> usize {
    body.clear();
    body.reserve(zstd::zstd_safe::compress_bound(plain.len()));
    // A failure cannot happen with a buffer of the bound's size; a body as long as the input is never kept.
    if context.compress_to_buffer(plain, body).is_err() {
        body.clear();
        body.extend_from_slice(plain);
    }
    body.len()
}

impl Default for Compressor {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends `plain` as a payload as it is.
pub fn put_stored(out: &mut Vec<u8>, plain: &[u8]) {
    out.push(STORED);
    put_varint(out, plain.len() as u64);
    out.extend_from_slice(plain);
}

/// A payload that is not decoded yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payload<'a> {
    is_compressed: bool,
    plain_length: usize,
    body: &'a [u8],
}

impl<'a> Payload<'a> {
    pub fn read(wire: &mut Wire<'a>) -> Result<Self, DecodeError> {
        let tag = wire.byte()?;
        let plain_length = wire.varint()?;
        if plain_length > PAYLOAD_BYTES_MAX as u64 {
            return Err(DecodeError("payload claims more than 256 MiB"));
        }
        let plain_length = plain_length as usize;
        let is_compressed = match tag {
            STORED => false,
            ZSTD => true,
            _ => return Err(DecodeError("unknown payload tag")),
        };
        let length = if is_compressed { wire.count()? } else { plain_length };
        Ok(Self { is_compressed, plain_length, body: wire.take(length)? })
    }

    pub fn plain_length(&self) -> usize {
        self.plain_length
    }

    pub fn open(&self) -> Result<Cow<'a, [u8]>, DecodeError> {
        if !self.is_compressed {
            return Ok(Cow::Borrowed(self.body));
        }
        if blocks_bound(self.body).is_none_or(|bound| bound < self.plain_length) {
            return Err(DecodeError("zstd payload claims more than its blocks hold"));
        }
        let mut plain = Vec::with_capacity(self.plain_length);
        decompress(self.body, &mut plain)?;
        if plain.len() != self.plain_length {
            return Err(DecodeError("zstd payload has another length than it says"));
        }
        Ok(Cow::Owned(plain))
    }
}

/// Length and checksum of a stored frame, as directories keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrameRef {
    pub length: u32,
    pub checksum: u32,
}

impl FrameRef {
    pub fn of(stored: &[u8]) -> Self {
        Self { length: stored.len() as u32, checksum: checksum(stored) }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, u64::from(self.length));
        out.extend_from_slice(&self.checksum.to_le_bytes());
    }

    pub fn read(wire: &mut Wire<'_>) -> Result<Self, DecodeError> {
        Ok(Self { length: wire.number()?, checksum: wire.u32()? })
    }

    /// Checks that the bytes are those that were written.
    pub fn check(&self, stored: &[u8]) -> Result<(), DecodeError> {
        if stored.len() != self.length as usize {
            return Err(DecodeError("frame has another length than the directory says"));
        }
        if checksum(stored) != self.checksum {
            return Err(DecodeError("checksum does not match"));
        }
        Ok(())
    }
}

/// The most that a zstd frame without its magic can decode to, as the heads of its blocks tell (RFC 8878): memory is only taken
/// for a claim that may be true.
fn blocks_bound(body: &[u8]) -> Option<usize> {
    const BLOCK_BYTES_MAX: usize = 128 << 10;
    const RUN_LENGTH_BLOCK: u32 = 1;
    let descriptor = *body.first()?;
    let is_single_segment = descriptor & 0x20 != 0;
    let content_size = match descriptor >> 6 {
        0 => usize::from(is_single_segment),
        power => 1 << power,
    };
    let dictionary_id = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let mut at = 1 + usize::from(!is_single_segment) + dictionary_id + content_size;
    let mut bound = 0;
    loop {
        let head = body.get(at..at + 3)?;
        let head = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        bound += BLOCK_BYTES_MAX;
        if head & 1 == 1 {
            return Some(bound);
        }
        at += 3 + if head >> 1 & 3 == RUN_LENGTH_BLOCK { 1 } else { (head >> 3) as usize };
    }
}

pub fn checksum(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

fn decompress(body: &[u8], plain: &mut Vec<u8>) -> Result<(), DecodeError> {
    thread_local! {
        static CONTEXT: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { std::cell::RefCell::new(None) };
    }
    const NO_MEMORY: DecodeError = DecodeError("no memory for zstd");
    CONTEXT.with(|slot| {
        let mut slot = slot.borrow_mut();
        if slot.is_none() {
            let mut fresh = zstd::bulk::Decompressor::new().map_err(|_| NO_MEMORY)?;
            fresh
                .set_parameter(zstd::zstd_safe::DParameter::Format(zstd::zstd_safe::FrameFormat::Magicless))
                .map_err(|_| NO_MEMORY)?;
            *slot = Some(fresh);
        }
        let context = slot.as_mut().ok_or(NO_MEMORY)?;
        context.decompress_to_buffer(body, plain).map_err(|_| DecodeError("zstd payload does not decode"))?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_its_blocks_cannot_hold_is_refused() {
        let plain = vec![7u8; 300_000];
        let mut out = Vec::new();
        Compressor::new().put(&mut out, &plain);
        let payload = Payload::read(&mut Wire::new(&out)).expect("a payload");
        assert_eq!(blocks_bound(payload.body), Some(3 << 17));
        assert_eq!(payload.open().expect("plain").len(), plain.len());
        let claim = Payload { plain_length: PAYLOAD_BYTES_MAX, ..payload };
        assert_eq!(claim.open(), Err(DecodeError("zstd payload claims more than its blocks hold")));
        for end in 0..payload.body.len() {
            assert!(Payload { body: &payload.body[..end], ..payload }.open().is_err());
        }
    }

    #[test]
    fn the_first_page_decides_how_much_effort_the_others_are_worth() {
        let mut compressor = Compressor::new();
        let put = |compressor: &mut Compressor, plain: &[u8]| {
            let mut out = Vec::new();
            compressor.put(&mut out, plain);
            assert_eq!(Payload::read(&mut Wire::new(&out)).expect("a payload").open().as_deref(), Ok(plain));
            compressor.efforts[Content::Numbers as usize]
        };
        // Random digits gain nothing from a search for what they repeat; words in a changing order do.
        let mut random = 1u64;
        let mut next = move |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % below
        };
        let digits: Vec<u8> = (0..20_000).map(|_| b'0' + next(10) as u8).collect();
        let words: Vec<u8> = (0..5000).flat_map(|_| format!("word{} ", next(300)).into_bytes()).collect();
        assert_eq!(put(&mut compressor, &digits), Effort::Full);
        for (plain, effort) in [(&digits, Effort::Quick), (&words, Effort::Full)] {
            compressor.begin_pages();
            assert_eq!(put(&mut compressor, &plain[..TRIAL_BYTES_MIN - 1]), Effort::Undecided);
            assert_eq!([0, 1].map(|_| put(&mut compressor, plain)), [effort; 2]);
            compressor.end_pages();
            assert_eq!(put(&mut compressor, plain), Effort::Full);
        }
        assert_eq!(compressor.efforts, [Effort::Full; 2]);
    }

    #[test]
    fn payloads_come_back_and_damage_is_seen() {
        let mut compressor = Compressor::new();
        for plain in [Vec::new(), vec![7u8; 3], vec![7u8; 5000], (0..3000u32).flat_map(|n| n.to_le_bytes()).collect()] {
            let mut out = Vec::new();
            compressor.put(&mut out, &plain);
            let frame = FrameRef::of(&out);
            let payload = Payload::read(&mut Wire::new(&out)).expect("a payload");
            assert_eq!(payload.open().expect("plain").as_ref(), plain.as_slice());
            for at in 0..out.len() {
                let mut damaged = out.clone();
                damaged[at] ^= 0x10;
                assert!(frame.check(&damaged).is_err());
            }
        }
    }
}
