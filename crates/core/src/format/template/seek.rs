//! Whether a literal may stand in texts of a template: what the template tells without its bits, and what is left to ask of them.
use super::super::bits::BitReader;
use super::slide::Slides;
use super::*;
use crate::value::token::is_token_char;

/// How a literal is looked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought {
    /// Whatever the case of ASCII letters.
    pub fold: bool,
    /// Only where no token character stands before it.
    pub starts_token: bool,
    /// Only where no token character stands after it.
    pub ends_token: bool,
}

/// A literal that is looked for in many texts; most are ruled out before they are put together.
pub struct Seeker {
    literal: Vec<u8>,
    sought: Sought,
    slides: Slides,
}

/// What a template says of a literal.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Never,
    /// Only a look at the text can tell.
    Perhaps,
    /// Texts hold it whose bits pass one of these.
    If(Vec<Check>),
}

/// A question to the bits of one text; offsets count from its first bit.
#[derive(Debug, PartialEq, Eq)]
pub enum Check {
    /// Somewhere within a run of this marker.
    Within { marker: u8, offset: usize, length: usize },
    /// Across places of which these digits are known.
    Digits(Vec<Field>),
}

/// Bits that must have a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    offset: usize,
    width: u32,
    value: u64,
}

/// Hexadecimal digits in one field: as many as a reader takes at once.
const FIELD_DIGITS: u32 = 12;

impl Seeker {
    pub fn new(literal: &[u8], sought: Sought) -> Self {
        Self { literal: literal.to_vec(), sought, slides: Slides::new(literal, sought.fold) }
    }

    /// Looks at no bits.
    pub fn ask(&self, template: &[u8]) -> Answer {
        if self.literal.is_empty() {
            return Answer::Perhaps;
        }
        // A byte that no run can hold must stand in the template itself.
        let is_outside = |byte: &&u8| CLASS[**byte as usize] == 0;
        if self.literal.iter().filter(is_outside).any(|&byte| memchr::memchr(byte, template).is_none()) {
            return Answer::Never;
        }
        let Some(places) = places_of(template, self.literal.len()) else { return Answer::Perhaps };
        let mut checks = Vec::new();
        let mut run_asked = None;
        for (at, window) in places.windows(self.literal.len()).enumerate() {
            let run = run_around(window);
            if (run.is_some() && run == run_asked) || !self.fits(&places, at) {
                continue;
            }
            match self.check(window) {
                None => return Answer::Perhaps,
                Some(check) => checks.push(check),
            }
            run_asked = run;
        }
        if checks.is_empty() { Answer::Never } else { Answer::If(checks) }
    }

    /// Whether a text may hold the literal, whose bits start at `start` of `bits` and whose template gave `answer`.
    pub fn may_hold(&self, answer: &Answer, bits: &[u8], start: usize) -> bool {
        match answer {
            Answer::Never => false,
            Answer::Perhaps => true,
            Answer::If(checks) => checks.iter().any(|check| match check {
                Check::Within { marker, offset, length } => {
                    self.slides.is_within(*marker, bits, start + offset, *length)
                }
                Check::Digits(fields) => fields.iter().all(|field| {
                    let mut reader = BitReader::at(bits, start + field.offset);
                    reader.take(field.width).is_ok_and(|value| value == field.value)
                }),
            }),
        }
    }

    fn fits(&self, places: &[Place], at: usize) -> bool {
        let after = at + self.literal.len();
        places[at..after].iter().zip(&self.literal).all(|(place, &byte)| place.takes(byte, self.sought.fold))
            && !(self.sought.starts_token && at > 0 && places[at - 1].is_token())
            && !(self.sought.ends_token && places.get(after).is_some_and(|place| place.is_token()))
    }

    /// What the bits must say for the literal to stand at these places; None where they need not be asked.
    fn check(&self, window: &[Place]) -> Option<Check> {
        if let (
            Some(_),
            Place::Digit(Digit { marker: marker @ (HEX | BASE64 | BASE64_URL), run_offset, run_length, .. }),
        ) = (run_around(window), window[0])
        {
            return Some(Check::Within { marker, offset: run_offset, length: run_length });
        }
        let mut fields: Vec<Field> = Vec::new();
        for (place, &byte) in window.iter().zip(&self.literal) {
            let Place::Digit(Digit { marker: HEX | UUID, offset, .. }) = *place else { continue };
            let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
            match fields.last_mut() {
                Some(last) if last.offset + last.width as usize == offset && last.width < 4 * FIELD_DIGITS => {
                    last.value |= digit << last.width;
                    last.width += 4;
                }
                _ => fields.push(Field { offset, width: 4, value: digit }),
            }
        }
        if fields.is_empty() { None } else { Some(Check::Digits(fields)) }
    }
}

