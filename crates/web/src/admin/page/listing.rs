//! What every list has: its filter in the query string, and the way to its next page.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::admin::page::cursor;
use crate::admin::page::problem::PageProblem;

/// The address of a list with its filter, which can be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListAddress {
    path: String,
    query: String,
}

impl ListAddress {
    /// The list at `path`, with those parts of the filter that are set.
    pub(crate) fn new(path: impl Into<String>, filter: &[(&str, Option<&str>)]) -> Self {
        let set = filter.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        let pair =
            |(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
        let query = set.map(pair).collect::<Vec<_>>().join("&");
        Self { path: path.into(), query }
    }

    /// The list from its beginning.
    pub(crate) fn first(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The list behind the row with this id.
    pub(crate) fn behind(&self, id: i64) -> String {
        let first = self.first();
        let joint = if self.query.is_empty() { '?' } else { '&' };
        format!("{first}{joint}cursor={}", cursor::encode(&first, id))
    }

    /// Behind which row the page that was asked for begins.
    pub(crate) fn read(&self, cursor: Option<&str>) -> Result<Option<i64>, PageProblem> {
        let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        match cursor::decode(&self.first(), cursor) {
            Ok(after) => Ok(Some(after)),
            Err(cursor::ForeignCursor) => Err(PageProblem::Refused(format!(
                "Its “cursor” is not of this list with this filter. The list begins at {}.",
                self.first()
            ))),
        }
    }
}

/// The links below a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pager {
    /// Back to the beginning, unless this is it.
    pub(crate) first: Option<String>,
    pub(crate) next: Option<String>,
    /// What is said about rows that were not looked at.
    pub(crate) note: Option<&'static str>,
}

impl Pager {
    /// For a page that begins behind `after` and is followed by one behind `next`.
    pub(crate) fn new(list: &ListAddress, after: Option<i64>, next: Option<i64>) -> Self {
        Self {
            first: after.map(|_| list.first()),
            next: next.map(|next| list.behind(next)),
            note: None,
        }
    }
}

/// What was typed, without blanks around it; nothing when nothing is left, or too much was typed.
pub(crate) fn typed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_the_address_and_its_cursor_fits_no_other() {
        let list = ListAddress::new("/admin/contacts", &[("q", Some("a&b")), ("topic", None)]);
        assert_eq!(list.first(), "/admin/contacts?q=a%26b");
        let next = list.behind(7);
        let cursor = next.rsplit_once('=').unwrap().1;
        assert_eq!(list.read(Some(cursor)).unwrap(), Some(7));
        assert_eq!(list.read(None).unwrap(), None);
        let other = ListAddress::new("/admin/contacts", &[("q", Some("a"))]);
        assert!(other.read(Some(cursor)).is_err());
    }
}
