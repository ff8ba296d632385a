//! A frame: bytes, compressed with zstd where that pays, with a checksum that the directory keeps.
//!
//! Layout of the payload: one tag byte (0 stored, 1 zstd), for zstd a varint with the plain length, then the bytes.
use super::wire::{Wire, put_varint};
use crate::error::DecodeError;
use xxhash_rust::xxh3::xxh3_64;

/// Level 3 is the knee: 9 wins 3-10 % for seven times the time (see bench/).
pub const ZSTD_LEVEL: i32 = 3;

/// No frame decodes to more than this; a larger claim is damage, not data.
pub const FRAME_BYTES_MAX: usize = 1 << 30;

/// Below this, zstd's own header eats the gain.
const WORTH_COMPRESSING_BYTES: usize = 24;

const STORED: u8 = 0;
const ZSTD: u8 = 1;

/// Compresses with a context that is kept between calls: creating one costs more than a small frame.
pub struct Compressor {
    context: zstd::bulk::Compressor<'static>,
}

impl Compressor {
    pub fn new() -> Self {
        Self::with_level(ZSTD_LEVEL)
    }

    pub fn with_level(level: i32) -> Self {
        let mut context = zstd::bulk::Compressor::new(level).unwrap_or_default();
        let _ = context.include_contentsize(false);
        let _ = context.include_magicbytes(false);
        Self { context }
    }

    /// Appends the frame of `plain` to `out`; gives the frame's length and checksum.
    pub fn put(&mut self, out: &mut Vec<u8>, plain: &[u8]) -> FrameRef {
        let start = out.len();
        if plain.len() >= WORTH_COMPRESSING_BYTES {
            out.push(ZSTD);
            put_varint(out, plain.len() as u64);
            let body = out.len();
            out.resize(body + zstd::zstd_safe::compress_bound(plain.len()), 0);
            let written = self.context.compress_to_buffer(plain, &mut out[body..]).unwrap_or(usize::MAX);
            if written < plain.len().saturating_sub(plain.len() >> 6) {
                out.truncate(body + written);
                return FrameRef::of(&out[start..]);
            }
            out.truncate(start);
        }
        self.put_stored(out, plain)
    }

    /// As `put`, for bytes known not to shrink.
    pub fn put_stored(&mut self, out: &mut Vec<u8>, plain: &[u8]) -> FrameRef {
        let start = out.len();
        out.push(STORED);
        out.extend_from_slice(plain);
        FrameRef::of(&out[start..])
    }
}

impl Default for Compressor {
    fn default() -> Self {
        Self::new()
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

    /// Checks and decodes the frame.
    pub fn open(&self, stored: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut plain = Vec::new();
        self.open_into(stored, &mut plain)?;
        Ok(plain)
    }

    /// As `open`, into a buffer that is used again and again.
    pub fn open_into(&self, stored: &[u8], plain: &mut Vec<u8>) -> Result<(), DecodeError> {
        if stored.len() != self.length as usize {
            return Err(DecodeError("frame has another length than the directory says"));
        }
        if checksum(stored) != self.checksum {
            return Err(DecodeError("checksum does not match"));
        }
        plain.clear();
        let mut wire = Wire::new(stored);
        match wire.byte()? {
            STORED => plain.extend_from_slice(&stored[1..]),
            ZSTD => {
                let length = wire.varint()? as usize;
                if length > FRAME_BYTES_MAX {
                    return Err(DecodeError("frame claims more than 1 GiB"));
                }
                plain.reserve_exact(length);
                let body = &stored[wire.position()..];
                decompress(body, plain)?;
                if plain.len() != length {
                    return Err(DecodeError("zstd frame has another length than it says"));
                }
            }
            _ => return Err(DecodeError("unknown frame tag")),
        }
        Ok(())
    }
}

pub fn checksum(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

fn decompress(body: &[u8], plain: &mut Vec<u8>) -> Result<(), DecodeError> {
    thread_local! {
        static CONTEXT: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { std::cell::RefCell::new(None) };
    }
    CONTEXT.with(|slot| {
        let mut slot = slot.borrow_mut();
        if slot.is_none() {
            let mut fresh = zstd::bulk::Decompressor::new().map_err(|_| DecodeError("no memory for zstd"))?;
            fresh.include_magicbytes(false).map_err(|_| DecodeError("no memory for zstd"))?;
            *slot = Some(fresh);
        }
        let context = slot.as_mut().ok_or(DecodeError("no memory for zstd"))?;
        context.decompress_to_buffer(body, plain).map(|_| ()).map_err(|_| DecodeError("zstd frame does not decode"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_damage_is_seen() {
        let mut compressor = Compressor::new();
        for plain in [Vec::new(), vec![7u8; 3], vec![7u8; 5000], (0..3000u32).flat_map(|n| n.to_le_bytes()).collect()] {
            let mut out = Vec::new();
            let frame = compressor.put(&mut out, &plain);
            assert_eq!(frame.open(&out), Ok(plain));
            for at in 0..out.len() {
                let mut damaged = out.clone();
                damaged[at] ^= 0x10;
                assert!(frame.open(&damaged).is_err());
            }
        }
    }
}
