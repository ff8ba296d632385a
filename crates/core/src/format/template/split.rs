//! Finding the random runs of a text.
use super::super::bits::BitWriter;
use super::super::wire::put_varint;
use super::*;
use crate::value::short::append;

/// Shorter runs are words and small numbers more often than not, and gain little.
const HEX_LENGTH_MIN: usize = 8;
const UPPER_LENGTH_MIN: usize = 16;
const BASE64_LENGTH_MIN: usize = 24;
/// Value of a byte as a digit of base 64 (both alphabets), base 36 or base 16.
const fn digit_values(digits: &[u8]) -> [u8; 256] {
    let mut table = [0u8; 256];
    let mut value = 0;
    while value < digits.len() {
        table[digits[value] as usize] = value as u8;
        value += 1;
    }
    table
}
const BASE64_VALUES: [u8; 256] = digit_values(BASE64_DIGITS);
const BASE64_URL_VALUES: [u8; 256] = digit_values(BASE64_URL_DIGITS);
const BASE36_VALUES: [u8; 256] = digit_values(BASE36_DIGITS);
const HEX_VALUES: [u8; 256] = digit_values(HEX_DIGITS);

struct Run {
    marker: u8,
    length: usize,
}

/// Whether the text has a random run.
pub fn has_run(text: &[u8]) -> bool {
    next_run(text, 0).is_some()
}

/// Appends the template of `text` to `template` and its runs to `bits`. True when there was at least one run.
pub fn split(text: &[u8], template: &mut Vec<u8>, bits: &mut BitWriter) -> bool {
    let mut at = 0;
    while let Some((start, run)) = next_run(text, at) {
        put_literal(&text[at..start], template);
        at = start + run.length;
        put_run(&run, &text[start..at], template, bits);
    }
    put_literal(&text[at..], template);
    at > 0
}

/// The first run that begins at `at` or behind it, and where it begins.
fn next_run(text: &[u8], mut at: usize) -> Option<(usize, Run)> {
    loop {
        at = past_short_words(text, at)?;
        let start = at + text[at..].iter().position(|&byte| CLASS[byte as usize] & ALNUM != 0)?;
        at = alnum_end(text, start);
        if let Some(run) = random_run(text, start, at) {
            return Some((start, run));
        }
    }
}

/// The first place from `at` on where as many characters as a run has at least follow that can be in a run; None when there is none.
///
/// The last of them is looked at first: where it cannot be in a run, none of those before it begins one.
fn past_short_words(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(window) = text.get(at..at + HEX_LENGTH_MIN) {
        match window.iter().rposition(|&byte| CLASS[byte as usize] == 0) {
            Some(place) => at += place + 1,
            None => return Some(at),
        }
    }
    None
}

fn put_literal(text: &[u8], template: &mut Vec<u8>) {
    if text.iter().all(|&byte| byte > MARKER_MAX) {
        return append(template, text);
    }
    for &byte in text {
        if byte <= MARKER_MAX {
            template.push(ESCAPE);
        }
        template.push(byte);
    }
}

fn alnum_end(text: &[u8], start: usize) -> usize {
    text[start..].iter().position(|&byte| CLASS[byte as usize] & ALNUM == 0).map_or(text.len(), |length| start + length)
}

fn random_run(text: &[u8], start: usize, end: usize) -> Option<Run> {
    if end - start < HEX_LENGTH_MIN {
        // A base64 text may hold a short run before its first '+' or '/'.
        return if text.len() - start >= BASE64_LENGTH_MIN { base64_run(text, start, end) } else { None };
    }
    let word = &text[start..end];
    let classes = word.iter().fold(0, |classes, &byte| classes | CLASS[byte as usize]);
    if classes == DIGIT | LOWER_HEX || (classes & !(DIGIT | LOWER_HEX) == 0 && end - start == 8) {
        if is_uuid(&text[start..]) {
            return Some(Run { marker: UUID, length: UUID_LENGTH });
        }
        if classes == DIGIT | LOWER_HEX {
            return Some(Run { marker: HEX, length: word.len().min(RUN_LENGTH_MAX) });
        }
        return None;
    }
    if let Some(run) = base64_run(text, start, end) {
        return Some(run);
    }
    if classes == DIGIT | UPPER_CASE && word.len() >= UPPER_LENGTH_MIN {
        let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits * 10 >= word.len() {
            return Some(Run { marker: UPPER, length: word.len().min(RUN_LENGTH_MAX) });
        }
    }
    None
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() >= UUID_LENGTH
        && text[..UUID_LENGTH].iter().enumerate().all(|(at, &byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => CLASS[byte as usize] & (DIGIT | LOWER_HEX) != 0,
        })
        && text.get(UUID_LENGTH).is_none_or(|&byte| CLASS[byte as usize] & ALNUM == 0)
}

/// A run of base64 digits that changes between upper case, lower case and digits as often as random text does.
fn base64_run(text: &[u8], start: usize, alnum_end: usize) -> Option<Run> {
    let joiner = text.get(alnum_end).map_or(0, |&byte| CLASS[byte as usize]);
    if joiner == 0 && alnum_end - start < BASE64_LENGTH_MIN {
        return None; // most words
    }
    let (marker, allowed) =
        if joiner == MINUS_UNDERSCORE { (BASE64_URL, ALNUM | MINUS_UNDERSCORE) } else { (BASE64, ALNUM | PLUS_SLASH) };
    let tail = &text[alnum_end..];
    let more = tail.iter().position(|&byte| CLASS[byte as usize] & allowed == 0).unwrap_or(tail.len());
    let run = &text[start..(alnum_end + more).min(start + RUN_LENGTH_MAX)];
    if run.len() < BASE64_LENGTH_MIN {
        return None;
    }
    let mut changes = 0;
    let mut before = 0;
    let mut classes = 0;
    for &byte in run {
        let class = match CLASS[byte as usize] {
            LOWER_HEX => LOWER_REST,
            class => class,
        };
        changes += usize::from(class != before);
        before = class;
        classes |= class;
    }
    // Random base64 changes class at 64 % of its characters; names in camel case or paths at 15-30 %.
    let needed = DIGIT | UPPER_CASE | LOWER_REST;
    (changes * 10 >= run.len() * 4 && classes & needed == needed).then_some(Run { marker, length: run.len() })
}

fn put_run(run: &Run, text: &[u8], template: &mut Vec<u8>, bits: &mut BitWriter) {
    template.push(run.marker);
    if run.marker != UUID {
        put_varint(template, text.len() as u64);
    }
    match run.marker {
        UUID => text
            .iter()
            .filter(|&&byte| byte != b'-')
            .for_each(|&byte| bits.put(u64::from(HEX_VALUES[byte as usize]), 4)),
        HEX => text.iter().for_each(|&byte| bits.put(u64::from(HEX_VALUES[byte as usize]), 4)),
        UPPER => {
            for chunk in text.chunks(12) {
                let number =
                    chunk.iter().fold(0u64, |number, &byte| number * 36 + u64::from(BASE36_VALUES[byte as usize]));
                let width = BASE36_BITS[chunk.len()];
                bits.put(number & 0xffff_ffff, width.min(32));
                bits.put(number >> 32, width.saturating_sub(32));
            }
        }
        marker => {
            let values = if marker == BASE64 { &BASE64_VALUES } else { &BASE64_URL_VALUES };
            for chunk in text.chunks(4) {
                let number =
                    chunk.iter().rev().fold(0u64, |number, &byte| (number << 6) | u64::from(values[byte as usize]));
                bits.put(number, 6 * chunk.len() as u32);
            }
        }
    }
}
