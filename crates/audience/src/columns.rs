//! The columns of an import: which holds the address, which says who has left, and what the
//! others are called.
//!
//! Invariants: one column is the address; two columns never fill the same attribute; a column
//! without a name is passed over; one that seems to say who has left is never guessed at.

use std::collections::BTreeMap;

use model::{BirthDate, EmailAddress, Timestamp};

use crate::ImportError;
use crate::consent_evidence::EvidenceKind;
use crate::contact_lines::{EXPORTED, TAGS, TOPICS};
use crate::presets::{ExportFrom, Preset, PresetRole};
use crate::status::{self, StatusColumn, StatusMeaning};

/// Names of columns that may hold addresses, the most likely first, as attribute names.
const EMAIL_NAMES: [&str; 14] = [
    "email",
    "e_mail",
    "mail",
    "email_address",
    "e_mail_address",
    "emailaddress",
    "subscriber_email",
    "e_mail_adresse",
    "email_adresse",
    "emailadresse",
    "mailadresse",
    "adresse_e_mail",
    "adresse_email",
    "correo_electronico",
];

/// What a column of months or days of birth is mapped to. No attribute is called so.
pub const BIRTH_COLUMN: &str = "@birth-month";
/// What a column of tags is mapped to.
pub const TAGS_COLUMN: &str = "@tags";
/// Attributes that hold such a day wherever somebody keeps one.
const BIRTH_NAMES: [&str; 7] =
    ["birth_date", "birth_month", "birthdate", "birthday", "date_of_birth", "dob", "geburtsdatum"];

/// Whether values of this attribute say that somebody is under 13.
pub(crate) fn says_child(attribute: &str, value: &str, now: Timestamp) -> bool {
    BIRTH_NAMES.contains(&attribute)
        && BirthDate::parse(value).is_ok_and(|born| born.is_of_a_child(now))
}

/// Whether one of these values says it.
#[must_use]
pub fn says_child_in(attributes: &BTreeMap<String, String>, now: Timestamp) -> bool {
    attributes.iter().any(|(name, value)| says_child(name, value, now))
}

/// What a person wants done with the columns; names match regardless of case.
#[derive(Debug, Clone, Default)]
pub struct ColumnWishes {
    /// Columns, and the attribute names that they get instead of their own.
    pub map: Vec<(String, String)>,
    pub ignore: Vec<String>,
    /// Columns that say who may be mailed.
    pub status: Vec<StatusColumn>,
    /// Nobody in the file will be subscribed, so nothing can be misread.
    pub nobody_subscribed: bool,
    /// What is known of its columns beyond that.
    pub from: ExportFrom,
    /// The file is one of several: what is said of columns need not be about one of its own.
    pub(crate) is_one_of_several: bool,
}

/// The columns of a file from left to right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    columns: Vec<FileColumn>,
    separator: u8,
    email: usize,
    /// The product that has exported the file.
    preset: Option<&'static Preset>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FileColumn {
    /// As the file calls it.
    pub(crate) name: String,
    /// What its fields become.
    pub(crate) role: ColumnRole,
}

/// What the fields of a column become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ColumnRole {
    Email,
    Attribute(String),
    /// Whether the contact may be mailed.
    Status(StatusMeaning),
    /// It seems to say who has left, but its meaning has not been given.
    Undecided(StatusMeaning),
    /// A JSON object whose values become attributes.
    Values,
    /// How they agreed to mail.
    Evidence(EvidenceKind),
    /// When they were born: compared, and not kept.
    Birth,
    /// Tags, with commas between them.
    Tags,
    /// Its fields are dropped.
    Ignored,
}

impl ColumnWishes {
    fn ignores(&self, column: &str) -> bool {
        self.ignore.iter().any(|name| same(name, column))
    }

    fn status_of(&self, column: &str) -> Option<&StatusColumn> {
        self.status.iter().find(|status| same(&status.column, column))
    }

    /// The attribute that a column is mapped to.
    fn mapped(&self, column: &str) -> Option<&str> {
        let found = self.map.iter().find(|(name, _)| same(name, column));
        found.map(|(_, attribute)| attribute.as_str())
    }

