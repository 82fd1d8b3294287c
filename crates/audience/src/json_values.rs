//! A cell that holds a JSON object: its values become attributes.
//!
//! `{"city": "Ulm", "plan": {"name": "Pro"}, "tags": ["a", "b"]}` becomes city, plan_name and tags. A
//! list is joined by commas; a list that holds objects or lists has no place in a flat attribute, and
//! rejects its row instead of losing something.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::columns::snake;
use crate::unreadable_line::MAX_FIELDS;

/// Objects in objects.
const MOST_DEPTH: usize = 8;

/// Adds what a cell says to attributes that are not there yet: a column of its own says more.
pub(crate) fn read(cell: &str, into: &mut BTreeMap<String, String>) -> Result<(), String> {
    if cell.is_empty() {
        return Ok(());
    }
    let told = serde_json::from_str(cell);
    let Ok(Value::Object(values)) = told else {
        return Err("it is not a JSON object such as {\"city\": \"Ulm\"}".to_owned());
    };
    let mut found = BTreeMap::new();
    for (name, value) in values {
        add(&name, value, MOST_DEPTH, &mut found)?;
    }
    for (name, value) in found {
        into.entry(name).or_insert(value);
    }
    Ok(())
}

fn add(
    name: &str,
    value: Value,
    depth: usize,
    found: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let text = match value {
        Value::Object(_) if depth == 0 => {
            return Err(format!("its objects are more than {MOST_DEPTH} deep"));
        }
        Value::Object(values) => {
            for (inner, value) in values {
                add(&format!("{name}_{inner}"), value, depth - 1, found)?;
            }
            return Ok(());
        }
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(plain).collect();
            let texts = texts.ok_or_else(|| {
                format!("the list {name:?} holds objects or lists, which no attribute can")
            })?;
            texts.join(", ")
        }
        value => plain(value).unwrap_or_default(),
    };
    let name = snake(name);
    if name.is_empty() || text.trim().is_empty() {
        return Ok(());
    }
    if text.contains('\0') {
        return Err(format!("{name:?} contains a NUL character"));
    }
    if let Some(other) = found.insert(name.clone(), text.trim().to_owned())
        && found.get(&name) != Some(&other)
    {
        return Err(format!("two of its values would become {name}"));
    }
    if found.len() > MAX_FIELDS {
        return Err(format!("it has more than {MAX_FIELDS} values"));
    }
    Ok(())
}

/// A value that is no object and no list; nothing for null.
fn plain(value: Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(cell: &str) -> Result<String, String> {
        let mut attributes = BTreeMap::from([("city".to_owned(), "Bonn".to_owned())]);
        read(cell, &mut attributes)?;
        Ok(attributes
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" "))
    }

    #[test]
    fn values_become_attributes_and_a_column_says_more() {
        let cell = r#"{"city":"Ulm","Plan":{"Name":"Pro","paid":true},"tags":["a","b"],"age":41,"x":null}"#;
        assert_eq!(told(cell).unwrap(), "age=41 city=Bonn plan_name=Pro plan_paid=true tags=a, b");
        assert_eq!(told("").unwrap(), "city=Bonn");
        assert_eq!(told("{}").unwrap(), "city=Bonn");
    }

    #[test]
    fn what_does_not_fit_rejects_the_row() {
        for (cell, words) in [
            ("[1]", "not a JSON object"),
            ("{city: 1}", "not a JSON object"),
            (r#"{"orders":[{"id":1}]}"#, "\"orders\" holds objects"),
            (r#"{"plan":{"name":"a"},"plan_name":"b"}"#, "would become plan_name"),
            (r#"{"a":"\u0000b"}"#, "NUL"),
        ] {
            let refused = told(cell).unwrap_err();
            assert!(refused.contains(words), "{cell}: {refused}");
        }
        let deep = "{\"a\":".repeat(12) + "1" + &"}".repeat(12);
        assert!(told(&deep).unwrap_err().contains("deep"));
    }
}
