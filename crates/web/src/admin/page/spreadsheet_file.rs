//! CSV files that pages hand to people, who open them in a spreadsheet.
//!
//! They begin with a byte order mark, without which Excel takes them for the code page of its machine
//! and spoils every name that is not English. Programs get theirs from the API, without it.

use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file that is there as a whole.
pub(crate) fn spreadsheet_file(name: &str, csv: &str) -> Response {
    answer(name, Body::from(format!("{BYTE_ORDER_MARK}{csv}")))
}

/// One that comes part by part: its first part, if it is not empty, and what makes the body of it.
pub(crate) fn spreadsheet_parts(
    name: &str,
    first: Option<Vec<u8>>,
    body: impl FnOnce(Option<Vec<u8>>) -> Body,
) -> Response {
    let marked = first.map(|part| [BYTE_ORDER_MARK.as_bytes(), &part].concat());
    answer(name, body(marked))
}

fn answer(name: &str, body: Body) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}
