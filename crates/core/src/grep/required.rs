//! What a source text must hold so that any of its events can pass a filter: texts that need no look at all are most of them.
//!
//! The answer may be "maybe", never wrongly "no". A value's text stands in the source as it is, with these exceptions, each dealt
//! with here: JSON escapes (`\u0065`, `\/`), characters that JSON always escapes (a literal is cut at them), characters
//! that may stand for a byte that is no UTF-8 (cut as well), and numbers that are equal and look different (they require nothing).
use crate::parse::encoding::stands_for_byte;
use crate::search::metadata::Metadata;
use crate::search::plan::{Looked, NamePart, Node, Pattern, Subject};
use crate::value::needle::Needle;
use memchr::memmem;

/// So many literals are searched one by one; more by one automaton for all of them.
const NEEDLES_MAX: usize = 3;

/// More literals than this are not looked for: a list of that length is rarely all absent.
const LITERALS_MAX: usize = 10_000;

/// Memory of the automaton; a list that needs more requires nothing.
const AUTOMATON_BYTES_MAX: usize = 64 << 20;

/// Bytes of a `\u` escape.
const ESCAPE_BYTES: usize = 6;

/// `\u` and `\/` are searched apart.
const ESCAPE_SEARCHES: usize = 2;

/// A literal of which one must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Literal {
    text: Vec<u8>,
    exact_case: bool,
}

/// At least one of some literals must be there.
pub struct Required {
    search: Search,
    escapes: Escapes,
    longest: usize,
}

/// Places in one text, each search going over it once.
pub struct Places<'a> {
    required: &'a Required,
    text: &'a [u8],
    /// Of each search, what it found last: `Some(None)` nothing yet, `None` nothing any more.
    next: Vec<Option<Option<usize>>>,
}

impl Places<'_> {
    /// The first place at `from` or later; `from` must not go back.
    pub fn next(&mut self, from: usize) -> Option<usize> {
        for (search, next) in self.next.iter_mut().enumerate() {
            if let Some(known) = next
                && known.is_none_or(|at| at < from)
            {
                *next = self.required.find(search, self.text, from).map(Some);
            }
        }
        self.next.iter().filter_map(|next| next.flatten()).min()
    }
}

enum Search {
    Needles(Vec<Needle>),
    Automaton(Box<regex::bytes::Regex>),
}

/// Characters that an escape may hide.
struct Escapes {
    finder: memmem::Finder<'static>,
    ascii: [bool; 128],
    has_slash: bool,
    has_more: bool,
}

impl Required {
    /// None: the filter requires nothing that can be looked for.
    pub fn of(filter: &Node) -> Option<Self> {
        let literals = literals(filter)?;
        if literals.len() > LITERALS_MAX {
            return None;
        }
        let longest = literals.iter().map(|literal| literal.text.len()).max().unwrap_or(0);
        Some(Self { escapes: Escapes::of(&literals), search: Search::of(&literals)?, longest })
    }

    /// Whether the text, which is as it stands in the source, may hold a match.
    pub fn may_be_in_source(&self, text: &[u8]) -> bool {
        self.is_in(text) || self.escapes.may_hide(text)
    }

    /// Whether one of the literals is in the text, which has no escapes any more.
    #[inline]
    pub fn is_in(&self, text: &[u8]) -> bool {
        match &self.search {
            Search::Needles(needles) => needles.iter().any(|needle| needle.find(text, 0).is_some()),
            Search::Automaton(regex) => regex.is_match(text),
        }
    }

    /// The places where a literal is, or may hide.
    pub fn places<'a>(&'a self, text: &'a [u8]) -> Places<'a> {
        let searches = match &self.search {
            Search::Needles(needles) => needles.len(),
            Search::Automaton(_) => 1,
        };
        Places { required: self, text, next: vec![Some(None); searches + ESCAPE_SEARCHES] }
    }

    /// The first place, at `from` or later, that one of the searches finds.
    fn find(&self, search: usize, text: &[u8], from: usize) -> Option<usize> {
        match &self.search {
            Search::Needles(needles) if search < needles.len() => needles[search].find(text, from),
            Search::Automaton(regex) if search == 0 => regex.find_at(text, from).map(|found| found.start()),
            Search::Needles(needles) => self.escapes.find(search - needles.len(), text, from),
            Search::Automaton(_) => self.escapes.find(search - 1, text, from),
        }
    }

