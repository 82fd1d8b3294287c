//! What somebody says about a file before its columns can be read: encoding, member, product.

use audience::{ExportFrom, ImportPreview, ImportSpec, Preset, TextEncoding};
use serde::Deserialize;

use crate::admin::page::choice::Choice;

/// Labels that are proposed; any other one may be typed.
pub(crate) const ENCODINGS: [&str; 10] = [
    "auto",
    "utf-8",
    "utf-16",
    "windows-1252",
    "windows-1250",
    "windows-1251",
    "iso-8859-2",
    "iso-8859-15",
    "shift_jis",
    "gb18030",
];

/// As it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Reading {
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    from: String,
}

/// The part of the page that asks for it.
pub(crate) struct ReadingPart {
    pub(crate) encoding: String,
    pub(crate) member: String,
    pub(crate) from: &'static str,
    pub(crate) products: Vec<Choice>,
    /// The product whose export it looks like.
    pub(crate) looks_like: Option<&'static str>,
    /// What is to be known of such exports.
    pub(crate) note: Option<&'static str>,
}

/// What somebody has said of a file so far.
pub(super) enum TypedReading {
    Nothing,
    Reading(Reading),
    Whole(ImportSpec),
}

impl TypedReading {
    /// With what is stored, where nothing was said.
    pub(super) fn spec(self, stored: ImportSpec) -> ImportSpec {
        match self {
            Self::Nothing => stored,
            Self::Reading(reading) => ImportSpec {
                topic: stored.topic,
                everyone: stored.everyone,
                tracking: stored.tracking,
                ..reading.spec()
            },
            Self::Whole(spec) => spec,
        }
    }
}

impl Reading {
    pub(crate) fn of<'f>(field: impl Fn(&str) -> &'f str) -> Self {
        let [encoding, member, from] =
            ["encoding", "member", "from"].map(|name| field(name).to_owned());
        Self { encoding, member, from }
    }

    /// What it says, where nothing else is said. An encoding that is none is like none that was named:
    /// what comes of it is seen.
    pub(crate) fn spec(&self) -> ImportSpec {
        let from = match self.from.as_str() {
            "" => Some(ExportFrom::Recognised),
            word => ExportFrom::from_word(word),
        };
        ImportSpec {
            encoding: TextEncoding::parse(&self.encoding).unwrap_or_default(),
            member: Some(self.member.trim().to_owned()).filter(|name| !name.is_empty()),
            from: from.unwrap_or_default(),
            ..ImportSpec::default()
        }
    }

    /// Whether anything was said.
    pub(crate) fn is_said(&self) -> bool {
        [&self.encoding, &self.member, &self.from].iter().any(|it| !it.is_empty())
    }

    /// Why what was typed is no encoding.
    pub(crate) fn problem(&self) -> Option<String> {
        TextEncoding::parse(&self.encoding).err().map(|why| why.to_string())
    }
}

impl ReadingPart {
    pub(crate) fn new(spec: &ImportSpec, shown: Option<&ImportPreview>) -> Self {
        let found = shown.and_then(|it| it.product);
        let used = match spec.from {
            ExportFrom::Product(preset) => Some(preset),
            ExportFrom::Recognised => found,
            ExportFrom::Unnamed => None,
        };
        let choice = |word: &str, name: &str| Choice {
            word: word.to_owned(),
            name: name.to_owned(),
            chosen: used.map_or("none", |it| &it.name) == word,
        };
        let each = Preset::all().iter().map(|it| choice(&it.name, &it.title));
        // An archive of several is one of Mailchimp only as long as that is said.
        let from = match (spec.from, used) {
            (_, Some(preset)) => preset.name.as_str(),
            (from, None) => from.as_str(),
        };
        Self {
            encoding: spec.encoding.name().to_lowercase(),
            member: spec.member.clone().unwrap_or_default(),
            from,
            products: std::iter::once(choice("none", "none that is known")).chain(each).collect(),
            looks_like: found.map(|it| it.title.as_str()),
            note: used.and_then(|it| it.note.as_deref()),
        }
    }
}

/// A spec without what it says of columns.
pub(super) fn without_columns(spec: &ImportSpec) -> ImportSpec {
    let (member, everyone) = (spec.member.clone(), spec.everyone);
    ImportSpec {
        encoding: spec.encoding,
        member,
        from: spec.from,
        everyone,
        ..ImportSpec::default()
    }
}
