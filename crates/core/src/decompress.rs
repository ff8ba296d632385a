//! Push decompression of source objects: gzip, zstd or plain, told apart by their first bytes.
//!
//! What comes out is handed on in pieces of one fixed buffer, so memory does not depend on how well the input compresses, and
//! the next step reads the piece while it is in the processor's cache. Everything decoded before a damage has been handed on
//! when the damage is reported.
//!
//! gzip: any number of members, zero bytes after the last are padding; checksums are verified. zstd: any number of frames,
//! skippable ones too, windows up to 128 MiB. Input that starts with neither magic is passed on as it is.
use flate2::{Decompress, DecompressError, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, Operation};

/// Size of the pieces: large enough that calls cost nothing, small enough for a second-level cache.
const PIECE_BYTES: usize = 256 * 1024;

const GZIP_MAGIC_BYTES: usize = 3;
const ZSTD_MAGIC_BYTES: usize = 4;

const GZIP_MAGIC: [u8; GZIP_MAGIC_BYTES] = [0x1f, 0x8b, 8];
const ZSTD_MAGIC: [u8; ZSTD_MAGIC_BYTES] = [0x28, 0xb5, 0x2f, 0xfd];
/// The first byte is 0x50 to 0x5f, these follow.
const ZSTD_SKIPPABLE_TAIL: [u8; 3] = [0x2a, 0x4d, 0x18];

/// Window of gzip: 32 KiB, as the format fixes it.
const GZIP_WINDOW_BITS: u8 = 15;

/// What an object may grow to. A bomb is a small object that unfolds to fill the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes that come out of one compressed object.
    pub output_bytes_max: u64,
    /// Most bytes that come out per byte that went in, looked at from `RATIO_FREE_BYTES` on.
    pub ratio_max: u64,
}

/// Objects of logs are rotated far below this; a terabyte from one object is a mistake or an attack.
pub const OUTPUT_BYTES_MAX: u64 = 1 << 40;

/// Real logs compress 5 to 30 times, the most repetitive (the same health check all day) about 200; zeros in gzip 1,030 times.
pub const RATIO_MAX: u64 = 500;

/// Small objects may have any ratio: this much output hurts nobody.
pub const RATIO_FREE_BYTES: u64 = 64 * 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self { output_bytes_max: OUTPUT_BYTES_MAX, ratio_max: RATIO_MAX }
    }
}

/// Why decoding stopped. `offset` counts compressed bytes from the start of the object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub offset: u64,
    pub reason: String,
}

/// Decodes one object.
///
/// ```
/// use lakebed_core::decompress::{Decompressor, Limits};
/// let mut decompressor = Decompressor::new(Limits::default());
/// let mut text = Vec::new();
/// decompressor.feed(b"plain text", |piece| text.extend_from_slice(piece)).unwrap();
/// decompressor.finish(|piece| text.extend_from_slice(piece)).unwrap();
/// assert_eq!((text.as_slice(), decompressor.compression()), (&b"plain text"[..], "none"));
/// ```
pub struct Decompressor {
    limits: Limits,
    codec: Codec,
    /// First bytes, while they are too few to tell the compression.
    head: Vec<u8>,
    piece: Vec<u8>,
    bytes_in: u64,
    bytes_out: u64,
    damage: Option<Damage>,
}

enum Codec {
    Unknown,
    Plain,
    Gzip {
        stream: Box<Decompress>,
        place: GzipPlace,
    },
    /// `wanted`: bytes up to the end of the next block, 0 between frames.
    Zstd {
        stream: Box<Decoder<'static>>,
        wanted: usize,
    },
}

/// A compression, as the first bytes tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Gzip,
    Zstd,
}

/// Where in a gzip file the next byte belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GzipPlace {
    Member,
    Between,
    Padding,
}

/// What one step of a codec did.
struct Step {
    taken: usize,
    written: usize,
    failure: Option<String>,
}