    fn attribute(&self, column: &str) -> String {
        snake(self.mapped(column).unwrap_or(column))
    }

    /// The option and every column that it names.
    fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let map = self.map.iter().map(|(column, _)| ("--map", column.as_str()));
        let ignore = self.ignore.iter().map(|column| ("--ignore", column.as_str()));
        let status = self.status.iter();
        map.chain(ignore).chain(status.map(|it| ("--status-column", it.column.as_str())))
    }

    /// Refuses an option that names a column which is none of these.
    pub(crate) fn check_named(&self, names: &[String]) -> Result<(), ImportError> {
        for (option, column) in self.named() {
            if !names.iter().any(|name| same(name, column)) {
                let (column, found) = (column.to_owned(), names.to_vec());
                return Err(ImportError::UnknownColumn { option, column, found });
            }
        }
        Ok(())
    }

    fn role(&self, column: &str, is_email: bool, preset: Option<&'static Preset>) -> ColumnRole {
        if is_email {
            return ColumnRole::Email;
        }
        if column.is_empty() || self.ignores(column) {
            return ColumnRole::Ignored;
        }
        if let Some(kind) = self.mapped(column).and_then(EvidenceKind::from_word) {
            return ColumnRole::Evidence(kind);
        }
        if self.mapped(column).is_some_and(|word| word.trim() == BIRTH_COLUMN) {
            return ColumnRole::Birth;
        }
        if self.mapped(column).is_some_and(|word| word.trim() == TAGS_COLUMN) {
            return ColumnRole::Tags;
        }
        let known = preset.and_then(|preset| preset.role(column));
        if let Some(status) = self.status_of(column) {
            return match known {
                Some(PresetRole::Status(words)) if status.mailed.is_none() => {
                    ColumnRole::Status(StatusMeaning::Product(words))
                }
                _ => ColumnRole::Status(status.meaning(&snake(column))),
            };
        }
        if let Some(known) = known.filter(|_| self.mapped(column).is_none()) {
            return match known {
                PresetRole::Attribute(name) => ColumnRole::Attribute(name.clone()),
                PresetRole::Status(words) => ColumnRole::Status(StatusMeaning::Product(words)),
                PresetRole::Values => ColumnRole::Values,
                PresetRole::Tags => ColumnRole::Tags,
                PresetRole::Evidence(kind) => ColumnRole::Evidence(*kind),
                PresetRole::Ignored => ColumnRole::Ignored,
            };
        }
        let decided = self.nobody_subscribed || self.mapped(column).is_some();
        match status::suspect(&snake(column)) {
            Some(suspect) if !decided && (suspect.on_its_own || self.status.is_empty()) => {
                ColumnRole::Undecided(suspect.meaning)
            }
            _ => match self.attribute(column) {
                name if name.is_empty() => ColumnRole::Ignored,
                name => ColumnRole::Attribute(name),
            },
        }
    }
}

impl Columns {
    /// Whether one of the names is that of an address column.
    pub(crate) fn has_email(names: &[String], wishes: &ColumnWishes) -> bool {
        email_column(names, wishes).is_some()
    }

    pub(crate) fn parse(
        names: &[String],
        wishes: &ColumnWishes,
        separator: u8,
    ) -> Result<Self, ImportError> {
        if !wishes.is_one_of_several {
            wishes.check_named(names)?;
        }
        let preset = wishes.from.preset(names);
        if let Some((preset, column)) = preset.and_then(|it| Some((it, it.missing(names)?))) {
            let (title, column, found) = (preset.title.clone(), column.to_owned(), names.to_vec());
            return Err(ImportError::OtherProduct { title, column, found });
        }
        let Some(email) = email_column(names, wishes) else {
            return Err(without_email(names));
        };
        // Earlier releases exported no tags.
        let is_exported = names.iter().take(3).eq(EXPORTED.iter().take(3));
        let is_told = |name: &str| name == TOPICS || name == TAGS;
        let column = |(index, name): (usize, &String)| FileColumn {
            name: name.clone(),
            role: match is_exported && is_told(name) && wishes.mapped(name).is_none() {
                true => ColumnRole::Ignored,
                false => wishes.role(name, index == email, preset),
            },
        };
        let columns: Vec<FileColumn> = names.iter().enumerate().map(column).collect();
        check_distinct(&columns)?;
        Ok(Self { columns, separator, email, preset })
    }

