//! Exports of other products: how one is recognised, and what its columns mean.
//!
//! Each product is a file of data in `presets/`. Invariants: a word of a status that the file does not
//! have rejects its row; a column that it does not name is treated as that of any file, and what
//! somebody says about a column counts for more.

use std::sync::OnceLock;

use store::ImportStanding;
use toml::{Table, Value};

use crate::consent_evidence::EvidenceKind;
use crate::everyone::Everyone;
use crate::status::StatusWords;

/// In the order in which they are tried.
const FILES: [&str; 5] = [
    include_str!("presets/mailchimp.toml"),
    include_str!("presets/listmonk.toml"),
    include_str!("presets/brevo.toml"),
    include_str!("presets/hubspot.toml"),
    include_str!("presets/keila.toml"),
];

/// A product whose exports are known.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The word for it.
    pub name: String,
    /// As it calls itself.
    pub title: String,
    /// What whoever imports such a file has to know.
    pub note: Option<String>,
    /// The columns by which it is recognised.
    needs: Vec<String>,
    columns: Vec<(String, PresetRole)>,
    /// Beginnings of names of files in its archive, and what everybody in such a file is.
    members: Vec<(String, ImportStanding)>,
}

/// What becomes of a column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PresetRole {
    Attribute(String),
    Status(StatusWords),
    /// A JSON object of attributes.
    Values,
    /// Tags, with commas between them.
    Tags,
    /// How they agreed to mail.
    Evidence(EvidenceKind),
    Ignored,
}

/// Which product has exported a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportFrom {
    /// None that is to be known: its columns are what they are called.
    #[default]
    Unnamed,
    /// The one whose columns it has, if there is one.
    Recognised,
    Product(&'static Preset),
}

impl ExportFrom {
    /// `none`, `auto` or the word for a product.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::Unnamed),
            "auto" => Some(Self::Recognised),
            word => Preset::all().iter().find(|it| it.name == word).map(Self::Product),
        }
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unnamed => "none",
            Self::Recognised => "auto",
            Self::Product(preset) => &preset.name,
        }
    }

    /// Everything that [`Self::from_word`] understands.
    #[must_use]
    pub fn words() -> Vec<&'static str> {
        let products = Preset::all().iter().map(|it| it.name.as_str());
        ["auto", "none"].into_iter().chain(products).collect()
    }

    /// What is known of a file with these columns.
    pub(crate) fn preset(self, columns: &[String]) -> Option<&'static Preset> {
        match self {
            Self::Unnamed => None,
            Self::Recognised => Preset::recognised(columns),
            Self::Product(preset) => Some(preset),
        }
    }

    /// The products that may have made an archive.
    pub(crate) fn candidates(self) -> Vec<&'static Preset> {
        match self {
            Self::Unnamed => Vec::new(),
            Self::Recognised => Preset::all().iter().collect(),
            Self::Product(preset) => vec![preset],
        }
    }
}

impl Preset {
    /// Every product.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
        // A file that does not say what it should is found by a test.
        ALL.get_or_init(|| FILES.iter().filter_map(|text| Self::parse(text)).collect())
    }

    /// The one whose columns these are.
    pub(crate) fn recognised(columns: &[String]) -> Option<&'static Self> {
        Self::all().iter().find(|preset| preset.missing(columns).is_none())
    }

    /// The first of its columns that is not among these.
    pub(crate) fn missing(&self, columns: &[String]) -> Option<&str> {
        let is_there = |needed: &str| columns.iter().any(|it| matches(needed, it));
        self.needs.iter().map(String::as_str).find(|needed| !is_there(needed))
    }

    pub(crate) fn role(&self, column: &str) -> Option<&PresetRole> {
        self.columns.iter().find(|(name, _)| matches(name, column)).map(|(_, role)| role)
    }

    /// What everybody in a file of its archive is.
    pub(crate) fn standing_by_name(&self, file: &str) -> Option<ImportStanding> {
        let file = file.to_lowercase();
        let found = self.members.iter().find(|(beginning, _)| file.starts_with(beginning));
        found.map(|(_, standing)| *standing)
    }

    fn parse(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let mut columns = Vec::new();
        for (column, attribute) in table.get("columns")?.as_table()? {
            let attribute = attribute.as_str()?;
            let role = match EvidenceKind::from_word(attribute) {
                Some(kind) => PresetRole::Evidence(kind),
                None => PresetRole::Attribute(attribute.to_owned()),
            };
            columns.push((column.clone(), role));
        }
        let left_out = listed(&table, "left_out").map(|it| (it, PresetRole::Ignored));
        columns.extend(left_out);
        columns.extend(listed(&table, "values").map(|it| (it, PresetRole::Values)));
        columns.extend(listed(&table, "tagged_by").map(|it| (it, PresetRole::Tags)));
        for status in table.get("status").and_then(Value::as_array).into_iter().flatten() {
            let column = status.get("column")?.as_str()?.to_owned();
            let words = status.get("words").and_then(Value::as_table);
            let words = words.map(standings).unwrap_or_else(|| Some(Vec::new()))?;
            let filled = match status.get("filled") {
                Some(word) => Some(standing(word)?),
                None => None,
            };
            columns.push((column, PresetRole::Status(StatusWords::new(words, filled))));
        }
        let members = table.get("members").and_then(Value::as_table);
        let word = |name: &str| table.get(name).and_then(Value::as_str).map(str::to_owned);
        let needs = table.get("needs")?.as_array()?.iter();
        Some(Self {
            name: word("name")?,
            title: word("title")?,
            note: word("note"),
            needs: needs.map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            columns,
            members: members.map(standings).unwrap_or_else(|| Some(Vec::new()))?,
        })
    }
}

