//! A literal looked for in the packed digits of a run, without putting the text together.
//!
//! Horspool's search over digits of 4 or 6 bits: compared from the literal's last digit back, moved on by as much as the digit
//! at its end allows. Where case does not count, a place of the literal takes two digits. Cost: about one look for each dozen
//! of digits; state: 8 bytes for each byte of the literal and 128 for each kind of run.
use super::seek::takes;
use super::*;

/// How the literal moves over runs of each kind.
pub struct Slides {
    hex: Option<Slide>,
    base64: Option<Slide>,
    base64_url: Option<Slide>,
}

struct Slide {
    width: usize,
    /// For each byte of the literal the digits that it takes, one bit each.
    digits: Vec<u64>,
    /// By the digit that stands at the literal's end: how far it may be moved on.
    steps: [u16; 64],
}

impl Slides {
    pub fn new(literal: &[u8], fold: bool) -> Self {
        let slide = |marker, width, alphabet: &[u8]| {
            literal.iter().all(|&byte| takes(marker, byte, fold)).then(|| {
                Slide::new(
                    width,
                    literal,
                    |own, byte| own == byte || (fold && own.eq_ignore_ascii_case(&byte)),
                    alphabet,
                )
            })
        };
        Self {
            hex: slide(HEX, 4, HEX_DIGITS),
            base64: slide(BASE64, 6, BASE64_DIGITS),
            base64_url: slide(BASE64_URL, 6, BASE64_URL_DIGITS),
        }
    }

    /// Whether the literal stands within the run of `length` digits that starts at bit `start`.
    pub fn is_within(&self, marker: u8, bits: &[u8], start: usize, length: usize) -> bool {
        let slide = match marker {
            HEX => &self.hex,
            BASE64 => &self.base64,
            _ => &self.base64_url,
        };
        slide.as_ref().is_some_and(|slide| slide.is_within(bits, start, length))
    }
}

impl Slide {
    fn new(width: usize, literal: &[u8], is_equal: impl Fn(u8, u8) -> bool, alphabet: &[u8]) -> Self {
        let of = |byte: u8| {
            let equal = alphabet.iter().enumerate().filter(|&(_, &digit)| is_equal(digit, byte));
            equal.fold(0u64, |set, (value, _)| set | 1 << value)
        };
        let digits: Vec<u64> = literal.iter().map(|&byte| of(byte)).collect();
        let whole = digits.len().min(usize::from(u16::MAX)) as u16;
        let mut steps = [whole; 64];
        // From the front, so that the last place counts; what stands at the end itself moves by what stands before it.
        for (at, set) in digits.iter().enumerate().take(digits.len().saturating_sub(1)) {
            let step = (digits.len() - 1 - at).min(usize::from(whole)) as u16;
            (0..64).filter(|value| set >> value & 1 == 1).for_each(|value| steps[value] = step);
        }
        Self { width, digits, steps }
    }

    fn is_within(&self, bits: &[u8], start: usize, length: usize) -> bool {
        let digit = |nth: usize| digit_at(bits, start + self.width * nth, self.width);
        let Some((last, before)) = self.digits.split_last() else { return true };
        let mut end = before.len();
        while end < length {
            let found = digit(end);
            if last >> found & 1 == 1 {
                let mut places = before.iter().rev().zip(1..);
                if places.all(|(set, back)| set >> digit(end - back) & 1 == 1) {
                    return true;
                }
            }
            end += usize::from(self.steps[found]);
        }
        false
    }
}

/// The digit of 4 or 6 bits that starts at a bit; bits past the end are zeros.
fn digit_at(bits: &[u8], at: usize, width: usize) -> usize {
    let byte = at / 8;
    let low = bits.get(byte).copied().unwrap_or(0);
    let high = bits.get(byte + 1).copied().unwrap_or(0);
    usize::from(u16::from_le_bytes([low, high]) >> (at % 8)) & ((1 << width) - 1)
}