    /// Of text that holds none, so many bytes at the end may be the start of one.
    pub fn overlap_bytes(&self) -> usize {
        self.longest.max(ESCAPE_BYTES) - 1
    }
}

impl Search {
    fn of(literals: &[Literal]) -> Option<Self> {
        if literals.len() <= NEEDLES_MAX {
            let needles = literals.iter().map(|literal| Needle::new(&literal.text, literal.exact_case));
            return Some(Self::Needles(needles.collect()));
        }
        let alternatives: Vec<String> = literals
            .iter()
            .map(|literal| {
                let text = regex::escape(std::str::from_utf8(&literal.text).ok()?);
                Some(if literal.exact_case { text } else { format!("(?i-u:{text})") })
            })
            .collect::<Option<_>>()?;
        let regex = regex::bytes::RegexBuilder::new(&alternatives.join("|"))
            .size_limit(AUTOMATON_BYTES_MAX)
            .dfa_size_limit(AUTOMATON_BYTES_MAX)
            .build();
        Some(Self::Automaton(Box::new(regex.ok()?)))
    }
}

impl Escapes {
    fn of(literals: &[Literal]) -> Self {
        let mut escapes =
            Self { finder: memmem::Finder::new(b"\\u"), ascii: [false; 128], has_slash: false, has_more: false };
        for &byte in literals.iter().flat_map(|literal| &literal.text) {
            match byte {
                128.. => escapes.has_more = true,
                _ => {
                    escapes.ascii[byte.to_ascii_lowercase() as usize] = true;
                    escapes.ascii[byte.to_ascii_uppercase() as usize] = true;
                }
            }
            escapes.has_slash |= byte == b'/';
        }
        escapes
    }

    fn may_hide(&self, text: &[u8]) -> bool {
        (0..ESCAPE_SEARCHES).any(|search| self.find(search, text, 0).is_some())
    }

    /// The first escape, at `from` or later, that may hide a character that is looked for.
    fn find(&self, search: usize, text: &[u8], from: usize) -> Option<usize> {
        let rest = text.get(from..)?;
        if search > 0 {
            return self.has_slash.then(|| memmem::find(rest, b"\\/")).flatten().map(|at| from + at);
        }
        let found = self.finder.find_iter(rest).find(|at| self.hides(&rest[at + 2..]));
        found.map(|at| from + at)
    }

    /// Whether the four digits after `\u` may be of a character that is looked for; a backslash may begin another escape, where a text
    /// is JSON within JSON.
    fn hides(&self, digits: &[u8]) -> bool {
        // Cut off by the end of the text: the rest comes with the next look.
        let Some(digits) = digits.get(..4) else { return false };
        let unit = std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match unit {
            Some(0x5c) => true,
            Some(unit @ 0..128) => self.ascii[unit as usize],
            Some(_) => self.has_more,
            None => digits.contains(&b'\\'),
        }
    }
}

/// The literals of which every text that passes has one; None: nothing is required.
fn literals(node: &Node) -> Option<Vec<Literal>> {
    match node {
        Node::All { of } => of.iter().filter_map(literals).min_by_key(|found| price(found)),
        Node::Any { of } => {
            let found = of.iter().map(literals).collect::<Option<Vec<_>>>()?.concat();
            (!found.is_empty()).then_some(found)
        }
        Node::Has { column, pattern } | Node::Is { column, pattern, number: None } => {
            if column.as_ref().is_some_and(is_beside_text) {
                return None;
            }
            Some(vec![longest(pattern)?])
        }
        _ => None,
    }
}

/// How likely it is, roughly, that one of the literals is there: few long ones are best.
fn price(literals: &[Literal]) -> (usize, usize) {
    let shortest = literals.iter().map(|literal| literal.text.len()).min().unwrap_or(0);
    (usize::from(shortest < 3), literals.len() * 1000 / shortest.max(1))
}

/// What is about an event is not in its text, nor what an expression makes of it.
fn is_beside_text(column: &Subject) -> bool {
    let Ok(Looked::Columns(parts)) = column.looked() else { return true };
    let mut name = Vec::new();
    for part in parts {
        let NamePart::Literal(text) = part else { return false };
        name.extend_from_slice(text.as_bytes());
    }
    Metadata::named(&name).is_some()
}

