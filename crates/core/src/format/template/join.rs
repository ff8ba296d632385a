//! From a template and its bits back to the text.
use super::super::bits::BitReader;
use super::*;

/// The bits that the runs of a template take, and the length of the text.
pub fn measure(template: &[u8]) -> Result<(usize, usize), DecodeError> {
    let mut wire = Wire::new(template);
    let (mut bits, mut length) = (0, 0);
    loop {
        length += wire.take_prefix(text_length).len();
        if wire.remaining() == 0 {
            break;
        }
        let marker = wire.byte()?;
        let (run_bits, run_length) = match marker {
            ESCAPE => {
                wire.byte()?;
                (0, 1)
            }
            UUID => (128, UUID_LENGTH),
            HEX | UPPER | BASE64 | BASE64_URL => {
                let length = run_length(&mut wire)?;
                (run_bits(marker, length), length)
            }
            _ => (0, 1),
        };
        bits += run_bits;
        length += run_length;
    }
    Ok((bits, length))
}

/// Appends the text of `template`, its runs read from `bits`.
pub fn join(template: &[u8], bits: &mut BitReader<'_>, text: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut wire = Wire::new(template);
    while wire.remaining() > 0 {
        text.extend_from_slice(wire.take_prefix(text_length));
        if wire.remaining() == 0 {
            break;
        }
        match wire.byte()? {
            ESCAPE => text.push(wire.byte()?),
            UUID => {
                for (group, digits) in [8u32, 4, 4, 4, 12].into_iter().enumerate() {
                    if group > 0 {
                        text.push(b'-');
                    }
                    take_hex(bits, digits as usize, text)?;
                }
            }
            HEX => {
                let length = run_length(&mut wire)?;
                take_hex(bits, length, text)?;
            }
            UPPER => {
                let length = run_length(&mut wire)?;
                take_upper(bits, length, text)?;
            }
            marker @ (BASE64 | BASE64_URL) => {
                let length = run_length(&mut wire)?;
                take_base64(bits, length, if marker == BASE64 { &BASE64_PAIRS } else { &BASE64_URL_PAIRS }, text)?;
            }
            byte => text.push(byte),
        }
    }
    Ok(())
}

/// Two hexadecimal digits for each byte, low half first, as they are packed.
const HEX_PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [HEX_DIGITS[byte & 15], HEX_DIGITS[byte >> 4]];
        byte += 1;
    }
    pairs
};

/// Two digits for each 12 bits of packed base64, low half first.
const fn base64_pairs(digits: &[u8; 64]) -> [[u8; 2]; 4096] {
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < 4096 {
        pairs[bits] = [digits[bits & 63], digits[bits >> 6]];
        bits += 1;
    }
    pairs
}
static BASE64_PAIRS: [[u8; 2]; 4096] = base64_pairs(BASE64_DIGITS);
static BASE64_URL_PAIRS: [[u8; 2]; 4096] = base64_pairs(BASE64_URL_DIGITS);

fn take_hex(bits: &mut BitReader<'_>, length: usize, text: &mut Vec<u8>) -> Result<(), DecodeError> {
    take_digits::<12, 4>(bits, length, text, |word, piece| {
        for (pair, byte) in piece.chunks_exact_mut(2).zip(word.to_le_bytes()) {
            pair.copy_from_slice(&HEX_PAIRS[byte as usize]);
        }
    })
}

/// Appends `length` digits of `WIDTH` bits, `DIGITS` at a time; `spell` writes those of a word of 48 bits.
fn take_digits<const DIGITS: usize, const WIDTH: usize>(
    bits: &mut BitReader<'_>,
    length: usize,
    text: &mut Vec<u8>,
    spell: impl Fn(u64, &mut [u8]),
) -> Result<(), DecodeError> {
    if bits.remaining() < length * WIDTH {
        return Err(DecodeError("bit stream ends too early"));
    }
    let start = text.len();
    // Whole pieces are written; the part too much is cut off again.
    text.resize(start + length.div_ceil(DIGITS) * DIGITS, 0);
    for piece in text[start..].chunks_exact_mut(DIGITS) {
        spell(bits.peek_48(), piece);
        bits.skip(DIGITS * WIDTH);
    }
    let extra = text.len() - start - length;
    bits.skip_back(extra * WIDTH);
    text.truncate(start + length);
    Ok(())
}

fn take_upper(bits: &mut BitReader<'_>, length: usize, text: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut left = length;
    while left > 0 {
        let digits = left.min(12);
        let width = BASE36_BITS[digits];
        let low = bits.take(width.min(32))?;
        let mut number = low | (bits.take(width.saturating_sub(32))? << 32);
        let start = text.len();
        text.resize(start + digits, b'0');
        for slot in text[start..].iter_mut().rev() {
            *slot = BASE36_DIGITS[(number % 36) as usize];
            number /= 36;
        }
        left -= digits;
    }
    Ok(())
}

fn take_base64(
    bits: &mut BitReader<'_>,
    length: usize,
    pairs: &[[u8; 2]; 4096],
    text: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    take_digits::<8, 6>(bits, length, text, |word, piece| {
        for (at, pair) in piece.chunks_exact_mut(2).enumerate() {
            pair.copy_from_slice(&pairs[(word >> (12 * at) & 4095) as usize]);
        }
    })
}

/// Length of the text before the first marker. Eight bytes at a time: most of a template is text.
fn text_length(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut length = 0;
    for chunk in bytes.chunks_exact(8) {
        let word = u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        // The high bit of each byte below MARKER_MAX + 1; bytes above the first such one may be marked wrongly.
        let below = word.wrapping_sub(ONES * (u64::from(MARKER_MAX) + 1)) & !word & (ONES << 7);
        if below != 0 {
            return length + below.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = &bytes[length..];
    length + rest.iter().position(|&byte| byte <= MARKER_MAX).unwrap_or(rest.len())
}
