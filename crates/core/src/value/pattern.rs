//! Value patterns: literal runs between `*`, matched against a whole value or inside it at token boundaries.
//!
//! *Contains at token boundaries* (docs/search-plan.md): the pattern matches somewhere in the text, and where its first (last)
//! character is a token character, the text's character before (after) the match is not one. A `*` at an end lifts the
//! condition there. A `*` stands for any run of bytes, so it is enough to take the leftmost place for every literal but the
//! last: the cost is one search per literal, never backtracking.
use crate::value::class::{class_mask, may_hold};
use crate::value::needle::Needle;
use crate::value::token::is_token_char;

/// A compiled value pattern.
#[derive(Debug, Clone)]
pub struct ValuePattern {
    parts: Vec<Needle>,
    exact_case: bool,
    literal_bytes: usize,
    classes: u16,
}

impl ValuePattern {
    /// `parts` are the literal runs between `*`: `["abc"]` is `abc`, `["", "abc", ""]` is `*abc*`. No part at all is an empty
    /// pattern.
    pub fn new<P: AsRef<[u8]>>(parts: &[P], exact_case: bool) -> Self {
        let mut needles: Vec<Needle> = parts.iter().map(|part| Needle::new(part.as_ref(), exact_case)).collect();
        if needles.is_empty() {
            needles.push(Needle::new(b"", exact_case));
        }
        let classes = needles.iter().fold(0, |mask, part| mask | class_mask(part.literal()));
        let literal_bytes = needles.iter().map(|part| part.literal().len()).sum();
        Self { parts: needles, exact_case, literal_bytes, classes }
    }

    /// Whether the text contains the pattern at token boundaries.
    #[inline]
    pub fn contains(&self, text: &[u8]) -> bool {
        if text.len() < self.literal_bytes {
            return false;
        }
        let (first, last) = (&self.parts[0], &self.parts[self.parts.len() - 1]);
        if self.parts.len() == 1 {
            let length = first.literal().len();
            if length == 0 {
                return true;
            }
            return first
                .find_where(text, 0, |at| starts_well(first, text, at) && ends_well(first, text, at))
                .is_some();
        }
        let start = match first.literal().len() {
            0 => Some(0),
            length => first.find_where(text, 0, |at| starts_well(first, text, at)).map(|at| at + length),
        };
        let Some(from) = start.and_then(|from| self.skip_middle(text, from)) else {
            return false;
        };
        last.literal().is_empty() || last.find_where(text, from, |at| ends_well(last, text, at)).is_some()
    }

    /// Whether the pattern matches the text from its start to its end.
    #[inline]
    pub fn matches_whole(&self, text: &[u8]) -> bool {
        if text.len() < self.literal_bytes {
            return false;
        }
        let (first, last) = (&self.parts[0], &self.parts[self.parts.len() - 1]);
        if self.parts.len() == 1 {
            return text.len() == self.literal_bytes && first.is_at(text, 0);
        }
        let tail = text.len() - last.literal().len();
        if !first.is_at(text, 0) || !last.is_at(text, tail) {
            return false;
        }
        self.skip_middle(&text[..tail], first.literal().len()).is_some()
    }

    /// Whether the pattern is `*` (or `**` …): every value matches, as a whole too. An empty pattern is not one: every value
    /// contains it, but only the empty value matches as a whole.
    pub fn is_anything(&self) -> bool {
        self.literal_bytes == 0 && self.parts.len() > 1
    }

    /// The longest literal run, in lower case when case is folded; empty when there is none.
    pub fn longest_literal(&self) -> &[u8] {
        self.longest_needle().literal()
    }

    /// The search for the longest literal run, for use over many values in one buffer.
    pub fn longest_needle(&self) -> &Needle {
        let longest = self.parts.iter().max_by_key(|part| part.literal().len());
        longest.unwrap_or(&self.parts[0])
    }

    /// The literal, when the pattern has no `*`; in lower case when case is folded.
    pub fn literal(&self) -> Option<&[u8]> {
        (self.parts.len() == 1).then(|| self.parts[0].literal())
    }

    pub fn is_exact_case(&self) -> bool {
        self.exact_case
    }

    /// Classes (see `value::class`) of the pattern's literals. Compare with a chunk's by `could_match`, which knows of case.
    pub fn literal_class_mask(&self) -> u16 {
        self.classes
    }

    /// False when no text of at most `length_max` bytes and with only the classes of `mask` can match; costs nothing.
    pub fn could_match(&self, length_max: usize, mask: u16) -> bool {
        self.literal_bytes <= length_max && may_hold(mask, self.classes, !self.exact_case)
    }

    /// The end of the leftmost places of all literals between the first and the last.
    fn skip_middle(&self, text: &[u8], from: usize) -> Option<usize> {
        let middle = &self.parts[1..self.parts.len() - 1];
        middle.iter().try_fold(from, |from, part| Some(part.find(text, from)? + part.literal().len()))
    }
}

fn starts_well(part: &Needle, text: &[u8], at: usize) -> bool {
    at == 0 || !is_token_char(text[at - 1]) || !part.literal().first().copied().is_some_and(is_token_char)
}