/// The longest run of characters that stands in a source as it is.
fn longest(pattern: &Pattern) -> Option<Literal> {
    let is_cut = |character: char| matches!(character, '"' | '\\') || character < ' ' || stands_for_byte(character);
    let runs = pattern.parts.iter().flat_map(|part| part.split(is_cut));
    let text = runs.max_by_key(|run| run.len()).filter(|run| !run.is_empty())?;
    Some(Literal { text: text.as_bytes().to_vec(), exact_case: pattern.exact_case })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(json: &str) -> Node {
        serde_json::from_str(json).expect("a node")
    }

    fn word(text: &str) -> String {
        format!(r#"{{"op":"has","column":null,"pattern":{{"parts":["{text}"]}}}}"#)
    }

    fn texts(json: &str) -> Option<Vec<String>> {
        let found = literals(&node(json))?;
        Some(found.into_iter().map(|literal| String::from_utf8(literal.text).expect("text")).collect())
    }

    #[test]
    fn what_must_be_there() {
        let (a, b) = (word("error"), word("ab"));
        assert_eq!(texts(&a), Some(vec!["error".to_string()]));
        assert_eq!(texts(&format!(r#"{{"op":"all","of":[{b},{a}]}}"#)), Some(vec!["error".to_string()]));
        let any = Some(vec!["ab".to_string(), "error".to_string()]);
        assert_eq!(texts(&format!(r#"{{"op":"any","of":[{b},{a}]}}"#)), any);
        let exists = r#"{"op":"exists","column":{"parts":["a"]}}"#;
        assert_eq!(texts(&format!(r#"{{"op":"any","of":[{a},{exists}]}}"#)), None);
        assert_eq!(texts(&format!(r#"{{"op":"not","of":{a}}}"#)), None);
        assert_eq!(texts(r#"{"op":"is","column":null,"pattern":{"parts":["5"]},"number":"5"}"#), None);
        assert_eq!(texts(r#"{"op":"has","column":{"parts":["@lb.object"]},"pattern":{"parts":["x"]}}"#), None);
        assert_eq!(texts(&word("")), None);
        assert_eq!(texts(&word(r#"C:\\Windows\"a"#)), Some(vec!["Windows".to_string()]));
    }

    #[test]
    fn escapes_may_hide_a_literal() {
        let required = Required::of(&node(&word("cafł/x"))).expect("required");
        let may = |text: &str| required.may_be_in_source(text.as_bytes());
        assert!(may("the CAFł/X"));
        assert!(may(r"caf\u0142"));
        assert!(may(r"\u0043afł"));
        assert!(may(r"\u0061"), "whoever looks does not know what stands around it");
        assert!(may(r"\/x"));
        assert!(!may(r"cafe \n \u000a \\ C:\users \u00"));
        assert!(!may(r"\u003d"));
        let required = Required::of(&node(&word("plain"))).expect("required");
        assert!(!required.may_be_in_source(br"caf\u00e9 \/ \u003d"));
        assert!(required.may_be_in_source(br"pl\u0061in"));
        assert!(required.may_be_in_source(br"pl\u005cu0061in"), "JSON within JSON");
        assert!(required.may_be_in_source(br"pl\\u00\u00361in"), "a digit of an escape is escaped");
    }

    #[test]
    fn bytes_that_are_no_utf8_may_be_what_is_looked_for() {
        for text in ["Café/x", "Caf€/x", "Caf\u{81}/x"] {
            assert_eq!(texts(&word(text)), Some(vec!["Caf".to_string()]));
        }
        let required = Required::of(&node(&word("é€"))).map(|required| required.is_in(b"x"));
        assert_eq!(required, None, "nothing is required");
    }

    #[test]
    fn many_literals_are_searched_together() {
        let words: Vec<String> = (0..100).map(|number| word(&format!("Word{number:03}"))).collect();
        let required = Required::of(&node(&format!(r#"{{"op":"any","of":[{}]}}"#, words.join(",")))).expect("required");
        assert!(matches!(required.search, Search::Automaton(_)));
        assert!(required.is_in(b"a word042 b"));
        assert!(!required.is_in(b"a word100 b"));
    }
}
