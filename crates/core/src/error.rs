//! What the engine can fail with. Corrupt bytes are an error that names the section and the offset, never a panic.
use std::fmt;

/// A failure of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreError {
    /// Stored bytes are not what they must be. `offset` counts from the start of the file.
    Corrupt { section: &'static str, offset: u64, reason: String },
    /// A named limit was reached.
    Limit(String),
    /// The caller broke the contract, for instance fed other ranges than were asked for.
    Usage(String),
    /// The plan is not one that this engine understands.
    Plan(String),
}

pub type Result<T> = std::result::Result<T, CoreError>;

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { section, offset, reason } => write!(f, "damaged {section} at offset {offset}: {reason}"),
            Self::Limit(text) | Self::Usage(text) | Self::Plan(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for CoreError {}

/// Decoders work on slices and know no file offset; their caller adds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError(pub &'static str);

impl DecodeError {
    /// Places the error in the file.
    pub fn at(self, section: &'static str, offset: u64) -> CoreError {
        CoreError::Corrupt { section, offset, reason: self.0.to_string() }
    }
}
