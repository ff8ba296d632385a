//! Expressions as users write them, for the examples of functions: calls, literals, arrays of nothing else, one operator between
//! two of them. The language's own parser is Python's; this one knows no more than the examples need.
use lakebed_core::expression::Syntax;

pub fn read(text: &str) -> Syntax {
    let mut reader = Written { text: text.as_bytes(), at: 0 };
    let syntax = reader.expression();
    assert_eq!(reader.at, text.len(), "the whole of {text}");
    syntax
}

struct Written<'a> {
    text: &'a [u8],
    at: usize,
}

impl Written<'_> {
    fn space(&mut self) {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_there = self.text[self.at..].starts_with(word.as_bytes());
        self.at += if is_there { word.len() } else { 0 };
        is_there
    }

    fn expression(&mut self) -> Syntax {
        let left = self.operand();
        self.space();
        for (sign, name) in [("<", "less"), (">", "greater"), ("==", "equal"), ("+", "add")] {
            if self.takes(sign) {
                let right = self.operand();
                return Syntax { call: Some(name.into()), of: Some(vec![left, right]), ..Syntax::default() };
            }
        }
        left
    }

    fn operand(&mut self) -> Syntax {
        self.space();
        if self.text[self.at] == b'"' {
            return Syntax { text: Some(self.string()), ..Syntax::default() };
        }
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let length = self.text[self.at..].iter().take_while(|byte| word(byte)).count();
        let word = String::from_utf8_lossy(&self.text[self.at..self.at + length]).into_owned();
        self.at += length;
        match word.as_str() {
            "true" | "false" => Syntax { boolean: Some(word == "true"), ..Syntax::default() },
            "null" => Syntax { null: Some(true), ..Syntax::default() },
            _ if self.takes("(") => Syntax { call: Some(word), of: Some(self.arguments()), ..Syntax::default() },
            _ => Syntax { number: Some(word), ..Syntax::default() },
        }
    }

    fn arguments(&mut self) -> Vec<Syntax> {
        let mut arguments = Vec::new();
        while !self.takes(")") {
            arguments.push(self.expression());
            self.space();
            self.takes(",");
        }
        arguments
    }

    fn string(&mut self) -> String {
        let mut bytes = Vec::new();
        self.at += 1;
        while self.text[self.at] != b'"' {
            self.at += usize::from(self.text[self.at] == b'\\');
            bytes.push(self.text[self.at]);
            self.at += 1;
        }
        self.at += 1;
        String::from_utf8(bytes).expect("examples are UTF-8")
    }
}
