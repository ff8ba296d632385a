//! Fields of less than a byte, lowest bit first.
use crate::error::DecodeError;

#[derive(Default)]
pub struct BitWriter {
    out: Vec<u8>,
    pending: u64,
    filled: u32,
}

impl BitWriter {
    /// Appends the low `width` bits of `value`; `width` is at most 32.
    pub fn put(&mut self, value: u64, width: u32) {
        debug_assert!(width <= 32 && (value >> width == 0));
        self.pending |= value << self.filled;
        self.filled += width;
        while self.filled >= 8 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.filled -= 8;
        }
    }

    /// Rice code: the quotient by 2^`k` in unary (ones ended by a zero), the remainder in `k` bits.
    pub fn put_rice(&mut self, value: u64, k: u32) {
        let mut quotient = value >> k;
        while quotient >= 16 {
            self.put(0xffff, 16);
            quotient -= 16;
        }
        self.put((1 << quotient) - 1, quotient as u32 + 1);
        self.put(value & ((1 << k) - 1), k);
    }

    /// Elias gamma code of `value` + 1: as many zeros as it has bits after the first, then its bits, highest first.
    pub fn put_gamma(&mut self, value: u64) {
        let number = value + 1;
        let rest = number.ilog2();
        self.put(0, rest);
        for bit in (0..=rest).rev() {
            self.put(number >> bit & 1, 1);
        }
    }

    pub fn finish(mut self) -> Vec<u8> {
        if self.filled > 0 {
            self.out.push(self.pending as u8);
        }
        self.out
    }
}

pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// In bits.
    position: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// A reader that starts at a position counted in bits.
    pub fn at(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// The 57 bits or more from the current position on; zeros past the end.
    fn window(&self) -> u64 {
        let byte = self.position / 8;
        let word = match self.bytes.get(byte..byte + 8) {
            Some(chunk) => u64::from_le_bytes(chunk.try_into().unwrap_or([0; 8])),
            None => {
                let mut buffer = [0u8; 8];
                let rest = self.bytes.get(byte..).unwrap_or(&[]);
                buffer[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(buffer)
            }
        };
        word >> (self.position % 8)
    }

    /// Bits that are left.
    pub fn remaining(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.position)
    }

    /// The next 48 bits, zeros past the end; the position stays.
    pub fn peek_48(&self) -> u64 {
        self.window() & ((1 << 48) - 1)
    }

    /// Moves on without a check; the caller knows that the bits are there, or goes back.
    pub fn skip(&mut self, bits: usize) {
        self.position += bits;
    }

    pub fn skip_back(&mut self, bits: usize) {
        self.position -= bits;
    }

    fn advance(&mut self, width: u32) -> Result<(), DecodeError> {
        self.position += width as usize;
        if self.position > self.bytes.len() * 8 {
            return Err(DecodeError("bit stream ends too early"));
        }
        Ok(())
    }

    /// Takes a field of at most 57 bits.
    pub fn take(&mut self, width: u32) -> Result<u64, DecodeError> {
        let value = self.window() & ((1u64 << width) - 1);
        self.advance(width)?;
        Ok(value)
    }

    pub fn take_gamma(&mut self) -> Result<u64, DecodeError> {
        let rest = self.window().trailing_zeros();
        if rest > 40 {
            return Err(DecodeError("gamma code is too long"));
        }
        self.advance(rest)?;
        let mut number = 0;
        for _ in 0..=rest {
            number = number << 1 | self.take(1)?;
        }
        Ok(number - 1)
    }

    pub fn take_rice(&mut self, k: u32) -> Result<u64, DecodeError> {
        let mut quotient = 0u64;
        loop {
            let ones = self.window().trailing_ones().min(48);
            self.advance(ones)?;
            quotient += u64::from(ones);
            if ones < 48 {
                break;
            }
        }
        self.advance(1)?;
        Ok((quotient << k) | self.take(k)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_rice_codes_come_back() {
        let values = [0u64, 1, 5, 31, 32, 1000, 70_000, 3];
        let mut writer = BitWriter::default();
        for value in values {
            writer.put_rice(value, 4);
            writer.put(value & 0xff, 8);
        }
        let bytes = writer.finish();
        let mut reader = BitReader::new(&bytes);
        for value in values {
            assert_eq!(reader.take_rice(4), Ok(value));
            assert_eq!(reader.take(8), Ok(value & 0xff));
        }
        assert!(BitReader::new(&[0xff; 3]).take_rice(4).is_err());
    }
}