impl Decompressor {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            codec: Codec::Unknown,
            head: Vec::new(),
            piece: Vec::new(),
            bytes_in: 0,
            bytes_out: 0,
            damage: None,
        }
    }

    /// Takes the next bytes of the object and calls `out` with what they decode to. After a damage every call fails again.
    pub fn feed(&mut self, input: &[u8], mut out: impl FnMut(&[u8])) -> Result<(), Damage> {
        self.check()?;
        if !matches!(self.codec, Codec::Unknown) {
            return self.decode(input, &mut out);
        }
        self.head.extend_from_slice(input);
        match recognise(&self.head) {
            Some(kind) => self.start(kind, &mut out),
            None => Ok(()),
        }
    }

    /// Ends the object. Fails when it ends in the middle of a gzip member or zstd frame.
    pub fn finish(&mut self, mut out: impl FnMut(&[u8])) -> Result<(), Damage> {
        self.check()?;
        if matches!(self.codec, Codec::Unknown) {
            self.start(Kind::Plain, &mut out)?;
        }
        let what = match &self.codec {
            Codec::Gzip { place: GzipPlace::Member, .. } => "gzip member",
            Codec::Zstd { wanted: 1.., .. } => "zstd frame",
            _ => return Ok(()),
        };
        Err(self.fail(format!("ends in the middle of a {what}")))
    }

    /// `gzip`, `zstd` or `none`; `none` also while too few bytes are known.
    pub fn compression(&self) -> &'static str {
        match self.codec {
            Codec::Unknown | Codec::Plain => "none",
            Codec::Gzip { .. } => "gzip",
            Codec::Zstd { .. } => "zstd",
        }
    }

    /// Bytes handed on so far.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out
    }

    fn check(&self) -> Result<(), Damage> {
        self.damage.clone().map_or(Ok(()), Err)
    }

    fn fail(&mut self, reason: String) -> Damage {
        let damage = Damage { offset: self.bytes_in, reason };
        self.damage = Some(damage.clone());
        damage
    }

    fn start(&mut self, kind: Kind, out: &mut impl FnMut(&[u8])) -> Result<(), Damage> {
        self.codec = match kind {
            Kind::Plain => Codec::Plain,
            Kind::Gzip => {
                Codec::Gzip { stream: Box::new(Decompress::new_gzip(GZIP_WINDOW_BITS)), place: GzipPlace::Member }
            }
            Kind::Zstd => match Decoder::new() {
                Ok(decoder) => Codec::Zstd { stream: Box::new(decoder), wanted: 0 },
                Err(error) => return Err(self.fail(format!("no zstd decoder: {error}"))),
            },
        };
        if kind != Kind::Plain {
            self.piece = vec![0; PIECE_BYTES];
        }
        let head = std::mem::take(&mut self.head);
        self.decode(&head, out)
    }

    fn decode(&mut self, mut input: &[u8], out: &mut impl FnMut(&[u8])) -> Result<(), Damage> {
        if matches!(self.codec, Codec::Plain) {
            self.bytes_in += input.len() as u64;
            self.bytes_out += input.len() as u64;
            out(input);
            return Ok(());
        }
        loop {
            let step = match &mut self.codec {
                Codec::Gzip { stream, place } => gzip_step(stream, place, input, &mut self.piece),
                Codec::Zstd { stream, wanted } => zstd_step(stream, wanted, input, &mut self.piece),
                Codec::Unknown | Codec::Plain => return Ok(()),
            };
            self.bytes_in += step.taken as u64;
            self.bytes_out += step.written as u64;
            input = &input[step.taken..];
            if step.written > 0 {
                out(&self.piece[..step.written]);
            }
            if let Some(reason) = step.failure.or_else(|| self.bomb()) {
                return Err(self.fail(reason));
            }
            // A full piece may mean that more is waiting inside.
            if input.is_empty() && step.written < PIECE_BYTES {
                return Ok(());
            }
            if step.taken == 0 && step.written == 0 {
                return Err(self.fail("decoder makes no progress".to_string()));
            }
        }
    }

    fn bomb(&self) -> Option<String> {
        let Limits { output_bytes_max, ratio_max } = self.limits;
        if self.bytes_out > output_bytes_max {
            return Some(format!("unfolds to more than the limit of {output_bytes_max} bytes"));
        }
        let is_bomb = self.bytes_out > RATIO_FREE_BYTES && self.bytes_out / self.bytes_in.max(1) > ratio_max;
        is_bomb.then(|| format!("unfolds to more than {ratio_max} times its size, as a compression bomb does"))
    }
}