    /// Of a list of addresses, in the column that is called `called`: everything else is dropped. None
    /// when no column is the address.
    pub(crate) fn of_addresses(
        names: &[String],
        called: Option<&str>,
        separator: u8,
    ) -> Option<Self> {
        let email = match called {
            Some(called) => names.iter().position(|name| same(name, called))?,
            None => email_column(names, &ColumnWishes::default())?,
        };
        let column = |(index, name): (usize, &String)| FileColumn {
            name: name.clone(),
            role: if index == email { ColumnRole::Email } else { ColumnRole::Ignored },
        };
        let columns = names.iter().enumerate().map(column).collect();
        Some(Self { columns, separator, email, preset: None })
    }

    /// One address a line, without a header.
    pub(crate) fn plain(separator: u8) -> Self {
        let only = FileColumn { name: String::new(), role: ColumnRole::Email };
        Self { columns: vec![only], separator, email: 0, preset: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// How many columns there are up to the last one that has a name or is the address.
    pub(crate) fn named(&self) -> usize {
        let last = self.columns.iter().rposition(|column| !column.name.is_empty());
        last.unwrap_or(0).max(self.email) + 1
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &FileColumn> {
        self.columns.iter()
    }

    /// The name of the column with this number, counted from 1.
    pub(crate) fn name(&self, number: usize) -> &str {
        self.columns.get(number.saturating_sub(1)).map_or("", |column| &column.name)
    }

    pub(crate) const fn separator(&self) -> u8 {
        self.separator
    }

    /// The product that has exported the file.
    pub(crate) const fn preset(&self) -> Option<&'static Preset> {
        self.preset
    }

    /// Where the address stands, counted from 0.
    pub(crate) const fn email(&self) -> usize {
        self.email
    }
}

/// Where the likeliest column of addresses stands.
fn email_column(names: &[String], wishes: &ColumnWishes) -> Option<usize> {
    let usable = |name: &str| !wishes.ignores(name);
    let is_said = wishes.map.iter().any(|(_, attribute)| snake(attribute) == EMAIL_NAMES[0]);
    let preset = wishes.from.preset(names).filter(|_| !is_said);
    let of_preset = |name: &String| match preset.and_then(|preset| preset.role(name)) {
        Some(PresetRole::Attribute(attribute)) => attribute == EMAIL_NAMES[0],
        _ => false,
    };
    if let Some(email) = names.iter().position(|name| usable(name) && of_preset(name)) {
        return Some(email);
    }
    EMAIL_NAMES.iter().find_map(|wanted| {
        names.iter().position(|name| usable(name) && wishes.attribute(name) == *wanted)
    })
}

/// Says that there is no address column, and which one it might be.
pub(crate) fn without_email(names: &[String]) -> ImportError {
    if names.iter().any(|name| EmailAddress::parse(name).is_ok()) {
        return ImportError::NoHeader;
    }
    let likely = names.iter().find(|name| name.to_lowercase().contains("mail"));
    let likely = likely.or_else(|| names.first()).cloned().unwrap_or_default();
    ImportError::NoEmailColumn { found: names.to_vec(), likely }
}

fn check_distinct(columns: &[FileColumn]) -> Result<(), ImportError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for column in columns {
        let attribute = match &column.role {
            ColumnRole::Email => EMAIL_NAMES[0],
            ColumnRole::Attribute(name) => name,
            ColumnRole::Status(_)
            | ColumnRole::Undecided(_)
            | ColumnRole::Values
            | ColumnRole::Evidence(_)
            | ColumnRole::Birth
            | ColumnRole::Tags
            | ColumnRole::Ignored => continue,
        };
        if let Some(first) = seen.insert(attribute, &column.name) {
            return Err(ImportError::SameColumn {
                first: first.to_owned(),
                second: column.name.clone(),
                attribute: attribute.to_owned(),
            });
        }
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// `First Name`, `first-name` and `firstName` become `first_name`.
pub(crate) fn snake(name: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &[&str], wishes: &ColumnWishes) -> Result<Columns, ImportError> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
        Columns::parse(&names, wishes, b',')
    }

    fn check(header: &[&str], map: &[(&str, &str)], expect: &[&str]) {
        let map = map.iter().map(|(c, a)| ((*c).to_owned(), (*a).to_owned())).collect();
        let wishes = ColumnWishes { map, ..ColumnWishes::default() };
        let columns = parse(header, &wishes).unwrap();
        let roles: Vec<&str> = columns
            .iter()
            .map(|column| match &column.role {
                ColumnRole::Email => "@",
                ColumnRole::Attribute(name) => name,
                ColumnRole::Status(_) => "status",
                ColumnRole::Undecided(_) => "?",
                ColumnRole::Values => "{}",
                ColumnRole::Evidence(kind) => kind.as_str(),
                ColumnRole::Birth => BIRTH_COLUMN,
                ColumnRole::Tags => TAGS_COLUMN,
                ColumnRole::Ignored => "-",
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
        let refused = |header| parse(header, &ColumnWishes::default()).unwrap_err().to_string();
        let said = refused(&["name", "Mail (work)"]);
        assert!(said.contains("the first line names name, Mail (work)"), "{said}");
        assert!(said.contains("--map \"Mail (work)=email\""), "{said}");
        assert!(refused(&["ann@x.org", "Ann"]).contains("has an address"));
    }

    #[test]
    fn two_columns_for_one_attribute_are_refused() {
        let refused = |header| parse(header, &ColumnWishes::default());
        let twice = |header| matches!(refused(header), Err(ImportError::SameColumn { .. }));
        assert!(twice(&["email", "first name", "First_Name"]));
        assert!(twice(&["email", "Email"]));
    }

    #[test]
    fn what_is_said_of_a_column_counts_for_more_than_what_is_known_of_it() {
        let header = ["Email", "First name", "Last name", "Data", "Status", "Work email"];
        let roles = |wishes: &ColumnWishes| {
            let columns = parse(&header, wishes).unwrap();
            columns.iter().map(|it| format!("{:?}", it.role)).collect::<Vec<_>>()
        };
        let known = ColumnWishes { from: ExportFrom::Recognised, ..ColumnWishes::default() };
        let found = roles(&known);
        assert_eq!((found[0].as_str(), found[3].as_str()), ("Email", "Values"), "{found:?}");
        assert!(found[4].starts_with("Status(Product("), "{found:?}");
        let said = ColumnWishes {
            map: vec![
                ("Work email".into(), "email".into()),
                ("Email".into(), "private_email".into()),
                ("Data".into(), "data".into()),
            ],
            status: vec![StatusColumn::parse("Status=active,unreachable")],
            ..known
        };
        let found = roles(&said);
        assert_eq!(found[0], "Attribute(\"private_email\")");
        assert_eq!((found[3].as_str(), found[5].as_str()), ("Attribute(\"data\")", "Email"));
        assert!(found[4].starts_with("Status(Listed("), "{found:?}");
        let product = ExportFrom::from_word("mailchimp").unwrap();
        let refused = parse(&header, &ColumnWishes { from: product, ..ColumnWishes::default() });
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("Mailchimp") && refused.contains("Email Address"), "{refused}");
    }

    #[test]
    fn a_mapping_of_a_column_that_is_not_there_is_refused() {
        let map = vec![("Vorname".to_owned(), "first_name".to_owned())];
        let ignore = vec!["Note".to_owned()];
        let status = vec![StatusColumn::parse("Status")];
        for (wishes, names) in [
            (ColumnWishes { map, ..ColumnWishes::default() }, "--map names \"Vorname\""),
            (ColumnWishes { ignore, ..ColumnWishes::default() }, "--ignore names \"Note\""),
            (
                ColumnWishes { status, ..ColumnWishes::default() },
                "--status-column names \"Status\"",
            ),
        ] {
            let refused = parse(&["email"], &wishes).unwrap_err().to_string();
            assert!(refused.contains(names) && refused.ends_with("names email"), "{refused}");
        }
    }
}
