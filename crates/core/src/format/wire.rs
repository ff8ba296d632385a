//! Variable-length integers and byte strings: the alphabet that the small structures of a segment are written in.
use crate::error::DecodeError;

/// Longest LEB128 form of a u64.
const VARINT_BYTES_MAX: usize = 10;

pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

pub fn unzigzag(value: u64) -> i64 {
    ((value >> 1) as i64) ^ -((value & 1) as i64)
}

/// Reads what the `put_` functions wrote; every read is checked.
#[derive(Clone)]
pub struct Wire<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Wire<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub fn position(&self) -> usize {
        self.position
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.bytes.get(self.position).ok_or(DecodeError("ends too early"))?;
        self.position += 1;
        Ok(byte)
    }

    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in 0..VARINT_BYTES_MAX {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * shift);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError("number of more than 10 bytes"))
    }

    pub fn signed(&mut self) -> Result<i64, DecodeError> {
        Ok(unzigzag(self.varint()?))
    }

    /// A count of things of which each takes at least one byte, so that a damaged count cannot ask for absurd memory.
    pub fn count(&mut self) -> Result<usize, DecodeError> {
        let count = self.varint()?;
        if count > self.remaining() as u64 {
            return Err(DecodeError("count is larger than what follows"));
        }
        Ok(count as usize)
    }

    /// A number that must fit in 32 bits.
    pub fn number(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError("number is too large"))
    }

    pub fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        if length > self.remaining() {
            return Err(DecodeError("ends too early"));
        }
        let bytes = &self.bytes[self.position..self.position + length];
        self.position += length;
        Ok(bytes)
    }

    /// So many of the bytes that are left as `length` says when it sees them.
    pub fn take_prefix(&mut self, length: impl Fn(&[u8]) -> usize) -> &'a [u8] {
        let rest = &self.bytes[self.position..];
        let prefix = &rest[..length(rest).min(rest.len())];
        self.position += prefix.len();
        prefix
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.count()?;
        self.take(length)
    }

    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub fn end(&self) -> Result<(), DecodeError> {
        if self.remaining() == 0 { Ok(()) } else { Err(DecodeError("bytes left over at the end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let values = [0u64, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let mut out = Vec::new();
        for value in values {
            put_varint(&mut out, value);
            put_signed(&mut out, value as i64);
        }
        let mut wire = Wire::new(&out);
        for value in values {
            assert_eq!(wire.varint(), Ok(value));
            assert_eq!(wire.signed(), Ok(value as i64));
        }
        assert_eq!(wire.end(), Ok(()));
    }

    #[test]
    fn a_cut_number_is_an_error() {
        assert_eq!(Wire::new(&[0x80]).varint(), Err(DecodeError("ends too early")));
        assert_eq!(Wire::new(&[0xff; 11]).varint(), Err(DecodeError("number of more than 10 bytes")));
        assert_eq!(Wire::new(&[5, 1]).bytes(), Err(DecodeError("count is larger than what follows")));
    }
}
