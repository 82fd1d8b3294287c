//! Dates, numbers and money as a language and its region write them, in the reader's time zone.
//!
//! Invariant: a text that is no date or number makes nothing, never a guess: `1,234` is a thousand
//! here and a little more than one there.

mod conventions;
mod dates;
mod numbers;

pub(crate) use conventions::{Conventions, LANGUAGE, TextLocale, language_tags, time_zone};
pub(crate) use dates::{DateForm, DatePart, date_text};
pub(crate) use numbers::{currency_type, money_text, number_text};
