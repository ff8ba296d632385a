//! Fields that were found in a message, before they are told.
use crate::parse::line_format::Members;
use crate::parse::sink::EventSink;

/// No reader of messages finds more.
const FIELDS_MAX: usize = 16;

#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Text(&'a [u8]),
    Number(&'a [u8]),
    True,
}

/// Fields below the name of a program; empty ones are left out.
#[derive(Debug)]
pub struct Fields<'a> {
    fields: [(&'static str, Found<'a>); FIELDS_MAX],
    count: usize,
}

impl<'a> Fields<'a> {
    /// Fields of which the first says what happened.
    pub fn of_action(action: &'static str) -> Self {
        let mut fields = Self { fields: [("", Found::True); FIELDS_MAX], count: 0 };
        fields.put("action", Found::Text(action.as_bytes()));
        fields
    }

    pub fn text(mut self, name: &'static str, value: &'a [u8]) -> Self {
        if !value.is_empty() {
            self.put(name, Found::Text(value));
        }
        self
    }

    pub fn number(mut self, name: &'static str, value: &'a [u8]) -> Self {
        if !value.is_empty() {
            self.put(name, Found::Number(value));
        }
        self
    }

    pub fn flag(mut self, name: &'static str, is_so: bool) -> Self {
        if is_so {
            self.put(name, Found::True);
        }
        self
    }

    pub fn tell<S: EventSink>(&self, program: &[u8], members: &mut Members<S>) {
        members.object(program, |members| {
            for (name, value) in &self.fields[..self.count] {
                match value {
                    Found::Text(text) => members.text(name.as_bytes(), text),
                    Found::Number(text) => members.number(name.as_bytes(), text),
                    Found::True => members.boolean(name.as_bytes(), true),
                }
            }
        });
    }

    fn put(&mut self, name: &'static str, value: Found<'a>) {
        debug_assert!(self.count < FIELDS_MAX);
        if let Some(slot) = self.fields.get_mut(self.count) {
            *slot = (name, value);
            self.count += 1;
        }
    }
}
