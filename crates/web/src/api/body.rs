//! Reads a body of JSON, and says by a pointer where it is wrong.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::api::problem::Problem;

/// The body as `T`.
///
/// # Errors
/// 400 for what is not JSON; 422 with a pointer for fields that are missing, unknown, twice there or
/// of the wrong kind, for zero bytes and for halves of surrogate pairs: no text holds them, and
/// PostgreSQL takes none.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value: Value = serde_path_to_error::deserialize(&mut json).map_err(|it| not_json(&it))?;
    json.end().map_err(|problem| {
        Problem::bad_request("json", format!("There is something behind the JSON: {problem}."))
    })?;
    if let Some(pointer) = zero_byte(&value) {
        let words = "A text must not hold the character U+0000.";
        return Err(Problem::of_field(pointer, "nul", words));
    }
    // A list would be taken for the fields in their order.
    if !value.is_object() {
        let words = "The body should be an object: {...}.";
        return Err(Problem::of_field(String::new(), "field", words));
    }
    // From the bytes again, because a value no longer knows which names came twice.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|it| wrong_shape(&it))
}

fn not_json(problem: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let pointer = pointer(problem.path());
    let words = problem.inner().to_string();
    if words.contains("surrogate") || words.contains("hex escape") {
        let words = format!("A text holds half a character: {words}.");
        return Problem::of_field(pointer, "surrogate", words);
    }
    Problem::bad_request("json", format!("The body is not JSON: {words}."))
}

fn wrong_shape(problem: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let mut pointer = pointer(problem.path());
    let words = problem.inner().to_string();
    for wrong in ["missing field `", "unknown field `"] {
        let name = words.strip_prefix(wrong).and_then(|rest| rest.split('`').next());
        if let Some(name) = name {
            let end = format!("/{}", escaped(name));
            if !pointer.ends_with(&end) {
                pointer.push_str(&end);
            }
        }
    }
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    Problem::of_field(pointer, "field", format!("This is not what is expected here: {words}."))
}

/// A JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { variant } => format!("/{}", escaped(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where a text with a zero byte is. As deep as the parser goes, which is bounded.
fn zero_byte(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(index, value)| zero_byte(value).map(|rest| format!("/{index}{rest}"))),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let here = format!("/{}", escaped(name));
            if name.contains('\0') {
                return Some(here);
            }
            zero_byte(value).map(|rest| format!("{here}{rest}"))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The body of a request that needs none: empty, or an empty object.
pub(crate) fn nothing(bytes: &[u8]) -> Result<(), Problem> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    match bytes.trim_ascii() {
        [] => Ok(()),
        bytes => read::<Nothing>(bytes).map(|Nothing {}| ()),
    }
}

/// The same for a file.
pub(crate) fn file_too_large() -> Problem {
    let words = "The file has more than 1 GiB; split it.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", words)
}

/// 413.
pub(crate) fn too_large(most: usize) -> Problem {
    let words = format!("A body has at most {} KiB.", most / 1024);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", words)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Shape {
        name: String,
        #[serde(default)]
        scopes: Vec<String>,
        #[serde(default)]
        values: BTreeMap<String, String>,
    }

    fn refused(text: &str) -> String {
        let response = read::<Shape>(text.as_bytes()).unwrap_err();
        let code = response.code;
        format!("{code} {response:?}")
    }

    #[test]
    fn what_is_wrong_is_named_by_a_pointer() {
        for (text, code, pointer) in [
            ("{}", "field", "\"/name\""),
            ("{\"name\":1}", "field", "\"/name\""),
            ("{\"name\":\"a\",\"b/c\":1}", "field", "\"/b~1c\""),
            ("{\"name\":\"a\",\"scopes\":[\"a\",2]}", "field", "\"/scopes/1\""),
            ("{\"name\":\"a\",\"name\":\"b\"}", "field", "duplicate"),
            ("{\"name\":\"a\\u0000\"}", "nul", "\"/name\""),
            ("{\"name\":\"a\",\"scopes\":[\"a\",\"\\u0000\"]}", "nul", "\"/scopes/1\""),
            ("{\"name\":\"a\",\"values\":{\"~\\u0000\":\"\"}}", "nul", "\"/values/~0\\0\""),
            ("{\"name\":\"a\\ud800\"}", "surrogate", "\"/name\""),
            ("{\"name\":\"a\",\"scopes\":[\"\\udc00\"]}", "surrogate", "\"/scopes/0\""),
            ("[]", "field", "\"\""),
            ("[\"a\",[],{}]", "field", "\"\""),
        ] {
            let said = refused(text);
            assert!(said.starts_with(code), "{text}: {said}");
            assert!(said.contains(pointer), "{text}: {said}");
        }
        let deep = "[".repeat(10_000);
        for text in ["", "{", "{\"name\":\"a\"}{}", "nan", deep.as_str()] {
            assert!(refused(text).starts_with("json"), "{text}");
        }
    }

    #[test]
    fn what_needs_no_body_takes_an_empty_one() {
        assert!(nothing(b"").is_ok() && nothing(b" {} ").is_ok());
        for other in ["{\"a\":1}", "[1]", "[]"] {
            assert!(nothing(other.as_bytes()).is_err(), "{other}");
        }
    }
}
