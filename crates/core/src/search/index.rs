//! What the term index can say of a filter: which pages may hold a match.
use super::metadata::Metadata;
use super::plan::{Looked, NamePart, Node, Pattern, Subject};
use crate::format::terms::bucket_of;
use crate::value::integer::integer_text;
use crate::value::token::{for_each_token, is_left_out, required_tokens, token_hash};

/// Tokens of one pattern that are looked up.
const TOKENS_ASKED_MAX: usize = 3;

/// From this length on, a token with a digit in it is taken for an id.
const OPAQUE_LENGTH_MIN: usize = 8;

/// Which tokens a page must hold to be worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The index cannot tell.
    Nothing,
    /// Position in the list of tokens.
    Token(usize),
    All(Vec<Need>),
    Any(Vec<Need>),
}

#[derive(Debug, Default)]
pub struct IndexQuery {
    /// Tokens in lower case, each once.
    pub tokens: Vec<Vec<u8>>,
}

impl IndexQuery {
    pub fn of(node: &Node) -> (Self, Need) {
        let mut query = Self::default();
        let need = query.need(node);
        (query, need)
    }

    fn need(&mut self, node: &Node) -> Need {
        match node {
            Node::All { of } => {
                let needs: Vec<Need> =
                    of.iter().map(|node| self.need(node)).filter(|need| *need != Need::Nothing).collect();
                if needs.is_empty() { Need::Nothing } else { Need::All(needs) }
            }
            Node::Any { of } => {
                let before = self.tokens.len();
                let needs: Vec<Need> = of.iter().map(|node| self.need(node)).collect();
                if needs.contains(&Need::Nothing) {
                    self.tokens.truncate(before); // one side may be anywhere: nothing need be asked for the others
                    return Need::Nothing;
                }
                Need::Any(needs)
            }
            Node::Has { column, pattern } if is_indexed(column.as_ref()) => self.pattern(pattern),
            Node::Is { column, pattern, number } if is_indexed(column.as_ref()) => {
                let before = self.tokens.len();
                let by_text = self.pattern(pattern);
                let Some(number) = number else { return by_text };
                let by_value = match integer_text(number.as_bytes()) {
                    Some(integer) => self.tokens_of(&integer),
                    None => Need::Nothing,
                };
                if by_text == Need::Nothing || by_value == Need::Nothing {
                    self.tokens.truncate(before);
                    Need::Nothing
                } else {
                    Need::Any(vec![by_text, by_value])
                }
            }
            _ => Need::Nothing,
        }
    }

    fn pattern(&mut self, pattern: &Pattern) -> Need {
        let tokens = required_tokens(&pattern.parts);
        self.all(tokens)
    }

    fn tokens_of(&mut self, text: &[u8]) -> Need {
        let mut tokens = Vec::new();
        for_each_token(text, |token| tokens.push(token.to_ascii_lowercase()));
        self.all(tokens)
    }

    fn all(&mut self, mut tokens: Vec<Vec<u8>>) -> Need {
        tokens.retain(|token| !is_left_out(token));
        if tokens.is_empty() {
            return Need::Nothing;
        }
        let tokens = telling(tokens);
        let needs = tokens.into_iter().map(|token| match self.tokens.iter().position(|known| *known == token) {
            Some(at) => Need::Token(at),
            None => {
                self.tokens.push(token);
                Need::Token(self.tokens.len() - 1)
            }
        });
        Need::All(needs.collect())
    }

    /// Bucket and rest of each token's hash.
    pub fn places(&self, buckets: usize) -> Vec<(usize, u64)> {
        self.tokens.iter().map(|token| bucket_of(token_hash(token), buckets)).collect()
    }
}

/// The few tokens of a phrase that are worth a request each: an opaque one alone (an id stands in few pages), else the longest,
/// which are the rarest as a rule. Asking for fewer tokens may leave more pages, never fewer.
fn telling(mut tokens: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let is_opaque = |token: &Vec<u8>| token.len() >= OPAQUE_LENGTH_MIN && token.iter().any(u8::is_ascii_digit);
    tokens.sort_by_key(|token| (!is_opaque(token), std::cmp::Reverse(token.len())));
    let count = if tokens.first().is_some_and(is_opaque) { 1 } else { TOKENS_ASKED_MAX };
    tokens.truncate(count);
    tokens
}

/// The index holds the tokens of events: not those of metadata, nor those of what an expression makes.
fn is_indexed(column: Option<&Subject>) -> bool {
    match column.map(Subject::looked) {
        None => true,
        Some(Ok(Looked::Columns([NamePart::Literal(text)]))) => Metadata::named(text.as_bytes()).is_none(),
        Some(Ok(Looked::Columns(_))) => true,
        Some(Ok(Looked::Expression(_)) | Err(_)) => false,
    }
}

/// The pages left, given the pages of each token.
pub fn pages_left(need: &Need, pages_of: &[Vec<u32>], pages: usize) -> Vec<bool> {
    match need {
        Need::Nothing => vec![true; pages],
        Need::Token(token) => {
            let mut left = vec![false; pages];
            pages_of[*token].iter().for_each(|&page| left[page as usize] = true);
            left
        }
        Need::All(needs) => combine(needs, pages_of, pages, true, |a, b| a && b),
        Need::Any(needs) => combine(needs, pages_of, pages, false, |a, b| a || b),
    }
}

fn combine(
    needs: &[Need],
    pages_of: &[Vec<u32>],
    pages: usize,
    start: bool,
    join: fn(bool, bool) -> bool,
) -> Vec<bool> {
    let mut left = vec![start; pages];
    for need in needs {
        let other = pages_left(need, pages_of, pages);
        left.iter_mut().zip(other).for_each(|(a, b)| *a = join(*a, b));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_asked_for_alone() {
        let words = |text: &str| text.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(telling(words("3f2a1b4c 00aa 4bbb 8ccc 0123456789ab")), words("0123456789ab"));
        assert_eq!(telling(words("failed password for invalid user")), words("password invalid failed"));
    }

    #[test]
    fn nothing_is_asked_where_one_side_may_be_anywhere() {
        let has =
            |word: &str| format!(r#"{{"op":"has","column":null,"pattern":{{"parts":[{word}],"exact_case":false}}}}"#);
        let asked = |of: &[String], op: &str| {
            let node: Node =
                serde_json::from_str(&format!(r#"{{"op":"{op}","of":[{}]}}"#, of.join(","))).expect("a node");
            let (query, need) = IndexQuery::of(&node);
            (query.tokens.len(), need != Need::Nothing)
        };
        let (login, failed, any) = (has(r#""login""#), has(r#""failed""#), has(r#""","x","""#));
        assert_eq!(asked(&[login.clone(), failed.clone()], "any"), (2, true));
        assert_eq!(asked(&[login.clone(), any.clone()], "any"), (0, false));
        let either = format!(r#"{{"op":"any","of":[{login},{failed},{any}]}}"#);
        assert_eq!(asked(&[login, either], "all"), (1, true));
    }

    #[test]
    fn needs_combine() {
        let need = Need::All(vec![Need::Any(vec![Need::Token(0), Need::Token(1)]), Need::Token(2), Need::Nothing]);
        let left = pages_left(&need, &[vec![0], vec![2], vec![1, 2]], 3);
        assert_eq!(left, [false, false, true]);
    }
}
