//! What a template tells without its bits.
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

/// Whether some text of this template may contain `literal`. Looks at no bits.
pub fn may_contain(template: &[u8], literal: &[u8], sought: Sought) -> bool {
    let fold = sought.fold;
    // A byte that no run can hold must stand in the template itself.
    let is_outside = |byte: &&u8| CLASS[**byte as usize] == 0;
    if literal.iter().filter(is_outside).any(|&byte| memchr::memchr(byte, template).is_none()) {
        return false;
    }
    let mut places: Vec<Place> = Vec::new();
    let mut wire = Wire::new(template);
    while let Ok(marker) = wire.byte() {
        match marker {
            ESCAPE => places.extend(wire.byte().ok().map(Place::Literal)),
            UUID => places.extend((0..UUID_LENGTH).map(|at| match at {
                8 | 13 | 18 | 23 => Place::Literal(b'-'),
                _ => Place::Run(HEX),
            })),
            HEX | UPPER | BASE64 | BASE64_URL => {
                let Ok(length) = run_length(&mut wire) else { return true };
                let is_inside = !(sought.starts_token || sought.ends_token) || !Place::Run(marker).is_token();
                if is_inside
                    && length >= literal.len()
                    && literal.iter().all(|&byte| Place::Run(marker).takes(byte, fold))
                {
                    return true;
                }
                // Inside a run all places are alike, so a longer one offers nothing new.
                places.extend(std::iter::repeat_n(Place::Run(marker), length.min(2 * literal.len())));
            }
            byte => places.push(Place::Literal(byte)),
        }
    }
    let takes_at = |(at, window): (usize, &[Place])| {
        window.iter().zip(literal).all(|(place, &byte)| place.takes(byte, fold))
            && !(sought.starts_token && at > 0 && places[at - 1].is_token())
            && !(sought.ends_token && places.get(at + literal.len()).is_some_and(|place| place.is_token()))
    };
    literal.is_empty() || places.windows(literal.len()).enumerate().any(takes_at)
}

#[derive(Clone, Copy)]
enum Place {
    Literal(u8),
    /// A place in a run of this marker.
    Run(u8),
}

impl Place {
    /// Whether a token character stands here in any case.
    fn is_token(self) -> bool {
        match self {
            Self::Literal(byte) => is_token_char(byte),
            Self::Run(marker) => matches!(marker, HEX | UPPER),
        }
    }

    fn takes(self, byte: u8, fold: bool) -> bool {
        match self {
            Self::Literal(own) if fold => own.eq_ignore_ascii_case(&byte),
            Self::Literal(own) => own == byte,
            Self::Run(marker) => {
                let class = CLASS[byte as usize];
                let upper = if fold { ALNUM } else { DIGIT | UPPER_CASE };
                match marker {
                    HEX => class & (DIGIT | LOWER_HEX) != 0 || (fold && byte.is_ascii_hexdigit()),
                    UPPER => class & upper != 0,
                    BASE64 => class & (ALNUM | PLUS_SLASH) != 0,
                    _ => class & (ALNUM | MINUS_UNDERSCORE) != 0,
                }
            }
        }
    }
}
