//! One literal searched in text, with exact case or with ASCII case folded.
//!
//! Exact search is `memchr::memmem`. Folded search jumps from one occurrence of the literal's rarest byte to the next (both
//! cases of it at once, SIMD inside `memchr`) and compares there; a text that repeats that byte costs O(text × literal) at
//! worst, which is accepted because literals come from a person's query.
use memchr::{memchr_iter, memchr2_iter, memmem};

/// How common a byte is in logs, roughly; the higher, the worse to jump to.
const COMMON: &[u8] = b"etaoinsr0123456789\"-:.,/ lcdupmghfbyw_vkxzjq";

/// A compiled literal.
#[derive(Debug, Clone)]
pub struct Needle {
    literal: Vec<u8>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Exact(Box<memmem::Finder<'static>>),
    /// The literal is in lower case; its rarest byte stands at `offset` and is looked for as either of the two.
    Folded {
        offset: usize,
        lower: u8,
        upper: u8,
    },
}

impl Needle {
    pub fn new(literal: &[u8], exact_case: bool) -> Self {
        let has_letters = literal.iter().any(u8::is_ascii_alphabetic);
        if exact_case || !has_letters {
            let finder = memmem::Finder::new(literal).into_owned();
            return Self { literal: literal.to_vec(), kind: Kind::Exact(Box::new(finder)) };
        }
        let literal = literal.to_ascii_lowercase();
        let rank = |byte: u8| COMMON.iter().rev().position(|&common| common == byte).map_or(0, |rank| rank + 1);
        let rarest = literal.iter().enumerate().min_by_key(|&(_, &byte)| rank(byte));
        let (offset, lower) = rarest.map_or((0, 0), |(offset, &byte)| (offset, byte));
        let upper = lower.to_ascii_uppercase();
        Self { literal, kind: Kind::Folded { offset, lower, upper } }
    }

    /// The literal that is searched; in lower case when case is folded and it has letters.
    pub fn literal(&self) -> &[u8] {
        &self.literal
    }

    /// The start of the first occurrence that begins at `from` or later.
    #[inline]
    pub fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        self.find_where(text, from, |_| true)
    }

    /// The start of the first occurrence, at `from` or later, that `accept` agrees with. Occurrences may overlap.
    #[inline]
    pub fn find_where(&self, text: &[u8], from: usize, mut accept: impl FnMut(usize) -> bool) -> Option<usize> {
        if self.literal.is_empty() {
            return (from..=text.len()).find(|&at| accept(at));
        }
        match &self.kind {
            Kind::Exact(finder) => {
                let mut at = from;
                loop {
                    at += finder.find(text.get(at..)?)?;
                    if accept(at) {
                        return Some(at);
                    }
                    at += 1;
                }
            }
            Kind::Folded { offset, lower, upper } => {
                let base = from + offset;
                let rest = text.get(base..)?;
                let mut accept_at = |position: usize| {
                    let at = from + position;
                    (self.is_at(text, at) && accept(at)).then_some(at)
                };
                if lower == upper {
                    memchr_iter(*lower, rest).find_map(&mut accept_at)
                } else {
                    memchr2_iter(*lower, *upper, rest).find_map(&mut accept_at)
                }
            }
        }
    }

    /// Whether the literal stands at this place of the text.
    #[inline]
    pub fn is_at(&self, text: &[u8], at: usize) -> bool {
        let Some(window) = text.get(at..at + self.literal.len()) else {
            return false;
        };
        match self.kind {
            Kind::Exact(_) => window == self.literal,
            Kind::Folded { .. } => window.eq_ignore_ascii_case(&self.literal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_with_and_without_case() {
        assert_eq!(Needle::new(b"Role", true).find(b"role Role", 0), Some(5));
        assert_eq!(Needle::new(b"Role", true).find(b"role", 0), None);
        assert_eq!(Needle::new(b"Role", false).find(b"a ROLE", 0), Some(2));
        assert_eq!(Needle::new(b"Role", false).find(b"a ROLE", 3), None);
        assert_eq!(Needle::new(b"Role", false).find(b"rol", 0), None);
        assert_eq!(Needle::new(b"", false).find(b"ab", 1), Some(1));
    }

    proptest! {
        #[test]
        fn agrees_with_the_obvious_search(text in "[aAbBé.]{0,30}", literal in "[aAbB.é]{1,4}", from in 0usize..6) {
            let (text, literal) = (text.as_bytes(), literal.as_bytes());
            let from = from.min(text.len());
            let found = |same: fn(&[u8], &[u8]) -> bool| {
                (from..text.len()).find(|&at| text.get(at..at + literal.len()).is_some_and(|window| same(window, literal)))
            };
            prop_assert_eq!(Needle::new(literal, true).find(text, from), found(|a, b| a == b));
            prop_assert_eq!(Needle::new(literal, false).find(text, from), found(|a, b| a.eq_ignore_ascii_case(b)));
        }
    }
}
