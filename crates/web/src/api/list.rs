//! What every list has: a limit, and a cursor to its next page.
//!
//! Invariant: a cursor belongs to one list with one filter and is refused with another; it holds no
//! secret and grants nothing.

use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::api::problem::Problem;
use crate::api::reply::{Reply, hash};

const LIMIT: usize = 50;
const MOST: usize = 500;
/// Characters of the hash of a list in its cursors.
const HASH_CHARS: usize = 16;

/// Batches that are looked through for one page.
const BATCHES: usize = 20;

/// The parameters of a list: its own, and those that every list takes.
macro_rules! list_params {
    ($(#[$of:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$of])*
        #[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$about])* pub(crate) $field: $kind,)*
            /// How many at most.
            #[param(minimum = 1, maximum = 500, default = 50)]
            pub(crate) limit: Option<u16>,
            /// Where to go on: `next` of the page before, with the same filter.
            #[param(pattern = "^[0-9a-f]{18,1024}$")]
            pub(crate) after: Option<String>,
        }
    };
}
pub(crate) use list_params;

/// In which order a list is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListOrder {
    Newest,
    Oldest,
}

/// A page that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct ListAsked {
    /// The list with its filter.
    list: String,
    pub(crate) limit: usize,
    /// The key of the last one of the page before.
    pub(crate) after: Option<String>,
}

/// Rows that were looked up at once.
pub(crate) struct Batch<T> {
    pub(crate) rows: Vec<T>,
    /// Where the next one begins, if there is more.
    pub(crate) next: Option<i64>,
    /// So many rows were looked at for it that the page should end here.
    pub(crate) is_last_for_now: bool,
}

/// A page of a list.
#[derive(Serialize)]
struct Page<'a, T> {
    data: &'a [T],
    next: Option<String>,
}

impl ListAsked {
    /// The page of the list at `path` with those parts of a filter that are set.
    pub(crate) fn new(
        path: &str,
        filter: &[(&str, Option<&str>)],
        limit: Option<u16>,
        after: Option<&str>,
    ) -> Result<Self, Problem> {
        let limit = limit.map_or(LIMIT, usize::from);
        if !(1..=MOST).contains(&limit) {
            let words = format!("“limit” must be from 1 to {MOST}.");
            return Err(Problem::bad_request("query", words));
        }
        let mut list = path.to_owned();
        for (name, value) in filter {
            if let Some(value) = value {
                let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
                list.push_str(&format!("&{name}={value}"));
            }
        }
        let after = after.map(|cursor| decode(&list, cursor)).transpose()?;
        Ok(Self { list, limit, after })
    }

    /// The id behind which the page begins.
    pub(crate) fn after_id(&self) -> Result<Option<i64>, Problem> {
        let read = |key: &String| key.parse().map_err(|_| foreign());
        self.after.as_ref().map(read).transpose()
    }

    /// The rows of a page out of batches, of which `batch` gives the one behind an id, and where the
    /// next one begins. A page may end early, when few of many rows are taken: its `next` goes on.
    pub(crate) async fn fill<T, F>(
        &self,
        batch: impl Fn(Option<i64>) -> F,
        takes: impl Fn(&T) -> bool,
        id: impl Fn(&T) -> i64,
    ) -> Result<(Vec<T>, Option<i64>), Problem>
    where
        F: Future<Output = Result<Batch<T>, Problem>>,
    {
        let (mut rows, mut after): (Vec<T>, _) = (Vec::new(), self.after_id()?);
        for _ in 0..BATCHES {
            let Batch { rows: found, next, is_last_for_now } = batch(after).await?;
            for row in found.into_iter().filter(&takes) {
                if rows.len() == self.limit {
                    let last = rows.last().map(&id);
                    return Ok((rows, last));
                }
                rows.push(row);
            }
            if next.is_none() || is_last_for_now || rows.len() == self.limit {
                return Ok((rows, next));
            }
            after = next;
        }
        Ok((rows, after))
    }