fn ends_well(part: &Needle, text: &[u8], at: usize) -> bool {
    let after = text.get(at + part.literal().len());
    !after.copied().is_some_and(is_token_char) || !part.literal().last().copied().is_some_and(is_token_char)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contains(parts: &[&str], text: &str) -> bool {
        ValuePattern::new(parts, false).contains(text.as_bytes())
    }

    fn whole(parts: &[&str], text: &str) -> bool {
        ValuePattern::new(parts, false).matches_whole(text.as_bytes())
    }

    #[test]
    fn a_word_needs_token_boundaries() {
        assert!(contains(&["myrole"], "arn:aws:iam::1:role/MyRole"));
        assert!(!contains(&["myrole"], "arn:aws:iam::1:role/MyRole2"));
        assert!(!contains(&["role"], "MyRole"));
        assert!(contains(&["", "role"], "MyRole"));
        assert!(contains(&["my", ""], "x/MyRole"));
        assert!(contains(&["role"], "roles role"));
        assert!(contains(&["10."], "10.1.2.3"));
        assert!(!contains(&["10."], "110.1.2.3"));
        assert!(contains(&["/role"], "xx/role"));
        assert!(contains(&["é"], "caféx"));
    }

    #[test]
    fn a_star_spans_separators() {
        assert!(contains(&["union", "select"], "1 UNION all SELECT 2"));
        assert!(!contains(&["union", "select"], "1 UNION all SELECTED"));
        assert!(!contains(&["union", "select"], "reunion select"));
        assert!(contains(&["union", "select"], "reunion union selected select"));
        assert!(!contains(&["select", "union"], "union select"));
        assert!(contains(&["", ""], ""));
        assert!(contains(&[""], "anything"));
    }

    #[test]
    fn whole_values() {
        assert!(whole(&["UpdateFunctionConfiguration", ""], "updatefunctionconfiguration20150331"));
        assert!(!whole(&["abc"], "abc "));
        assert!(whole(&["a", "b", "c"], "a--b--c"));
        assert!(!whole(&["ab", "ba"], "aba"));
        assert!(whole(&["", ""], ""));
        assert!(whole(&[""], ""));
        assert!(!whole(&[""], "x"));
    }

    #[test]
    fn exact_case_is_exact() {
        assert!(ValuePattern::new(&["Role"], true).contains(b"a Role"));
        assert!(!ValuePattern::new(&["Role"], true).contains(b"a role"));
        assert_eq!(ValuePattern::new(&["Role", "Xyz12"], true).longest_literal(), b"Xyz12");
        assert_eq!(ValuePattern::new(&["Role"], false).literal(), Some(&b"role"[..]));
        assert_eq!(ValuePattern::new(&["Role", ""], false).literal(), None);
    }

    #[test]
    fn impossible_chunks_are_told_apart() {
        let pattern = ValuePattern::new(&["Root-1"], false);
        assert!(pattern.could_match(6, class_mask(b"roots-0")));
        assert!(pattern.could_match(6, class_mask(b"ROOTS-0")));
        assert!(!pattern.could_match(5, class_mask(b"roots-0")));
        assert!(!pattern.could_match(6, class_mask(b"roots0")));
        assert!(!ValuePattern::new(&["Root"], true).could_match(6, class_mask(b"roots")));
    }

    /// The rule of docs/search-plan.md, word by word, over all places.
    fn obvious(parts: &[Vec<u8>], exact: bool, text: &[u8], boundaries: bool) -> bool {
        fn ends(parts: &[Vec<u8>], exact: bool, text: &[u8], at: usize) -> Vec<usize> {
            let Some((part, rest)) = parts.split_first() else {
                return vec![at];
            };
            let Some(window) = text.get(at..at + part.len()) else {
                return Vec::new();
            };
            if !(window == part || (!exact && window.eq_ignore_ascii_case(part))) {
                return Vec::new();
            }
            let end = at + part.len();
            match rest.is_empty() {
                true => vec![end],
                false => (end..=text.len()).flat_map(|from| ends(rest, exact, text, from)).collect(),
            }
        }
        let token_at = |index: Option<usize>| index.and_then(|i| text.get(i)).is_some_and(|&b| is_token_char(b));
        let guarded = |byte: Option<&u8>| byte.is_some_and(|&b| is_token_char(b));
        (0..=text.len()).any(|start| {
            let found = ends(parts, exact, text, start);
            found.into_iter().any(|end| match boundaries {
                false => start == 0 && end == text.len(),
                true => {
                    let before = guarded(parts[0].first()) && token_at(start.checked_sub(1));
                    let after = guarded(parts[parts.len() - 1].last()) && token_at(Some(end));
                    !before && !after
                }
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn agrees_with_the_rule_word_by_word(
            text in "[aA1 .é]{0,10}",
            parts in proptest::collection::vec("[aA1 .é]{0,2}", 1..4),
            exact: bool,
        ) {
            let parts: Vec<Vec<u8>> = parts.into_iter().map(String::into_bytes).collect();
            let pattern = ValuePattern::new(&parts, exact);
            let text = text.as_bytes();
            prop_assert_eq!(pattern.contains(text), obvious(&parts, exact, text, true));
            prop_assert_eq!(pattern.matches_whole(text), obvious(&parts, exact, text, false));
            if pattern.contains(text) || pattern.matches_whole(text) {
                prop_assert!(pattern.could_match(text.len(), class_mask(text)));
            }
        }
    }
}
