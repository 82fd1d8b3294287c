//! The columns of an import: which holds the address, and what the others are called.
//!
//! Invariants: one column is the address; two columns never fill the same attribute; a column
//! without a name is passed over.

use std::collections::BTreeMap;

use crate::ImportError;

/// Names under which an address is looked for, the likeliest first, as attribute names.
const EMAIL_NAMES: [&str; 5] = ["email", "e_mail", "mail", "email_address", "e_mail_address"];
/// What may stand between two fields.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// The columns of a file from left to right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    columns: Vec<Column>,
}

/// One column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// As the file calls it.
    pub(crate) name: String,
    /// What its fields become.
    pub(crate) role: Role,
}

/// What the fields of a column become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The address.
    Email,
    /// The attribute of this name.
    Attribute(String),
    /// Nothing: the column has no name.
    Ignored,
}

impl Columns {
    /// Reads the header. `map` gives columns (whatever their case) another attribute name.
    pub(crate) fn parse(names: &[&str], map: &[(String, String)]) -> Result<Self, ImportError> {
        let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
        let found = || names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (column, _) in map {
            if !names.iter().any(|name| same(name, column)) {
                return Err(ImportError::UnknownColumn { column: column.clone(), found: found() });
            }
        }
        let attributes: Vec<String> = names.iter().map(|name| attribute(name, map)).collect();
        let email = EMAIL_NAMES.iter().find(|name| attributes.iter().any(|it| it == *name));
        let email = email.ok_or_else(|| ImportError::NoEmailColumn { found: found() })?;
        check_distinct(&names, &attributes)?;
        let column = |(name, attribute): (&&str, String)| Column {
            name: (*name).to_owned(),
            role: match attribute.as_str() {
                "" => Role::Ignored,
                it if it == *email => Role::Email,
                _ => Role::Attribute(attribute),
            },
        };
        Ok(Self { columns: names.iter().zip(attributes).map(column).collect() })
    }

    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }
}

fn check_distinct(names: &[&str], attributes: &[String]) -> Result<(), ImportError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, attribute) in names.iter().zip(attributes) {
        if attribute.is_empty() {
            continue;
        }
        if let Some(first) = seen.insert(attribute, name) {
            return Err(ImportError::SameColumn {
                first: first.to_owned(),
                second: (*name).to_owned(),
                attribute: attribute.clone(),
            });
        }
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.trim().to_lowercase()
}

fn attribute(name: &str, map: &[(String, String)]) -> String {
    let mapped = map.iter().find(|(column, _)| same(name, column));
    snake(mapped.map_or(name, |(_, attribute)| attribute))
}

/// `First Name`, `first-name` and `firstName` become `first_name`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    let (mut gap, mut lower_before) = (false, false);
    for character in name.chars() {
        if !character.is_alphanumeric() {
            gap = true;
            continue;
        }
        if (gap || (lower_before && character.is_uppercase())) && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
        gap = false;
        lower_before = character.is_lowercase() || character.is_numeric();
    }
    snake
}

/// What separates the fields: whichever of comma, semicolon and tab the header has most of
/// outside quotes.
pub(crate) fn separator(header: &[u8]) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in header {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => {
                for (separator, count) in SEPARATORS.iter().zip(&mut counts) {
                    *count += usize::from(separator == byte);
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let best = SEPARATORS.iter().zip(counts).find(|(_, count)| *count == most);
    best.map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &[&str], map: &[(&str, &str)], expect: &[&str]) {
        let map: Vec<_> = map.iter().map(|(c, a)| ((*c).to_owned(), (*a).to_owned())).collect();
        let columns = Columns::parse(header, &map).unwrap();
        let roles: Vec<&str> = columns
            .iter()
            .map(|column| match &column.role {
                Role::Email => "@",
                Role::Attribute(name) => name,
                Role::Ignored => "-",
            })
            .collect();
        assert_eq!(roles, expect, "{header:?}");
    }

    #[test]
    fn the_address_is_found_under_its_usual_names() {
        for name in ["email", "E-Mail", "MAIL", " Email Address ", "eMail", "e-mail address"] {
            check(&["name", name], &[], &["name", "@"]);
        }
    }

    #[test]
    fn the_likeliest_of_two_addresses_is_taken_and_the_other_is_an_attribute() {
        check(&["mail", "email"], &[], &["mail", "@"]);
    }

    #[test]
    fn other_columns_become_attributes_in_lower_snake_case() {
        check(
            &["email", "First Name", "lastName", "Größe (cm)", "Line 2", ""],
            &[],
            &["@", "first_name", "last_name", "größe_cm", "line_2", "-"],
        );
    }

    #[test]
    fn a_mapped_column_gets_the_name_it_was_given() {
        check(
            &["Kontakt", "Vorname"],
            &[("KONTAKT", "email"), ("vorname", "first_name")],
            &["@", "first_name"],
        );
    }

    #[test]
    fn a_file_without_addresses_is_refused_with_its_columns() {
        let refused = Columns::parse(&["name", "phone"], &[]).unwrap_err().to_string();
        assert_eq!(refused, "no column is called email; the first line names name, phone");
    }

    #[test]
    fn two_columns_for_one_attribute_are_refused() {
        let refused = Columns::parse(&["email", "first name", "First_Name"], &[]).unwrap_err();
        assert!(matches!(refused, ImportError::SameColumn { .. }));
        assert!(Columns::parse(&["email", "Email"], &[]).is_err());
    }

    #[test]
    fn a_mapping_of_a_column_that_is_not_there_is_refused() {
        let map = [("Vorname".to_owned(), "first_name".to_owned())];
        let refused = Columns::parse(&["email"], &map).unwrap_err().to_string();
        assert!(refused.contains("\"Vorname\"") && refused.contains("names email"), "{refused}");
    }

    #[test]
    fn the_separator_is_what_the_header_has_most_of() {
        assert_eq!(separator(b"email,name\r\na;b;c;d"), b',');
        assert_eq!(separator(b"email;\"name, first, last\";x"), b';');
        assert_eq!(separator(b"email\tname"), b'\t');
        assert_eq!(separator(b"email"), b',');
    }
}