    /// The page of what is all in memory, by falling numbers.
    pub(crate) fn page_by_number<T: Serialize>(
        &self,
        mut all: Vec<T>,
        number: impl Fn(&T) -> i64,
    ) -> Result<Reply, Problem> {
        let after = self.after_id()?;
        all.retain(|it| after.is_none_or(|after| number(it) < after));
        all.sort_unstable_by_key(|it| std::cmp::Reverse(number(it)));
        let shown = all.get(..self.limit).unwrap_or(&all);
        let next = shown.last().filter(|_| shown.len() < all.len()).map(number);
        self.page(shown, next)
    }

    /// The page with these, and more behind this key if there is one.
    pub(crate) fn page<T: Serialize>(
        &self,
        data: &[T],
        next: Option<impl ToString>,
    ) -> Result<Reply, Problem> {
        let next = next.map(|key| encode(&self.list, &key.to_string()));
        Reply::of(&Page { data, next })
    }

    /// A page of what is all in memory, in the order of its keys.
    pub(crate) fn page_of<T: Serialize>(
        &self,
        all: &[T],
        key: impl Fn(&T) -> String,
    ) -> Result<Reply, Problem> {
        let begin = match &self.after {
            None => 0,
            // What the cursor names may be gone; what comes behind it is not.
            Some(after) => all.iter().take_while(|it| key(it) <= *after).count(),
        };
        let end = (begin + self.limit).min(all.len());
        let shown = all.get(begin..end).unwrap_or_default();
        let next = shown.last().filter(|_| end < all.len()).map(key);
        self.page(shown, next)
    }
}

fn encode(list: &str, key: &str) -> String {
    let of: String = hash(list.as_bytes()).chars().take(HASH_CHARS).collect();
    let key: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
    of + &key
}

fn decode(list: &str, cursor: &str) -> Result<String, Problem> {
    let (of, key) = cursor.split_at_checked(HASH_CHARS).ok_or_else(foreign)?;
    let key: Option<Vec<u8>> = key
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let key = key.and_then(|key| String::from_utf8(key).ok()).ok_or_else(foreign)?;
    // Which also refuses signs and capital letters, of which none is ours.
    if encode(list, &key) != cursor || !hash(list.as_bytes()).starts_with(of) {
        return Err(foreign());
    }
    Ok(key)
}

fn foreign() -> Problem {
    let words = "“after” is not of this list with this filter: take it from “next”, or begin \
        without it.";
    Problem::new(StatusCode::BAD_REQUEST, "cursor", words)
}

/// What was given, without blanks around it; nothing when nothing is left.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(filter: Option<&str>, after: Option<&str>) -> Result<ListAsked, Problem> {
        ListAsked::new("/api/v1/contacts", &[("q", filter)], Some(2), after)
    }

    #[test]
    fn a_cursor_is_read_by_its_own_list_only() {
        let cursor = encode(&list(Some("a&b"), None).unwrap().list, "17");
        let read = list(Some("a&b"), Some(&cursor)).unwrap();
        assert_eq!(read.after_id().unwrap(), Some(17));
        assert_eq!(list(Some("a"), Some(&cursor)).unwrap_err().code, "cursor");
        let upper = cursor.to_uppercase();
        for text in ["", "1", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", &upper] {
            assert_eq!(list(Some("a&b"), Some(text)).unwrap_err().code, "cursor", "{text}");
        }
        let cut = &cursor[..cursor.len() - 1];
        assert_eq!(list(Some("a&b"), Some(cut)).unwrap_err().code, "cursor");
    }

    #[test]
    fn what_is_in_memory_is_paged_without_loss() {
        let all = || vec!["a", "b", "c", "d", "e"];
        let (mut after, mut seen) = (None, Vec::new());
        for _ in 0..4 {
            let asked = list(None, after.as_deref()).unwrap();
            let reply = asked.page_of(&all(), |it| (*it).to_owned()).unwrap();
            let page: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            seen.extend(page["data"].as_array().unwrap().clone());
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, all());
    }

    #[test]
    fn limits_are_bounded() {
        for wrong in [0, 501, u16::MAX] {
            assert!(ListAsked::new("/a", &[], Some(wrong), None).is_err(), "{wrong}");
        }
        assert_eq!(ListAsked::new("/a", &[], None, None).unwrap().limit, 50);
    }
}
