//! Tokens: the words that the term index holds. One implementation for writing and for searching.
//!
//! A token is a longest run of `[A-Za-z0-9_]`; every other byte, those of non-ASCII characters included, is a boundary.
//! `user_admin_backup` is one token, `user-admin-backup` three, `naïve` two (`na` and `ve`). A word without any ASCII letter or
//! digit (`пароль`) has no token: a search for it is answered by looking at the values, never by the index.
//!
//! *Whole addresses.* Every window of four neighbouring tokens of one to three digits each, joined by single dots, is one more
//! token: `192.168.1.100` gives itself and its four octets, and `1.2.3.4.5` gives `1.2.3.4` and `2.3.4.5`. Windows, rather
//! than "an address with nothing around it", so that the rule needs no look at what surrounds the four: whoever searches for
//! `1.2.3.4` also finds `1.2.3.4.5` (*contains at token boundaries*), and the index must not say no.
//!
//! Tokens are compared without regard to ASCII case: the index holds the XXH3-64 of the token in lower case.
use super::short::folded_hash;

/// An octet of an IPv4 address has at most three digits.
const OCTET_DIGITS_MAX: usize = 3;

const TOKEN_CHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || b == b'_';
        byte += 1;
    }
    table
};

/// Whether the byte belongs to a token.
#[inline]
pub fn is_token_char(byte: u8) -> bool {
    TOKEN_CHARS[byte as usize]
}

/// Calls `token` with every token of the text, in order of their ends; a whole address comes after its last octet.
///
/// ```
/// let mut tokens = Vec::new();
/// lakebed_core::value::token::for_each_token(b"from 10.0.0.1 (root)", |token| tokens.push(token.to_vec()));
/// assert_eq!(tokens, [&b"from"[..], b"10", b"0", b"0", b"1", b"10.0.0.1", b"root"]);
/// ```
#[inline]
pub fn for_each_token<'a>(text: &'a [u8], mut token: impl FnMut(&'a [u8])) {
    for_each_run(text, |start, end, address| {
        token(&text[start..end]);
        if let Some(first) = address {
            token(&text[first..end]);
        }
    });
}

/// Whether the index leaves this token out: four characters, hexadecimal, letters and digits mixed.
///
/// Such tokens are the inner groups of UUIDs and hardly anything else. Each stands in every tenth page, so the index could not
/// tell much of them, and they would be a tenth of it. A search for one looks at the pages instead.
#[inline]
pub fn is_left_out(token: &[u8]) -> bool {
    token.len() == 4
        && token.iter().all(u8::is_ascii_hexdigit)
        && token.iter().any(u8::is_ascii_digit)
        && token.iter().any(u8::is_ascii_alphabetic)
}

/// XXH3-64 of the token in ASCII lower case.
#[inline]
pub fn token_hash(token: &[u8]) -> u64 {
    folded_hash(token)
}

/// The tokens, in lower case, that every text matched by a value pattern is sure to have; `parts` are its literal runs between
/// `*`. It holds for *contains at token boundaries* and for a match of the whole value, with exact case or without.
///
/// A token inside a literal is sure when something bounds it on both sides: a separator inside the literal, or an end of the
/// pattern without `*`. One that touches a `*` may be a piece of a longer token, and is left out. The octets of a whole
/// address are left out too, as the address implies them. An empty answer means that the index cannot help.
pub fn required_tokens<P: AsRef<[u8]>>(parts: &[P]) -> Vec<Vec<u8>> {
    let mut tokens = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let literal = part.as_ref();
        let open_left = index > 0;
        let open_right = index + 1 < parts.len();
        sure_tokens(literal, open_left, open_right, &mut tokens);
    }
    tokens.sort();
    tokens.dedup();
    tokens
}

/// A token found in a literal.
struct Found {
    start: usize,
    end: usize,
    in_address: bool,
}