/// Columns that are listed under a heading.
fn listed(table: &Table, heading: &str) -> impl Iterator<Item = String> {
    let columns = table.get(heading).and_then(|it| it.get("columns")).and_then(Value::as_array);
    columns.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

fn standings(words: &Table) -> Option<Vec<(String, ImportStanding)>> {
    words.iter().map(|(word, said)| Some((word.clone(), standing(said)?))).collect()
}

fn standing(word: &Value) -> Option<ImportStanding> {
    Everyone::from_word(word.as_str()?).map(Everyone::standing)
}

/// Whether a column is the one that is named, whose name may end in `*`.
fn matches(named: &str, column: &str) -> bool {
    let (named, column) = (named.to_lowercase(), column.trim().to_lowercase());
    match named.strip_suffix('*') {
        Some(beginning) => column.starts_with(beginning),
        None => named == column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_has_a_file_that_says_what_it_should() {
        let names: Vec<&str> = Preset::all().iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["mailchimp", "listmonk", "brevo", "hubspot", "keila"]);
        for (preset, text) in Preset::all().iter().zip(FILES) {
            let told = |role: &PresetRole| *role == PresetRole::Attribute("email".into());
            assert!(preset.columns.iter().any(|(_, role)| told(role)), "{}", preset.name);
            assert_eq!(ExportFrom::from_word(&preset.name), Some(ExportFrom::Product(preset)));
            // Nothing of it is misspelt and so passed over.
            let table: Table = text.parse().unwrap();
            let known = [
                "name",
                "title",
                "note",
                "needs",
                "columns",
                "left_out",
                "values",
                "tagged_by",
                "status",
                "members",
            ];
            assert!(table.keys().all(|key| known.contains(&key.as_str())), "{}", preset.name);
            let status = table.get("status").and_then(Value::as_array).unwrap();
            let counted = |it: &&(String, PresetRole)| matches!(it.1, PresetRole::Status(_));
            assert_eq!(preset.columns.iter().filter(counted).count(), status.len());
        }
        assert_eq!(ExportFrom::from_word("outlook"), None);
        assert_eq!(ExportFrom::words()[..3], ["auto", "none", "mailchimp"]);
    }

    #[test]
    fn a_product_is_recognised_by_its_columns_alone() {
        let recognised = |header: &str| {
            let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
            Preset::recognised(&columns).map(|it| it.name.as_str())
        };
        let mailchimp = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID,NOTES,TAGS";
        assert_eq!(recognised(mailchimp), Some("mailchimp"));
        let listmonk = "uuid,email,name,attributes,status,created_at,updated_at";
        assert_eq!(recognised(listmonk), Some("listmonk"));
        assert_eq!(recognised("Email,First name,Last name,Data,Status"), Some("keila"));
        assert_eq!(recognised("CONTACT ID,EMAIL,ADDED_TIME,MODIFIED_TIME"), Some("brevo"));
        assert_eq!(recognised("Record ID,First Name,Last Name,Email"), Some("hubspot"));
        assert_eq!(recognised("email,first_name,status"), None);
    }
}