/// The compression that the first bytes ask for; None while they are too few.
fn recognise(head: &[u8]) -> Option<Kind> {
    let agrees = |magic: &[u8], from: usize| {
        let known = head.get(from..).unwrap_or_default();
        known.iter().zip(magic).all(|(byte, wanted)| byte == wanted)
    };
    let starts_skippable = head.first().is_none_or(|byte| byte & 0xf0 == 0x50);
    let gzip = agrees(&GZIP_MAGIC, 0);
    let zstd = agrees(&ZSTD_MAGIC, 0) || (starts_skippable && agrees(&ZSTD_SKIPPABLE_TAIL, 1));
    match (gzip, zstd, head.len()) {
        (true, _, GZIP_MAGIC_BYTES..) => Some(Kind::Gzip),
        (_, true, ZSTD_MAGIC_BYTES..) => Some(Kind::Zstd),
        (false, false, _) => Some(Kind::Plain),
        _ => None,
    }
}

fn gzip_step(stream: &mut Decompress, place: &mut GzipPlace, input: &[u8], piece: &mut [u8]) -> Step {
    let skipped = |taken| Step { taken, written: 0, failure: None };
    if *place != GzipPlace::Member {
        match input.first() {
            None => return skipped(0),
            Some(0) => {
                *place = GzipPlace::Padding;
                return skipped(input.iter().take_while(|&&byte| byte == 0).count());
            }
            Some(byte) if *place == GzipPlace::Between && *byte == GZIP_MAGIC[0] => {
                // `reset` would forget that this is gzip.
                *stream = Decompress::new_gzip(GZIP_WINDOW_BITS);
                *place = GzipPlace::Member;
            }
            Some(_) => {
                let failure = Some("bytes that are no gzip member follow the last one".to_string());
                return Step { taken: 0, written: 0, failure };
            }
        }
    }
    let (in_before, out_before) = (stream.total_in(), stream.total_out());
    let result = stream.decompress(input, piece, FlushDecompress::None);
    if matches!(result, Ok(Status::StreamEnd)) {
        *place = GzipPlace::Between;
    }
    Step {
        taken: (stream.total_in() - in_before) as usize,
        written: (stream.total_out() - out_before) as usize,
        failure: result.err().map(|error| gzip_reason(&error)),
    }
}

fn gzip_reason(error: &DecompressError) -> String {
    match error.message() {
        Some(message) => format!("gzip data is damaged: {message}"),
        None if error.needs_dictionary().is_some() => "gzip data asks for a dictionary".to_string(),
        None => "gzip data is damaged".to_string(),
    }
}

/// Gives the decoder one block at a time: what it decodes in the call in which it meets a damage is lost.
fn zstd_step(stream: &mut Decoder<'static>, wanted: &mut usize, input: &[u8], piece: &mut [u8]) -> Step {
    if input.is_empty() && *wanted == 0 {
        return Step { taken: 0, written: 0, failure: None };
    }
    let block = if *wanted == 0 { ZSTD_MAGIC_BYTES } else { *wanted };
    match stream.run_on_buffers(&input[..block.min(input.len())], piece) {
        Ok(status) => {
            *wanted = status.remaining;
            Step { taken: status.bytes_read, written: status.bytes_written, failure: None }
        }
        Err(error) => Step { taken: 0, written: 0, failure: Some(format!("zstd data is damaged: {error}")) },
    }
}

#[cfg(test)]
#[path = "decompress_tests.rs"]
mod tests;
