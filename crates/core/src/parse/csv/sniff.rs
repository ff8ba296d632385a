//! Whether a text is a table: strict, as plain text has commas too.
use super::super::registry::Head;
use super::record::{End, Record};
use crate::value::decimal::is_number;
use std::collections::HashSet;

const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// So many records are looked at.
const RECORDS_MAX: usize = 20;

const NAME_BYTES_MAX: usize = 64;

/// A name of more words is a sentence.
const WORDS_MAX: usize = 4;

/// Of records with another number of fields than the header, there may be one for so many that fit.
const FITTING_FOR_A_MISFIT: usize = 3;

/// With fewer columns no record may be a misfit: plain text has a comma here and there.
const COLUMNS_FOR_A_MISFIT: usize = 3;

/// The last name of a header of Windows' Event Viewer, which names no column for the text behind it.
const EVENT_VIEWER: &[u8] = b"Task Category";

type Fields = Vec<Vec<u8>>;

/// Whether the last column has no name in the header.
pub fn has_unnamed_message(header: &[Vec<u8>]) -> bool {
    header.last().is_some_and(|name| name == EVENT_VIEWER) && header.iter().any(|name| name == b"Event ID")
}

/// Whether the first lines are a header and records, most of them with as many fields.
pub fn looks_like(head: &Head) -> bool {
    SEPARATORS.iter().any(|&separator| is_table(&records(head, separator)))
}

/// The separator of a text that is a table, or the one that the first line has most of.
pub fn separator(head: &Head) -> u8 {
    let table = SEPARATORS.iter().find(|&&separator| is_table(&records(head, separator)));
    let line = head.lines().next().unwrap_or_default();
    let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
    let most = SEPARATORS.iter().rev().max_by_key(|&&separator| count(separator));
    table.or(most).copied().unwrap_or(b',')
}

/// The first records that are whole.
fn records(head: &Head, separator: u8) -> Vec<Fields> {
    let (mut text, mut record, mut found) = (head.bytes(), Record::default(), Vec::new());
    while found.len() < RECORDS_MAX && !text.is_empty() {
        let End::At(end) = record.read_quoted(text, separator, head.is_whole()) else { break };
        if !text[..end].trim_ascii().is_empty() {
            found.push((0..record.len()).map(|at| record.field(text, at).to_vec()).collect());
        }
        text = &text[end..];
    }
    found
}

fn is_table(records: &[Fields]) -> bool {
    let Some((header, rest)) = records.split_first() else { return false };
    let columns = header.len() + usize::from(has_unnamed_message(header));
    let fits = |record: &&Fields| record.len() == header.len() || record.len() == columns;
    let fitting = rest.iter().filter(fits).count();
    let misfits = rest.len() - fitting;
    let is_even = misfits == 0
        || (columns >= COLUMNS_FOR_A_MISFIT && misfits * FITTING_FOR_A_MISFIT <= fitting && separates(rest));
    let is_below = |record: &Fields| is_below(header, record);
    header.len() >= 2 && fitting > 0 && is_even && is_header(header) && rest.iter().all(is_below) && has_digits(rest)
}

fn is_header(names: &Fields) -> bool {
    let distinct: HashSet<&Vec<u8>> = names.iter().collect();
    // Two words with a comma between them are too little to be sure.
    let has_words = names.iter().any(|name| name.contains(&b' '));
    distinct.len() == names.len() && names.iter().all(|name| is_name(name)) && !(names.len() == 2 && has_words)
}

fn is_name(name: &[u8]) -> bool {
    let is_start = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || matches!(byte, b'_' | b'@');
    let is_inside = |byte: &u8| byte.is_ascii_digit() || is_start(byte) || b"-./ ()[]".contains(byte);
    name.len() <= NAME_BYTES_MAX
        && name.first().is_some_and(is_start)
        && name.iter().all(is_inside)
        && !name.ends_with(b" ")
        && name.split(|&byte| byte == b' ').count() <= WORDS_MAX
        && !is_number(name)
}

/// Whether each record has the separator: what has none is a line of another text.
fn separates(records: &[Fields]) -> bool {
    records.iter().all(|record| record.len() > 1)
}

/// Whether a record may stand below the header: it is the header again, or none of its values is the name above it.
fn is_below(header: &Fields, record: &Fields) -> bool {
    let same = header.iter().zip(record).filter(|(name, value)| name == value).count();
    same == 0 || same == header.len()
}

/// Whether any value has a digit: logs have times, numbers, addresses.
fn has_digits(records: &[Fields]) -> bool {
    records.iter().flatten().flatten().any(u8::is_ascii_digit)
}