fn sure_tokens(literal: &[u8], open_left: bool, open_right: bool, tokens: &mut Vec<Vec<u8>>) {
    let is_sure = |start: usize, end: usize| (start > 0 || !open_left) && (end < literal.len() || !open_right);
    let mut found: Vec<Found> = Vec::new();
    let mut addresses = Vec::new();
    for_each_run(literal, |start, end, address| {
        found.push(Found { start, end, in_address: false });
        let Some(first) = address else { return };
        if is_sure(first, end) {
            let octets = found.len() - 4..;
            found[octets].iter_mut().for_each(|octet| octet.in_address = true);
            addresses.push(first..end);
        }
    });
    tokens.extend(addresses.into_iter().map(|range| literal[range].to_vec()));
    for token in found {
        if !token.in_address && is_sure(token.start, token.end) {
            tokens.push(literal[token.start..token.end].to_ascii_lowercase());
        }
    }
}

/// Calls `run(start, end, address)` with every token; `address` is the start of the whole address that ends with it.
///
/// One byte after the other: bit masks of 64 bytes were measured slower (916 against 1,579 MB/s of CloudTrail), as tokens are
/// short and the branches well predicted.
#[inline]
fn for_each_run(text: &[u8], mut run: impl FnMut(usize, usize, Option<usize>)) {
    // Starts of the last three octets that are joined to each other by dots, newest first.
    let mut octets = [0usize; 3];
    let mut octet_count = 0;
    let mut previous_end = usize::MAX;
    let mut at = 0;
    loop {
        while at < text.len() && !is_token_char(text[at]) {
            at += 1;
        }
        if at == text.len() {
            return;
        }
        let start = at;
        while at < text.len() && is_token_char(text[at]) {
            at += 1;
        }
        let token = &text[start..at];
        if token.len() > OCTET_DIGITS_MAX || !token.iter().all(u8::is_ascii_digit) {
            octet_count = 0;
            run(start, at, None);
            continue;
        }
        if octet_count > 0 && !(start == previous_end + 1 && text[previous_end] == b'.') {
            octet_count = 0;
        }
        run(start, at, (octet_count == 3).then_some(octets[2]));
        octets = [start, octets[0], octets[1]];
        octet_count = (octet_count + 1).min(3);
        previous_end = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::pattern::ValuePattern;
    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        for_each_token(text.as_bytes(), |token| {
            tokens.push(String::from_utf8_lossy(token).into_owned());
        });
        tokens
    }

    fn required(parts: &[&str]) -> Vec<String> {
        let tokens = required_tokens(parts);
        tokens.iter().map(|token| String::from_utf8_lossy(token).into_owned()).collect()
    }

    #[test]
    fn splits_at_everything_but_letters_digits_and_underscore() {
        assert_eq!(tokens("user_admin_backup user-admin"), ["user_admin_backup", "user", "admin"]);
        assert_eq!(tokens("scnr-QueryWorker-95a7410[$LATEST]"), ["scnr", "QueryWorker", "95a7410", "LATEST"]);
        assert_eq!(tokens("naïve пароль"), ["na", "ve"]);
        assert_eq!(tokens(""), [""; 0]);
        assert_eq!(tokens(" .-"), [""; 0]);
    }

    #[test]
    fn a_whole_address_is_one_more_token() {
        assert_eq!(tokens("192.168.1.100"), ["192", "168", "1", "100", "192.168.1.100"]);
        assert_eq!(tokens("1.2.3.4.5"), ["1", "2", "3", "4", "1.2.3.4", "5", "2.3.4.5"]);
        assert_eq!(tokens("1.2.3"), ["1", "2", "3"]);
        assert_eq!(tokens("1.2..3.4"), ["1", "2", "3", "4"]);
        assert_eq!(tokens("1.2-3.4"), ["1", "2", "3", "4"]);
        assert_eq!(tokens("1.2.3.4444"), ["1", "2", "3", "4444"]);
        assert_eq!(tokens("1.2.3.4x"), ["1", "2", "3", "4x"]);
        assert_eq!(tokens("a.1.2.3.4"), ["a", "1", "2", "3", "4", "1.2.3.4"]);
    }

    #[test]
    fn hashes_fold_ascii_case_only() {
        assert_eq!(token_hash(b"AssumeRole"), token_hash(b"assumerole"));
        assert_ne!(token_hash(b"AssumeRole"), token_hash(b"assumerol"));
        let long = vec![b'A'; 500];
        assert_eq!(token_hash(&long), token_hash(&vec![b'a'; 500]));
        assert_eq!(token_hash(&long[..64]), xxh3_64(&[b'a'; 64]));
        assert_eq!(token_hash(&long[..65]), xxh3_64(&[b'a'; 65]));
    }

    #[test]
    fn only_bounded_tokens_are_required() {
        assert_eq!(required(&["Assume-Role"]), ["assume", "role"]);
        assert_eq!(required(&["abc", ""]), [""; 0]);
        assert_eq!(required(&["", "abc"]), [""; 0]);
        assert_eq!(required(&["ab cd", ""]), ["ab"]);
        assert_eq!(required(&["", "ab cd ef", ""]), ["cd"]);
        assert_eq!(required(&["union ", " select"]), ["select", "union"]);
        assert_eq!(required(&[""]), [""; 0]);
    }

    #[test]
    fn an_address_is_required_instead_of_its_octets() {
        assert_eq!(required(&["1.2.3.4"]), ["1.2.3.4"]);
        assert_eq!(required(&["1.2.3.4", ""]), ["1", "2", "3"]);
        assert_eq!(required(&["", ".1.2.3.4"]), ["1.2.3.4"]);
        assert_eq!(required(&["1.2.3.4.5"]), ["1.2.3.4", "2.3.4.5"]);
        assert_eq!(required(&["", "1.2.3.4.5"]), ["2.3.4.5"]);
    }

    /// The rule of the module's text, one byte after the other.
    fn obvious(text: &[u8]) -> Vec<Vec<u8>> {
        let mut tokens = Vec::new();
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        for word in text.split(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_')) {
            let end = at + word.len();
            if !word.is_empty() {
                tokens.push(word.to_vec());
                ranges.push((at, end));
                let last = &ranges[ranges.len().saturating_sub(4)..];
                let is_octet =
                    |&(from, to): &(usize, usize)| to - from <= 3 && text[from..to].iter().all(u8::is_ascii_digit);
                let is_joined = |pair: &[(usize, usize)]| &text[pair[0].1..pair[1].0] == b".";
                if last.len() == 4 && last.iter().all(is_octet) && last.windows(2).all(is_joined) {
                    tokens.push(text[last[0].0..end].to_vec());
                }
            }
            at = end + 1;
        }
        tokens
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn agrees_with_the_rule_byte_by_byte(text in "([aZ_]{0,70}|[0-9.]{0,40}|[ -~é]{0,10}){0,6}") {
            let mut tokens = Vec::new();
            for_each_token(text.as_bytes(), |token| tokens.push(token.to_vec()));
            prop_assert_eq!(tokens, obvious(text.as_bytes()));
        }

        #[test]
        fn hashes_are_of_the_lower_case(token in proptest::collection::vec(any::<u8>(), 0..70)) {
            prop_assert_eq!(token_hash(&token), xxh3_64(&token.to_ascii_lowercase()));
        }

        /// Never "no" wrongly: a text that a pattern matches has every token that the pattern requires.
        #[test]
        fn a_matching_text_has_the_required_tokens(
            text in "[aA1 2.é_-]{0,24}",
            cuts in proptest::collection::vec((0usize..24, 0usize..24), 1..4),
            exact_case: bool,
        ) {
            let pieces: Vec<&[u8]> = cuts
                .iter()
                .map(|&(from, length)| {
                    let from = from.min(text.len());
                    &text.as_bytes()[from..(from + length).min(text.len())]
                })
                .collect();
            let pattern = ValuePattern::new(&pieces, exact_case);
            let mut hashes = Vec::new();
            for_each_token(text.as_bytes(), |token| hashes.push(token_hash(token)));
            if pattern.contains(text.as_bytes()) || pattern.matches_whole(text.as_bytes()) {
                for token in required_tokens(&pieces) {
                    prop_assert!(hashes.contains(&token_hash(&token)), "{token:?} of {pieces:?} in {text:?}");
                }
            }
        }
    }
}
