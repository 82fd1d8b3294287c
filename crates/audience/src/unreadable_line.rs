//! What a record of a CSV file may be, and why a line is none.

/// The longest record, in bytes. A longer line is handed out in parts.
pub(crate) const MAX_RECORD_BYTES: usize = 64 << 10;
/// No record may have more fields.
pub(crate) const MAX_FIELDS: usize = 1_000;
/// Lines in a quoted field. A longer one is a quote left open, not a long note.
pub(crate) const MAX_FIELD_LINES: usize = 100;

/// Why a line is not a record. Cells are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableLine {
    /// The file ends inside of this cell.
    #[error("the quote that opens cell {0} is not closed by the end of the file")]
    OpenAtEnd(usize),
    /// This cell runs on for too long.
    #[error("the quote that opens cell {0} is not closed within {MAX_FIELD_LINES} lines or 64 kB")]
    OpenTooLong(usize),
    /// Neither a separator nor a line end follows this cell's second quote.
    #[error(
        "text follows the closing quote of cell {0}: is a quote left open, or not doubled \
         inside a cell?"
    )]
    TextAfterQuote(usize),
    /// More bytes than a record may have.
    #[error("the line is longer than {MAX_RECORD_BYTES} bytes")]
    TooLong,
    /// More cells than a record may have.
    #[error("the line has more than {MAX_FIELDS} cells")]
    TooManyFields,
}

impl UnreadableLine {
    /// The field that it is about, counted from 1.
    pub(crate) const fn field(self) -> Option<usize> {
        match self {
            Self::OpenAtEnd(field) | Self::OpenTooLong(field) | Self::TextAfterQuote(field) => {
                Some(field)
            }
            Self::TooLong | Self::TooManyFields => None,
        }
    }
}
