//! Which texts of a column pass a leaf's test: each distinct text is looked at once, and most not even that.
use super::columns::Values;
use super::filter::Test;
use crate::error::Result;
use crate::format::column::Kind;
use crate::format::template::{Answer, Seeker};
use crate::format::texts::{Strings, Texts};
use crate::value::needle::Needle;
use std::cell::OnceCell;

pub enum Matcher {
    None,
    All,
    /// By number of the text.
    Some(Vec<bool>),
}

impl Matcher {
    /// `seeker` is the test's own, made when it is first needed.
    pub fn of(test: &Test, kind: Kind, values: &Values, seeker: &OnceCell<Seeker>) -> Result<Self> {
        let mut buffer = Vec::new();
        let mut passing = Passing { count: values.text_count(), numbers: Vec::new() };
        let look = |number: usize| -> Result<()> {
            let text = values.text(number, &mut buffer).map_err(|error| error.at("column", 0))?;
            if test.passes(kind, text) {
                passing.numbers.push(number);
            }
            Ok(())
        };
        match (test.needle(kind), values) {
            (Some(needle), Values::Texts { texts: Texts::Plain(strings), .. }) => {
                holders(strings, needle).into_iter().try_for_each(look)?;
            }
            (
                Some(needle),
                Values::Texts { texts: Texts::Templates { templates, ids: Some(ids), starts, bits }, .. },
            ) => {
                let seeker = seeker.get_or_init(|| Seeker::new(needle.literal(), test.sought()));
                let answers: Vec<Answer> = (0..templates.len()).map(|at| seeker.ask(templates.get(at))).collect();
                if answers.iter().any(|answer| *answer != Answer::Never) {
                    let may_hold =
                        |number: &usize| seeker.may_hold(&answers[ids.get(*number)], bits, starts[*number] as usize);
                    (0..starts.len()).filter(may_hold).try_for_each(look)?;
                }
            }
            _ => (0..values.text_count()).try_for_each(look)?,
        }
        Ok(passing.into_matcher())
    }
}

/// Texts that pass: most often none, so nothing is allocated for the others.
struct Passing {
    count: usize,
    numbers: Vec<usize>,
}

impl Passing {
    fn into_matcher(self) -> Matcher {
        if self.numbers.is_empty() {
            return Matcher::None;
        }
        if self.numbers.len() == self.count {
            return Matcher::All;
        }
        let mut passing = vec![false; self.count];
        self.numbers.iter().for_each(|&number| passing[number] = true);
        Matcher::Some(passing)
    }
}

/// Numbers of the strings that hold the needle, ascending: one search over all of them joined.
fn holders(strings: &Strings, needle: &Needle) -> Vec<usize> {
    let (joined, ends) = strings.joined();
    let mut numbers = Vec::new();
    let mut from = 0;
    while let Some(at) = needle.find(joined, from) {
        let number = ends.partition_point(|&end| end as usize <= at + strings.base());
        let end = ends[number] as usize - strings.base();
        // What reaches into the next string is in neither.
        if at + needle.literal().len() <= end {
            numbers.push(number);
            from = end;
        } else {
            from = at + 1;
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::column::StoredIds;
    use crate::format::frame::Compressor;
    use crate::format::texts::put_texts;
    use crate::format::wire::Wire;
    use crate::value::pattern::ValuePattern;

    #[test]
    fn one_search_over_all_finds_what_one_search_each_finds() {
        let texts = ["ab", "", "xaby", "a", "b", "zzab", "b"];
        let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let mut out = Vec::new();
        put_texts(&mut out, &mut Compressor::new(), &bytes, false);
        let texts_read = Texts::read(&mut Wire::new(&out), texts.len()).expect("texts");
        let Texts::Plain(strings) = &texts_read else { panic!("not plain") };
        let pattern = ValuePattern::new(&["", "AB", ""], false);
        assert_eq!(holders(strings, pattern.longest_needle()), [0, 2, 5]);
        let values = Values::Texts { texts: texts_read, ids: StoredIds::Own };
        let matcher = Matcher::of(&Test::Has(pattern), Kind::Text, &values, &OnceCell::new()).expect("a matcher");
        let Matcher::Some(passing) = matcher else { panic!("not some") };
        assert_eq!(passing, [true, false, true, false, false, true, false]);
    }
}