/// The run that all of the places are in. Of a UUID the dashes are in none.
fn run_around(window: &[Place]) -> Option<usize> {
    match (window.first()?, window.last()?) {
        (Place::Digit(first), Place::Digit(last)) if first.run == last.run && first.marker != UUID => Some(first.run),
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Place {
    Literal(u8),
    Digit(Digit),
}

/// A place in a run.
#[derive(Clone, Copy)]
struct Digit {
    marker: u8,
    /// Number of the run in its template.
    run: usize,
    run_offset: usize,
    run_length: usize,
    /// Where its bits start; of a base-36 digit, which has none of its own, those of the run.
    offset: usize,
}

/// The places of a template, of long runs only those that a literal of the given length can tell apart; None when the template
/// is damaged.
fn places_of(template: &[u8], literal_length: usize) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    let mut wire = Wire::new(template);
    let (mut run, mut offset) = (0, 0);
    while let Ok(marker) = wire.byte() {
        match marker {
            ESCAPE => places.push(Place::Literal(wire.byte().ok()?)),
            UUID => {
                let digit = Digit { marker, run, run_offset: offset, run_length: UUID_LENGTH, offset };
                let mut digits = 0;
                places.extend((0..UUID_LENGTH).map(|at| {
                    if matches!(at, 8 | 13 | 18 | 23) {
                        return Place::Literal(b'-');
                    }
                    digits += 1;
                    Place::Digit(Digit { offset: offset + 4 * (digits - 1), ..digit })
                }));
                run += 1;
                offset += 128;
            }
            HEX | UPPER | BASE64 | BASE64_URL => {
                let length = run_length(&mut wire).ok()?;
                let width = if marker == HEX { 4 } else { 6 };
                let kept = length.min(2 * literal_length);
                places.extend((0..kept).map(|at| {
                    // Between its ends all places of a run are alike.
                    let nth = if at < literal_length { at } else { length - (kept - at) };
                    let of_digit = if marker == UPPER { 0 } else { width * nth };
                    let digit =
                        Digit { marker, run, run_offset: offset, run_length: length, offset: offset + of_digit };
                    Place::Digit(digit)
                }));
                run += 1;
                offset += run_bits(marker, length);
            }
            byte => places.push(Place::Literal(byte)),
        }
    }
    Some(places)
}

impl Place {
    /// Whether a token character stands here in any case.
    fn is_token(self) -> bool {
        match self {
            Self::Literal(byte) => is_token_char(byte),
            Self::Digit(digit) => matches!(digit.marker, HEX | UPPER | UUID),
        }
    }

    fn takes(self, byte: u8, fold: bool) -> bool {
        match self {
            Self::Literal(own) if fold => own.eq_ignore_ascii_case(&byte),
            Self::Literal(own) => own == byte,
            Self::Digit(digit) => takes(digit.marker, byte, fold),
        }
    }
}

/// Whether a run of this marker may have the byte in it, or with `fold` its other case.
pub(super) fn takes(marker: u8, byte: u8, fold: bool) -> bool {
    let class = CLASS[byte as usize];
    let upper = if fold { ALNUM } else { DIGIT | UPPER_CASE };
    match marker {
        HEX | UUID => class & (DIGIT | LOWER_HEX) != 0 || (fold && byte.is_ascii_hexdigit()),
        UPPER => class & upper != 0,
        BASE64 => class & (ALNUM | PLUS_SLASH) != 0,
        _ => class & (ALNUM | MINUS_UNDERSCORE) != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::bits::BitWriter;
    use super::*;

    const EXACT: Sought = Sought { fold: false, starts_token: false, ends_token: false };
    const FOLDED: Sought = Sought { fold: true, ..EXACT };
    const TOKEN: Sought = Sought { fold: true, starts_token: true, ends_token: true };

    /// Whether the template of a text denies the literal, and whether its bits do.
    fn ask(text: &str, literal: &str, sought: Sought) -> (bool, bool) {
        let mut template = Vec::new();
        // As in a list of texts: others stand before.
        let mut bits = BitWriter::default();
        bits.put(0b101, 3);
        split(text.as_bytes(), &mut template, &mut bits);
        let seeker = Seeker::new(literal.as_bytes(), sought);
        let answer = seeker.ask(&template);
        (answer != Answer::Never, seeker.may_hold(&answer, &bits.finish(), 3))
    }

    #[test]
    fn a_template_tells_what_it_cannot_hold() {
        let text = "us-east-1/xK9/aB3+Zq8LmN2pQ7rS/tU5vW1xY4zA==";
        assert_eq!(ask(text, "east-1/anyThing", EXACT), (true, true));
        assert_eq!(ask(text, "EAST", FOLDED), (true, true));
        assert_eq!(ask(text, "EAST-", EXACT), (false, false));
        assert_eq!(ask(text, "evil-client", FOLDED), (false, false));
        assert_eq!(ask(text, "", FOLDED), (true, true));
    }

    #[test]
    fn a_token_does_not_stand_inside_a_longer_run() {
        let text = "key AKIAQ3EGTLJ4V2EXAMPL";
        assert_eq!(ask(text, "asia0123456789abcdef", TOKEN), (true, true));
        assert_eq!(ask(text, "asia0123456789abcde", TOKEN), (false, false));
        assert_eq!(ask(text, "asia0123456789abcde", Sought { ends_token: false, ..TOKEN }), (true, true));
        assert_eq!(ask(text, "asia0123456789abcde", Sought { starts_token: false, ..TOKEN }), (true, true));
        assert_eq!(ask(text, "asia0123456789abcde", FOLDED), (true, true));
        assert_eq!(ask(text, "key", TOKEN), (true, true));
        assert_eq!(ask(text, "ey", TOKEN), (false, false));
    }

    #[test]
    fn bits_tell_what_stands_in_runs() {
        let long = "xK9/aB3+Zq8LmN2pQ7rS/tU5vW1xY4zA";
        assert_eq!(ask(long, "Zq8LmN2p", EXACT), (true, true));
        assert_eq!(ask(long, "zQ8lMn2P", FOLDED), (true, true));
        assert_eq!(ask(long, "zQ8lMn2P", EXACT), (true, false));
        assert_eq!(ask(long, "tU5vW1xY4zA", EXACT), (true, true), "at the end");
        assert_eq!(ask(long, "tU5vW1xY4zB", EXACT), (true, false));
        assert_eq!(ask(long, "xK9/aB3", EXACT), (true, true), "at the start");
        assert_eq!(ask("digest 0123456789abcdef0123456789abcdef", "89abcdef01", EXACT), (true, true));
        assert_eq!(ask("digest 0123456789abcdef0123456789abcdef", "89ABCDEF01", FOLDED), (true, true));
        assert_eq!(ask("digest 0123456789abcdef0123456789abcdef", "89abcdef02", EXACT), (true, false));
        assert_eq!(ask("0123456789abcdef", "0123456789abcdef", TOKEN), (true, true));
        assert_eq!(ask("0123456789abcdef", "0123456789abcdee", TOKEN), (true, false));
    }

    #[test]
    fn bits_tell_what_stands_across_runs() {
        let id = "user i-0123456789abcdef0 of 3f2a1b4c-00aa-4bbb-8ccc-0123456789ab";
        assert_eq!(ask(id, "i-0123456789abcdef0", TOKEN), (true, true));
        assert_eq!(ask(id, "i-0123456789abcdef1", TOKEN), (true, false));
        assert_eq!(ask(id, "I-0123456789ABCDEF0 OF 3F2A", FOLDED), (true, true));
        assert_eq!(ask(id, "I-0123456789ABCDEF0 OF 3F2B", FOLDED), (true, false));
        assert_eq!(ask(id, "3f2a1b4c-00aa-4bbb-8ccc-0123456789ab", TOKEN), (true, true));
        assert_eq!(ask(id, "3f2a1b4c-00aa-4bbb-8ccd-0123456789ab", TOKEN), (true, false));
        assert_eq!(ask(id, "3f2a1b4c-00aa-4bbb-8ccc-0123456789ac", TOKEN), (true, false));
        assert_eq!(ask(id, "0 of 3", EXACT), (true, true));
        assert_eq!(ask(id, "1 of 3", EXACT), (true, false));
    }

    proptest::proptest! {
        #[test]
        fn what_is_there_is_never_denied(text in "([a-f0-9]{6,20}|[A-Z0-9]{14,30}|[A-Za-z0-9+/]{20,60}|[A-Za-z0-9_-]{20,60}|[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}|.|-){0,6}", from in 0usize..100, length in 1usize..50) {
            let piece = text.get(from..from + length).unwrap_or("");
            proptest::prop_assert_eq!(ask(&text, piece, EXACT), (true, true));
            proptest::prop_assert_eq!(ask(&text, &piece.to_ascii_lowercase(), FOLDED), (true, true));
            proptest::prop_assert_eq!(ask(&text, &piece.to_ascii_uppercase(), FOLDED), (true, true));
            if !piece.is_empty() {
                let is_token = |byte: Option<&u8>| byte.copied().is_some_and(is_token_char);
                let (before, after) = (&text.as_bytes()[..from], &text.as_bytes()[from + length..]);
                let (starts_token, ends_token) = (!is_token(before.last()), !is_token(after.first()));
                let sought = Sought { fold: false, starts_token, ends_token };
                proptest::prop_assert_eq!(ask(&text, piece, sought), (true, true));
            }
        }

        #[test]
        fn what_bits_say_of_a_run_is_what_the_text_says(text in "[A-Za-z0-9+/]{24,90}", literal in "[A-D0-3]{1,3}") {
            let mut template = Vec::new();
            split(text.as_bytes(), &mut template, &mut BitWriter::default());
            proptest::prop_assume!(template.first() == Some(&BASE64) && template.len() == 2);
            proptest::prop_assert_eq!(ask(&text, &literal, EXACT).1, text.contains(&literal));
            let folded = text.to_ascii_lowercase().contains(&literal.to_ascii_lowercase());
            proptest::prop_assert_eq!(ask(&text, &literal, FOLDED).1, folded);
        }
    }
}
