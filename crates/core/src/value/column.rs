//! Patterns over column names: `userIdentity.arn`, `tags[*]`, `**.ip`.
//!
//! `*` is any run of characters except `.`, `[` and `]`; `**` is any run. Names are compared whole and with their case. The
//! match keeps the set of places that can be reached after each part, so it costs O(name × parts), whatever the pattern.

/// A piece of a column pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnPart {
    Literal(Vec<u8>),
    /// `*`: stays within one level of the name.
    Star,
    /// `**`: crosses levels.
    DoubleStar,
}

/// A compiled pattern over column names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPattern {
    /// Neighbouring literals are joined and empty ones dropped, so one literal part means: no wildcard.
    parts: Vec<ColumnPart>,
}

impl ColumnPattern {
    pub fn new(parts: Vec<ColumnPart>) -> Self {
        let mut joined: Vec<ColumnPart> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (_, ColumnPart::Literal(text)) if text.is_empty() => {}
                (Some(ColumnPart::Literal(before)), ColumnPart::Literal(text)) => before.extend(text),
                (_, part) => joined.push(part),
            }
        }
        Self { parts: joined }
    }

    /// The name, when the pattern has no wildcard.
    pub fn literal(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [ColumnPart::Literal(name)] => Some(name),
            _ => None,
        }
    }

    /// What every matching name starts with; empty when the pattern starts with a wildcard.
    pub fn prefix(&self) -> &[u8] {
        match self.parts.first() {
            Some(ColumnPart::Literal(prefix)) => prefix,
            _ => b"",
        }
    }

    pub fn matches(&self, name: &[u8]) -> bool {
        if let Some(literal) = self.literal() {
            return name == literal;
        }
        if !name.starts_with(self.prefix()) {
            return false;
        }
        let mut reached = vec![false; name.len() + 1];
        reached[0] = true;
        for part in &self.parts {
            reached = match part {
                ColumnPart::Literal(text) => after_literal(&reached, name, text),
                ColumnPart::Star => after_star(&reached, |index| !matches!(name[index], b'.' | b'[' | b']')),
                ColumnPart::DoubleStar => after_star(&reached, |_| true),
            };
        }
        reached[name.len()]
    }
}

fn after_literal(reached: &[bool], name: &[u8], text: &[u8]) -> Vec<bool> {
    let mut after = vec![false; reached.len()];
    for at in (0..reached.len()).filter(|&at| reached[at]) {
        if name[at..].starts_with(text) {
            after[at + text.len()] = true;
        }
    }
    after
}

fn after_star(reached: &[bool], crosses: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut after = reached.to_vec();
    for at in 1..after.len() {
        after[at] = after[at] || (after[at - 1] && crosses(at - 1));
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `*` and `**` as in a query, without escapes.
    fn pattern(text: &str) -> ColumnPattern {
        let mut parts = Vec::new();
        for (index, piece) in text.split("**").enumerate() {
            if index > 0 {
                parts.push(ColumnPart::DoubleStar);
            }
            for (index, literal) in piece.split('*').enumerate() {
                if index > 0 {
                    parts.push(ColumnPart::Star);
                }
                parts.push(ColumnPart::Literal(literal.as_bytes().to_vec()));
            }
        }
        ColumnPattern::new(parts)
    }

    fn matches(text: &str, name: &str) -> bool {
        pattern(text).matches(name.as_bytes())
    }

    #[test]
    fn plain_names() {
        assert_eq!(pattern("userIdentity.arn").literal(), Some(&b"userIdentity.arn"[..]));
        assert_eq!(pattern("a*").literal(), None);
        assert_eq!(pattern("").literal(), Some(&b""[..]));
        assert!(matches("userIdentity.arn", "userIdentity.arn"));
        assert!(!matches("userIdentity.arn", "useridentity.arn"));
        assert!(!matches("a", "a.b"));
    }

    #[test]
    fn one_star_stays_in_its_level() {
        assert!(matches("tags[*]", "tags[12]"));
        assert!(!matches("tags[*]", "tags"));
        assert!(!matches("tags[*]", "tags[1].x"));
        assert!(!matches("tags[*]", "tags[1][2]"));
        assert!(matches("*name", "fname"));
        assert!(matches("*name", "name"));
        assert!(!matches("*name", "name.first"));
        assert!(matches("a.*.c", "a.b.c"));
        assert!(!matches("a.*.c", "a.b.b.c"));
    }

    #[test]
    fn two_stars_cross_levels() {
        assert!(matches("**", "a.b[0]"));
        assert!(matches("**.ip", "a.b.ip"));
        assert!(!matches("**.ip", "ip"));
        assert!(matches("a.**.c*", "a.b[1].x.cd"));
        assert!(!matches("a.**.c*", "a.b.cd.e"));
        assert!(matches("tags[**]", "tags[1][2]"));
        assert_eq!(pattern("ab**").prefix(), b"ab");
    }

    #[test]
    fn many_stars_stay_cheap() {
        let text = "*a**a".repeat(50);
        assert!(!matches(&text, &format!("{}b", "a".repeat(2000))));
    }
}
