//! Names and values as lines of a text, for a form that works without script: `name: value`; a value
//! of several lines goes on in lines that begin with two blanks.
//!
//! Invariant: what nobody has touched is no change, whatever it holds.

use std::collections::BTreeMap;

use crate::admin::page::refused::{Refused, wrong};

pub(crate) type Attributes = BTreeMap<String, String>;

/// The text of a form's field.
pub(crate) fn print(attributes: &Attributes) -> String {
    let line = |(name, value): (&String, &String)| {
        format!("{name}: {}", plain(value).replace('\n', "\n  "))
    };
    attributes.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Browsers know one end of a line, and write another.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What was typed. `field` is where it was.
pub(crate) fn parse(field: &str, text: &str) -> Result<Attributes, Refused> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (index, line) in plain(text).split('\n').enumerate() {
        let place = index + 1;
        if let Some(more) = line.strip_prefix("  ") {
            let Some((_, value)) = found.last_mut() else {
                return Err(wrong(field, format!("line {place} should begin with a name")));
            };
            value.push('\n');
            value.push_str(more);
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else {
            let words = format!("line {place} should be a name, a colon and a value: plan: team");
            return Err(wrong(field, words));
        };
        let name = name.trim().to_owned();
        if found.iter().any(|(known, _)| *known == name) {
            return Err(wrong(field, format!("line {place} names “{name}” a second time")));
        }
        found.push((name, value.strip_prefix(' ').unwrap_or(value).to_owned()));
    }
    Ok(found.into_iter().collect())
}

/// What has to be set to make the second of the first: an empty value removes it.
pub(crate) fn difference(before: &Attributes, after: &Attributes) -> Attributes {
    let same = |name: &String, value: &String| before.get(name).is_some_and(|it| it == value);
    let set = after.iter().filter(|(name, value)| !same(name, value));
    let set = set.filter(|(name, value)| !value.is_empty() || before.contains_key(*name));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let set = set.map(|(name, value)| (name.clone(), value.clone()));
    set.chain(gone.map(|name| (name.clone(), String::new()))).collect()
}

/// What comes of a change.
pub(crate) fn changed(mut attributes: Attributes, change: &Attributes) -> Attributes {
    attributes.extend(change.clone());
    attributes.retain(|_, value| !value.is_empty());
    attributes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Attributes {
        let Ok(found) = parse("attributes", text) else { panic!("{text:?} is refused") };
        found
    }

    fn words(text: &str) -> String {
        match parse("attributes", text) {
            Err(Refused::Form(_, problem)) => problem.words,
            _ => panic!("{text:?} is fine"),
        }
    }

    #[test]
    fn lines_are_names_and_values() {
        let read = of("plan: team\r\n\r\nnote:a: b\r\n  and more\r\n");
        let told: Vec<_> = read.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(told, ["note=a: b\nand more", "plan=team"]);
        assert!(words("plan team").contains("Line 1"));
        assert!(words("a: 1\n\nb").contains("Line 3"));
        assert!(words("  more").contains("Line 1"));
        assert!(words("a: 1\na: 2").contains("a second time"));
    }

    #[test]
    fn a_change_names_what_is_different() {
        let change = difference(&of("a: 1\nb: 2\nc: 3"), &of("a: 1\nb: 3\nd: 4\ne:"));
        assert_eq!(change, of("b: 3\nc:\nd: 4"));
        assert_eq!(changed(of("b: 9\nc: 3\nx: 0"), &change), of("b: 3\nd: 4\nx: 0"));
    }

    proptest! {
        #[test]
        fn what_nobody_has_touched_is_no_change(
            kept in prop::collection::btree_map("[a-z_]{1,9}", "[^\0]{1,40}", 0..8)
        ) {
            let shown = print(&kept);
            // As a browser sends it back.
            let sent = shown.replace('\n', "\r\n");
            prop_assert!(difference(&of(&shown), &of(&sent)).is_empty());
            let names: Vec<_> = of(&sent).into_keys().collect();
            prop_assert_eq!(names, kept.into_keys().collect::<Vec<_>>());
        }
    }
}
